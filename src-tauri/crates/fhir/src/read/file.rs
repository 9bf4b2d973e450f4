//! A file that a message carries: where its bytes are, and what comes back.
//!
//! Bytes stand inside the message, inside a `DocumentReference` that it names, or in a `Binary` that either names.
//! **Nothing else is ever asked for**: a message is a stranger's, and a link in it to any other resource would be
//! fetched with the clinician's token. A link leads somewhere only on our own server and base ([`links::ours`]).
//!
//! A `DocumentReference` says whose it is; whether that agrees with the message is decided by
//! [`tern_inbox::document::of_whom`], so it comes back beside the bytes. One whose subject cannot be read is nobody's
//! and is refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::{
    document::MOST_BYTES,
    ids::{AttachmentId, PatientId},
    private::PrivateText,
};

use super::wire::{self, Attachment, Identifier, Many, Meta, Reference, Text, each, words};
use crate::{
    exchange::{Request, Response},
    links::{self, Base},
    search,
};

/// Where bytes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the message itself.
    Inside {
        /// The server's id of the message.
        message: String,
        /// Which payload.
        place: usize,
    },
    /// In, or behind, a DocumentReference.
    Document(String),
    /// The bytes alone.
    Binary(String),
}

impl Source {
    /// Where the bytes of an attachment stand, by its id; none for what is on another server, or no file.
    pub fn of(attachment: &AttachmentId, message: &str) -> Option<Self> {
        let id = attachment.as_str();
        if let Some(place) = id.strip_prefix('#') {
            return links::is_id(message)
                .then_some(())
                .and_then(|()| place.parse().ok())
                .map(|place| Self::Inside { message: message.to_owned(), place });
        }
        match links::type_and_id(id)? {
            ("DocumentReference", id) => Some(Self::Document(id.to_owned())),
            ("Binary", id) => Some(Self::Binary(id.to_owned())),
            _ => None,
        }
    }

    /// Asks for it.
    pub fn request(&self) -> Request {
        match self {
            Self::Inside { message, .. } => search::read("Communication", message),
            Self::Document(id) => search::read("DocumentReference", id),
            Self::Binary(id) => search::read("Binary", id),
        }
    }

    /// As a document's `attachment.url` names it: only a Binary can be named.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Binary(id) => Some(format!("Binary/{id}")),
            Self::Inside { .. } | Self::Document(_) => None,
        }
    }

    /// Where a link inside a resource leads.
    fn behind(url: &str, base: &Base) -> Option<Self> {
        match links::ours(url, base)? {
            (kind, id) if kind == "Binary" => Some(Self::Binary(id)),
            _ => None,
        }
    }
}

/// What an answer brought. `Debug` is left out: bytes and titles are a patient's.
pub struct Brought {
    /// Whose it says it is; bytes alone say nothing.
    pub patient: Option<PatientId>,
    /// What it is called there.
    pub title: Option<PrivateText>,
    /// The bytes, or where they are.
    pub content: Content,
}

/// The bytes, or where they are.
pub enum Content {
    /// Here.
    Bytes(Vec<u8>),
    /// One link further.
    At(Source),
}

/// Why an answer holds no file. Holds no word of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFile {
    /// Not what was asked for, or cut off.
    #[error("the answer is not the resource that was asked for")]
    NotReadable,
    /// No bytes and no link.
    #[error("there are no bytes")]
    NoBytes,
    /// Bytes that are no base64.
    #[error("the bytes are not base64")]
    NotBase64,
    /// On another server, or behind a link that nobody follows.
    #[error("the file stands on another server")]
    Elsewhere,
    /// More than is taken.
    #[error("the file is too large")]
    TooLarge,
    /// Marked as entered in error.
    #[error("the file was taken back")]
    Retracted,
    /// More than one file in one document: the first alone would be half of it.
    #[error("there are several files in one document")]
    Several,
    /// It says whose it is, in words that nobody can read.
    #[error("it cannot be told whose file it is")]
    WhoseUnknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Document<'a> {
    resource_type: Option<Text<'a>>,
    status: Option<Text<'a>>,
    subject: Option<Reference<'a>>,
    content: Many<DocumentContent<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct DocumentContent<'a> {
    attachment: Option<Attachment<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Message<'a> {
    resource_type: Option<Text<'a>>,
    status: Option<Text<'a>>,
    payload: Many<Payload<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Payload<'a> {
    content_attachment: Option<Attachment<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Binary<'a> {
    resource_type: Option<Text<'a>>,
    security_context: Option<Reference<'a>>,
    data: Option<Text<'a>>,
}

/// Reads what came for a source.
///
/// # Errors
/// [`NoFile`].
pub fn brought(source: &Source, response: &Response, base: &Base) -> Result<Brought, NoFile> {
    let body = response.body.as_slice();
    match source {
        Source::Inside { place, .. } => {
            let message: Message<'_> = serde_json::from_slice(body).map_err(|_| NoFile::NotReadable)?;
            is_a(&message.resource_type, "Communication")?;
            if words(&message.status) == Some("entered-in-error") {
                return Err(NoFile::Retracted);
            }
            let payload = each(&message.payload).nth(*place).and_then(|payload| payload.content_attachment.as_ref());
            of_attachment(payload.ok_or(NoFile::NoBytes)?, None, base)
        }
        Source::Document(_) => {
            let document: Document<'_> = serde_json::from_slice(body).map_err(|_| NoFile::NotReadable)?;
            is_a(&document.resource_type, "DocumentReference")?;
            if words(&document.status) == Some("entered-in-error") {
                return Err(NoFile::Retracted);
            }
            let patient = match &document.subject {
                None => None,
                Some(subject) => Some(subject.id_of("Patient", base).map(PatientId::new).ok_or(NoFile::WhoseUnknown)?),
            };
            let mut attachments = each(&document.content).filter_map(|content| content.attachment.as_ref());
            let attachment = attachments.next().ok_or(NoFile::NoBytes)?;
            if attachments.next().is_some() {
                return Err(NoFile::Several);
            }
            of_attachment(attachment, patient, base)
        }
        Source::Binary(_) => {
            let mut patient = None;
            let of_json = response.content_type.as_deref().is_some_and(|kind| kind.contains("json"));
            let bytes = match serde_json::from_slice::<Binary<'_>>(body) {
                Ok(binary) if words(&binary.resource_type) == Some("Binary") => {
                    // Whoever may read it may read this: a patient there is whose it is.
                    let whose = binary.security_context.as_ref().and_then(|whose| whose.id_of("Patient", base));
                    patient = whose.map(PatientId::new);
                    decoded(words(&binary.data).ok_or(NoFile::NoBytes)?)?
                }
                _ if of_json => return Err(NoFile::NotReadable),
                _ if body.len() > MOST_BYTES => return Err(NoFile::TooLarge),
                _ => body.to_vec(),
            };
            Ok(Brought { patient, title: None, content: Content::Bytes(bytes) })
        }
    }
}

fn is_a(resource_type: &Option<Text<'_>>, kind: &str) -> Result<(), NoFile> {
    if words(resource_type) == Some(kind) { Ok(()) } else { Err(NoFile::NotReadable) }
}

fn of_attachment(attachment: &Attachment<'_>, patient: Option<PatientId>, base: &Base) -> Result<Brought, NoFile> {
    let content = match (words(&attachment.data), words(&attachment.url)) {
        (Some(data), _) => Content::Bytes(decoded(data)?),
        (None, Some(url)) => Content::At(Source::behind(url, base).ok_or(NoFile::Elsewhere)?),
        (None, None) => return Err(NoFile::NoBytes),
    };
    Ok(Brought { patient, title: words(&attachment.title).map(PrivateText::from), content })
}

/// What base64 says, line ends and all (R4 allows them). Refused by its length before a byte of it is made.
fn decoded(data: &str) -> Result<Vec<u8>, NoFile> {
    if data.len() / 4 * 3 > MOST_BYTES + MOST_BYTES / 16 {
        return Err(NoFile::TooLarge);
    }
    let bytes = match STANDARD.decode(data) {
        Ok(bytes) => bytes,
        Err(_) => {
            let packed: String = data.split_ascii_whitespace().collect();
            STANDARD.decode(packed).map_err(|_| NoFile::NotBase64)?
        }
    };
    if bytes.len() > MOST_BYTES { Err(NoFile::TooLarge) } else { Ok(bytes) }
}

/// What a search for something of ours brought: the server's ids of what it was asked for, the earliest first, and
/// whether that is all that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Logical ids.
    pub ids: Vec<String>,
    /// No page follows.
    pub all: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Page<'a> {
    resource_type: Option<Text<'a>>,
    entry: Many<Entry<'a>>,
    link: Many<Link<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Entry<'a> {
    resource: Option<Row<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Link<'a> {
    relation: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Row<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    status: Option<Text<'a>>,
    identifier: Many<Identifier<'a>>,
    target: Many<Reference<'a>>,
}

/// Documents that carry an identifier of ours. A server that ignores the parameter answers with everything: only what
/// carries it counts, and nothing that was marked as entered in error.
///
/// # Errors
/// [`NoFile::NotReadable`].
pub fn documents_with(response: &Response, identity: &str) -> Result<Found, NoFile> {
    found(response, "DocumentReference", |row| {
        words(&row.status) != Some("entered-in-error") && wire::identity(&row.identifier).as_deref() == Some(identity)
    })
}

/// Whether a document that was read counts: one that was marked as entered in error is in no chart.
///
/// # Errors
/// [`NoFile::NotReadable`].
pub fn counts(response: &Response) -> Result<bool, NoFile> {
    let row: Row<'_> = serde_json::from_slice(&response.body).map_err(|_| NoFile::NotReadable)?;
    is_a(&row.resource_type, "DocumentReference")?;
    Ok(words(&row.status) != Some("entered-in-error"))
}

/// Records about a document.
///
/// # Errors
/// [`NoFile::NotReadable`].
pub fn provenances_of(response: &Response, document: &str, base: &Base) -> Result<Found, NoFile> {
    let is_it = |target: &Reference<'_>| target.id_of("DocumentReference", base).as_deref() == Some(document);
    found(response, "Provenance", |row| each(&row.target).any(is_it))
}

fn found(response: &Response, kind: &str, wanted: impl Fn(&Row<'_>) -> bool) -> Result<Found, NoFile> {
    let page: Page<'_> = serde_json::from_slice(&response.body).map_err(|_| NoFile::NotReadable)?;
    is_a(&page.resource_type, "Bundle")?;
    let rows = each(&page.entry).filter_map(|entry| entry.resource.as_ref());
    let wanted = rows.filter(|row| words(&row.resource_type) == Some(kind) && wanted(row));
    let dated = |row: &Row<'_>| row.meta.as_ref().and_then(Meta::last_updated);
    let mut ids: Vec<(Option<DateTime<Utc>>, String)> =
        wanted.filter_map(|row| Some((dated(row), words(&row.id)?.to_owned()))).collect();
    ids.sort();
    let all = !each(&page.link).any(|link| words(&link.relation) == Some("next"));
    Ok(Found { ids: ids.into_iter().map(|(_, id)| id).collect(), all })
}
