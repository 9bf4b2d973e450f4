//! A small FHIR server that is right in everything that the quirks make wrong: the upstream of the tests.
//!
//! Its clock stands still but for a second per write, so that what tests see never depends on the day.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use tern_unruly::Time;
use tokio::sync::Barrier;

use crate::records::{Outcome, Records};

/// The clock of a test, shared by practice and proxy.
#[derive(Clone)]
pub(crate) struct StandingClock(Arc<Mutex<DateTime<Utc>>>);

impl StandingClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(text.parse().unwrap())))
    }

    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Time for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A request as the practice saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Clone)]
pub(crate) struct Practice {
    pub(crate) clock: StandingClock,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    records: Arc<Mutex<Records>>,
    /// Where creates wait for each other, if a test says so.
    gate: Arc<Mutex<Option<Arc<Barrier>>>>,
    pub(crate) origin: String,
}

impl Practice {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let practice = Self {
            clock: StandingClock::at("2026-03-04T10:00:00Z"),
            seen: Arc::default(),
            records: Arc::new(Mutex::new(Records::new(format!("{origin}/fhir")))),
            gate: Arc::default(),
            origin,
        };
        let answering = practice.clone();
        let router = Router::new().fallback(move |request| {
            let practice = answering.clone();
            async move { practice.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        practice
    }

    /// Makes every `POST` wait until so many are there.
    pub(crate) fn gather_creates(&self, count: usize) {
        *self.gate.lock().unwrap() = Some(Arc::new(Barrier::new(count)));
    }

    pub(crate) fn last_seen(&self) -> Seen {
        self.seen.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn times_seen(&self, method: &str, path: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| seen.method == *method && seen.uri.path() == path).count()
    }

    /// The newest version of a resource, as the practice holds it.
    pub(crate) fn holds(&self, kind: &str, id: &str) -> Option<Value> {
        self.records.lock().unwrap().current(kind, id).cloned()
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.records.lock().unwrap().all(kind).len()
    }

    /// Writes as the practice's own people do, past the proxy.
    pub(crate) fn write(&self, kind: &str, id: &str, resource: Value) {
        self.clock.forward(Duration::seconds(1));
        self.records.lock().unwrap().put(kind, id, resource, self.clock.now());
    }

    async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        let upgrade = request.headers().contains_key("upgrade").then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let seen = Seen { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        self.seen.lock().unwrap().push(seen.clone());
        if let Some(upgrade) = upgrade {
            return crate::push::greet(upgrade);
        }
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate.filter(|_| seen.method == Method::POST) {
            gate.wait().await;
        }
        let mut response = self.other(&seen).unwrap_or_else(|| self.fhir(&seen));
        let date = self.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.headers_mut().insert("date", date.parse().unwrap());
        response
    }

    /// What isn't FHIR, and what is but holds no records.
    fn other(&self, seen: &Seen) -> Option<Response<Body>> {
        let origin = &self.origin;
        let json_of = |value: Value| (StatusCode::OK, "application/json", value.to_string());
        let (status, kind, body) = match seen.uri.path() {
            "/auth/token" => json_of(json!({"access_token": "t", "scope": "openid user/*.rs user/Task.cruds"})),
            "/auth/authorize" => {
                let iss: String = form_urlencoded::byte_serialize(format!("{origin}/fhir").as_bytes()).collect();
                let location = format!("http://127.0.0.1:5/callback?code=c&iss={iss}");
                return Some(Response::builder().status(302).header("location", location).body(Body::empty()).unwrap());
            }
            "/fhir/.well-known/smart-configuration" => json_of(json!({
                "token_endpoint": format!("{origin}/auth/token"),
                "scopes_supported": ["openid", "user/*.read", "user/*.rs"],
                "capabilities": ["permission-v1", "permission-v2"],
            })),
            "/fhir/metadata" => json_of(crate::records::capability_statement()),
            "/fhir/$echo" => {
                let kind = seen.headers.get("content-type").cloned();
                let mut response = Response::new(Body::from(seen.body.clone()));
                response.headers_mut().extend(kind.map(|kind| (axum::http::header::CONTENT_TYPE, kind)));
                return Some(response);
            }
            "/fhir/Binary/photo" => (StatusCode::OK, "image/png", "PNG".into()),
            _ => return None,
        };
        Some(Response::builder().status(status).header("content-type", kind).body(Body::from(body)).unwrap())
    }

    fn fhir(&self, seen: &Seen) -> Response<Body> {
        if seen.method != Method::GET {
            self.clock.forward(Duration::seconds(1));
        }
        let mut records = self.records.lock().unwrap();
        let condition = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let outcome = records.answer(&seen.method, &seen.uri.to_string(), &seen.body, &condition, self.clock.now());
        respond(outcome)
    }
}

fn respond(outcome: Outcome) -> Response<Body> {
    let mut response = Response::builder().status(outcome.status).header("content-type", "application/fhir+json");
    for (name, value) in [("etag", outcome.etag), ("location", outcome.location)] {
        if let Some(value) = value {
            response = response.header(name, value);
        }
    }
    let body = outcome.body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    response.body(body).unwrap()
}
