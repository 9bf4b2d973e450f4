//! Nudges: R4 Subscriptions over a websocket, so that a client need not ask every few seconds.
//!
//! As R4 has it (*Subscription*, channel type `websocket`):
//!
//! ```text
//!   POST [base]/Subscription   {status: requested, criteria: "Communication?", reason: …,
//!                               channel: {type: websocket}}          → 201, status active, id S
//!   GET  [base]/metadata       rest.extension capabilitystatement-websocket  → the socket's URL
//!   connect, with the Authorization header that every FHIR request carries
//!     →  bind S                                                      ←  bound S
//!                                                                    ←  ping S   (at each change)
//! ```
//!
//! A ping says *something of this type was written*, no more: the criteria's parameters are not
//! evaluated, pings that wait together become one, and a client that falls behind gets one for all
//! it missed. It is a nudge to read, never the news itself.
//!
//! Helios brings a subscriptions engine of its own, left out for three reasons: it knows only the
//! R5 backport, whose SubscriptionTopic its R4 does not store; its filters are not evaluated either;
//! and conditional writes do not reach it. Watching the HTTP interface sees every write.
//!
//! Only `websocket` is taken. A `rest-hook` would make this server call out, which it never does.

mod socket;

use crate::{outcome, smart::access::AccessTokens};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Where the socket is.
const PATH: &str = "/websocket";
/// Writes that may wait for a slow subscriber before it is told "many".
const WAITING: usize = 256;
/// The extension of a CapabilityStatement's `rest` that names the socket.
const WEBSOCKET_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Written {
    /// Resources of one type.
    Type(String),
    /// Of any type: a body we could not look into.
    Any,
}

/// Who is told of writes.
#[derive(Clone)]
pub(crate) struct Nudges {
    written: broadcast::Sender<Written>,
}

impl Nudges {
    /// Nobody listens yet.
    pub(crate) fn new() -> Self {
        Self { written: broadcast::channel(WAITING).0 }
    }

    fn tell(&self, written: Vec<Written>) {
        for written in written {
            // An error means that nobody listens.
            let _ = self.written.send(written);
        }
    }
}

/// The socket's route.
pub(crate) fn router(nudges: &Nudges, engine: &crate::engine::Engine, access: &Arc<AccessTokens>) -> Router {
    let state = socket::Socket::new(nudges.clone(), engine.clone(), Arc::clone(access));
    Router::new().route(PATH, get(socket::connect)).with_state(state)
}

#[derive(Clone)]
struct Watch {
    nudges: Nudges,
    websocket_url: Arc<str>,
}

/// `fhir` with every successful write told to `nudges`. `origin` is `https://host:port`.
pub(crate) fn watched(fhir: Router, nudges: Nudges, origin: &str) -> Router {
    let websocket_url = format!("{}{PATH}", origin.replacen("https://", "wss://", 1)).into();
    let watch = Watch { nudges, websocket_url };
    fhir.layer(from_fn_with_state(watch, pass))
}

/// What a request is, as far as nudging goes.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    /// The CapabilityStatement.
    Metadata,
    /// A transaction or batch.
    Bundle,
    /// A Subscription is created or replaced.
    Subscribe,
    /// One resource of this type is written.
    Write(&'a str),
    /// Nothing is.
    Read,
}

impl<'a> Kind<'a> {
    fn of(method: &Method, path: &'a str) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (first, second) = (segments.next(), segments.next());
        let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
        match (first, second) {
            (Some("metadata"), None) if method == Method::GET => Self::Metadata,
            (None, None) if method == Method::POST => Self::Bundle,
            (_, Some(second)) if second.starts_with(['_', '$']) => Self::Read,
            (Some("Subscription"), _) if method == Method::POST || method == Method::PUT => Self::Subscribe,
            (Some(of), _) if writes && !of.starts_with(['_', '$']) => Self::Write(of),
            _ => Self::Read,
        }
    }
}

async fn pass(State(watch): State<Watch>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match Kind::of(request.method(), &path) {
        Kind::Read => next.run(request).await,
        Kind::Metadata => metadata(&watch, request, next).await,
        Kind::Write(of) => {
            let response = next.run(request).await;
            if response.status().is_success() {
                watch.nudges.tell(vec![Written::Type(of.to_owned())]);
            }
            response
        }
        Kind::Bundle => {
            let (request, body) = match opened(request).await {
                Ok(opened) => opened,
                Err(refused) => return *refused,
            };
            let response = next.run(request).await;
            if response.status().is_success() {
                watch.nudges.tell(written_by(&body));
            }
            response
        }
        Kind::Subscribe => match activated(request).await {
            Ok(request) => next.run(request).await,
            Err(refused) => *refused,
        },
    }
}

/// A request whose body was read, and the body.
async fn opened(request: Request) -> Result<(Request, Bytes), Box<Response>> {
    let (parts, body) = request.into_parts();
    match body.collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            Ok((Request::from_parts(parts, Body::from(body.clone())), body))
        }
        Err(_) => Err(Box::new(outcome::outcome(StatusCode::BAD_REQUEST, "incomplete", "the body broke off"))),
    }
}

/// The types that a Bundle's entries write.
fn written_by(body: &[u8]) -> Vec<Written> {
    #[derive(Deserialize)]
    struct Bundle {
        #[serde(default)]
        entry: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        request: Option<EntryRequest>,
    }
    #[derive(Deserialize)]
    struct EntryRequest {
        method: String,
        url: String,
    }
    let Ok(bundle) = serde_json::from_slice::<Bundle>(body) else {
        // Compressed, or not JSON: Helios took it, so something was written.
        return vec![Written::Any];
    };
    let mut types: Vec<String> = bundle
        .entry
        .into_iter()
        .filter_map(|entry| entry.request)
        .filter(|request| request.method != "GET" && request.method != "HEAD")
        .filter_map(|request| {
            let of = request.url.split(['/', '?']).next()?;
            (!of.is_empty()).then(|| of.to_owned())
        })
        .collect();
    types.sort_unstable();
    types.dedup();
    types.into_iter().map(Written::Type).collect()
}

/// A Subscription as the server takes it: `requested` becomes `active`; another channel than the
/// websocket is refused.
async fn activated(request: Request) -> Result<Request, Box<Response>> {
    let (request, body) = opened(request).await?;
    let Ok(mut subscription) = serde_json::from_slice::<Value>(&body) else {
        // Helios says what is wrong with it.
        return Ok(request);
    };
    let channel = subscription.pointer("/channel/type").and_then(Value::as_str);
    if channel != Some("websocket") {
        return Err(Box::new(outcome::outcome(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not-supported",
            "the only channel here is websocket: this server calls nobody",
        )));
    }
    if subscription["status"] == "requested" {
        subscription["status"] = json!("active");
    }
    let (mut parts, _) = request.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Request::from_parts(parts, Body::from(subscription.to_string())))
}

/// The CapabilityStatement, with where the socket is and that AuditEvents are taken.
async fn metadata(watch: &Watch, mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    let (mut parts, body) = next.run(request).await.into_parts();
    let Ok(body) = body.collect().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let body = body.to_bytes();
    let Ok(mut statement) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    describe(&mut statement, &watch.websocket_url);
    parts.headers.remove(header::CONTENT_LENGTH);
    let content_type = parts.headers.remove(header::CONTENT_TYPE);
    let mut response = (parts, Json(statement)).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type.unwrap_or(HeaderValue::from_static("application/fhir+json")));
    response
}

fn describe(statement: &mut Value, websocket_url: &str) {
    let Some(rest) = statement.pointer_mut("/rest/0") else {
        return;
    };
    let socket = json!({"url": WEBSOCKET_EXTENSION, "valueUri": websocket_url});
    match rest["extension"].as_array_mut() {
        Some(extensions) => extensions.push(socket),
        None => rest["extension"] = json!([socket]),
    }
    let resources = rest["resource"].as_array_mut();
    let audit = resources.and_then(|resources| resources.iter_mut().find(|resource| resource["type"] == "AuditEvent"));
    let create = json!({"code": "create"});
    if let Some(interactions) = audit.and_then(|audit| audit["interaction"].as_array_mut())
        && !interactions.contains(&create)
    {
        interactions.push(create);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_told_from_a_read() {
        for (method, path, kind) in [
            (Method::POST, "/Communication", Kind::Write("Communication")),
            (Method::PUT, "/Task/1", Kind::Write("Task")),
            (Method::PATCH, "/Task/1", Kind::Write("Task")),
            (Method::DELETE, "/Task/1", Kind::Write("Task")),
            (Method::PUT, "/Task", Kind::Write("Task")),
            (Method::POST, "/", Kind::Bundle),
            (Method::POST, "/Subscription", Kind::Subscribe),
            (Method::PATCH, "/Subscription/1", Kind::Write("Subscription")),
            (Method::GET, "/metadata", Kind::Metadata),
            (Method::GET, "/Task", Kind::Read),
            (Method::POST, "/Task/_search", Kind::Read),
            (Method::POST, "/Patient/$everything", Kind::Read),
            (Method::POST, "/_history", Kind::Read),
        ] {
            assert_eq!(Kind::of(&method, path), kind, "{method} {path}");
        }
    }

    #[test]
    fn a_bundle_tells_each_type_once_and_one_that_cannot_be_read_tells_any() {
        let bundle = json!({"entry": [
            {"request": {"method": "PUT", "url": "Task/1"}},
            {"request": {"method": "POST", "url": "Communication"}},
            {"request": {"method": "PATCH", "url": "Task?identifier=x"}},
            {"request": {"method": "GET", "url": "Patient/1"}},
            {"resource": {}},
        ]});
        assert_eq!(
            written_by(bundle.to_string().as_bytes()),
            [Written::Type("Communication".into()), Written::Type("Task".into())]
        );
        assert_eq!(written_by(&[0x1f, 0x8b]), [Written::Any]);
    }

    #[test]
    fn the_capability_statement_names_the_socket_and_the_audit() {
        let mut statement = json!({"rest": [{"resource": [
            {"type": "AuditEvent", "interaction": [{"code": "read"}]}
        ]}]});
        describe(&mut statement, "wss://127.0.0.1:1/websocket");
        assert_eq!(statement.pointer("/rest/0/extension/0/valueUri"), Some(&json!("wss://127.0.0.1:1/websocket")));
        assert_eq!(statement.pointer("/rest/0/resource/0/interaction/1/code"), Some(&json!("create")));
    }
}
