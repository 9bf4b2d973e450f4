//! Rows of the list, and in which queues they stand. Written by [`crate::envelopes`] in the transaction that
//! changes what they show; read without touching a thread, a message or a work item.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{envelope::Envelope, ids::ThreadId, queue::Queue, work_item::CLAIM_LAPSES_AFTER_MINUTES};

use crate::{
    Reader, StoreError,
    column::{Columns, Word, json, micros, micros_of, rank},
};

macro_rules! columns {
    () => {
        "e.thread, e.patient, e.patient_name, e.birth_date, e.writer, e.subject_line, e.category, e.urgency,
         e.waiting_since, e.due, e.attachments, e.held_by, e.held_name, e.held_since, e.language, e.delivery,
         e.unreadable, e.flags, e.waiting_for, e.stands_in_for, e.stands_in_name"
    };
}

/// Only the window's keys: rows that are skipped cost no look at their envelopes.
const WINDOW: &str = "SELECT thread FROM queue_entry WHERE queue = ?1
    ORDER BY rank, due, waiting_since, thread LIMIT ?2 OFFSET ?3";
const NEXT: &str = "SELECT thread FROM queue_entry
    WHERE queue = ?1 AND (rank, due, waiting_since, thread) > (?2, ?3, ?4, ?5)
    ORDER BY rank, due, waiting_since, thread LIMIT 1";
const PLACE: &str = "SELECT rank, due, waiting_since FROM queue_entry WHERE thread = ?2 AND queue = ?1";
const ONE: &str = concat!("SELECT ", columns!(), " FROM envelope e WHERE e.thread = ?1");
const TOTAL: &str = "SELECT total FROM queue_total WHERE queue = ?1";
const OLDEST: &str = "SELECT waiting_since FROM queue_entry WHERE queue = ?1 ORDER BY waiting_since LIMIT 1";
const RAIL: &str = "SELECT queue, total FROM queue_total";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[
    ("window of a queue", WINDOW),
    ("next of a queue", NEXT),
    ("place in a queue", PLACE),
    ("one envelope", ONE),
    ("total of a queue", TOTAL),
    ("oldest of a queue", OLDEST),
];

/// Where no due instant is: behind all that have one.
const NEVER: i64 = i64::MAX;

/// A stretch of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopePage {
    /// The rows, in the order to work in.
    pub envelopes: Vec<Envelope>,
    /// How many the queue has.
    pub total: u32,
}

/// What the rail says about a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCount {
    /// Which.
    pub queue: Queue,
    /// How many envelopes.
    pub total: u32,
    /// When the oldest was sent.
    pub oldest: Option<DateTime<Utc>>,
}

/// Reads an envelope at `now` (server time): a claim that lapsed holds nothing.
fn read(row: &Row<'_>, now: DateTime<Utc>) -> rusqlite::Result<Envelope> {
    let held = match (row.party(11, 12)?, row.at_opt(13)?) {
        (Some(holder), Some(since)) if now - since < TimeDelta::minutes(CLAIM_LAPSES_AFTER_MINUTES) => {
            Some((holder.reference, holder.display, since))
        }
        _ => None,
    };
    Ok(Envelope {
        thread: row.id(0)?,
        patient: row.id_opt(1)?,
        patient_name: row.private(2)?,
        birth_date: row.date(3)?,
        writer: row.private_opt(4)?,
        subject_line: row.private(5)?,
        category: row.get(6)?,
        urgency: row.urgency(7)?,
        // What an older program wrote otherwise is written anew with the next change.
        flags: serde_json::from_str(&row.get::<_, String>(17)?).unwrap_or_default(),
        waiting_for: row.word_opt(18)?,
        waiting_since: row.at(8)?,
        due: row.at_opt(9)?,
        attachments: row.get(10)?,
        held,
        stands_in_for: row.party(19, 20)?.map(|absent| (absent.reference, absent.display)),
        language: row.get(14)?,
        delivery: row.word_opt(15)?,
        unreadable: row.get(16)?,
    })
}

/// Writes an envelope and where it stands; unchanged rows are left alone.
pub(crate) fn put(connection: &Connection, envelope: &Envelope, queues: &[Queue]) -> Result<(), StoreError> {
    let thread = envelope.thread.as_str();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO envelope (thread, patient, patient_name, birth_date, writer, subject_line,
                category, urgency, waiting_since, due, attachments, held_by, held_name, held_since, language,
                delivery, unreadable, flags, waiting_for, stands_in_for, stands_in_name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(params![
            thread,
            envelope.patient.as_ref().map(|patient| patient.as_str().to_owned()),
            envelope.patient_name.reveal(),
            envelope.birth_date.map(|date| date.to_string()),
            envelope.writer.as_ref().map(|writer| writer.reveal().to_owned()),
            envelope.subject_line.reveal(),
            envelope.category,
            rank(envelope.urgency),
            micros(envelope.waiting_since),
            micros_of(envelope.due),
            envelope.attachments,
            envelope.held.as_ref().map(|(by, _, _)| by.as_str().to_owned()),
            envelope.held.as_ref().map(|(_, name, _)| name.reveal().to_owned()),
            envelope.held.as_ref().map(|(_, _, since)| micros(*since)),
            envelope.language,
            envelope.delivery.map(Word::word),
            envelope.unreadable,
            json(&envelope.flags)?,
            envelope.waiting_for.map(Word::word),
            envelope.stands_in_for.as_ref().map(|(absent, _)| absent.as_str().to_owned()),
            envelope.stands_in_for.as_ref().map(|(_, name)| name.reveal().to_owned()),
        ])?;
    let order = (-rank(envelope.urgency), micros_of(envelope.due).unwrap_or(NEVER), micros(envelope.waiting_since));
    let mut wanted: Vec<(String, (i64, i64, i64))> = queues.iter().map(|queue| (queue.key(), order)).collect();
    for found in entries(connection, thread)? {
        if let Some(place) = wanted.iter().position(|entry| *entry == found) {
            wanted.swap_remove(place);
        } else {
            remove_entry(connection, thread, &found)?;
        }
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO queue_entry (queue, rank, due, waiting_since, thread) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (queue, (rank, due, since)) in wanted {
        insert.execute(params![queue, rank, due, since, thread])?;
    }
    Ok(())
}

type Entry = (String, (i64, i64, i64));

fn entries(connection: &Connection, thread: &str) -> Result<Vec<Entry>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT queue, rank, due, waiting_since FROM queue_entry WHERE thread = ?1")?;
    let rows = statement.query_map([thread], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn remove_entry(connection: &Connection, thread: &str, (queue, order): &Entry) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM queue_entry
             WHERE queue = ?1 AND rank = ?2 AND due = ?3 AND waiting_since = ?4 AND thread = ?5",
        )?
        .execute(params![queue, order.0, order.1, order.2, thread])?;
    Ok(())
}

/// Takes an envelope off every list; returns whether it was on one.
pub(crate) fn remove(connection: &Connection, thread: &str) -> Result<bool, StoreError> {
    let gone = connection.prepare_cached("DELETE FROM envelope WHERE thread = ?1")?.execute([thread])?;
    if gone > 0 {
        connection.prepare_cached("DELETE FROM queue_entry WHERE thread = ?1")?.execute([thread])?;
    }
    Ok(gone > 0)
}

/// Envelopes of a patient, whose name or birth date changed.
pub(crate) fn of_patient(connection: &Connection, patient: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT thread FROM envelope WHERE patient = ?1")?;
    let rows = statement.query_map([patient], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What has an envelope, or may have one for a member who sees more: what is open, a few thousand.
pub(crate) fn all(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT thread FROM envelope
         UNION SELECT envelope FROM work_item INDEXED BY work_item_open_pool WHERE open = 1
         UNION SELECT thread FROM unplaced
         UNION SELECT thread FROM quarantine WHERE thread <> ''
         UNION SELECT thread FROM outbox WHERE thread IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Envelopes that somebody held, and whose claim was not renewed since.
pub(crate) fn held_before(connection: &Connection, lapse: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT w.envelope FROM work_item w JOIN envelope e ON e.thread = w.envelope
         WHERE w.status = 'in-progress' AND w.modified <= ?1 AND e.held_by IS NOT NULL AND e.held_since = w.modified",
    )?;
    let rows = statement.query_map([micros(lapse)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Reader<'_> {
    /// `limit` envelopes of a queue from the one at `offset` on, in the order to work in (most urgent, due
    /// first, longest waiting), at `now` (server time).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn envelopes(
        &self,
        queue: &Queue,
        offset: u32,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<EnvelopePage, StoreError> {
        let key = queue.key();
        let mut window = self.connection().prepare_cached(WINDOW)?;
        let mut one = self.connection().prepare_cached(ONE)?;
        let mut envelopes = Vec::new();
        let mut threads = window.query(params![key, limit, offset])?;
        while let Some(thread) = threads.next()? {
            envelopes.push(one.query_row([thread.get::<_, String>(0)?], |row| read(row, now))?);
        }
        Ok(EnvelopePage { envelopes, total: total(self.connection(), &key)? })
    }

    /// The envelope after this one in its queue; the first where this one is not in it any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_envelope(
        &self,
        queue: &Queue,
        after: &ThreadId,
        now: DateTime<Utc>,
    ) -> Result<Option<Envelope>, StoreError> {
        let key = queue.key();
        let place: Option<(i64, i64, i64)> = self
            .connection()
            .prepare_cached(PLACE)?
            .query_row([key.as_str(), after.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((rank, due, since)) = place else {
            return Ok(self.envelopes(queue, 0, 1, now)?.envelopes.pop());
        };
        let next: Option<ThreadId> = self
            .connection()
            .prepare_cached(NEXT)?
            .query_row(params![key, rank, due, since, after.as_str()], |row| row.id(0))
            .optional()?;
        next.map_or(Ok(None), |next| self.envelope(&next, now))
    }

    /// One envelope.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn envelope(&self, thread: &ThreadId, now: DateTime<Utc>) -> Result<Option<Envelope>, StoreError> {
        Ok(self.connection().prepare_cached(ONE)?.query_row([thread.as_str()], |row| read(row, now)).optional()?)
    }

    /// How many envelopes each queue has, and since when the oldest waits; queues that were never used are
    /// not among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counts(&self) -> Result<Vec<QueueCount>, StoreError> {
        let mut statement = self.connection().prepare_cached(RAIL)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut counts = Vec::new();
        for row in rows {
            let (key, total) = row?;
            let Some(queue) = Queue::from_key(&key) else { continue };
            let oldest = self.connection().prepare_cached(OLDEST)?.query_row([&key], |row| row.at(0)).optional()?;
            counts.push(QueueCount { queue, total, oldest });
        }
        Ok(counts)
    }
}

fn total(connection: &Connection, key: &str) -> Result<u32, StoreError> {
    Ok(connection.prepare_cached(TOTAL)?.query_row([key], |row| row.get(0)).optional()?.unwrap_or(0))
}
