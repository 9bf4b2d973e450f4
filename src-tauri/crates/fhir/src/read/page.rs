//! A Bundle of rows: a search's page, or a history's.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use tern_inbox::arrival::Arrival;

use super::{
    NotFhir, Reading, entry,
    wire::{Many, Text, each, words},
};
use crate::{
    exchange::Response,
    outcome::{self, Said},
};

/// One page of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it brought, in the server's order. Of a resource that stands in it several times (a history) only
    /// the newest is kept.
    pub arrivals: Vec<Arrival>,
    /// The `next` link as received; [`crate::links::request`] turns it into a request.
    pub next: Option<String>,
    /// Rows of a type that isn't cached (an outcome, an include), and rows without a resource.
    pub passed_over: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct WireBundle<'a> {
    resource_type: Option<Text<'a>>,
    link: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) entry: Many<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct WireLink<'a> {
    relation: Option<Text<'a>>,
    url: Option<Text<'a>>,
}

/// Reads a page of rows.
///
/// # Errors
/// [`NotFhir`] where the body is no Bundle: then nothing of it was read, and the page is asked for again.
pub fn page(response: &Response, reading: &Reading<'_>) -> Result<Page, NotFhir> {
    let body = repaired(&response.body);
    let bundle = bundle(response, &body)?;
    let mut page = Page { arrivals: Vec::new(), next: bundle.next(), passed_over: 0 };
    let mut places = HashMap::new();
    for raw in each(&bundle.entry) {
        match entry::read(raw, reading) {
            Some(arrival) => keep_newest(&mut page.arrivals, &mut places, arrival),
            None => page.passed_over += 1,
        }
    }
    Ok(page)
}

/// Puts an arrival into the page unless a newer state of the same resource stands in it. Histories are newest
/// first, so among equals the first counts.
fn keep_newest(
    arrivals: &mut Vec<Arrival>,
    places: &mut HashMap<(tern_inbox::arrival::Kind, String), usize>,
    arrival: Arrival,
) {
    let key = (arrival.kind, arrival.server_id.clone());
    match places.get(&key).and_then(|place| arrivals.get_mut(*place)) {
        Some(known) if arrival.last_updated > known.last_updated => *known = arrival,
        Some(_) => {}
        None => {
            places.insert(key, arrivals.len());
            arrivals.push(arrival);
        }
    }
}

/// The Bundle in a body.
pub(super) fn bundle<'a>(response: &Response, body: &'a [u8]) -> Result<WireBundle<'a>, NotFhir> {
    let bundle: WireBundle<'a> = serde_json::from_slice(body).map_err(|error| not_json(response, &error))?;
    if words(&bundle.resource_type) == Some("Bundle") {
        return Ok(bundle);
    }
    Err(match outcome::said(&response.body, response.content_type.as_deref()) {
        Said::Outcome(issues) => {
            NotFhir::Outcome { code: outcome::worst(&issues).and_then(|issue| issue.code.clone()) }
        }
        _ => NotFhir::AnotherKind,
    })
}

impl WireBundle<'_> {
    /// The `next` link. A link that can't be read is no link.
    pub(super) fn next(&self) -> Option<String> {
        let links: Vec<WireLink<'_>> = serde_json::from_str(self.link?.get()).ok()?;
        links
            .iter()
            .find(|link| words(&link.relation) == Some("next"))
            .and_then(|link| words(&link.url))
            .map(str::to_owned)
    }
}

/// What a body is that serde can't read.
pub(super) fn not_json(response: &Response, error: &serde_json::Error) -> NotFhir {
    match outcome::said(&response.body, response.content_type.as_deref()) {
        Said::Nothing => NotFhir::Empty,
        Said::Html => NotFhir::Html,
        _ if error.is_data() => NotFhir::AnotherKind,
        _ => NotFhir::NotJson { line: error.line(), column: error.column() },
    }
}

/// The body, with what JSON forbids inside a string made good: raw control characters become escapes, bytes
/// that aren't UTF-8 the replacement character, a byte order mark goes. One patient's paste must not cost a
/// page of a thousand. A good body is returned as it is.
pub(super) fn repaired(body: &[u8]) -> Cow<'_, [u8]> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    if matches!(text, Cow::Borrowed(_)) && !has_control_in_string(body) {
        return Cow::Borrowed(body);
    }
    let mut good = String::with_capacity(text.len() + 64);
    let mut place = Place::Outside;
    for letter in text.chars() {
        if place == Place::Inside && (letter as u32) < 0x20 {
            good.push_str(&format!("\\u{:04x}", letter as u32));
        } else {
            good.push(letter);
        }
        place = place.after(letter);
    }
    Cow::Owned(good.into_bytes())
}

/// Where a scan through JSON stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Inside,
    Escaped,
}

impl Place {
    fn after(self, letter: char) -> Self {
        match (self, letter) {
            (Self::Outside, '"') => Self::Inside,
            (Self::Inside, '"') => Self::Outside,
            (Self::Inside, '\\') => Self::Escaped,
            (Self::Escaped, _) => Self::Inside,
            (place, _) => place,
        }
    }
}

/// Whether there is a raw control character inside a string. Pretty-printed JSON is full of them outside, so
/// the strings have to be found; compact JSON has none at all and is done in one fast pass.
fn has_control_in_string(body: &[u8]) -> bool {
    if !body.iter().any(|byte| *byte < 0x20) {
        return false;
    }
    let mut place = Place::Outside;
    for byte in body {
        if place == Place::Inside && *byte < 0x20 {
            return true;
        }
        place = place.after(char::from(*byte));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_body_is_not_touched() {
        for body in ["{\n\t\"a\": \"b\\n\\\"\"\r\n}", "{\"a\":\"é\"}", ""] {
            assert!(matches!(repaired(body.as_bytes()), Cow::Borrowed(_)), "{body}");
        }
    }

    #[test]
    fn what_json_forbids_is_made_good_inside_strings_only() {
        assert_eq!(
            &*repaired(b"{\n\"a\":\"x\ny\x00\\\"\tz\"}"),
            br#"{
"a":"x\u000ay\u0000\"\u0009z"}"#
        );
        assert_eq!(&*repaired(b"{\"a\":\"\xff\"}"), "{\"a\":\"\u{fffd}\"}".as_bytes());
        assert_eq!(&*repaired(b"\xef\xbb\xbf{}"), b"{}");
    }
}
