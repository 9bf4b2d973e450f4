use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong, for the one table of wordings in the UI. Never carries text of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum ErrorCode {
    /// Nobody is signed in.
    SignedOut,
    /// The screen is locked.
    Locked,
    /// The member's role does not allow it.
    NotAllowed,
    /// The thread, message or draft is not here.
    NotFound,
    /// The move is not in the drawing: already ended, already sent, too late to undo.
    TooLate,
    /// Nothing to send.
    Empty,
    /// The cache cannot be written: no room on the disk.
    DiskFull,
    /// The cache cannot be read or written.
    Cache,
    /// The keyring is locked, missing or does not answer.
    Keyring,
    /// `tern-practice` is not installed.
    SamplePracticeMissing,
    /// `tern-practice` did not start.
    SamplePracticeFailed,
    /// The input cannot be understood (an address, a PIN).
    Invalid,
    /// Something else; the log has the operation and the cause, without text.
    Internal,
}

/// The one shape in which an operation fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ApiError {
    /// What went wrong.
    pub code: ErrorCode,
    /// For the support: the operation and the cause, no patient text.
    pub detail: Option<String>,
}
