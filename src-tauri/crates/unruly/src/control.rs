//! Changing a proxy from another process: `/unruly/quirks` at its root, for whoever has the secret.
//!
//! ```text
//! GET  /unruly/quirks   Authorization: Bearer <secret>     → {"quirks", "offline", "applied"}
//! PUT  /unruly/quirks   {"quirks": "etag-weak,delay=50", "offline": false}, each optional → the same
//! ```
//!
//! It works while the server is offline, as somebody must be able to bring it back.

use axum::body::{Body, to_bytes};
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, Request as HttpRequest, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::exchange::Answer;
use crate::proxy::Handle;
use crate::quirks::Quirks;

/// The path of the control endpoint, from the root.
pub const CONTROL_PATH: &str = "/unruly/quirks";

const LONGEST: usize = 64 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    quirks: Option<String>,
    offline: Option<bool>,
}

/// Answers a request to the control endpoint.
pub(crate) async fn answer(handle: &Handle, secret: &str, request: HttpRequest<Body>) -> Answer {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given.and_then(|value| value.strip_prefix("Bearer ")) != Some(secret) {
        return refusal(StatusCode::UNAUTHORIZED, "the control secret is missing or wrong");
    }
    match *request.method() {
        Method::GET => Answer::json(StatusCode::OK, state(handle)),
        Method::PUT => match read(request.into_body()).await {
            Ok((quirks, offline)) => {
                if let Some(quirks) = quirks {
                    handle.set(quirks);
                }
                if let Some(offline) = offline {
                    handle.offline(offline);
                }
                Answer::json(StatusCode::OK, state(handle))
            }
            Err(reason) => refusal(StatusCode::BAD_REQUEST, &reason),
        },
        _ => refusal(StatusCode::METHOD_NOT_ALLOWED, "GET or PUT"),
    }
}

async fn read(body: Body) -> Result<(Option<Quirks>, Option<bool>), String> {
    let bytes = to_bytes(body, LONGEST).await.map_err(|_| "the body can't be read".to_owned())?;
    let change: Change = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let quirks = change.quirks.map(|list| list.parse::<Quirks>()).transpose().map_err(|error| error.to_string())?;
    Ok((quirks, change.offline))
}

fn state(handle: &Handle) -> Value {
    let applied: Map<String, Value> =
        handle.applied().into_iter().map(|(quirk, count)| (quirk.to_string(), count.into())).collect();
    json!({"quirks": handle.quirks().to_string(), "offline": handle.is_offline(), "applied": applied})
}

fn refusal(status: StatusCode, reason: &str) -> Answer {
    Answer::json(status, json!({"error": reason}))
}
