//! The task to deal with a message: who has it, how urgent it is, until when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::{MessageId, PatientId, ThreadId, WorkItemId},
    party::PartyRef,
    red_flags::Lowered,
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
    /// Who has said that its text is less urgent than the rules say. From the wire without the reason, which stands
    /// in the internal thread.
    pub lowered: Option<Lowered>,
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

/// The id, and the identity, of the work item of a message: two machines that make one of the same message and
/// category come to the same.
///
/// `message` is the message's identifier (`urn:uuid:…`), or `Communication/id` where it has none; the name hashed
/// under the URL namespace (RFC 9562, version 5) is `work-item|message|category`. The practice is not in it: a
/// message stands on one server, and two machines may know that by two names.
pub fn identity(message: &str, category: Option<&str>) -> WorkItemId {
    let name = format!("work-item|{message}|{}", category.unwrap_or_default());
    WorkItemId::from(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_machines_come_to_the_same_work_item_and_two_categories_to_two() {
        let message = "urn:uuid:5a6b7c8d-0000-4000-8000-000000000001";
        assert_eq!(identity(message, Some("refills")).as_str(), "83df0eb5-7f77-5224-993e-b34f7566ecda");
        assert_ne!(identity(message, Some("refills")), identity(message, None));
    }
}
