//! The engine: one supervisor that owns every loop, and the handle by which the rest of the program holds it.
//!
//! ```text
//!   Engine ──> supervisor ─┬─ pull     looks at the server: on a nudge, a timer, "now", after sending
//!                          ├─ outbox   sends what is ready
//!                          ├─ pager    calls whoever is on duty for an emergency
//!                          ├─ renewal  keeps the claims of open touches alive
//!                          ├─ index    the text index, behind everything else
//!                          ├─ tally    what the status line counts, after each commit
//!                          └─ push     turns the server's nudges into looks
//! ```
//! A loop that ends by an error or a panic is begun again after a while; the others don't notice. Dropping the
//! handle stops everything at once, like a crash: the cache knows what was on the wire. [`Engine::stop`] sends
//! what is ready first.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tern_fhir::search::Scope;
use tern_inbox::{
    ids::{AttachmentId, PatientId, WorkItemId},
    member::Member,
    outbox::{Intent, Wedge},
    party::PartyRef,
    queue::Me,
    work_item::{Hold, WorkItem},
};
use tern_store::{Cache, StoreError, TouchRow};
use tokio::{
    sync::{Notify, OnceCell, watch},
    task::{JoinHandle, spawn_blocking},
};

use crate::{
    clock::Clock,
    facts::Facts,
    files::{Fetched, NotFetched},
    line::Line,
    loops::Loops,
    outbox::{HaveIt, Outbox, OutboxError, OutboxParts},
    pace::{Pace, Presence},
    pull::Pull,
    server::{NotPaged, Page, Server},
    server_time::{OFFSET, ServerTime},
    status::{Board, Status},
};

/// What an engine is made of.
pub struct Parts {
    /// The connection, signed in.
    pub server: Arc<dyn Server>,
    /// The member's cache.
    pub cache: Cache,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is signed in: whose rows are sent, and in whose name.
    pub member: Member,
    /// What of the server is synced.
    pub scope: Scope,
    /// How often.
    pub pace: Pace,
}

/// What came of a claim that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// It is ours: the server said so.
    Ours,
    /// Somebody else was first.
    Taken {
        /// Who, where the server says.
        by: Option<PartyRef>,
    },
    /// No answer yet: offline, or slow. The touch may go on; the outbox goes on claiming.
    Unconfirmed,
}

/// A running engine.
pub struct Engine {
    shared: Arc<Shared>,
    supervisor: JoinHandle<()>,
    /// Set once [`Engine::stop`] is through.
    stopped: OnceCell<()>,
}

/// What all loops share.
pub(crate) struct Shared {
    pub(crate) line: Arc<Line>,
    pub(crate) cache: Cache,
    pub(crate) time: Arc<ServerTime>,
    pub(crate) board: Arc<Board>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) pace: Pace,
    pub(crate) author: PartyRef,
    pub(crate) me: Me,
    pub(crate) pull: Arc<Pull>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) wake_pull: Arc<Notify>,
    pub(crate) wake_outbox: Arc<Notify>,
    /// By this machine's clock.
    pub(crate) last_activity: Mutex<Option<DateTime<Utc>>>,
    /// The outbox has nothing ready any more, after [`Outbox::stop`].
    pub(crate) drained: Notify,
}

impl Engine {
    /// Starts all loops. Reaches for the server by itself; nothing has to be reachable yet.
    ///
    /// # Errors
    /// [`StoreError`] where the cache can't be read.
    pub fn start(parts: Parts) -> Result<Self, StoreError> {
        let Parts { server, cache, clock, member, scope, pace } = parts;
        let offset = match cache.read(|reader| reader.setting(OFFSET)) {
            // Of another shape: learnt anew.
            Err(StoreError::Json) => None,
            other => other?,
        };
        let offset = offset.and_then(TimeDelta::try_milliseconds).unwrap_or_default();
        let time = Arc::new(ServerTime::off_by(clock, offset));
        let board = Arc::new(Board::new());
        let facts = Arc::new(Facts::load(&cache, &time, &board)?);
        let line = Arc::new(Line::new(server, Arc::clone(&time), Arc::clone(&board)));
        if facts.had_a_statement() {
            // Before it is asked anew, somebody in between may answer.
            line.has_a_statement();
        }
        let (wake_pull, wake_outbox) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let author = member.reference.clone();
        let me = Me::of(&member);
        let pull = Arc::new(Pull {
            line: Arc::clone(&line),
            cache: cache.clone(),
            time: Arc::clone(&time),
            board: Arc::clone(&board),
            facts: Arc::clone(&facts),
            pace,
            scope,
            outbox: Arc::clone(&wake_outbox),
            deletions: Mutex::default(),
        });
        let outbox = Arc::new(Outbox::new(OutboxParts {
            cache: cache.clone(),
            line: Arc::clone(&line),
            facts: Arc::clone(&facts),
            pace,
            author: author.clone(),
            me: me.clone(),
            wake: Arc::clone(&wake_outbox),
            pull: Arc::clone(&wake_pull),
        }));
        let shared = Arc::new(Shared {
            line,
            cache,
            time,
            board,
            facts,
            pace,
            author,
            me,
            pull,
            outbox,
            wake_pull,
            wake_outbox,
            last_activity: Mutex::new(None),
            drained: Notify::new(),
        });
        let supervisor = tokio::spawn(Loops::new(Arc::clone(&shared)).supervise());
        Ok(Self { shared, supervisor, stopped: OnceCell::new() })
    }

    /// Looks at the server and sends what is ready, now: asked for by a person, after waking, when the network
    /// is back, after something was put into the outbox.
    pub fn wake(&self) {
        self.shared.wake_pull.notify_one();
        self.shared.wake_outbox.notify_one();
    }

    /// A person is working: the server is asked more often. Called at most every few seconds.
    pub fn activity(&self) {
        let was = self.shared.presence();
        let now = self.shared.time.here();
        *self.shared.last_activity.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        if was == Presence::Away {
            self.shared.wake_pull.notify_one();
        }
    }

    /// How the engine stands, and every change of it.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.board.watch()
    }

    /// Now, at the server: what due times, claims and the outbox are judged by.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.time.now()
    }

    /// Waits for claims that were just put into the outbox, at most so long. They go ahead of everything that
    /// isn't in their own thread.
    ///
    /// # Errors
    /// [`StoreError`] where the cache can't be read.
    pub async fn claim_now(&self, items: &[WorkItemId], timeout: Duration) -> Result<ClaimOutcome, StoreError> {
        // Heard of before it is looked for, so that no answer falls in between.
        let mut changes = self.shared.cache.subscribe();
        self.shared.wake_outbox.notify_one();
        let waited = self.shared.time.sleep(timeout);
        tokio::pin!(waited);
        loop {
            if let Some(outcome) = self.shared.claimed(items).await? {
                return Ok(outcome);
            }
            tokio::select! {
                () = &mut waited => return Ok(ClaimOutcome::Unconfirmed),
                heard = changes.recv() => {
                    if matches!(heard, Err(tokio::sync::broadcast::error::RecvError::Closed)) {
                        return Ok(ClaimOutcome::Unconfirmed);
                    }
                }
            }
        }
    }

    /// "I have it": nobody else is called for an emergency for the next five minutes. Waits for the server.
    ///
    /// # Errors
    /// [`StoreError`] where the cache can't be read or written.
    pub async fn have_it(&self, item: &WorkItemId) -> Result<HaveIt, StoreError> {
        match self.shared.outbox.have_it(item).await {
            Ok(came) => Ok(came),
            Err(OutboxError::Store(error)) => Err(error),
            Err(OutboxError::Ended(_)) => Ok(HaveIt::NotConfirmed),
        }
    }

    /// Posts a page that calls nobody, to see whether an address takes it.
    ///
    /// # Errors
    /// [`NotPaged`].
    pub async fn try_webhook(&self, address: &str) -> Result<(), NotPaged> {
        let key = uuid::Uuid::new_v4().to_string();
        let body = serde_json::json!({ "event": "test", "key": key });
        let page = Page { address: address.to_owned(), key, body: body.to_string().into_bytes() };
        self.shared.line.server.page(page).await
    }

    /// Fetches one file of a message, from the server alone: bytes are not kept. `message` is the server's id of it,
    /// `patient` whose thread it stands in; a file that says it is another's is refused.
    ///
    /// # Errors
    /// [`NotFetched`].
    pub async fn file(
        &self,
        attachment: &AttachmentId,
        (message, thread): (&str, &str),
        patient: &PatientId,
    ) -> Result<Fetched, NotFetched> {
        self.shared.line.file(attachment, (message, thread), patient).await.map(|(fetched, _)| fetched)
    }

    /// Ends: what is ready is sent, what only waits for its undo seconds too, at most so long; then everything
    /// stops. What could not be sent waits in the cache. Whoever asks again waits for the same end, and for nothing
    /// after it.
    pub async fn stop(&self, deadline: Duration) {
        self.stopped.get_or_init(|| self.end(deadline)).await;
    }

    /// Stops at once: its session has ended, and another engine goes on from the same cache.
    pub fn halt(&self) {
        self.supervisor.abort();
    }

    async fn end(&self, deadline: Duration) {
        let drained = self.shared.drained.notified();
        if self.shared.outbox.stop().await.is_ok() {
            tokio::select! {
                () = drained => {}
                () = self.shared.time.sleep(deadline) => {}
            }
        }
        self.supervisor.abort();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

impl Shared {
    /// Whether somebody is at the machine.
    pub(crate) fn presence(&self) -> Presence {
        let last = *self.last_activity.lock().unwrap_or_else(PoisonError::into_inner);
        let working_for = chrono::TimeDelta::from_std(self.pace.working_for()).unwrap_or_default();
        match last {
            Some(last) if self.time.here() - last < working_for => Presence::Working,
            _ => Presence::Away,
        }
    }

    /// What came of the claims of these items; none while one of them is still on its way.
    async fn claimed(&self, items: &[WorkItemId]) -> Result<Option<ClaimOutcome>, StoreError> {
        let (cache, items, me, now) = (self.cache.clone(), items.to_vec(), self.me.clone(), self.time.now());
        let author = self.author.clone();
        let thread = spawn_blocking(move || {
            cache.read(|reader| {
                let waiting = reader.outbox()?;
                for row in &waiting {
                    let of_these = row.intent.item().is_some_and(|item| items.contains(item));
                    // A wedged one that something needs is of a touch that has ended.
                    if !of_these
                        || row.wedged.is_some() && waiting.iter().any(|other| other.depends_on.contains(&row.id))
                    {
                        continue;
                    }
                    match (&row.intent, &row.wedged) {
                        (Intent::Claim { .. }, Some(Wedge::ClaimLost { to })) => {
                            return Ok(Some(ClaimOutcome::Taken { by: to.clone() }));
                        }
                        (Intent::Claim { .. }, Some(_)) => return Ok(Some(ClaimOutcome::Taken { by: None })),
                        (Intent::Claim { .. }, None) => return Ok(None),
                        _ => {}
                    }
                }
                for item in &items {
                    let Some(found) = reader.work_item_on_server(item)? else {
                        return Ok(Some(ClaimOutcome::Taken { by: None }));
                    };
                    if let Some(by) = held_by_another(&found.row, &me, now) {
                        return Ok(Some(ClaimOutcome::Taken { by }));
                    }
                    // A claim that came to nothing leaves no row, and nobody need hold the item: its touch knows.
                    let touch = reader.touch_of_item(item, &author)?;
                    if let Some(lost) = touch.filter(TouchRow::is_lost).and_then(|touch| touch.lost) {
                        return Ok(Some(ClaimOutcome::Taken { by: lost.to }));
                    }
                }
                Ok(Some(ClaimOutcome::Ours))
            })
        });
        thread.await.unwrap_or(Ok(None))
    }
}

/// Whom an item belongs to, where that is somebody else.
fn held_by_another(item: &WorkItem, me: &Me, now: DateTime<Utc>) -> Option<Option<PartyRef>> {
    match item.hold(now) {
        _ if !item.status.is_open() => Some(item.owner.clone().filter(|owner| !me.is(owner))),
        Hold::Held { by, .. } | Hold::Assigned(by) if !me.is(&by) => Some(Some(by)),
        _ => None,
    }
}
