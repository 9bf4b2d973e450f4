//! The engine's side of the connection: every exchange teaches it the time and how the way stands.

use std::sync::Arc;

use tern_fhir::{
    answer,
    exchange::{Method, Request, Response},
    search,
};

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
    /// Sends a request and notes what came of it. A refusal that ends something is the server's own, or it is
    /// [`Unanswered::Lost`]: somebody in between has said nothing about the server.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Unanswered> {
        let exchange = match self.exchange(request.clone()).await {
            Ok(response) if answer::may_be_anyones(&response) && !search::is_metadata(&request) => {
                self.vouched(request, response).await
            }
            exchange => exchange,
        };
        self.board.happened(Event::of(&exchange));
        exchange
    }

    /// An answer that may be anyone's, now that the server itself was asked for its statement: where it doesn't
    /// answer, nobody has answered. Where it does, the passing failure may have passed in between, so what only
    /// reads is read once more; what writes is looked into by whoever sent it.
    async fn vouched(&self, request: Request, response: Response) -> Result<Response, Unanswered> {
        let statement = self.exchange(search::metadata()).await?;
        if !answer::is_fhir(&statement) {
            tracing::info!(status = response.status, "somebody in between answers");
            return Err(Unanswered::Lost);
        }
        match request.method {
            Method::Get => self.exchange(request).await,
            Method::Put | Method::Post | Method::Patch | Method::Delete => Ok(response),
        }
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
