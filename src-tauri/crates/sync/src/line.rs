//! The engine's side of the connection: every exchange teaches it the time and how the way stands.

use std::sync::Arc;

use tern_fhir::exchange::{Request, Response};

use crate::{
    connectivity::Event,
    server::{Server, Unanswered},
    server_time::ServerTime,
    status::Board,
};

/// The connection, observed.
pub(crate) struct Line {
    pub(crate) server: Arc<dyn Server>,
    pub(crate) time: Arc<ServerTime>,
    pub(crate) board: Arc<Board>,
}

impl Line {
    /// Sends a request and notes what came of it.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Unanswered> {
        let sent = self.time.here();
        let exchange = self.server.send(request).await;
        if let Ok(response) = &exchange {
            self.time.learn(response.date, sent);
            self.board.change(|status| {
                status.clock_off_minutes = self.time.minutes_off();
                status.clock_offset_ms = self.time.offset_ms();
            });
        }
        self.board.happened(Event::of(&exchange));
        exchange
    }
}
