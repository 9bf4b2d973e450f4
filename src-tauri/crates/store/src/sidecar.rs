//! A few plain numbers beside the cache, so that something can be said when its key is gone: *3 unsent replies
//! cannot be read*. Counts only, never a word, a name or an id.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// What would be lost with the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsent {
    /// Replies that the server is not known to have.
    pub replies: u64,
    /// Drafts.
    pub drafts: u64,
}

impl std::ops::Add for Unsent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { replies: self.replies + other.replies, drafts: self.drafts + other.drafts }
    }
}

/// Where the numbers of a cache stand.
pub(crate) fn path_of(cache: &Path) -> PathBuf {
    cache.with_extension("counts.json")
}

/// The numbers as the cache has them.
pub(crate) fn count(connection: &Connection) -> Result<Unsent, StoreError> {
    let of = |sql: &str| -> Result<u64, StoreError> {
        let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    Ok(Unsent {
        replies: of("SELECT count(*) FROM outbox WHERE message IS NOT NULL")?,
        drafts: of("SELECT count(*) FROM draft")?,
    })
}

/// Writes them anew, whole or not at all. A failure costs a sentence later and no data: it is only logged.
pub(crate) fn write(cache: &Path, unsent: Unsent) {
    let path = path_of(cache);
    let fresh = path.with_extension("json.new");
    let written = serde_json::to_vec(&unsent)
        .map_err(std::io::Error::other)
        .and_then(|bytes| fs::write(&fresh, bytes))
        .and_then(|()| fs::rename(&fresh, &path));
    if let Err(error) = written {
        tracing::warn!(kind = ?error.kind(), "the counts beside the cache could not be written");
    }
}

/// Reads them, where they are.
pub(crate) fn read(path: &Path) -> Option<Unsent> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
