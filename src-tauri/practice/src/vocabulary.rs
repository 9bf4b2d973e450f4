//! Our own codes, systems and extensions, as they stand on the wire: the one file for them.
//!
//! The practice writes them and `tern-fhir` reads them. The two workspaces share no crate that
//! could hold these constants (each has a lockfile of its own), so they are written twice and the
//! tests of both pin them.

use uuid::Uuid;

/// Where every system and extension of ours begins.
pub const BASE: &str = "https://tern.health/fhir";

/// `Identifier.system` of an identifier whose value is a `urn:uuid:…` (R4, *identifier-registry*).
pub const URI_SYSTEM: &str = "urn:ietf:rfc:3986";

/// `PractitionerRole.code`: one of [`role`].
pub const ROLE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/role";
/// Second coding of `Library.type`: which of the practice's tables it is.
pub const TABLE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/practice-table";
/// `Communication.category` and the second coding of a work item's `Task.code`: one of [`category`].
pub const CATEGORY_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/category";
/// `CareTeam.category` of a pool: [`POOL_CATEGORY`].
pub const CARE_TEAM_CATEGORY_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/care-team-category";
/// The code that makes a CareTeam a pool.
pub const POOL_CATEGORY: &str = "pool";
/// `CareTeam.identifier.system` of a pool, and `Task.performerType.coding.system` that names it.
pub const POOL_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/pool";
/// `CareTeam.participant.role`: [`RESPONSIBLE`] or [`POOL_MEMBER`].
pub const PARTICIPANT_ROLE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/participant-role";
/// Who answers for a pool.
pub const RESPONSIBLE: &str = "responsible";
/// Who works in a pool.
pub const POOL_MEMBER: &str = "member";
/// First coding of `Task.code`: [`WORK_ITEM`].
pub const TASK_CODE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/task-code";
/// The Task is a work item.
pub const WORK_ITEM: &str = "work-item";
/// `Task.input.type` and `Task.output.type`: [`INPUT_MESSAGE`], [`OUTPUT_REPLY`].
pub const TASK_PART_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/task-part";
/// The patient's message that a work item is about.
pub const INPUT_MESSAGE: &str = "message";
/// The reply that ended a work item.
pub const OUTPUT_REPLY: &str = "reply";
/// `Patient.identifier.system`: the practice's record number.
pub const RECORD_NUMBER_SYSTEM: &str = "https://tern.health/fhir/identifier/record-number";
/// Extension on a pool: hours (`valueUnsignedInt`) within which somebody looks at it.
pub const CHECK_EVERY_HOURS: &str = "https://tern.health/fhir/StructureDefinition/check-every-hours";

/// Codes of [`ROLE_SYSTEM`].
pub mod role {
    /// A physician.
    pub const PHYSICIAN: &str = "physician";
    /// A nurse.
    pub const NURSE: &str = "nurse";
    /// A medical assistant.
    pub const MA: &str = "ma";
    /// The front office.
    pub const FRONT_OFFICE: &str = "front-office";
    /// The triage lead.
    pub const TRIAGE_LEAD: &str = "triage-lead";
    /// Who installs and looks after the machines.
    pub const IT: &str = "it";
}

/// Codes of [`CATEGORY_SYSTEM`].
pub mod category {
    /// A prescription is running out.
    pub const REFILLS: &str = "refills";
    /// A result, or the wish for one.
    pub const RESULTS: &str = "results";
    /// A clinical question.
    pub const QUESTION: &str = "question";
    /// A visit to make, move or cancel.
    pub const APPOINTMENT: &str = "appointment";
    /// A referral to somebody else.
    pub const REFERRAL: &str = "referral";
    /// A form, letter or note to fill in.
    pub const FORM: &str = "form";
    /// Money.
    pub const BILLING: &str = "billing";
    /// Anything else.
    pub const OTHER: &str = "other";
    /// All of them, in the order of the screen.
    pub const ALL: [&str; 8] = [REFILLS, RESULTS, QUESTION, APPOINTMENT, REFERRAL, FORM, BILLING, OTHER];
}

/// Codes of [`POOL_SYSTEM`].
pub mod pool {
    /// *Nurse triage*.
    pub const NURSE_TRIAGE: &str = "nurse-triage";
    /// *Refills*.
    pub const REFILLS: &str = "refills";
    /// *Front desk*.
    pub const FRONT_DESK: &str = "front-desk";
    /// *Documents*.
    pub const DOCUMENTS: &str = "documents";
    /// *Dr Osei*.
    pub const DR_OSEI: &str = "dr-osei";
}

/// Systems and codes of HL7 that we name.
pub mod hl7 {
    /// `Library.type`.
    pub const LIBRARY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/library-type";
    /// A Library whose content is a document.
    pub const ASSET_COLLECTION: &str = "asset-collection";
}

/// The identity of a work item: two machines that make one of the same message and category come
/// to the same (`3-fhir.md`, *work item*).
///
/// `practice` and `message` are identifier values (`urn:uuid:…`); the name hashed under the URL
/// namespace (RFC 9562, version 5) is `practice|work-item|message|category`.
#[must_use]
pub fn work_item_identity(practice: &str, message: &str, category: &str) -> Uuid {
    let name = format!("{practice}|work-item|{message}|{category}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_item_has_one_identity_per_practice_message_and_category() {
        let message = "urn:uuid:5a6b7c8d-0000-4000-8000-000000000001";
        let item = work_item_identity("urn:uuid:a", message, category::REFILLS);
        assert_eq!(item, work_item_identity("urn:uuid:a", message, category::REFILLS));
        assert_ne!(item, work_item_identity("urn:uuid:a", message, category::RESULTS));
        assert_ne!(item, work_item_identity("urn:uuid:b", message, category::REFILLS));
        assert_eq!(item.get_version_num(), 5);
    }
}
