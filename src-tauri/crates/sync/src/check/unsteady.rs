//! The way to the server with the two failures that the check plays: no way at all, and an answer that is lost
//! after the write took effect.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use tern_fhir::{
    exchange::{Method, Request, Response},
    links::Base,
    search,
};

use crate::server::{Answering, NotPaged, Nudge, Page, Server, Unanswered};

/// A member's connection.
pub(super) struct Unsteady {
    way: Arc<dyn Server>,
    /// The server's statement, which doesn't change while a check lasts and takes some servers a second.
    statement: Response,
    cut: AtomicBool,
    loses: Mutex<Option<String>>,
    lost: AtomicU32,
    /// Times that the server, or something before it, gave no answer of use to the write that is meant.
    unanswered: AtomicU32,
}

impl Unsteady {
    pub(super) fn new(way: Arc<dyn Server>, statement: Response) -> Self {
        Self {
            way,
            statement,
            cut: AtomicBool::new(false),
            loses: Mutex::default(),
            lost: AtomicU32::new(0),
            unanswered: AtomicU32::new(0),
        }
    }

    /// From now on nothing gets through.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// From now on everything does.
    pub(super) fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// The next write that makes the message of this identifier takes effect, and its answer is lost.
    pub(super) fn lose_answer_to(&self, identity: &str) {
        *self.loses.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.to_owned());
    }

    /// How many answers were lost.
    pub(super) fn lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }

    /// How many were lost without anybody's doing: it may have taken effect, and nobody was told.
    pub(super) fn unanswered(&self) -> u32 {
        self.unanswered.load(Ordering::SeqCst)
    }

    /// Whether the request makes the message whose answer is to be lost.
    fn is_meant(&self, request: &Request) -> bool {
        let loses = self.loses.lock().unwrap_or_else(PoisonError::into_inner);
        let makes = matches!(request.method, Method::Post | Method::Put);
        let (Some(identity), Some(body), true) = (loses.as_deref(), &request.body, makes) else { return false };
        body.bytes.windows(identity.len()).any(|bytes| bytes == identity.as_bytes())
    }
}

impl Server for Unsteady {
    fn send(&self, request: Request) -> Answering<'_, Result<Response, Unanswered>> {
        Box::pin(async move {
            if self.cut.load(Ordering::SeqCst) {
                return Err(Unanswered::Offline);
            }
            if request == search::metadata() {
                // Without its date: time has passed.
                return Ok(Response { date: None, ..self.statement.clone() });
            }
            let meant = self.is_meant(&request);
            let answer = self.way.send(request).await;
            match &answer {
                // Only what took effect counts: what was refused left nothing to lose.
                Ok(response) if meant && (200..300).contains(&response.status) => {
                    *self.loses.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    self.lost.fetch_add(1, Ordering::SeqCst);
                    Err(Unanswered::Lost)
                }
                Ok(Response { status: 500.., .. }) | Err(Unanswered::Lost) if meant => {
                    self.unanswered.fetch_add(1, Ordering::SeqCst);
                    answer
                }
                _ => answer,
            }
        })
    }

    fn fhir_base(&self) -> &Base {
        self.way.fhir_base()
    }

    fn page(&self, page: Page) -> Answering<'_, Result<(), NotPaged>> {
        self.way.page(page)
    }

    fn nudged(&self) -> Answering<'_, Nudge> {
        self.way.nudged()
    }
}
