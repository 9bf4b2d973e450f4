//! A file of a patient's message in the chart: its bytes where they need a place, the `DocumentReference`, and the
//! `Provenance` that says who filed it. In this order, each repeatable: whatever is there already is left.
//!
//! The document says whose it is by the message's patient, who made it by the message's sender, and when that was by
//! what the person who filed it read on it. `date` is the reference's own (R4), so that one is the filing's.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tern_inbox::{
    document::{self, DocumentType, ToFile},
    party::PartyRef,
};

use super::{Element, NotWritable, carries, create::New, identifier, party, reference};
use crate::{
    search::instant,
    vocabulary::{DOCUMENT_TYPE_SYSTEM, SHA_256, hl7},
};

/// What a file's bytes add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Bytes.
    pub size: usize,
    /// `Attachment.hash` (R4: SHA-1, base64).
    pub sha_1: String,
    /// What equality means, base64.
    pub sha_256: String,
}

impl Sums {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            size: bytes.len(),
            sha_1: STANDARD.encode(Sha1::digest(bytes)),
            sha_256: STANDARD.encode(Sha256::digest(bytes)),
        }
    }
}

/// A file on its way into the chart.
pub struct Filed<'a> {
    /// What the person who files says.
    pub to_file: &'a ToFile,
    /// Reference to the thread: a server's id, never a local key.
    pub thread: &'a str,
    /// Reference to the message.
    pub message: &'a str,
    /// What it is, looked at and not believed.
    pub content_type: &'a str,
    /// Its sums.
    pub sums: &'a Sums,
    /// When.
    pub at: DateTime<Utc>,
}

/// The bytes, as JSON: raw ones are not taken everywhere (`3-fhir`, 14). `id` is
/// [`tern_inbox::document::binary_identity`]; the Binary is as readable as the thread.
pub fn binary(id: &str, content_type: &str, thread: &str, bytes: &[u8]) -> New {
    let json = Element::resource("Binary")
        .put("contentType", content_type)
        .put("securityContext", reference(Some(thread)))
        .put("data", STANDARD.encode(bytes))
        .done();
    New { resource_type: "Binary", id: id.to_owned(), identity: None, json }
}

/// The document. `url` is the reference that the server gave the bytes.
///
/// # Errors
/// [`NotWritable`] where FHIR can't carry the title, or a party was only a name.
pub fn document(filed: &Filed<'_>, url: &str) -> Result<New, NotWritable> {
    let says = &filed.to_file.says;
    carries(says.title.reveal())?;
    let identity = format!("urn:uuid:{}", filed.to_file.document);
    let patient = format!("Patient/{}", filed.to_file.patient);
    let json = Element::resource("DocumentReference")
        .put("identifier", identifier(&identity))
        .put("status", "current")
        .put("type", kind(says.kind))
        .put("subject", reference(Some(&patient)))
        .put("date", instant(filed.at))
        .put("author", json!([party(&filed.to_file.sender)?]))
        .put("content", json!([{ "attachment": attachment(filed, url) }]))
        .put("context", json!({ "related": [reference(Some(filed.thread))] }))
        .done();
    Ok(New { resource_type: "DocumentReference", id: filed.to_file.document.clone(), identity: Some(identity), json })
}

/// Who filed it, and when. `document` is the server's id of it, `message` the reference to the message. Has no identifier
/// in R4: found again by its id, or by what it is about.
///
/// # Errors
/// [`NotWritable::NoReference`] for a member that was only a name.
pub fn provenance(
    what: &ToFile,
    document: &str,
    message: &str,
    (by, at): (&PartyRef, DateTime<Utc>),
) -> Result<New, NotWritable> {
    let agent = |kind: &str, who: Value| json!({ "type": { "coding": [{ "system": hl7::PROVENANCE_AGENT, "code": kind }] }, "who": who });
    let json = Element::resource("Provenance")
        .put("target", json!([reference(Some(&format!("DocumentReference/{document}")))]))
        .put("recorded", instant(at))
        .put("activity", json!({ "coding": [{ "system": hl7::DATA_OPERATION, "code": "CREATE" }] }))
        .put("agent", json!([agent("enterer", party(by)?), agent("author", party(&what.sender)?)]))
        .put("entity", json!([{ "role": "source", "what": reference(Some(message)) }]))
        .done();
    let id = document::provenance_identity(&what.document);
    Ok(New { resource_type: "Provenance", id, identity: None, json })
}

/// Our code first, and LOINC's beside it where there is one.
fn kind(kind: DocumentType) -> Value {
    let loinc = match kind {
        DocumentType::Photo => Some("72170-4"),
        DocumentType::LabReport => Some("11502-2"),
        DocumentType::ImagingReport => Some("18748-4"),
        DocumentType::Referral => Some("57133-1"),
        DocumentType::Form => Some("51851-4"),
        DocumentType::Insurance => Some("64290-0"),
        DocumentType::Letter | DocumentType::Other => None,
    };
    let ours = json!({ "system": DOCUMENT_TYPE_SYSTEM, "code": kind.code() });
    let theirs = loinc.map(|code| json!({ "system": hl7::LOINC, "code": code }));
    json!({ "coding": std::iter::once(ours).chain(theirs).collect::<Vec<_>>() })
}

/// `Attachment.hash` is SHA-1 by R4; SHA-256 stands beside it, and is what equality means.
fn attachment(filed: &Filed<'_>, url: &str) -> Value {
    Element::new()
        .put("extension", json!([{ "url": SHA_256, "valueBase64Binary": filed.sums.sha_256 }]))
        .put("contentType", filed.content_type)
        .put("url", url)
        .put("size", filed.sums.size)
        .put("hash", filed.sums.sha_1.as_str())
        .put("title", filed.to_file.says.title.reveal())
        .put("creation", filed.to_file.says.date.to_string())
        .done()
}
