//! Papers and photos that patients send along: looked at, filed to the chart, or not needed.
//!
//! A file of a patient's message is nobody's document until a person has said what it is and whose. The patient is
//! never asked for: it is the one whose thread the message stands in, and a file that says otherwise is refused
//! ([`of_whom`]). What the file *is* is told from its bytes ([`look`]); name and claimed type are a stranger's words.
//!
//! ```text
//!                  ┌───────── taken back ─────────┐
//!                  v                              │
//!   (arrived) ─> Unfiled ──────── filed ──────> Filed
//!                  │  ^
//!       not needed │  │ taken back
//!                  v  │
//!                NotNeeded
//! ```
//! *Filed* is taken back only while nothing of it has left (its undo seconds), when the server refused it and its author
//! gave it up, or once somebody has understood that its message was taken back, or is another patient's, since. The id of
//! the document follows from the message, the file's place in it and its bytes, and the chart ([`identity`]), so that two
//! people who file the same photo make one document.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::{AttachmentId, MessageId, PatientId, ThreadId},
    party::{PartyKind, PartyRef},
    private::PrivateText,
};

mod look;
#[cfg(test)]
mod tests;

pub use look::{Form, Looked, Media, Refusal, look};

/// The largest file that is fetched, in bytes: twenty of 25 MB are sent, one of them is looked at.
pub const MOST_BYTES: usize = 32 << 20;

/// The most pixels of a picture that is shown: 64 million are 256 MB once they are unpacked.
pub const MOST_PIXELS: u64 = 64_000_000;

/// Characters of a title at most.
pub const LONGEST_TITLE: usize = 200;

/// What has become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filing {
    /// Nobody has said what it is.
    Unfiled,
    /// In the chart, or on its way there.
    Filed,
    /// Somebody has looked and said that the chart does without.
    NotNeeded,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilingEvent {
    /// A person filed it.
    Filed,
    /// A person said that it is not needed.
    NotNeeded,
    /// What was decided is taken back.
    TakenBack,
}

/// A move that the drawing does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a file that is {from:?} cannot take {event:?}")]
pub struct NoSuchFiling {
    /// Where it stood.
    pub from: Filing,
    /// What was asked.
    pub event: FilingEvent,
}

impl Filing {
    /// The one way in which a filing moves.
    ///
    /// # Errors
    /// [`NoSuchFiling`] for every arrow that is not drawn above.
    pub fn on(self, event: FilingEvent) -> Result<Self, NoSuchFiling> {
        use FilingEvent as E;
        match (self, event) {
            (Self::Unfiled, E::Filed) => Ok(Self::Filed),
            (Self::Unfiled, E::NotNeeded) => Ok(Self::NotNeeded),
            (Self::Filed | Self::NotNeeded, E::TakenBack) => Ok(Self::Unfiled),
            (from, event) => Err(NoSuchFiling { from, event }),
        }
    }
}

/// What kind of paper it is: a short list, because whoever files forty a day picks by the first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentType {
    /// A photograph of something on the patient.
    Photo,
    /// What a laboratory wrote.
    LabReport,
    /// What was seen on a picture of the inside.
    ImagingReport,
    /// From another practice or a hospital.
    Letter,
    /// Sends the patient on.
    Referral,
    /// To be filled in, or filled in.
    Form,
    /// A card or paper of an insurer.
    Insurance,
    /// None of these.
    Other,
}

impl DocumentType {
    /// In the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Photo,
        Self::LabReport,
        Self::ImagingReport,
        Self::Letter,
        Self::Referral,
        Self::Form,
        Self::Insurance,
        Self::Other,
    ];

    /// Our code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::LabReport => "lab-report",
            Self::ImagingReport => "imaging-report",
            Self::Letter => "letter",
            Self::Referral => "referral",
            Self::Form => "form",
            Self::Insurance => "insurance",
            Self::Other => "other",
        }
    }
}

/// Which file of which message: `place` is the file's own among the message's files, from nought.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileKey {
    /// The message.
    pub message: MessageId,
    /// Its place.
    pub place: u32,
}

/// What a person says of a file, and what was seen of it when they said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// As the chart will show it.
    pub title: PrivateText,
    /// What kind of paper.
    pub kind: DocumentType,
    /// Its date: the day it was written or taken.
    pub date: NaiveDate,
}

/// All that a filing needs, wherever it is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToFile {
    /// Id of the document: [`identity`].
    pub document: String,
    /// Which file.
    pub file: FileKey,
    /// Where its bytes are.
    pub attachment: AttachmentId,
    /// The thread that it came in.
    pub thread: ThreadId,
    /// Whose chart.
    pub patient: PatientId,
    /// Who sent it: the patient or a proxy.
    pub sender: PartyRef,
    /// What the person who files says of it.
    pub says: Description,
    /// SHA-256 of the bytes that they looked at, base64: other bytes are not filed.
    pub sha_256: String,
}

/// The id of the document that a file becomes: the same on every machine. `message` is the message's identifier
/// (`urn:uuid:…`), or `Communication/id` where it has none; see [`crate::work_item::identity`] for the namespace.
///
/// The bytes and the patient are in it: a document that is found under it *is* this file in this chart. By the message
/// alone, other bytes in the same place, or a message that was moved to another patient, would be found filed.
pub fn identity(message: &str, place: u32, sha_256: &str, patient: &PatientId) -> String {
    part("document", &format!("{message}|{sha_256}|{patient}"), place)
}

/// The id of its bytes, where they have to be written as a resource of their own.
pub fn binary_identity(document: &str) -> String {
    part("document-binary", document, 0)
}

/// The id of the record of who filed it.
pub fn provenance_identity(document: &str) -> String {
    part("document-provenance", document, 0)
}

fn part(what: &str, of: &str, place: u32) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{what}|{of}|{place}").as_bytes()).to_string()
}

/// Whether files of a message stand among the documents: those that a patient, or somebody for them, sent.
pub fn is_sent_in(sender: Option<&PartyRef>) -> bool {
    sender.is_some_and(|sender| matches!(sender.kind(), PartyKind::Patient | PartyKind::Proxy))
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is another patient's, or the message is nobody's")]
pub struct AnothersFile;

/// Whose chart a file goes to: the message's patient. What a link leads to may say whose it is, and must then agree: a
/// file of another patient's behind a link is a mistake that nobody sees afterwards.
///
/// # Errors
/// [`AnothersFile`] where they differ, or the message's thread has no patient.
pub fn of_whom(message: Option<&PatientId>, document: Option<&PatientId>) -> Result<PatientId, AnothersFile> {
    match (message, document) {
        (Some(ours), Some(theirs)) if ours != theirs => Err(AnothersFile),
        (Some(ours), _) => Ok(ours.clone()),
        (None, _) => Err(AnothersFile),
    }
}

/// Whether a pool, by the `system|value` that work items name, is the one for documents: out of it the front office
/// files too ([`crate::rights::Deed::File`]).
pub fn is_documents_pool(pool: &str) -> bool {
    pool.rsplit('|').next() == Some("documents")
}
