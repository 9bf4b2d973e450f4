//! Which threads the member may look at, beyond what stands in their queues: the past, and what others do.
//!
//! The rule is [`Me`]'s and the role's ([`tern_inbox::rights`]); here it is said once more over rows, so that a search
//! through a million messages asks a few indexes. A thread is seen
//! - where the role sees everything;
//! - from a queue: these were filed by the same rule;
//! - for any work item of it, dealt with or not, that stands in a pool of the member's, or belongs to them, or stands
//!   in no pool where the role looks at what is unsorted;
//! - without any work item, by the same roles;
//! - for any message of it that the member wrote or received, or a draft of theirs.
//!
//! An internal thread is seen with the patient's thread that it is about.
//!
//! # Why not a condition of the search itself
//! It would be asked of each message anew, and the last but one point reads every message of the thread: a long thread
//! would be read as often as it is long (measured: 21,000 messages of one thread took minutes). A [`Sight`] asks once
//! a thread.

use std::collections::HashMap;

use rusqlite::{CachedStatement, params};
use tern_inbox::{
    ids::ThreadId,
    party::PartyRef,
    rights::{self, Sees},
};

use crate::{Reader, StoreError};

/// `?1` the thread, `?2` the one that it is about or itself, `?3` whether unsorted is looked at, `?4` and `?5` the
/// member's references. In WHERE, because only there SQLite leaves out what need not be asked any more.
const SEEN: &str = "SELECT 1 WHERE
    EXISTS (SELECT 1 FROM queue_entry q WHERE q.thread = ?2)
    OR EXISTS (SELECT 1 FROM work_item v WHERE v.envelope = ?2 AND (v.owner IN (?4, ?5)
        OR coalesce((SELECT p.own FROM whose_pool p WHERE p.identifier = v.pool), ?3)))
    OR ?3 AND NOT EXISTS (SELECT 1 FROM work_item v WHERE v.envelope = ?2)
    OR EXISTS (SELECT 1 FROM message w WHERE w.thread = ?1 AND (w.sender IN (?4, ?5) OR w.author IN (?4, ?5)
        OR instr(char(10) || w.recipients || char(10), char(10) || ?4 || char(10))
        OR instr(char(10) || w.recipients || char(10), char(10) || ?5 || char(10))))
    OR EXISTS (SELECT 1 FROM draft d WHERE d.thread = ?1 AND d.author IN (?4, ?5))";
const ABOUT: &str = "SELECT about FROM thread WHERE id = ?1 AND about IS NOT NULL";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("whether a thread is seen", SEEN), ("what a thread is about", ABOUT)];

/// How far the member sees, and what was asked already.
pub(crate) struct Sight<'c> {
    everything: bool,
    unsorted: bool,
    references: [Option<String>; 2],
    seen: CachedStatement<'c>,
    about: CachedStatement<'c>,
    known: HashMap<String, bool>,
}

impl Sight<'_> {
    /// Whether the member sees a thread.
    pub(crate) fn sees(&mut self, thread: &str) -> Result<bool, StoreError> {
        if self.everything {
            return Ok(true);
        }
        if let Some(seen) = self.known.get(thread) {
            return Ok(*seen);
        }
        let mut about = self.about.query([thread])?;
        let subject = about.next()?.map(|row| row.get::<_, String>(0)).transpose()?;
        let subject = subject.as_deref().unwrap_or(thread);
        let [acting, practitioner] = &self.references;
        let seen = self.seen.exists(params![thread, subject, self.unsorted, acting, practitioner])?;
        self.known.insert(thread.to_owned(), seen);
        Ok(seen)
    }
}

impl<'c> Reader<'c> {
    /// How far the member sees whose cache it is; none for a role that sees nothing.
    pub(crate) fn sight(&self) -> Result<Option<Sight<'c>>, StoreError> {
        let me = self.me()?;
        if rights::sees(me.role) == Sees::Nothing {
            return Ok(None);
        }
        let mut references = me.references.iter().map(|reference| PartyRef::as_str(reference).to_owned());
        Ok(Some(Sight {
            everything: rights::sees(me.role) == Sees::Everything,
            unsorted: me.sees_unsorted(),
            references: [references.next(), references.next()],
            seen: self.connection().prepare_cached(SEEN)?,
            about: self.connection().prepare_cached(ABOUT)?,
            known: HashMap::new(),
        }))
    }

    /// Whether the member whose cache it is may look at a thread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sees(&self, thread: &ThreadId) -> Result<bool, StoreError> {
        self.sight()?.map_or(Ok(false), |mut sight| sight.sees(thread.as_str()))
    }
}
