//! A batch or transaction taken apart into single requests, and put together again (4).
//!
//! `transaction-half` *executes* it that way, in the order of the specification (R4, 3.1.0.11.2: DELETE, POST, PUT
//! and PATCH, GET), goes on after a failure, and answers 200 with the failures inside: what was done stays done.
//! With other quirks in force the entries are taken apart too, so that a quirk of a single write (a refused id, an
//! ignored condition) holds inside a transaction as well; there it refuses the whole, as a rollback would.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::exchange::{Answer, Request};
use crate::links::Base;
use crate::paging::path_and_query;
use crate::payload::{Object, Payload, each_object, map_text};
use crate::query;

const CONDITIONS: [(&str, &str); 4] = [
    ("ifMatch", "if-match"),
    ("ifNoneMatch", "if-none-match"),
    ("ifNoneExist", "if-none-exist"),
    ("ifModifiedSince", "if-modified-since"),
];
const CARRIED: [&str; 4] = ["authorization", "accept", "x-forwarded-host", "x-forwarded-proto"];

/// One entry as a request of its own.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its place in the Bundle.
    pub(crate) index: usize,
    pub(crate) full_url: Option<String>,
    pub(crate) request: Request,
}

/// The type of a Bundle that is posted to the base.
pub(crate) fn bundle_type(body: &mut Payload) -> Option<String> {
    body.json()?.get("type")?.as_str().map(str::to_owned)
}

/// The entries as requests, in the Bundle's order; none where one can't be read.
pub(crate) fn steps(bundle: &Value, outer: &Request, base: &Base) -> Option<Vec<Step>> {
    let entries = bundle.get("entry")?.as_array()?;
    entries.iter().enumerate().map(|(index, entry)| step(index, entry, outer, base)).collect()
}

fn step(index: usize, entry: &Value, outer: &Request, base: &Base) -> Option<Step> {
    let stated = entry.get("request")?;
    let method = Method::from_bytes(stated.get("method")?.as_str()?.as_bytes()).ok()?;
    let url = stated.get("url")?.as_str()?;
    let relative = url.strip_prefix(&base.url()).unwrap_or(url).trim_start_matches('/');
    let (path, query) = query::split(relative);
    let mut headers = HeaderMap::new();
    for name in CARRIED {
        if let Some(value) = outer.headers.get(name) {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }
    for (member, name) in CONDITIONS {
        if let Some(value) = stated.get(member).and_then(Value::as_str) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
        }
    }
    let body = match entry.get("resource") {
        None => Payload::default(),
        Some(binary) if method == Method::PATCH => {
            let kind = binary.get("contentType").and_then(Value::as_str).unwrap_or("application/json-patch+json");
            headers.insert("content-type", HeaderValue::from_str(kind).ok()?);
            Payload::new(BASE64_STANDARD.decode(binary.get("data")?.as_str()?).ok()?)
        }
        Some(resource) => {
            headers.insert("content-type", HeaderValue::from_static("application/fhir+json"));
            Payload::of(resource.clone())
        }
    };
    let full_url = entry.get("fullUrl").and_then(Value::as_str).map(str::to_owned);
    let request = Request { method, path: format!("{}/{path}", base.path), query, headers, body };
    Some(Step { index, full_url, request })
}

/// Sorts steps into the order in which a server executes them.
pub(crate) fn in_order(steps: &mut [Step]) {
    steps.sort_by_key(|step| match step.request.method.as_str() {
        "DELETE" => 0,
        "POST" => 1,
        "PUT" | "PATCH" => 2,
        _ => 3,
    });
}

/// Replaces references to entries by what those became.
pub(crate) fn resolve(step: &mut Step, known: &HashMap<String, String>) {
    step.request.body.edit(|body| {
        each_object(body, &mut |object| map_text(object, "reference", |reference| known.get(reference).cloned()))
    });
}

/// `Type/id` of what a step created or replaced.
pub(crate) fn became(answer: &Answer, step: &Step, base: &Base) -> Option<String> {
    let path = match answer.header("location") {
        Some(location) => path_and_query(location),
        None => step.request.path.clone(),
    };
    let relative = base.relative(&path).unwrap_or(&path).trim_start_matches('/').to_owned();
    let mut segments = relative.split('/');
    Some(format!("{}/{}", segments.next()?, segments.next()?))
}

/// The entry of a response Bundle that tells what became of a step.
pub(crate) fn response_entry(answer: &mut Answer, method: &Method) -> Value {
    let reason = answer.status.canonical_reason().unwrap_or_default();
    let mut response = Map::new();
    response.insert("status".into(), format!("{} {reason}", answer.status.as_u16()).trim().into());
    for (member, name) in [("location", "location"), ("etag", "etag")] {
        if let Some(value) = answer.header(name) {
            response.insert(member.into(), value.into());
        }
    }
    let body = answer.body.json().cloned();
    if let Some(stamp) = body.as_ref().and_then(|body| body.pointer("/meta/lastUpdated")) {
        response.insert("lastModified".into(), stamp.clone());
    }
    let mut entry = Map::new();
    match body {
        Some(outcome) if !answer.status.is_success() => {
            response.insert("outcome".into(), outcome);
        }
        Some(resource) if method == Method::GET => {
            entry.insert("resource".into(), resource);
        }
        _ => {}
    }
    entry.insert("response".into(), response.into());
    entry.into()
}

/// The Bundle that answers, its entries in the order of those asked.
pub(crate) fn response_bundle(kind: &str, entries: Vec<Value>) -> Answer {
    let bundle = json!({"resourceType": "Bundle", "type": format!("{kind}-response"), "entry": entries});
    Answer::json(axum::http::StatusCode::OK, bundle)
}

/// Writes a step, as the quirks left it, back into its entry; true if that changed the entry.
pub(crate) fn write_back(entry: &mut Object, mut request: Request, base: &Base) -> bool {
    let before = entry.clone();
    let relative = base.relative(&request.path).unwrap_or(&request.path);
    let url = query::join(relative, &request.query);
    if let Some(Value::Object(stated)) = entry.get_mut("request") {
        // An absolute URL is left in its form unless the address itself changed.
        if stated.get("url").and_then(Value::as_str).is_some_and(|old| !old.trim_start_matches('/').ends_with(&url)) {
            stated.insert("url".into(), url.into());
        }
        for (member, name) in CONDITIONS {
            match request.headers.get(name).and_then(|value| value.to_str().ok()) {
                Some(value) => {
                    stated.insert(member.into(), value.into());
                }
                None => {
                    stated.shift_remove(member);
                }
            }
        }
    }
    if request.method == Method::PATCH {
        let data = BASE64_STANDARD.encode(request.body.bytes());
        if let Some(Value::Object(binary)) = entry.get_mut("resource") {
            binary.insert("data".into(), data.into());
        }
    } else if entry.contains_key("resource")
        && let Some(resource) = request.body.json()
    {
        entry.insert("resource".into(), resource.clone());
    }
    *entry != before
}
