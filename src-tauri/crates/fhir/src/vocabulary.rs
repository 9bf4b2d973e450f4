//! Our own codes, systems and extensions, as they stand on the wire: the one file for them.
//!
//! The sample practice (`src-tauri/practice`, a workspace of its own) writes the same strings from a file of
//! the same name; a test below reads that file and fails where a string of one is missing in the other.

/// Where every system and extension of ours begins.
pub const BASE: &str = "https://tern.health/fhir";

/// `Identifier.system` of an identifier whose value is a `urn:uuid:…` (R4, *identifier-registry*).
pub const URI_SYSTEM: &str = "urn:ietf:rfc:3986";

/// `PractitionerRole.code`: one of [`role`].
pub const ROLE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/role";
/// Second coding of `Library.type`: which of the practice's tables it is.
pub const TABLE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/practice-table";
/// `Communication.category` and the second coding of a work item's `Task.code`.
pub const CATEGORY_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/category";
/// The category of a thread that the practice alone reads.
pub const INTERNAL: &str = "internal";
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
/// First coding of `Task.code`: [`WORK_ITEM`], [`COVERAGE`], [`ON_DUTY`] or [`EMERGENCY`].
pub const TASK_CODE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/task-code";
/// The Task is a work item.
pub const WORK_ITEM: &str = "work-item";
/// The Task says who stands in for whom.
pub const COVERAGE: &str = "coverage";
/// The Task says who is on duty.
pub const ON_DUTY: &str = "on-duty";
/// The Task says how far an emergency has been told outside the app.
pub const EMERGENCY: &str = "emergency";
/// `Task.input.type` and `Task.output.type`: [`INPUT_MESSAGE`], [`OUTPUT_REPLY`].
pub const TASK_PART_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/task-part";
/// The patient's message that a work item is about.
pub const INPUT_MESSAGE: &str = "message";
/// The reply that ended a work item.
pub const OUTPUT_REPLY: &str = "reply";
/// `Task.businessStatus`: whose turn it is (`waiting-for-patient`, `call`, `visit`).
pub const BUSINESS_STATUS_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/business-status";
/// `meta.tag`: [`AUTOMATIC`], [`CHECK`] or [`DRAFT`].
pub const TAG_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/tag";
/// A machine wrote it.
pub const AUTOMATIC: &str = "automatic";
/// A reply that was begun and handed over, in an internal thread.
pub const DRAFT: &str = "draft";
/// A check of the server made it, and tidies it away.
pub const CHECK: &str = "check";
/// `AuditEvent.subtype`: what a member did.
pub const AUDIT_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/audit";
/// `Patient.identifier.system`: the practice's record number.
pub const RECORD_NUMBER_SYSTEM: &str = "https://tern.health/fhir/identifier/record-number";
/// Extension on a pool: hours (`valueUnsignedInt`) within which somebody looks at it.
pub const CHECK_EVERY_HOURS: &str = "https://tern.health/fhir/StructureDefinition/check-every-hours";
/// Extension on a work item about its red flags: [`red_flags`] are its parts.
pub const RED_FLAGS: &str = "https://tern.health/fhir/StructureDefinition/red-flags";
/// Extension on the Task of an emergency: who was called and who has it; [`alarm`] are its parts.
pub const ALARM: &str = "https://tern.health/fhir/StructureDefinition/alarm";
/// Extension on an Attachment: SHA-256 of its bytes (`valueBase64Binary`), which is what equality means.
pub const SHA_256: &str = "https://tern.health/fhir/StructureDefinition/sha-256";

/// `DocumentReference.type`: what kind of paper (`photo`, `lab-report`…).
pub const DOCUMENT_TYPE_SYSTEM: &str = "https://tern.health/fhir/CodeSystem/document-type";

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

/// Parts of [`RED_FLAGS`].
pub mod red_flags {
    /// SHA-256 of the text that was lowered (`valueString`, hex).
    pub const TEXT: &str = "text";
    /// Who lowered it (`valueReference`).
    pub const LOWERED_BY: &str = "lowered-by";
    /// When (`valueInstant`).
    pub const LOWERED_AT: &str = "lowered-at";
}

/// Parts of [`ALARM`].
pub mod alarm {
    /// Who was called, in this order: one part each (`valueReference`).
    pub const CALLED: &str = "called";
    /// When somebody was called last (`valueInstant`).
    pub const CALLED_AT: &str = "called-at";
    /// How often somebody was called (`valueUnsignedInt`).
    pub const PAGES: &str = "pages";
    /// Which machine is posting (`valueString`).
    pub const LEASED_BY: &str = "leased-by";
    /// Until when it has the alarm to itself (`valueInstant`).
    pub const LEASED_UNTIL: &str = "leased-until";
    /// Who said "I have it" (`valueReference`).
    pub const HELD_BY: &str = "held-by";
    /// Until when that counts (`valueInstant`).
    pub const HELD_UNTIL: &str = "held-until";
}

/// Codes of [`BUSINESS_STATUS_SYSTEM`].
pub mod business_status {
    /// Answered; the patient's turn.
    pub const WAITING_FOR_PATIENT: &str = "waiting-for-patient";
    /// Somebody will call.
    pub const CALL: &str = "call";
    /// A visit is wanted.
    pub const VISIT: &str = "visit";
}

/// Systems and codes of HL7 that we name.
pub mod hl7 {
    /// Identifier types (v2 table 0203), such as `MR`.
    pub const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
    /// `Library.type`.
    pub const LIBRARY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/library-type";
    /// A Library whose content is a document.
    pub const ASSET_COLLECTION: &str = "asset-collection";
    /// Medical record number.
    pub const MEDICAL_RECORD: &str = "MR";
    /// Where a server puts the URL of its R4 websocket.
    pub const WEBSOCKET: &str = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket";
    /// `meta.tag` systems of observations about a resource itself.
    pub const OBSERVATION_VALUE: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    /// A server sent only a part of the resource.
    pub const SUBSETTED: &str = "SUBSETTED";
    /// LOINC, where it has a code for a kind of paper.
    pub const LOINC: &str = "http://loinc.org";
    /// `Provenance.activity`: `CREATE`.
    pub const DATA_OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
    /// `Provenance.agent.type`: `author`, `enterer`.
    pub const PROVENANCE_AGENT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
    /// `AuditEvent.type` of REST and of the application itself.
    pub const AUDIT_EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
}
