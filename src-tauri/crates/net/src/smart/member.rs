//! A member's session after the sign-in: refresh with rotation, resume, sign out.
//!
//! ```text
//!   hold the file lock ─▶ read the refresh token ─▶ token endpoint ─▶ keep the new one ─▶ release, use
//!                              │ none                    │ refused           │ keyring locked
//!                              ▼                         ▼                   ▼
//!                         SignInAgain               SignInAgain        held in memory, kept at
//!                                               (until another is kept) the next occasion
//! ```
//! The lock is a file in the profile's folder, so a second process of the same account waits, and then reads
//! the token that the first one kept.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use oauth2::http::{self as http_types, header};
use tern_sync::server::{Answering, Unanswered};

use super::{
    discovery::{Configuration, Kept},
    oauth::{Granted, NotGranted, TokenEndpoint},
};
use crate::{
    base::FhirBase,
    connection::Connection,
    http::Http,
    lock::{Held, RefreshLock},
    session::{Access, Tokens},
    token::{RefreshTokens, Token, Unkept},
};

/// What is needed to go on with a session that began earlier.
pub struct Resumption {
    /// Where.
    pub base: FhirBase,
    /// How to get there.
    pub http: Http,
    /// As which client: the one that signed in.
    pub client_id: String,
    /// Where its refresh token is kept.
    pub tokens: Arc<dyn RefreshTokens>,
    /// A file in the profile's folder, one per account; made when needed. Who holds it may refresh.
    pub lock_file: PathBuf,
}

/// A connection for a session that began earlier. Reaches for nothing yet: it works offline, and the first
/// request brings the first token.
pub fn resume(resumption: Resumption) -> Connection {
    let (base, http) = (resumption.base.clone(), resumption.http.clone());
    Connection::new(base, http, Arc::new(MemberTokens::new(resumption, None)), None)
}

/// Ends a session at the server: its refresh token is revoked (RFC 7009), and with it, on most servers, the
/// access token. That the token is also forgotten here is the keyring owner's part, and has to be done whatever
/// comes back from this.
///
/// # Errors
/// [`Unanswered`] where the server could not be told; the token then lives until it runs out.
pub async fn sign_out(resumption: Resumption) -> Result<(), Unanswered> {
    let tokens = MemberTokens::new(resumption, None);
    let _held = tokens.lock().await?;
    let Some(token) = tokens.of.tokens.read().await.map_err(|Unkept| Unanswered::Keyring)? else {
        return Ok(());
    };
    let configuration = tokens.configuration().await?;
    let Some(revoke) = &configuration.revoke else {
        tracing::info!("this server revokes no tokens");
        return Ok(());
    };
    // By hand: the oauth2 crate revokes over https only, not on loopback.
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token.expose())
        .append_pair("token_type_hint", "refresh_token")
        .append_pair("client_id", &tokens.of.client_id)
        .finish();
    let request = http_types::Request::post(revoke.as_str())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .map_err(|_| Unanswered::Offline)?;
    let (answer, _) = tokens.of.http.oauth(request).await?;
    if !answer.status().is_success() {
        tracing::warn!(status = answer.status().as_u16(), "the server did not revoke the session");
    }
    Ok(())
}

/// Access tokens by refresh token.
pub(super) struct MemberTokens {
    of: Resumption,
    lock: RefreshLock,
    configuration: Kept,
    held: Mutex<HeldTokens>,
}

/// What this process knows of refresh tokens beside the keyring.
#[derive(Default)]
struct HeldTokens {
    /// One that the server gave and the keyring would not take.
    unkept: Option<Token>,
    /// One that the server refused: it is not asked again with it, but with the next that is kept.
    refused: Option<Token>,
}

impl MemberTokens {
    pub(super) fn new(of: Resumption, configuration: Option<Configuration>) -> Self {
        Self {
            lock: RefreshLock::new(&of.lock_file),
            configuration: Kept::new(configuration),
            held: Mutex::default(),
            of,
        }
    }

    /// Keeps the refresh token of a new sign-in.
    pub(super) async fn begin(&self, token: Token) -> Result<(), Unkept> {
        let _held = self.lock().await.map_err(|_| Unkept)?;
        self.of.tokens.write(token).await
    }

    async fn refresh(&self) -> Result<Access, Unanswered> {
        let _held = self.lock().await?;
        let unkept = self.with_held(|held| held.unkept.clone());
        let token = match unkept {
            Some(token) => token,
            None => {
                let kept = self.of.tokens.read().await.map_err(|Unkept| Unanswered::Keyring)?;
                kept.ok_or(Unanswered::SignInAgain)?
            }
        };
        if self.with_held(|held| held.refused.as_ref() == Some(&token)) {
            return Err(Unanswered::SignInAgain);
        }
        let configuration = self.configuration().await?;
        let endpoint = TokenEndpoint::new(&self.of.http, &configuration, &self.of.client_id);
        match endpoint.ok_or(Unanswered::Offline)?.refresh(&token).await {
            Ok(granted) => Ok(self.keep(granted).await),
            Err(NotGranted::Unanswered(unanswered)) => Err(unanswered),
            Err(NotGranted::Unavailable) => {
                self.configuration.forget();
                Err(Unanswered::Offline)
            }
            Err(NotGranted::Refused(code)) => {
                self.configuration.forget();
                tracing::info!(code, "the refresh token was refused");
                self.with_held(|held| {
                    held.unkept = None;
                    held.refused = Some(token);
                });
                Err(Unanswered::SignInAgain)
            }
        }
    }

    /// The new refresh token is kept before anybody gets the access token that came with it. Where the keyring
    /// won't take it now, it is held here: the old one is worth nothing any more.
    async fn keep(&self, granted: Granted) -> Access {
        if let Some(token) = granted.refresh {
            let kept = self.of.tokens.write(token.clone()).await;
            if kept.is_err() {
                tracing::warn!("the keyring did not take the new refresh token; it is held in memory");
            }
            self.with_held(|held| held.unkept = kept.is_err().then_some(token));
        } else if let Some(token) = self.with_held(|held| held.unkept.clone())
            && self.of.tokens.write(token).await.is_ok()
        {
            // This server doesn't rotate; what could not be kept before can be now.
            self.with_held(|held| held.unkept = None);
        }
        granted.access
    }

    async fn configuration(&self) -> Result<Arc<Configuration>, Unanswered> {
        // A practice whose sign-in we used before is only away when it says nothing of it.
        self.configuration.get(&self.of.http, &self.of.base).await?.ok_or(Unanswered::Offline)
    }

    async fn lock(&self) -> Result<Held, Unanswered> {
        self.lock.hold().await.map_err(|error| {
            tracing::warn!(%error, "another process holds the session's lock");
            Unanswered::Offline
        })
    }

    fn with_held<T>(&self, see: impl FnOnce(&mut HeldTokens) -> T) -> T {
        see(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tokens for MemberTokens {
    fn renew(&self) -> Answering<'_, Result<Access, Unanswered>> {
        Box::pin(self.refresh())
    }
}
