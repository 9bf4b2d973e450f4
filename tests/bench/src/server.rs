//! The bench's own server: HTTPS, and pages that were made before.
//!
//! It answers searches with [`Corpus`] pages as fast as they can be sent, so that what is measured is never it. It
//! knows what the engine asks while pulling and what starting a touch writes (a claim on a `Task`); the rest is
//! handed to a practice behind it, where there is one, which then brings what this one lacks: sign-in, people,
//! push. Without one, the rest is not found.

use std::{
    collections::HashMap,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{Method, Request, Response, StatusCode, header},
};
use axum_server::{
    accept::NoDelayAcceptor,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use chrono::{SecondsFormat, Utc};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::{Value, json};
use tern_journeys::practice::Ready;
use tern_unruly::{Unruly, UnrulyService, Upstream};
use tower::ServiceExt as _;
use url::Url;

use crate::{Failure, corpus::Corpus};

/// The largest change that is read: a claim.
const LARGEST_CHANGE: usize = 1 << 20;

/// A listening server.
pub(crate) struct Server {
    /// FHIR base URL.
    pub(crate) base_url: String,
    /// Whom to trust: its own certificate, and the authority of the practice behind it.
    pub(crate) ca_file: PathBuf,
    handle: axum_server::Handle<std::net::SocketAddr>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Server {
    /// Listens on a free port of 127.0.0.1; its certificate goes into `folder`.
    ///
    /// # Errors
    /// When there is no port, or the practice's authority cannot be read.
    pub(crate) fn start(corpus: Arc<Corpus>, folder: &Path, behind: Option<&Ready>) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let origin = Url::parse(&format!("https://{}", listener.local_addr()?))?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?.self_signed(&key)?;
        let ca_file = folder.join("bench-ca.pem");
        let mut trusted = certificate.pem().into_bytes();
        let mut practice = None;
        if let Some(ready) = behind {
            let authority = std::fs::read(&ready.ca_file)?;
            let upstream = Upstream::new(&ready.base_url.parse()?, Some(&authority))?;
            practice = Some(Unruly::new(upstream, "".parse()?, 1).service(&origin, None));
            trusted.extend_from_slice(&authority);
        }
        std::fs::write(&ca_file, trusted)?;
        let tls = tls(certificate.pem().as_bytes(), key.serialize_pem().as_bytes())?;
        let desk = Arc::new(Desk { corpus, changed: Mutex::default(), practice });
        let routes = Router::new().fallback(move |request: Request<Body>| async move { desk.answer(request).await });
        let handle = axum_server::Handle::new();
        let acceptor = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
        let serving = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(handle.clone());
        tokio::spawn(serving.serve(routes.into_make_service()));
        Ok(Self { base_url: format!("{}fhir", origin), ca_file, handle })
    }
}

fn tls(certificate: &[u8], key: &[u8]) -> Result<RustlsConfig, Failure> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

struct Desk {
    corpus: Arc<Corpus>,
    /// Work items that were written, by id.
    changed: Mutex<HashMap<String, Value>>,
    practice: Option<UnrulyService>,
}

impl Desk {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path().trim_start_matches("/fhir").trim_start_matches('/').to_owned();
        let (kind, id) = path.split_once('/').unwrap_or((&path, ""));
        // Whoever may sign in, and the pools they work in, are the practice's own, where there is one.
        let ours = match &self.practice {
            Some(_) => matches!(kind, "Patient" | "Communication" | "Task"),
            None => self.corpus.has(kind),
        };
        match (request.method(), id) {
            (&Method::GET, "") if ours => self.search(kind, request.uri().query().unwrap_or_default()),
            (&Method::GET, "_history") if ours => json_of(StatusCode::OK, &empty("history")),
            (&Method::GET, id) if ours && kind == "Task" => match self.task(id) {
                Some(task) => resource(&task),
                None => plain(StatusCode::NOT_FOUND),
            },
            (&Method::PATCH | &Method::PUT, id) if ours && kind == "Task" => self.change(id, request).await,
            (&Method::GET, "") if kind == "metadata" && self.practice.is_none() => {
                json_of(StatusCode::OK, &statement())
            }
            _ => match &self.practice {
                Some(practice) => match practice.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(_) => plain(StatusCode::BAD_GATEWAY),
                },
                None => plain(StatusCode::NOT_FOUND),
            },
        }
    }

    /// A page, and nothing for whoever asks for what is newer: nothing is.
    fn search(&self, kind: &str, query: &str) -> Response<Body> {
        if query.contains("_lastUpdated=") {
            return json_of(StatusCode::OK, &empty("searchset"));
        }
        let number = query.split('&').find_map(|pair| pair.strip_prefix("_page=")?.parse().ok()).unwrap_or(0);
        match self.corpus.page(kind, number) {
            Some(page) => respond(StatusCode::OK, page),
            None => plain(StatusCode::NOT_FOUND),
        }
    }

    fn task(&self, id: &str) -> Option<Value> {
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        changed.or_else(|| self.corpus.find("Task", id))
    }

    /// A claim and what follows it: the new version, by JSON Patch (RFC 6902) or whole.
    async fn change(&self, id: &str, request: Request<Body>) -> Response<Body> {
        let is_patch = request.method() == Method::PATCH;
        let Some(mut task) = self.task(id) else { return plain(StatusCode::NOT_FOUND) };
        let version: u64 = task["meta"]["versionId"].as_str().and_then(|version| version.parse().ok()).unwrap_or(1);
        let Ok(body) = to_bytes(request.into_body(), LARGEST_CHANGE).await else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let done = if is_patch {
            serde_json::from_slice::<json_patch::Patch>(&body)
                .is_ok_and(|patch| json_patch::patch(&mut task, &patch).is_ok())
        } else {
            serde_json::from_slice(&body).map(|whole| task = whole).is_ok()
        };
        if !done {
            return plain(StatusCode::UNPROCESSABLE_ENTITY);
        }
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        task["meta"] = json!({"versionId": (version + 1).to_string(), "lastUpdated": now});
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), task.clone());
        resource(&task)
    }
}

fn empty(kind: &str) -> Value {
    json!({"resourceType": "Bundle", "type": kind, "entry": []})
}

fn statement() -> Value {
    let kind = |name: &str| json!({"type": name, "interaction": [{"code": "read"}, {"code": "search-type"}, {"code": "history-type"}]});
    json!({
        "resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "fhirVersion": "4.0.1",
        "format": ["json"], "date": "2026-01-01",
        "rest": [{"mode": "server", "resource": [kind("Communication"), kind("Task"), kind("Patient")]}]
    })
}

fn resource(resource: &Value) -> Response<Body> {
    let mut response = json_of(StatusCode::OK, resource);
    if let Some(version) = resource["meta"]["versionId"].as_str()
        && let Ok(tag) = format!("W/\"{version}\"").parse()
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn json_of(status: StatusCode, value: &Value) -> Response<Body> {
    respond(status, value.to_string().into())
}

fn plain(status: StatusCode) -> Response<Body> {
    json_of(
        status,
        &json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}),
    )
}

fn respond(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/fhir+json"));
    if let Ok(date) = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
        headers.insert(header::DATE, date);
    }
    response
}
