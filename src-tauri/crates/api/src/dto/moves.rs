use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Ended, QueueId, UrgencyLevel};

/// Where work can go: what `1…9` and the route dialog offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Destinations {
    /// By name; the first nine have the keys `1…9`.
    pub pools: Vec<PoolChoice>,
    /// By name, without the member who asks.
    pub members: Vec<MemberChoice>,
}

/// A pool that work can go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PoolChoice {
    /// `pool/<id>`.
    pub id: QueueId,
    /// "Nurse triage".
    pub name: String,
    /// 1 to 9, where it has a key.
    pub number: Option<u8>,
    /// Somebody works in it; into an empty one work is not routed without saying so.
    pub staffed: bool,
}

/// A person that work can go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MemberChoice {
    /// `PractitionerRole/<id>`.
    pub reference: String,
    /// "Dr Amara Osei".
    pub name: String,
    /// Code of the role, worded by the catalogue.
    pub role: String,
}

/// Who deals with it from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum Destination {
    /// A pool.
    Pool {
        /// [`PoolChoice::id`].
        pool: QueueId,
    },
    /// A person.
    Member {
        /// [`MemberChoice::reference`].
        member: String,
    },
}

/// What is decided about rows of the list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum Decision {
    /// Somebody else's.
    Route {
        /// Whose.
        to: Destination,
        /// For whoever gets it; stays inside the practice. Blank: none.
        note: String,
    },
    /// Sooner or later.
    Urgency {
        /// How urgent from now on.
        level: UrgencyLevel,
        /// Why it is lowered; stays inside the practice. May be blank where it is raised.
        reason: String,
    },
}

/// A row as the member saw it: what became more urgent since is not lowered with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DecidedRow {
    /// Which.
    pub thread: String,
    /// How urgent it was shown.
    pub urgency: UrgencyLevel,
}

/// A decision about some rows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DecideRequest {
    /// The rows, as they were shown: at most 200.
    pub rows: Vec<DecidedRow>,
    /// What is decided.
    pub decision: Decision,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Decided {
    /// For undo; none where nothing changed.
    pub ended: Option<Ended>,
    /// Threads that moved.
    pub moved: Vec<String>,
    /// Names of the members who are at work on the others.
    pub held_by: Vec<String>,
    /// Threads of which something stays where it was: no work item names it yet, or it became more urgent meanwhile.
    pub left: Vec<String>,
}

/// How a call to a patient ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum CallResult {
    /// Dealt with.
    Reached,
    /// Somebody calls again.
    Voicemail,
    /// The right number has to be found.
    WrongNumber,
    /// A letter goes instead: dealt with.
    Letter,
}

/// How a touch ends where somebody else goes on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum HandOn {
    /// To a pool or a person.
    Routed {
        /// Whose.
        to: Destination,
    },
    /// The patient is called: onto the call list, or how the call ended.
    Call {
        /// None: nobody has called yet.
        result: Option<CallResult>,
    },
    /// A visit is wanted.
    Visit {
        /// The pool that books it; none where it stays in its own.
        pool: Option<QueueId>,
    },
}

/// An outcome after which somebody else goes on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HandOnRequest {
    /// Which touch.
    pub thread: String,
    /// `TouchView.workItems`: what was on screen.
    pub work_items: Vec<String>,
    /// Which outcome.
    pub outcome: HandOn,
    /// For whoever goes on; stays inside the practice. Blank: none.
    pub note: String,
}
