//! Shared queues.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{ids::PoolId, member::Pool, party::PartyRef, plan::Known};

use crate::{
    Reader, StoreError,
    column::{Columns, lines},
    table::{Meta, known},
};

const GET: &str = "SELECT id, identifier, name, members, responsible, check_every_hours FROM pool WHERE id = ?1";
const ALL: &str = "SELECT id, identifier, name, members, responsible, check_every_hours FROM pool ORDER BY id";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("a pool", GET)];

fn read(row: &Row<'_>) -> rusqlite::Result<Pool> {
    Ok(Pool {
        id: row.id(0)?,
        identifier: row.get(1)?,
        name: row.get(2)?,
        members: row.party_refs(3)?,
        responsible: row.party_ref_opt(4)?,
        check_every_hours: row.get(5)?,
    })
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<Pool>, StoreError> {
    let mut statement = connection.prepare_cached(ALL)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM pool WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, pool: &Pool, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO pool
                (id, version, updated, identifier, name, members, responsible, check_every_hours)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            meta.server_id,
            meta.version,
            meta.updated,
            pool.identifier,
            pool.name,
            lines(&pool.members),
            pool.responsible.as_ref().map(PartyRef::as_str),
            pool.check_every_hours,
        ])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM pool WHERE id = ?1")?.execute([id])?;
    Ok(())
}

impl Reader<'_> {
    /// A pool.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pool(&self, id: &PoolId) -> Result<Option<Pool>, StoreError> {
        Ok(self.connection().prepare_cached(GET)?.query_row([id.as_str()], read).optional()?)
    }

    /// Every pool that is known: a handful.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pools(&self) -> Result<Vec<Pool>, StoreError> {
        all(self.connection())
    }
}
