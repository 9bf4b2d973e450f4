//! Patients.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{ids::PatientId, patient::Patient, plan::Known};

use crate::{
    Reader, StoreError,
    column::{Columns, json},
    table::{Meta, known},
};

const GET: &str = "SELECT id, name, preferred_name, birth_date, record_number, language, phones
    FROM patient WHERE id = ?1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("patient", GET)];

fn read(row: &Row<'_>) -> rusqlite::Result<Patient> {
    Ok(Patient {
        id: row.id(0)?,
        name: row.private(1)?,
        preferred_name: row.private(2)?,
        birth_date: row.date(3)?,
        record_number: row.get(4)?,
        language: row.get(5)?,
        phones: row.json(6)?,
    })
}

pub(crate) fn get(connection: &Connection, id: &str) -> Result<Option<Patient>, StoreError> {
    Ok(connection.prepare_cached(GET)?.query_row([id], read).optional()?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, id, version, updated, NULL FROM patient WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, patient: &Patient, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO patient
                (id, version, updated, name, preferred_name, birth_date, record_number, language, phones)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            meta.server_id,
            meta.version,
            meta.updated,
            patient.name.reveal(),
            patient.preferred_name.reveal(),
            patient.birth_date.map(|date| date.to_string()),
            patient.record_number,
            patient.language,
            json(&patient.phones)?,
        ])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM patient WHERE id = ?1")?.execute([id])?;
    Ok(())
}

impl Reader<'_> {
    /// A patient.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn patient(&self, id: &PatientId) -> Result<Option<Patient>, StoreError> {
        get(self.connection(), id.as_str())
    }
}
