//! What a commit changed: the only source of screen updates.
//!
//! Names and ids, never contents. A receiver that fell behind ([`Lagged`]) runs all its queries again: that is
//! always right, since a change says only *look again*.
//!
//! [`Lagged`]: tokio::sync::broadcast::error::RecvError::Lagged

use std::collections::BTreeSet;

use tern_inbox::ids::ThreadId;

/// What to look at again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// The rail: queues, their counts and ages.
    Queues,
    /// Rows of the list.
    Envelopes,
    /// One thread: its messages, work items, draft or touch.
    Thread(ThreadId),
    /// More threads than are worth naming: whatever thread is on screen.
    AnyThread,
    /// What waits to leave, or how far it has got.
    Outbox,
    /// Members and pools.
    People,
    /// How far the sync has come.
    Status,
    /// How far the text index reaches, and what a search finds.
    Search,
    /// Settings and server facts.
    Settings,
    /// The practice's tables.
    Tables,
    /// Who is away and who stands in, and what of that is on its way.
    Coverage,
    /// Who is on duty, who was called, and who has it.
    Emergencies,
    /// What waits among the documents.
    Documents,
    /// The audit.
    Audit,
}

/// The tags of one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Without repeats.
    pub tags: BTreeSet<Tag>,
}

/// Threads named in one commit at most; above that, [`Tag::AnyThread`].
const MOST_THREADS: usize = 64;

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// Whether the thread may have changed.
    pub fn touches(&self, thread: &ThreadId) -> bool {
        self.tags.contains(&Tag::AnyThread) || self.tags.contains(&Tag::Thread(thread.clone()))
    }

    pub(crate) fn add(&mut self, tag: Tag) {
        if matches!(tag, Tag::Thread(_)) {
            if self.tags.contains(&Tag::AnyThread) {
                return;
            }
            if self.tags.len() > MOST_THREADS && !self.tags.contains(&tag) {
                self.tags.retain(|tag| !matches!(tag, Tag::Thread(_)));
                self.tags.insert(Tag::AnyThread);
                return;
            }
        }
        self.tags.insert(tag);
    }
}
