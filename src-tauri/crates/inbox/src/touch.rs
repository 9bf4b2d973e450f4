//! One touch: from Start to exactly one outcome.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{party::PartyRef, private::PrivateText};

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
}
