//! The port to a keyring: one named entry at a time.

use std::{future::Future, pin::Pin};

use crate::{entry::Entry, secret::Secret};

/// A future that a vault returns.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A place that keeps secrets for the person who is signed in to the operating system.
///
/// Each call is atomic for its one entry and for no more; who needs several entries orders the writes.
pub trait Vault: Send + Sync + 'static {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where there is none.
    fn read(&self, entry: Entry) -> Answering<'_, Result<Secret, VaultError>>;

    /// Writes an entry, over whatever stands there. At most [`crate::split::PART`] UTF-16 units.
    ///
    /// # Errors
    /// After [`VaultError::TimedOut`] the value may have been written or not.
    fn write(&self, entry: Entry, value: Secret) -> Answering<'_, Result<(), VaultError>>;

    /// Removes an entry; one that isn't there is as good as removed.
    ///
    /// # Errors
    /// After [`VaultError::TimedOut`] the entry may be gone or not.
    fn remove(&self, entry: Entry) -> Answering<'_, Result<(), VaultError>>;
}

/// What a keyring may answer instead. Holds no value and no name of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// This machine runs no keyring (on Linux: nobody offers `org.freedesktop.secrets`).
    #[error("this machine has no keyring service")]
    MissingService,
    /// The keyring is locked, and stayed so.
    #[error("the keyring is locked")]
    Locked,
    /// No answer in time: most often a locked keyring that waits for somebody to unlock it.
    #[error("the keyring did not answer in time")]
    TimedOut,
    /// Access was refused: the person dismissed the question, or a rule of the system forbids it.
    #[error("the keyring refused access")]
    Denied,
    /// There is no such entry: never written, removed, or the keyring was emptied.
    #[error("the keyring has no such entry")]
    NotFound,
    /// An entry is there, but it isn't what we wrote.
    #[error("an entry of the keyring is damaged")]
    Damaged,
    /// Anything else that the platform reports.
    #[error("the keyring failed")]
    Failed,
}
