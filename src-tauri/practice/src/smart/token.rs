//! The token endpoint (RFC 6749, 3.2).
//!
//! Whatever ends a sign-in (a code or a refresh token that comes twice, signing out) must also end the access
//! tokens that it bought, one that is being issued at that moment included. So the lock under which a code or a
//! refresh token is taken up is held until its access token is issued: who ends the sign-in comes before, and
//! the exchange fails, or after, and finds the access token.

use super::{
    AuthorizationServer,
    access::Access,
    clients::{ClientId, Proof},
    codes::Redeemed,
    families::Rotation,
    keys::Subject,
    lock,
    origin::Origin,
    refusal::{Refusal, not_stored},
};
use crate::secrets::Secret;
use axum::{
    Form, Json,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Where it is.
pub(super) const PATH: &str = "/auth/token";

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

/// `POST /auth/token`.
pub(super) async fn token(
    State(server): State<Arc<AuthorizationServer>>,
    origin: Origin,
    headers: HeaderMap,
    ask: Result<Form<Ask>, FormRejection>,
) -> Response {
    let Ok(Form(ask)) = ask else {
        return Refusal::MALFORMED.into_response();
    };
    let authorization = authorization(&headers);
    // A sign-in is flushed to the disk before its token leaves.
    let exchanged =
        tokio::task::spawn_blocking(move || server.exchange(authorization.as_deref(), &ask, &origin, Utc::now())).await;
    match exchanged {
        Ok(Ok(granted)) => not_stored(Json(granted).into_response()),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(stopped) => Refusal::Randomness(stopped.into()).into_response(),
    }
}

/// Who signed in, to what, and how they may go on.
struct SignedIn<'a> {
    username: &'a str,
    scope: String,
    family: Uuid,
    refresh_token: Option<Secret>,
    nonce: Option<&'a str>,
}

impl AuthorizationServer {
    /// `origin` is ours as the client sees it.
    fn exchange(
        &self,
        authorization: Option<&str>,
        ask: &Ask,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<Granted, Refusal> {
        let client = self.clients.recognise(authorization, &ask.proof, &origin.at(PATH), now)?;
        let grant_type = ask.grant_type.as_deref();
        match (grant_type.ok_or(Refusal::Oauth("invalid_request", "grant_type is missing"))?, client) {
            ("authorization_code", ClientId::Desktop) => self.redeem(ask, origin, now),
            ("refresh_token", ClientId::Desktop) => self.refresh(ask, origin, now),
            ("client_credentials", ClientId::Agent) => self.credentials(ask, now),
            ("authorization_code" | "refresh_token" | "client_credentials", ClientId::Desktop | ClientId::Agent) => {
                Err(Refusal::Oauth("unauthorized_client", "this client has no such grant"))
            }
            _ => Err(Refusal::Oauth("unsupported_grant_type", "no such grant")),
        }
    }

    /// A code becomes a sign-in.
    fn redeem(&self, ask: &Ask, origin: &Origin, now: DateTime<Utc>) -> Result<Granted, Refusal> {
        let invalid = Refusal::Oauth("invalid_grant", "the code does not hold");
        let code = ask.code.as_ref().map_or("", Secret::expose);
        let mut codes = lock(&self.codes);
        let grant = match codes.redeem(code, now) {
            Redeemed::Good(grant) => grant,
            Redeemed::Again(bought) => {
                if let Some(family) = bought {
                    self.end(family);
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
        // Without `offline_access` there is no refresh token, but its access token still has a
        // sign-in of its own, so that a code used twice can take it back.
        let (family, refresh_token) = if grant.scope.split(' ').any(|scope| scope == "offline_access") {
            let (family, token) = lock(&self.families).begin(&grant.username, &grant.scope, now)?;
            (family, Some(token))
        } else {
            (Uuid::new_v4(), None)
        };
        codes.bought(code, family);
        let nonce = grant.nonce.as_deref();
        let signed_in = SignedIn { username: &grant.username, scope: grant.scope, family, refresh_token, nonce };
        self.grant(signed_in, origin, now)
    }

    /// One refresh token becomes the next.
    fn refresh(&self, ask: &Ask, origin: &Origin, now: DateTime<Utc>) -> Result<Granted, Refusal> {
        let invalid = Refusal::Oauth("invalid_grant", "the refresh token does not hold");
        let presented = ask.refresh_token.as_ref().map_or("", Secret::expose);
        let mut families = lock(&self.families);
        let granted = families.granted(presented, now);
        if granted.is_some_and(|granted| narrowed(granted, ask.scope.as_deref()).is_empty()) {
            // Before the token is used up: the client can ask again with it.
            return Err(Refusal::Oauth("invalid_scope", "nothing that was granted to this sign-in"));
        }
        match families.rotate(presented, now)? {
            Rotation::Rotated { token, family, sign_in } => {
                let scope = narrowed(&sign_in.scope, ask.scope.as_deref());
                let username = sign_in.username.as_str();
                let signed_in = SignedIn { username, scope, family, refresh_token: Some(token), nonce: None };
                self.grant(signed_in, origin, now)
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

    /// The tokens of a sign-in.
    fn grant(&self, signed_in: SignedIn<'_>, origin: &Origin, now: DateTime<Utc>) -> Result<Granted, Refusal> {
        let SignedIn { username, scope, family, refresh_token, nonce } = signed_in;
        let account =
            self.account(username).ok_or(Refusal::Oauth("invalid_grant", "nobody of this name works here any more"))?;
        let has = |wanted: &str| scope.split(' ').any(|scope| scope == wanted);
        let access = Access {
            client: ClientId::Desktop,
            subject: account.username.clone(),
            fhir_user: has("fhirUser").then(|| origin.at(&format!("/fhir/{}", account.practitioner))),
            scope: scope.clone(),
            family: Some(family),
        };
        let subject = Subject { issuer: origin.issuer(), name: &account.name, nonce };
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

    /// Ends a sign-in with everything it bought.
    fn end(&self, family: Uuid) {
        tracing::warn!(%family, "a code came twice; what it bought has ended");
        let mut families = lock(&self.families);
        self.access.revoke_family(family);
        families.end(family);
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

/// The `Authorization` header, where a client proves itself by HTTP Basic.
pub(super) fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.to_owned())
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
