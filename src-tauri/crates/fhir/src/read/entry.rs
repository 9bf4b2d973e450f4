//! One entry of a page: a resource, or its deletion.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    private::PrivateText,
};

use super::{
    Reading, care_team, communication, library, people,
    reference::Literal,
    task, time,
    wire::{Identifier, Many, Meta, Text, identity, words},
};
use crate::{links, version, vocabulary::hl7};

/// A resource that the inbox uses.
pub(super) trait Resource<'a>: Deserialize<'a> {
    /// Its type.
    const KIND: Kind;

    /// What every resource has.
    fn head(&self) -> Head<'_>;

    /// What it says. `at` is its own date, or the best there is.
    ///
    /// # Errors
    /// The problem, without a word of the content.
    fn content(&self, id: &str, at: DateTime<Utc>, reading: &Reading<'_>) -> Result<Content, String>;
}

/// What every resource has.
pub(super) struct Head<'a> {
    pub(super) resource_type: &'a Option<Text<'a>>,
    pub(super) id: &'a Option<Text<'a>>,
    pub(super) meta: &'a Option<Meta<'a>>,
    pub(super) identifier: &'a Many<Identifier<'a>>,
}

/// Implements the same head for a struct that has the four fields.
macro_rules! head {
    () => {
        fn head(&self) -> $crate::read::entry::Head<'_> {
            $crate::read::entry::Head {
                resource_type: &self.resource_type,
                id: &self.id,
                meta: &self.meta,
                identifier: &self.identifier,
            }
        }
    };
}
pub(super) use head;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct WireEntry<'a> {
    full_url: Option<Text<'a>>,
    resource: Option<&'a RawValue>,
    request: Option<WireRequest<'a>>,
    response: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct WireRequest<'a> {
    method: Option<Text<'a>>,
    url: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct WireResponse<'a> {
    etag: Option<Text<'a>>,
    last_modified: Option<Text<'a>>,
}

/// Reads one entry; none where it carries nothing that is cached.
pub(super) fn read(raw: &RawValue, reading: &Reading<'_>) -> Option<Arrival> {
    let Ok(entry) = serde_json::from_str::<WireEntry<'_>>(raw.get()) else {
        return Some(unreadable(raw, None, reading, "the entry is not one of a Bundle".to_owned()));
    };
    if entry.request.as_ref().and_then(|request| words(&request.method)) == Some("DELETE") {
        return deletion(&entry, reading);
    }
    let full_url = words(&entry.full_url).and_then(|url| Literal::of(url, reading.base));
    arrival(entry.resource?, full_url.as_ref().map(|literal| literal.id.as_str()), reading)
}

/// A `DELETE` in a history.
fn deletion(entry: &WireEntry<'_>, reading: &Reading<'_>) -> Option<Arrival> {
    let request_url = entry.request.as_ref().and_then(|request| words(&request.url));
    let named = request_url
        .and_then(|url| Literal::of(url, reading.base))
        .or_else(|| words(&entry.full_url).and_then(|url| Literal::of(url, reading.base)))?;
    let kind = Kind::from_name(&named.kind)?;
    let response = entry.response.and_then(|raw| serde_json::from_str::<WireResponse<'_>>(raw.get()).ok());
    let etag = response.as_ref().and_then(|response| words(&response.etag));
    let version = etag.map(version::of_etag).or_else(|| request_url.and_then(links::version));
    Some(Arrival {
        kind,
        server_id: named.id,
        version: version.unwrap_or("deleted").to_owned(),
        last_updated: response.as_ref().and_then(|response| words(&response.last_modified)).and_then(time::instant),
        identity: None,
        content: Content::Deleted,
    })
}

/// Reads a resource. `fallback_id` names it where it doesn't itself. None where its type isn't cached.
pub(super) fn arrival(raw: &RawValue, fallback_id: Option<&str>, reading: &Reading<'_>) -> Option<Arrival> {
    match reading.expected {
        Kind::Communication => read_as::<communication::Wire<'_>>(raw, fallback_id, reading),
        Kind::Task => read_as::<task::Wire<'_>>(raw, fallback_id, reading),
        Kind::Patient => read_as::<people::WirePatient<'_>>(raw, fallback_id, reading),
        Kind::RelatedPerson => read_as::<people::WireProxy<'_>>(raw, fallback_id, reading),
        Kind::Practitioner => read_as::<people::WirePractitioner<'_>>(raw, fallback_id, reading),
        Kind::PractitionerRole => read_as::<people::WireMember<'_>>(raw, fallback_id, reading),
        Kind::CareTeam => read_as::<care_team::Wire<'_>>(raw, fallback_id, reading),
        Kind::Library => read_as::<library::Wire<'_>>(raw, fallback_id, reading),
    }
}

/// Reads a resource as the type that was asked for; one that says it is another is read as that.
fn read_as<'a, R: Resource<'a>>(
    raw: &'a RawValue,
    fallback_id: Option<&str>,
    reading: &Reading<'_>,
) -> Option<Arrival> {
    let resource = match serde_json::from_str::<R>(raw.get()) {
        Ok(resource) if words(resource.head().resource_type) == Some(R::KIND.as_str()) => resource,
        other => {
            // Another type, none, or unreadable: only now is it worth a second look.
            return match named_type(raw) {
                Some(name) if name == R::KIND.as_str() => {
                    Some(unreadable(raw, fallback_id, reading, problem::<R>(raw, other.err())))
                }
                Some(name) => {
                    let expected = Kind::from_name(&name)?;
                    arrival(raw, fallback_id, &Reading { expected, ..*reading })
                }
                None => Some(unreadable(raw, fallback_id, reading, "no resourceType".to_owned())),
            };
        }
    };
    let head = resource.head();
    let Some(server_id) = words(head.id).or(fallback_id).filter(|id| links::is_id(id)) else {
        return Some(unreadable(raw, fallback_id, reading, "no usable id".to_owned()));
    };
    if head.meta.as_ref().is_some_and(|meta| meta.has_tag(hl7::OBSERVATION_VALUE, hl7::SUBSETTED)) {
        return Some(unreadable(raw, fallback_id, reading, "the server sent only a part".to_owned()));
    }
    let last_updated = head.meta.as_ref().and_then(Meta::last_updated);
    match resource.content(server_id, last_updated.unwrap_or(reading.received), reading) {
        Ok(content) => Some(Arrival {
            kind: R::KIND,
            server_id: server_id.to_owned(),
            version: version_of(raw, head.meta.as_ref()),
            last_updated,
            identity: identity(head.identifier),
            content,
        }),
        Err(problem) => Some(unreadable(raw, fallback_id, reading, problem)),
    }
}

fn version_of(raw: &RawValue, meta: Option<&Meta<'_>>) -> String {
    meta.and_then(Meta::version).map_or_else(|| version::digest(raw.get().as_bytes()), str::to_owned)
}

/// The type that a resource says it is.
fn named_type(raw: &RawValue) -> Option<String> {
    let loose: Loose<'_> = serde_json::from_str(raw.get()).ok()?;
    serde_json::from_str::<String>(loose.resource_type?.get()).ok()
}

/// The head of a resource whose other fields may be anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Loose<'a> {
    #[serde(borrow)]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    meta: Option<&'a RawValue>,
    #[serde(borrow)]
    identifier: Option<&'a RawValue>,
}

/// A resource that can't be read, with as much of its head as can. Without an id it gets one from its bytes,
/// which the same bytes come to again.
fn unreadable(raw: &RawValue, fallback_id: Option<&str>, reading: &Reading<'_>, problem: String) -> Arrival {
    let loose: Option<Loose<'_>> = serde_json::from_str(raw.get()).ok();
    let loose = loose.as_ref();
    let id = loose.and_then(|loose| part::<Text<'_>>(loose.id));
    let meta = loose.and_then(|loose| part::<Meta<'_>>(loose.meta));
    let identifiers = loose.and_then(|loose| part::<Vec<Identifier<'_>>>(loose.identifier));
    let server_id = id.as_ref().map(Text::as_str).or(fallback_id).filter(|id| links::is_id(id));
    Arrival {
        kind: reading.expected,
        server_id: server_id.map_or_else(|| version::digest(raw.get().as_bytes()), str::to_owned),
        version: version_of(raw, meta.as_ref()),
        last_updated: meta.as_ref().and_then(Meta::last_updated),
        identity: identity(&identifiers),
        content: Content::Unreadable { raw: PrivateText::from(raw.get()), problem },
    }
}

fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// Names the field that a resource failed at. serde's own message quotes the value, so it is not used.
fn problem<'a, R: Deserialize<'a>>(raw: &'a RawValue, error: Option<serde_json::Error>) -> String {
    let deserializer = &mut serde_json::Deserializer::from_str(raw.get());
    let path = match serde_path_to_error::deserialize::<_, R>(deserializer) {
        Ok(_) => String::new(),
        Err(error) => error.path().to_string(),
    };
    match error.map(|error| error.classify()) {
        Some(serde_json::error::Category::Data) => format!("wrong type at {path}"),
        _ => format!("not JSON at {path}"),
    }
}
