//! Who is on duty: a handful of rows, read all at once.

use chrono::{DateTime, Days, NaiveTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{coverage::When, emergency::Duty, plan::Known};

use crate::{
    StoreError,
    column::{Columns, json, micros},
    table::{Meta, known},
};

const NOT_OVER: &str = "SELECT plan FROM duty WHERE over IS NULL
     UNION ALL SELECT plan FROM duty WHERE over > ?1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("who is on duty", NOT_OVER)];

/// Those by which somebody is or will be on duty at `since` or later, whoever began first, first.
pub(crate) fn not_over(connection: &Connection, since: DateTime<Utc>) -> Result<Vec<Duty>, StoreError> {
    let mut statement = connection.prepare_cached(NOT_OVER)?;
    let rows = statement.query_map([micros(since)], |row| row.json(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// From when on nobody is on duty by it, at the latest. Where a day has not ended in the last zone, it has in none.
fn over(duty: &Duty) -> Option<i64> {
    let end = match (duty.is_over, duty.until) {
        (true, _) => DateTime::<Utc>::UNIX_EPOCH,
        (_, Some(When::At(at))) => at,
        (_, Some(When::Day(day))) => day.checked_add_days(Days::new(2))?.and_time(NaiveTime::MIN).and_utc(),
        (_, None) => return None,
    };
    Some(micros(end))
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM duty WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn get(connection: &Connection, id: &str) -> Result<Option<Duty>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT plan FROM duty WHERE id = ?1")?
        .query_row([id], |row| row.json(0))
        .optional()?)
}

pub(crate) fn put(connection: &Connection, duty: &Duty, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO duty (id, version, updated, plan, over) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![meta.server_id, meta.version, meta.updated, json(duty)?, over(duty)])?;
    Ok(())
}

/// Returns whether there was one.
pub(crate) fn remove(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM duty WHERE id = ?1")?.execute([id])? > 0)
}
