//! Moves: who deals with a work item, how soon, and whose turn it is, decided on its envelope or as the outcome of a
//! touch.
//!
//! A move is one change of one work item, under the version that was read. Two people decide on the same envelope
//! at the same moment: what the member *saw* ([`Seen`]) goes along with the move, and where the item stands
//! elsewhere by the time it is written, the first one counts and the second is told. Without that a route would
//! silently undo another's, which nobody would find out.
//!
//! Why a move made on the list doesn't claim the item first: routing is a decision on the envelope, not a touch. It
//! only asks that nobody else is at work on it.

use serde::{Deserialize, Serialize};

use crate::{
    party::PartyRef,
    red_flags::Lowered,
    work_item::{Urgency, WaitingFor, WorkItem},
};

/// What changes in a work item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "to")]
pub enum Move {
    /// To a pool: requested, nobody's own; whatever it waited for (a call, the patient) is over.
    Pool {
        /// `system|value` of the pool's identifier.
        pool: String,
    },
    /// To a person: accepted, theirs to start.
    Member {
        /// The reference that they act as.
        member: PartyRef,
    },
    /// Sooner, or later where a person says so.
    Urgency {
        /// How urgent it is from now on.
        urgency: Urgency,
        /// Where a person lowers it: for which text, so that the rules do not raise that again.
        #[serde(default)]
        lowered: Option<Lowered>,
    },
    /// Somebody will call, a visit is wanted, or it is the patient's turn: requested, nobody's own, and in the
    /// pool where one is named.
    Await {
        /// What it waits for.
        what: WaitingFor,
        /// `system|value` of the pool that deals with it; where it is none, the pool stays.
        pool: Option<String>,
    },
}

/// How the item stood when the member decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its pool.
    pub pool: Option<String>,
    /// Whose it was.
    pub owner: Option<PartyRef>,
    /// How urgent.
    pub urgency: Urgency,
    /// What it waited for.
    pub waiting_for: Option<WaitingFor>,
}

impl Seen {
    /// The parts of an item that moves change.
    pub fn of(item: &WorkItem) -> Self {
        Self {
            pool: item.pool.clone(),
            owner: item.owner.clone(),
            urgency: item.urgency,
            waiting_for: item.waiting_for,
        }
    }
}

impl Move {
    /// Whether the item stands as the member wanted it: for whoever raises it, more urgent is urgent enough.
    pub fn is_done(&self, item: &WorkItem, seen: &Seen) -> bool {
        let raised = |urgency: Urgency| urgency > seen.urgency && item.urgency >= urgency;
        self.stands_in(item) || matches!(self, Self::Urgency { urgency, .. } if raised(*urgency))
    }

    /// Whether the item stands as the move would make it.
    pub fn stands_in(&self, item: &WorkItem) -> bool {
        match self {
            // It waits for nothing any more but for whoever has it now.
            Self::Pool { pool } => {
                item.owner.is_none() && item.waiting_for.is_none() && item.pool.as_ref() == Some(pool)
            }
            Self::Member { member } => item.waiting_for.is_none() && item.owner.as_ref() == Some(member),
            Self::Urgency { urgency, lowered } => {
                let holds =
                    |lowered: &Lowered| item.lowered.as_ref().map(|one| &one.text_hash) == Some(&lowered.text_hash);
                item.urgency == *urgency && lowered.as_ref().is_none_or(holds)
            }
            Self::Await { what, pool } => {
                item.owner.is_none()
                    && item.waiting_for == Some(*what)
                    && pool.as_ref().is_none_or(|pool| item.pool.as_ref() == Some(pool))
            }
        }
    }

    /// Whether somebody else changed, since the member looked, what this move is about.
    pub fn is_overtaken(&self, item: &WorkItem, seen: &Seen) -> bool {
        match self {
            Self::Pool { .. } | Self::Member { .. } => {
                item.pool != seen.pool || (item.owner.is_some() && item.owner != seen.owner)
            }
            // Raised by somebody since: never lowered behind their back.
            Self::Urgency { urgency, .. } => item.urgency != seen.urgency && *urgency < item.urgency,
            Self::Await { .. } => item.pool != seen.pool || item.waiting_for != seen.waiting_for,
        }
    }
}
