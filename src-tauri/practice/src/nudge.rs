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
mod written;

use crate::{engine::LARGEST_BODY, outcome, smart::access::AccessTokens};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::Utc;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast;
use written::{Kind, Written, written_by};

/// Where the socket is.
const PATH: &str = "/websocket";
/// Writes that may wait for a slow subscriber before it is told "many".
const WAITING: usize = 256;
/// The extension of a CapabilityStatement's `rest` that names the socket.
const WEBSOCKET_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket";

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
    access: Arc<AccessTokens>,
    websocket_url: Arc<str>,
}

/// `fhir` with every successful write told to `nudges`. `access` says whose bodies are read, `origin` is
/// `https://host:port`.
pub(crate) fn watched(fhir: Router, nudges: Nudges, access: Arc<AccessTokens>, origin: &str) -> Router {
    let websocket_url = format!("{}{PATH}", origin.replacen("https://", "wss://", 1)).into();
    let watch = Watch { nudges, access, websocket_url };
    fhir.layer(from_fn_with_state(watch, pass))
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
            let (request, body) = match opened(&watch, request).await {
                Ok(opened) => opened,
                Err(refused) => return *refused,
            };
            let response = next.run(request).await;
            if response.status().is_success() {
                watch.nudges.tell(written_by(&body));
            }
            response
        }
        Kind::Subscribe => match activated(&watch, request).await {
            Ok(request) => next.run(request).await,
            Err(refused) => *refused,
        },
    }
}

/// A request whose body was read, and the body. We stand before Helios, so what it would refuse unread (a stranger,
/// an endless body) is refused here.
async fn opened(watch: &Watch, request: Request) -> Result<(Request, Bytes), Box<Response>> {
    let (parts, body) = request.into_parts();
    if watch.access.bearing(&parts.headers, Utc::now()).is_none() {
        return Err(Box::new(outcome::unauthorized()));
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            Ok((Request::from_parts(parts, Body::from(body.clone())), body))
        }
        Err(error) if error.is::<LengthLimitError>() => {
            let words = "the body is larger than this server takes";
            Err(Box::new(outcome::outcome(StatusCode::PAYLOAD_TOO_LARGE, "too-long", words)))
        }
        Err(_) => Err(Box::new(outcome::outcome(StatusCode::BAD_REQUEST, "incomplete", "the body broke off"))),
    }
}

/// A Subscription as the server takes it: `requested` becomes `active`; another channel than the
/// websocket is refused.
async fn activated(watch: &Watch, request: Request) -> Result<Request, Box<Response>> {
    let (request, body) = opened(watch, request).await?;
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
    fn the_capability_statement_names_the_socket_and_the_audit() {
        let mut statement = json!({"rest": [{"resource": [
            {"type": "AuditEvent", "interaction": [{"code": "read"}]}
        ]}]});
        describe(&mut statement, "wss://127.0.0.1:1/websocket");
        assert_eq!(statement.pointer("/rest/0/extension/0/valueUri"), Some(&json!("wss://127.0.0.1:1/websocket")));
        assert_eq!(statement.pointer("/rest/0/resource/0/interaction/1/code"), Some(&json!("create")));
    }
}
