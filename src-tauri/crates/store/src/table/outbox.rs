//! The rows of the outbox. How they move stands in [`crate::outbox`].
//!
//! `seq` is the order in which the rows were made, whatever the clock did. Each thread is a lane: only its
//! oldest row may leave. A row that belongs to no thread is a lane of its own. A change of a work item that stands
//! wedged keeps its lane from nobody but what needs it: a patient who writes again is answered all the same. And a
//! message that stands wedged keeps back the messages behind it, but no change of a work item: whoever starts the
//! thread anew is seen to.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{
    ids::{MessageId, OutboxId, ThreadId, WorkItemId},
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    plan::Pending,
};

use crate::{
    Reader, StoreError,
    column::{Columns, Word, json, micros},
};

macro_rules! columns {
    () => {
        "o.id, o.thread, o.author, o.intent, o.delivery, o.not_before, o.grouped, o.attempts, o.wedged, o.made"
    };
}

/// The first of its lane, and nothing that it needs is still here.
macro_rules! free {
    () => {
        "o.author = ?1 AND o.delivery IN ('queued', 'unknown')
         AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.thread = o.thread AND p.seq < o.seq
             AND (p.delivery <> 'wedged' OR (p.item IS NULL AND o.item IS NULL)))
         AND NOT EXISTS (SELECT 1 FROM outbox_need d JOIN outbox q ON q.id = d.need WHERE d.row = o.id)"
    };
}

const READY: &str =
    concat!("SELECT ", columns!(), " FROM outbox o WHERE ", free!(), " AND o.not_before <= ?2 ORDER BY o.seq");
const NEXT_DUE: &str = concat!("SELECT min(o.not_before) FROM outbox o WHERE ", free!());
const GET: &str = concat!("SELECT ", columns!(), " FROM outbox o WHERE o.id = ?1");
const ALL: &str = concat!("SELECT ", columns!(), " FROM outbox o ORDER BY o.seq");
const OF_THREAD: &str = concat!("SELECT ", columns!(), " FROM outbox o WHERE o.thread = ?1 ORDER BY o.seq");
const OF_GROUP: &str = concat!("SELECT ", columns!(), " FROM outbox o WHERE o.grouped = ?1 ORDER BY o.seq");
const OF_ITEM: &str = concat!("SELECT ", columns!(), " FROM outbox o WHERE o.item = ?1 ORDER BY o.seq");
const OF_MESSAGE: &str = concat!("SELECT ", columns!(), " FROM outbox o WHERE o.message = ?1");
const WEDGED: &str = "SELECT 1 FROM outbox WHERE thread = ?1 AND delivery = 'wedged' LIMIT 1";
/// The condition on `about` is the index's own.
const NOTE_WEDGED: &str = "SELECT 1 FROM thread t JOIN outbox o ON o.thread = t.id
    WHERE t.about = ?1 AND t.audience = 'internal' AND o.delivery = 'wedged' LIMIT 1";
const REPLIES: &str = "SELECT delivery FROM outbox WHERE thread = ?1 AND message IS NOT NULL ORDER BY seq DESC LIMIT 1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[
    ("outbox of a thread", OF_THREAD),
    ("outbox of a message", OF_MESSAGE),
    ("outbox of a work item", OF_ITEM),
    ("outbox of a group", OF_GROUP),
    ("an outbox row", GET),
    ("what of a thread needs somebody", WEDGED),
    ("what of the notes beside it does", NOTE_WEDGED),
    ("a thread's last reply", REPLIES),
    ("outbox, ready", READY),
];

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.id(0)?,
        thread: row.id_opt(1)?,
        author: row.party_ref(2)?,
        intent: row.json(3)?,
        delivery: row.word(4)?,
        not_before: row.at(5)?,
        group: row.id_opt(6)?,
        attempts: row.get(7)?,
        wedged: row.json_opt(8)?,
        depends_on: Vec::new(),
    })
}

fn select(connection: &Connection, sql: &str, of: &[&dyn rusqlite::ToSql]) -> Result<Vec<OutboxRow>, StoreError> {
    let mut rows = connection.prepare_cached(sql)?.query_map(of, read)?.collect::<Result<Vec<OutboxRow>, _>>()?;
    for row in &mut rows {
        row.depends_on = needs(connection, &row.id)?;
    }
    Ok(rows)
}

/// What a row still waits for.
fn needs(connection: &Connection, id: &OutboxId) -> Result<Vec<OutboxId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT need FROM outbox_need WHERE row = ?1 ORDER BY need")?;
    let rows = statement.query_map([id.as_str()], |row| row.id(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Rows that wait for this one.
pub(crate) fn dependents(connection: &Connection, id: &OutboxId) -> Result<Vec<OutboxRow>, StoreError> {
    let ids = connection
        .prepare_cached("SELECT row FROM outbox_need WHERE need = ?1 ORDER BY row")?
        .query_map([id.as_str()], |row| row.id(0))?
        .collect::<Result<Vec<OutboxId>, _>>()?;
    let mut rows = Vec::new();
    for id in ids {
        rows.extend(get(connection, &id)?);
    }
    Ok(rows)
}

pub(crate) fn get(connection: &Connection, id: &OutboxId) -> Result<Option<OutboxRow>, StoreError> {
    Ok(select(connection, GET, &[&id.as_str()])?.pop())
}

pub(crate) fn of_message(connection: &Connection, message: &str) -> Result<Option<OutboxRow>, StoreError> {
    Ok(select(connection, OF_MESSAGE, &[&message])?.pop())
}

pub(crate) fn of_group(connection: &Connection, group: &OutboxId) -> Result<Vec<OutboxRow>, StoreError> {
    select(connection, OF_GROUP, &[&group.as_str()])
}

pub(crate) fn of_item(connection: &Connection, item: &str) -> Result<Vec<OutboxRow>, StoreError> {
    select(connection, OF_ITEM, &[&item])
}

pub(crate) fn of_thread(connection: &Connection, thread: &str) -> Result<Vec<OutboxRow>, StoreError> {
    select(connection, OF_THREAD, &[&thread])
}

/// Whether anything waits to be written to the server, whatever it is.
pub(crate) fn waits(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM outbox")?.exists([])?)
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<OutboxRow>, StoreError> {
    select(connection, ALL, &[])
}

/// How far what was done in a thread has got: wedged where anything of it is, a note beside it included, else as far as its last reply, while
/// that is still here.
pub(crate) fn delivery_of(connection: &Connection, thread: &str) -> Result<Option<Delivery>, StoreError> {
    if connection.prepare_cached(WEDGED)?.exists([thread])?
        || connection.prepare_cached(NOTE_WEDGED)?.exists([thread])?
    {
        return Ok(Some(Delivery::Wedged));
    }
    Ok(connection.prepare_cached(REPLIES)?.query_row([thread], |row| row.word(0)).optional()?)
}

/// The writes to a work item that are still here, oldest first.
pub(crate) fn pending(connection: &Connection, item: &str) -> Result<Vec<Pending>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ITEM)?;
    let rows = statement.query_map([item], |row| {
        let made = row.at(9)?;
        let OutboxRow { intent, author, delivery, .. } = read(row)?;
        Ok(Pending { intent, author, made, delivery })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One write with the instant at which it was made.
pub(crate) fn pending_one(connection: &Connection, id: &OutboxId) -> Result<Option<Pending>, StoreError> {
    Ok(connection
        .prepare_cached(GET)?
        .query_row([id.as_str()], |row| {
            let made = row.at(9)?;
            let OutboxRow { intent, author, delivery, .. } = read(row)?;
            Ok(Pending { intent, author, made, delivery })
        })
        .optional()?)
}

/// The message that an intent sends.
pub(crate) fn message_of(intent: &Intent) -> Option<&MessageId> {
    match intent {
        Intent::Send { message, .. } => Some(message),
        _ => None,
    }
}

/// Adds a row behind all others; a second one with the same id is none.
pub(crate) fn insert(connection: &Connection, row: &OutboxRow, made: DateTime<Utc>) -> Result<(), StoreError> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO outbox (id, thread, author, intent, item, message, delivery, made, not_before, grouped,
                attempts, wedged)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            row.id.as_str(),
            row.thread.as_ref().map(ThreadId::as_str),
            row.author.as_str(),
            json(&row.intent)?,
            row.intent.item().map(WorkItemId::as_str),
            message_of(&row.intent).map(MessageId::as_str),
            row.delivery.word(),
            micros(made),
            micros(row.not_before),
            row.group.as_ref().map(OutboxId::as_str),
            row.attempts,
            row.wedged.as_ref().map(json).transpose()?,
        ])?;
    if inserted == 1 {
        let mut need = connection.prepare_cached("INSERT OR IGNORE INTO outbox_need (row, need) VALUES (?1, ?2)")?;
        for on in &row.depends_on {
            need.execute([row.id.as_str(), on.as_str()])?;
        }
    }
    Ok(())
}

/// Writes what moves: delivery, time, tries, wedge, and what its author has agreed to.
pub(crate) fn update(connection: &Connection, row: &OutboxRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outbox SET delivery = ?2, not_before = ?3, attempts = ?4, wedged = ?5, intent = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            row.id.as_str(),
            row.delivery.word(),
            micros(row.not_before),
            row.attempts,
            row.wedged.as_ref().map(json).transpose()?,
            json(&row.intent)?,
        ])?;
    Ok(())
}

/// Removes a row and what was needed of it.
/// The row is nobody's decision any more: it leaves by itself, from this instant.
pub(crate) fn leave_group(connection: &Connection, id: &OutboxId, at: DateTime<Utc>) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE outbox SET grouped = NULL, not_before = ?2 WHERE id = ?1")?
        .execute(params![id.as_str(), micros(at)])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, id: &OutboxId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id.as_str()])?;
    connection.prepare_cached("DELETE FROM outbox_need WHERE row = ?1")?.execute([id.as_str()])?;
    connection.prepare_cached("DELETE FROM outbox_need WHERE need = ?1")?.execute([id.as_str()])?;
    Ok(())
}

impl Reader<'_> {
    /// What may be sent at `now`, in the order in which it was made: of each thread only the oldest row, and
    /// only when everything that it needs was acknowledged. Rows that are *unknown* are among them: those are
    /// searched for before anything else.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_ready(&self, now: DateTime<Utc>, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        select(self.connection(), READY, &[&author.as_str(), &micros(now)])
    }

    /// When the next row may be sent; none where nothing waits for time alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_next_due(&self, author: &PartyRef) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(self.connection().prepare_cached(NEXT_DUE)?.query_row([author.as_str()], |row| row.at_opt(0))?)
    }

    /// One row.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_row(&self, id: &OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        get(self.connection(), id)
    }

    /// The row that sends a message, while it is still here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_of_message(&self, message: &MessageId) -> Result<Option<OutboxRow>, StoreError> {
        of_message(self.connection(), message.as_str())
    }

    /// The rows that go together, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_group(&self, group: &OutboxId) -> Result<Vec<OutboxRow>, StoreError> {
        of_group(self.connection(), group)
    }

    /// A thread's rows, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_of_thread(&self, thread: &ThreadId) -> Result<Vec<OutboxRow>, StoreError> {
        of_thread(self.connection(), thread.as_str())
    }

    /// Everything that waits, in order, whoever's it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        all(self.connection())
    }
}
