//! One owner's secrets: the key of the cache, the refresh token, the PIN.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    entry::{Entry, Item, Owner},
    pin::{self, Allowance, Tried, Tries},
    secret::{CacheKey, Secret},
    split,
    vault::{Vault, VaultError},
};

/// What the vault keeps for one person on one server in one profile.
#[derive(Clone)]
pub struct Keyring {
    vault: Arc<dyn Vault>,
    owner: Owner,
}

impl Keyring {
    /// The entries of `owner` in `vault`.
    pub fn new(vault: Arc<dyn Vault>, owner: Owner) -> Self {
        Self { vault, owner }
    }

    /// The key of the cache file.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] means that a cache file, where there is one, cannot be read: it is set aside,
    /// never deleted, because the keyring may be restored. What the vault says.
    pub async fn cache_key(&self) -> Result<CacheKey, VaultError> {
        let hex = self.vault.read(self.entry(Item::CacheKey)).await?;
        CacheKey::from_hex(&hex).ok_or(VaultError::Damaged)
    }

    /// The key for a cache that is about to be made: the one that is kept, else a new one that is in the
    /// keyring, and was read back from it, before this returns. A database is never locked with a key that is
    /// not safe.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the keyring holds, or gives back, something else; what the vault says.
    pub async fn make_cache_key(&self) -> Result<CacheKey, VaultError> {
        match self.cache_key().await {
            Err(VaultError::NotFound) => {}
            kept => return kept,
        }
        let key = CacheKey::generate().map_err(|_| VaultError::Failed)?;
        self.restore_cache_key(&key).await?;
        Ok(key)
    }

    /// Keeps a key that came from elsewhere (a recovery), over the one that stands there.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the keyring gives back something else; what the vault says.
    pub async fn restore_cache_key(&self, key: &CacheKey) -> Result<(), VaultError> {
        self.vault.write(self.entry(Item::CacheKey), key.to_hex()).await?;
        if self.cache_key().await? == *key { Ok(()) } else { Err(VaultError::Damaged) }
    }

    /// The refresh token of the session.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] and [`VaultError::Damaged`] both mean that a person signs in again; what the
    /// vault says.
    pub async fn refresh_token(&self) -> Result<Secret, VaultError> {
        split::read(self.vault.as_ref(), &self.owner).await
    }

    /// Keeps the refresh token in the place of the old one. Killed anywhere, one of the two stands, whole.
    ///
    /// # Errors
    /// What the vault says; then the old one stands, except after [`VaultError::TimedOut`], where either may.
    pub async fn keep_refresh_token(&self, token: &Secret) -> Result<(), VaultError> {
        split::write(self.vault.as_ref(), &self.owner, token).await
    }

    /// Whether there is a PIN.
    ///
    /// # Errors
    /// What the vault says.
    pub async fn has_pin(&self) -> Result<bool, VaultError> {
        match self.vault.read(self.entry(Item::Pin)).await {
            Ok(_) => Ok(true),
            Err(VaultError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets the PIN and forgets the wrong tries. Only after the person proved to be themselves: by the old PIN
    /// or by the practice's sign-in.
    ///
    /// # Errors
    /// What the vault says; then the old PIN stands.
    pub async fn set_pin(&self, pin: Secret) -> Result<(), VaultError> {
        let verifier = slowly(move || pin::verifier(&pin)).await?.ok_or(VaultError::Failed)?;
        self.vault.write(self.entry(Item::Pin), verifier).await?;
        self.vault.remove(self.entry(Item::PinTries)).await
    }

    /// Takes the PIN away.
    ///
    /// # Errors
    /// What the vault says.
    pub async fn remove_pin(&self) -> Result<(), VaultError> {
        self.vault.remove(self.entry(Item::Pin)).await?;
        self.vault.remove(self.entry(Item::PinTries)).await
    }

    /// When a PIN is taken next.
    ///
    /// # Errors
    /// What the vault says.
    pub async fn pin_allowance(&self, now: DateTime<Utc>) -> Result<Allowance, VaultError> {
        Ok(pin::allowance(self.tries(now).await?, now))
    }

    /// How many wrong PINs were given since the last right one.
    ///
    /// # Errors
    /// What the vault says.
    pub async fn pin_failures(&self) -> Result<u32, VaultError> {
        match self.vault.read(self.entry(Item::PinTries)).await {
            Ok(text) => Ok(Tries::from_secret(&text).failures),
            Err(VaultError::NotFound) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Tries a PIN. The try is counted before the PIN is looked at, so that ending the program in between gains
    /// nothing.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where no PIN was set; what the vault says.
    pub async fn try_pin(&self, pin: Secret, now: DateTime<Utc>) -> Result<Tried, VaultError> {
        let tries = self.tries(now).await?;
        match pin::allowance(tries, now) {
            Allowance::Now => {}
            refused => return Ok(Tried::Refused(refused)),
        }
        let verifier = self.vault.read(self.entry(Item::Pin)).await?;
        let failed = tries.failed(now);
        self.vault.write(self.entry(Item::PinTries), failed.to_secret()).await?;
        if slowly(move || pin::matches(&pin, &verifier)).await?.ok_or(VaultError::Damaged)? {
            self.vault.remove(self.entry(Item::PinTries)).await?;
            return Ok(Tried::Right);
        }
        Ok(Tried::Wrong(pin::allowance(failed, now)))
    }

    /// Ends the session: refresh token and PIN go, the key of the cache stays (unsent replies are in there).
    ///
    /// # Errors
    /// What the vault says; calling again goes on where it stopped.
    pub async fn forget_session(&self) -> Result<(), VaultError> {
        split::remove(self.vault.as_ref(), &self.owner).await?;
        self.remove_pin().await
    }

    /// Forgets everything of this owner. **Without its key a cache file can never be read again.**
    ///
    /// # Errors
    /// What the vault says; calling again goes on where it stopped.
    pub async fn forget(&self) -> Result<(), VaultError> {
        self.forget_session().await?;
        self.forget_cache_key().await
    }

    /// Forgets the key of a cache file that was removed.
    ///
    /// # Errors
    /// What the vault says.
    pub async fn forget_cache_key(&self) -> Result<(), VaultError> {
        self.vault.remove(self.entry(Item::CacheKey)).await
    }

    /// The wrong tries so far. A time that lies ahead (the clock was turned back since) is set to now and kept,
    /// or the wait would go on until that time comes again.
    async fn tries(&self, now: DateTime<Utc>) -> Result<Tries, VaultError> {
        let kept = match self.vault.read(self.entry(Item::PinTries)).await {
            Ok(text) => Tries::from_secret(&text),
            Err(VaultError::NotFound) => Tries::default(),
            Err(error) => return Err(error),
        };
        if kept.last.is_some_and(|last| last > now) {
            let tries = Tries { last: Some(now), ..kept };
            self.vault.write(self.entry(Item::PinTries), tries.to_secret()).await?;
            return Ok(tries);
        }
        Ok(kept)
    }

    fn entry(&self, item: Item) -> Entry {
        Entry { owner: self.owner.clone(), item }
    }
}

/// Runs what takes a while beside the async threads.
async fn slowly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, VaultError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| VaultError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryVault;

    const PRACTICE: &str = "https://practice.example/fhir";

    fn dr_osei(vault: &MemoryVault) -> Keyring {
        Keyring::new(Arc::new(vault.clone()), Owner::new("default", PRACTICE, "Practitioner/osei"))
    }

    fn mia_tran(vault: &MemoryVault) -> Keyring {
        Keyring::new(Arc::new(vault.clone()), Owner::new("default", PRACTICE, "Practitioner/tran"))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_900_000_000 + seconds, 0).unwrap()
    }

    #[tokio::test]
    async fn the_cache_key_is_made_once_and_found_again() {
        let vault = MemoryVault::new();
        assert_eq!(dr_osei(&vault).cache_key().await, Err(VaultError::NotFound));
        let key = dr_osei(&vault).make_cache_key().await.unwrap();
        assert_eq!(dr_osei(&vault).make_cache_key().await, Ok(key.clone()));
        assert_eq!(dr_osei(&vault).cache_key().await, Ok(key));
    }

    #[tokio::test]
    async fn two_members_on_one_machine_never_meet() {
        let vault = MemoryVault::new();
        let hers = dr_osei(&vault).make_cache_key().await.unwrap();
        let mias = mia_tran(&vault).make_cache_key().await.unwrap();
        assert_ne!(hers, mias);
        dr_osei(&vault).keep_refresh_token(&Secret::from("hers")).await.unwrap();
        assert_eq!(mia_tran(&vault).refresh_token().await, Err(VaultError::NotFound));
        mia_tran(&vault).forget().await.unwrap();
        assert_eq!(dr_osei(&vault).cache_key().await, Ok(hers));
    }

    #[tokio::test]
    async fn a_locked_keyring_makes_no_second_key() {
        let vault = MemoryVault::new();
        let key = dr_osei(&vault).make_cache_key().await.unwrap();
        for error in [VaultError::Locked, VaultError::TimedOut, VaultError::MissingService, VaultError::Denied] {
            vault.refuse(Some(error));
            assert_eq!(dr_osei(&vault).make_cache_key().await, Err(error));
        }
        vault.refuse(None);
        assert_eq!(dr_osei(&vault).cache_key().await, Ok(key));
    }

    #[tokio::test]
    async fn signing_out_with_unsent_replies_keeps_the_key_of_the_cache() {
        let vault = MemoryVault::new();
        let keyring = dr_osei(&vault);
        let key = keyring.make_cache_key().await.unwrap();
        keyring.keep_refresh_token(&Secret::from("token")).await.unwrap();
        keyring.set_pin(Secret::from("2580")).await.unwrap();

        keyring.forget_session().await.unwrap();
        assert_eq!(keyring.refresh_token().await, Err(VaultError::NotFound));
        assert_eq!(keyring.has_pin().await, Ok(false));
        assert_eq!(keyring.cache_key().await, Ok(key));

        keyring.forget().await.unwrap();
        assert_eq!(vault.len(), 0);
    }

    #[tokio::test]
    async fn wrong_pins_are_counted_slowed_and_forgiven_by_the_right_one() {
        let vault = MemoryVault::new();
        let keyring = dr_osei(&vault);
        keyring.set_pin(Secret::from("2580")).await.unwrap();
        let wrong = || Secret::from("0000");

        assert_eq!(keyring.try_pin(wrong(), at(0)).await, Ok(Tried::Wrong(Allowance::Now)));
        assert_eq!(keyring.try_pin(wrong(), at(1)).await, Ok(Tried::Wrong(Allowance::Now)));
        assert_eq!(keyring.try_pin(wrong(), at(2)).await, Ok(Tried::Wrong(Allowance::From(at(32)))));
        // Not even the right one, and the wait gets no longer by asking.
        assert_eq!(keyring.try_pin(Secret::from("2580"), at(10)).await, Ok(Tried::Refused(Allowance::From(at(32)))));
        assert_eq!(keyring.try_pin(Secret::from("2580"), at(32)).await, Ok(Tried::Right));
        assert_eq!(keyring.try_pin(wrong(), at(33)).await, Ok(Tried::Wrong(Allowance::Now)));
    }

    #[tokio::test]
    async fn after_ten_wrong_pins_only_the_practices_sign_in_opens_and_sets_a_new_one() {
        let vault = MemoryVault::new();
        let keyring = dr_osei(&vault);
        keyring.set_pin(Secret::from("2580")).await.unwrap();
        for hour in 0..9 {
            keyring.try_pin(Secret::from("0000"), at(hour * 3_600)).await.unwrap();
        }
        assert_eq!(keyring.try_pin(Secret::from("0000"), at(9 * 3_600)).await, Ok(Tried::Wrong(Allowance::SignIn)));
        assert_eq!(keyring.try_pin(Secret::from("2580"), at(90 * 3_600)).await, Ok(Tried::Refused(Allowance::SignIn)));
        keyring.set_pin(Secret::from("1379")).await.unwrap();
        assert_eq!(keyring.try_pin(Secret::from("1379"), at(91 * 3_600)).await, Ok(Tried::Right));
    }

    #[tokio::test]
    async fn killing_the_program_while_a_pin_is_checked_gains_no_try() {
        let vault = MemoryVault::new();
        let keyring = dr_osei(&vault);
        keyring.set_pin(Secret::from("2580")).await.unwrap();
        // The right PIN: the count is written, the program dies before it is taken back.
        vault.stop_after(1);
        assert_eq!(keyring.try_pin(Secret::from("2580"), at(0)).await, Err(VaultError::Failed));
        assert!(vault.restart());
        for second in 1..3 {
            keyring.try_pin(Secret::from("0000"), at(second)).await.unwrap();
        }
        assert_eq!(keyring.pin_allowance(at(3)).await, Ok(Allowance::From(at(32))));
    }

    #[tokio::test]
    async fn a_clock_turned_back_costs_one_wait_and_no_more() {
        let vault = MemoryVault::new();
        let keyring = dr_osei(&vault);
        keyring.set_pin(Secret::from("2580")).await.unwrap();
        for _ in 0..3 {
            keyring.try_pin(Secret::from("0000"), at(86_400)).await.unwrap();
        }
        assert_eq!(keyring.pin_allowance(at(0)).await, Ok(Allowance::From(at(30))));
        assert_eq!(keyring.try_pin(Secret::from("2580"), at(30)).await, Ok(Tried::Right));
    }
}
