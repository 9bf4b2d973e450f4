//! The two clients the practice knows, and how each proves itself.

use super::lock;
use crate::{Error, files, secrets::Secret};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use helios_auth::scope::SmartScope;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde::Deserialize;
use std::{collections::HashMap, path::Path, sync::Mutex};
use url::Url;

/// Seconds from now that an assertion may run at most (SMART Backend Services: five minutes).
const LONGEST_ASSERTION: i64 = 300;

/// A registered client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientId {
    /// The desktop: public, members sign in with it.
    Desktop,
    /// The agent: confidential, nobody sits before it.
    Agent,
}

impl ClientId {
    /// The `client_id`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "tern-desktop",
            Self::Agent => "tern-agent",
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        [Self::Desktop, Self::Agent].into_iter().find(|client| client.as_str() == id)
    }

    /// The part of the scopes asked for that this client may have; the others fall away
    /// (RFC 6749, 3.3). Nothing asked for means all of it.
    pub(super) fn grant(self, asked: &str) -> String {
        let asked = match (self, asked.trim()) {
            (Self::Agent, "") => "system/*.cruds",
            (_, asked) => asked,
        };
        let context = match self {
            Self::Desktop => "user/",
            Self::Agent => "system/",
        };
        let may = |scope: &&str| match *scope {
            "openid" | "fhirUser" | "profile" | "offline_access" => self == Self::Desktop,
            other => other.starts_with(context) && SmartScope::parse(other).is_some(),
        };
        asked.split_whitespace().filter(may).collect::<Vec<_>>().join(" ")
    }
}

/// Whether a code may be sent to `uri`: loopback by address, any port, any path (RFC 8252, 7.3).
pub(super) fn is_loopback_redirect(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        url.scheme() == "http"
            && matches!(url.host_str(), Some("127.0.0.1" | "[::1]"))
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// What a client shows at the token endpoint.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Proof {
    pub client_id: Option<String>,
    client_secret: Option<Secret>,
    client_assertion_type: Option<String>,
    client_assertion: Option<Secret>,
}

/// Why a client was not believed; told as `invalid_client`, and why only in the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotBelieved {
    #[error("no such client")]
    Unknown,
    #[error("the secret is wrong or missing")]
    Secret,
    #[error("the assertion is not acceptable: {0}")]
    Assertion(&'static str),
    #[error("the assertion cannot be verified")]
    Signature(#[from] jsonwebtoken::errors::Error),
}

#[derive(Deserialize)]
struct Assertion {
    iss: String,
    sub: String,
    exp: i64,
    jti: String,
}

/// The registrations.
pub(super) struct Clients {
    agent_secret: Secret,
    agent_keys: JwkSet,
    /// `jti` of assertions that were used, until they run out by themselves.
    used: Mutex<HashMap<String, i64>>,
}

impl Clients {
    /// Registers the agent with its secret and, where it signs, with its public keys.
    pub(super) fn new(agent_secret: Secret, agent_jwks: Option<&Path>) -> Result<Self, Error> {
        let agent_keys = match agent_jwks {
            Some(path) => files::read_json(path)?
                .ok_or_else(|| Error::Content { path: path.to_owned(), reason: "there is no such file".to_owned() })?,
            None => JwkSet { keys: Vec::new() },
        };
        Ok(Self { agent_secret, agent_keys, used: Mutex::default() })
    }

    /// Says who is asking: by HTTP Basic, by secret in the form, by signed assertion, or, for the
    /// public client, by its name alone. `endpoint` is the token endpoint's URL.
    pub(super) fn recognise(
        &self,
        authorization: Option<&str>,
        proof: &Proof,
        endpoint: &str,
        now: DateTime<Utc>,
    ) -> Result<ClientId, NotBelieved> {
        if let Some((id, secret)) = authorization.and_then(basic) {
            return self.by_secret(&id, &secret);
        }
        if let Some(assertion) = &proof.client_assertion {
            if proof.client_assertion_type.as_deref() != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            {
                return Err(NotBelieved::Assertion("client_assertion_type"));
            }
            return self.by_assertion(assertion, endpoint, now);
        }
        let id = proof.client_id.as_deref().ok_or(NotBelieved::Unknown)?;
        match (&proof.client_secret, ClientId::from_id(id)) {
            (Some(secret), _) => self.by_secret(id, secret.expose()),
            (None, Some(ClientId::Desktop)) => Ok(ClientId::Desktop),
            (None, Some(ClientId::Agent)) => Err(NotBelieved::Secret),
            (None, None) => Err(NotBelieved::Unknown),
        }
    }

    fn by_secret(&self, id: &str, secret: &str) -> Result<ClientId, NotBelieved> {
        match ClientId::from_id(id) {
            Some(ClientId::Agent) if self.agent_secret.is(secret) => Ok(ClientId::Agent),
            // The public client has none; some libraries send an empty one.
            Some(ClientId::Desktop) if secret.is_empty() => Ok(ClientId::Desktop),
            Some(_) => Err(NotBelieved::Secret),
            None => Err(NotBelieved::Unknown),
        }
    }

    fn by_assertion(&self, assertion: &Secret, endpoint: &str, now: DateTime<Utc>) -> Result<ClientId, NotBelieved> {
        let header = jsonwebtoken::decode_header(assertion.expose())?;
        if !ASSERTION_ALGORITHMS.contains(&header.alg) {
            return Err(NotBelieved::Assertion("alg"));
        }
        let key = header.kid.and_then(|kid| self.agent_keys.find(&kid)).ok_or(NotBelieved::Assertion("kid"))?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[endpoint]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let claims =
            jsonwebtoken::decode::<Assertion>(assertion.expose(), &DecodingKey::from_jwk(key)?, &validation)?.claims;
        let agent = ClientId::Agent.as_str();
        if claims.iss != agent || claims.sub != agent {
            return Err(NotBelieved::Assertion("iss and sub"));
        }
        let now = now.timestamp();
        if claims.exp > now + LONGEST_ASSERTION {
            return Err(NotBelieved::Assertion("exp"));
        }
        let mut used = lock(&self.used);
        // A minute more than the library's leeway for clocks, so that none comes back.
        used.retain(|_, exp| *exp + 120 > now);
        if used.insert(claims.jti, claims.exp).is_some() {
            return Err(NotBelieved::Assertion("jti was used"));
        }
        Ok(ClientId::Agent)
    }
}

/// What an assertion may be signed with: SMART asks for ES384 and RS384, others are as good.
const ASSERTION_ALGORITHMS: [Algorithm; 4] = [Algorithm::ES384, Algorithm::RS384, Algorithm::ES256, Algorithm::RS256];

/// `client_id` and secret of HTTP Basic, each percent-encoded within (RFC 6749, 2.3.1).
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |part: &str| {
        url::form_urlencoded::parse(format!("v={part}").as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_goes_to_loopback_on_any_port_and_nowhere_else() {
        for fine in ["http://127.0.0.1:51234/callback", "http://127.0.0.1/", "http://[::1]:8080/cb?x=1"] {
            assert!(is_loopback_redirect(fine), "{fine}");
        }
        for refused in [
            "https://127.0.0.1:1/cb",
            "http://localhost:1/cb",
            "http://127.0.0.1.example.org/cb",
            "http://127.0.0.1@example.org/cb",
            "http://user@127.0.0.1:1/cb",
            "http://127.0.0.1:1/cb#fragment",
            "tern://cb",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_loopback_redirect(refused), "{refused}");
        }
    }

    #[test]
    fn each_client_is_granted_what_is_its_kind_and_no_more() {
        assert_eq!(
            ClientId::Desktop.grant("openid fhirUser user/*.cruds system/*.rs launch nonsense"),
            "openid fhirUser user/*.cruds"
        );
        assert_eq!(ClientId::Agent.grant(""), "system/*.cruds");
        assert_eq!(ClientId::Agent.grant("openid system/Task.rs user/*.rs"), "system/Task.rs");
        // Version 1 permissions would be granted and then refused by Helios.
        assert_eq!(ClientId::Desktop.grant("user/*.read user/Task.rs"), "user/Task.rs");
    }

    #[test]
    fn the_agent_is_believed_by_its_secret_only() -> Result<(), Error> {
        let clients = Clients::new(Secret::new("s:e cret"), None)?;
        let ask = |authorization: Option<&str>, proof: Proof| {
            clients.recognise(authorization, &proof, "https://p/auth/token", Utc::now()).ok()
        };
        let named = |id: &str, secret: Option<&str>| Proof {
            client_id: Some(id.into()),
            client_secret: secret.map(Secret::new),
            ..Proof::default()
        };
        let header = format!("Basic {}", BASE64_STANDARD.encode("tern-agent:s%3Ae+cret"));
        assert_eq!(ask(Some(&header), Proof::default()), Some(ClientId::Agent));
        assert_eq!(ask(None, named("tern-agent", Some("s:e cret"))), Some(ClientId::Agent));
        assert_eq!(ask(None, named("tern-agent", Some("wrong"))), None);
        assert_eq!(ask(None, named("tern-agent", None)), None);
        assert_eq!(ask(None, named("tern-desktop", None)), Some(ClientId::Desktop));
        assert_eq!(ask(None, named("somebody", None)), None);
        assert_eq!(ask(None, Proof::default()), None);
        Ok(())
    }
}
