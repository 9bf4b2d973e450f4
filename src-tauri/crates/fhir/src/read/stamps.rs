//! Ids and versions only: what a full comparison is made of.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    NotFhir, Reading,
    page::{bundle, repaired},
    reference::Literal,
    wire::{Meta, Text, each, words},
};
use crate::{exchange::Response, links, version};

/// One row of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The server's logical id.
    pub server_id: String,
    /// `meta.versionId`; none where the server has no versions, then only the id compares.
    pub version: Option<String>,
    /// `meta.lastUpdated`.
    pub last_updated: Option<DateTime<Utc>>,
}

/// One page of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamps {
    /// The rows of the type that was asked for.
    pub rows: Vec<Stamp>,
    /// Rows that don't say which they are: with one of these, nothing may be taken for deleted.
    pub unreadable: usize,
    /// The `next` link as received.
    pub next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct WireEntry<'a> {
    full_url: Option<Text<'a>>,
    resource: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct WireHead<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
}

/// Reads a page of a comparison. A server that ignores `_elements` is fine: only the head is looked at.
///
/// # Errors
/// [`NotFhir`] where the body is no Bundle.
pub fn stamps(response: &Response, reading: &Reading<'_>) -> Result<Stamps, NotFhir> {
    let body = repaired(&response.body);
    let bundle = bundle(response, &body)?;
    let mut stamps = Stamps { rows: Vec::new(), unreadable: 0, next: bundle.next() };
    for raw in each(&bundle.entry) {
        match stamp(raw, reading) {
            Row::Of(stamp) => stamps.rows.push(stamp),
            Row::AnotherType => {}
            Row::Unreadable => stamps.unreadable += 1,
        }
    }
    Ok(stamps)
}

enum Row {
    Of(Stamp),
    AnotherType,
    Unreadable,
}

fn stamp(raw: &RawValue, reading: &Reading<'_>) -> Row {
    let Ok(entry) = serde_json::from_str::<WireEntry<'_>>(raw.get()) else { return Row::Unreadable };
    let full_url = words(&entry.full_url).and_then(|url| Literal::of(url, reading.base));
    let head = entry.resource.and_then(|raw| serde_json::from_str::<WireHead<'_>>(raw.get()).ok());
    let kind = head.as_ref().and_then(|head| words(&head.resource_type));
    if kind.is_some_and(|kind| kind != reading.expected.as_str()) {
        return Row::AnotherType;
    }
    let named = full_url.as_ref().filter(|url| url.kind == reading.expected.as_str()).map(|url| url.id.as_str());
    let id = head.as_ref().and_then(|head| words(&head.id)).or(named).filter(|id| links::is_id(id));
    let meta = head.as_ref().and_then(|head| head.meta.as_ref());
    match id {
        Some(id) => Row::Of(Stamp {
            server_id: id.to_owned(),
            version: meta.and_then(Meta::version).filter(|version| version::is_servers_own(version)).map(str::to_owned),
            last_updated: meta.and_then(Meta::last_updated),
        }),
        None => Row::Unreadable,
    }
}
