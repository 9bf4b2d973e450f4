use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{MemberChoice, PoolChoice, QueueId};

/// Who is away and who stands in: what *Away* shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwayList {
    /// Those that are not over, the first to begin first.
    pub rows: Vec<AwayRow>,
    /// The member's own reference.
    pub me: String,
    /// The member may say that they are away.
    pub may_own: bool,
    /// The member may say so of others.
    pub may_others: bool,
    /// Everybody who works here, by name.
    pub members: Vec<MemberChoice>,
    /// By name.
    pub pools: Vec<PoolChoice>,
    /// The practice's time zone, an IANA name, where it has said so: days are its days.
    pub zone: Option<String>,
}

/// Why nobody stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum AwayGap {
    /// Those who stand in are away, and stand in for each other in a circle.
    Loop,
    /// Whoever is named may not start what the absent member may.
    NoRight,
}

/// How far the member's change of an absence has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum AwaySaving {
    /// The server has it.
    Saved,
    /// On its way.
    Queued,
    /// Its end is on its way.
    Ending,
    /// Somebody else changed it since: not saved.
    Overtaken,
    /// It is gone from the server: not saved.
    Gone,
    /// The server did not take it: not saved.
    Refused,
    /// The server did not take its end: it goes on.
    EndRefused,
}

/// Who stands in, when, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwayPlan {
    /// Who stands in.
    pub stand_in: String,
    /// Their name.
    pub stand_in_name: String,
    /// UTC ms; none: for as long as anybody remembers.
    #[ts(type = "number | null")]
    pub from: Option<i64>,
    /// UTC ms, the instant of being back; none: until somebody ends it.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// For which pools; with none, and none that are not known here: for everything.
    pub pools: Vec<QueueId>,
    /// So many more pools that are not known here.
    pub unknown_pools: u32,
}

/// An absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwayRow {
    /// Its id.
    pub id: String,
    /// The version that is shown; none where the server does not have it yet.
    pub base: Option<String>,
    /// Who is away.
    pub absent: String,
    /// Their name.
    pub absent_name: String,
    /// What the server has; where it has nothing yet, what the member wants.
    pub plan: AwayPlan,
    /// What the member wants instead, where the server does not have that (yet).
    pub change: Option<AwayPlan>,
    /// It is in force now: by the server, not by what is on its way there.
    pub now: bool,
    /// Nobody stands in, and why; said at the first absence of whoever is away.
    pub gap: Option<AwayGap>,
    /// The member may change and end it.
    pub may_change: bool,
    /// How far the member's change of it has got.
    pub saving: AwaySaving,
}

/// An absence is planned, or planned anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwaySaveRequest {
    /// `AwayRow.id`; none for a new one.
    pub id: Option<String>,
    /// `AwayRow.base`.
    pub base: Option<String>,
    /// Who is away; that of one that exists stays.
    pub absent: String,
    /// Who stands in.
    pub stand_in: String,
    /// UTC ms; none: from now on.
    #[ts(type = "number | null")]
    pub from: Option<i64>,
    /// UTC ms; none: until somebody ends it.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// For which pools; none: for everything. Those that are not known here stay as they are.
    pub pools: Vec<QueueId>,
    /// Saved though there are warnings, which the member has seen.
    pub despite: bool,
}

/// What is wrong with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum AwayWarning {
    /// It ends before it begins.
    Backwards,
    /// It is over already.
    Past,
    /// Nobody stands in for themselves.
    Oneself,
    /// Whoever is named may not start what the absent member may.
    NoRight,
    /// Those who stand in would stand in for each other in a circle.
    Loop,
    /// Another one is for the same work at the same time.
    Overlap,
}

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum AwaySaved {
    /// On its way.
    Queued,
    /// Not saved: the member is told, and may save it despite that.
    Warned {
        /// What of.
        warnings: Vec<AwayWarning>,
    },
    /// Not saved, and cannot be.
    Wrong {
        /// What is wrong.
        warnings: Vec<AwayWarning>,
    },
}

/// An absence ends now; one that has not begun never was. Or a change of it that was not saved is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwayEndRequest {
    /// `AwayRow.id`.
    pub id: String,
    /// Only the member's change is given up: what the server has stays.
    pub give_up: bool,
}

/// What became of the member's work while they were away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwayDigest {
    /// When they went, UTC ms; none where nobody remembers.
    #[ts(type = "number | null")]
    pub from: Option<i64>,
    /// When they were back, UTC ms.
    #[ts(type = "number")]
    pub until: i64,
    /// Dealt with by others.
    pub closed: DigestPart,
    /// Answered; the patient's turn.
    pub waiting: DigestPart,
    /// Open, and the member's.
    pub needs_you: DigestPart,
}

/// A part of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DigestPart {
    /// How many there are.
    pub total: u32,
    /// The first of them, 200 at most.
    pub rows: Vec<DigestRow>,
}

/// A thread of a digest. Has no body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DigestRow {
    /// The thread.
    pub thread: String,
    /// The patient; blank where the thread names nobody.
    pub patient_name: String,
    /// The subject line.
    pub subject_line: String,
    /// Who dealt with it, where the server says.
    pub by: Option<String>,
    /// Where it is to be found, where it is open.
    pub queue: Option<QueueId>,
}

/// The member has seen a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DigestDismissRequest {
    /// `AwayDigest.until`.
    #[ts(type = "number")]
    pub until: i64,
}
