//! Running totals of what would be slow to count.

use rusqlite::{Connection, OptionalExtension, params};

use crate::StoreError;

/// Messages in the cache.
pub(crate) const MESSAGES: &str = "messages";
/// Messages whose words are in the text index.
pub(crate) const INDEXED: &str = "indexed";
/// The lowest row number that the text index has come down to.
pub(crate) const INDEX_LOW: &str = "index-low";
/// Messages whose words are in the index of the newest.
pub(crate) const RECENT: &str = "recent";
/// The lowest row number that the index of the newest has come down to.
pub(crate) const RECENT_LOW: &str = "recent-low";

/// Entries of the audit that the server has.
pub(crate) const AUDITED: &str = "audited";

pub(crate) fn get(connection: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT value FROM tally WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(crate) fn set(connection: &Connection, name: &str, value: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO tally (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

pub(crate) fn add(connection: &Connection, name: &str, more: i64) -> Result<(), StoreError> {
    if more != 0 {
        connection
            .prepare_cached(
                "INSERT INTO tally (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            )?
            .execute(params![name, more])?;
    }
    Ok(())
}
