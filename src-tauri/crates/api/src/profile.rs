//! A profile: the folder in which one installation keeps what it knows outside the keyring.
//!
//! ```text
//! <profile>/
//!   settings.json        theme, language, keys, seconds (needed before anybody signs in)
//!   account.json         who signed in last, and where; no secret
//!   accounts/<key>/      one folder per (server, fhirUser): the encrypted cache
//!   sample-practice/     the data of the sample practice, if it was tried
//! ```
//! Files are written whole beside the old one and renamed over it: a full disk or a pulled plug leaves the
//! old one.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    dto::{MemberCard, Settings},
    ports::Account,
};

/// Ours alone, for the folder names of accounts.
const ACCOUNTS: Uuid = Uuid::from_u128(0x5f1b_0c1e_7a44_4e0b_9d55_27c1_90ab_3e64);

/// In an account's folder: held by whichever process refreshes its token.
const REFRESH_LOCK: &str = "refresh.lock";

/// The folder of one installation.
#[derive(Clone, Debug)]
pub struct Profile {
    dir: PathBuf,
}

/// Who signed in last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAccount {
    /// Whose.
    pub account: Account,
    /// Shown on the lock screen.
    pub member: MemberCard,
    /// The practice's name.
    pub practice: String,
    /// Whether the person is still signed in (closing the program does not sign out).
    pub signed_in: bool,
    /// Whether the screen was locked last: ending the program is no way around that.
    #[serde(default)]
    pub locked: bool,
}

impl Profile {
    /// Opens the folder, making it where it is missing; only its owner can look inside.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        make_private(&dir)?;
        Ok(Self { dir })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The name under which this profile's entries stand in the keyring.
    pub fn name(&self) -> String {
        self.dir.to_string_lossy().into_owned()
    }

    /// The folder of an account's cache.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn account_dir(&self, account: &Account) -> io::Result<PathBuf> {
        let key = format!("{}\u{1f}{}", account.address.server, account.fhir_user);
        let dir = self.dir.join("accounts").join(Uuid::new_v5(&ACCOUNTS, key.as_bytes()).to_string());
        make_private(&dir)?;
        Ok(dir)
    }

    /// The file that is held by whichever process refreshes the account's token.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn refresh_lock(&self, account: &Account) -> io::Result<PathBuf> {
        Ok(self.account_dir(account)?.join(REFRESH_LOCK))
    }

    /// Removes an account's folder, whose cache is gone. One in which something else lies (a cache that was set
    /// aside) stays.
    pub fn remove_account_dir(&self, account: &Account) {
        let Ok(dir) = self.account_dir(account) else { return };
        let gone = std::fs::remove_file(dir.join(REFRESH_LOCK)).and_then(|()| std::fs::remove_dir(&dir));
        if let Err(error) = gone {
            tracing::debug!(kind = ?error.kind(), "the account's folder stays");
        }
    }

    /// The folder of the sample practice's data.
    pub fn sample_practice_dir(&self) -> PathBuf {
        self.dir.join("sample-practice")
    }

    /// The settings; the defaults where there are none or they cannot be read.
    pub fn settings(&self) -> Settings {
        self.read("settings.json").unwrap_or_default()
    }

    /// Keeps the settings.
    ///
    /// # Errors
    /// When the file cannot be written; the old one stands.
    pub fn keep_settings(&self, settings: &Settings) -> io::Result<()> {
        self.write("settings.json", settings)
    }

    /// Who signed in last.
    pub fn last_account(&self) -> Option<LastAccount> {
        self.read("account.json")
    }

    /// Keeps who signed in.
    ///
    /// # Errors
    /// When the file cannot be written; the old one stands.
    pub fn keep_last_account(&self, last: &LastAccount) -> io::Result<()> {
        self.write("account.json", last)
    }

    fn read<T: DeserializeOwned>(&self, file: &str) -> Option<T> {
        let bytes = std::fs::read(self.dir.join(file)).ok()?;
        serde_json::from_slice(&bytes)
            .inspect_err(|error| tracing::warn!(file, %error, "a file of the profile cannot be read"))
            .ok()
    }

    fn write<T: Serialize>(&self, file: &str, value: &T) -> io::Result<()> {
        let beside = self.dir.join(format!("{file}.new"));
        let mut new = std::fs::File::create(&beside)?;
        new.write_all(&serde_json::to_vec_pretty(value)?)?;
        new.sync_all()?;
        std::fs::rename(beside, self.dir.join(file))
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dto::Theme, ports::Address};

    fn account(user: &str) -> Account {
        let address = Address { server: "https://practice.example/fhir".into(), ca_file: None };
        Account { address, fhir_user: user.into() }
    }

    #[test]
    fn two_members_on_one_machine_have_two_folders() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path()).unwrap();
        let osei = profile.account_dir(&account("Practitioner/osei")).unwrap();
        assert_ne!(osei, profile.account_dir(&account("Practitioner/tran")).unwrap());
        assert_eq!(osei, profile.account_dir(&account("Practitioner/osei")).unwrap());
    }

    #[test]
    fn settings_survive_and_a_broken_file_means_the_defaults() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path()).unwrap();
        let settings = Settings { theme: Theme::Dark, ..Settings::default() };
        profile.keep_settings(&settings).unwrap();
        assert_eq!(profile.settings(), settings);
        std::fs::write(dir.path().join("settings.json"), "{").unwrap();
        assert_eq!(profile.settings(), Settings::default());
    }
}
