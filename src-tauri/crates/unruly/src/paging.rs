//! Pages: how many rows, counted how, with which total (1); rows that come twice and rows that can't be read.
//!
//! Offset paging is played by the proxy, whatever the upstream does: for `_offset=40` it walks the upstream's
//! own pages from the first row and hands on those from the forty-first. That costs what it costs on a real
//! server, and has the same flaw, which is the point: a row written between two pages shifts all behind it, so
//! one comes twice or is missed.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::exchange::{Answer, Interaction, Kind, Request};
use crate::payload::{self, Object};
use crate::query::{self, Query};
use crate::quirk::Quirk;
use crate::quirks::Quirks;
use crate::scene::{Scene, lock};

const OFFSET: &str = "_offset";
const DEFAULT_COUNT: usize = 20;

/// Caps `_count`.
pub(crate) fn request(scene: &Scene<'_>, request: &mut Request) {
    if let Some(cap) = scene.quirks.number(Quirk::CountCap)
        && matches!(scene.interaction.kind, Kind::Search | Kind::History)
    {
        scene.play(Quirk::CountCap, || cap_count(request, cap));
    }
}

fn cap_count(request: &mut Request, cap: u64) -> bool {
    let mut stated = false;
    let capped = request.edit_params(&mut |query| {
        query.map(|name, value| {
            let count: Option<u64> = (name == "_count").then(|| value.parse().ok()).flatten();
            stated |= count.is_some();
            count.filter(|count| *count > cap).map(|_| cap.to_string())
        })
    });
    if !stated {
        request.query.set("_count", &cap.to_string());
    }
    capped || !stated
}

/// Where in the rows an offset page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetPage {
    pub(crate) offset: usize,
    pub(crate) count: usize,
}

impl OffsetPage {
    /// Rows that must be seen to answer, one more than shown so that the last page is known as such.
    pub(crate) fn wanted(self) -> usize {
        self.offset.saturating_add(self.count).saturating_add(1)
    }
}

/// The page that a search asks for, where the quirks page it by offset; or the refusal beyond the limit.
pub(crate) fn offset_page(scene: &Scene<'_>, request: &Request) -> Option<Result<OffsetPage, Box<Answer>>> {
    let by_offset = scene.on(Quirk::OffsetPaging)
        || (scene.on(Quirk::OffsetPagingLimit) && !scene.on(Quirk::CursorNeedsLastUpdated))
        || (scene.on(Quirk::CursorNeedsLastUpdated) && !sorted_by_last_updated(&request.query));
    let counted = request.method == axum::http::Method::GET
        && scene.interaction.is(Kind::Search)
        && scene.interaction.resource_type.is_some()
        && request.query.get("_summary").as_deref() != Some("count");
    if !by_offset || !counted {
        return None;
    }
    for quirk in [Quirk::OffsetPaging, Quirk::CursorNeedsLastUpdated] {
        scene.play(quirk, || true);
    }
    let number = |name| request.query.get(name).and_then(|value| value.parse().ok());
    let offset: usize = number(OFFSET).unwrap_or(0);
    if let Some(limit) = scene.quirks.number(Quirk::OffsetPagingLimit)
        && offset as u64 > limit
    {
        scene.tally.note(Quirk::OffsetPagingLimit);
        let text = format!("Search offset {offset} exceeds the maximum of {limit}");
        return Some(Err(Box::new(Answer::refusal(400, "too-costly", &text))));
    }
    Some(Ok(OffsetPage { offset, count: number("_count").unwrap_or(DEFAULT_COUNT) }))
}

fn sorted_by_last_updated(query: &Query) -> bool {
    matches!(query.get("_sort").as_deref(), Some("_lastUpdated" | "-_lastUpdated"))
}

/// The request for the upstream's first page on the way to an offset page.
pub(crate) fn first_of_walk(request: &Request, page: OffsetPage) -> Request {
    let mut first = request.clone();
    first.query.retain(|name, _| name != OFFSET);
    if page.count > 0 {
        first.query.set("_count", &page.wanted().min(1_000).to_string());
    }
    first
}

/// The `next` link of a Bundle.
pub(crate) fn next_link(bundle: &Value) -> Option<&str> {
    let links = bundle.get("link")?.as_array()?;
    links.iter().find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))?.get("url")?.as_str()
}

/// How many rows a Bundle holds that the search matched: what is included doesn't count.
pub(crate) fn matched(entries: &[Value]) -> usize {
    entries.iter().filter(|entry| is_match(entry)).count()
}

fn is_match(entry: &Value) -> bool {
    !matches!(entry.pointer("/search/mode").and_then(Value::as_str), Some("include" | "outcome"))
}

/// Makes the offset page from the upstream's first Bundle and the rows of all pages walked.
pub(crate) fn offset_bundle(bundle: &mut Object, rows: Vec<Value>, page: OffsetPage, request: &Request, base: &str) {
    let more = matched(&rows) >= page.wanted();
    let mut seen = 0;
    let shown: Vec<Value> = rows
        .into_iter()
        .filter(|row| {
            if !is_match(row) {
                return true;
            }
            seen += 1;
            seen > page.offset && seen <= page.offset.saturating_add(page.count)
        })
        .collect();
    let url = |offset: usize| {
        let mut query = request.query.clone();
        query.set("_count", &page.count.to_string());
        query.set(OFFSET, &offset.to_string());
        format!("{base}{}", query::join(&request.path, &query))
    };
    let mut links = vec![json!({"relation": "self", "url": url(page.offset)})];
    if more && page.count > 0 {
        links.push(json!({"relation": "next", "url": url(page.offset + page.count)}));
    }
    bundle.insert("link".into(), links.into());
    bundle.insert("entry".into(), shown.into());
}

/// The last row of each page that has a next, by the path and query of that next page.
#[derive(Debug, Default)]
pub(crate) struct LastRows(Mutex<HashMap<String, Value>>);

impl LastRows {
    /// Repeats the last row of the page before, and remembers this page's.
    pub(crate) fn repeat(&self, asked: &str, body: &mut payload::Payload) -> bool {
        let mut remembered = lock(&self.0);
        if remembered.len() > 4_096 {
            remembered.clear();
        }
        let before = remembered.get(asked).cloned();
        body.edit(|bundle| {
            let next = next_link(bundle).map(path_and_query);
            let Some(entries) = bundle.get_mut("entry").and_then(Value::as_array_mut) else { return false };
            if let (Some(next), Some(last)) = (next, entries.last()) {
                remembered.insert(next, last.clone());
            }
            before.map(|row| entries.insert(0, row)).is_some()
        })
    }
}

/// A URL without its origin.
pub(crate) fn path_and_query(url: &str) -> String {
    url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..))).unwrap_or(url).to_owned()
}

/// Removes totals, and puts what can't be read among what can.
pub(crate) fn response(scene: &Scene<'_>, asked: &Request, rows: &LastRows, answer: &mut Answer) {
    if !matches!(scene.interaction.kind, Kind::Search | Kind::History) || !answer.status.is_success() {
        return;
    }
    scene.play(Quirk::NoTotal, || {
        asked.query.get("_summary").as_deref() != Some("count")
            && answer
                .body
                .edit(|bundle| bundle.as_object_mut().is_some_and(|bundle| bundle.shift_remove("total").is_some()))
    });
    scene.play(Quirk::DuplicateRows, || rows.repeat(&query::join(&asked.path, &asked.query), &mut answer.body));
    scene.play(Quirk::BadEntry, || add_bad_entry(scene.quirks, scene.interaction, answer));
}

/// A resource of the right type, with an id, in which nothing else is what it should be.
fn add_bad_entry(quirks: &Quirks, interaction: &Interaction, answer: &mut Answer) -> bool {
    let Some(kind) = interaction.resource_type.as_deref() else { return false };
    if !quirks.names(Quirk::BadEntry).is_some_and(|names| names.iter().any(|name| name == kind)) {
        return false;
    }
    answer.body.edit(|bundle| {
        let Some(entries) = bundle.get_mut("entry").and_then(Value::as_array_mut) else { return false };
        let Some(good) = entries.first() else { return false };
        let full_url = good.get("fullUrl").and_then(Value::as_str).and_then(|url| url.rsplit_once('/'));
        let mut entry = json!({
            "resource": {
                "resourceType": kind,
                "id": "unruly-bad-entry",
                "meta": {"versionId": "1", "lastUpdated": good.pointer("/resource/meta/lastUpdated")},
                "status": 42,
                "payload": "not a list",
                "sent": ["yesterday", {"at": null}],
            },
            "search": {"mode": "match"},
        });
        if let (Some((base, _)), Some(entry)) = (full_url, entry.as_object_mut()) {
            entry.insert("fullUrl".into(), format!("{base}/unruly-bad-entry").into());
        }
        let middle = entries.len() / 2;
        entries.insert(middle, entry);
        true
    })
}
