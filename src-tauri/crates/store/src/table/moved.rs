//! Moves made on the list: which rows of the outbox were one decision, and how many.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{ids::OutboxId, party::PartyRef};

use crate::{StoreError, column::micros};

/// Whose a decision was, and how many rows it made.
pub(crate) struct MovedRow {
    pub(crate) author: PartyRef,
    pub(crate) row_count: usize,
}

pub(crate) fn insert(
    connection: &Connection,
    group: &OutboxId,
    author: &PartyRef,
    made: DateTime<Utc>,
    row_count: usize,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO moved (grouped, author, made, row_count) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            group.as_str(),
            author.as_str(),
            micros(made),
            i64::try_from(row_count).unwrap_or(i64::MAX)
        ])?;
    Ok(())
}

pub(crate) fn get(connection: &Connection, group: &OutboxId) -> Result<Option<MovedRow>, StoreError> {
    let found = connection
        .prepare_cached("SELECT author, row_count FROM moved WHERE grouped = ?1")?
        .query_row([group.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    Ok(found.map(|(author, row_count)| MovedRow {
        author: PartyRef::new(author),
        row_count: usize::try_from(row_count).unwrap_or(usize::MAX),
    }))
}

pub(crate) fn remove(connection: &Connection, group: &OutboxId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM moved WHERE grouped = ?1")?.execute([group.as_str()])?;
    Ok(())
}

/// Decisions made before an instant: their undo seconds are long over.
pub(crate) fn forget_before(connection: &Connection, before: DateTime<Utc>) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM moved WHERE made < ?1")?.execute([micros(before)])?;
    Ok(())
}
