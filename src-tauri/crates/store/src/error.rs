//! What can go wrong with the cache. No error holds a word of a message, a name, a search or a statement.

use tern_inbox::{document, message, touch};

/// Why the cache could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room left: the transaction was rolled back, what was there before is still there.
    #[error("the disk is full")]
    DiskFull,
    /// Another process holds the file for writing.
    #[error("the cache is in use by another process")]
    Busy,
    /// Pages of the file don't add up: set it aside ([`crate::aside`]) and sync anew.
    #[error("the cache is damaged")]
    Damaged,
    /// The key does not open the file, or its first page is damaged: the two cannot be told apart.
    #[error("the key does not open the cache")]
    KeyRefused,
    /// The file is an ordinary SQLite database: nothing of ours, or somebody exported it.
    #[error("the cache file is not encrypted")]
    Plaintext,
    /// A newer Tern wrote it.
    #[error("the cache was written by a newer version (schema {found}, this one knows {known})")]
    NewerSchema {
        /// Number of the last migration in the file.
        found: i64,
        /// Number of the last one that this program has.
        known: i64,
    },
    /// The file was made on another machine, or at another place of this one.
    #[error("the cache was copied from another machine")]
    CopiedFromElsewhere,
    /// The file is of another server or member.
    #[error("the cache belongs to another account")]
    BelongsToAnother,
    /// It was closed (deep lock, sign-out).
    #[error("the cache is closed")]
    Closed,
    /// The file could not be reached.
    #[error("the cache file cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// Anything else that SQLite answers, by its extended code alone: its text may quote what was typed.
    #[error("the cache failed (SQLite code {0})")]
    Sqlite(i32),
    /// A stored value is not one that this version knows.
    #[error("column {0} of the cache holds an unknown value")]
    Value(usize),
    /// A value could not be written as JSON or read from it.
    #[error("a stored setting cannot be read")]
    Json,
    /// There is no such row.
    #[error("no such {0} in the cache")]
    NotFound(&'static str),
    /// A delivery cannot move like that.
    #[error(transparent)]
    Delivery(#[from] message::NoSuchMove),
    /// What becomes of a file cannot move like that.
    #[error(transparent)]
    Filing(#[from] document::NoSuchFiling),
    /// A touch cannot move like that.
    #[error(transparent)]
    Touch(#[from] touch::NoSuchMove),
    /// Part of it has left the machine: too late to undo, edit or discard.
    #[error("it has already left")]
    HasLeft,
    /// Replies or drafts are still here.
    #[error("{replies} replies and {drafts} drafts are still here")]
    Unsent {
        /// Replies that the server does not have.
        replies: u64,
        /// Drafts.
        drafts: u64,
    },
    /// The audit's hash chain does not hold.
    #[error("the audit was changed at entry {0}")]
    AuditBroken(i64),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        match error {
            Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::DatabaseCorrupt => Self::Damaged,
                ErrorCode::NotADatabase => Self::KeyRefused,
                _ => Self::Sqlite(failure.extended_code),
            },
            Error::QueryReturnedNoRows => Self::NotFound("row"),
            Error::FromSqlConversionFailure(column, ..)
            | Error::IntegralValueOutOfRange(column, _)
            | Error::InvalidColumnType(column, ..) => Self::Value(column),
            other => Self::Sqlite(other.sqlite_error().map_or(1, |failure| failure.extended_code)),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::Json
    }
}
