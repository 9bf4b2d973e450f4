//! What leaves: one row per write, and what follows from each answer.
//!
//! Everything a member does goes through the outbox, in one transaction with what it changes on screen. Rows
//! of one thread leave in the order in which they were made; threads go side by side; a row that is stuck
//! stops its own thread and no other. A reply depends on the rows of its claim: if the claim was lost, the
//! reply stands wedged with its text and never goes by itself.
//!
//! Two kinds of decision are made here, both pure. **Before a write**, from the work item as it stands on the
//! server now: [`claim`], [`renew`], [`release`], [`complete`], [`relocate`], and for a reply [`answered_since`]. A write that
//! changes something is always decided on a fresh reading and goes out under the version that was read, so
//! that doing it twice is the same as doing it once. **After a write**, from the answer: [`after_answer`].
//!
//! `sync` carries them out.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    coverage::Coverage,
    document::ToFile,
    emergency::Duty,
    ids::{CoverageId, DutyId, MessageId, OutboxId, ThreadId, WorkItemId},
    message::Delivery,
    moves::{Move, Seen},
    party::PartyRef,
    practice_table::TableKind,
    work_item::Urgency,
};

mod guard;
#[cfg(test)]
mod tests;

pub use guard::{Step, answered_since, claim, complete, release, relocate, renew};

/// One write on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// In the order in which they were made (UUIDv7).
    pub id: OutboxId,
    /// The thread whose order it keeps; none for what belongs to no thread (audit).
    pub thread: Option<ThreadId>,
    /// Whose it is: another member signing in never sends it.
    pub author: PartyRef,
    /// What to write.
    pub intent: Intent,
    /// How far it has got.
    pub delivery: Delivery,
    /// Not before this instant: the undo seconds, or the next try.
    pub not_before: DateTime<Utc>,
    /// Rows that must be acknowledged first.
    pub depends_on: Vec<OutboxId>,
    /// Rows with the same group go as one transaction where the server rolls back, else one after the other.
    pub group: Option<OutboxId>,
    /// Tries that reached for the server and failed (being offline is not one).
    pub attempts: u32,
    /// Why it stands wedged.
    pub wedged: Option<Wedge>,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Intent {
    /// Take a work item: owner, in-progress, under its version.
    Claim {
        /// Which.
        item: WorkItemId,
    },
    /// The touch is still open.
    Renew {
        /// Which.
        item: WorkItemId,
    },
    /// Put it back: requested, owner removed.
    Release {
        /// Which.
        item: WorkItemId,
    },
    /// Dealt with; `output` names the reply if there is one.
    Complete {
        /// Which.
        item: WorkItemId,
        /// The reply that ended the touch.
        reply: Option<MessageId>,
    },
    /// Somebody else's, another pool's, sooner or later: see [`Move`].
    Move {
        /// Which.
        item: WorkItemId,
        /// What changes.
        change: Move,
        /// How it stood when the member decided.
        seen: Seen,
    },
    /// Open a thread of ours (an internal one for a reason, or a new conversation).
    OpenThread {
        /// Which.
        thread: ThreadId,
    },
    /// Send a message; its text stands in the cache.
    Send {
        /// Which.
        message: MessageId,
        /// For a reply: when its touch began, server time. It does not go by itself when somebody else of the
        /// practice has written in the thread since. None for what answers nobody, and for a reply of which
        /// its author has said "send anyway".
        #[serde(default)]
        touch_began: Option<DateTime<Utc>>,
    },
    /// Make the work item of a patient's message that has none, or another one of the same message for somebody else.
    /// Its id follows from the message and the category, so that whoever is first makes it and nobody twice.
    Place {
        /// Which: [`work_item::identity`](crate::work_item::identity).
        item: WorkItemId,
        /// The message that it is about.
        message: MessageId,
        /// Code of the category.
        category: Option<String>,
        /// `system|value` of the pool; none is *Unsorted*.
        pool: Option<String>,
        /// How urgent.
        urgency: Urgency,
    },
    /// Another text of one of the practice's tables, or the first.
    Table {
        /// Which.
        table: TableKind,
        /// The version that was edited; none where the server had no such table. Only that one is written over.
        base: Option<String>,
        /// JSON.
        text: String,
    },
    /// Who stands in for a member, and when: for the first time, or planned anew.
    Cover {
        /// What it says from now on.
        coverage: Coverage,
        /// The version that was changed; none where it is made. Only that one is written over.
        base: Option<String>,
    },
    /// Nobody stands in any more, from an instant on.
    EndCoverage {
        /// Which.
        coverage: CoverageId,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Who is on duty, and when.
    Serve {
        /// What it says.
        duty: Duty,
    },
    /// They are on duty no more, from an instant on.
    EndDuty {
        /// Which.
        duty: DutyId,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// A file of a patient's message into the chart: its bytes where they need a place, the document, and the record
    /// of who filed it.
    File {
        /// What, whose, and what its author says of it.
        what: Box<ToFile>,
    },
    /// An AuditEvent, already without patient text.
    Audit {
        /// The id of the audit row.
        entry: String,
    },
}

impl Intent {
    /// Whether the write makes a resource, so that an unknown outcome must be searched for before another try.
    pub fn creates(&self) -> bool {
        matches!(
            self,
            Self::OpenThread { .. }
                | Self::Send { .. }
                | Self::Place { .. }
                | Self::Cover { base: None, .. }
                | Self::Serve { .. }
                | Self::File { .. }
                | Self::Audit { .. }
        )
    }

    /// The work item that it changes.
    pub fn item(&self) -> Option<&WorkItemId> {
        match self {
            Self::Claim { item }
            | Self::Renew { item }
            | Self::Release { item }
            | Self::Complete { item, .. }
            | Self::Move { item, .. }
            | Self::Place { item, .. } => Some(item),
            Self::OpenThread { .. }
            | Self::Send { .. }
            | Self::Table { .. }
            | Self::Cover { .. }
            | Self::EndCoverage { .. }
            | Self::Serve { .. }
            | Self::EndDuty { .. }
            | Self::File { .. }
            | Self::Audit { .. } => None,
        }
    }

    /// The coverage that it makes, changes or ends.
    pub fn coverage(&self) -> Option<&CoverageId> {
        match self {
            Self::Cover { coverage, .. } => Some(&coverage.id),
            Self::EndCoverage { coverage, .. } => Some(coverage),
            _ => None,
        }
    }

    /// The duty that it makes or ends.
    pub fn duty(&self) -> Option<&DutyId> {
        match self {
            Self::Serve { duty } => Some(&duty.id),
            Self::EndDuty { duty, .. } => Some(duty),
            _ => None,
        }
    }
}

/// Why a row needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Wedge {
    /// Somebody else holds the claim.
    ClaimLost {
        /// Who, where the server says.
        to: Option<PartyRef>,
    },
    /// Somebody answered since.
    AnsweredSince {
        /// Who.
        by: Option<PartyRef>,
        /// When they sent it.
        at: DateTime<Utc>,
    },
    /// The server refused it.
    Refused {
        /// HTTP status.
        status: u16,
        /// `OperationOutcome` code, never its text: that may quote the message.
        code: Option<String>,
    },
    /// Sent, no answer, and a search cannot prove that it is not there.
    OutcomeUnknown,
    /// What it was to change is gone.
    Gone,
    /// Somebody else has changed since what this was a change of.
    ChangedSince,
    /// A row it depends on stands wedged.
    Dependency,
}

/// What the server, or the way to it, answered a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Accepted,
    /// Searched by identifier and found.
    Found,
    /// Searched by identifier and not there.
    NotFound,
    /// No way to the server: nothing was tried.
    Offline,
    /// It surely did not take effect, and may later (429, 503 with a refusal, connection refused).
    Transient {
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it took effect (time-out, connection lost, 5xx).
    NoAnswer,
    /// 401: signing in again comes first.
    SignInAgain,
    /// 409, 412, or the failed `test` of a patch: the version moved.
    Conflict,
    /// Another 4xx.
    Refused {
        /// HTTP status.
        status: u16,
        /// `OperationOutcome` code.
        code: Option<String>,
    },
    /// 404 or 410 for what was to be changed.
    Gone,
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Acknowledged: release the dependents.
    Done,
    /// Wait for the network; not a try.
    WaitForNetwork,
    /// Wait for a sign-in; the whole queue does.
    WaitForSignIn,
    /// Try again after a jittered back-off, at the earliest after `at_least`.
    RetryLater {
        /// `Retry-After`.
        at_least: Option<Duration>,
    },
    /// It may have taken effect: search for it by identifier before anything is sent again.
    SearchFirst,
    /// Read what stands there now, then decide again.
    Reread,
    /// A person decides.
    Wedge(Wedge),
}

/// No row waits longer than this for time alone: the undo seconds, a back-off, what a server asks for.
pub const LONGEST_WAIT: Duration = Duration::hours(1);

/// When a row may leave, once the clock that its `not_before` was read from turned out to be another: what was
/// `before` is `after`. It waits for as long as it would have waited, so that nobody's undo seconds are cut short and
/// nothing stands still for the day by which a clock was wrong. One that seems to wait for longer than anything does
/// was dated by yet another clock, before a restart: that is due.
pub fn retimed(not_before: DateTime<Utc>, before: DateTime<Utc>, after: DateTime<Utc>) -> DateTime<Utc> {
    let left = not_before - before;
    if left <= Duration::zero() {
        not_before.min(after)
    } else if left <= LONGEST_WAIT {
        after + left
    } else {
        after
    }
}

/// When something began, once the clock by which it was `at` turned out to be wrong by `jump` and says `now`. A later
/// date than that is the wrong clock's. An earlier one may be: where it `may_be_wrong`, the earlier of the two
/// readings counts, so that nothing that was written since is overlooked.
pub fn redated(at: DateTime<Utc>, now: DateTime<Utc>, jump: Duration, may_be_wrong: bool) -> DateTime<Utc> {
    if at > now || may_be_wrong { at.min(at + jump).min(now) } else { at }
}

/// Tries in a row that failed, after which a row that makes something waits for a person: with the back-off, about
/// half an hour of a server that answers but cannot. Being offline is no try. A row that changes something is tried
/// for ever: it reads what stands there first, so that repeating it harms nobody, and there is no message in front
/// of a person by which to decide.
pub const MOST_ATTEMPTS: u32 = 40;

/// What follows from an answer to a row.
///
/// | answer | a write that makes something | one that changes something |
/// |---|---|---|
/// | accepted, found | done | done |
/// | searched for, not there | again at once | |
/// | offline | wait for the network, no try counted | same |
/// | 429, refused before it took effect | back-off | back-off |
/// | no answer | search by identifier first | back-off, then read what stands there |
/// | 401 | the queue waits for a sign-in | same |
/// | 409, 412, failed `test` | read, decide again | read, decide again |
/// | 404, 410 | wedge: gone | wedge: gone |
/// | other 4xx | wedge: refused | wedge: refused |
pub fn after_answer(row: &OutboxRow, answer: Answer) -> Next {
    match answer {
        Answer::Accepted | Answer::Found => Next::Done,
        Answer::NotFound => Next::RetryLater { at_least: Some(Duration::zero()) },
        Answer::Offline => Next::WaitForNetwork,
        Answer::SignInAgain => Next::WaitForSignIn,
        Answer::Transient { .. } | Answer::NoAnswer | Answer::Conflict
            if row.intent.creates() && row.attempts >= MOST_ATTEMPTS =>
        {
            Next::Wedge(Wedge::OutcomeUnknown)
        }
        Answer::Transient { retry_after } => Next::RetryLater { at_least: retry_after },
        Answer::NoAnswer if row.intent.creates() => Next::SearchFirst,
        Answer::NoAnswer | Answer::Conflict => Next::Reread,
        Answer::Refused { status, code } => Next::Wedge(Wedge::Refused { status, code }),
        Answer::Gone => Next::Wedge(Wedge::Gone),
    }
}
