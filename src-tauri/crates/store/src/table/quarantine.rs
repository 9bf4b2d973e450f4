//! What could not be read: kept as it came, tried again after an update, and never a reason to lose its page.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{arrival::Kind, plan::Stamp, private::PrivateText};

use crate::{
    Reader, StoreError,
    column::{Columns, micros},
    table::Meta,
};

/// A resource that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Its type.
    pub kind: Kind,
    /// The server's id.
    pub server_id: String,
    /// `meta.versionId`.
    pub version: String,
    /// The bytes of the resource.
    pub raw: PrivateText,
    /// What was wrong, without a word of the content.
    pub problem: String,
    /// When it came first.
    pub first_seen: DateTime<Utc>,
}

const OF_THREAD: &str = "SELECT kind, server_id, version, raw, problem, first_seen FROM quarantine WHERE thread = ?1";
const SINCE: &str = "SELECT min(first_seen) FROM quarantine WHERE thread = ?1";
const ALL: &str = "SELECT kind, server_id, version, raw, problem, first_seen FROM quarantine ORDER BY kind, server_id";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("unreadable in a thread", OF_THREAD), ("unreadable since", SINCE)];

fn read(row: &Row<'_>) -> rusqlite::Result<Quarantined> {
    Ok(Quarantined {
        kind: Kind::from_name(row.get_ref(0)?.as_str()?).unwrap_or(Kind::Communication),
        server_id: row.get(1)?,
        version: row.get(2)?,
        raw: row.private(3)?,
        problem: row.get(4)?,
        first_seen: row.at(5)?,
    })
}

pub(crate) fn any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM quarantine LIMIT 1")?.exists([])?)
}

pub(crate) fn stamp(connection: &Connection, kind: Kind, server_id: &str) -> Result<Option<Stamp>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT version, updated FROM quarantine WHERE kind = ?1 AND server_id = ?2")?
        .query_row(params![kind.as_str(), server_id], |row| Ok(Stamp { version: row.get(0)?, updated: row.at_opt(1)? }))
        .optional()?)
}

/// When the oldest unreadable message of an envelope came.
pub(crate) fn since(connection: &Connection, envelope: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(connection.prepare_cached(SINCE)?.query_row([envelope], |row| row.at_opt(0))?)
}

/// What of an envelope could not be read, as it came.
pub(crate) fn raws(connection: &Connection, envelope: &str) -> Result<Vec<PrivateText>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT raw FROM quarantine WHERE thread = ?1")?;
    let rows = statement.query_map([envelope], |row| row.private(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn put(
    connection: &Connection,
    kind: Kind,
    meta: Meta<'_>,
    (raw, problem): (&PrivateText, &str),
    envelope: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO quarantine (kind, server_id, version, updated, raw, problem, thread, first_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (kind, server_id) DO UPDATE SET version = excluded.version, updated = excluded.updated,
                raw = excluded.raw, problem = excluded.problem, thread = excluded.thread",
        )?
        .execute(params![
            kind.as_str(),
            meta.server_id,
            meta.version,
            meta.updated,
            raw.reveal(),
            problem,
            envelope,
            micros(now),
        ])?;
    Ok(())
}

/// Leaves quarantine; returns the envelope that it stood in.
pub(crate) fn leave(connection: &Connection, kind: Kind, server_id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM quarantine WHERE kind = ?1 AND server_id = ?2 RETURNING thread")?
        .query_row(params![kind.as_str(), server_id], |row| row.get(0))
        .optional()?)
}

/// The unreadable messages of an envelope.
pub(crate) fn of_thread(connection: &Connection, envelope: &str) -> Result<Vec<Quarantined>, StoreError> {
    let mut statement = connection.prepare_cached(OF_THREAD)?;
    let rows = statement.query_map([envelope], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Reader<'_> {
    /// Everything in quarantine, to be tried again after an update.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn quarantined(&self) -> Result<Vec<Quarantined>, StoreError> {
        let mut statement = self.connection().prepare_cached(ALL)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
