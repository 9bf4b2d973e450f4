//! The task to deal with a message: who has it, how urgent it is, until when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{MessageId, PatientId, ThreadId, WorkItemId},
    party::PartyRef,
};

/// A `Task` of intent order: one per incoming patient message and category. A thread's open work items are
/// shown as one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// Local key.
    pub id: WorkItemId,
    /// `focus`. A Task without one is kept and stands in *Unsorted*.
    pub thread: Option<ThreadId>,
    /// `input`: the message that made it.
    pub message: Option<MessageId>,
    /// `for`.
    pub patient: Option<PatientId>,
    /// `code`, one of our categories.
    pub category: Option<String>,
    /// `system|value` of `performerType`: the pool's identifier.
    pub pool: Option<String>,
    /// `owner`: who holds the claim or was assigned.
    pub owner: Option<PartyRef>,
    /// `status`.
    pub status: WorkStatus,
    /// `businessStatus`, where it says where a requested item went.
    pub waiting_for: Option<WaitingFor>,
    /// `priority`.
    pub urgency: Urgency,
    /// `restriction.period.end`, a UTC instant.
    pub due: Option<DateTime<Utc>>,
    /// `meta.lastUpdated`, or `lastModified` where the server stamps none: what a claim's age is measured by, and so
    /// by the server's clock where there is one.
    pub modified: DateTime<Utc>,
}

/// `Task.status`, as far as the inbox tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkStatus {
    /// Nobody is on it.
    Requested,
    /// Claimed or assigned.
    Accepted,
    /// Somebody is answering.
    InProgress,
    /// Dealt with.
    Completed,
    /// Not needed any more.
    Cancelled,
}

impl WorkStatus {
    /// Whether it still has to be dealt with.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// `Task.businessStatus`: whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingFor {
    /// The patient's turn.
    Patient,
    /// Somebody will call.
    Call,
    /// A visit is wanted.
    Visit,
}

/// routine < same day < urgent < emergency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// `routine`.
    #[default]
    Routine,
    /// `urgent`.
    SameDay,
    /// `asap`.
    Urgent,
    /// `stat`.
    Emergency,
}

/// Minutes after the last renewal at which a claim lapses, by the server's time.
pub const CLAIM_LAPSES_AFTER_MINUTES: i64 = 6;

/// Minutes between two renewals by an open touch.
pub const CLAIM_RENEWED_EVERY_MINUTES: i64 = 2;

/// Who is on a work item, at `now` (server time).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nobody.
    Free,
    /// Assigned, but nobody has started it.
    Assigned(PartyRef),
    /// Somebody is answering, since (or renewed at) the instant.
    Held {
        /// Who.
        by: PartyRef,
        /// Last renewal, server time.
        since: DateTime<Utc>,
    },
    /// A claim that was not renewed: back in its pool, the draft kept.
    LeftBy(PartyRef),
}

impl WorkItem {
    /// Who is on it at `now` (server time).
    pub fn hold(&self, now: DateTime<Utc>) -> Hold {
        match (&self.owner, self.status) {
            (Some(by), WorkStatus::InProgress) => {
                if now - self.modified >= chrono::Duration::minutes(CLAIM_LAPSES_AFTER_MINUTES) {
                    Hold::LeftBy(by.clone())
                } else {
                    Hold::Held { by: by.clone(), since: self.modified }
                }
            }
            (Some(by), status) if status.is_open() => Hold::Assigned(by.clone()),
            _ => Hold::Free,
        }
    }
}
