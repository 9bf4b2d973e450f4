//! One touch: from Start to exactly one outcome.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{moves::Move, party::PartyRef, private::PrivateText, work_item::WaitingFor};

/// The states of a touch.
///
/// ```text
///   Waiting ──start──> Started ──end(outcome)──> Ended
///    ^   │                │                       ^ │
///    │   │                └──claim lost──┐        │ │
///    ├───│───────────────────────────────┘        │ │
///    │   └─────────────── leave ──────────────────┘ │
///    └──────────────────── undo ────────────────────┘ (as Started again)
/// ```
/// *Waiting*: an envelope, or a touch whose claim was [`Lost`] and that nobody has left yet. *Started*: the claim
/// is ours or on its way. *Ended*: one outcome; undo takes the touch back to *Started* while nothing has left the
/// machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Touch {
    /// Nobody here has opened it.
    Waiting,
    /// Open.
    Started,
    /// Dealt with.
    Ended,
}

/// What moves a touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TouchEvent {
    /// Enter on the envelope.
    Start,
    /// An outcome was chosen.
    End,
    /// Somebody else has the claim.
    ClaimLost,
    /// The person has seen that, and goes: there is nothing left to give back.
    Leave,
    /// Within the undo seconds.
    Undo,
}

/// A move that the drawing does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a touch that is {from:?} cannot take {event:?}")]
pub struct NoSuchMove {
    /// Where it stood.
    pub from: Touch,
    /// What was asked.
    pub event: TouchEvent,
}

impl Touch {
    /// The one way in which a touch moves.
    ///
    /// # Errors
    /// [`NoSuchMove`] for every arrow that is not drawn above.
    pub fn on(self, event: TouchEvent) -> Result<Self, NoSuchMove> {
        use TouchEvent as E;
        match (self, event) {
            (Self::Waiting, E::Start) | (Self::Ended, E::Undo) => Ok(Self::Started),
            (Self::Started, E::End) | (Self::Waiting, E::Leave) => Ok(Self::Ended),
            (Self::Started, E::ClaimLost) => Ok(Self::Waiting),
            (from, event) => Err(NoSuchMove { from, event }),
        }
    }
}

/// A claim that a touch was about, and that is somebody else's now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Whose; none where nobody holds it (it was put back elsewhere), or the server doesn't say.
    pub to: Option<PartyRef>,
    /// When it was found out, server time.
    pub at: DateTime<Utc>,
}

/// How a touch ends. Exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Outcome {
    /// Answered; the work items that were on screen are completed.
    Replied,
    /// Closed, no reply needed.
    Closed,
    /// Back to its pool, with the reason, which goes into the internal thread and never onto the Task.
    PutBack {
        /// Why, in the member's words.
        reason: PrivateText,
    },
    /// To a pool or a person; the note, if there is one, goes into the internal thread.
    Routed {
        /// Where to.
        to: Destination,
    },
    /// Somebody calls the patient: on the call list.
    Call,
    /// The patient was called: dealt with, or on the call list again.
    Called {
        /// How the call ended.
        result: CallResult,
    },
    /// A visit is wanted: whoever books finds it in the pool.
    Visit {
        /// `system|value` of the pool that books it; where it is none, the pool stays.
        pool: Option<String>,
    },
}

/// How a call to a patient ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallResult {
    /// Spoken to: dealt with.
    Reached,
    /// A word was left on a machine: somebody calls again.
    Voicemail,
    /// Somebody else's number: the right one has to be found.
    WrongNumber,
    /// A letter goes instead: dealt with.
    Letter,
}

/// Where a work item is routed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Destination {
    /// A shared queue, by `system|value` of its identifier.
    Pool {
        /// The identifier.
        pool: String,
    },
    /// A person, by the reference that they act as.
    Member {
        /// The reference.
        member: PartyRef,
    },
}

impl From<Destination> for Move {
    fn from(to: Destination) -> Self {
        match to {
            Destination::Pool { pool } => Self::Pool { pool },
            Destination::Member { member } => Self::Member { member },
        }
    }
}

impl Outcome {
    /// Whether the work items that were on screen are dealt with.
    pub fn completes(&self) -> bool {
        !matches!(self, Self::PutBack { .. }) && self.moves().is_none()
    }

    /// What the outcome moves in each work item, where it neither completes nor puts back.
    pub fn moves(&self) -> Option<Move> {
        match self {
            Self::Replied
            | Self::Closed
            | Self::PutBack { .. }
            | Self::Called { result: CallResult::Reached | CallResult::Letter } => None,
            Self::Routed { to } => Some(to.clone().into()),
            Self::Call | Self::Called { .. } => Some(Move::Await { what: WaitingFor::Call, pool: None }),
            Self::Visit { pool } => Some(Move::Await { what: WaitingFor::Visit, pool: pool.clone() }),
        }
    }
}
