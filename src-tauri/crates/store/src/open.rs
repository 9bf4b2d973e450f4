//! Opening the file: key first, then a read that proves it, then everything else.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::{CacheKey, StoreError, column::json};

/// Whose cache this is, and of which machine. Both are opaque here and compared as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// A fingerprint of the machine (and, if the caller likes, of the place in it). A file that says another
    /// one was copied: its outbox may be sent from the machine that it came from.
    pub machine: String,
    /// Server and `fhirUser`: one cache each.
    pub account: String,
}

/// What a connection is for; each has its own page cache (7-speed: one large one for the search).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one writer.
    Writing,
    /// A screen's queries.
    Reading,
    /// The search: grown on use, released when idle.
    Searching,
    /// Reading what can be read out of a file that was set aside.
    Rescuing,
}

impl Purpose {
    /// KiB of pages at most.
    fn cache_kib(self) -> i64 {
        match self {
            Self::Writing => 16 * 1024,
            Self::Reading | Self::Rescuing => 4 * 1024,
            Self::Searching => 64 * 1024,
        }
    }
}

/// What a plain SQLite file begins with; an encrypted one begins with random bytes.
const PLAIN_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Pages in the log before it is carried over into the file (32 MB). Ids are random, so a page of an index is
/// written again by each page of arrivals; carried over eight times less often, a first sync writes that much
/// less. The log is encrypted like the file, and cut back to this length afterwards.
const CHECKPOINT_PAGES: i64 = 8_000;

/// Statements kept ready on a connection; more than there are in this crate.
const PREPARED: usize = 160;

/// Refuses a file that anybody could read.
pub(crate) fn refuse_plaintext(path: &Path) -> Result<(), StoreError> {
    let mut header = [0; PLAIN_HEADER.len()];
    match File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) if header == *PLAIN_HEADER => Err(StoreError::Plaintext),
        Ok(()) => Ok(()),
        // No file yet, or one that was created and never written.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// One connection is keyed at a time. Where several files were the first to be opened at once, one of them failed twice
/// with a plain `SQLITE_ERROR`; likely because SQLCipher sets its cryptography up with the first. Not reproduced.
static KEYING: Mutex<()> = Mutex::new(());

/// A connection that has proven its key.
pub(crate) fn connect(path: &Path, key: &CacheKey, purpose: Purpose) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if purpose == Purpose::Writing {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let keying = KEYING.lock().unwrap_or_else(PoisonError::into_inner);
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLCipher would write to standard error by itself; what goes wrong comes back as an error anyway.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    connection.execute_batch(&key.pragma())?;
    // A wrong key shows at the first read, never at the pragma.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    drop(keying);
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.busy_timeout(Duration::from_secs(5))?;
    // Nothing ever goes to a temporary file: that would not be encrypted.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -purpose.cache_kib())?;
    match purpose {
        Purpose::Writing => {
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
            connection.pragma_update_and_check(None, "journal_size_limit", CHECKPOINT_PAGES * 4096, |_| Ok(()))?;
        }
        Purpose::Reading | Purpose::Searching | Purpose::Rescuing => {
            connection.pragma_update(None, "query_only", true)?
        }
    }
    Ok(connection)
}

/// Notes whose file it is, or refuses somebody else's.
pub(crate) fn prove_provenance(connection: &Connection, ours: &Provenance) -> Result<(), StoreError> {
    if !refuse_strangers(connection, ours)? {
        connection.execute("INSERT INTO setting (name, value) VALUES ('provenance', ?1)", [json(ours)?])?;
    }
    Ok(())
}

/// Refuses a file of another account or machine; whether it says whose it is at all.
pub(crate) fn refuse_strangers(connection: &Connection, ours: &Provenance) -> Result<bool, StoreError> {
    let stored = connection
        .query_row("SELECT value FROM setting WHERE name = 'provenance'", [], |row| row.get::<_, String>(0))
        .optional()?;
    let Some(text) = stored else { return Ok(false) };
    let theirs: Provenance = serde_json::from_str(&text)?;
    if theirs.account != ours.account {
        return Err(StoreError::BelongsToAnother);
    }
    if theirs.machine != ours.machine {
        return Err(StoreError::CopiedFromElsewhere);
    }
    Ok(true)
}
