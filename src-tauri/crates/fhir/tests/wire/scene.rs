//! Who is who, and how a page is put together.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tern_fhir::{
    exchange::{Request, Response},
    links::Base,
    read::{self, Page, Reading},
};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    party::PartyRef,
};

/// Dr Amara Osei, physician.
pub(crate) fn dr_osei() -> PartyRef {
    PartyRef::new("PractitionerRole/osei")
}

/// Mia Tran, medical assistant.
pub(crate) fn mia() -> PartyRef {
    PartyRef::new("PractitionerRole/mia")
}

/// When the server answers in these scenes.
pub(crate) fn now() -> DateTime<Utc> {
    at("2026-03-02T09:00:00Z")
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("rfc 3339").to_utc()
}

pub(crate) fn base() -> Base {
    Base::of_url("https://practice.example/fhir").expect("a base")
}

pub(crate) fn answered(status: u16, body: impl Into<Vec<u8>>) -> Response {
    Response {
        status,
        etag: None,
        location: None,
        last_modified: None,
        date: None,
        retry_after: None,
        content_type: Some("application/fhir+json".into()),
        body: body.into(),
    }
}

pub(crate) fn ok(body: &Value) -> Response {
    answered(200, body.to_string())
}

pub(crate) fn searchset(resources: &[Value]) -> Value {
    let entries: Vec<_> = resources.iter().map(|resource| json!({ "resource": resource })).collect();
    json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries })
}

/// Reads a page as one of `expected`.
pub(crate) fn read_page(expected: Kind, bundle: &Value) -> Page {
    let base = base();
    let reading = Reading { expected, base: &base, received: now() };
    read::page(&ok(bundle), &reading).expect("a page")
}

/// Reads one resource.
pub(crate) fn read_one(expected: Kind, resource: &Value) -> Arrival {
    let mut page = read_page(expected, &searchset(std::slice::from_ref(resource)));
    assert_eq!(page.arrivals.len(), 1, "one resource, one arrival");
    page.arrivals.remove(0)
}

pub(crate) fn content(expected: Kind, resource: &Value) -> Content {
    read_one(expected, resource).content
}

/// A request as it leaves: line, headers, body, in a form for a snapshot.
pub(crate) fn leaves(request: &Request) -> String {
    let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut lines = vec![format!("{} {}", request.method.as_str(), request.path)];
    if !query.is_empty() {
        lines.push(format!("? {}", query.join("&")));
    }
    let headers = [
        ("If-Match", request.if_match.as_deref()),
        ("If-None-Match", request.if_none_match),
        ("If-None-Exist", request.if_none_exist.as_deref()),
        ("Prefer", request.prefer),
    ];
    lines.extend(headers.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?))));
    if let Some(body) = &request.body {
        let json: Value = serde_json::from_slice(&body.bytes).expect("JSON");
        lines.push(format!("Content-Type: {}", body.content_type));
        lines.push(serde_json::to_string_pretty(&json).expect("JSON"));
    }
    lines.join("\n")
}

pub(crate) fn body_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body.as_ref().expect("a body").bytes).expect("JSON")
}
