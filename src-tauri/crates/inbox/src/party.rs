//! Who writes and who reads: anything a message can name as sender or recipient.

use serde::{Deserialize, Serialize};

use crate::private::PrivateText;

/// A literal reference without version or base, such as `PractitionerRole/osei`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartyRef(String);

impl PartyRef {
    /// Takes `Type/id`.
    pub fn new(reference: impl Into<String>) -> Self {
        Self(reference.into())
    }

    /// `Type/id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the reference, by its resource type.
    pub fn kind(&self) -> PartyKind {
        match self.0.split('/').next().unwrap_or_default() {
            "Patient" => PartyKind::Patient,
            "RelatedPerson" => PartyKind::Proxy,
            "Practitioner" | "PractitionerRole" => PartyKind::Member,
            "CareTeam" => PartyKind::Pool,
            "Organization" | "HealthcareService" => PartyKind::Practice,
            "Device" => PartyKind::Device,
            _ => PartyKind::Unknown,
        }
    }

    /// The part after the slash.
    pub fn id(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, id)| id)
    }
}

impl std::fmt::Display for PartyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of party a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// The patient.
    Patient,
    /// A parent or carer (`RelatedPerson`).
    Proxy,
    /// A member of the practice.
    Member,
    /// A shared queue.
    Pool,
    /// The practice itself, or a service of it.
    Practice,
    /// A machine.
    Device,
    /// A type that nobody expects here.
    Unknown,
}

impl PartyKind {
    /// Whether a person outside the practice stands behind it.
    pub fn is_patient_side(self) -> bool {
        matches!(self, Self::Patient | Self::Proxy)
    }
}

/// A party with the name that the resource carried for it, if any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Who it is.
    pub reference: PartyRef,
    /// `Reference.display`; blank where the server sent none.
    pub display: PrivateText,
}
