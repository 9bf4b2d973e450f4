//! Files that messages carry: what is said about them, never their bytes.

use rusqlite::{Connection, Row, params};
use tern_inbox::message::Attachment;

use crate::{StoreError, column::Columns};

const OF_MESSAGE: &str = "SELECT id, title, content_type, size FROM attachment WHERE message = ?1 ORDER BY position";
const COUNT: &str = "SELECT count(*) FROM attachment WHERE message = ?1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("attachments of a message", OF_MESSAGE), ("how many files", COUNT)];

fn read(row: &Row<'_>) -> rusqlite::Result<Attachment> {
    Ok(Attachment {
        id: row.id(0)?,
        title: row.private(1)?,
        content_type: row.get(2)?,
        size: row.get::<_, Option<i64>>(3)?.and_then(|bytes| u64::try_from(bytes).ok()),
    })
}

pub(crate) fn of_message(connection: &Connection, message: &str) -> Result<Vec<Attachment>, StoreError> {
    let mut statement = connection.prepare_cached(OF_MESSAGE)?;
    let rows = statement.query_map([message], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a message's files are called.
pub(crate) fn titles(
    connection: &Connection,
    message: &str,
) -> Result<Vec<tern_inbox::private::PrivateText>, StoreError> {
    Ok(of_message(connection, message)?.into_iter().map(|attachment| attachment.title).collect())
}

pub(crate) fn count(connection: &Connection, message: &str) -> Result<u32, StoreError> {
    Ok(connection.prepare_cached(COUNT)?.query_row([message], |row| row.get(0))?)
}

/// Writes a message's files in place of those before.
pub(crate) fn put(connection: &Connection, message: &str, attachments: &[Attachment]) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO attachment (message, position, id, title, content_type, size) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (attachment, position) in attachments.iter().zip(0_i64..) {
        insert.execute(params![
            message,
            position,
            attachment.id.as_str(),
            attachment.title.reveal(),
            attachment.content_type,
            attachment.size.and_then(|bytes| i64::try_from(bytes).ok()),
        ])?;
    }
    Ok(())
}

pub(crate) fn remove(connection: &Connection, message: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM attachment WHERE message = ?1")?.execute([message])?;
    Ok(())
}
