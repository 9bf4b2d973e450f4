//! What leaves: each thread in its order, threads side by side.
//!
//! ```text
//!   ready rows ──> one lane per thread, a few at a time (and one beside, for second copies: retract)
//!                     │ unknown? search for it by identifier, or read what stands there
//!                     │ guard:   is the claim still ours, did somebody answer since?   (inbox::outbox)
//!                     │ cache:   sending
//!                     │ wire:    one write, or the reply and what it ends as one transaction
//!                     v cache:   what the answer means, in one transaction                (fhir::answer)
//!   sent · again later · unknown · wedged
//! ```
//! The cache is told before and after every write, so that a crash at any point leaves a row that says what has
//! to be found out. Nothing here decides: [`tern_inbox::outbox`] does, on what was just read.
//!
//! A row that is stuck stops its own lane and no other. When the way to the server is gone the whole outbox
//! rests until it opens; the pull, which goes on asking, says when.

mod alarm;
mod book;
mod coverage;
mod create;
mod document;
mod item;
mod overtaken;
mod reply;
mod retract;
mod search;
mod table;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tern_fhir::answer::Verdict;
use tern_inbox::{
    ids::{OutboxId, ThreadId},
    outbox::{Answer, Intent, LONGEST_WAIT, Next, OutboxRow, after_answer},
    queue::Me,
};
use tern_store::{Acknowledged, Cache, StoreError};
use tokio::{
    sync::Notify,
    task::{Id, JoinSet},
};

pub use self::alarm::HaveIt;
use self::{
    alarm::Pager,
    book::{Book, Fate},
    overtaken::Overtaken,
    retract::PutOff,
};
use crate::{
    connectivity::{Connection, Event},
    facts::Facts,
    kill::kill_point,
    line::Line,
    pace::Pace,
    server::Unanswered,
    server_time::ServerTime,
    status::Board,
};

/// Lanes under way at once; claims, which a person waits for, come on top, and the one for files, which takes minutes.
const MOST_AT_ONCE: usize = 4;

/// Why a row could not be worked on: never what the server said, which is a row's fate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboxError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a thread of the engine ended early")]
    Ended(#[from] tokio::task::JoinError),
}

/// The order that a row keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lane {
    Thread(ThreadId),
    Alone(OutboxId),
    /// Files, one after the other: there is one place for them on the line, and nobody's reply waits for it.
    Files,
    /// No row's: second copies are retracted there.
    Extras,
}

impl Lane {
    fn of(row: &OutboxRow) -> Self {
        match (&row.intent, &row.thread) {
            (Intent::File { .. }, _) => Self::Files,
            (_, Some(thread)) => Self::Thread(thread.clone()),
            (_, None) => Self::Alone(row.id.clone()),
        }
    }
}

/// The outbox's parts.
pub(crate) struct Outbox {
    book: Book,
    line: Arc<Line>,
    time: Arc<ServerTime>,
    board: Arc<Board>,
    facts: Arc<Facts>,
    pace: Pace,
    me: Me,
    wake: Arc<Notify>,
    pull: Arc<Notify>,
    overtaken: Overtaken,
    put_off: PutOff,
    pager: Pager,
    stopping: AtomicBool,
}

/// What the outbox is made of.
pub(crate) struct OutboxParts {
    pub(crate) cache: Cache,
    pub(crate) line: Arc<Line>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) pace: Pace,
    pub(crate) author: tern_inbox::party::PartyRef,
    pub(crate) me: Me,
    /// Told when there may be something to send.
    pub(crate) wake: Arc<Notify>,
    /// Told when something was sent: the server is looked at, at once.
    pub(crate) pull: Arc<Notify>,
}

/// What the loop knows of the lanes under way.
#[derive(Default)]
struct Lanes {
    jobs: JoinSet<Result<(), OutboxError>>,
    names: HashMap<Id, Lane>,
    busy: HashSet<Lane>,
    /// Lanes whose work failed by our own fault (a panic, a full disk): not tried again at once.
    failed: Option<DateTime<Utc>>,
    /// Whether the rows that stand on the wire are those under way: not at the start, and not after a failure.
    accounted_for: bool,
    /// Whether the way was open at the last look, and whether the clock was put right before.
    way_was_open: bool,
    put_right: bool,
}

impl Lanes {
    /// Lanes of rows under way. Second copies are retracted on top: nobody waits for that.
    fn at_work(&self) -> usize {
        self.busy.len() - usize::from(self.busy.contains(&Lane::Extras))
    }

    /// Of these, those that keep others back.
    fn in_the_way(&self) -> usize {
        self.at_work() - usize::from(self.busy.contains(&Lane::Files))
    }

    fn begin(&mut self, lane: Lane, job: impl Future<Output = Result<(), OutboxError>> + Send + 'static) {
        self.busy.insert(lane.clone());
        let job = self.jobs.spawn(job);
        self.names.insert(job.id(), lane);
    }
}

impl Outbox {
    pub(crate) fn new(parts: OutboxParts) -> Self {
        let OutboxParts { cache, line, facts, pace, author, me, wake, pull } = parts;
        Self {
            book: Book { cache, author },
            time: Arc::clone(&line.time),
            board: Arc::clone(&line.board),
            line,
            facts,
            pace,
            me,
            wake,
            pull,
            overtaken: Overtaken::default(),
            put_off: PutOff::default(),
            pager: Pager::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// Sends what is ready, for ever; when stopping, until nothing is ready any more.
    pub(crate) async fn run(self: Arc<Self>) -> Result<(), OutboxError> {
        let mut lanes = Lanes::default();
        loop {
            // Registered before anything is looked at, so that no opening is missed.
            let opened = self.board.opened.notified();
            // Asked for before the outbox is looked through: what was hurried for the end is then among it.
            let stopping = self.stopping.load(Ordering::SeqCst);
            let wait = self.start_what_is_ready(&mut lanes).await?;
            if stopping && lanes.at_work() == 0 {
                return Ok(());
            }
            tokio::select! {
                Some(done) = lanes.jobs.join_next_with_id() => self.finish(&mut lanes, done),
                () = self.wake.notified() => lanes.failed = None,
                () = opened => lanes.failed = None,
                () = self.time.jumped() => {}
                () = sleep(&self.time, wait) => {}
            }
        }
    }

    /// Sends what is ready and what only waits for its undo seconds, and then [`Outbox::run`] ends.
    pub(crate) async fn stop(&self) -> Result<(), OutboxError> {
        self.book.hurry(self.time.now()).await?;
        self.stopping.store(true, Ordering::SeqCst);
        self.wake.notify_one();
        Ok(())
    }

    /// Queues the making of work items for messages that have none.
    pub(crate) async fn place(&self) -> Result<(), OutboxError> {
        if self.book.place(self.time.now()).await? > 0 {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Queues the renewal of every open touch's claims.
    pub(crate) async fn renew(&self) -> Result<(), OutboxError> {
        if self.book.renew(self.time.now()).await? > 0 {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Starts lanes, as many as may go; says how long to wait for the next row that waits for time alone.
    async fn start_what_is_ready(self: &Arc<Self>, lanes: &mut Lanes) -> Result<Option<Duration>, OutboxError> {
        self.retime(lanes).await?;
        if !lanes.way_was_open || !self.facts.may_be_written_by() {
            return Ok(None);
        }
        let now = self.time.now();
        if let Some(failed) = lanes.failed {
            let wait = (failed + from_std(self.pace.unit) - now).to_std().unwrap_or_default();
            if !wait.is_zero() {
                return Ok(Some(wait));
            }
            lanes.failed = None;
        }
        if !lanes.accounted_for {
            self.book.broke_off(now, self.lag() * 2, lanes.busy.clone()).await?;
            lanes.accounted_for = true;
        }
        let next_extra = self.start_retracting(lanes, now).await?;
        let (ready, next_due) = self.book.ready(now).await?;
        for row in ready {
            let lane = Lane::of(&row);
            let urgent = matches!(row.intent, Intent::Claim { .. });
            let on_top = urgent || lane == Lane::Files;
            if lanes.busy.contains(&lane) || (!on_top && lanes.in_the_way() >= MOST_AT_ONCE) {
                continue;
            }
            lanes.begin(lane, Arc::clone(self).deliver(row));
        }
        // A row that is due already is under way, or waits for one that is.
        let waits = [next_due, next_extra].into_iter().flatten().filter_map(|due| (due - now).to_std().ok());
        Ok(waits.filter(|wait| !wait.is_zero()).min())
    }

    fn finish(&self, lanes: &mut Lanes, done: Result<(Id, Result<(), OutboxError>), tokio::task::JoinError>) {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        if let Some(lane) = lanes.names.remove(&id) {
            lanes.busy.remove(&lane);
        }
        // Its rows may stand on the wire for the cache, and nobody waits for their answer any more.
        lanes.accounted_for &= matches!(done, Ok((_, Ok(()))));
        match done {
            Ok((_, Ok(()))) => {}
            Ok((_, Err(OutboxError::Store(StoreError::DiskFull)))) => {
                self.board.happened(Event::NoRoom);
                lanes.failed = Some(self.time.now());
            }
            Ok((_, Err(error))) => {
                if matches!(error, OutboxError::Store(StoreError::Damaged)) {
                    self.book.cache.note_damage();
                }
                tracing::error!(%error, "a row of the outbox could not be worked on");
                lanes.failed = Some(self.time.now());
            }
            Err(error) => {
                tracing::error!(%error, "the work on a row of the outbox broke off");
                lanes.failed = Some(self.time.now());
            }
        }
    }

    /// Dates anew what waits, whenever the clock was put right: also while nothing may leave, for what is written
    /// meanwhile goes by the new time. And whenever the way opens: the system may have put it right by itself.
    async fn retime(&self, lanes: &mut Lanes) -> Result<(), OutboxError> {
        let is_open = self.way_is_open();
        let was_open = std::mem::replace(&mut lanes.way_was_open, is_open);
        let jump = self.time.take_jump();
        if jump.is_some() || (is_open && !was_open) {
            let by = jump.unwrap_or_default();
            let retimed = self.book.retime(self.time.now(), by, !lanes.put_right).await;
            retimed.inspect_err(|_| self.time.put_back(by))?;
            lanes.put_right |= jump.is_some();
        }
        Ok(())
    }

    /// Not before the first answer, which says what time it is: replies are dated by that, and guarded.
    fn way_is_open(&self) -> bool {
        let connection = self.board.connection();
        self.time.is_told() && matches!(connection, Connection::Starting | Connection::Online | Connection::Struggling)
    }

    /// One row, with what goes together with it.
    async fn deliver(self: Arc<Self>, row: OutboxRow) -> Result<(), OutboxError> {
        kill_point!("outbox.before-taken");
        match &row.intent {
            Intent::Claim { .. }
            | Intent::Renew { .. }
            | Intent::Release { .. }
            | Intent::Complete { .. }
            | Intent::Move { .. } => {
                self.change(&row).await?;
            }
            Intent::OpenThread { .. }
            | Intent::Place { .. }
            | Intent::Cover { base: None, .. }
            | Intent::Serve { .. }
            | Intent::Audit { .. } => self.create(&row).await?,
            Intent::Cover { .. } | Intent::EndCoverage { .. } | Intent::EndDuty { .. } => self.plan(&row).await?,
            Intent::Send { .. } => self.reply(&row).await?,
            Intent::Table { .. } => self.table(&row).await?,
            Intent::File { .. } => self.document(&row).await?,
        }
        Ok(())
    }

    /// Writes down what became of rows.
    async fn settle(&self, fates: Vec<(OutboxId, Fate)>) -> Result<(), OutboxError> {
        let sent = fates.iter().any(|(_, fate)| matches!(fate, Fate::Sent(_)));
        self.book.settle(self.time.now(), fates).await?;
        kill_point!("outbox.after-commit");
        if sent {
            self.board.happened(Event::Stored);
            self.pull.notify_one();
        }
        Ok(())
    }

    async fn settle_one(&self, row: &OutboxRow, fate: Fate) -> Result<(), OutboxError> {
        self.settle(vec![(row.id.clone(), fate)]).await
    }

    /// What an answer means for a row.
    fn fate(&self, row: &OutboxRow, answer: Answer, acknowledged: Acknowledged) -> Fate {
        let now = self.time.now();
        let attempts = row.attempts.saturating_add(1);
        let backoff = || now + from_std(self.pace.backoff(row.attempts, jitter(&row.id)));
        match after_answer(row, answer) {
            Next::Done => Fate::Sent(acknowledged),
            Next::WaitForNetwork | Next::WaitForSignIn => Fate::Again { at: now, attempts: row.attempts },
            Next::RetryLater { at_least: Some(wait) } if wait.is_zero() => Fate::Again { at: now, attempts },
            Next::RetryLater { at_least } => {
                // A server that asks for a day is asked again within the hour.
                let at_least = at_least.unwrap_or_default().min(LONGEST_WAIT);
                Fate::Again { at: backoff().max(now + at_least), attempts }
            }
            Next::SearchFirst => Fate::Unknown { at: backoff().max(now + self.lag() * 2), attempts },
            Next::Reread => Fate::Again { at: backoff(), attempts },
            Next::Wedge(wedge) => Fate::Wedged(wedge),
        }
    }

    /// How long after a write a search may not find it: measured where it was seen, none where own ids make a
    /// repeated create harmless.
    fn lag(&self) -> TimeDelta {
        let facts = self.facts.server();
        let late = facts.late_by_ms.filter(|_| !facts.own_ids.is_proven()).unwrap_or(0);
        TimeDelta::milliseconds(i64::try_from(late).unwrap_or(i64::MAX / 4))
    }

    /// Sends a write; says what the answer means, or what it means that there is none.
    async fn write(&self, request: tern_fhir::exchange::Request) -> Result<Written, OutboxError> {
        kill_point!("outbox.before-send");
        let exchange = self.line.send(request.clone()).await;
        kill_point!("outbox.after-send");
        let response = match exchange {
            Ok(response) => response,
            Err(unanswered) => return Ok(Written::Unanswered(without_answer(&unanswered, Way::Writing))),
        };
        let verdict = tern_fhir::answer::to_write(&request, &response, &self.facts.server());
        if let Some(finding) = verdict.learned.clone() {
            self.facts.learn(finding).await?;
        }
        Ok(Written::Answered { request, response, verdict })
    }
}

/// What came of a write.
#[expect(clippy::large_enum_variant, reason = "one at a time, and taken apart where it comes back")]
enum Written {
    Answered { request: tern_fhir::exchange::Request, response: tern_fhir::exchange::Response, verdict: Verdict },
    Unanswered(Answer),
}

/// Whether an exchange would have changed something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Reading,
    Writing,
}

/// What it means that there is no answer. A certificate or a keyring that stands in the way lets nothing out.
fn without_answer(unanswered: &Unanswered, way: Way) -> Answer {
    match unanswered {
        Unanswered::Offline | Unanswered::Certificate(_) => Answer::Offline,
        Unanswered::SignInAgain | Unanswered::NotAPractice | Unanswered::Keyring => Answer::SignInAgain,
        Unanswered::Lost if way == Way::Writing => Answer::NoAnswer,
        Unanswered::Lost => Answer::Transient { retry_after: None },
    }
}

/// A row's own share of chance: the same after a restart, another for every row.
fn jitter(id: &OutboxId) -> u64 {
    id.as_str().bytes().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn from_std(wait: Duration) -> TimeDelta {
    TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
}

async fn sleep(time: &ServerTime, wait: Option<Duration>) {
    match wait {
        Some(wait) => time.sleep(wait).await,
        None => std::future::pending().await,
    }
}
