//! How far each kind has been pulled.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};
use tern_inbox::arrival::Kind;

use crate::{
    Reader, StoreError, Tag, Writer,
    column::{Columns, micros_of},
};

/// Where the pull of one kind stands. Moved in the transaction of the page that it stands behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// A server stamp: everything up to it is here.
    pub position: Option<DateTime<Utc>>,
    /// A link of the run that is under way, relative to the base, to go on from after a restart.
    pub resume: Option<String>,
    /// The first pull is through.
    pub complete: bool,
    /// The last full comparison of ids and versions.
    pub compared: Option<DateTime<Utc>>,
}

impl Reader<'_> {
    /// The cursor of a kind; a fresh one where nothing was pulled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cursor(&self, kind: Kind) -> Result<Cursor, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT position, resume, complete, compared FROM cursor WHERE kind = ?1")?
            .query_row([kind.as_str()], |row| {
                Ok(Cursor {
                    position: row.at_opt(0)?,
                    resume: row.get(1)?,
                    complete: row.get(2)?,
                    compared: row.at_opt(3)?,
                })
            })
            .optional()?
            .unwrap_or_default())
    }
}

impl Writer<'_> {
    /// Moves the cursor of a kind; pages move it by [`Writer::apply_page`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn move_cursor(&mut self, kind: Kind, to: &Cursor) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO cursor (kind, position, resume, complete, compared)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![kind.as_str(), micros_of(to.position), to.resume, to.complete, micros_of(to.compared),])?;
        self.changes.add(Tag::Status);
        Ok(())
    }
}
