//! The way to the server with the two failures that the check plays: no way at all, and an answer that is lost
//! after the write took effect.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use tern_fhir::{
    exchange::{Method, Request, Response},
    links::Base,
};

use crate::server::{Answering, Server, Unanswered};

/// A member's connection.
pub(super) struct Unsteady {
    way: Arc<dyn Server>,
    cut: AtomicBool,
    loses_next: AtomicBool,
    lost: AtomicU32,
}

impl Unsteady {
    pub(super) fn new(way: Arc<dyn Server>) -> Self {
        Self { way, cut: AtomicBool::new(false), loses_next: AtomicBool::new(false), lost: AtomicU32::new(0) }
    }

    /// From now on nothing gets through.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// From now on everything does.
    pub(super) fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// The next message takes effect and its answer is lost.
    pub(super) fn lose_next_answer(&self) {
        self.loses_next.store(true, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub(super) fn lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Server for Unsteady {
    fn send(&self, request: Request) -> Answering<'_, Result<Response, Unanswered>> {
        Box::pin(async move {
            if self.cut.load(Ordering::SeqCst) {
                return Err(Unanswered::Offline);
            }
            let loses = carries_a_message(&request) && self.loses_next.swap(false, Ordering::SeqCst);
            let answer = self.way.send(request).await;
            match &answer {
                // Only what took effect counts: what was refused left nothing to lose.
                Ok(response) if loses && (200..300).contains(&response.status) => {
                    self.lost.fetch_add(1, Ordering::SeqCst);
                    Err(Unanswered::Lost)
                }
                _ => {
                    if loses {
                        self.lose_next_answer();
                    }
                    answer
                }
            }
        })
    }

    fn fhir_base(&self) -> &Base {
        self.way.fhir_base()
    }

    fn nudged(&self) -> Answering<'_, ()> {
        self.way.nudged()
    }
}

/// A transaction, or a message by itself.
fn carries_a_message(request: &Request) -> bool {
    request.method != Method::Get && (request.path.is_empty() || request.path.starts_with("Communication"))
}
