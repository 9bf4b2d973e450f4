use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the engine stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Status {
    /// The way to the server.
    pub connection: ConnectionState,
    /// Last complete look at the server, UTC ms.
    #[ts(type = "number | null")]
    pub checked: Option<i64>,
    /// The first sync is still under way: messages stored so far.
    pub first_sync: Option<u32>,
    /// Messages of mine that wait or are on the wire.
    pub waiting_to_send: u32,
    /// Messages of mine that need me.
    pub needs_you: u32,
    /// Changes of mine of the practice's tables that were overtaken or refused.
    pub tables_not_saved: u32,
    /// The text index.
    pub index: Option<IndexProgress>,
    /// Minutes by which this machine's clock is off, where that is more than two.
    pub clock_off_minutes: Option<i32>,
    /// What to add to this machine's clock for the server's, milliseconds.
    #[ts(type = "number")]
    pub clock_offset_ms: i64,
    /// Messages that could not be read.
    pub unreadable: u32,
    /// Nudges come by a push channel.
    pub push: bool,
}

/// The way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum ConnectionState {
    /// Not tried yet.
    Starting,
    /// The last exchange was answered.
    Online,
    /// No way there.
    Offline,
    /// It answers, but with failures.
    Struggling,
    /// The certificate is not trusted.
    Untrusted,
    /// Signing in again is needed.
    SignInAgain,
    /// The keyring does not answer.
    Keyring,
    /// No room on the disk.
    DiskFull,
}

/// How far search reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct IndexProgress {
    /// Messages that can be searched.
    pub indexed: u32,
    /// Messages in the cache.
    pub total: u32,
}

/// Something on screen may be old. Ids only, no contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Changed {
    /// `rail`, `envelopes`, `thread`, `outbox`, `status`, `settings`, `search`, `tables`, `coverage`, `emergencies`,
    /// `documents`.
    pub tags: Vec<String>,
    /// Threads that changed; empty with `envelopes` means any.
    pub threads: Vec<String>,
}
