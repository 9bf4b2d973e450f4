//! Signing in without a person: SMART Backend Services, for `tern-agent`.
//!
//! A private key signs an assertion that the server exchanges for an access token (`private_key_jwt`, RFC 7523;
//! RS384 or ES384); a client secret serves where that is all the server has. There is no refresh token: the
//! next access token is got the same way.
//!
//! The key is a PEM file that nobody else may read. It is read once, when the agent starts.

use std::{fs, io, path::Path, sync::Arc};

use chrono::Utc;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use oauth2::AuthType;
use serde::Serialize;
use tern_sync::server::{Answering, Unanswered};
use uuid::Uuid;

use super::{
    discovery::Kept,
    oauth::{NotGranted, TokenEndpoint},
    scope, signing,
};
use crate::{
    base::FhirBase,
    connection::Connection,
    http::Http,
    session::{Access, Tokens},
    token::Token,
};

/// An assertion lives this long, in seconds; SMART allows five minutes, and clocks differ.
const ASSERTION: i64 = 240;

/// RFC 7523, 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How the agent proves itself.
#[derive(Debug)]
pub enum Backend {
    /// By a signed assertion.
    Key {
        /// `client_id`.
        client_id: String,
        /// What signs it.
        key: KeyFile,
    },
    /// By a shared secret.
    Secret {
        /// `client_id`.
        client_id: String,
        /// The secret.
        secret: Token,
    },
}

/// Why a file with a key or a secret is not used.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// It can't be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
    /// Others on this machine can read or write it.
    #[error("others can read this file: its permissions must be 0600")]
    Exposed,
    /// It holds no private key that SMART Backend Services knows: RSA of 2,048 bits or more, or EC P-384, in
    /// PKCS#8 PEM.
    #[error("the file holds no RSA or P-384 private key in PKCS#8 PEM")]
    NotAKey,
    /// It is empty.
    #[error("the file is empty")]
    Empty,
}

/// A private key that signs assertions.
#[derive(Debug)]
pub struct KeyFile {
    key: EncodingKey,
    algorithm: Algorithm,
    public: Box<Jwk>,
    id: String,
}

impl KeyFile {
    /// Reads a PEM file that only its owner may read. The key's id is `id`, or its RFC 7638 thumbprint.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn read(path: &Path, id: Option<String>) -> Result<Self, BackendError> {
        signing::install();
        let pem = private(path)?;
        let pem = pem.expose().as_bytes();
        let candidates =
            [(EncodingKey::from_ec_pem(pem), Algorithm::ES384), (EncodingKey::from_rsa_pem(pem), Algorithm::RS384)];
        for (key, algorithm) in candidates {
            let Ok(key) = key else { continue };
            let Ok(mut public) = Jwk::from_encoding_key(&key, algorithm) else { continue };
            let thumbprint = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| BackendError::NotAKey)?;
            let id = id.unwrap_or(thumbprint);
            public.common.key_id = Some(id.clone());
            public.common.public_key_use = Some(PublicKeyUse::Signature);
            return Ok(Self { key, algorithm, public: Box::new(public), id });
        }
        Err(BackendError::NotAKey)
    }

    /// The JWK Set to register with the practice's server: the public half, as JSON.
    ///
    /// # Errors
    /// None that a key could cause; serde's otherwise.
    pub fn public_jwks(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&JwkSet { keys: vec![Jwk::clone(&self.public)] })
    }

    fn assertion(&self, client_id: &str, audience: &str) -> Result<String, jsonwebtoken::errors::Error> {
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'a str,
            sub: &'a str,
            aud: &'a str,
            exp: i64,
            jti: String,
        }
        signing::install();
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        let claims = Claims {
            iss: client_id,
            sub: client_id,
            aud: audience,
            exp: Utc::now().timestamp() + ASSERTION,
            jti: Uuid::new_v4().to_string(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

/// A connection that proves itself whenever it needs a token. Reaches for nothing yet.
pub fn backend(base: FhirBase, http: Http, backend: Backend) -> Connection {
    let tokens = BackendTokens { base: base.clone(), http: http.clone(), backend, configuration: Kept::new(None) };
    Connection::new(base, http, Arc::new(tokens), None)
}

/// Reads a file that holds one secret (`--client-secret-file`, `--token-file`), which only its owner may read;
/// white space around it doesn't count.
///
/// # Errors
/// [`BackendError`].
pub fn secret_file(path: &Path) -> Result<Token, BackendError> {
    let text = private(path)?;
    let secret = text.expose().trim();
    if secret.is_empty() { Err(BackendError::Empty) } else { Ok(Token::from(secret)) }
}

fn private(path: &Path) -> Result<Token, BackendError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::metadata(path).map_err(BackendError::Unreadable)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            return Err(BackendError::Exposed);
        }
    }
    fs::read_to_string(path).map(Token::new).map_err(BackendError::Unreadable)
}

struct BackendTokens {
    base: FhirBase,
    http: Http,
    backend: Backend,
    configuration: Kept,
}

impl BackendTokens {
    async fn ask(&self) -> Result<Access, Unanswered> {
        let configuration = self.configuration.get(&self.http, &self.base).await?.ok_or(Unanswered::NotAPractice)?;
        let (client_id, scopes) = (self.backend.client_id(), scope::system(&configuration));
        let endpoint = TokenEndpoint::new(&self.http, &configuration, client_id).ok_or(Unanswered::NotAPractice)?;
        let granted = match &self.backend {
            Backend::Key { client_id, key } => {
                let audience = configuration.token.as_ref().map_or("", url::Url::as_str);
                let assertion = key.assertion(client_id, audience).map_err(|_| Unanswered::SignInAgain)?;
                let proof = vec![("client_assertion_type", JWT_BEARER.to_owned()), ("client_assertion", assertion)];
                endpoint.client(scopes, proof).await
            }
            Backend::Secret { secret, .. } => {
                let says = |method: &str| configuration.authentication.iter().any(|supported| supported == method);
                // RFC 6749 wants Basic everywhere; a server that lists only the other means it.
                let only_body = says("client_secret_post") && !says("client_secret_basic");
                let how = if only_body { AuthType::RequestBody } else { AuthType::BasicAuth };
                endpoint.with_secret(secret, how).client(scopes, Vec::new()).await
            }
        };
        match granted {
            Ok(granted) => Ok(granted.access),
            Err(NotGranted::Unanswered(unanswered)) => Err(unanswered),
            Err(NotGranted::Unavailable) => {
                self.configuration.forget();
                Err(Unanswered::Offline)
            }
            Err(NotGranted::Refused(code)) => {
                self.configuration.forget();
                tracing::warn!(code, "the server does not believe this client");
                Err(Unanswered::SignInAgain)
            }
        }
    }
}

impl Tokens for BackendTokens {
    fn renew(&self) -> Answering<'_, Result<Access, Unanswered>> {
        Box::pin(self.ask())
    }
}

impl Backend {
    fn client_id(&self) -> &str {
        match self {
            Self::Key { client_id, .. } | Self::Secret { client_id, .. } => client_id,
        }
    }
}
