//! The cache: one encrypted file, one writer, several readers, one feed of changes.
//!
//! # Why two kinds of commit
//! What a person made (a draft, a reply, a touch) exists nowhere else: it is committed with
//! `synchronous = FULL`, so that a pulled plug after the commit loses nothing. Pages from the server and the
//! text index can be had again, and their cursor is in the same transaction: they are committed with `NORMAL`,
//! which may lose the last of them but never tears one ([`Cache::write_bulk`]).
//!
//! # Why closures
//! [`Cache::read`] sees one snapshot from its first statement to its last. [`Cache::write`] is one transaction:
//! all of it, or, when the closure errs, nothing; the screens hear of it only after the commit. The calls
//! block (microseconds for a read; a write waits for the one before): async callers use `spawn_blocking`.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::broadcast;

use crate::{
    CacheKey, Changes, Provenance, Reader, StoreError, Unsent, Writer, aside, migrate,
    open::{self, Purpose},
    sidecar,
    table::{audit, outbox},
};

/// Read connections that are kept when nobody reads; more are opened when more read at once.
const IDLE_READERS: usize = 4;

/// Commits that a slow receiver of the feed may fall behind before it is told to look at everything.
const FEED_LENGTH: usize = 256;

/// Seconds without a search after which its page cache is given back.
const SEARCH_IDLE_SECONDS: i64 = 60;

/// The encrypted cache of one member on one server. Cheap to clone; all clones are the same cache.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    key: Mutex<Option<CacheKey>>,
    writer: Mutex<Option<Writing>>,
    readers: Mutex<Vec<Connection>>,
    searcher: Mutex<Option<Searching>>,
    feed: broadcast::Sender<Arc<Changes>>,
}

struct Writing {
    connection: Connection,
    durability: Durability,
    unsent: Unsent,
}

struct Searching {
    connection: Connection,
    last: DateTime<Utc>,
}

/// What a commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// A pulled plug.
    Full,
    /// A crash of the program; after a pulled plug the last commits may be missing, whole.
    Normal,
}

impl Cache {
    /// Opens or makes the cache at `path`, at `now`. What was on the wire when the program ended is *unknown*
    /// from now on.
    ///
    /// # Errors
    /// [`StoreError::Plaintext`], [`StoreError::KeyRefused`], [`StoreError::Damaged`],
    /// [`StoreError::NewerSchema`], [`StoreError::CopiedFromElsewhere`], [`StoreError::BelongsToAnother`];
    /// the file is as it was before in each case.
    pub fn open(path: &Path, key: &CacheKey, provenance: &Provenance, now: DateTime<Utc>) -> Result<Self, StoreError> {
        open::refuse_plaintext(path)?;
        let mut connection = open::connect(path, key, Purpose::Writing)?;
        migrate::migrate(&mut connection)?;
        open::prove_provenance(&connection, provenance)?;
        let unsent = sidecar::count(&connection)?;
        sidecar::write(path, unsent);
        let cache = Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                key: Mutex::new(Some(key.clone())),
                writer: Mutex::new(Some(Writing { connection, durability: Durability::Full, unsent })),
                readers: Mutex::new(Vec::new()),
                searcher: Mutex::new(None),
                feed: broadcast::channel(FEED_LENGTH).0,
            }),
        };
        cache.write(now, |writer| writer.outbox_restart())?;
        Ok(cache)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Something in the file could not be read: the next start sets it aside, carries over what a person made, and
    /// begins a new one. Said once; what can be read goes on being read.
    pub fn note_damage(&self) {
        let mark = aside::damage_mark(&self.inner.path);
        if mark.exists() {
            return;
        }
        tracing::error!("the cache is damaged: the next start replaces it");
        if let Err(error) = std::fs::write(&mark, []) {
            tracing::error!(kind = ?error.kind(), "that the cache is damaged could not be noted");
        }
    }

    /// From now on, what each commit changed.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Changes>> {
        self.inner.feed.subscribe()
    }

    /// Reads one snapshot.
    ///
    /// # Errors
    /// What `read` returns, or [`StoreError::Closed`].
    pub fn read<T, E: From<StoreError>>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let connection = self.reader()?;
        let result = {
            let snapshot = connection.unchecked_transaction().map_err(StoreError::from)?;
            read(&Reader::new(&snapshot))
        };
        // Under the key's lock: a connection that is still reading while the cache closes is not kept behind it.
        let key = lock(&self.inner.key);
        if key.is_some() {
            let mut idle = lock(&self.inner.readers);
            if idle.len() < IDLE_READERS {
                idle.push(connection);
            }
        }
        drop(key);
        result
    }

    /// One transaction for what a person made: durable when this returns.
    ///
    /// # Errors
    /// What `write` returns, [`StoreError::DiskFull`], [`StoreError::Closed`]; nothing was changed then.
    pub fn write<T, E: From<StoreError>>(
        &self,
        now: DateTime<Utc>,
        write: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(now, Durability::Full, write)
    }

    /// One transaction for what can be had again: pages of the server, the text index.
    ///
    /// # Errors
    /// As [`Cache::write`].
    pub fn write_bulk<T, E: From<StoreError>>(
        &self,
        now: DateTime<Utc>,
        write: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(now, Durability::Normal, write)
    }

    fn transact<T, E: From<StoreError>>(
        &self,
        now: DateTime<Utc>,
        durability: Durability,
        write: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut guard = lock(&self.inner.writer);
        let writing = guard.as_mut().ok_or(StoreError::Closed)?;
        writing.set(durability)?;
        let transaction =
            writing.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let mut writer = Writer::new(transaction, now);
        // Dropped without a commit when `write` errs: rolled back.
        let value = write(&mut writer)?;
        let (changes, unsent) = writer.commit()?;
        if let Some(unsent) = unsent.filter(|unsent| *unsent != writing.unsent) {
            writing.unsent = unsent;
            sidecar::write(&self.inner.path, unsent);
        }
        drop(guard);
        if !changes.is_empty() {
            // Nobody listening is no error.
            let _ = self.inner.feed.send(Arc::new(changes));
        }
        Ok(value)
    }

    /// Runs a search on the connection with the large page cache.
    ///
    /// # Errors
    /// What `search` returns, or [`StoreError::Closed`].
    pub(crate) fn searching<T>(
        &self,
        now: DateTime<Utc>,
        search: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut searcher = lock(&self.inner.searcher);
        if searcher.is_none() {
            let connection = self.connect(Purpose::Searching)?;
            *searcher = Some(Searching { connection, last: now });
        }
        let searching = searcher.as_mut().ok_or(StoreError::Closed)?;
        searching.last = now;
        let snapshot = searching.connection.unchecked_transaction()?;
        search(&Reader::new(&snapshot))
    }

    /// Gives the search's page cache back after a minute without one. Called now and then.
    pub fn release_idle(&self, now: DateTime<Utc>) {
        let mut searcher = lock(&self.inner.searcher);
        if searcher.as_ref().is_some_and(|search| now - search.last >= TimeDelta::seconds(SEARCH_IDLE_SECONDS)) {
            *searcher = None;
        }
    }

    /// Signs out: closes the cache and removes the file and everything beside it, where the server has all that is
    /// in it.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] where a draft, anything that waits to be written to the server, or an entry of the
    /// audit that the server did not take, would be lost; the cache stays open then.
    pub fn forget(&self) -> Result<(), StoreError> {
        {
            // Nobody writes between the look and the end.
            let mut writer = lock(&self.inner.writer);
            let connection = &writer.as_ref().ok_or(StoreError::Closed)?.connection;
            let unsent = sidecar::count(connection)?;
            if unsent != Unsent::default() || outbox::waits(connection)? || !audit::is_copied(connection)? {
                return Err(StoreError::Unsent { replies: unsent.replies, drafts: unsent.drafts });
            }
            writer.take();
        }
        self.close();
        aside::remove(&self.inner.path)
    }

    /// Deep lock: closes the file and wipes the key from memory. Every later call on any clone is
    /// [`StoreError::Closed`]; open the cache anew after unlocking.
    pub fn close(&self) {
        *lock(&self.inner.key) = None;
        lock(&self.inner.searcher).take();
        lock(&self.inner.readers).clear();
        lock(&self.inner.writer).take();
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let key = lock(&self.inner.key);
        if key.is_none() {
            return Err(StoreError::Closed);
        }
        let idle = lock(&self.inner.readers).pop();
        drop(key);
        idle.map_or_else(|| self.connect(Purpose::Reading), Ok)
    }

    fn connect(&self, purpose: Purpose) -> Result<Connection, StoreError> {
        let key = lock(&self.inner.key).clone().ok_or(StoreError::Closed)?;
        open::connect(&self.inner.path, &key, purpose)
    }
}

impl Writing {
    fn set(&mut self, durability: Durability) -> Result<(), StoreError> {
        if self.durability != durability {
            let word = match durability {
                Durability::Full => "FULL",
                Durability::Normal => "NORMAL",
            };
            self.connection.pragma_update(None, "synchronous", word)?;
            self.durability = durability;
        }
        Ok(())
    }
}

/// A thread that panicked while holding the lock left a rolled-back transaction and a sound connection.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use tern_inbox::{ids::ThreadId, party::PartyRef};

    use super::*;
    use crate::Draft;

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 6, 12, 0, 0).unwrap()
    }

    fn draft(text: &str) -> Draft {
        Draft {
            thread: ThreadId::from("cough"),
            author: PartyRef::new("PractitionerRole/osei"),
            message: "r1".into(),
            in_response_to: None,
            text: text.into(),
            updated: noon(),
        }
    }

    fn open(folder: &Path) -> Cache {
        let provenance = Provenance { machine: "here".to_owned(), account: "osei".to_owned() };
        Cache::open(&folder.join("inbox.tern"), &CacheKey::new([7; 32]), &provenance, noon()).unwrap()
    }

    /// SQLite's own limit on pages answers what a full disk answers.
    fn fill_the_disk(cache: &Cache) {
        let guard = lock(&cache.inner.writer);
        let connection = &guard.as_ref().unwrap().connection;
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    }

    #[test]
    fn a_full_disk_is_said_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        cache.write(noon(), |writer| writer.save_draft(&draft("before"))).unwrap();
        fill_the_disk(&cache);
        let long = draft(&"long ".repeat(100_000));
        let full: Result<(), StoreError> = cache.write(noon(), |writer| writer.save_draft(&long));
        assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
        assert_eq!(cache.read(|reader| reader.drafts()).unwrap()[0].text.reveal(), "before");
        cache.write(noon(), |writer| writer.save_draft(&draft("short"))).unwrap();
        assert_eq!(cache.read(|reader| reader.drafts()).unwrap()[0].text.reveal(), "short");
    }

    #[test]
    fn the_search_gives_its_memory_back_after_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        cache.searching(noon(), |_| Ok(())).unwrap();
        cache.release_idle(noon() + TimeDelta::seconds(59));
        assert!(lock(&cache.inner.searcher).is_some());
        cache.release_idle(noon() + TimeDelta::seconds(60));
        assert!(lock(&cache.inner.searcher).is_none());
    }

    #[test]
    fn many_read_while_one_writes_and_each_sees_one_state() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        cache.write(noon(), |writer| writer.save_draft(&draft("old"))).unwrap();
        cache
            .read(|before| {
                before.drafts()?;
                cache.write(noon(), |writer| writer.save_draft(&draft("new")))?;
                assert_eq!(before.drafts()?[0].text.reveal(), "old");
                cache.read(|after| {
                    assert_eq!(after.drafts()?[0].text.reveal(), "new");
                    Ok::<_, StoreError>(())
                })
            })
            .unwrap();
    }

    #[test]
    fn nothing_is_read_once_the_cache_was_closed_whoever_was_reading_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        cache
            .read(|reader| {
                cache.close();
                reader.drafts()
            })
            .unwrap();
        assert!(lock(&cache.inner.readers).is_empty());
        assert!(matches!(cache.read(|reader| reader.drafts()), Err(StoreError::Closed)));
    }

    #[test]
    fn what_a_person_made_survives_a_pulled_plug_and_what_can_be_had_again_is_faster() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let synchronous = |writer: &mut Writer<'_>| -> Result<i64, StoreError> {
            Ok(writer.connection().query_row("PRAGMA synchronous", [], |row| row.get(0))?)
        };
        assert_eq!(cache.write(noon(), |writer| synchronous(writer)).unwrap(), 2, "FULL");
        assert_eq!(cache.write_bulk(noon(), |writer| synchronous(writer)).unwrap(), 1, "NORMAL");
        assert_eq!(cache.write(noon(), |writer| synchronous(writer)).unwrap(), 2, "FULL again");
    }
}
