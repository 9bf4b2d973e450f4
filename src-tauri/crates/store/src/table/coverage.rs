//! Who stands in for whom: a handful of rows, read all at once.

use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{coverage::Coverage, plan::Known};

use crate::{
    Reader, StoreError,
    column::{Columns, json},
    table::{Meta, known},
};

/// A coverage as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCoverage {
    /// What it says; its id is the server's.
    pub coverage: Coverage,
    /// Its version.
    pub version: String,
    /// When it was last changed, where the server says.
    pub updated: Option<chrono::DateTime<chrono::Utc>>,
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<KeptCoverage>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT plan, version, updated FROM coverage ORDER BY id")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(KeptCoverage { coverage: row.json(0)?, version: row.get(1)?, updated: row.at_opt(2)? })
    };
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM coverage LIMIT 1")?.exists([])?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM coverage WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, coverage: &Coverage, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO coverage (id, version, updated, plan) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![meta.server_id, meta.version, meta.updated, json(coverage)?])?;
    Ok(())
}

/// Returns whether there was one.
pub(crate) fn remove(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM coverage WHERE id = ?1")?.execute([id])? > 0)
}

impl Reader<'_> {
    /// Every coverage that the server has, those that are over too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverages(&self) -> Result<Vec<KeptCoverage>, StoreError> {
        all(self.connection())
    }
}
