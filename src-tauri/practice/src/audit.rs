//! `POST [base]/AuditEvent`: Helios refuses it over REST and takes it from its host, so it is
//! taken here and handed on.

use crate::{engine::TENANT, outcome, smart::access::AccessTokens};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use helios_auth::{AuthError, FhirOperation, Principal, ScopeSet, SmartScopePolicy};
use helios_fhir::FhirVersion;
use helios_persistence::{
    backends::sqlite::SqliteBackend,
    core::ResourceStorage,
    error::StorageError,
    tenant::{TenantContext, TenantId, TenantPermissions},
};
use serde_json::Value;
use std::sync::Arc;

/// What the handler needs.
#[derive(Clone)]
pub(crate) struct Audit {
    backend: Arc<SqliteBackend>,
    access: Arc<AccessTokens>,
    base_url: String,
}

impl Audit {
    /// Takes events for `backend`, from whom `access` knows.
    pub(crate) fn new(backend: Arc<SqliteBackend>, access: Arc<AccessTokens>, base_url: &str) -> Self {
        Self { backend, access, base_url: base_url.to_owned() }
    }

    async fn store(&self, event: Value) -> Result<Value, StorageError> {
        let tenant = TenantContext::new(TenantId::new(TENANT), TenantPermissions::full_access());
        self.backend
            .create(&tenant, "AuditEvent", event, FhirVersion::R4)
            .await
            .map(|stored| stored.content_with_meta())
    }
}

/// Whether a request may do `operation` on `resource_type`; the refusal otherwise.
pub(crate) fn allowed(
    access: &AccessTokens,
    headers: &HeaderMap,
    resource_type: &str,
    operation: FhirOperation,
) -> Result<Principal, Box<Response>> {
    let Some((held, expires_at)) = access.bearing(headers, Utc::now()) else {
        return Err(Box::new(outcome::unauthorized()));
    };
    let principal =
        Principal { subject: held.subject, scopes: ScopeSet::parse(&held.scope), expires_at, ..Default::default() };
    match SmartScopePolicy::check(&principal, resource_type, operation) {
        Ok(_) => Ok(principal),
        Err(denied @ (AuthError::Forbidden { .. } | AuthError::PatientContextRequired { .. })) => {
            Err(Box::new(outcome::outcome(StatusCode::FORBIDDEN, "forbidden", &denied.to_string())))
        }
        Err(_) => Err(Box::new(outcome::unauthorized())),
    }
}

/// Takes an AuditEvent, checked for what R4 requires of one.
pub(crate) async fn create(State(audit): State<Audit>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = allowed(&audit.access, &headers, "AuditEvent", FhirOperation::Create) {
        return *refused;
    }
    let event = match serde_json::from_slice::<Value>(&body) {
        Ok(event) => event,
        Err(_) => {
            return outcome::outcome(StatusCode::BAD_REQUEST, "structure", "the body is no JSON");
        }
    };
    if let Some(missing) = missing(&event) {
        let words = format!("AuditEvent.{missing} is missing");
        return outcome::outcome(StatusCode::UNPROCESSABLE_ENTITY, "required", &words);
    }
    match audit.store(without_id(event)).await {
        Ok(stored) => {
            let id = stored["id"].as_str().unwrap_or_default();
            let location = format!("{}/AuditEvent/{id}/_history/1", audit.base_url);
            let mut response = (StatusCode::CREATED, stored.to_string()).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
            headers.insert(header::ETAG, HeaderValue::from_static("W/\"1\""));
            if let Ok(location) = HeaderValue::from_str(&location) {
                headers.insert(header::LOCATION, location);
            }
            response
        }
        Err(error) => {
            tracing::error!(%error, "an AuditEvent could not be stored");
            outcome::outcome(StatusCode::INTERNAL_SERVER_ERROR, "exception", "the AuditEvent could not be stored")
        }
    }
}

/// The first element that R4 requires and `event` lacks.
fn missing(event: &Value) -> Option<&'static str> {
    if event["resourceType"] != "AuditEvent" {
        return Some("resourceType");
    }
    ["type", "recorded", "agent", "source"].into_iter().find(|required| event.get(required).is_none())
}

/// A create names no id (R4, 3.1.0.8): one that came with it is ignored.
fn without_id(mut event: Value) -> Value {
    if let Some(object) = event.as_object_mut() {
        object.remove("id");
        object.remove("meta");
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_r4_requires_of_an_audit_event_is_asked_for() {
        let whole = json!({"resourceType": "AuditEvent", "type": {}, "recorded": "", "agent": [], "source": {}});
        assert_eq!(missing(&whole), None);
        for required in ["type", "recorded", "agent", "source"] {
            let mut spoilt = whole.clone();
            if let Some(object) = spoilt.as_object_mut() {
                object.remove(required);
            }
            assert_eq!(missing(&spoilt), Some(required));
        }
        assert_eq!(missing(&json!([])), Some("resourceType"));
    }
}
