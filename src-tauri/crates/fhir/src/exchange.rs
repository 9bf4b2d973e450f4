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
    /// `If-None-Exist`: the search of a conditional create.
    pub if_none_exist: Option<String>,
    /// Body and its media type.
    pub body: Option<Body>,
    /// Whole exchange at most; the sender's own default where none.
    pub timeout: Option<Duration>,
}

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
