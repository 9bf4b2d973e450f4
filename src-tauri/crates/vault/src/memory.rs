//! A vault in memory, for tests: it keeps, locks, goes missing, and stops between two writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    entry::Entry,
    secret::Secret,
    split::PART,
    vault::{Answering, Vault, VaultError},
};

/// A keyring without an operating system. Clones share what they hold, as two processes share the real one.
#[derive(Clone, Default)]
pub struct MemoryVault(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    entries: HashMap<Entry, Secret>,
    refusal: Option<VaultError>,
    changes_left: Option<usize>,
    stopped: bool,
}

impl MemoryVault {
    /// An empty one, unlocked.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every call is answered with this error; `None` ends it.
    pub fn refuse(&self, with: Option<VaultError>) {
        self.state().refusal = with;
    }

    /// Lets `changes` more writes and removals happen, then none: as `kill -9` at that point would.
    pub fn stop_after(&self, changes: usize) {
        self.state().changes_left = Some(changes);
    }

    /// Starts again after [`stop_after`](Self::stop_after); says whether that point was ever reached.
    pub fn restart(&self) -> bool {
        let mut state = self.state();
        state.changes_left = None;
        std::mem::take(&mut state.stopped)
    }

    /// Loses everything, as a keyring that was reset does.
    pub fn empty(&self) {
        self.state().entries.clear();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.state().entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<Entry, Secret>)) -> Result<(), VaultError> {
        let mut state = self.state();
        if let Some(error) = state.refusal {
            return Err(error);
        }
        match state.changes_left {
            Some(0) => {
                state.stopped = true;
                return Err(VaultError::Failed);
            }
            Some(left) => state.changes_left = Some(left - 1),
            None => {}
        }
        change(&mut state.entries);
        Ok(())
    }
}

impl Vault for MemoryVault {
    fn read(&self, entry: Entry) -> Answering<'_, Result<Secret, VaultError>> {
        Box::pin(async move {
            let state = self.state();
            match state.refusal {
                Some(error) => Err(error),
                None => state.entries.get(&entry).cloned().ok_or(VaultError::NotFound),
            }
        })
    }

    fn write(&self, entry: Entry, value: Secret) -> Answering<'_, Result<(), VaultError>> {
        Box::pin(async move {
            if value.expose().encode_utf16().count() > PART {
                // As Credential Manager would.
                return Err(VaultError::Failed);
            }
            self.change(|entries| {
                entries.insert(entry, value);
            })
        })
    }

    fn remove(&self, entry: Entry) -> Answering<'_, Result<(), VaultError>> {
        Box::pin(async move {
            self.change(|entries| {
                entries.remove(&entry);
            })
        })
    }
}
