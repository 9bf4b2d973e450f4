//! Keys and PINs: `api`'s port, put onto the vault.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tern_api::ports::{Account, Doing, KeyError, Keys, PinState, PinTried, RawKey};
use tern_net::{RefreshTokens, Token, Unkept};
use tern_vault::{
    Keyring, Owner, Secret, Vault, VaultError,
    pin::{Allowance, MOST_TRIES, Tried},
};
use zeroize::Zeroizing;

/// Every account's entries, under the name of one profile.
#[derive(Clone)]
pub(crate) struct Keyrings {
    vault: Arc<dyn Vault>,
    profile: String,
}

impl Keyrings {
    pub(crate) fn new(vault: Arc<dyn Vault>, profile: String) -> Self {
        Self { vault, profile }
    }

    /// One account's entries.
    pub(crate) fn of(&self, account: &Account) -> Keyring {
        let owner = Owner::new(&self.profile, &account.address.server, &account.fhir_user);
        Keyring::new(Arc::clone(&self.vault), owner)
    }
}

fn key_error(error: VaultError) -> KeyError {
    match error {
        VaultError::NotFound => KeyError::Missing,
        other => {
            tracing::warn!(error = %other, "the keyring does not help");
            KeyError::Unavailable
        }
    }
}

impl Keys for Keyrings {
    fn cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<RawKey, KeyError>> {
        Box::pin(async move {
            let key = self.of(account).cache_key().await.map_err(key_error)?;
            Ok(Zeroizing::new(*key.expose()))
        })
    }

    fn make_cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<RawKey, KeyError>> {
        Box::pin(async move {
            let key = self.of(account).make_cache_key().await.map_err(key_error)?;
            Ok(Zeroizing::new(*key.expose()))
        })
    }

    fn forget_cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<(), KeyError>> {
        Box::pin(async move { self.of(account).forget_cache_key().await.map_err(key_error) })
    }

    fn pin_state<'a>(&'a self, account: &'a Account, now: DateTime<Utc>) -> Doing<'a, Result<PinState, KeyError>> {
        Box::pin(async move {
            let keyring = self.of(account);
            let is_set = keyring.has_pin().await.map_err(key_error)?;
            let failures = keyring.pin_failures().await.map_err(key_error)?;
            let tries_left = MOST_TRIES.saturating_sub(failures);
            Ok(match keyring.pin_allowance(now).await.map_err(key_error)? {
                Allowance::Now => PinState { is_set, tries_left, wait_until: None },
                Allowance::From(at) => PinState { is_set, tries_left, wait_until: Some(at) },
                Allowance::SignIn => PinState { is_set, tries_left: 0, wait_until: None },
            })
        })
    }

    fn set_pin<'a>(&'a self, account: &'a Account, pin: Zeroizing<String>) -> Doing<'a, Result<(), KeyError>> {
        Box::pin(async move { self.of(account).set_pin(Secret::from(pin.as_str())).await.map_err(key_error) })
    }

    fn remove_pin<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<(), KeyError>> {
        Box::pin(async move { self.of(account).remove_pin().await.map_err(key_error) })
    }

    fn try_pin<'a>(
        &'a self,
        account: &'a Account,
        pin: Zeroizing<String>,
        now: DateTime<Utc>,
    ) -> Doing<'a, Result<PinTried, KeyError>> {
        Box::pin(async move {
            let tried = self.of(account).try_pin(Secret::from(pin.as_str()), now).await.map_err(key_error)?;
            Ok(match tried {
                Tried::Right => PinTried::Right,
                Tried::Wrong(Allowance::SignIn) | Tried::Refused(Allowance::SignIn) => PinTried::SignInNeeded,
                Tried::Wrong(_) => PinTried::Wrong,
                Tried::Refused(_) => PinTried::Wait,
            })
        })
    }
}

/// One account's refresh token, as `net` wants it kept.
pub(crate) struct KeptTokens(pub(crate) Keyring);

impl RefreshTokens for KeptTokens {
    fn read(&self) -> Doing<'_, Result<Option<Token>, Unkept>> {
        Box::pin(async move {
            match self.0.refresh_token().await {
                Ok(token) => Ok(Some(Token::new(token.expose().to_owned()))),
                Err(VaultError::NotFound | VaultError::Damaged) => Ok(None),
                Err(_) => Err(Unkept),
            }
        })
    }

    fn write(&self, token: Token) -> Doing<'_, Result<(), Unkept>> {
        Box::pin(async move { self.0.keep_refresh_token(&Secret::from(token.expose())).await.map_err(|_| Unkept) })
    }
}
