//! How far emergencies have been told outside the app.

use rusqlite::{Connection, OptionalExtension, params};
use tern_inbox::{emergency::Alarm, plan::Known};

use crate::{
    StoreError,
    column::{Columns, json},
    table::{Meta, known},
};

const OF_ITEM: &str = "SELECT told FROM alarm WHERE item = ?1";
const OPEN: &str = "SELECT told FROM alarm WHERE open = 1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] =
    &[("how far an emergency has been told", OF_ITEM), ("emergencies that are being told", OPEN)];

/// Of the work item with this id on the server. Where two machines made one each, the one whose id follows from the
/// item's counts.
pub(crate) fn of_item(connection: &Connection, item: &str) -> Result<Option<Alarm>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ITEM)?;
    let rows = statement.query_map([item], |row| row.json::<Alarm>(0))?;
    let mut found: Vec<Alarm> = rows.collect::<Result<_, _>>()?;
    let ours = tern_inbox::emergency::identity(item);
    found.sort_by_key(|alarm| (alarm.id != ours, alarm.id.clone()));
    Ok(found.into_iter().next())
}

/// Those that are not over.
pub(crate) fn open(connection: &Connection) -> Result<Vec<Alarm>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN)?;
    let rows = statement.query_map([], |row| row.json(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM alarm WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, alarm: &Alarm, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO alarm (id, version, updated, item, told, open) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            meta.server_id,
            meta.version,
            meta.updated,
            alarm.item.as_str(),
            json(alarm)?,
            !alarm.is_over
        ])?;
    Ok(())
}

/// Returns whether there was one.
pub(crate) fn remove(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM alarm WHERE id = ?1")?.execute([id])? > 0)
}
