//! What changed on the server, page by page into the cache.
//!
//! Initial and incremental sync are one loop, kind by kind in [`Kind::ALL`]'s order, so that names are there
//! before what carries them, and without what the member's role may not read ([`Scope::kinds`]):
//!
//! ```text
//!   cursor ──> request ──> page ──> read entry by entry ──> one transaction: rows and cursor ──┐
//!                ^                                                                             │
//!                └────────────── next (fetched while the page before is being stored) <────────┘
//! ```
//! **ge, never gt**, and each run starts five minutes before the cursor, because rows become visible late;
//! repeats are dropped by id and version. A crash anywhere repeats a page, harmlessly. After the first sync the
//! type's `_history` is asked where there is one: it is cheap and knows deletions; it comes newest first, so the
//! cursor moves only with the last page ([`history`]). Where there is none, deletions are found by the full
//! comparison ([`compare`]), which also runs daily, because no feed of changes is to be trusted for ever.
//!
//! Why not one `_history` of the whole system: few servers have it, and none can narrow it to a role's scope.

mod changes;
mod compare;
mod history;
mod page;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use tern_fhir::{read::NotFhir, search::Scope};
use tern_inbox::arrival::Kind;
use tern_store::{Cache, StoreError};
use tokio::{sync::Notify, task::spawn_blocking};

use crate::{
    connectivity::Event, facts::Facts, line::Line, pace::Pace, server::Unanswered, server_time::ServerTime,
    status::Board,
};

/// Rows become visible this much later than they are stamped, at most, as far as anybody measured.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// Why a look at the server ended early. Whatever was stored before it stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PullError {
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error("the server answered {status} ({})", code.as_deref().unwrap_or("no code"))]
    Refused { status: u16, code: Option<String> },
    #[error(transparent)]
    NotFhir(#[from] NotFhir),
    #[error("the server's pages lead nowhere")]
    Stuck,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a thread of the engine ended early")]
    Ended(#[from] tokio::task::JoinError),
}

/// The pull's parts.
pub(crate) struct Pull {
    pub(crate) line: Arc<Line>,
    pub(crate) cache: Cache,
    pub(crate) time: Arc<ServerTime>,
    pub(crate) board: Arc<Board>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) pace: Pace,
    pub(crate) scope: Scope,
    /// Told when an arrival concerns the outbox: an echo, or a second copy of something of ours.
    pub(crate) outbox: Arc<Notify>,
    /// When deletions were last looked for by a listing, where there is no history.
    pub(crate) deletions: Mutex<HashMap<Kind, DateTime<Utc>>>,
}

impl Pull {
    /// Looks at everything once.
    pub(crate) async fn check(self: &Arc<Self>) -> Result<(), PullError> {
        let result = self.look().await;
        match &result {
            Ok(()) => {
                self.board.happened(Event::Stored);
                let now = self.time.now();
                self.board.change(|status| {
                    status.checked = Some(now);
                    status.first_sync = None;
                });
            }
            Err(PullError::Store(StoreError::DiskFull)) => self.board.happened(Event::NoRoom),
            // Nothing of it is filed any more, and that is not to look like a quiet day.
            Err(PullError::Store(StoreError::Damaged)) => {
                self.cache.note_damage();
                self.board.happened(Event::Failed);
            }
            // HTML or half a body: something on the way answers, but no FHIR server.
            Err(PullError::NotFhir(_)) => self.board.happened(Event::Failed),
            Err(_) => {}
        }
        if let Err(error) = &result {
            tracing::warn!(%error, "the look at the server ended early");
        }
        result
    }

    async fn look(self: &Arc<Self>) -> Result<(), PullError> {
        self.note_first_sync().await?;
        let mut failed = None;
        for kind in self.scope.kinds() {
            match self.look_at(kind).await {
                Ok(()) => {}
                // One type that this role may not read, or that the server stumbles over, keeps nobody from the
                // others.
                Err(PullError::Refused { status: 403 | 404 | 405 | 501, .. }) => {
                    tracing::info!(kind = kind.as_str(), "not to be had here");
                }
                Err(error @ (PullError::Refused { .. } | PullError::NotFhir(_) | PullError::Stuck)) => {
                    tracing::warn!(kind = kind.as_str(), %error, "could not be looked at");
                    failed = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn look_at(self: &Arc<Self>, kind: Kind) -> Result<(), PullError> {
        let cursor = self.cursor(kind).await?;
        let by_history = cursor.complete && self.facts.has_history(kind) && self.scope.filters.is_empty();
        let followed = match by_history {
            true => self.follow_history(kind, cursor.clone()).await?,
            false => history::Followed::NotOffered,
        };
        if followed == history::Followed::NotOffered {
            self.follow_changes(kind, cursor).await?;
        }
        self.compare_when_due(kind).await
    }

    /// Says that the first sync is under way, and how many messages there are so far.
    async fn note_first_sync(&self) -> Result<(), PullError> {
        if !self.scope.kinds().any(|kind| kind == Kind::Communication) {
            return Ok(());
        }
        let cursor = self.cursor(Kind::Communication).await?;
        if !cursor.complete {
            let cache = self.cache.clone();
            let here = spawn_blocking(move || cache.read(|reader| reader.index_progress())).await??.total;
            self.board.change(|status| {
                status.first_sync.get_or_insert(u32::try_from(here).unwrap_or(u32::MAX));
            });
        }
        Ok(())
    }

    async fn cursor(&self, kind: Kind) -> Result<tern_store::Cursor, PullError> {
        let cache = self.cache.clone();
        Ok(spawn_blocking(move || cache.read(|reader| reader.cursor(kind))).await??)
    }

    fn deletions_looked_for(&self, kind: Kind) -> Option<DateTime<Utc>> {
        self.deletions.lock().unwrap_or_else(PoisonError::into_inner).get(&kind).copied()
    }

    fn note_deletions_looked_for(&self, kind: Kind, at: DateTime<Utc>) {
        self.deletions.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, at);
    }

    /// From where a run starts: late rows are stamped before the cursor.
    fn start(position: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        position.map(|position| position - OVERLAP)
    }
}
