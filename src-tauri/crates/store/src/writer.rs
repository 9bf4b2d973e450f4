//! Reading and writing are different types: a [`Reader`] sees a snapshot and can change nothing, a [`Writer`] is
//! a transaction that remembers what it changed.
//!
//! The operations stand with the rows they are about, one table one file, under `table/`; those that span
//! tables (a page that arrived, a touch, the outbox's moves) have a file of their own.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};
use tern_inbox::ids::ThreadId;

use crate::{Changes, StoreError, Tag, Unsent, envelopes, sidecar, table::thread};

/// A snapshot of the cache.
pub struct Reader<'c> {
    connection: &'c Connection,
}

impl<'c> Reader<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }
}

/// One transaction.
pub struct Writer<'c> {
    transaction: Transaction<'c>,
    now: DateTime<Utc>,
    pub(crate) changes: Changes,
    stale: BTreeSet<String>,
    all_stale: bool,
    unsent_changed: bool,
}

impl<'c> Writer<'c> {
    pub(crate) fn new(transaction: Transaction<'c>, now: DateTime<Utc>) -> Self {
        Self {
            transaction,
            now,
            changes: Changes::default(),
            stale: BTreeSet::new(),
            all_stale: false,
            unsent_changed: false,
        }
    }

    /// What the transaction sees, its own changes included.
    pub fn read(&self) -> Reader<'_> {
        Reader::new(&self.transaction)
    }

    /// The instant of the transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.transaction
    }

    /// The thread changed: whoever shows it looks again, and its envelope is written anew before the commit.
    pub(crate) fn touch_thread(&mut self, thread: &ThreadId) {
        self.changes.add(Tag::Thread(thread.clone()));
        self.stale.insert(thread.as_str().to_owned());
    }

    /// Only the envelope with this key is written anew.
    pub(crate) fn touch_envelope(&mut self, key: &str) {
        if !self.stale.contains(key) {
            self.stale.insert(key.to_owned());
        }
    }

    /// Whose pools are whose changed, or the member did: everything is filed anew before the commit.
    pub(crate) fn touch_all_envelopes(&mut self) {
        self.all_stale = true;
    }

    /// The outbox or a draft changed: the counts beside the cache are taken anew.
    pub(crate) fn touch_unsent(&mut self) {
        self.unsent_changed = true;
    }

    /// Writes the envelopes that went stale and commits.
    pub(crate) fn commit(mut self) -> Result<(Changes, Option<Unsent>), StoreError> {
        if self.all_stale {
            self.refile()?;
        }
        // What is said inside the practice is shown beside the patient's thread.
        for key in self.stale.clone() {
            if let Some(about) = thread::about(&self.transaction, &key)? {
                self.touch_thread(&about);
            }
        }
        let stale = std::mem::take(&mut self.stale);
        envelopes::refresh(&mut self, &stale)?;
        let unsent = if self.unsent_changed { Some(sidecar::count(&self.transaction)?) } else { None };
        self.transaction.commit()?;
        Ok((self.changes, unsent))
    }
}
