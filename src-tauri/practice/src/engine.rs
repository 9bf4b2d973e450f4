//! Helios, opened over its own database, and the practice's own way into it.
//!
//! Helios is a router over a storage backend. We give it our tokens to believe, wrap it in what it
//! lacks (`audit`, `nudge`), and write through the same router that clients use: what the seed and
//! the arrivals make has passed the same checks, is indexed the same way and nudges the same
//! subscribers as a message from outside.

use crate::{
    Error,
    audit::{self, Audit},
    nudge::{self, Nudges},
    smart::access::{Access, AccessTokens},
};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    routing::post,
};
use chrono::Utc;
use helios_audit::{ExclusionFilter, sinks::null::NullSink};
use helios_auth::AuthConfig;
use helios_persistence::backends::sqlite::{SqliteBackend, SqliteBackendConfig};
use helios_rest::{AuthMiddlewareState, ServerConfig, create_app_with_auth_bulk_and_settings};
use http_body_util::BodyExt;
use serde_json::Value;
use std::{path::Path, sync::Arc, time::Duration};
use tower::ServiceExt;

/// Helios keeps practices apart by tenant; here is only one.
pub(crate) const TENANT: &str = "default";
/// Largest request body, in bytes: a seed's transaction is about one megabyte.
pub(crate) const LARGEST_BODY: usize = 32 * 1024 * 1024;
/// Seconds for one request: a seed's transaction takes four in a debug build on an idle machine.
const REQUEST_SECONDS: u64 = 180;
/// How often the write-ahead log is looked at.
const WAL_EVERY: Duration = Duration::from_secs(2);

/// The FHIR server.
#[derive(Clone)]
pub(crate) struct Engine {
    backend: Arc<SqliteBackend>,
    router: Router,
    access: Arc<AccessTokens>,
}

impl Engine {
    /// Opens the database in `data`, with `search-parameters-r4.json` beside it, and puts Helios
    /// over it. `base_url` is what its links name.
    pub(crate) fn open(data: &Path, base_url: &str, access: Arc<AccessTokens>, nudges: &Nudges) -> Result<Self, Error> {
        let database = |e: helios_persistence::error::StorageError| Error::Database(e.to_string());
        let backend = SqliteBackend::with_config(
            data.join("practice.db"),
            SqliteBackendConfig { data_dir: Some(data.to_owned()), ..Default::default() },
        )
        .map_err(database)?;
        backend.init_schema().map_err(database)?;
        let backend = Arc::new(backend);
        let config = ServerConfig {
            base_url: base_url.to_owned(),
            data_dir: Some(data.to_owned()),
            max_body_size: LARGEST_BODY,
            request_timeout: REQUEST_SECONDS,
            // No browser page of another origin has business here.
            enable_cors: false,
            ui_enabled: false,
            sof_enabled: false,
            nl_search_enabled: false,
            seed_conformance: false,
            ..Default::default()
        };
        let origin = base_url.trim_end_matches("/fhir");
        let auth = AuthConfig {
            enabled: true,
            expected_issuer: Some(origin.to_owned()),
            smart_authorize_endpoint: Some(format!("{origin}/auth/authorize")),
            smart_token_endpoint: Some(format!("{origin}/auth/token")),
            smart_revocation_endpoint: Some(format!("{origin}/auth/revoke")),
            ..Default::default()
        };
        let state = AuthMiddlewareState {
            provider: Arc::clone(&access) as Arc<dyn helios_auth::AuthProvider>,
            config: Arc::new(auth.clone()),
            audit_sink: Arc::new(NullSink),
            audit_source_observer: "Organization/practice".into(),
            audit_exclusion_filter: ExclusionFilter::new(vec![]),
            tenant_url_routing: false,
            sessions: None,
        };
        let helios = create_app_with_auth_bulk_and_settings(
            Arc::clone(&backend),
            config,
            auth,
            Some(Arc::new(state)),
            None,
            None,
            None,
            None,
        );
        let audit = Audit::new(Arc::clone(&backend), Arc::clone(&access), base_url);
        let fhir = Router::new()
            .route("/AuditEvent", post(audit::create).with_state(audit).fallback_service(helios.clone()))
            .fallback_service(helios);
        Ok(Self { backend, router: nudge::watched(fhir, nudges.clone(), Arc::clone(&access), origin), access })
    }

    /// The FHIR interface, to be nested under `/fhir`.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// A request of the practice's own; `path` is below the FHIR base and may carry a query.
    pub(crate) async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let refused = |status| Error::Refused {
            method: method.clone(),
            path: path.split('?').next().unwrap_or_default().to_owned(),
            status,
        };
        let impossible = |_| refused(StatusCode::INTERNAL_SERVER_ERROR);
        let token = self
            .access
            .issue(Access::of_the_practice(), Utc::now())
            .map_err(|_| refused(StatusCode::SERVICE_UNAVAILABLE))?;
        let content_type = match method {
            Method::PATCH => "application/json-patch+json",
            _ => "application/fhir+json",
        };
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .header(header::CONTENT_TYPE, content_type)
            .body(body.map_or_else(Body::empty, |b| Body::from(b.to_string())))
            .map_err(impossible)?;
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        self.access.forget(&token);
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status));
        }
        let bytes = response.into_body().collect().await.map_err(|_| refused(status))?.to_bytes();
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| refused(status))
    }

    /// Keeps the write-ahead log short until dropped (aborted).
    pub(crate) async fn keep_wal_short(self) {
        let mut ticks = tokio::time::interval(WAL_EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = self.backend.maintain_wal().await {
                tracing::warn!(%error, "the write-ahead log could not be shortened");
            }
        }
    }

    /// Folds the write-ahead log back, for a clean end.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.backend.checkpoint_wal_at_shutdown().await {
            tracing::warn!(%error, "the write-ahead log could not be folded back");
        }
    }
}
