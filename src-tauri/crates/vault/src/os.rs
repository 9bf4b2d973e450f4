//! The operating system's keyring: Secret Service, Keychain, Credential Manager.
//!
//! The calls block, some of them for ever. One thread makes them, in the order they were asked for; whoever
//! asked waits at most [`OsVault::patience`](OsVault::with_patience) and goes on. While that thread is stuck
//! behind a prompt, later calls time out as well, and those whose asker is gone are skipped when it wakes: a
//! write that was reported as failed must not happen an hour later, over a newer value. (The one call that
//! was already under way may still take effect; `TimedOut` says so.)
//!
//! The runtime's `spawn_blocking` won't do: a blocked call would hold up the program's end.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{
    entry::Entry,
    secret::Secret,
    vault::{Answering, Vault, VaultError},
};

/// Under which name the keyring lists us.
const SERVICE: &str = "Tern";

/// Long enough for a person to type the keyring's password, short enough not to look dead.
const PATIENCE: Duration = Duration::from_secs(30);

/// One call and where its answer goes.
type Call = Box<dyn FnOnce() + Send>;

/// The keyring of the operating system.
pub struct OsVault {
    patience: Duration,
    calls: Mutex<Option<mpsc::Sender<Call>>>,
}

impl OsVault {
    /// The keyring, with half a minute of patience for each call.
    pub fn new() -> Self {
        Self::with_patience(PATIENCE)
    }

    /// The keyring, with `patience` for each call.
    pub fn with_patience(patience: Duration) -> Self {
        Self { patience, calls: Mutex::new(None) }
    }

    /// Runs `call` on the keyring's thread and waits for it, but not for ever.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Box::new(move || {
            if !answer.is_closed() {
                // Nobody listening any more is no error: it was said to be unknown.
                let _ = answer.send(call());
            }
        }))?;
        match tokio::time::timeout(self.patience, answered).await {
            Ok(Ok(answer)) => answer,
            // The call panicked.
            Ok(Err(_)) => Err(VaultError::Failed),
            Err(_) => Err(VaultError::TimedOut),
        }
    }

    /// Gives a call to the thread, which starts with the first one and ends with the vault.
    fn hand_over(&self, call: Call) -> Result<(), VaultError> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.is_none() {
            let (sender, receiver) = mpsc::channel::<Call>();
            thread::Builder::new()
                .name("keyring".to_owned())
                .spawn(move || {
                    for call in receiver {
                        // A panic in a platform's library costs its own answer, not every later one.
                        let _ = panic::catch_unwind(AssertUnwindSafe(call));
                    }
                })
                .map_err(|_| VaultError::Failed)?;
            *calls = Some(sender);
        }
        match calls.as_ref().map(|sender| sender.send(call)) {
            Some(Ok(())) => Ok(()),
            _ => Err(VaultError::Failed),
        }
    }
}

impl Default for OsVault {
    fn default() -> Self {
        Self::new()
    }
}

impl Vault for OsVault {
    fn read(&self, entry: Entry) -> Answering<'_, Result<Secret, VaultError>> {
        Box::pin(self.ask(move || open(&entry)?.get_password().map(Secret::new).map_err(|error| sort(&error))))
    }

    fn write(&self, entry: Entry, value: Secret) -> Answering<'_, Result<(), VaultError>> {
        Box::pin(self.ask(move || open(&entry)?.set_password(value.expose()).map_err(|error| sort(&error))))
    }

    fn remove(&self, entry: Entry) -> Answering<'_, Result<(), VaultError>> {
        Box::pin(self.ask(move || match open(&entry)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(sort(&error)),
        }))
    }
}

fn open(entry: &Entry) -> Result<keyring::Entry, VaultError> {
    keyring::Entry::new(SERVICE, &entry.name()).map_err(|error| {
        if let (keyring::Error::NoDefaultStore, Err(cause)) = (&error, keyring::Entry::store_status()) {
            tracing::warn!(%cause, "no keyring");
        }
        sort(&error)
    })
}

/// What a platform's answer means for us. Never formats the error: some variants hold the value.
fn sort(error: &keyring::Error) -> VaultError {
    match error {
        keyring::Error::NoEntry => VaultError::NotFound,
        keyring::Error::NoDefaultStore => VaultError::MissingService,
        keyring::Error::NoStorageAccess(cause) => refusal(cause.as_ref()).unwrap_or(VaultError::Locked),
        keyring::Error::PlatformFailure(cause) => refusal(cause.as_ref()).unwrap_or(VaultError::Failed),
        keyring::Error::BadEncoding(_)
        | keyring::Error::BadDataFormat(..)
        | keyring::Error::BadStoreFormat(_)
        | keyring::Error::Ambiguous(_) => VaultError::Damaged,
        _ => VaultError::Failed,
    }
}

/// What the Secret Service meant by a refusal.
#[cfg(all(unix, not(target_os = "macos")))]
fn refusal(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<VaultError> {
    use secret_service::Error;
    match cause.downcast_ref::<Error>()? {
        Error::Locked => Some(VaultError::Locked),
        Error::Prompt | Error::PromptDisconnected => Some(VaultError::Denied),
        Error::Unavailable | Error::Zbus(_) | Error::ZbusFdo(_) => Some(VaultError::MissingService),
        _ => None,
    }
}

/// Keychain and Credential Manager tell no more than `keyring` passes on.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn refusal(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<VaultError> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient() -> OsVault {
        OsVault::with_patience(Duration::from_secs(60))
    }

    #[tokio::test]
    async fn calls_are_made_in_the_order_they_were_asked_for() {
        let vault = patient();
        let (said, heard) = mpsc::channel();
        for number in 0..3 {
            let said = said.clone();
            vault.ask(move || said.send(number).map_err(|_| VaultError::Failed)).await.unwrap();
        }
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_keyring_that_blocks_for_ever_is_given_up_and_what_waited_behind_it_never_happens() {
        let vault = OsVault::with_patience(Duration::from_secs(30));
        let (unlock, prompt) = mpsc::channel::<()>();
        let (done, happened) = mpsc::channel();

        let stuck = vault.ask(move || {
            let _ = prompt.recv();
            Ok(())
        });
        assert_eq!(stuck.await, Err(VaultError::TimedOut));
        let late = done.clone();
        assert_eq!(
            vault.ask(move || late.send("late").map_err(|_| VaultError::Failed)).await,
            Err(VaultError::TimedOut)
        );

        unlock.send(()).unwrap();
        tokio::time::resume();
        vault.ask(move || done.send("after").map_err(|_| VaultError::Failed)).await.unwrap();
        assert_eq!(happened.try_iter().collect::<Vec<_>>(), ["after"]);
    }

    #[tokio::test]
    async fn a_call_that_panics_costs_its_own_answer_only() {
        let vault = patient();
        assert_eq!(
            vault.ask(|| -> Result<(), _> { panic!("as a platform's library might") }).await,
            Err(VaultError::Failed)
        );
        assert_eq!(vault.ask(|| Ok(7)).await, Ok(7));
    }
}
