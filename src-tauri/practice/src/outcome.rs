//! Refusals of the practice's own, in the form FHIR gives them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An OperationOutcome with one issue; `code` is of `issue-type`.
pub(crate) fn outcome(status: StatusCode, code: &str, words: &str) -> Response {
    let body = json!({
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": words}]
    });
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
    response
}

/// 401: no token, or none that holds (RFC 6750, 3).
pub(crate) fn unauthorized() -> Response {
    let mut response = outcome(StatusCode::UNAUTHORIZED, "login", "a valid token is needed");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
