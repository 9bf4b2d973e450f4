//! The practice's tables.

use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{
    plan::Known,
    practice_table::{PracticeTable, TableKind},
};

use crate::{
    Reader, StoreError,
    column::Columns,
    table::{Meta, known},
};

/// One of the practice's tables as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTable {
    /// The server's id of the Library.
    pub server_id: String,
    /// Its version.
    pub version: String,
    /// When it was last changed, where the server says.
    pub updated: Option<chrono::DateTime<chrono::Utc>>,
    /// What it says.
    pub table: PracticeTable,
}

/// The Library of a kind that counts: the one with the id that every machine gives it; else the lowest id.
pub(crate) fn of_kind(connection: &Connection, kind: TableKind) -> Result<Option<KeptTable>, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        let table = PracticeTable { kind, text: row.get(3)? };
        Ok(KeptTable { server_id: row.get(0)?, version: row.get(1)?, updated: row.at_opt(2)?, table })
    };
    Ok(connection
        .prepare_cached(
            "SELECT id, version, updated, text FROM library WHERE kind = ?1 ORDER BY id = ?2 DESC, id LIMIT 1",
        )?
        .query_row(params![kind.code(), kind.id().to_string()], read)
        .optional()?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM library WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, table: &PracticeTable, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO library (id, version, updated, kind, text) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![meta.server_id, meta.version, meta.updated, table.kind.code(), table.text])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM library WHERE id = ?1")?.execute([id])?;
    Ok(())
}

impl Reader<'_> {
    /// One of the practice's tables, where the server has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn practice_table(&self, kind: TableKind) -> Result<Option<KeptTable>, StoreError> {
        of_kind(self.connection(), kind)
    }
}
