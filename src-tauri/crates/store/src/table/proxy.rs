//! Parents and carers.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{ids::PatientId, party::PartyRef, patient::Proxy, plan::Known};

use crate::{
    Reader, StoreError,
    column::{Columns, json},
    table::{Meta, known},
};

const OF_PATIENT: &str = "SELECT id, patient, name, relationship, phones, active FROM proxy WHERE patient = ?1";
const NAME: &str = "SELECT name FROM proxy WHERE id = ?1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("proxies of a patient", OF_PATIENT), ("a proxy's name", NAME)];

fn read(row: &Row<'_>) -> rusqlite::Result<Proxy> {
    Ok(Proxy {
        reference: PartyRef::new(format!("RelatedPerson/{}", row.get_ref(0)?.as_str()?)),
        patient: row.id(1)?,
        name: row.private(2)?,
        relationship: row.get(3)?,
        phones: row.json(4)?,
        active: row.get(5)?,
    })
}

pub(crate) fn name(connection: &Connection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached(NAME)?.query_row([id], |row| row.get(0)).optional()?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM proxy WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, proxy: &Proxy, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO proxy (id, version, updated, patient, name, relationship, phones, active)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            meta.server_id,
            meta.version,
            meta.updated,
            proxy.patient.as_str(),
            proxy.name.reveal(),
            proxy.relationship,
            json(&proxy.phones)?,
            proxy.active,
        ])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM proxy WHERE id = ?1")?.execute([id])?;
    Ok(())
}

impl Reader<'_> {
    /// Who may write and read for a patient, lapsed ones too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn proxies(&self, patient: &PatientId) -> Result<Vec<Proxy>, StoreError> {
        let mut statement = self.connection().prepare_cached(OF_PATIENT)?;
        let rows = statement.query_map([patient.as_str()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
