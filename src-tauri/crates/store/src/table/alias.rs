//! The server's ids where they are not our keys: only for what we made on a server that refuses our ids.

use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::arrival::Kind;

use crate::StoreError;

/// Our key of a server id.
pub(crate) fn key(connection: &Connection, kind: Kind, server_id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM alias WHERE kind = ?1 AND server_id = ?2")?
        .query_row(params![kind.as_str(), server_id], |row| row.get(0))
        .optional()?)
}

/// Whether there is any: one look a page instead of one a reference.
pub(crate) fn any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM alias LIMIT 1")?.exists([])?)
}

/// Notes that the server calls `id` something else.
pub(crate) fn put(connection: &Connection, kind: Kind, server_id: &str, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO alias (kind, server_id, id) VALUES (?1, ?2, ?3)")?
        .execute(params![kind.as_str(), server_id, id])?;
    Ok(())
}
