//! Deletions, and second copies of something of ours: rows that must not come in (again).

use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{arrival::Kind, plan::Stamp};

use crate::{Reader, StoreError, Writer, column::Columns, table::Meta};

/// A second copy of something of ours on the server, to be marked entered-in-error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// Its type.
    pub kind: Kind,
    /// Its id on the server.
    pub server_id: String,
    /// Its version, which the retraction is tested against.
    pub version: String,
    /// Local key of the copy that counts.
    pub of: String,
}

/// Whether anything is noted at all: one look a page.
pub(crate) fn any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM tombstone UNION ALL SELECT 1 FROM extra LIMIT 1")?.exists([])?)
}

pub(crate) fn deleted(connection: &Connection, kind: Kind, server_id: &str) -> Result<Option<Stamp>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT version, updated FROM tombstone WHERE kind = ?1 AND server_id = ?2")?
        .query_row(params![kind.as_str(), server_id], |row| Ok(Stamp { version: row.get(0)?, updated: row.at_opt(1)? }))
        .optional()?)
}

/// Notes a deletion that the server dated; one that we only inferred from a comparison is not noted, so that
/// a row that was merely late comes in again.
pub(crate) fn bury(connection: &Connection, kind: Kind, meta: Meta<'_>) -> Result<(), StoreError> {
    let Some(updated) = meta.updated else { return Ok(()) };
    connection
        .prepare_cached("INSERT OR REPLACE INTO tombstone (kind, server_id, version, updated) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![kind.as_str(), meta.server_id, meta.version, updated])?;
    Ok(())
}

pub(crate) fn unbury(connection: &Connection, kind: Kind, server_id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM tombstone WHERE kind = ?1 AND server_id = ?2")?
        .execute(params![kind.as_str(), server_id])?;
    Ok(())
}

pub(crate) fn extra_of(connection: &Connection, kind: Kind, server_id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT of FROM extra WHERE kind = ?1 AND server_id = ?2")?
        .query_row(params![kind.as_str(), server_id], |row| row.get(0))
        .optional()?)
}

pub(crate) fn put_extra(
    connection: &Connection,
    kind: Kind,
    server_id: &str,
    version: &str,
    of: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO extra (kind, server_id, version, of) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, server_id) DO UPDATE SET version = excluded.version",
        )?
        .execute(params![kind.as_str(), server_id, version, of])?;
    Ok(())
}

impl Reader<'_> {
    /// Second copies that still have to be retracted on the server: of what was made here, nothing else.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn extras(&self) -> Result<Vec<Extra>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT kind, server_id, version, of FROM extra
             WHERE retracted = 0 AND kind = 'Communication'
                AND (EXISTS (SELECT 1 FROM message WHERE id = of AND author IS NOT NULL)
                  OR EXISTS (SELECT 1 FROM thread WHERE id = of AND server_id <> id))",
        )?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let mut extras = Vec::new();
        for row in rows {
            let (kind, server_id, version, of) = row?;
            if let Some(kind) = Kind::from_name(&kind) {
                extras.push(Extra { kind, server_id, version, of });
            }
        }
        Ok(extras)
    }
}

impl Writer<'_> {
    /// A second copy was retracted, or is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn extra_retracted(&mut self, kind: Kind, server_id: &str) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE extra SET retracted = 1 WHERE kind = ?1 AND server_id = ?2")?
            .execute(params![kind.as_str(), server_id])?;
        Ok(())
    }
}
