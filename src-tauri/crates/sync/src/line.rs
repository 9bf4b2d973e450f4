//! The engine's side of the connection: every exchange teaches it the time and how the way stands.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use tern_fhir::{
    answer,
    exchange::{Method, Request, Response},
    links, search,
};

use tokio::sync::Semaphore;

use crate::{
    connectivity::Event,
    server::{Server, Unanswered},
    server_time::ServerTime,
    status::Board,
};

/// A server that ends something without FHIR, confirmed, is not asked about it again for this long.
const BELIEVED_FOR: TimeDelta = TimeDelta::minutes(5);

/// Times a read that ended without FHIR is made again before that is believed: of two replicas behind a gateway, one
/// gone, both are met, in whatever order other requests come between.
const READ_AGAIN: usize = 5;

/// The connection, observed.
pub(crate) struct Line {
    pub(crate) server: Arc<dyn Server>,
    pub(crate) time: Arc<ServerTime>,
    pub(crate) board: Arc<Board>,
    /// Whether this server has a statement of itself. Only then can it be asked whether it was it that spoke.
    states: AtomicBool,
    /// Types, and interactions on them, that it was confirmed not to have, and when.
    believed: Mutex<HashMap<String, DateTime<Utc>>>,
    /// One file at a time: twenty of 25 MB are looked at one after the other.
    pub(crate) one_file: Semaphore,
}

impl Line {
    /// A connection that nobody observes yet.
    pub(crate) fn new(server: Arc<dyn Server>, time: Arc<ServerTime>, board: Arc<Board>) -> Self {
        let (states, believed) = (AtomicBool::new(false), Mutex::default());
        Self { server, time, board, states, believed, one_file: Semaphore::new(1) }
    }

    /// The server was seen to say what it is.
    pub(crate) fn has_a_statement(&self) {
        self.states.store(true, Ordering::Relaxed);
    }

    /// Sends a request and notes what came of it. A refusal that ends something is the server's own, or it is
    /// [`Unanswered::Lost`]: somebody in between has said nothing about the server.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Unanswered> {
        let exchange = match self.exchange(request.clone()).await {
            Ok(response) if self.is_doubtful(&request, &response) => self.vouched(request, response).await,
            exchange => exchange,
        };
        self.board.happened(Event::of(&exchange));
        exchange
    }

    fn is_doubtful(&self, request: &Request, response: &Response) -> bool {
        answer::may_be_anyones(response)
            && self.states.load(Ordering::Relaxed)
            && !search::is_metadata(request)
            && !self.is_believed(request)
    }

    /// An answer that may be anyone's, now that the server itself was asked for its statement: where that can't be
    /// had, nobody has answered. Where it can, a failure that passes may have passed in between, so what only reads is
    /// read again; what writes is looked into by whoever sent it.
    async fn vouched(&self, request: Request, response: Response) -> Result<Response, Unanswered> {
        let reads = request.method == Method::Get;
        let statement = match self.exchange(search::metadata()).await {
            Ok(statement) => statement,
            Err(unanswered) if reads => return Err(unanswered),
            // It left, and what came back was nobody's.
            Err(_) => return Err(Unanswered::Lost),
        };
        match statement.status {
            200..=299 if answer::is_fhir(&statement) => {}
            // That is what would have been answered.
            401 | 429 | 500.. if reads => return Ok(statement),
            status => {
                tracing::info!(status, "somebody in between answers");
                return Err(Unanswered::Lost);
            }
        }
        if !reads {
            return Ok(response);
        }
        let mut response = response;
        for _ in 0..READ_AGAIN {
            response = self.exchange(request.clone()).await?;
            if !answer::may_be_anyones(&response) {
                return Ok(response);
            }
        }
        self.believe(&request);
        Ok(response)
    }

    /// Only of a whole type: what becomes of one resource is asked every time.
    fn believe(&self, request: &Request) {
        if links::type_and_id(&request.path).is_none() {
            self.believed().insert(request.path.clone(), self.time.now());
        }
    }

    fn is_believed(&self, request: &Request) -> bool {
        let now = self.time.now();
        request.method == Method::Get
            && self.believed().get(&request.path).is_some_and(|since| (now - *since).abs() < BELIEVED_FOR)
    }

    fn believed(&self) -> MutexGuard<'_, HashMap<String, DateTime<Utc>>> {
        self.believed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One exchange, and what time it is there.
    async fn exchange(&self, request: Request) -> Result<Response, Unanswered> {
        let sent = self.time.here();
        let exchange = self.server.send(request).await;
        if let Ok(response) = &exchange {
            self.time.learn(response.date, sent);
            self.board.change(|status| {
                status.clock_off_minutes = self.time.minutes_off();
                status.clock_offset_ms = self.time.offset_ms();
            });
        }
        exchange
    }
}
