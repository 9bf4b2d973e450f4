//! What the operations need of the world outside: a way in, a place for keys, a sample practice.
//!
//! The desktop and the agent build these over `net` and `vault` and hand them over; nothing in this crate
//! knows how a token is refreshed or where a keyring keeps its entries.

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
pub use tern_sync::server::{Server, Unanswered};
use zeroize::Zeroizing;

use crate::dto::SignInFailure;

/// A future that a port returns.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// FHIR base URL as the person typed it, or as policy says.
    pub server: String,
    /// PEM file of the practice's own CA.
    pub ca_file: Option<PathBuf>,
}

/// Whose session: one cache, one key and one set of tokens each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Where.
    pub address: Address,
    /// `fhirUser`, relative: `Practitioner/7`.
    pub fhir_user: String,
}

/// Signed in.
pub struct Entered {
    /// Who, where.
    pub account: Account,
    /// The connection.
    pub server: Arc<dyn Server>,
}

/// The way into a practice.
pub trait Door: Send + Sync + 'static {
    /// SMART App Launch through the system browser. `page` is called with the address of the sign-in page,
    /// which the caller opens. Dropping the future cancels.
    fn sign_in<'a>(
        &'a self,
        address: Address,
        page: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Doing<'a, Result<Entered, SignInFailure>>;

    /// A connection for an account that signed in before; reaches for nothing yet, so it also works offline.
    fn resume<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<Arc<dyn Server>, SignInFailure>>;

    /// Revokes and forgets the tokens. Never fails: what cannot be revoked is forgotten here.
    fn leave<'a>(&'a self, account: &'a Account) -> Doing<'a, ()>;
}

/// The key of a cache file: 32 bytes, wiped when dropped.
pub type RawKey = Zeroizing<[u8; 32]>;

/// Why a key cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The keyring answers, and has no such entry.
    #[error("the keyring has no such entry")]
    Missing,
    /// The keyring is locked, not there, or does not answer.
    #[error("the keyring is locked, missing or does not answer")]
    Unavailable,
}

/// How a PIN stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinState {
    /// One is set.
    pub is_set: bool,
    /// Wrong tries left before only the browser unlocks.
    pub tries_left: u32,
    /// No PIN is taken before this instant.
    pub wait_until: Option<DateTime<Utc>>,
}

/// What a PIN did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinTried {
    /// The right one.
    Right,
    /// A wrong one.
    Wrong,
    /// Too soon.
    Wait,
    /// Only the practice's sign-in unlocks now.
    SignInNeeded,
}

/// Keys and PINs in the OS keyring.
pub trait Keys: Send + Sync + 'static {
    /// The key of the account's cache.
    fn cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<RawKey, KeyError>>;

    /// The same, made now if there is none.
    fn make_cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<RawKey, KeyError>>;

    /// Forgets the key of a cache that is gone.
    fn forget_cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<(), KeyError>>;

    /// How the account's PIN stands at `now`.
    fn pin_state<'a>(&'a self, account: &'a Account, now: DateTime<Utc>) -> Doing<'a, Result<PinState, KeyError>>;

    /// Sets the PIN.
    fn set_pin<'a>(&'a self, account: &'a Account, pin: Zeroizing<String>) -> Doing<'a, Result<(), KeyError>>;

    /// Takes the PIN away, with its wrong tries: the person was proven by the practice's sign-in.
    fn remove_pin<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<(), KeyError>>;

    /// Tries one.
    fn try_pin<'a>(
        &'a self,
        account: &'a Account,
        pin: Zeroizing<String>,
        now: DateTime<Utc>,
    ) -> Doing<'a, Result<PinTried, KeyError>>;
}

/// The sample practice: a program of its own, which only the desktop starts.
pub trait SamplePractice: Send + Sync + 'static {
    /// Whether it is installed.
    fn is_installed(&self) -> bool;

    /// Starts it beside the program, with its data under `data`, and says where it listens. Starting it again
    /// answers the same.
    fn start<'a>(&'a self, data: &'a Path) -> Doing<'a, Result<Address, SamplePracticeFailed>>;
}

/// The sample practice did not start; the cause is in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sample practice did not start")]
pub struct SamplePracticeFailed;
