//! From a server's answer to [`Arrival`]s, entry by entry.
//!
//! A page is a list of entries that are handed on unparsed (`RawValue`), and each is then read by itself into
//! typed structs that borrow from it. **One bad resource costs that resource, never the page**: it comes out as
//! [`Content::Unreadable`] with its bytes and a problem that names the field and no word of its content. What a
//! struct here doesn't name is not lost either: these structs are only ever read, never written back.
//!
//! Typed parsing costs a quarter of `serde_json::Value` (`7-speed`), and a first sync is all parsing.

mod care_team;
mod communication;
mod entry;
pub mod file;
mod library;
mod name;
mod page;
mod people;
mod reference;
mod stamps;
mod task;
pub mod time;
mod transaction;
mod wire;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use tern_inbox::arrival::{Arrival, Content, Kind};

pub use page::{Page, page};
pub(crate) use reference::Literal;
pub use stamps::{Stamp, Stamps, stamps};
pub(crate) use transaction::{Entries, entries, entries_sent};
pub use transaction::{Written, transaction};

use crate::{exchange::Response, links::Base, outcome::Said};

/// Which reader this is. **Raised with every change that reads what an earlier one could not**: the caches then look
/// again at what they set aside ([`again`]).
pub const READER: u32 = 1;

/// What reading has to know besides the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The type that was asked for: what an entry counts as that doesn't say itself.
    pub expected: Kind,
    /// Our base; an absolute reference below its path is one of ours, whatever host it names: a server behind a
    /// proxy calls itself by a name that nobody outside knows (`3-fhir`, 7). Another server whose base has the
    /// very same path can't be told from that.
    pub base: &'a Base,
    /// Stands in where a resource carries no date at all: the server's `Date`, or the machine's time.
    pub received: DateTime<Utc>,
}

/// Why a body is not what was asked for. None of them holds a word of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFhir {
    /// No body.
    #[error("the answer is empty")]
    Empty,
    /// A page for people: a proxy, or a network that wants a sign-in first.
    #[error("the answer is a web page, not FHIR")]
    Html,
    /// Cut off, or never JSON.
    #[error("the answer is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line in the body.
        line: usize,
        /// Column in that line.
        column: usize,
    },
    /// An `OperationOutcome` where rows were expected.
    #[error("the answer is an OperationOutcome ({})", code.as_deref().unwrap_or("no code"))]
    Outcome {
        /// Code of its worst issue.
        code: Option<String>,
    },
    /// JSON of another kind.
    #[error("the answer is not the kind of resource that was asked for")]
    AnotherKind,
}

/// Reads the answer to a `read`, or a resource that a write brought back.
///
/// # Errors
/// [`NotFhir`] where the body is no resource at all; a resource of the right type that can't be read is an
/// arrival like any other.
pub fn one(response: &Response, reading: &Reading<'_>) -> Result<Arrival, NotFhir> {
    let body = page::repaired(&response.body);
    let raw: &RawValue = serde_json::from_slice(&body).map_err(|error| page::not_json(response, &error))?;
    match crate::outcome::said(&response.body, response.content_type.as_deref()) {
        Said::Outcome(issues) => {
            Err(NotFhir::Outcome { code: crate::outcome::worst(&issues).and_then(|issue| issue.code.clone()) })
        }
        _ => entry::arrival(raw, None, reading).ok_or(NotFhir::AnotherKind),
    }
}

/// Reads the bytes of one resource that was set aside as unreadable, after an update of this program.
pub fn again(raw: &str, server_id: &str, reading: &Reading<'_>) -> Option<Arrival> {
    let raw: &RawValue = serde_json::from_str(raw).ok()?;
    entry::arrival(raw, Some(server_id), reading).filter(|again| !matches!(again.content, Content::Unreadable { .. }))
}
