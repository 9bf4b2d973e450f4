//! Searches and histories, paged by key: rows that change meanwhile are seen once more, never missed.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{Outcome, Quirk, Shelves, Version};

type Query = [(String, String)];

/// Parameters that this server knows; another one is a 400.
const KNOWN: [&str; 10] =
    ["_lastUpdated", "_sort", "_count", "_id", "identifier", "part-of", "target", "_elements", "_after", "_since"];

struct Row<'a> {
    kind: &'a str,
    id: &'a str,
    version: &'a Version,
}

impl Row<'_> {
    fn key(&self) -> (DateTime<Utc>, u64, &str) {
        (self.version.updated, self.version.number, self.id)
    }
}

pub(super) fn search(shelves: &Shelves, quirks: &BTreeSet<Quirk>, kind: &str, query: &Query) -> Outcome {
    let strange = |name: &str| !KNOWN.contains(&name) || (name == "_sort" && quirks.contains(&Quirk::NoSort));
    if query.iter().any(|(name, _)| strange(name)) {
        return Err(400);
    }
    let ignored = |name: &str| quirks.contains(&Quirk::IgnoresParameters) && matches!(name, "identifier" | "part-of");
    let heeded: Vec<_> = query.iter().filter(|(name, _)| !ignored(name)).cloned().collect();
    let mut rows: Vec<_> = shelves
        .rows
        .iter()
        .filter(|((of, _), _)| of == kind)
        .filter_map(|((kind, id), stored)| {
            let version = stored.current()?;
            let resource = version.resource.as_ref()?;
            matches(resource, version, &heeded).then_some(Row { kind, id, version })
        })
        .collect();
    rows.sort_by(|a, b| a.key().cmp(&b.key()));
    page(&rows, quirks, kind, query, "searchset")
}

pub(super) fn history(shelves: &Shelves, quirks: &BTreeSet<Quirk>, kind: &str, query: &Query) -> Outcome {
    let since = value(query, "_since").and_then(instant);
    let mut rows: Vec<_> = shelves
        .rows
        .iter()
        .filter(|((of, _), _)| of == kind)
        .flat_map(|((kind, id), stored)| stored.versions.iter().map(move |version| Row { kind, id, version }))
        .filter(|row| since.is_none_or(|since| row.version.updated >= since))
        .collect();
    rows.sort_by(|a, b| b.key().cmp(&a.key()));
    page(&rows, quirks, &format!("{kind}/_history"), query, "history")
}

fn page(rows: &[Row<'_>], quirks: &BTreeSet<Quirk>, path: &str, query: &Query, of: &str) -> Outcome {
    let asked = value(query, "_count").and_then(|count| count.parse().ok()).unwrap_or(50_usize);
    let count = if quirks.contains(&Quirk::SmallPages) { asked.min(3) } else { asked };
    let start = match value(query, "_after") {
        Some(after) => rows.iter().position(|row| mark(row) == after).map_or(0, |place| place + 1),
        None => 0,
    };
    let shown = rows.get(start..).unwrap_or_default();
    let shown = shown.get(..count).unwrap_or(shown);
    let mut link = Vec::new();
    if start + shown.len() < rows.len() {
        let after = if quirks.contains(&Quirk::NextRepeatsItself) {
            value(query, "_after").map(str::to_owned)
        } else {
            shown.last().map(mark)
        };
        let mut pairs: Vec<_> = query
            .iter()
            .filter(|(name, _)| name != "_after")
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        pairs.extend(after.map(|after| format!("_after={}", encoded(&after))));
        let base = match quirks.contains(&Quirk::NextLeadsElsewhere) {
            true => "https://elsewhere.example/pages",
            false => "http://localhost:8080/fhir",
        };
        link.push(json!({"relation": "next", "url": format!("{base}/{path}?{}", pairs.join("&"))}));
    }
    let entries: Vec<_> = shown.iter().map(entry).collect();
    Ok((200, None, json!({"resourceType": "Bundle", "type": of, "link": link, "entry": entries})))
}

/// Where a row stands, as a cursor.
fn mark(row: &Row<'_>) -> String {
    format!("{}.{}.{}", row.version.updated.timestamp_millis(), row.version.number, row.id)
}

fn entry(row: &Row<'_>) -> Value {
    let name = format!("{}/{}", row.kind, row.id);
    match &row.version.resource {
        Some(resource) => json!({
            "fullUrl": format!("http://localhost:8080/fhir/{name}"), "resource": resource,
            "request": {"method": "PUT", "url": name}
        }),
        None => json!({
            "fullUrl": format!("http://localhost:8080/fhir/{name}"),
            "request": {"method": "DELETE", "url": name},
            "response": {
                "status": "204", "etag": format!("W/\"{}\"", row.version.number),
                "lastModified": row.version.updated.to_rfc3339_opts(SecondsFormat::Millis, true)
            }
        }),
    }
}

fn matches(resource: &Value, version: &Version, query: &Query) -> bool {
    query.iter().all(|(name, value)| match name.as_str() {
        "_lastUpdated" => match value.strip_prefix("ge").and_then(instant) {
            Some(since) => version.updated >= since,
            None => false,
        },
        "_id" => resource["id"].as_str() == Some(value),
        "identifier" => {
            let none = Vec::new();
            let identifiers = resource["identifier"].as_array().unwrap_or(&none);
            value.split(',').any(|token| {
                let (system, wanted) = token.split_once('|').unwrap_or(("", token));
                identifiers.iter().any(|identifier| identifier["system"] == system && identifier["value"] == wanted)
            })
        }
        "target" => resource["target"][0]["reference"].as_str() == Some(value),
        "part-of" => resource["partOf"][0]["reference"].as_str() == Some(value),
        _ => true,
    })
}

pub(super) fn value<'q>(query: &'q Query, wanted: &str) -> Option<&'q str> {
    query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

/// Percent-encodes what would end a query value.
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
