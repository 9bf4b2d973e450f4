//! One exchange with a FHIR server, as data.
//!
//! Built here, sent by whoever holds a connection. Paths are relative to the FHIR base, so that a token can
//! only ever go to the origin that it was given for.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// HTTP methods that FHIR REST uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// read, search, history
    Get,
    /// create, transaction
    Post,
    /// update
    Put,
    /// JSON Patch
    Patch,
    /// delete (only for what a check made itself)
    Delete,
}

impl Method {
    /// As written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request, relative to the FHIR base. `Debug` prints method and path, never query or body.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path below the base without a leading slash, such as `Communication/7`; empty for the base itself.
    pub path: String,
    /// Query pairs, not yet encoded.
    pub query: Vec<(String, String)>,
    /// `If-Match`, as the ETag was received.
    pub if_match: Option<String>,
    /// `If-None-Exist`: the search of a conditional create as the specification's examples write it: without
    /// `?`, and not percent-encoded, which our identifiers don't need.
    pub if_none_exist: Option<String>,
    /// `If-None-Match`, such as `*` for "only where there is none yet"; some servers ignore it.
    pub if_none_match: Option<&'static str>,
    /// `Prefer`, such as `handling=strict` or `return=minimal` (RFC 7240).
    pub prefer: Option<&'static str>,
    /// `Accept`; the sender's own default (`application/fhir+json`) where none.
    pub accept: Option<&'static str>,
    /// Body and its media type.
    pub body: Option<Body>,
    /// Whole exchange at most; the sender's own default where none.
    pub timeout: Option<Duration>,
}

impl Request {
    /// A request with a method and a path below the base, and nothing else yet.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            if_match: None,
            if_none_exist: None,
            if_none_match: None,
            prefer: None,
            accept: None,
            body: None,
            timeout: None,
        }
    }

    /// A `GET`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// Adds one query pair, not yet encoded.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, content_type: &'static str, bytes: Vec<u8>) -> Self {
        self.body = Some(Body { content_type, bytes });
        self
    }

    /// Sets `If-Match`.
    #[must_use]
    pub fn if_match(mut self, etag: Option<String>) -> Self {
        self.if_match = etag;
        self
    }

    /// Sets `Prefer`.
    #[must_use]
    pub fn prefer(mut self, preference: &'static str) -> Self {
        self.prefer = Some(preference);
        self
    }
}

/// Media type of FHIR's JSON.
pub const FHIR_JSON: &str = "application/fhir+json";

/// Whether a media type is plain JSON, whatever its parameters and its case.
pub(crate) fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Media type of a JSON Patch (RFC 6902).
pub const JSON_PATCH: &str = "application/json-patch+json";

/// A body on its way out.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// `application/fhir+json`, `application/json-patch+json` or a Binary's own.
    pub content_type: &'static str,
    /// Bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

/// What a server answered. `Debug` prints the status and the size, never a word of the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// `ETag` as received: weak, strong or bare.
    pub etag: Option<String>,
    /// `Location` or `Content-Location` as received; may name another host.
    pub location: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<DateTime<Utc>>,
    /// `Date`: the server's clock, which all due times and claims are judged by.
    pub date: Option<DateTime<Utc>>,
    /// `Retry-After`, seconds or date already turned into a wait.
    pub retry_after: Option<Duration>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}
