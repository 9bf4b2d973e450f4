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

/// How far a change of an absence has got.
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
    /// The server did not take it: not saved.
    Refused,
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
    /// For which pools; none: for everything.
    pub pools: Vec<QueueId>,
    /// It is in force now.
    pub now: bool,
    /// Nobody stands in, and why.
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
    /// For which pools; none: for everything.
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

/// An absence ends now; one that has not begun never was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AwayEndRequest {
    /// `AwayRow.id`.
    pub id: String,
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
    pub closed: Vec<DigestRow>,
    /// Answered; the patient's turn.
    pub waiting: Vec<DigestRow>,
    /// Open, and the member's.
    pub needs_you: Vec<DigestRow>,
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
