//! Who looked at, sent, routed or exported what: append-only, each entry holding the hash of the one before.
//!
//! The chain shows that nothing was taken out or changed afterwards by somebody who can write to the file; it
//! cannot show that the end was cut off, which the copies on the server do.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tern_inbox::party::PartyRef;

use crate::{
    Reader, StoreError, Tag, Writer,
    column::{Columns, micros},
    table::tally,
};

/// One entry. Ids and codes only, never a word of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// UUID of the entry, which is the identity of its AuditEvent too.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub author: PartyRef,
    /// What was done: `view`, `peek`, `send`, `route`, `export`, `settings` …
    pub action: String,
    /// To what: a reference such as `Communication/7`.
    pub subject: Option<String>,
    /// A code that says more, such as an outcome's name.
    pub detail: Option<String>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: row.at(1)?,
        author: row.party_ref(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
    })
}

/// Each field with its length before it, so that no two entries have the same bytes.
fn hash(previous: &[u8], entry: &AuditEntry) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(micros(entry.at).to_be_bytes());
    let fields = [
        Some(entry.id.as_str()),
        Some(entry.author.as_str()),
        Some(entry.action.as_str()),
        entry.subject.as_deref(),
        entry.detail.as_deref(),
    ];
    for field in fields {
        digest.update([u8::from(field.is_some())]);
        let field = field.unwrap_or_default();
        digest.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(field.as_bytes());
    }
    digest.finalize().to_vec()
}

/// Whether the server has every entry: the chain here is a copy then.
pub(crate) fn is_copied(connection: &Connection) -> Result<bool, StoreError> {
    let entries: i64 = connection.prepare_cached("SELECT count(*) FROM audit")?.query_row([], |row| row.get(0))?;
    Ok(entries == tally::get(connection, tally::AUDITED)?.unwrap_or(0))
}

impl Reader<'_> {
    /// One entry, for its AuditEvent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_entry(&self, id: &str) -> Result<Option<AuditEntry>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT id, at, author, action, subject, detail FROM audit WHERE id = ?1")?
            .query_row([id], read)
            .optional()?)
    }

    /// The latest entries, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT id, at, author, action, subject, detail FROM audit ORDER BY seq DESC LIMIT ?1")?;
        let rows = statement.query_map([limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Follows the chain from its first entry to its last; returns how many there are.
    ///
    /// # Errors
    /// [`StoreError::AuditBroken`] with the first entry that does not fit.
    pub fn audit_verify(&self) -> Result<i64, StoreError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT id, at, author, action, subject, detail, seq, hash FROM audit ORDER BY seq")?;
        let mut rows = statement.query([])?;
        let mut previous = Vec::new();
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let (seq, stored): (i64, Vec<u8>) = (row.get(6)?, row.get(7)?);
            count += 1;
            let expected = hash(&previous, &read(row)?);
            if seq != count || stored != expected {
                return Err(StoreError::AuditBroken(count));
            }
            previous = stored;
        }
        Ok(count)
    }
}

impl Writer<'_> {
    /// Appends an entry to the chain.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_append(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        let last: Option<(i64, Vec<u8>)> = self
            .connection()
            .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (seq, previous) = last.unwrap_or_default();
        self.connection()
            .prepare_cached(
                "INSERT INTO audit (seq, id, at, author, action, subject, detail, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                seq + 1,
                entry.id,
                micros(entry.at),
                entry.author.as_str(),
                entry.action,
                entry.subject,
                entry.detail,
                hash(&previous, entry),
            ])?;
        self.changes.add(Tag::Audit);
        Ok(())
    }
}
