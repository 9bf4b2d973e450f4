//! Create, update, patch and delete.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tern_fhir::exchange::{Method, Request};

use super::{Outcome, Quirk, Shelves, Stored};

/// A write as it stands in a request or in a transaction's entry.
pub(super) struct Write<'a> {
    pub(super) method: Method,
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
    pub(super) if_match: Option<&'a str>,
    /// The search of a conditional create, decoded.
    pub(super) if_none_exist: Option<String>,
    pub(super) only_if_new: bool,
    pub(super) body: Value,
}

pub(super) fn write(shelves: &mut Shelves, quirks: &BTreeSet<Quirk>, request: &Request, now: DateTime<Utc>) -> Outcome {
    let (kind, id) = request.path.split_once('/').unwrap_or((&request.path, ""));
    let body = match &request.body {
        Some(body) => serde_json::from_slice(&body.bytes).map_err(|_| 400_u16)?,
        None => Value::Null,
    };
    let write = Write {
        method: request.method,
        kind,
        id,
        if_match: request.if_match.as_deref(),
        if_none_exist: request.if_none_exist.as_deref().map(decoded),
        only_if_new: request.if_none_match == Some("*"),
        body,
    };
    apply(shelves, quirks, write, now)
}

pub(super) fn apply(shelves: &mut Shelves, quirks: &BTreeSet<Quirk>, write: Write<'_>, now: DateTime<Utc>) -> Outcome {
    let key = (write.kind.to_owned(), write.id.to_owned());
    let current = shelves.rows.get(&key).and_then(Stored::resource).cloned();
    let version = shelves.rows.get(&key).and_then(Stored::current).map(|version| version.number.to_string());
    let guarded = !(write.method == Method::Patch && quirks.contains(&Quirk::PatchIgnoresIfMatch));
    if let Some(wanted) = write.if_match.filter(|_| guarded)
        && version.as_deref() != Some(wanted.trim_start_matches("W/").trim_matches('"'))
    {
        return Err(412);
    }
    match write.method {
        Method::Post => create(shelves, quirks, write, now),
        Method::Put if write.body["resourceType"] != write.kind => Err(400),
        Method::Put if current.is_some() && write.only_if_new => Err(412),
        Method::Put if current.is_none() && quirks.contains(&Quirk::RefusesOwnIds) => Err(404),
        Method::Put => Ok(stored(shelves.put(write.kind, write.id, write.body, now))),
        Method::Patch if quirks.contains(&Quirk::NoPatch) => Err(405),
        Method::Patch => {
            let mut resource = current.ok_or(404_u16)?;
            let patch: json_patch::Patch = serde_json::from_value(write.body).map_err(|_| 400_u16)?;
            json_patch::patch(&mut resource, &patch).map_err(|_| 422_u16)?;
            Ok(stored(shelves.put(write.kind, write.id, resource, now)))
        }
        Method::Delete => {
            shelves.remove(write.kind, write.id, now);
            Ok((204, None, Value::Null))
        }
        Method::Get => Err(405),
    }
}

fn create(shelves: &mut Shelves, quirks: &BTreeSet<Quirk>, write: Write<'_>, now: DateTime<Utc>) -> Outcome {
    if write.body["resourceType"] != write.kind || !write.id.is_empty() {
        return Err(400);
    }
    if let Some(search) = write.if_none_exist.filter(|_| !quirks.contains(&Quirk::IgnoresIfNoneExist)) {
        let query: Vec<(String, String)> = search
            .split('&')
            .filter_map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect();
        let (_, _, found) = super::search::search(shelves, &BTreeSet::new(), write.kind, &query)?;
        if let Some(first) = found["entry"][0]["resource"].as_object() {
            let version = first["meta"]["versionId"].as_str().and_then(|version| version.parse().ok());
            return Ok((200, version, Value::Object(first.clone())));
        }
    }
    shelves.ids_given += 1;
    let id = format!("server-{}", shelves.ids_given);
    Ok(stored(shelves.put(write.kind, &id, write.body, now)))
}

fn stored((status, version, resource): (u16, u64, Value)) -> (u16, Option<u64>, Value) {
    (status, Some(version), resource)
}

/// Undoes percent-encoding.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
        match byte {
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                let value = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                bytes.push(value.unwrap_or(b'?'));
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
