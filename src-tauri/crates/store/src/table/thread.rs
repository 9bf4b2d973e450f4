//! Conversations.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{
    ids::{PatientId, ThreadId},
    message::Thread,
    party::{Party, PartyRef},
    plan::Known,
};

use crate::{
    Reader, StoreError,
    column::{Columns, Word, json, micros_of},
    table::{Meta, OnServer, known_or_made_here},
};

const GET: &str = "SELECT id, subject_line, patient, category, opener, opener_name, participants, audience, about,
        server_id, version
    FROM thread WHERE id = ?1";
const INTERNAL: &str = "SELECT id, subject_line, patient, category, opener, opener_name, participants, audience, about,
        server_id, version
    FROM thread WHERE about = ?1 AND audience = 'internal'";
const ABOUT: &str = "SELECT about FROM thread WHERE id = ?1 AND audience = 'internal'";
/// The condition is the index's own, word for word: otherwise SQLite would not use it.
const MADE_HERE: &str = "SELECT id, server_id, version, updated, first_updated, TRUE FROM thread
    WHERE identity = ?1 AND (server_id IS NULL OR server_id <> id)";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] =
    &[("a thread", GET), ("what a thread is about", ABOUT), ("internal threads about one", INTERNAL)];
/// What a pull asks for every row that it does not know.
#[cfg(test)]
pub(crate) const OF_A_PULL: (&str, &str) = ("a thread made here", MADE_HERE);

fn read(row: &Row<'_>) -> rusqlite::Result<Thread> {
    Ok(Thread {
        id: row.id(0)?,
        subject_line: row.private(1)?,
        patient: row.id_opt(2)?,
        category: row.get(3)?,
        opener: row.party(4, 5)?,
        participants: row.json(6)?,
        audience: row.word(7)?,
        about: row.id_opt(8)?,
    })
}

pub(crate) fn get(connection: &Connection, id: &str) -> Result<Option<Thread>, StoreError> {
    Ok(connection.prepare_cached(GET)?.query_row([id], read).optional()?)
}

/// The patient's thread that an internal one hangs on.
pub(crate) fn about(connection: &Connection, id: &str) -> Result<Option<ThreadId>, StoreError> {
    let found = connection.prepare_cached(ABOUT)?.query_row([id], |row| row.id_opt(0)).optional()?;
    Ok(found.flatten())
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, server_id, version, updated, first_updated, server_id IS NULL OR server_id <> id FROM thread WHERE id = ?1",
        )?
        .query_row([id], known_or_made_here)
        .optional()?)
}

/// What a member opened here under this identity.
pub(crate) fn made_here(connection: &Connection, identity: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection.prepare_cached(MADE_HERE)?.query_row([identity], known_or_made_here).optional()?)
}

/// Writes a thread under `key`; `meta` is none for one that was only made here.
pub(crate) fn put(
    connection: &Connection,
    key: &str,
    thread: &Thread,
    identity: Option<&str>,
    meta: Option<Meta<'_>>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO thread (id, server_id, version, updated, first_updated, identity, subject_line, patient,
                category, opener, opener_name, participants, audience, about)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (id) DO UPDATE SET server_id = excluded.server_id, version = excluded.version,
                updated = excluded.updated, first_updated = coalesce(first_updated, excluded.first_updated),
                identity = coalesce(excluded.identity, identity), subject_line = excluded.subject_line,
                patient = excluded.patient, category = excluded.category, opener = excluded.opener,
                opener_name = excluded.opener_name, participants = excluded.participants,
                audience = excluded.audience, about = excluded.about",
        )?
        .execute(params![
            key,
            meta.map(|meta| meta.server_id),
            meta.map(|meta| meta.version),
            meta.and_then(|meta| meta.updated),
            identity,
            thread.subject_line.reveal(),
            thread.patient.as_ref().map(PatientId::as_str),
            thread.category,
            thread.opener.as_ref().map(|opener| opener.reference.as_str()),
            thread.opener.as_ref().map(|opener| opener.display.reveal()),
            json::<[Party]>(&thread.participants)?,
            thread.audience.word(),
            thread.about.as_ref().map(ThreadId::as_str),
        ])?;
    Ok(())
}

/// A thread that a flat server does not have: made up from its first message, once.
pub(crate) fn put_flat(connection: &Connection, key: &str, thread: &Thread) -> Result<(), StoreError> {
    if find(connection, key)?.is_none() {
        put(connection, key, thread, None, None)?;
    }
    Ok(())
}

/// The server has it under this id.
pub(crate) fn confirm(connection: &Connection, key: &str, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE thread SET server_id = ?2, version = ?3, updated = ?4,
                first_updated = coalesce(first_updated, ?4)
             WHERE id = ?1",
        )?
        .execute(params![key, meta.server_id, meta.version, meta.updated])?;
    Ok(())
}

/// The server took it under this id; its version stays unknown until the echo brings the content.
pub(crate) fn acknowledge(
    connection: &Connection,
    key: &str,
    server_id: &str,
    updated: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE thread SET server_id = ?2, first_updated = coalesce(first_updated, ?3) WHERE id = ?1")?
        .execute(params![key, server_id, micros_of(updated)])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, key: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM thread WHERE id = ?1")?.execute([key])?;
    Ok(())
}

/// References to a thread that we made come under the server's id: they are ours again.
pub(crate) fn adopt_children(connection: &Connection, server_id: &str, key: &str) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE message SET thread = ?2 WHERE thread = ?1")?.execute([server_id, key])?;
    connection
        .prepare_cached("UPDATE work_item SET thread = ?2, envelope = ?2 WHERE envelope = ?1")?
        .execute([server_id, key])?;
    Ok(())
}

impl Reader<'_> {
    /// What is known of the thread alone, and what a write to it needs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn thread_on_server(&self, id: &ThreadId) -> Result<Option<OnServer<Thread>>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached(GET)?
            .query_row([id.as_str()], |row| {
                Ok(OnServer { row: read(row)?, server_id: row.get(9)?, version: row.get(10)? })
            })
            .optional()?)
    }

    /// The internal threads that hang on a patient's thread. One that a patient came to read is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn internal_threads(&self, about: &ThreadId) -> Result<Vec<Thread>, StoreError> {
        let mut statement = self.connection().prepare_cached(INTERNAL)?;
        let rows = statement.query_map([about.as_str()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The reference of a party, for a column.
pub(crate) fn reference(party: Option<&Party>) -> Option<&str> {
    party.map(|party| PartyRef::as_str(&party.reference))
}
