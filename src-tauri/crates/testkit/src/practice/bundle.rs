//! Transactions: all of it or nothing, or, where the server is one of those, half.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use tern_fhir::exchange::{Method, Request};

use super::{
    Outcome, Quirk, Shelves, refusal,
    write::{Write, apply, decoded},
};

pub(super) fn bundle(
    shelves: &mut Shelves,
    quirks: &BTreeSet<Quirk>,
    request: &Request,
    now: DateTime<Utc>,
) -> Outcome {
    if quirks.contains(&Quirk::NoTransactions) {
        return Err(405);
    }
    let body = request.body.as_ref().ok_or(400_u16)?;
    let bundle: Value = serde_json::from_slice(&body.bytes).map_err(|_| 400_u16)?;
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let rolls_back = bundle["type"] == "transaction" && !quirks.contains(&Quirk::HalfTransactions);
    let before = shelves.clone();
    let mut names = BTreeMap::new();
    let mut answers = Vec::new();
    for entry in entries {
        let outcome = entry_write(shelves, quirks, &entry, &names, now);
        match outcome {
            Ok((status, version, resource)) => {
                let (kind, id) = (&resource["resourceType"], &resource["id"]);
                let place = format!("{}/{}", kind.as_str().unwrap_or_default(), id.as_str().unwrap_or_default());
                if let Some(name) = entry["fullUrl"].as_str().filter(|name| name.starts_with("urn:")) {
                    names.insert(name.to_owned(), place.clone());
                }
                answers.push(json!({"response": {
                    "status": format!("{status} OK"),
                    "location": format!("{place}/_history/{}", version.unwrap_or(1)),
                    "etag": version.map(|version| format!("W/\"{version}\"")),
                    "lastModified": now.to_rfc3339_opts(SecondsFormat::Millis, true)
                }}));
            }
            Err(status) if rolls_back => {
                *shelves = before;
                return Err(status);
            }
            Err(status) => answers.push(json!({"response": {
                "status": status.to_string(), "outcome": refusal(status)
            }})),
        }
    }
    Ok((200, None, json!({"resourceType": "Bundle", "type": "transaction-response", "entry": answers})))
}

fn entry_write(
    shelves: &mut Shelves,
    quirks: &BTreeSet<Quirk>,
    entry: &Value,
    names: &BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> Outcome {
    let request = &entry["request"];
    let url = request["url"].as_str().ok_or(400_u16)?;
    let method = match request["method"].as_str() {
        Some("POST") => Method::Post,
        Some("PUT") => Method::Put,
        Some("PATCH") => Method::Patch,
        Some("DELETE") => Method::Delete,
        _ => return Err(400),
    };
    let (kind, id) = url.split_once('/').unwrap_or((url, ""));
    let mut body = entry["resource"].clone();
    resolve(&mut body, names);
    let write = Write {
        method,
        kind,
        id,
        if_match: request["ifMatch"].as_str(),
        if_none_exist: request["ifNoneExist"].as_str().map(decoded),
        only_if_new: request["ifNoneMatch"].as_str() == Some("*"),
        body,
    };
    apply(shelves, quirks, write, now)
}

/// References to another entry's `fullUrl` become references to what it was stored as.
fn resolve(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("reference").and_then(Value::as_str).and_then(|name| names.get(name)) {
                let name = name.clone();
                fields.insert("reference".into(), json!(name));
            }
            fields.values_mut().for_each(|value| resolve(value, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| resolve(value, names)),
        _ => {}
    }
}
