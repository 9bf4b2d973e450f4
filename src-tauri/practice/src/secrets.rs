//! What the practice must not give away: passwords, the agent's secret, the signing key.
//!
//! Made from the system's randomness at the first start and kept in `secrets.json`, readable by
//! its owner only, so that a restart changes nobody's password. Nothing here can be printed.

use crate::{Error, files};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt, path::Path};
use subtle::ConstantTimeEq;

/// A text that neither `Debug` nor a log shows.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Holds a secret that was made elsewhere.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A fresh secret of `bytes` random bytes, in URL-safe base64.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random(bytes: usize) -> std::io::Result<Self> {
        let mut raw = vec![0; bytes];
        OsRng.try_fill_bytes(&mut raw).map_err(std::io::Error::other)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(raw)))
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `offered` is the secret; takes the same time whatever `offered` is.
    #[must_use]
    pub fn is(&self, offered: &str) -> bool {
        // Digests are of one length, so not even the length shows.
        let (ours, theirs) = (Sha256::digest(&self.0), Sha256::digest(offered));
        ours.as_slice().ct_eq(theirs.as_slice()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a token, in hexadecimal: what is kept instead of the token.
#[must_use]
pub(crate) fn digest(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All the secrets of a practice.
#[derive(Debug, Serialize, Deserialize)]
pub struct Secrets {
    /// Password by user name.
    pub passwords: BTreeMap<String, Secret>,
    /// The client secret of the agent.
    pub agent: Secret,
    /// PKCS#8 PEM of the P-256 key that signs id tokens.
    pub signing_key: Secret,
}

impl Secrets {
    /// Reads the secrets kept in `data`, making what is missing for `usernames`.
    ///
    /// # Errors
    /// When the file is damaged or cannot be written, or the system has no randomness.
    pub fn open(data: &Path, usernames: &[&str]) -> Result<Self, Error> {
        let path = data.join("secrets.json");
        let random = |bytes| Secret::random(bytes).map_err(Error::file("cannot find randomness for", &path));
        let kept = files::read_json::<Self>(&path)?;
        let is_new = kept.is_none();
        let mut secrets = match kept {
            Some(kept) => kept,
            None => Self {
                passwords: BTreeMap::new(),
                agent: random(32)?,
                signing_key: Secret::new(rcgen::KeyPair::generate()?.serialize_pem()),
            },
        };
        let before = secrets.passwords.len();
        for username in usernames {
            if !secrets.passwords.contains_key(*username) {
                secrets.passwords.insert((*username).to_owned(), random(12)?);
            }
        }
        if is_new || secrets.passwords.len() != before {
            files::write_json(&path, &secrets)?;
        }
        Ok(secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_outlive_a_restart_and_cannot_be_printed() -> Result<(), Box<dyn std::error::Error>> {
        let data = tempfile::tempdir()?;
        let first = Secrets::open(data.path(), &["osei"])?;
        let again = Secrets::open(data.path(), &["osei", "tran"])?;
        assert!(again.passwords["osei"].is(first.passwords["osei"].expose()));
        assert!(!again.passwords["tran"].is(first.passwords["osei"].expose()));
        assert!(!format!("{again:?}").contains(again.agent.expose()));
        Ok(())
    }
}
