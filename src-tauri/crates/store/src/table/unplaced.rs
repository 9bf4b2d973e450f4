//! Patients' messages that no work item names: they stand in *Unsorted* until somebody answers or a work item
//! comes. Found only once the first pull of work items is through: before, every message is one.

use rusqlite::{Connection, params};
use tern_inbox::{
    arrival::Kind,
    ids::MessageId,
    message::{Authorship, Message, Standing},
};

use crate::{Reader, StoreError, Writer, column::Columns};

/// Where the sweep after the first pull has come to.
const SWEEP: &str = "unplaced-sweep";

/// Every unplaced message of a thread, the oldest first.
pub(crate) fn of_thread(connection: &Connection, thread: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT u.message FROM unplaced u JOIN message m ON m.id = u.message WHERE u.thread = ?1 ORDER BY m.n",
    )?;
    let rows = statement.query_map([thread], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A message came in steady state.
pub(crate) fn on_message(connection: &Connection, thread: &str, message: &Message) -> Result<(), StoreError> {
    let from_patient = message.sender.as_ref().is_some_and(|sender| sender.reference.kind().is_patient_side());
    if message.standing != Standing::Sent || message.authorship == Authorship::Automatic {
        return Ok(());
    }
    if from_patient {
        put(connection, message.id.as_str(), thread)?;
        Ok(())
    } else {
        // Somebody of the practice answered: nothing before it waits unseen.
        clear_thread(connection, thread)
    }
}

/// Notes the message unless a work item of its thread names it, or names none and is open, or was ended after it was
/// sent; whether it was.
fn put(connection: &Connection, message: &str, thread: &str) -> Result<bool, StoreError> {
    let noted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO unplaced (message, thread)
             SELECT ?1, ?2 WHERE NOT EXISTS
                (SELECT 1 FROM work_item WHERE envelope = ?2 AND (message = ?1 OR message IS NULL
                    AND (open = 1 OR server_modified >= (SELECT sent FROM message WHERE id = ?1))))",
        )?
        .execute([message, thread])?;
    Ok(noted > 0)
}

/// A work item came for the message, or for the whole thread.
pub(crate) fn on_work_item(connection: &Connection, thread: &str, message: Option<&str>) -> Result<(), StoreError> {
    match message {
        Some(message) => {
            connection.prepare_cached("DELETE FROM unplaced WHERE message = ?1")?.execute([message])?;
        }
        None => clear_thread(connection, thread)?,
    }
    Ok(())
}

/// A message was taken away.
pub(crate) fn forget(connection: &Connection, message: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM unplaced WHERE message = ?1")?.execute([message])?;
    Ok(())
}

/// The thread was dealt with.
pub(crate) fn clear_thread(connection: &Connection, thread: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM unplaced WHERE thread = ?1")?.execute([thread])?;
    Ok(())
}

/// An outcome that cleared the thread was undone: its last message waits again, if a patient wrote it.
pub(crate) fn restore(connection: &Connection, thread: &str) -> Result<(), StoreError> {
    match last_from_patient(connection, thread)? {
        Some(message) => put(connection, &message, thread).map(drop),
        None => Ok(()),
    }
}

/// Whether the first pull of work items is through.
pub(crate) fn is_watched(reader: &Reader<'_>) -> Result<bool, StoreError> {
    Ok(reader.cursor(Kind::Task)?.complete)
}

impl Reader<'_> {
    /// Whether no work item names a patient's message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_unplaced(&self, message: &MessageId) -> Result<bool, StoreError> {
        let mut statement = self.connection().prepare_cached("SELECT 1 FROM unplaced WHERE message = ?1")?;
        Ok(statement.exists([message.as_str()])?)
    }
}

impl Writer<'_> {
    /// After the first pull: looks through the next `limit` threads for a last message that a patient wrote and
    /// no work item names. Returns whether there is more; does nothing before the first pull of work items is
    /// through, and nothing once it is done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find_unplaced(&mut self, limit: u32) -> Result<bool, StoreError> {
        if !is_watched(&self.read())? {
            return Ok(false);
        }
        let from: Option<String> = self.read().setting(SWEEP)?.unwrap_or_else(|| Some(String::new()));
        let Some(from) = from else { return Ok(false) };
        let threads: Vec<String> = self
            .connection()
            .prepare_cached("SELECT id FROM thread WHERE id > ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![from, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for thread in &threads {
            // Most of what a patient wrote last has its work item, and its envelope is as it should be.
            if let Some(message) = last_from_patient(self.connection(), thread)?
                && put(self.connection(), &message, thread)?
            {
                self.touch_envelope(thread);
            }
        }
        let through = threads.last().cloned();
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
            .execute(params![SWEEP, crate::column::json(&through)?])?;
        Ok(through.is_some())
    }
}

/// The last message of a thread, where a patient or proxy wrote it.
fn last_from_patient(connection: &Connection, thread: &str) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, sender FROM message
         WHERE thread = ?1 AND standing = 'sent' AND authorship = 'person' ORDER BY n DESC LIMIT 1",
    )?;
    let mut rows = statement.query([thread])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let sender = row.party_ref_opt(1)?;
    Ok(if sender.is_some_and(|sender| sender.kind().is_patient_side()) { row.get(0)? } else { None })
}
