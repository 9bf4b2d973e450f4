//! The token endpoint (RFC 6749, 3.2) and revocation (RFC 7009).

use super::{
    AuthorizationServer,
    access::Access,
    authorize::Redeemed,
    clients::{ClientId, NotBelieved, Proof},
    families::Rotation,
    keys::Subject,
    lock,
};
use crate::{Error, secrets::Secret};
use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// The body of a token request.
#[derive(Deserialize)]
pub(super) struct Ask {
    grant_type: Option<String>,
    code: Option<Secret>,
    redirect_uri: Option<String>,
    code_verifier: Option<Secret>,
    refresh_token: Option<Secret>,
    scope: Option<String>,
    #[serde(flatten)]
    proof: Proof,
}

/// The body of a revocation.
#[derive(Deserialize)]
pub(super) struct Revoke {
    token: Option<Secret>,
    #[serde(flatten)]
    proof: Proof,
}

/// RFC 6749, 5.1, with what OpenID Connect and SMART add.
#[derive(Serialize)]
pub(super) struct Granted {
    access_token: Secret,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Why no token is given (RFC 6749, 5.2).
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{1}")]
    Oauth(&'static str, &'static str),
    #[error(transparent)]
    Client(#[from] NotBelieved),
    #[error(transparent)]
    Practice(#[from] Error),
    #[error("no randomness")]
    Randomness(#[from] std::io::Error),
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

/// `POST /auth/token`.
pub(super) async fn token(
    State(server): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    Form(ask): Form<Ask>,
) -> Response {
    let authorization = authorization(&headers);
    let origin = forwarded(&headers).unwrap_or_else(|| server.origin.clone());
    // A sign-in is flushed to the disk before its token leaves.
    let exchanged =
        tokio::task::spawn_blocking(move || server.exchange(authorization.as_deref(), ask, &origin, Utc::now())).await;
    match exchanged {
        Ok(Ok(granted)) => not_stored(Json(granted).into_response()),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(stopped) => Refusal::Randomness(stopped.into()).into_response(),
    }
}

/// `POST /auth/revoke`: always 200 for a client that proved itself, whatever the token was.
pub(super) async fn revoke(
    State(server): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    Form(ask): Form<Revoke>,
) -> Response {
    let authorization = authorization(&headers);
    let revoked = tokio::task::spawn_blocking(move || server.revoke(authorization.as_deref(), &ask, Utc::now())).await;
    match revoked {
        Ok(Ok(())) => not_stored(StatusCode::OK.into_response()),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(stopped) => Refusal::Randomness(stopped.into()).into_response(),
    }
}

impl AuthorizationServer {
    /// `origin` is ours as the client sees it.
    fn exchange(
        &self,
        authorization: Option<&str>,
        ask: Ask,
        origin: &str,
        now: DateTime<Utc>,
    ) -> Result<Granted, Refusal> {
        let endpoint = format!("{origin}/auth/token");
        let client = self.clients.recognise(authorization, &ask.proof, &endpoint, now)?;
        match (ask.grant_type.as_deref(), client) {
            (Some("authorization_code"), ClientId::Desktop) => self.redeem(&ask, origin, now),
            (Some("refresh_token"), ClientId::Desktop) => self.refresh(&ask, origin, now),
            (Some("client_credentials"), ClientId::Agent) => self.credentials(&ask, now),
            (
                Some("authorization_code" | "refresh_token" | "client_credentials"),
                ClientId::Desktop | ClientId::Agent,
            ) => Err(Refusal::Oauth("unauthorized_client", "this client has no such grant")),
            _ => Err(Refusal::Oauth("unsupported_grant_type", "no such grant")),
        }
    }

    /// A code becomes a sign-in.
    fn redeem(&self, ask: &Ask, origin: &str, now: DateTime<Utc>) -> Result<Granted, Refusal> {
        let invalid = Refusal::Oauth("invalid_grant", "the code does not hold");
        let code = ask.code.as_ref().map_or("", Secret::expose);
        let redeemed = lock(&self.codes).redeem(code, now);
        let grant = match redeemed {
            Redeemed::Good(grant) => grant,
            Redeemed::Again(bought) => {
                if let Some(family) = bought {
                    self.end(family)?;
                }
                return Err(invalid);
            }
            Redeemed::Unknown => return Err(invalid),
        };
        if ask.redirect_uri.as_deref() != Some(grant.redirect_uri.as_str()) {
            return Err(invalid);
        }
        let verifier = ask.code_verifier.as_ref().map_or("", Secret::expose);
        if !verifies(verifier, &grant.code_challenge) {
            return Err(invalid);
        }
        let scopes: Vec<&str> = grant.scope.split(' ').collect();
        // Without `offline_access` there is no refresh token, but its access token still has a
        // sign-in of its own, so that a code used twice can take it back.
        let (family, token) = if scopes.contains(&"offline_access") {
            let (family, token) = lock(&self.families).begin(&grant.username, &grant.scope, now)?;
            (family, Some(token))
        } else {
            (Uuid::new_v4(), None)
        };
        lock(&self.codes).bought(code, family);
        let identity = (origin, grant.nonce.as_deref());
        self.signed_in(&grant.username, grant.scope.clone(), (family, token), identity, now)
    }

    /// One refresh token becomes the next.
    fn refresh(&self, ask: &Ask, origin: &str, now: DateTime<Utc>) -> Result<Granted, Refusal> {
        let invalid = Refusal::Oauth("invalid_grant", "the refresh token does not hold");
        let presented = ask.refresh_token.as_ref().map_or("", Secret::expose);
        let rotation = lock(&self.families).rotate(presented, now)?;
        match rotation {
            Rotation::Rotated { token, family, sign_in } => {
                let scope = narrowed(&sign_in.scope, ask.scope.as_deref());
                self.signed_in(&sign_in.username, scope, (family, Some(token)), (origin, None), now)
            }
            Rotation::Reused(family) => {
                tracing::warn!(%family, "a refresh token came twice; its sign-in has ended");
                self.access.revoke_family(family);
                Err(invalid)
            }
            Rotation::Unknown => Err(invalid),
        }
    }

    fn credentials(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Granted, Refusal> {
        let scope = ClientId::Agent.grant(ask.scope.as_deref().unwrap_or_default());
        if scope.is_empty() {
            return Err(Refusal::Oauth("invalid_scope", "no scope that is known here"));
        }
        let access = Access {
            client: ClientId::Agent,
            subject: ClientId::Agent.as_str().to_owned(),
            fhir_user: None,
            scope: scope.clone(),
            family: None,
        };
        Ok(Granted {
            access_token: self.access.issue(access, now)?,
            token_type: "Bearer",
            expires_in: self.access.seconds(),
            scope,
            refresh_token: None,
            id_token: None,
        })
    }

    fn signed_in(
        &self,
        username: &str,
        scope: String,
        (family, refresh_token): (Uuid, Option<Secret>),
        (issuer, nonce): (&str, Option<&str>),
        now: DateTime<Utc>,
    ) -> Result<Granted, Refusal> {
        let account =
            self.account(username).ok_or(Refusal::Oauth("invalid_grant", "nobody of this name works here any more"))?;
        let has = |wanted: &str| scope.split(' ').any(|scope| scope == wanted);
        let access = Access {
            client: ClientId::Desktop,
            subject: account.username.clone(),
            fhir_user: has("fhirUser").then(|| format!("{}/{}", self.base_url(), account.practitioner)),
            scope: scope.clone(),
            family: Some(family),
        };
        let subject = Subject { issuer, name: &account.name, nonce };
        let id_token = match has("openid") {
            true => Some(self.key.id_token(&access, &subject, now)?),
            false => None,
        };
        Ok(Granted {
            access_token: self.access.issue(access, now)?,
            token_type: "Bearer",
            expires_in: self.access.seconds(),
            scope,
            refresh_token,
            id_token,
        })
    }

    fn revoke(&self, authorization: Option<&str>, ask: &Revoke, now: DateTime<Utc>) -> Result<(), Refusal> {
        let endpoint = format!("{}/auth/revoke", self.origin);
        let client = self.clients.recognise(authorization, &ask.proof, &endpoint, now)?;
        let token = ask.token.as_ref().map_or("", Secret::expose);
        self.access.revoke(token, client);
        if client == ClientId::Desktop
            && let Some(family) = lock(&self.families).revoke(token)?
        {
            self.access.revoke_family(family);
        }
        Ok(())
    }

    /// Ends a sign-in with everything it bought.
    fn end(&self, family: Uuid) -> Result<(), Error> {
        tracing::warn!(%family, "a code came twice; what it bought has ended");
        self.access.revoke_family(family);
        lock(&self.families).end(family)
    }
}

/// Whether `verifier` is what `challenge` was made of (RFC 7636, 4.6). Both are of the client's
/// making, so there is no secret of ours that time could tell.
fn verifies(verifier: &str, challenge: &str) -> bool {
    (43..=128).contains(&verifier.len()) && BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
}

/// The scopes of a refresh: what was granted, or the part of it asked for.
fn narrowed(granted: &str, asked: Option<&str>) -> String {
    let Some(asked) = asked.filter(|asked| !asked.trim().is_empty()) else {
        return granted.to_owned();
    };
    granted.split(' ').filter(|scope| asked.split_whitespace().any(|a| a == *scope)).collect::<Vec<_>>().join(" ")
}

fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.to_owned())
}

/// Our origin as a proxy before us says that the client sees it: an id token names the issuer that the client
/// asked. Whoever could lie here gets a token that says a wrong issuer, and no other one.
fn forwarded(headers: &HeaderMap) -> Option<String> {
    let said = |name| headers.get(name)?.to_str().ok().filter(|value| !value.is_empty());
    Some(format!("{}://{}", said("x-forwarded-proto")?, said("x-forwarded-host")?))
}

fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_rfc_7636_appendix_b_verifies() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(verifies(verifier, challenge));
        assert!(!verifies(&verifier.to_uppercase(), challenge));
        assert!(!verifies("", challenge));
    }

    #[test]
    fn a_refresh_may_ask_for_less_but_never_for_more() {
        assert_eq!(narrowed("openid user/*.rs", None), "openid user/*.rs");
        assert_eq!(narrowed("openid user/*.rs", Some("openid user/*.cruds")), "openid");
    }
}
