//! A person who signs in. What the role lets them do stands in [`crate::rights`].

use serde::{Deserialize, Serialize};

use crate::{ids::PoolId, party::PartyRef, private::PrivateText};

/// The role of a member (`PractitionerRole.code`, mapped by the practice's table).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Answers everything.
    Physician,
    /// Answers clinical and administrative messages.
    Nurse,
    /// Medical assistant: answers by template, routes the rest.
    Ma,
    /// Writes letters, answers administrative messages.
    FrontOffice,
    /// Sorts, and keeps the practice's tables.
    TriageLead,
    /// Installs and checks; reads no messages and caches none.
    It,
    /// A code that nobody mapped: reads its own pools and no more.
    #[default]
    Unknown,
}

/// Somebody of the practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The reference we act as: the `PractitionerRole` where there is one, else the `Practitioner`.
    pub reference: PartyRef,
    /// The `Practitioner` behind it, matched as well when reading.
    pub practitioner: Option<PartyRef>,
    /// Name as shown ("Dr Amara Osei"). A member's name is not patient text, but stays out of logs too.
    pub name: PrivateText,
    /// What they are.
    pub role: Role,
}

/// A shared queue: a `CareTeam` of our category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Local key.
    pub id: PoolId,
    /// `system|value` of the identifier that `Task.performerType` names.
    pub identifier: String,
    /// "Nurse triage".
    pub name: String,
    /// Members by reference (`PractitionerRole` or `Practitioner`).
    pub members: Vec<PartyRef>,
    /// The one who answers for it.
    pub responsible: Option<PartyRef>,
    /// Hours after which an unchecked pool tells its members.
    pub check_every_hours: Option<u32>,
}

impl Pool {
    /// Nobody is in it and nobody answers for it: what is sent there would be seen by nobody.
    pub fn is_deserted(&self) -> bool {
        self.members.is_empty() && self.responsible.is_none()
    }
}
