//! Emergencies outside the app: what is being told, who is on duty, where it is posted to.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AwaySaving, AwayWarning, MemberChoice, TableState};

/// Emergencies that nobody has dealt with, and who is called for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EmergencyBoard {
    /// Of those that the member sees, the oldest first.
    pub rows: Vec<EmergencyRow>,
    /// The practice has named where they are posted to. Else they are seen only while Tern is open.
    pub is_posted: bool,
    /// Somebody has to be called, and this machine could not post it.
    pub is_unheard: bool,
    /// Who is called now, in this order; blank names are left out. Nobody: everybody is.
    pub on_duty: Vec<String>,
}

/// An emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EmergencyRow {
    /// Its work item.
    pub item: String,
    /// Its thread, whose envelope says the rest.
    pub thread: Option<String>,
    /// When it was sent, UTC ms.
    #[ts(type = "number")]
    pub sent: i64,
    /// How far it has been told.
    pub told: EmergencyTold,
}

/// How far an emergency has been told outside the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum EmergencyTold {
    /// Nobody was called yet.
    Nobody,
    /// Somebody was called.
    Called {
        /// Who; none: everybody.
        name: Option<String>,
        /// When, UTC ms.
        #[ts(type = "number")]
        at: i64,
        /// When the next person is, UTC ms.
        #[ts(type = "number")]
        next: i64,
    },
    /// Somebody has it.
    Held {
        /// Who.
        name: String,
        /// The member.
        mine: bool,
        /// Until when that counts, UTC ms.
        #[ts(type = "number")]
        until: i64,
    },
}

/// "I have it."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EmergencyRequest {
    /// `EmergencyRow.item`.
    pub item: String,
}

/// What came of "I have it".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum EmergencyTaken {
    /// The server has it: nobody else is called until then.
    Yours {
        /// UTC ms.
        #[ts(type = "number")]
        until: i64,
    },
    /// Somebody else said so before.
    Somebody {
        /// Who; blank where nobody knows the name.
        name: String,
    },
    /// It is dealt with.
    Over,
    /// The server has not said that it has it: whoever is on duty goes on being called.
    NotConfirmed,
}

/// Who is on duty, now and later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DutyList {
    /// The first to begin first.
    pub rows: Vec<DutyRow>,
    /// The member's own reference.
    pub me: String,
    /// The member may put themselves on duty.
    pub may_own: bool,
    /// The member may put others on duty.
    pub may_others: bool,
    /// Everybody who works here, by name.
    pub members: Vec<MemberChoice>,
    /// The practice's time zone, an IANA name, where it has said so.
    pub zone: Option<String>,
}

/// Somebody is on duty, from–to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DutyRow {
    /// Its id.
    pub id: String,
    /// Who.
    pub who: String,
    /// Their name.
    pub name: String,
    /// UTC ms; none: since anybody remembers.
    #[ts(type = "number | null")]
    pub from: Option<i64>,
    /// UTC ms; none: until somebody ends it.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
    /// It is so now: by the server, not by what is on its way there.
    pub now: bool,
    /// The member may end it.
    pub may_end: bool,
    /// How far the member's change of it has got.
    pub saving: AwaySaving,
}

/// Somebody is put on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DutySaveRequest {
    /// Who.
    pub who: String,
    /// UTC ms; none: from now on.
    #[ts(type = "number | null")]
    pub from: Option<i64>,
    /// UTC ms; none: until somebody ends it.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum DutySaved {
    /// On its way.
    Queued,
    /// Not saved.
    Wrong {
        /// [`AwayWarning::Backwards`] or [`AwayWarning::Past`].
        warning: AwayWarning,
    },
}

/// Somebody is on duty no more, from now on. Or a change that was not saved is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DutyEndRequest {
    /// `DutyRow.id`.
    pub id: String,
    /// Only the member's change is given up: what the server has stays.
    pub give_up: bool,
}

/// Where emergencies are posted to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EmergencyTable {
    /// What it says.
    pub content: EmergencyContent,
    /// How it stands.
    pub state: TableState,
}

/// What it says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EmergencyContent {
    /// An address of the practice's pager or SMS gateway: https. Blank: nowhere.
    pub webhook: String,
}

/// Another address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EmergencySaveRequest {
    /// What it says from now on.
    pub content: EmergencyContent,
    /// `TableState.base`.
    pub base: Option<String>,
}

/// What an address made of a page that calls nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum WebhookTried {
    /// It took it.
    Taken,
    /// It is no address that may be posted to.
    NoAddress,
    /// Nobody answered.
    Unanswered,
    /// It answered, and did not take it.
    Refused {
        /// HTTP status.
        status: u16,
    },
}
