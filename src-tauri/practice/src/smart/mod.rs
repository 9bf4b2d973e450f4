//! Signing in: SMART App Launch 2.2, as a practice's authorization server speaks it.
//!
//! A member signs in with the *standalone launch*: the desktop is a public client, opens
//! `/auth/authorize` in the system's browser with a PKCE challenge, the member names themselves on
//! our page, and a code that lives a minute comes back to a loopback address with any free port
//! (RFC 8252). The code buys an access token of ten minutes, an id token that says who signed in
//! (`fhirUser`), and a refresh token that is replaced at each use. The agent is a *backend service*
//! and buys its tokens with a signed assertion or with its secret.
//!
//! ```text
//!   authorize ──page──► sign in ──code──► token ──► access (10 min, opaque, in memory)
//!                         │                  │
//!                         └─ wrong password: └──► refresh (one at a time, a family on disk)
//!                            the page again            └─ an old one comes back: family ends
//! ```
//!
//! Access tokens are opaque: this server and the FHIR server behind it are one process, so a
//! look-up is cheaper than a signature, and revoking is forgetting. Id tokens are signed with
//! ES256, because ring makes such keys in a moment and RSA in pure Rust has an open timing
//! advisory (RUSTSEC-2023-0071).
//!
//! **Why not `oxide-auth`** (0.6.1, judged for this): it has the code grant, PKCE and a refresh
//! grant, but neither OpenID Connect (`id_token`, keys), nor revocation (RFC 7009), nor families of
//! refresh tokens with reuse detection, nor private-key assertions, nor the any-port rule for
//! loopback redirects; all of these would have been written around its traits, and what was left
//! for it to do is the pure checks in `request.rs`.

pub(crate) mod access;
mod authorize;
pub(crate) mod clients;
mod codes;
mod discovery;
mod families;
mod keys;
mod origin;
mod page;
mod refusal;
mod request;
mod revoke;
mod token;

use crate::{Error, people::Account, secrets::Secret};
use access::AccessTokens;
use authorize::Pending;
use axum::{
    Router,
    routing::{get, post},
};
use clients::Clients;
use codes::Codes;
use families::Families;
use keys::SigningKey;
use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Whether the sign-in page asks for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInPage {
    /// User name and password.
    Password,
    /// One button for each account and no password: for trying and training. Only safe because
    /// everybody in this practice is invented.
    OneClick,
}

/// What the authorization server is made of.
pub(crate) struct Setup<'a> {
    /// `https://host:port`, without a slash at its end: the issuer.
    pub origin: String,
    /// The folder where sign-ins are kept.
    pub data: &'a Path,
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// PEM of the signing key.
    pub signing_key: &'a Secret,
    /// The client secret of the agent.
    pub agent_secret: Secret,
    /// JWKS file with the agent's public keys, where it signs assertions.
    pub agent_jwks: Option<&'a Path>,
    /// How the page asks.
    pub page: SignInPage,
    /// Seconds that an access token holds.
    pub access_seconds: i64,
}

/// The practice's authorization server.
pub(crate) struct AuthorizationServer {
    origin: String,
    page: SignInPage,
    accounts: Vec<Account>,
    clients: Clients,
    key: SigningKey,
    pending: Mutex<Pending>,
    codes: Mutex<Codes>,
    families: Mutex<Families>,
    access: Arc<AccessTokens>,
}

impl AuthorizationServer {
    /// Opens the server with the sign-ins that were kept.
    pub(crate) fn open(setup: Setup<'_>) -> Result<Self, Error> {
        Ok(Self {
            clients: Clients::new(setup.agent_secret, setup.agent_jwks)?,
            key: SigningKey::from_pem(setup.signing_key)?,
            families: Mutex::new(Families::open(setup.data)?),
            pending: Mutex::default(),
            codes: Mutex::default(),
            access: Arc::new(AccessTokens::new(setup.origin.clone(), setup.access_seconds)),
            origin: setup.origin,
            page: setup.page,
            accounts: setup.accounts,
        })
    }

    /// The access tokens, for the FHIR server that must know them.
    pub(crate) fn access(&self) -> &Arc<AccessTokens> {
        &self.access
    }

    /// The FHIR base, which is the audience of every token.
    pub(crate) fn base_url(&self) -> String {
        format!("{}/fhir", self.origin)
    }

    /// The endpoints, discovery included.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/fhir/.well-known/smart-configuration", get(discovery::smart_configuration))
            .route("/.well-known/openid-configuration", get(discovery::openid_configuration))
            .route("/fhir/.well-known/openid-configuration", get(discovery::openid_configuration))
            .route("/auth/jwks", get(discovery::jwks))
            .route("/auth/authorize", get(authorize::ask).post(authorize::answer))
            .route(token::PATH, post(token::token))
            .route(revoke::PATH, post(revoke::revoke))
            .with_state(Arc::clone(self))
    }

    fn account(&self, username: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.username == username)
    }
}

/// Locks a mutex whose guarded value is whole between any two statements, so that a panic
/// elsewhere does not end the practice.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
