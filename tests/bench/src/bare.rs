//! The limits of the cache's figures: the same rows into the same tables by SQLite alone.
//!
//! What is written is read out of a cache that was just synced, a block at a time and outside the measured time, so
//! that both sides write the same bytes through the same pragmas. What remains between them is what Tern does
//! beside writing: HTTPS, JSON, deciding, envelopes.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params_from_iter, types::Value};

use crate::{Failure, member::KEY};

/// Rows in a transaction: a page of the first sync.
const PAGE: usize = 1_000;
/// Messages in a transaction of the text index: as the engine's.
const BLOCK: usize = 4_000;
/// KiB of page cache while writing, as the store's writer has.
const WRITER_KIB: i64 = 16 * 1024;

/// The tables that a first sync fills, in its order, and by what their rows came in the order they came in: ids are
/// random, and rows sorted by them would be written several times faster than any sync can.
const TABLES: [(&str, &str); 9] = [
    ("member", "id"),
    ("pool", "id"),
    ("patient", "record_number"),
    ("proxy", "id"),
    ("thread", "first_updated"),
    ("message", "n"),
    ("work_item", "first_updated"),
    ("envelope", "waiting_since"),
    ("queue_entry", "waiting_since"),
];

/// Whether a file is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// By SQLCipher, with the bench's key.
    On,
    /// A plain SQLite file.
    Off,
}

/// Opens a file as the store does.
///
/// # Errors
/// What SQLite says.
pub(crate) fn open(path: &Path, cipher: Cipher, cache_kib: i64) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    if cipher == Cipher::On {
        connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        connection.execute_batch(&key_pragma("key"))?;
    }
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn key_pragma(name: &str) -> String {
    format!("PRAGMA {name} = \"x'{}'\";", hex())
}

fn hex() -> String {
    KEY.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open_to_write(path: &Path) -> rusqlite::Result<Connection> {
    let connection = open(path, Cipher::On, WRITER_KIB)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 8_000, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 8_000 * 4096, |_| Ok(()))?;
    Ok(connection)
}

/// Writes the rows of the cache `from` into a new file `to`, with every index; the time that the writing took.
///
/// # Errors
/// What SQLite says.
pub(crate) fn insert_rows(from: &Path, to: &Path) -> Result<Duration, Failure> {
    let from = open(from, Cipher::On, WRITER_KIB)?;
    let to = open_to_write(to)?;
    let mut schema = from.prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%\\_text%' ESCAPE '\\'
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    )?;
    for sql in schema.query_map([], |row| row.get::<_, String>(0))? {
        to.execute_batch(&sql?)?;
    }
    let mut took = Duration::ZERO;
    for (table, order) in TABLES {
        let mut read = from.prepare(&format!("SELECT * FROM {table} ORDER BY {order}"))?;
        let columns = read.column_count();
        let places = vec!["?"; columns].join(", ");
        let mut rows = read.query([])?;
        loop {
            let mut page: Vec<Vec<Value>> = Vec::with_capacity(PAGE);
            while page.len() < PAGE
                && let Some(row) = rows.next()?
            {
                page.push((0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?);
            }
            if page.is_empty() {
                break;
            }
            let began = Instant::now();
            to.execute_batch("BEGIN IMMEDIATE")?;
            let mut insert = to.prepare_cached(&format!("INSERT INTO {table} VALUES ({places})"))?;
            for row in &page {
                insert.execute(params_from_iter(row))?;
            }
            to.execute_batch("COMMIT")?;
            took += began.elapsed();
        }
    }
    Ok(took)
}

/// Builds the text index of the cache `from` in a new file `to`, ascending and by blocks; the time that it took.
///
/// A block lies in memory before the clock starts, and goes in by one statement: a statement for each row would
/// flush FTS5 each time.
///
/// # Errors
/// What SQLite says.
pub(crate) fn index_texts(from: &Path, to: &Path) -> Result<Duration, Failure> {
    let from = open(from, Cipher::On, WRITER_KIB)?;
    let to = open_to_write(to)?;
    let sql: String =
        from.query_row("SELECT sql FROM sqlite_schema WHERE name = 'message_text'", [], |row| row.get(0))?;
    to.execute_batch(&sql)?;
    to.execute_batch("CREATE TEMP TABLE block (n INTEGER PRIMARY KEY, name TEXT, subject TEXT, body TEXT)")?;
    let mut read = from.prepare(
        "SELECT m.n, coalesce(p.name, ''), coalesce(t.subject_line, ''), m.text FROM message m
         LEFT JOIN thread t ON t.id = m.thread LEFT JOIN patient p ON p.id = t.patient ORDER BY m.n",
    )?;
    let mut rows = read.query([])?;
    let mut took = Duration::ZERO;
    loop {
        let mut many = 0;
        to.execute_batch("DELETE FROM block")?;
        while many < BLOCK
            && let Some(row) = rows.next()?
        {
            let values: [Value; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            to.prepare_cached("INSERT INTO block (n, name, subject, body) VALUES (?, ?, ?, ?)")?.execute(values)?;
            many += 1;
        }
        if many == 0 {
            return Ok(took);
        }
        let began = Instant::now();
        to.execute_batch(
            "BEGIN IMMEDIATE;
             INSERT INTO message_text (rowid, name, subject, body) SELECT n, name, subject, body FROM block ORDER BY n;
             COMMIT",
        )?;
        took += began.elapsed();
    }
}

/// Writes two copies of the cache `from`, alike page for page: one plain, one encrypted.
///
/// # Errors
/// What SQLite says.
pub(crate) fn copies(from: &Path, plain: &Path, encrypted: &Path) -> Result<(), Failure> {
    let from = open(from, Cipher::On, WRITER_KIB)?;
    for (path, key) in [(plain, String::new()), (encrypted, format!("x'{}'", hex()))] {
        let path = path.to_str().ok_or("a path in UTF-8")?;
        from.execute("ATTACH DATABASE ?1 AS copy KEY ?2", [path, &key])?;
        from.query_row("SELECT sqlcipher_export('copy')", [], |_| Ok(()))?;
        from.execute_batch("DETACH DATABASE copy")?;
    }
    Ok(())
}
