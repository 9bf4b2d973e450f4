//! The encrypted cache: one SQLCipher file per member and server.
//!
//! What comes from the server is filed by [`Writer::apply_page`] in one transaction with the cursor; what a
//! member does is kept by [`Writer::start_touch`], [`Writer::end_touch`] and [`Writer::save_draft`] in one
//! transaction with the outbox rows that carry it to the server. Screens read snapshots ([`Cache::read`]) by
//! statements that each have their index, and hear of changes, ids only, from [`Cache::subscribe`].
//!
//! ```text
//!   pages ──apply_page──> rows ─┬─> envelopes, queues ──> list
//!                               ├─> thread ──> touch
//!   touch ──end_touch──> outbox ┘        └─(behind)─> text index ──> search
//! ```
//! Instants are UTC; `now` is always the caller's, in the server's time as far as it is known. Nothing typed is
//! lost: see [`Cache`] for what a commit survives, [`aside`] for a file that cannot be opened.

mod apply;
pub mod aside;
mod cache;
mod changes;
mod column;
mod coverage;
mod documents;
mod emergencies;
mod envelopes;
mod error;
mod flags;
mod index;
mod key;
mod leaving;
mod lost;
mod migrate;
mod moving;
mod notes;
mod open;
mod outbox;
mod placing;
mod practice;
mod recency;
mod redate;
mod removal;
mod restore;
#[cfg(test)]
mod screens;
mod search;
mod sidecar;
mod sight;
mod sorting;
mod stuck;
mod table;
mod tables;
mod touching;
mod view;
mod writer;

pub use apply::{Applied, Page};
pub use cache::Cache;
pub use changes::{Changes, Tag};
pub use emergencies::Emergency;
pub use error::StoreError;
pub use index::IndexProgress;
pub use key::CacheKey;
pub use leaving::UnsentReply;
pub use moving::{Moved, Moving};
pub use open::Provenance;
pub use outbox::Acknowledged;
pub use practice::Practice;
pub use search::{SearchHit, SearchRequest, SearchResults};
pub use sidecar::Unsent;
pub use table::{
    OnServer,
    audit::AuditEntry,
    coverage::KeptCoverage,
    cursor::Cursor,
    document::{DocumentCount, DocumentRow, FileState},
    draft::Draft,
    envelope::{EnvelopePage, QueueCount},
    library::KeptTable,
    message::Placed,
    quarantine::Quarantined,
    tombstone::Extra,
    touch::TouchRow,
};
pub use tables::{Lately, Precision};
pub use touching::{Ended, Ending, Note, Undone};
pub use view::ThreadView;
pub use writer::{Reader, Writer};
