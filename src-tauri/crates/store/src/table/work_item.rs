//! Work items: the server's columns, and beside them what is shown while writes of ours are on their way.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{
    ids::{MessageId, PatientId, ThreadId, WorkItemId},
    party::PartyRef,
    plan::{self, Known, Pending},
    red_flags::Lowered,
    work_item::{Urgency, WorkItem},
};

use crate::{
    Reader, StoreError, Writer,
    column::{Columns, Word, json, micros, micros_of, rank},
    table::{Meta, OnServer, known, outbox},
};

/// What [`shown`] reads.
macro_rules! columns {
    () => {
        "id, thread, message, patient, category, pool, urgency, due, owner, status, waiting_for, modified,
         server_owner, server_status, server_waiting_for, server_modified, server_id, version, written, envelope,
         server_pool, server_urgency, lowered, server_lowered, server_category"
    };
}

const GET: &str = concat!("SELECT ", columns!(), " FROM work_item WHERE id = ?1");
const OPEN: &str = concat!("SELECT ", columns!(), " FROM work_item WHERE envelope = ?1 AND open = 1");
const ALL: &str = concat!("SELECT ", columns!(), " FROM work_item WHERE envelope = ?1");
/// `?1` how long ago at most.
const CLOSED: &str =
    concat!("SELECT ", columns!(), ", former_owner, former_until FROM work_item WHERE open = 0 AND modified >= ?1");
const OPEN_IN: &str = concat!(
    "SELECT ",
    columns!(),
    ", former_owner, former_until FROM work_item
     WHERE open = 1 AND envelope IN (SELECT thread FROM queue_entry WHERE queue = ?1)"
);
/// `?1` since when somebody else has them.
const OPEN_THAT_WERE: &str = concat!(
    "SELECT ",
    columns!(),
    ", former_owner, former_until FROM work_item WHERE open = 1 AND former_until IS NOT NULL AND former_until >= ?1"
);
const UNSORTED: &str =
    "SELECT id FROM work_item WHERE envelope = ?1 AND open = 1 AND (server_pool IS NULL OR server_category IS NULL)";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[
    ("a work item", GET),
    ("open work items of a thread", OPEN),
    ("work items of a thread", ALL),
    ("those without category or pool", UNSORTED),
    ("what was dealt with since", CLOSED),
    ("what is open in a queue", OPEN_IN),
    ("what is open and was somebody else's", OPEN_THAT_WERE),
];

/// The envelope of a Task that names no thread: no server id has a slash, so it is nobody else's.
pub(crate) fn envelope_without_thread(server_id: &str) -> String {
    format!("Task/{server_id}")
}

/// As shown: the overlay applied.
fn shown(row: &Row<'_>) -> rusqlite::Result<WorkItem> {
    Ok(WorkItem {
        id: row.id(0)?,
        thread: row.id_opt(1)?,
        message: row.id_opt(2)?,
        patient: row.id_opt(3)?,
        category: row.get(4)?,
        pool: row.get(5)?,
        urgency: row.urgency(6)?,
        lowered: lowered(row, 22)?,
        due: row.at_opt(7)?,
        owner: row.party_ref_opt(8)?,
        status: row.word(9)?,
        waiting_for: row.word_opt(10)?,
        modified: row.at(11)?,
    })
}

fn lowered(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Lowered>> {
    let kept: Option<String> = row.get(column)?;
    // One that cannot be read hides nothing: the rules' word stands.
    Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()))
}

fn lowered_column(lowered: Option<&Lowered>) -> Result<Option<String>, StoreError> {
    lowered.map(json).transpose()
}

/// As the server has it.
fn on_server(row: &Row<'_>) -> rusqlite::Result<WorkItem> {
    Ok(WorkItem {
        category: row.get(24)?,
        pool: row.get(20)?,
        urgency: row.urgency(21)?,
        lowered: lowered(row, 23)?,
        owner: row.party_ref_opt(12)?,
        status: row.word(13)?,
        waiting_for: row.word_opt(14)?,
        modified: row.at(15)?,
        ..shown(row)?
    })
}

pub(crate) fn get(connection: &Connection, id: &str) -> Result<Option<WorkItem>, StoreError> {
    Ok(connection.prepare_cached(GET)?.query_row([id], shown).optional()?)
}

/// The open work items of an envelope, as shown.
pub(crate) fn open(connection: &Connection, envelope: &str) -> Result<Vec<WorkItem>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN)?;
    let rows = statement.query_map([envelope], shown)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A work item, whose it was before and until when.
pub(crate) type WithFormer = (WorkItem, Option<(PartyRef, DateTime<Utc>)>);

/// Those dealt with at an instant or since, as shown.
pub(crate) fn closed_since(connection: &Connection, since: DateTime<Utc>) -> Result<Vec<WithFormer>, StoreError> {
    let mut statement = connection.prepare_cached(CLOSED)?;
    let rows = statement.query_map([micros(since)], with_former)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those that are open in a queue's threads, as shown.
pub(crate) fn open_in(connection: &Connection, queue: &str) -> Result<Vec<WithFormer>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN_IN)?;
    let rows = statement.query_map([queue], with_former)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those that are open and changed hands at an instant or since, as shown.
pub(crate) fn changed_hands_since(
    connection: &Connection,
    since: DateTime<Utc>,
) -> Result<Vec<WithFormer>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN_THAT_WERE)?;
    let rows = statement.query_map([micros(since)], with_former)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whose a work item was before whoever has it on the server now; none where nobody has it, or nobody had it before.
pub(crate) fn former_behind_owner(connection: &Connection, id: &str) -> Result<Option<PartyRef>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT former_owner FROM work_item WHERE id = ?1 AND server_owner IS NOT NULL")?
        .query_row([id], |row| row.party_ref_opt(0))
        .optional()?
        .flatten())
}

fn with_former(row: &Row<'_>) -> rusqlite::Result<WithFormer> {
    Ok((shown(row)?, row.party_ref_opt(25)?.zip(row.at_opt(26)?)))
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, server_id, version, updated, first_updated FROM work_item WHERE id = ?1")?
        .query_row([id], known)
        .optional()?)
}

/// The envelope in which a work item stands.
pub(crate) fn envelope_of(connection: &Connection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT envelope FROM work_item WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Writes the server's row under `key`, with `pending` laid over it. `remembers_owner`: where it goes to somebody else,
/// whoever has it now is who had it before.
pub(crate) fn put(
    connection: &Connection,
    key: &str,
    item: &WorkItem,
    (pending, remembers_owner): (&[Pending], bool),
    meta: Meta<'_>,
) -> Result<(), StoreError> {
    let over = plan::shown(item, pending);
    let envelope = item
        .thread
        .as_ref()
        .map_or_else(|| envelope_without_thread(meta.server_id), |thread| thread.as_str().to_owned());
    connection
        .prepare_cached(
            "INSERT INTO work_item (id, server_id, version, updated, first_updated, identity, thread, envelope,
                message, patient, category, pool, urgency, due, server_owner, server_status, server_waiting_for,
                server_modified, owner, status, waiting_for, modified, open, server_pool, server_urgency,
                lowered, server_lowered, server_category)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                ?21, ?22, ?23, ?24, ?25, ?26, ?10)
             ON CONFLICT (id) DO UPDATE SET server_id = excluded.server_id, version = excluded.version,
                written = NULL, updated = excluded.updated,
                first_updated = coalesce(first_updated, excluded.first_updated),
                identity = coalesce(excluded.identity, identity), thread = excluded.thread,
                envelope = excluded.envelope, message = excluded.message, patient = excluded.patient,
                category = excluded.category, pool = excluded.pool, urgency = excluded.urgency, due = excluded.due,
                server_owner = excluded.server_owner, server_status = excluded.server_status,
                server_waiting_for = excluded.server_waiting_for, server_modified = excluded.server_modified,
                owner = excluded.owner, status = excluded.status, waiting_for = excluded.waiting_for,
                modified = excluded.modified, open = excluded.open, server_pool = excluded.server_pool,
                server_urgency = excluded.server_urgency, lowered = excluded.lowered,
                server_lowered = excluded.server_lowered, server_category = excluded.server_category,
                former_owner = CASE WHEN ?27 AND server_owner IS NOT excluded.server_owner AND server_owner IS NOT NULL
                    THEN server_owner ELSE former_owner END,
                former_until = CASE WHEN ?27 AND server_owner IS NOT excluded.server_owner AND server_owner IS NOT NULL
                    THEN excluded.server_modified ELSE former_until END",
        )?
        .execute(params![
            key,
            meta.server_id,
            meta.version,
            meta.updated,
            meta.identity,
            item.thread.as_ref().map(ThreadId::as_str),
            envelope,
            item.message.as_ref().map(MessageId::as_str),
            item.patient.as_ref().map(PatientId::as_str),
            item.category,
            over.pool,
            rank(over.urgency),
            micros_of(item.due),
            item.owner.as_ref().map(PartyRef::as_str),
            item.status.word(),
            item.waiting_for.map(Word::word),
            micros(item.modified),
            over.owner.as_ref().map(PartyRef::as_str),
            over.status.word(),
            over.waiting_for.map(Word::word),
            micros(over.modified),
            over.status.is_open(),
            item.pool,
            rank(item.urgency),
            lowered_column(over.lowered.as_ref())?,
            lowered_column(item.lowered.as_ref())?,
            remembers_owner,
        ])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM work_item WHERE id = ?1 RETURNING envelope")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Lays what is pending over the server's columns anew, after an outbox row came, moved or went.
pub(crate) fn lay_over(writer: &mut Writer<'_>, id: &WorkItemId) -> Result<(), StoreError> {
    let found = writer
        .connection()
        .prepare_cached(GET)?
        .query_row([id.as_str()], |row| Ok((on_server(row)?, row.get::<_, String>(19)?)))
        .optional()?;
    // An item that is gone from the server shows nothing.
    let Some((server, envelope)) = found else { return Ok(()) };
    let over = plan::shown(&server, &outbox::pending(writer.connection(), id.as_str())?);
    writer
        .connection()
        .prepare_cached(
            "UPDATE work_item SET owner = ?2, status = ?3, waiting_for = ?4, modified = ?5, open = ?6, pool = ?7,
                urgency = ?8, lowered = ?9, category = ?10
             WHERE id = ?1",
        )?
        .execute(params![
            id.as_str(),
            over.owner.as_ref().map(PartyRef::as_str),
            over.status.word(),
            over.waiting_for.map(Word::word),
            micros(over.modified),
            over.status.is_open(),
            over.pool,
            rank(over.urgency),
            lowered_column(over.lowered.as_ref())?,
            over.category,
        ])?;
    match &server.thread {
        Some(thread) => writer.touch_thread(thread),
        None => writer.touch_envelope(&envelope),
    }
    Ok(())
}

/// The server took a write of ours: its columns are what the write made of them, until its echo says more.
pub(crate) fn written(
    connection: &Connection,
    id: &WorkItemId,
    write: &Pending,
    version: Option<&str>,
) -> Result<(), StoreError> {
    let Some(server) = connection.prepare_cached(GET)?.query_row([id.as_str()], on_server).optional()? else {
        return Ok(());
    };
    let now = plan::shown(&server, std::slice::from_ref(write));
    connection
        .prepare_cached(
            "UPDATE work_item SET server_owner = ?2, server_status = ?3, server_waiting_for = ?4,
                server_modified = ?5, written = coalesce(?6, written), server_pool = ?7, server_urgency = ?8,
                server_lowered = ?9
             WHERE id = ?1",
        )?
        .execute(params![
            id.as_str(),
            now.owner.as_ref().map(PartyRef::as_str),
            now.status.word(),
            now.waiting_for.map(Word::word),
            micros(now.modified),
            version,
            now.pool,
            rank(now.urgency),
            lowered_column(now.lowered.as_ref())?,
        ])?;
    Ok(())
}

/// As it is shown, but for what the rules made of its urgency: what a move is compared with on the server.
pub(crate) fn unraised(connection: &Connection, id: &WorkItemId) -> Result<Option<WorkItem>, StoreError> {
    let server = connection.prepare_cached(GET)?.query_row([id.as_str()], on_server).optional()?;
    let Some(server) = server else { return Ok(None) };
    Ok(Some(plan::shown(&server, &outbox::pending(connection, id.as_str())?)))
}

/// Those open work items of an envelope to which the server gives no category, or no pool.
pub(crate) fn unsorted(connection: &Connection, envelope: &str) -> Result<Vec<WorkItemId>, StoreError> {
    let mut statement = connection.prepare_cached(UNSORTED)?;
    let rows = statement.query_map([envelope], |row| row.id(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the practice's table makes of it, until it is laid over anew.
pub(crate) fn sort(connection: &Connection, item: &WorkItem) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE work_item SET category = ?2, pool = ?3 WHERE id = ?1")?.execute(params![
        item.id.as_str(),
        item.category,
        item.pool
    ])?;
    Ok(())
}

/// What the rules made of its urgency, until it is laid over anew.
pub(crate) fn raise(connection: &Connection, id: &WorkItemId, to: Urgency) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE work_item SET urgency = ?2 WHERE id = ?1")?
        .execute(params![id.as_str(), rank(to)])?;
    Ok(())
}

impl Reader<'_> {
    /// A work item as the server has it, and what a write to it needs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn work_item_on_server(&self, id: &WorkItemId) -> Result<Option<OnServer<WorkItem>>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached(GET)?
            .query_row([id.as_str()], |row| {
                let written: Option<String> = row.get(18)?;
                Ok(OnServer { row: on_server(row)?, server_id: row.get(16)?, version: written.or(row.get(17)?) })
            })
            .optional()?)
    }

    /// A work item as shown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn work_item(&self, id: &WorkItemId) -> Result<Option<WorkItem>, StoreError> {
        get(self.connection(), id.as_str())
    }

    /// A thread's work items as shown, dealt-with ones too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn work_items(&self, thread: &ThreadId) -> Result<Vec<WorkItem>, StoreError> {
        let mut statement = self.connection().prepare_cached(ALL)?;
        let rows = statement.query_map([thread.as_str()], shown)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
