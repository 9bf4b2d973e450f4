//! Who stands in for whom: a handful of rows, read all at once.

use chrono::{DateTime, Days, NaiveTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{
    coverage::{Coverage, Validity, When},
    plan::Known,
};

use crate::{
    Reader, StoreError,
    column::{Columns, json, micros},
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

const NOT_OVER: &str = "SELECT plan FROM coverage WHERE over IS NULL
     UNION ALL SELECT plan FROM coverage WHERE over > ?1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("who is away", NOT_OVER)];

pub(crate) fn all(connection: &Connection) -> Result<Vec<KeptCoverage>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT plan, version, updated FROM coverage ORDER BY id")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(KeptCoverage { coverage: row.json(0)?, version: row.get(1)?, updated: row.at_opt(2)? })
    };
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those by which somebody is, was or will be away at `since` or later.
pub(crate) fn not_over(connection: &Connection, since: DateTime<Utc>) -> Result<Vec<Coverage>, StoreError> {
    // Two looks, each by the index: those without an end, and those whose end is to come.
    let mut statement = connection.prepare_cached(NOT_OVER)?;
    let rows = statement.query_map([micros(since)], |row| row.json(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// From when on nobody is away by it, at the latest. Where a day has not ended in the last zone, it has in none.
fn over(coverage: &Coverage) -> Option<i64> {
    let end = match (coverage.validity, coverage.until) {
        (Validity::Void, _) => DateTime::<Utc>::UNIX_EPOCH,
        (_, Some(When::At(at))) => at,
        (_, Some(When::Day(day))) => day.checked_add_days(Days::new(2))?.and_time(NaiveTime::MIN).and_utc(),
        (_, None) => return None,
    };
    Some(micros(end))
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
        .prepare_cached(
            "INSERT OR REPLACE INTO coverage (id, version, updated, plan, over) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![meta.server_id, meta.version, meta.updated, json(coverage)?, over(coverage)])?;
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
