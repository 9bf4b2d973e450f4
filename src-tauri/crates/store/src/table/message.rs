//! Texts. The row number is the recency ([`crate::recency`]), so that a thread comes out in order of time.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use tern_inbox::{
    ids::MessageId,
    message::{Delivery, Message, Standing},
    party::{PartyKind, PartyRef},
    plan::Known,
};

use crate::{
    Reader, StoreError,
    column::{Columns, Word, lines, micros, micros_of},
    recency,
    table::{Meta, OnServer, attachment, document, known_or_made_here, tally, thread::reference},
};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "m.id, m.thread, m.identity, m.sender, m.sender_name, m.recipients, m.sent, m.received, m.text,
         m.in_response_to, m.standing, m.authorship, m.server_id, m.version, m.author"
    };
}

const OF_THREAD: &str = concat!(
    "SELECT ",
    columns!(),
    ", o.delivery FROM message m LEFT JOIN outbox o ON o.message = m.id WHERE m.thread = ?1 ORDER BY m.n"
);
const GET: &str = concat!(
    "SELECT ",
    columns!(),
    ", o.delivery FROM message m LEFT JOIN outbox o ON o.message = m.id WHERE m.id = ?1"
);
const HEAD: &str = "SELECT id, thread, sender, sender_name, sent, standing, authorship FROM message WHERE id = ?1";
/// The condition is the index's own, word for word: otherwise SQLite would not use it.
const MADE_HERE: &str = "SELECT id, server_id, version, updated, first_updated, TRUE FROM message
    WHERE identity = ?1 AND author IS NOT NULL";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] =
    &[("messages of a thread", OF_THREAD), ("a message", GET), ("who wrote a message", HEAD)];
/// What a pull asks for every row that it does not know.
#[cfg(test)]
pub(crate) const OF_A_PULL: (&str, &str) = ("a message made here", MADE_HERE);

/// A message and how far it has got, where it is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The message.
    pub message: Message,
    /// Where it is one of ours; none for what others wrote.
    pub delivery: Option<Delivery>,
}

/// Who wrote a message and when, without its text.
pub(crate) struct Head {
    pub(crate) sender: Option<PartyRef>,
    pub(crate) sender_name: Option<String>,
    pub(crate) sent: DateTime<Utc>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.id(0)?,
        thread: row.id(1)?,
        identity: row.get(2)?,
        sender: row.party(3, 4)?,
        recipients: row.party_refs(5)?,
        sent: row.at(6)?,
        received: row.at_opt(7)?,
        text: row.private(8)?,
        in_response_to: row.id_opt(9)?,
        standing: row.word(10)?,
        authorship: row.word(11)?,
        attachments: Vec::new(),
    })
}

fn placed(row: &Row<'_>) -> rusqlite::Result<Placed> {
    let message = read(row)?;
    let ours = row.get::<_, Option<String>>(14)?.is_some();
    let queued: Option<Delivery> = row.word_opt(15)?;
    Ok(Placed { message, delivery: queued.or(ours.then_some(Delivery::Sent)) })
}

/// A thread's messages, oldest first.
pub(crate) fn of_thread(connection: &Connection, thread: &str) -> Result<Vec<Placed>, StoreError> {
    let mut statement = connection.prepare_cached(OF_THREAD)?;
    let rows = statement.query_map([thread], placed)?;
    let mut messages = rows.collect::<Result<Vec<_>, _>>()?;
    for placed in &mut messages {
        placed.message.attachments = attachment::of_message(connection, placed.message.id.as_str())?;
    }
    Ok(messages)
}

pub(crate) fn head(connection: &Connection, id: &str) -> Result<Option<Head>, StoreError> {
    Ok(connection
        .prepare_cached(HEAD)?
        .query_row([id], |row| Ok(Head { sender: row.party_ref_opt(2)?, sender_name: row.get(3)?, sent: row.at(4)? }))
        .optional()?)
}

/// When the last message of a thread was sent.
/// The words of a message that nobody of the practice wrote; who wrote it may be unknown.
pub(crate) fn words_of_others(
    connection: &Connection,
    id: &str,
) -> Result<Option<tern_inbox::private::PrivateText>, StoreError> {
    let found = connection
        .prepare_cached("SELECT sender, text FROM message WHERE id = ?1")?
        .query_row([id], |row| Ok((row.party_ref_opt(0)?, row.private(1)?)))
        .optional()?;
    Ok(found.filter(|(sender, _)| !sender.as_ref().is_some_and(is_of_the_practice)).map(|(_, text)| text))
}

/// What has been written in a thread since somebody of the practice wrote, the newest first; at most ten.
pub(crate) fn unanswered(connection: &Connection, thread: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, sender FROM message
         WHERE thread = ?1 AND standing = 'sent' AND authorship <> 'automatic' ORDER BY n DESC LIMIT 10",
    )?;
    let mut rows = statement.query([thread])?;
    let mut unanswered = Vec::new();
    while let Some(row) = rows.next()? {
        if row.party_ref_opt(1)?.as_ref().is_some_and(is_of_the_practice) {
            break;
        }
        unanswered.push(row.get(0)?);
    }
    Ok(unanswered)
}

fn is_of_the_practice(sender: &PartyRef) -> bool {
    matches!(sender.kind(), PartyKind::Member | PartyKind::Pool | PartyKind::Practice)
}

pub(crate) fn last_sent(connection: &Connection, thread: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT sent FROM message WHERE thread = ?1 ORDER BY n DESC LIMIT 1")?
        .query_row([thread], |row| row.at(0))
        .optional()?)
}

/// The date of the last message that a member sent into a thread, or has written for it here.
pub(crate) fn last_sent_by(
    connection: &Connection,
    thread: &str,
    member: &str,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max(sent) FROM message WHERE thread = ?1 AND (sender = ?2 OR author = ?2)")?
        .query_row([thread, member], |row| row.at_opt(0))?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, server_id, version, updated, first_updated, author IS NOT NULL FROM message WHERE id = ?1",
        )?
        .query_row([id], known_or_made_here)
        .optional()?)
}

/// What a member wrote here under this identity.
pub(crate) fn made_here(connection: &Connection, identity: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection.prepare_cached(MADE_HERE)?.query_row([identity], known_or_made_here).optional()?)
}

/// The thread in which a message stands.
pub(crate) fn thread_of(connection: &Connection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT thread FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// A new message under `key`; `author` is set where a member wrote it here. Returns its row number.
pub(crate) fn insert(
    connection: &Connection,
    (key, thread): (&str, &str),
    message: &Message,
    author: Option<&PartyRef>,
    meta: Option<Meta<'_>>,
) -> Result<i64, StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO message (n, id, server_id, version, updated, first_updated, identity, thread, sender,
            sender_name, recipients, sent, received, in_response_to, standing, authorship, author, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    let recipients = lines(&message.recipients);
    let mut n = recency::recency(message.sent, key);
    loop {
        let inserted = insert.execute(params![
            n,
            key,
            meta.map(|meta| meta.server_id),
            meta.map(|meta| meta.version),
            meta.and_then(|meta| meta.updated),
            meta.map_or(message.identity.as_deref(), |meta| meta.identity),
            thread,
            reference(message.sender.as_ref()),
            message.sender.as_ref().map(|sender| sender.display.reveal()),
            recipients,
            micros(message.sent),
            micros_of(message.received),
            message.in_response_to.as_ref().map(MessageId::as_str),
            message.standing.word(),
            message.authorship.word(),
            author.map(PartyRef::as_str),
            message.text.reveal(),
        ]);
        match inserted {
            Ok(_) => break,
            // Another message has this millisecond and this tiebreak.
            Err(error) if is_taken(&error) => n = recency::next(n),
            Err(error) => return Err(error.into()),
        }
    }
    if !message.attachments.is_empty() {
        attachment::put(connection, key, &message.attachments)?;
    }
    Ok(n)
}

/// Whether the row number (never the id, which was looked up before) is taken.
fn is_taken(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if failure.code == ErrorCode::ConstraintViolation
            && failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
}

/// A newer version: the row number stays, so that nothing moves on the screen or in the index.
pub(crate) fn update(
    connection: &Connection,
    (key, thread): (&str, &str),
    message: &Message,
    meta: Meta<'_>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET server_id = ?2, version = ?3, updated = ?4,
                first_updated = coalesce(first_updated, ?4), identity = coalesce(?5, identity), thread = ?6,
                sender = ?7, sender_name = ?8, recipients = ?9, sent = ?10, received = ?11, in_response_to = ?12,
                standing = ?13, authorship = ?14, text = ?15
             WHERE id = ?1",
        )?
        .execute(params![
            key,
            meta.server_id,
            meta.version,
            meta.updated,
            meta.identity,
            thread,
            reference(message.sender.as_ref()),
            message.sender.as_ref().map(|sender| sender.display.reveal()),
            lines(&message.recipients),
            micros(message.sent),
            micros_of(message.received),
            message.in_response_to.as_ref().map(MessageId::as_str),
            message.standing.word(),
            message.authorship.word(),
            message.text.reveal(),
        ])?;
    let files = if message.standing == Standing::Sent { message.attachments.as_slice() } else { &[] };
    document::keep(connection, (key, thread), message.sent, files)?;
    attachment::remove(connection, key)?;
    attachment::put(connection, key, &message.attachments)
}

/// The server has it under this id; its content is ours and stays.
pub(crate) fn confirm(connection: &Connection, key: &str, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET server_id = ?2, version = ?3, updated = ?4,
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
        .prepare_cached("UPDATE message SET server_id = ?2, first_updated = coalesce(first_updated, ?3) WHERE id = ?1")?
        .execute(params![key, server_id, micros_of(updated)])?;
    Ok(())
}

/// Removes a message with its files and its words in the index; returns its thread.
pub(crate) fn remove(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let gone: Option<(i64, String)> = connection
        .prepare_cached("DELETE FROM message WHERE id = ?1 RETURNING n, thread")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((n, thread)) = gone else { return Ok(None) };
    attachment::remove(connection, key)?;
    document::forget(connection, key)?;
    connection.prepare_cached("DELETE FROM red_flag WHERE message = ?1")?.execute([key])?;
    tally::add(connection, tally::MESSAGES, -1)?;
    crate::index::forget(connection, n)?;
    Ok(Some(thread))
}

impl Reader<'_> {
    /// One message with its text, and what a write to it needs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn message(&self, id: &MessageId) -> Result<Option<OnServer<Placed>>, StoreError> {
        let found = self
            .connection()
            .prepare_cached(GET)?
            .query_row([id.as_str()], |row| {
                Ok(OnServer { row: placed(row)?, server_id: row.get(12)?, version: row.get(13)? })
            })
            .optional()?;
        let Some(mut found) = found else { return Ok(None) };
        found.row.message.attachments = attachment::of_message(self.connection(), id.as_str())?;
        Ok(Some(found))
    }
}
