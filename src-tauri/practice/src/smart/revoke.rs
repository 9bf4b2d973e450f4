//! Revocation (RFC 7009): signing out.

use super::{
    AuthorizationServer,
    clients::{ClientId, Proof},
    lock,
    origin::Origin,
    refusal::{Refusal, not_stored},
    token::authorization,
};
use crate::secrets::Secret;
use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::sync::Arc;

/// Where it is.
pub(super) const PATH: &str = "/auth/revoke";

/// The body of a revocation.
#[derive(Deserialize)]
pub(super) struct Ask {
    token: Option<Secret>,
    #[serde(flatten)]
    proof: Proof,
}

/// `POST /auth/revoke`: always 200 for a client that proved itself, whatever the token was.
pub(super) async fn revoke(
    State(server): State<Arc<AuthorizationServer>>,
    origin: Origin,
    headers: HeaderMap,
    ask: Result<Form<Ask>, FormRejection>,
) -> Response {
    let Ok(Form(ask)) = ask else {
        return Refusal::MALFORMED.into_response();
    };
    let authorization = authorization(&headers);
    let revoked =
        tokio::task::spawn_blocking(move || server.revoke(authorization.as_deref(), &ask, &origin, Utc::now())).await;
    match revoked {
        Ok(Ok(())) => not_stored(StatusCode::OK.into_response()),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(stopped) => Refusal::Randomness(stopped.into()).into_response(),
    }
}

impl AuthorizationServer {
    fn revoke(
        &self,
        authorization: Option<&str>,
        ask: &Ask,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let client = self.clients.recognise(authorization, &ask.proof, &origin.at(PATH), now)?;
        let Some(token) = &ask.token else {
            return Err(Refusal::Oauth("invalid_request", "token is missing"));
        };
        self.access.revoke(token.expose(), client);
        if client == ClientId::Desktop {
            // Held until the access tokens are gone too: a refresh at the same moment issues none in between.
            let mut families = lock(&self.families);
            if let Some(family) = families.revoke(token.expose())? {
                self.access.revoke_family(family);
            }
        }
        Ok(())
    }
}
