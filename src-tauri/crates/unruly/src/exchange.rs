//! One request and its answer as the quirks see them, and what kind of FHIR interaction they are.

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::payload::{self, Object, Payload};
use crate::query::{self, Query};

/// A request on its way to the upstream.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path from the root, as it stood.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
}

impl Request {
    /// A GET with the headers of this one: same person, same token, no conditions.
    pub(crate) fn sibling(&self, path_and_query: &str) -> Self {
        let (path, query) = query::split(path_and_query);
        let mut headers = self.headers.clone();
        for name in ["if-match", "if-none-match", "if-none-exist", "if-modified-since", "content-type", "prefer"] {
            headers.remove(name);
        }
        Self { method: Method::GET, path: path.to_owned(), query, headers, body: Payload::default() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Changes the parameters where they stand: in the query, and in the form of a POST `_search`.
    pub(crate) fn edit_params(&mut self, edit: &mut dyn FnMut(&mut Query) -> bool) -> bool {
        let mut changed = edit(&mut self.query);
        if self.is_form() && self.path.ends_with("/_search") {
            changed |= self.edit_form(edit);
        }
        changed
    }

    /// Changes a form in the body, search or sign-in.
    pub(crate) fn edit_form(&mut self, edit: &mut dyn FnMut(&mut Query) -> bool) -> bool {
        if !self.is_form() {
            return false;
        }
        let bytes = self.body.bytes();
        let Ok(raw) = std::str::from_utf8(&bytes) else { return false };
        let mut form = Query::parse(raw);
        let changed = edit(&mut form);
        if changed {
            self.body.replace_bytes(form.to_string());
        }
        changed
    }

    fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }
}

/// An answer on its way to the client.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, value: Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
        Self { status, headers, body: Payload::of(value) }
    }

    /// An OperationOutcome with the text in `diagnostics`.
    pub(crate) fn refusal(status: u16, code: &str, text: &str) -> Self {
        Self::json(status_code(status), outcome(code, text))
    }

    pub(crate) fn html(status: u16, page: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        Self { status: status_code(status), headers, body: Payload::new(page) }
    }

    pub(crate) fn bytes(status: u16, kind: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Self { status: status_code(status), headers, body: Payload::new(bytes) }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn set_header(&mut self, name: HeaderName, value: &str) -> bool {
        match HeaderValue::from_str(value) {
            Ok(new) if self.headers.get(&name) != Some(&new) => {
                self.headers.insert(name, new);
                true
            }
            _ => false,
        }
    }

    /// Replaces a header's value, where it is there.
    pub(crate) fn map_header(&mut self, name: HeaderName, change: impl FnOnce(&str) -> Option<String>) -> bool {
        match self.headers.get(&name).and_then(|value| value.to_str().ok()).and_then(change) {
            Some(new) => self.set_header(name, &new),
            None => false,
        }
    }

    /// Changes every `Location`: the header's and those in the entries of a Bundle.
    pub(crate) fn map_locations(&mut self, change: &dyn Fn(&str) -> Option<String>) -> bool {
        let header = self.map_header(LOCATION, change);
        header | self.edit_entry_responses(|response| payload::map_text(response, "location", change))
    }

    /// Changes each `entry.response` of a Bundle.
    pub(crate) fn edit_entry_responses(&mut self, mut edit: impl FnMut(&mut Object) -> bool) -> bool {
        self.body.edit_resources(|resource| {
            payload::entries_mut(resource).fold(false, |changed, entry| match entry.get_mut("response") {
                Some(Value::Object(response)) => edit(response) | changed,
                _ => changed,
            })
        })
    }
}

pub(crate) fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An OperationOutcome with one error.
pub(crate) fn outcome(code: &str, text: &str) -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": text}],
    })
}

/// What a request asks of a FHIR server (R4, RESTful API).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    VersionRead,
    Search,
    History,
    Create,
    Update,
    /// PUT or PATCH by search instead of by id.
    Conditional,
    Patch,
    Delete,
    /// A batch or transaction, posted to the base.
    Bundle,
    Capabilities,
    SmartConfiguration,
    Operation,
    /// Not FHIR: sign-in pages, health checks.
    Other,
}

/// A request's kind with the type and id in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interaction {
    pub(crate) kind: Kind,
    pub(crate) resource_type: Option<String>,
    pub(crate) id: Option<String>,
}

impl Interaction {
    /// Reads it from the method and the path below the base; none means that it isn't below the base.
    pub(crate) fn of(method: &Method, relative: Option<&str>) -> Self {
        let other = Self { kind: Kind::Other, resource_type: None, id: None };
        let Some(relative) = relative else { return other };
        let segments: Vec<&str> = relative.split('/').filter(|segment| !segment.is_empty()).collect();
        let read = method == Method::GET || method == Method::HEAD;
        let is_type = |segment: &str| segment.starts_with(|c: char| c.is_ascii_uppercase());
        let is_id = |segment: &str| !segment.starts_with(['_', '$']);
        let (kind, resource_type, id) = match segments.as_slice() {
            [.., last] if last.starts_with('$') => (Kind::Operation, segments.first().filter(|s| is_type(s)), None),
            [] if method == Method::POST => (Kind::Bundle, None, None),
            [] if read => (Kind::Search, None, None),
            ["metadata"] => (Kind::Capabilities, None, None),
            [".well-known", "smart-configuration"] => (Kind::SmartConfiguration, None, None),
            ["_history"] => (Kind::History, None, None),
            ["_search"] => (Kind::Search, None, None),
            [kind, "_search"] if is_type(kind) => (Kind::Search, Some(kind), None),
            [kind, "_history"] if is_type(kind) => (Kind::History, Some(kind), None),
            [kind] if is_type(kind) && read => (Kind::Search, Some(kind), None),
            [kind] if is_type(kind) && method == Method::POST => (Kind::Create, Some(kind), None),
            [kind] if is_type(kind) => (Kind::Conditional, Some(kind), None),
            [kind, id] if is_type(kind) && is_id(id) => {
                let what = match method.as_str() {
                    "GET" | "HEAD" => Kind::Read,
                    "PUT" => Kind::Update,
                    "PATCH" => Kind::Patch,
                    "DELETE" => Kind::Delete,
                    _ => Kind::Other,
                };
                (what, Some(kind), Some(id))
            }
            [kind, id, "_history"] if is_type(kind) => (Kind::History, Some(kind), Some(id)),
            [kind, id, "_history", _] if is_type(kind) => (Kind::VersionRead, Some(kind), Some(id)),
            // A search in a compartment: Patient/1/Communication.
            [compartment, _, kind] if is_type(compartment) && is_type(kind) => (Kind::Search, Some(kind), None),
            _ => return other,
        };
        Self {
            kind,
            resource_type: resource_type.map(|name| (*name).to_owned()),
            id: id.map(|id: &&str| (*id).to_owned()),
        }
    }

    pub(crate) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    pub(crate) fn is_fhir(&self) -> bool {
        self.kind != Kind::Other
    }

    pub(crate) fn names(&self, resource_type: &str) -> bool {
        self.resource_type.as_deref() == Some(resource_type)
    }

    /// `Type/id`, where both are in the path.
    pub(crate) fn resource(&self) -> Option<String> {
        Some(format!("{}/{}", self.resource_type.as_deref()?, self.id.as_deref()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let cases = [
            ("GET", "Task/1", Kind::Read, Some("Task"), Some("1")),
            ("GET", "Task/1/_history/2", Kind::VersionRead, Some("Task"), Some("1")),
            ("GET", "Task/1/_history", Kind::History, Some("Task"), Some("1")),
            ("GET", "Task/_history", Kind::History, Some("Task"), None),
            ("GET", "_history", Kind::History, None, None),
            ("GET", "Task", Kind::Search, Some("Task"), None),
            ("POST", "Task/_search", Kind::Search, Some("Task"), None),
            ("GET", "Patient/1/Communication", Kind::Search, Some("Communication"), None),
            ("POST", "Task", Kind::Create, Some("Task"), None),
            ("PUT", "Task", Kind::Conditional, Some("Task"), None),
            ("PUT", "Task/1", Kind::Update, Some("Task"), Some("1")),
            ("PATCH", "Task/1", Kind::Patch, Some("Task"), Some("1")),
            ("DELETE", "Task/1", Kind::Delete, Some("Task"), Some("1")),
            ("POST", "", Kind::Bundle, None, None),
            ("GET", "metadata", Kind::Capabilities, None, None),
            ("GET", ".well-known/smart-configuration", Kind::SmartConfiguration, None, None),
            ("GET", "Subscription/1/$status", Kind::Operation, Some("Subscription"), None),
            ("GET", "auth/token", Kind::Other, None, None),
        ];
        for (method, path, kind, resource_type, id) in cases {
            let found = Interaction::of(&Method::from_bytes(method.as_bytes()).unwrap(), Some(path));
            assert_eq!(
                (found.kind, found.resource_type.as_deref(), found.id.as_deref()),
                (kind, resource_type, id),
                "{method} {path}"
            );
        }
        assert_eq!(Interaction::of(&Method::GET, None).kind, Kind::Other);
    }
}
