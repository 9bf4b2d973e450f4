//! Access tokens: opaque, in memory, looked up at each FHIR request.

use super::{clients::ClientId, lock};
use crate::secrets::{Secret, digest};
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Duration, Utc};
use helios_auth::{AuthError, AuthProvider, LaunchContext, Principal, ScopeSet};
use std::{collections::HashMap, sync::Mutex};
use uuid::Uuid;

/// Above this many, those that ran out are thrown away before another is issued.
const SWEEP_ABOVE: usize = 1_000;

/// What an access token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// The client that holds it.
    pub client: ClientId,
    /// User name, or the client's id where nobody signed in.
    pub subject: String,
    /// Absolute URL of the Practitioner who signed in.
    pub fhir_user: Option<String>,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    /// The sign-in it came from; ends with it.
    pub family: Option<Uuid>,
}

impl Access {
    /// The practice itself, writing what its invented people do.
    pub(crate) fn of_the_practice() -> Self {
        Self {
            client: ClientId::Agent,
            subject: "practice".to_owned(),
            fhir_user: None,
            scope: "system/*.cruds".to_owned(),
            family: None,
        }
    }
}

/// All access tokens that hold now, by their SHA-256.
pub(crate) struct AccessTokens {
    issuer: String,
    seconds: i64,
    held: Mutex<HashMap<String, (Access, DateTime<Utc>)>>,
}

impl AccessTokens {
    pub(super) fn new(issuer: String, seconds: i64) -> Self {
        Self { issuer, seconds, held: Mutex::default() }
    }

    /// Seconds that a token holds.
    pub(super) fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Issues a token for `access`.
    pub(crate) fn issue(&self, access: Access, now: DateTime<Utc>) -> std::io::Result<Secret> {
        let token = Secret::random(32)?;
        let mut held = lock(&self.held);
        if held.len() > SWEEP_ABOVE {
            held.retain(|_, (_, until)| *until > now);
        }
        let until = now + Duration::seconds(self.seconds);
        held.insert(digest(token.expose()), (access, until));
        Ok(token)
    }

    /// What `token` stands for, and until when.
    fn find(&self, token: &str, now: DateTime<Utc>) -> Option<(Access, DateTime<Utc>)> {
        lock(&self.held).get(&digest(token)).filter(|(_, until)| *until > now).cloned()
    }

    /// What the token of a request stands for, and until when.
    pub(crate) fn bearing(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<(Access, DateTime<Utc>)> {
        let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        self.find(bearer(authorization)?, now)
    }

    /// Forgets a token of the practice's own.
    pub(crate) fn forget(&self, token: &Secret) {
        lock(&self.held).remove(&digest(token.expose()));
    }

    /// Forgets one token of `client`'s.
    pub(super) fn revoke(&self, token: &str, client: ClientId) {
        let mut held = lock(&self.held);
        let key = digest(token);
        if held.get(&key).is_some_and(|(a, _)| a.client == client) {
            held.remove(&key);
        }
    }

    /// Forgets all tokens of a sign-in.
    pub(super) fn revoke_family(&self, family: Uuid) {
        lock(&self.held).retain(|_, (access, _)| access.family != Some(family));
    }
}

/// The token in an `Authorization: Bearer …` header (RFC 6750; the scheme in any case).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

#[async_trait::async_trait]
impl AuthProvider for AccessTokens {
    async fn authenticate(&self, authorization_header: &str) -> Result<Principal, AuthError> {
        let token = bearer(authorization_header)
            .ok_or_else(|| AuthError::InvalidTokenFormat("a bearer token is needed".into()))?;
        let (access, expires_at) = self
            .find(token, Utc::now())
            // Unknown, revoked and run out look the same from outside.
            .ok_or(AuthError::TokenExpired)?;
        let launch_context =
            access.fhir_user.map(|fhir_user| LaunchContext { fhir_user: Some(fhir_user), ..Default::default() });
        Ok(Principal {
            subject: access.subject,
            issuer: self.issuer.clone(),
            tenant_id: Some(crate::engine::TENANT.to_owned()),
            scopes: ScopeSet::parse(&access.scope),
            expires_at,
            launch_context,
            ..Default::default()
        })
    }

    fn name(&self) -> &str {
        "tern-practice"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(family: Option<Uuid>) -> Access {
        Access { client: ClientId::Desktop, subject: "osei".into(), fhir_user: None, scope: "user/*.rs".into(), family }
    }

    #[test]
    fn a_token_holds_its_time_and_ends_with_its_sign_in() -> Result<(), std::io::Error> {
        let tokens = AccessTokens::new("https://practice".into(), 600);
        let (now, family) = (Utc::now(), Uuid::new_v4());
        let token = tokens.issue(access(Some(family)), now)?;
        assert!(tokens.find(token.expose(), now + Duration::seconds(599)).is_some());
        assert!(tokens.find(token.expose(), now + Duration::seconds(600)).is_none());
        tokens.revoke_family(family);
        assert!(tokens.find(token.expose(), now).is_none());
        Ok(())
    }

    #[test]
    fn only_its_own_client_revokes_a_token() -> Result<(), std::io::Error> {
        let tokens = AccessTokens::new("https://practice".into(), 600);
        let now = Utc::now();
        let token = tokens.issue(access(None), now)?;
        tokens.revoke(token.expose(), ClientId::Agent);
        assert!(tokens.find(token.expose(), now).is_some());
        tokens.revoke(token.expose(), ClientId::Desktop);
        assert!(tokens.find(token.expose(), now).is_none());
        Ok(())
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_nothing_else_is() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        for refused in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(bearer(refused), None, "{refused}");
        }
    }
}
