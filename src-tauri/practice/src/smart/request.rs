//! What an authorization request must say (SMART App Launch 2.2, *Obtain authorization code*).
//!
//! A request that names a stranger as client, or an address that is not loopback, is told to the person and to
//! nobody else: a code must never go where we cannot tell who listens (RFC 6749, 4.1.2.1). Every other fault goes
//! back to the client, with its own `state`. PKCE by S256 is never left out (RFC 7636).

use super::clients::{ClientId, is_loopback_redirect};
use serde::Deserialize;
use url::Url;

/// The query of an authorization request.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Ask {
    response_type: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    aud: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    nonce: Option<String>,
    pub ui_locales: Option<String>,
    pub login_hint: Option<String>,
}

/// A request that holds water.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// Where the answer goes.
    pub redirect_uri: Url,
    /// The same in the client's own spelling, which its token request must repeat (RFC 6749, 4.1.3).
    pub redirect_as_asked: String,
    /// Echoed.
    pub state: String,
    /// The part of the scopes that the client may have, separated by spaces; never empty.
    pub scope: String,
    /// By S256.
    pub code_challenge: String,
    /// Echoed in the id token.
    pub nonce: Option<String>,
    /// Wrong passwords so far.
    pub tries: u8,
}

/// Why a request is not taken up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Told to the person; no redirect.
    Page(&'static str),
    /// Told to the client by redirect: RFC 6749's error code and a few words.
    Redirect(Box<Url>, Option<String>, &'static str, &'static str),
}

impl Ask {
    /// Checks a request against `base_url`, the FHIR base it must be meant for.
    pub(super) fn check(&self, base_url: &str) -> Result<Request, Fault> {
        if self.client_id.as_deref() != Some(ClientId::Desktop.as_str()) {
            return Err(Fault::Page("client_id"));
        }
        let (redirect_uri, redirect_as_asked) = self
            .redirect_uri
            .as_deref()
            .filter(|uri| is_loopback_redirect(uri))
            .and_then(|uri| Some((Url::parse(uri).ok()?, uri.to_owned())))
            .ok_or(Fault::Page("redirect_uri"))?;
        let fault = |error, words| Fault::Redirect(Box::new(redirect_uri.clone()), self.state.clone(), error, words);
        if self.response_type.as_deref() != Some("code") {
            return Err(fault("unsupported_response_type", "response_type is code"));
        }
        let state = self
            .state
            .clone()
            .filter(|state| !state.is_empty())
            .ok_or_else(|| fault("invalid_request", "state is missing"))?;
        if self.code_challenge_method.as_deref() != Some("S256") {
            return Err(fault("invalid_request", "code_challenge_method is S256"));
        }
        let code_challenge = self
            .code_challenge
            .clone()
            // 32 bytes of SHA-256 in base64 without padding (RFC 7636, 4.2).
            .filter(|challenge| challenge.len() == 43)
            .ok_or_else(|| fault("invalid_request", "code_challenge is missing or malformed"))?;
        let aud = self.aud.as_deref().unwrap_or_default();
        if aud.trim_end_matches('/') != base_url {
            return Err(fault("invalid_request", "aud is not this FHIR server"));
        }
        let scope = ClientId::Desktop.grant(self.scope.as_deref().unwrap_or_default());
        if scope.is_empty() {
            return Err(fault("invalid_scope", "no scope that is known here"));
        }
        let nonce = self.nonce.clone();
        Ok(Request { redirect_uri, redirect_as_asked, state, scope, code_challenge, nonce, tries: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Ask {
        Ask {
            response_type: Some("code".into()),
            client_id: Some("tern-desktop".into()),
            redirect_uri: Some("http://127.0.0.1:5000/cb".into()),
            scope: Some("openid fhirUser user/*.rs".into()),
            state: Some("s1".into()),
            aud: Some("https://127.0.0.1:1/fhir/".into()),
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
            code_challenge_method: Some("S256".into()),
            ..Ask::default()
        }
    }

    /// One sign-in request with one thing wrong; the error code that goes back, or `page`.
    #[test]
    fn each_fault_is_told_to_whom_it_may_be_told() {
        let base = "https://127.0.0.1:1/fhir";
        assert!(good().check(base).is_ok());
        type Change = fn(&mut Ask);
        let cases: [(&str, Change); 11] = [
            ("page", |a| a.client_id = Some("stranger".into())),
            ("page", |a| a.client_id = Some("tern-agent".into())),
            ("page", |a| a.redirect_uri = Some("https://evil.example/cb".into())),
            ("page", |a| a.redirect_uri = None),
            ("unsupported_response_type", |a| a.response_type = Some("token".into())),
            ("invalid_request", |a| a.state = None),
            ("invalid_request", |a| a.code_challenge_method = Some("plain".into())),
            ("invalid_request", |a| a.code_challenge_method = None),
            ("invalid_request", |a| a.code_challenge = Some("short".into())),
            ("invalid_request", |a| a.aud = Some("https://elsewhere/fhir".into())),
            ("invalid_scope", |a| a.scope = Some("nonsense".into())),
        ];
        for (expected, spoil) in cases {
            let mut ask = good();
            spoil(&mut ask);
            let told = match ask.check(base) {
                Err(Fault::Page(_)) => "page",
                Err(Fault::Redirect(_, _, error, _)) => error,
                Ok(_) => "accepted",
            };
            assert_eq!(told, expected, "{ask:?}");
        }
    }

    #[test]
    fn the_redirect_is_kept_as_the_client_spelt_it() {
        let ask = Ask { redirect_uri: Some("http://127.0.0.1:5000".into()), ..good() };
        let request = ask.check("https://127.0.0.1:1/fhir").map(|request| request.redirect_as_asked);
        assert_eq!(request.as_deref(), Ok("http://127.0.0.1:5000"));
    }
}
