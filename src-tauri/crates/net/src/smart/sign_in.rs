//! The sign-in of a member, from an address to a session.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::Utc;
use jsonwebtoken::jwk::JwkSet;
use oauth2::{CsrfToken, PkceCodeChallenge, Scope};
use serde::Deserialize;
use tern_sync::server::Unanswered;

use super::{
    discovery::Configuration,
    id_token::{self, NotBelieved},
    listener::{Answer, Listener},
    member::{MemberTokens, Resumption},
    oauth::{self, Granted, NotGranted, TokenEndpoint},
    scope,
};
use crate::{
    base::FhirBase,
    connection::Connection,
    http::Http,
    token::{RefreshTokens, Token, Unkept},
};

/// How we present ourselves.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`, as the practice registered Tern.
    pub id: String,
    /// The loopback port that policy sets, for servers that compare it; else a free one.
    pub redirect_port: Option<u16>,
    /// Of the page that says the window can be closed, and a wish for the sign-in page.
    pub language: Language,
    /// How long a person may take in the browser.
    pub patience: Duration,
}

impl Default for Client {
    /// `tern-desktop` on a free port, in English, ten minutes.
    fn default() -> Self {
        Self {
            id: "tern-desktop".to_owned(),
            redirect_port: None,
            language: Language::English,
            patience: Duration::from_secs(600),
        }
    }
}

/// A language of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English
    #[default]
    English,
    /// français
    French,
}

/// Why nobody is signed in. Holds no URL, no code and no token.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There was no answer from the practice or its authorization server, or its certificate isn't trusted.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The address answers, but is no FHIR server, or one without SMART sign-in for a person.
    #[error("there is no SMART sign-in at this address")]
    NotAPractice,
    /// The loopback port can't be listened on: policy set one that is taken.
    #[error("the port for the browser's way back is taken")]
    PortTaken,
    /// The person said no (`access_denied`).
    #[error("the sign-in was cancelled")]
    Cancelled,
    /// Nobody came back from the browser in time.
    #[error("nobody came back from the browser in time")]
    TimedOut,
    /// The authorization server refused; RFC 6749's code, such as `invalid_client`.
    #[error("the server refused the sign-in: {0}")]
    Refused(String),
    /// The code came from another issuer than the one that was asked (RFC 9207).
    #[error("the answer came from another server")]
    OtherIssuer,
    /// The id token can't be believed.
    #[error(transparent)]
    IdToken(#[from] NotBelieved),
    /// The account stands for nobody of the practice: no `fhirUser`, one of another server, or a patient.
    #[error("the account stands for no member of the practice")]
    NotAMember,
}

/// Somebody has signed in; nothing is kept yet.
#[derive(Debug)]
pub struct SignedIn {
    base: FhirBase,
    http: Http,
    client_id: String,
    configuration: Configuration,
    fhir_user: String,
    scope: String,
    granted: Granted,
}

/// Signs a member in through the system browser: `open` is called once, with the address of the sign-in page.
/// Dropping the future cancels and stops listening.
///
/// # Errors
/// [`SignInError`].
pub async fn sign_in(
    base: FhirBase,
    http: Http,
    client: &Client,
    open: impl Fn(&str),
) -> Result<SignedIn, SignInError> {
    let configuration = Configuration::discover(&http, &base).await?.ok_or(SignInError::NotAPractice)?;
    let authorize = configuration.authorize.clone().ok_or(SignInError::NotAPractice)?;
    let endpoint = TokenEndpoint::new(&http, &configuration, &client.id).ok_or(SignInError::NotAPractice)?;
    let listener = Listener::bind(client.redirect_port).await.map_err(|error| {
        tracing::warn!(kind = ?error.kind(), "the loopback port cannot be listened on");
        SignInError::PortTaken
    })?;
    let redirect = listener.redirect().clone();
    let asked = scope::member(&configuration);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let browser = endpoint.authorizing(authorize, redirect.clone());
    let (page, state) = browser
        .authorize_url(CsrfToken::new_random)
        .add_scopes(asked.iter().cloned().map(Scope::new))
        .set_pkce_challenge(challenge)
        // SMART: which FHIR server the token is for.
        .add_extra_param("aud", base.as_str())
        // OpenID Connect Core, 11: without it a strict provider leaves `offline_access` out.
        .add_extra_param("prompt", "consent")
        .add_extra_param("ui_locales", client.language.tag())
        .url();
    open(page.as_str());

    let answer = tokio::time::timeout(client.patience, listener.answer(state.secret(), client.language)).await;
    let code = match answer.map_err(|_| SignInError::TimedOut)?.map_err(|_| SignInError::PortTaken)? {
        Answer::Error(code) if code == "access_denied" => return Err(SignInError::Cancelled),
        Answer::Error(code) => return Err(SignInError::Refused(oauth::printable(&code))),
        Answer::Code { code, issuer } => {
            if issuer.is_some() && configuration.issuer.is_some() && issuer != configuration.issuer {
                return Err(SignInError::OtherIssuer);
            }
            code
        }
    };
    let granted = endpoint.code(code, verifier, redirect).await.map_err(|failure| match failure {
        NotGranted::Unanswered(unanswered) => SignInError::Unanswered(unanswered),
        NotGranted::Unavailable => SignInError::Unanswered(Unanswered::Lost),
        NotGranted::Refused(code) => SignInError::Refused(code),
    })?;
    let fhir_user = fhir_user(&base, &http, &configuration, &client.id, &granted).await?;
    let scope = granted.scope.clone().unwrap_or_else(|| asked.join(" "));
    Ok(SignedIn { base, http, client_id: client.id.clone(), configuration, fhir_user, scope, granted })
}

impl Language {
    /// BCP 47.
    fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}

impl SignedIn {
    /// Who: `Practitioner/7` or `PractitionerRole/7`.
    pub fn fhir_user(&self) -> &str {
        &self.fhir_user
    }

    /// What was granted, separated by spaces.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Keeps the refresh token in `tokens` and begins the session. `lock_file` is as in [`Resumption`]. Without
    /// a refresh token (the server grants no `offline_access`) the session lasts as long as its first token.
    ///
    /// # Errors
    /// [`Unkept`] where the keyring won't take it; then nobody is signed in.
    pub async fn keep(self, tokens: Arc<dyn RefreshTokens>, lock_file: PathBuf) -> Result<Connection, Unkept> {
        let Self { base, http, client_id, configuration, granted, .. } = self;
        let resumption = Resumption { base: base.clone(), http: http.clone(), client_id, tokens, lock_file };
        let tokens = MemberTokens::new(resumption, Some(configuration));
        if let Some(token) = granted.refresh {
            tokens.begin(token).await?;
        }
        Ok(Connection::new(base, http, Arc::new(tokens), Some(granted.access)))
    }
}

/// Who signed in: by the id token where there is one, else by the token response.
async fn fhir_user(
    base: &FhirBase,
    http: &Http,
    configuration: &Configuration,
    client_id: &str,
    granted: &Granted,
) -> Result<String, SignInError> {
    let claimed = match &granted.id_token {
        Some(token) => believed(http, configuration, client_id, granted, token).await?,
        None => None,
    };
    let named = claimed.or_else(|| granted.fhir_user.clone()).ok_or(SignInError::NotAMember)?;
    match base.reference(&named) {
        Some((kind, id)) if matches!(kind.as_str(), "Practitioner" | "PractitionerRole") => Ok(format!("{kind}/{id}")),
        _ => Err(SignInError::NotAMember),
    }
}

/// The `fhirUser` of an id token that holds.
async fn believed(
    http: &Http,
    configuration: &Configuration,
    client_id: &str,
    granted: &Granted,
    token: &Token,
) -> Result<Option<String>, SignInError> {
    let keys = match &configuration.jwks {
        Some(url) => {
            let json = http.json(url).await?.json().ok_or(NotBelieved::Signature)?;
            Some(JwkSet::deserialize(json).map_err(|_| NotBelieved::Signature)?)
        }
        None => None,
    };
    let now = granted.date.unwrap_or_else(Utc::now);
    let claims = id_token::read(token, keys.as_ref(), configuration, client_id, now)?;
    Ok(claims.fhir_user().map(str::to_owned))
}
