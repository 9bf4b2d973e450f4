//! The operating system's keyring itself.
//!
//! `tests/with-keyring.sh cargo test -p tern-vault --features os-keyring-tests` runs these against a Secret
//! Service of their own; outside of that script they fail, because a test that quietly skips proves nothing.
//! The script's `locked` and `missing` keyrings are started by the tests that want them.
#![cfg(feature = "os-keyring-tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::{env, process::Command, sync::Arc, time::Duration};

use tern_vault::{Keyring, OsVault, Owner, Secret, Vault, VaultError};

/// Which keyring the script gave us.
fn given() -> String {
    env::var("TERN_TEST_KEYRING").expect("run me through tests/with-keyring.sh: I need a keyring of my own")
}

fn dr_osei(profile: &str) -> Keyring {
    let vault: Arc<dyn Vault> = Arc::new(OsVault::new());
    Keyring::new(vault, Owner::new(profile, "https://practice.example/fhir", "Practitioner/osei"))
}

/// Runs one test of this program again, in a keyring that is `locked` or `missing`.
fn again_with(keyring: &str, test: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/with-keyring.sh");
    let ended = Command::new(script)
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env_remove("TERN_KEYRING_HOME")
        .env("TERN_TEST_KEYRING", keyring)
        .status()
        .unwrap();
    assert!(ended.success(), "{test} in a {keyring} keyring: {ended}");
}

#[tokio::test]
async fn os_keyring_keeps_a_cache_key_and_a_long_token_across_programs() {
    assert_eq!(given(), "unlocked");
    let token = Secret::new("t".repeat(8_000));
    let key = dr_osei("long").make_cache_key().await.unwrap();
    dr_osei("long").keep_refresh_token(&token).await.unwrap();
    // A vault of its own, as a second start of the program has.
    assert_eq!(dr_osei("long").cache_key().await, Ok(key));
    assert_eq!(dr_osei("long").refresh_token().await, Ok(token));

    dr_osei("long").forget().await.unwrap();
    assert_eq!(dr_osei("long").cache_key().await, Err(VaultError::NotFound));
    assert_eq!(dr_osei("long").refresh_token().await, Err(VaultError::NotFound));
}

#[tokio::test]
async fn os_keyring_rotates_tokens_and_leaves_no_old_part() {
    assert_eq!(given(), "unlocked");
    let keyring = dr_osei("rotation");
    for (letter, length) in [("a", 5_000), ("b", 10), ("c", 2_400)] {
        let token = Secret::new(letter.repeat(length));
        keyring.keep_refresh_token(&token).await.unwrap();
        assert_eq!(keyring.refresh_token().await, Ok(token));
    }
}

#[tokio::test]
async fn os_keyring_removes_what_is_not_there_without_complaint() {
    assert_eq!(given(), "unlocked");
    dr_osei("empty").forget().await.unwrap();
    assert_eq!(dr_osei("empty").has_pin().await, Ok(false));
}

#[tokio::test]
async fn os_keyring_locked_without_a_prompter_is_given_up_in_time() {
    if given() == "unlocked" {
        return again_with("locked", "os_keyring_locked_without_a_prompter_is_given_up_in_time");
    }
    let vault: Arc<dyn Vault> = Arc::new(OsVault::with_patience(Duration::from_secs(3)));
    let keyring = Keyring::new(vault, Owner::new("locked", "https://practice.example/fhir", "Practitioner/osei"));
    let answer = keyring.make_cache_key().await;
    assert!(
        matches!(answer, Err(VaultError::TimedOut | VaultError::Locked | VaultError::Denied)),
        "a locked keyring gave {answer:?}"
    );
}

#[tokio::test]
async fn os_keyring_missing_is_said_to_be_missing() {
    if given() == "unlocked" {
        return again_with("missing", "os_keyring_missing_is_said_to_be_missing");
    }
    assert_eq!(dr_osei("missing").make_cache_key().await, Err(VaultError::MissingService));
}
