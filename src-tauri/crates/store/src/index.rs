//! The text index, written behind the sync.
//!
//! Indexing costs more than everything else that a message costs together, so envelopes and bodies come first
//! and a person can work; the words follow in blocks, newest block first, and a search says how far back it
//! reaches meanwhile. FTS5 flushes whenever a row number falls below the last one, so that a block is written
//! *ascending* (measured: 33,000 rows/s against 8,500 descending).
//!
//! # Why the newest are indexed twice
//! FTS5 answers a whole word lazily, newest first, and stops at the fiftieth hit; a *beginning* it answers by
//! merging the lists of every word that begins so, all of them, before the first hit: the longer the mailbox,
//! the slower. So the newest few thousand messages stand in a small index of their own. A beginning that is
//! common finds its fifty hits there; one that does not is rare, and its lists in the large index are short.
//! Either way the work is bounded, whatever the number of messages ([`recent_line`] parts the two).
//!
//! # Going on after a crash
//! The index comes down from the newest message; `index-low` says how far. What arrives above that line, or
//! changes its name, is noted in `to_index` and goes first. Both are rows of the same database: a crash goes on
//! where the last block ended. The index holds words, no texts (`content = ''`): those stand in `message`.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::message::Message;

use crate::{Reader, StoreError, Tag, Writer, column::Columns, table::tally};

/// The line before anything was indexed: above every message.
pub(crate) const NOT_STARTED: i64 = i64::MAX;
/// The line once everything is.
const DONE: i64 = i64::MIN;

/// Messages in the index of the newest at least, where there are as many.
const RECENT_LEAST: i64 = 4_000;
/// Above this many it is begun anew.
const RECENT_MOST: i64 = 8_000;

/// How far the index has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexProgress {
    /// Messages that a search finds.
    pub indexed: u64,
    /// Messages in the cache.
    pub total: u64,
    /// A search reaches back to this instant; none where it reaches everything, or nothing yet.
    pub reaches_back_to: Option<DateTime<Utc>>,
    /// Whether nothing is left to index.
    pub complete: bool,
}

/// The line that the index has come down to: what comes above it is noted.
pub(crate) fn low(connection: &Connection) -> Result<i64, StoreError> {
    Ok(tally::get(connection, tally::INDEX_LOW)?.unwrap_or(NOT_STARTED))
}

/// Messages at or above this number are searched in the index of the newest, those below in the large one.
pub(crate) fn recent_line(connection: &Connection) -> Result<i64, StoreError> {
    Ok(tally::get(connection, tally::RECENT_LOW)?.unwrap_or(NOT_STARTED))
}

/// A message came: where the index has passed it already, it is noted.
pub(crate) fn note_new(connection: &Connection, n: i64, line: i64) -> Result<(), StoreError> {
    if n >= line {
        connection.prepare_cached("INSERT OR IGNORE INTO to_index (n) VALUES (?1)")?.execute([n])?;
    }
    Ok(())
}

/// Whether the words of a message are other than they were.
pub(crate) fn differs(connection: &Connection, key: &str, message: &Message) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND text <> ?2")?
        .exists(params![key, message.text.reveal()])?)
}

/// The words of a message changed.
pub(crate) fn note_message(connection: &Connection, key: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO to_index (n) SELECT n FROM message WHERE id = ?1 AND n >= ?2")?
        .execute(params![key, low(connection)?])?;
    Ok(())
}

/// The subject line or patient of a thread changed, or came after its messages.
pub(crate) fn note_thread(connection: &Connection, thread: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO to_index (n) SELECT n FROM message WHERE thread = ?1 AND n >= ?2")?
        .execute(params![thread, low(connection)?])?;
    Ok(())
}

/// The name of a patient changed, or came after the messages.
pub(crate) fn note_patient(connection: &Connection, patient: &str) -> Result<(), StoreError> {
    let low = low(connection)?;
    if low != NOT_STARTED {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO to_index (n)
                 SELECT m.n FROM thread t JOIN message m ON m.thread = t.id WHERE t.patient = ?1 AND m.n >= ?2",
            )?
            .execute(params![patient, low])?;
    }
    Ok(())
}

/// A message went: its words go too.
pub(crate) fn forget(connection: &Connection, n: i64) -> Result<(), StoreError> {
    let noted = connection.prepare_cached("DELETE FROM to_index WHERE n = ?1")?.execute([n])?;
    if n >= low(connection)? {
        let gone = connection.prepare_cached("DELETE FROM message_text WHERE rowid = ?1")?.execute([n])?;
        if gone > 0 && noted == 0 {
            tally::add(connection, tally::INDEXED, -1)?;
        }
        let recent = connection.prepare_cached("DELETE FROM recent_text WHERE rowid = ?1")?.execute([n])?;
        tally::add(connection, tally::RECENT, -count(recent))?;
    }
    Ok(())
}

impl Reader<'_> {
    /// How far the text index has come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn index_progress(&self) -> Result<IndexProgress, StoreError> {
        let connection = self.connection();
        let number = |name| -> Result<u64, StoreError> {
            Ok(u64::try_from(tally::get(connection, name)?.unwrap_or(0)).unwrap_or(0))
        };
        let low = low(connection)?;
        let noted = connection.prepare_cached("SELECT 1 FROM to_index LIMIT 1")?.exists([])?;
        let reaches_back_to = if low == NOT_STARTED || low == DONE {
            None
        } else {
            connection
                .prepare_cached("SELECT sent FROM message WHERE n >= ?1 ORDER BY n LIMIT 1")?
                .query_row([low], |row| row.at(0))
                .optional()?
        };
        let total = number(tally::MESSAGES)?;
        Ok(IndexProgress {
            indexed: number(tally::INDEXED)?.min(total),
            total,
            reaches_back_to,
            complete: !noted && (total == 0 || low == DONE && recent_is_full(connection)?),
        })
    }
}

impl Writer<'_> {
    /// Indexes the next `limit` messages (2,000 or more, where there are as many): first what was noted, then
    /// the newest that the index has not come down to.
    ///
    /// # Errors
    /// [`StoreError`]; the index is as it was then.
    pub fn index_next_block(&mut self, limit: u32) -> Result<IndexProgress, StoreError> {
        let connection = self.connection();
        let noted = connection.prepare_cached("SELECT 1 FROM to_index LIMIT 1")?.exists([])?;
        if noted {
            index_noted(connection, limit)?;
        } else {
            index_below(connection, low(connection)?, limit)?;
        }
        fill_recent(connection, limit)?;
        self.changes.add(Tag::Search);
        self.read().index_progress()
    }
}

/// The words of a stretch of messages, or of those that were noted, into one of the two indexes.
///
/// One statement a block, ascending. A statement of its own for each row would open a savepoint each, and FTS5
/// writes its words to disk at every savepoint (measured: five times slower).
macro_rules! index {
    ($table:literal, $from:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (rowid, name, subject, body)
             SELECT m.n, coalesce(p.name, ''), coalesce(t.subject_line, ''), m.text FROM ",
            $from,
            " LEFT JOIN thread t ON t.id = m.thread LEFT JOIN patient p ON p.id = t.patient
             WHERE m.n >= ?1 AND m.n < ?2 ORDER BY m.n"
        )
    };
}

const ALL_RANGE: &str = index!("message_text", "message m");
const ALL_NOTED: &str = index!("message_text", "to_index i CROSS JOIN message m ON m.n = i.n");
const RECENT_RANGE: &str = index!("recent_text", "message m");
const RECENT_NOTED: &str = index!("recent_text", "to_index i CROSS JOIN message m ON m.n = i.n");

/// The newest block below the line; the line comes down to it.
fn index_below(connection: &Connection, line: i64, limit: u32) -> Result<(), StoreError> {
    if line == DONE || limit == 0 {
        return Ok(());
    }
    let lowest = lowest_of_block(connection, line, limit)?;
    let indexed = connection.prepare_cached(ALL_RANGE)?.execute([lowest, line])?;
    tally::add(connection, tally::INDEXED, count(indexed))?;
    tally::set(connection, tally::INDEX_LOW, lowest)
}

/// Where the block of `limit` messages below the line ends; [`DONE`] where there are fewer.
fn lowest_of_block(connection: &Connection, line: i64, limit: u32) -> Result<i64, StoreError> {
    let lowest: Option<i64> = connection
        .prepare_cached("SELECT n FROM message WHERE n < ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2")?
        .query_row(params![line, limit.saturating_sub(1)], |row| row.get(0))
        .optional()?;
    Ok(lowest.unwrap_or(DONE))
}

/// The first block of what was noted: old words out, new words in.
fn index_noted(connection: &Connection, limit: u32) -> Result<(), StoreError> {
    let last: i64 = connection
        .prepare_cached("SELECT max(n) FROM (SELECT n FROM to_index ORDER BY n LIMIT ?1)")?
        .query_row([limit.max(1)], |row| row.get(0))?;
    let end = last.saturating_add(1);
    let before = connection
        .prepare_cached("DELETE FROM message_text WHERE rowid IN (SELECT n FROM to_index WHERE n < ?1)")?
        .execute([end])?;
    let after = connection.prepare_cached(ALL_NOTED)?.execute([DONE, end])?;
    tally::add(connection, tally::INDEXED, count(after) - count(before))?;
    let line = recent_line(connection)?;
    let before = connection
        .prepare_cached("DELETE FROM recent_text WHERE rowid IN (SELECT n FROM to_index WHERE n < ?1)")?
        .execute([end])?;
    let after = connection.prepare_cached(RECENT_NOTED)?.execute([line, end])?;
    tally::add(connection, tally::RECENT, count(after) - count(before))?;
    connection.prepare_cached("DELETE FROM to_index WHERE n < ?1")?.execute([end])?;
    Ok(())
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(0)
}

fn recent_is_full(connection: &Connection) -> Result<bool, StoreError> {
    let many = tally::get(connection, tally::RECENT)?.unwrap_or(0) >= RECENT_LEAST;
    Ok(many || recent_line(connection)? == DONE)
}

/// Brings the index of the newest down until it has enough, never below the large one; begins it anew when it
/// has grown large.
fn fill_recent(connection: &Connection, limit: u32) -> Result<(), StoreError> {
    if tally::get(connection, tally::RECENT)?.unwrap_or(0) > RECENT_MOST {
        connection.execute("INSERT INTO recent_text (recent_text) VALUES ('delete-all')", [])?;
        tally::set(connection, tally::RECENT, 0)?;
        tally::set(connection, tally::RECENT_LOW, NOT_STARTED)?;
    }
    if recent_is_full(connection)? {
        return Ok(());
    }
    let missing = RECENT_LEAST - tally::get(connection, tally::RECENT)?.unwrap_or(0);
    let limit = limit.min(u32::try_from(missing).unwrap_or(0));
    let line = recent_line(connection)?;
    let lowest = lowest_of_block(connection, line, limit)?.max(low(connection)?);
    if lowest < line {
        let indexed = connection.prepare_cached(RECENT_RANGE)?.execute([lowest, line])?;
        tally::add(connection, tally::RECENT, count(indexed))?;
        tally::set(connection, tally::RECENT_LOW, lowest)?;
    }
    Ok(())
}
