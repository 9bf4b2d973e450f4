//! Where the authorization server is: what a FHIR server says of its own sign-in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::Value;
use tern_sync::server::Unanswered;
use url::Url;

use crate::{
    base::{self, FhirBase},
    http::{Document, Http},
};

/// The extension of a CapabilityStatement's `rest.security` from before `.well-known` (SMART App Launch 1.0).
const OAUTH_URIS: &str = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

/// A FHIR server's sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// Who issues id tokens; none on servers from before OpenID Connect.
    pub(crate) issuer: Option<String>,
    /// Where a person signs in; none where only programs can.
    pub(crate) authorize: Option<Url>,
    /// Where codes and refresh tokens become access tokens.
    pub(crate) token: Option<Url>,
    /// Where a refresh token is revoked.
    pub(crate) revoke: Option<Url>,
    /// The keys that id tokens are signed with.
    pub(crate) jwks: Option<Url>,
    /// `scopes_supported`; empty where it says nothing.
    pub(crate) scopes: Vec<String>,
    /// SMART's capabilities, such as `permission-v2`.
    pub(crate) capabilities: Vec<String>,
    /// `token_endpoint_auth_methods_supported`.
    pub(crate) authentication: Vec<String>,
}

/// `.well-known/smart-configuration`, and OpenID's, which names the same things.
#[derive(Default, Deserialize)]
struct WellKnown {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    jwks_uri: Option<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Configuration {
    /// Asks the server: `.well-known/smart-configuration` first, then, where it surely has none, its
    /// CapabilityStatement. None where it knows neither: no FHIR server, or one without SMART sign-in, or a web site
    /// that answers everything with a page.
    ///
    /// Only a clear no leads on to what the CapabilityStatement says: that names no scopes and no capabilities, so
    /// what a proxy's page or a broken answer would lead to is asked for in the wrong grammar and refused.
    ///
    /// # Errors
    /// [`Unanswered`] where there is no answer, or one that says nothing of the server: half a document, or a page
    /// in the place of one of the two only.
    pub(crate) async fn discover(http: &Http, base: &FhirBase) -> Result<Option<Self>, Unanswered> {
        let Some(url) = base.url(".well-known/smart-configuration", &[]) else { return Ok(None) };
        let known = http.json(&url).await?;
        if let Document::Json(json) = &known
            && let Some(mut found) = Self::from_well_known(json)
        {
            found.complete(http).await?;
            return Ok(Some(found));
        }
        if known == Document::Other {
            return Err(says_nothing());
        }
        let Some(url) = base.url("metadata", &[]) else { return Ok(None) };
        match (known, http.json(&url).await?) {
            // A page that stands for one of them only is a proxy's, of the moment.
            (Document::Page, Document::Page | Document::Absent) | (Document::Absent, Document::Page) => Ok(None),
            (Document::Page, _) | (_, Document::Page | Document::Other) => Err(says_nothing()),
            (_, Document::Json(statement)) => Ok(Self::from_capability_statement(&statement)),
            (_, Document::Absent) => Ok(None),
        }
    }

    /// Where the keys are, if only OpenID's own configuration says so.
    async fn complete(&mut self, http: &Http) -> Result<(), Unanswered> {
        if self.jwks.is_some() {
            return Ok(());
        }
        let Some(issuer) = &self.issuer else { return Ok(()) };
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        if let Some(url) = secure(Some(&address))
            && let Some(json) = http.json(&url).await?.json()
            && let Ok(openid) = WellKnown::deserialize(&json)
        {
            self.jwks = secure(openid.jwks_uri.as_deref());
        }
        Ok(())
    }

    fn from_well_known(json: &Value) -> Option<Self> {
        let known = WellKnown::deserialize(json).ok()?;
        let found = Self {
            issuer: known.issuer,
            authorize: secure(known.authorization_endpoint.as_deref()),
            token: Some(secure(known.token_endpoint.as_deref())?),
            revoke: secure(known.revocation_endpoint.as_deref()),
            jwks: secure(known.jwks_uri.as_deref()),
            scopes: known.scopes_supported,
            capabilities: known.capabilities,
            authentication: known.token_endpoint_auth_methods_supported,
        };
        Some(found)
    }

    fn from_capability_statement(json: &Value) -> Option<Self> {
        let rest = json.get("rest")?.as_array()?;
        let extensions = rest.iter().filter_map(|rest| rest.pointer("/security/extension")?.as_array()).flatten();
        let uris =
            extensions.filter(|extension| extension["url"] == OAUTH_URIS).find_map(|e| e["extension"].as_array())?;
        let named = |name: &str| {
            let uri = uris.iter().find(|uri| uri["url"] == name)?;
            secure(uri["valueUri"].as_str())
        };
        let found = Self {
            authorize: named("authorize"),
            token: Some(named("token")?),
            revoke: named("revoke"),
            ..Self::default()
        };
        Some(found)
    }
}

/// A configuration that is asked for when it is first needed, and again once it was forgotten.
pub(super) struct Kept(Mutex<Option<Arc<Configuration>>>);

impl Kept {
    /// Begins with what is known already.
    pub(super) fn new(known: Option<Configuration>) -> Self {
        Self(Mutex::new(known.map(Arc::new)))
    }

    /// What is kept, or what the server says; only a configuration is kept, no failure and no absence.
    ///
    /// # Errors
    /// As [`Configuration::discover`].
    pub(super) async fn get(&self, http: &Http, base: &FhirBase) -> Result<Option<Arc<Configuration>>, Unanswered> {
        let kept = self.slot().clone();
        if kept.is_some() {
            return Ok(kept);
        }
        let found = Configuration::discover(http, base).await?.map(Arc::new);
        self.slot().clone_from(&found);
        Ok(found)
    }

    /// The token endpoint did not take what this led to: the server may have moved, or changed what it knows.
    pub(super) fn forget(&self) {
        *self.slot() = None;
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Configuration>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came in the place of a document says nothing of the server.
fn says_nothing() -> Unanswered {
    tracing::info!("something else instead of the server's configuration");
    Unanswered::Offline
}

/// An address that a code or a token may be sent to.
fn secure(address: Option<&str>) -> Option<Url> {
    Url::parse(address?).ok().filter(base::is_secure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_smart_configuration_names_the_endpoints() {
        let found = Configuration::from_well_known(&json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/jwks",
            "capabilities": ["launch-standalone", "permission-v2"],
            "unknown": {"to": "us"},
        }))
        .unwrap();
        assert_eq!(found.authorize.unwrap().as_str(), "https://id.example/authorize");
        assert_eq!(found.token.unwrap().as_str(), "https://id.example/token");
        assert_eq!(found.revoke, None);
        assert_eq!(found.capabilities, ["launch-standalone", "permission-v2"]);
    }

    #[test]
    fn an_endpoint_without_tls_is_as_good_as_none() {
        let insecure = json!({"token_endpoint": "http://id.example/token"});
        assert_eq!(Configuration::from_well_known(&insecure), None);
        let on_this_machine = json!({"token_endpoint": "http://127.0.0.1:3000/token"});
        assert!(Configuration::from_well_known(&on_this_machine).is_some());
    }

    #[test]
    fn an_older_server_says_it_in_its_capability_statement() {
        let statement = json!({"resourceType": "CapabilityStatement", "rest": [{"security": {"extension": [
            {"url": "http://example.org/other"},
            {"url": OAUTH_URIS, "extension": [
                {"url": "authorize", "valueUri": "https://id.example/authorize"},
                {"url": "token", "valueUri": "https://id.example/token"},
            ]},
        ]}}]});
        let found = Configuration::from_capability_statement(&statement).unwrap();
        assert_eq!(found.token.unwrap().as_str(), "https://id.example/token");
        assert_eq!(Configuration::from_capability_statement(&json!({"resourceType": "CapabilityStatement"})), None);
        assert_eq!(Configuration::from_capability_statement(&json!("no")), None);
    }
}
