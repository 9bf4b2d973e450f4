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
    document::{MOST_BYTES, ToFile},
    ids::{AttachmentId, PatientId},
    private::PrivateText,
};

use super::wire::{self, Attachment, Identifier, Many, Meta, Reference, Text, each, words};
use crate::{
    exchange::{Request, Response},
    links::{self, Base},
    search,
    vocabulary::SHA_256,
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
    /// Whose it says it is; bytes mostly say nothing.
    pub patient: Option<PatientId>,
    /// As whose part it is guarded, by type and id: a message, a thread or a document.
    pub part_of: Option<(&'static str, String)>,
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
    /// It, or the message that holds it, is marked as entered in error.
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
            let of_json = response.content_type.as_deref().is_some_and(|kind| kind.contains("json"));
            let (mut patient, mut part_of) = (None, None);
            let bytes = match serde_json::from_slice::<Binary<'_>>(body) {
                Ok(binary) if words(&binary.resource_type) == Some("Binary") => {
                    if let Some(context) = &binary.security_context {
                        patient = context.id_of("Patient", base).map(PatientId::new);
                        part_of = ["Communication", "DocumentReference"]
                            .into_iter()
                            .find_map(|kind| Some((kind, context.id_of(kind, base)?)));
                    }
                    decoded(words(&binary.data).ok_or(NoFile::NoBytes)?)?
                }
                _ if of_json => return Err(NoFile::NotReadable),
                _ if body.len() > MOST_BYTES => return Err(NoFile::TooLarge),
                _ => body.to_vec(),
            };
            Ok(Brought { patient, part_of, title: None, content: Content::Bytes(bytes) })
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
    Ok(Brought { patient, part_of: None, title: words(&attachment.title).map(PrivateText::from), content })
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

/// What a search for something of ours brought: what it was asked for, the earliest first, and whether that is all that
/// there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T = String> {
    /// By their logical ids.
    pub ids: Vec<T>,
    /// No page follows.
    pub all: bool,
}

/// A document of ours as it stands in a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InChart {
    /// Logical id.
    pub id: String,
    /// Entered in error: no document of anybody's.
    pub retracted: bool,
    /// In whose chart it stands.
    pub patient: Option<PatientId>,
    /// What its bytes add up to, where the server kept our extension.
    pub sha_256: Option<String>,
}

impl InChart {
    /// Whether it is what would be filed. A server that drops the sum has said what it is by its identifier, which
    /// follows from the bytes; one that says another sum, or another patient, is another document.
    pub fn is(&self, what: &ToFile) -> bool {
        !self.retracted
            && self.patient.as_ref() == Some(&what.patient)
            && self.sha_256.as_ref().is_none_or(|sum| *sum == what.sha_256)
    }

    fn of(row: &Row<'_>, base: &Base) -> Option<Self> {
        let attachment = each(&row.content).find_map(|content| content.attachment.as_ref());
        let sums = attachment.into_iter().flat_map(|attachment| each(&attachment.extension));
        let mut ours = sums.filter(|sum| words(&sum.url) == Some(SHA_256));
        Some(Self {
            id: words(&row.id)?.to_owned(),
            retracted: words(&row.status) == Some("entered-in-error"),
            patient: row.subject.as_ref().and_then(|subject| subject.id_of("Patient", base)).map(PatientId::new),
            sha_256: ours.find_map(|sum| words(&sum.value_base64_binary)).map(str::to_owned),
        })
    }
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
    subject: Option<Reference<'a>>,
    content: Many<Summed<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Summed<'a> {
    attachment: Option<Sums<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Sums<'a> {
    extension: Many<Sum<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Sum<'a> {
    url: Option<Text<'a>>,
    value_base64_binary: Option<Text<'a>>,
}

/// The document that a `read` brought.
///
/// # Errors
/// [`NoFile::NotReadable`].
pub fn document_of(response: &Response, base: &Base) -> Result<InChart, NoFile> {
    let row: Row<'_> = serde_json::from_slice(&response.body).map_err(|_| NoFile::NotReadable)?;
    is_a(&row.resource_type, "DocumentReference")?;
    InChart::of(&row, base).ok_or(NoFile::NotReadable)
}

/// Documents that carry an identifier of ours. A server that ignores the parameter answers with everything: only what
/// carries it counts. What was marked as entered in error is among them.
///
/// # Errors
/// [`NoFile::NotReadable`].
pub fn documents_with(response: &Response, identity: &str, base: &Base) -> Result<Found<InChart>, NoFile> {
    found(response, "DocumentReference", |row| {
        let ours = wire::identity(&row.identifier).as_deref() == Some(identity);
        InChart::of(row, base).filter(|_| ours)
    })
}

/// Records about a document.
///
/// # Errors
/// [`NoFile::NotReadable`].
pub fn provenances_of(response: &Response, document: &str, base: &Base) -> Result<Found, NoFile> {
    let is_it = |target: &Reference<'_>| target.id_of("DocumentReference", base).as_deref() == Some(document);
    found(response, "Provenance", |row| {
        each(&row.target).any(is_it).then_some(())?;
        words(&row.id).map(str::to_owned)
    })
}

fn found<T>(response: &Response, kind: &str, read: impl Fn(&Row<'_>) -> Option<T>) -> Result<Found<T>, NoFile> {
    let page: Page<'_> = serde_json::from_slice(&response.body).map_err(|_| NoFile::NotReadable)?;
    is_a(&page.resource_type, "Bundle")?;
    let rows = each(&page.entry).filter_map(|entry| entry.resource.as_ref());
    let dated = |row: &Row<'_>| row.meta.as_ref().and_then(Meta::last_updated);
    let of_kind = rows.filter(|row| words(&row.resource_type) == Some(kind));
    let mut wanted: Vec<(Option<DateTime<Utc>>, String, T)> =
        of_kind.filter_map(|row| Some((dated(row), words(&row.id)?.to_owned(), read(row)?))).collect();
    wanted.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    let all = !each(&page.link).any(|link| words(&link.relation) == Some("next"));
    Ok(Found { ids: wanted.into_iter().map(|(_, _, one)| one).collect(), all })
}
