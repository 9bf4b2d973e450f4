//! Why no token is given, as RFC 6749 (5.2) words it.

use super::clients::NotBelieved;
use crate::Error;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why the token or the revocation endpoint does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// An error code of OAuth's, and a few words for whoever writes the client.
    #[error("{1}")]
    Oauth(&'static str, &'static str),
    /// The client did not prove itself: `invalid_client`.
    #[error(transparent)]
    Client(#[from] NotBelieved),
    /// The practice cannot keep what it would have to.
    #[error(transparent)]
    Practice(#[from] Error),
    /// The system has none, or stopped the work.
    #[error("no randomness")]
    Randomness(#[from] std::io::Error),
}

impl Refusal {
    /// A request that is no form, or says one thing twice (RFC 6749, 3.2).
    pub(super) const MALFORMED: Self =
        Self::Oauth("invalid_request", "the body is no form that names each parameter once");
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, words) = match &self {
            Self::Oauth(error, words) => (StatusCode::BAD_REQUEST, *error, *words),
            Self::Client(_) => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "the client is not known or did not prove itself")
            }
            Self::Practice(_) | Self::Randomness(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the practice cannot keep a sign-in now")
            }
        };
        tracing::info!(error, reason = %self, "no token was given");
        let body = serde_json::json!({"error": error, "error_description": words});
        let mut response = not_stored((status, Json(body)).into_response());
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// An answer that nobody on the way may keep (RFC 6749, 5.1).
pub(super) fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
