//! The patient and the people who may write and read for them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{ids::PatientId, party::PartyRef, private::PrivateText};

/// What the inbox shows of a `Patient`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// Local key.
    pub id: PatientId,
    /// Full name as the practice writes it.
    pub name: PrivateText,
    /// How the patient wants to be addressed (`name.use` usual, or a given name).
    pub preferred_name: PrivateText,
    /// Date of birth; a partial FHIR date counts as unknown.
    pub birth_date: Option<NaiveDate>,
    /// The practice's record number (`identifier` of type MR).
    pub record_number: Option<String>,
    /// BCP 47 language of the first preferred `communication`.
    pub language: Option<String>,
    /// Telephone numbers, the preferred one first.
    pub phones: Vec<PrivateText>,
}

/// A parent or carer: a `RelatedPerson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// `RelatedPerson/id`.
    pub reference: PartyRef,
    /// For whom.
    pub patient: PatientId,
    /// Full name.
    pub name: PrivateText,
    /// v3-RoleCode of the relationship, such as `MTH`, or the server's text.
    pub relationship: Option<String>,
    /// Telephone numbers, the preferred one first.
    pub phones: Vec<PrivateText>,
    /// `RelatedPerson.active`; a lapsed proxy stays readable in old threads.
    pub active: bool,
}
