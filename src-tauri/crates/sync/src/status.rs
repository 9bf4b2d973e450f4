//! How the engine stands, as something that can be watched. Numbers and states only, no word of anybody's.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tern_fhir::facts::ServerFacts;
use tokio::sync::{Notify, watch};

pub use crate::connectivity::Connection;
use crate::connectivity::{Connectivity, Event};

/// How the engine stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The way to the server.
    pub connection: Connection,
    /// When everything was looked at for the last time, server time.
    pub checked: Option<DateTime<Utc>>,
    /// The first sync is still under way: messages stored so far.
    pub first_sync: Option<u32>,
    /// Outcomes of the member (a reply, a close, a put-back) that wait or are on the wire.
    pub waiting: u32,
    /// Outcomes of the member that need them.
    pub needs_you: u32,
    /// Changes of the practice's tables that were overtaken or refused.
    pub tables_not_saved: u32,
    /// Somebody has to be called for an emergency, and the practice's webhook did not take it from this machine.
    pub pager_unheard: bool,
    /// Minutes by which this machine is behind the server (negative: ahead), where that is two or more.
    pub clock_off_minutes: Option<i32>,
    /// Milliseconds by which this machine is behind the server (negative: ahead), as far as it can be known.
    pub clock_offset_ms: i64,
    /// Messages that could not be read.
    pub unreadable: u32,
    /// How far the text index reaches.
    pub index: Index,
    /// Nudges come by a push channel.
    pub push: Push,
    /// What this server can do, as far as it is known yet.
    pub facts: Option<Arc<ServerFacts>>,
}

/// How far search reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Messages that can be searched.
    pub indexed: u64,
    /// Messages in the cache.
    pub total: u64,
}

/// Whether the server says by itself that something changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Push {
    /// Nothing was heard yet; the server is asked every few seconds.
    #[default]
    Silent,
    /// The server has said over it that something may have changed.
    Heard,
}

/// Where the engine's parts write how they stand.
pub(crate) struct Board {
    status: watch::Sender<Status>,
    way: Mutex<Connectivity>,
    /// Told each time the way to the server opens again.
    pub(crate) opened: Notify,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self { status: watch::Sender::new(Status::default()), way: Mutex::default(), opened: Notify::new() }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(crate) fn connection(&self) -> Connection {
        self.status.borrow().connection
    }

    /// Notes what came of an exchange, or of storing it. The way stays locked until its state is shown: of two that
    /// tell of it at once, the last one's would otherwise not always be the one that stays on screen.
    pub(crate) fn happened(&self, event: Event) {
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        let before = way.state();
        if !way.on(event) {
            return;
        }
        let now = way.state();
        tracing::info!(from = ?before, to = ?now, "connection");
        self.change(|status| status.connection = now);
        if now == Connection::Online {
            self.opened.notify_waiters();
        }
        drop(way);
    }

    /// Changes the status; watchers hear of it only where it is another one now.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    #[test]
    fn what_is_shown_is_where_the_way_stands_however_many_tell_of_it() {
        let (board, together) = (Board::new(), Barrier::new(3));
        thread::scope(|scope| {
            for event in [Event::Unreachable, Event::Answered] {
                let (board, together) = (&board, &together);
                scope.spawn(move || {
                    for _ in 0..2_000 {
                        together.wait();
                        board.happened(event);
                        together.wait();
                    }
                });
            }
            let mut differed = 0;
            for _ in 0..2_000 {
                together.wait();
                together.wait();
                let way = board.way.lock().unwrap_or_else(PoisonError::into_inner).state();
                differed += u32::from(board.connection() != way);
            }
            assert_eq!(differed, 0);
        });
    }
}
