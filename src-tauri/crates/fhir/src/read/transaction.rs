//! The answer to a transaction or batch: one result per entry, in the order sent.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    NotFhir,
    page::{bundle, repaired},
    reference::Literal,
    time,
    wire::{Meta, Text, each, words},
};
use crate::{
    exchange::{Request, Response},
    links::{self, Base},
    outcome::{self, Said},
    version,
};

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// HTTP status; 0 where the server gave none that can be read.
    pub status: u16,
    /// The logical id that the server gave or kept.
    pub server_id: Option<String>,
    /// The version it has now.
    pub version: Option<String>,
    /// When the server stored it.
    pub last_modified: Option<DateTime<Utc>>,
    /// Code of the worst issue.
    pub code: Option<String>,
}

impl Written {
    /// Whether the entry took effect. A server that rolls back answers the whole with an error; one that
    /// doesn't hides a failed entry inside a 200 (`3-fhir`, 4).
    pub fn is_done(&self) -> bool {
        is_done(self.status)
    }
}

fn is_done(status: u16) -> bool {
    (200..300).contains(&status)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct WireEntry<'a> {
    full_url: Option<Text<'a>>,
    resource: Option<&'a RawValue>,
    response: Option<WireResponse<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct WireResponse<'a> {
    status: Option<&'a RawValue>,
    location: Option<Text<'a>>,
    etag: Option<Text<'a>>,
    last_modified: Option<Text<'a>>,
    outcome: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct WireHead<'a> {
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
}

/// Reads the answer to a transaction or batch.
///
/// # Errors
/// [`NotFhir`] where the body is no Bundle; an entry that can't be read has status 0.
pub fn transaction(response: &Response, base: &Base) -> Result<Vec<Written>, NotFhir> {
    let body = repaired(&response.body);
    let bundle = bundle(response, &body)?;
    Ok(each(&bundle.entry).map(|raw| written(raw, base)).collect())
}

/// How the entries of a transaction stand, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entries {
    /// Each that was sent took effect.
    Done,
    /// One did not.
    Failed,
    /// Fewer are answered than were sent, or none: nothing can be told of any.
    Missing,
}

/// How the entries of a transaction of `sent` entries stand: their statuses alone, which name nobody.
///
/// # Errors
/// [`NotFhir`] where the body is no Bundle.
pub(crate) fn entries(response: &Response, sent: usize) -> Result<Entries, NotFhir> {
    let body = repaired(&response.body);
    let bundle = bundle(response, &body)?;
    let statuses = each(&bundle.entry).map(|raw| {
        let entry = serde_json::from_str::<WireEntry<'_>>(raw.get()).ok();
        entry.and_then(|entry| entry.response?.status).map_or(0, status)
    });
    let statuses: Vec<u16> = statuses.collect();
    Ok(match statuses.len() {
        0 => Entries::Missing,
        answered if answered < sent => Entries::Missing,
        _ if statuses.into_iter().all(is_done) => Entries::Done,
        _ => Entries::Failed,
    })
}

/// How many entries a transaction of ours has.
pub(crate) fn entries_sent(request: &Request) -> usize {
    #[derive(Deserialize)]
    struct Sent<'a> {
        #[serde(borrow)]
        entry: Vec<&'a RawValue>,
    }
    let body = request.body.as_ref().map(|body| body.bytes.as_slice()).unwrap_or_default();
    serde_json::from_slice::<Sent<'_>>(body).map_or(0, |sent| sent.entry.len())
}

fn written(raw: &RawValue, base: &Base) -> Written {
    let entry = serde_json::from_str::<WireEntry<'_>>(raw.get()).ok();
    let response = entry.as_ref().and_then(|entry| entry.response.as_ref());
    let head = entry
        .as_ref()
        .and_then(|entry| entry.resource)
        .and_then(|raw| serde_json::from_str::<WireHead<'_>>(raw.get()).ok());
    let meta = head.as_ref().and_then(|head| head.meta.as_ref());
    let location = response.and_then(|response| words(&response.location));
    let named = location
        .or_else(|| entry.as_ref().and_then(|entry| words(&entry.full_url)))
        .and_then(|link| Literal::of(link, base));
    let etag = response.and_then(|response| words(&response.etag));
    let last_modified = response.and_then(|response| words(&response.last_modified));
    let own_id = head.as_ref().and_then(|head| words(&head.id)).filter(|id| links::is_id(id));
    Written {
        status: response.and_then(|response| response.status).map_or(0, status),
        server_id: named.map(|literal| literal.id).or_else(|| own_id.map(str::to_owned)),
        version: etag
            .map(version::of_etag)
            .or_else(|| meta.and_then(Meta::version))
            .or_else(|| location.and_then(links::version))
            .map(str::to_owned),
        last_modified: last_modified.and_then(time::instant).or_else(|| meta.and_then(Meta::last_updated)),
        code: response.and_then(|response| response.outcome).and_then(code),
    }
}

/// "201", "201 Created" and the number 201 are all 201.
fn status(raw: &RawValue) -> u16 {
    let text = raw.get().trim_matches('"');
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

fn code(raw: &RawValue) -> Option<String> {
    match outcome::said(raw.get().as_bytes(), None) {
        Said::Outcome(issues) => outcome::worst(&issues).and_then(|issue| issue.code.clone()),
        _ => None,
    }
}
