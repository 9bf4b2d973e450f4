//! Queues: saved views of work items. What the left rail shows.

use serde::{Deserialize, Serialize};

use crate::ids::PoolId;

/// One entry of the rail.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "pool")]
pub enum Queue {
    /// What I own, or what is free in my own pool.
    Mine,
    /// Urgent and emergency, claimed ones too, of everything I may see.
    Urgent,
    /// A shared queue.
    Pool(PoolId),
    /// What no rule placed, and what could not be read.
    Unsorted,
    /// Answered; the patient's turn.
    Waiting,
    /// Replies of mine that need me, or that are still on their way.
    Unsent,
}
