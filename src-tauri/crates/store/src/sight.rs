//! Which threads the member may look at, beyond what stands in their queues: the past, and what others do.
//!
//! The rule is [`Me`]'s and the role's ([`tern_inbox::rights`]); here it is said once more as a condition, so that a
//! search over a million messages asks it of each hit. A thread is seen
//! - where the role sees everything;
//! - from a queue: these were filed by the same rule;
//! - for any work item of it, dealt with or not, that stands in a pool of the member's, or belongs to them, or stands
//!   in no pool where the role looks at what is unsorted;
//! - without any work item, by the same roles;
//! - for any message of it that the member wrote or received, or a draft of theirs.
//!
//! An internal thread is seen with the patient's thread that it is about.

use rusqlite::{ToSql, params};
use tern_inbox::{
    ids::ThreadId,
    party::PartyRef,
    queue::Me,
    rights::{self, Sees},
};

use crate::{Reader, StoreError};

/// The condition that `$thread` is seen, whose work items stand under `$work`. Its parameters are those of [`Sight`],
/// `?2` to `?5`.
macro_rules! seen {
    ($thread:literal, $work:literal) => {
        concat!(
            "(?2 OR EXISTS (SELECT 1 FROM queue_entry q WHERE q.thread = ",
            $work,
            ") OR EXISTS (SELECT 1 FROM work_item v WHERE v.envelope = ",
            $work,
            " AND (v.owner IN (?4, ?5)
                OR coalesce((SELECT s.own FROM whose_pool s WHERE s.identifier = v.pool), ?3)))
             OR ?3 AND NOT EXISTS (SELECT 1 FROM work_item v WHERE v.envelope = ",
            $work,
            ") OR EXISTS (SELECT 1 FROM message w WHERE w.thread = ",
            $thread,
            " AND (w.sender IN (?4, ?5) OR w.author IN (?4, ?5)
                OR instr(char(10) || w.recipients || char(10), char(10) || ?4 || char(10))
                OR instr(char(10) || w.recipients || char(10), char(10) || ?5 || char(10))))
             OR EXISTS (SELECT 1 FROM draft d WHERE d.thread = ",
            $thread,
            " AND d.author IN (?4, ?5)))"
        )
    };
}
pub(crate) use seen;

const ONE: &str = concat!("SELECT ", seen!("?1", "coalesce((SELECT t.about FROM thread t WHERE t.id = ?1), ?1)"));

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("whether a thread is seen", ONE)];

/// How far a member sees, as the condition's parameters.
pub(crate) struct Sight {
    pub(crate) everything: bool,
    unsorted: bool,
    references: [Option<String>; 2],
}

impl Sight {
    /// A member's; none for a role that sees nothing.
    pub(crate) fn of(me: &Me) -> Option<Self> {
        if rights::sees(me.role) == Sees::Nothing {
            return None;
        }
        let mut references = me.references.iter().map(|reference| PartyRef::as_str(reference).to_owned());
        Some(Self {
            everything: rights::sees(me.role) == Sees::Everything,
            unsorted: me.sees_unsorted(),
            references: [references.next(), references.next()],
        })
    }

    /// `?2` to `?5`.
    pub(crate) fn parameters(&self) -> [&dyn ToSql; 4] {
        let [acting, practitioner] = &self.references;
        [&self.everything, &self.unsorted, acting, practitioner]
    }
}

impl Reader<'_> {
    /// Whether the member whose cache it is may look at a thread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sees(&self, thread: &ThreadId) -> Result<bool, StoreError> {
        let Some(sight) = Sight::of(&self.me()?) else { return Ok(false) };
        let [everything, unsorted, acting, practitioner] = sight.parameters();
        let parameters = params![thread.as_str(), everything, unsorted, acting, practitioner];
        Ok(self.connection().prepare_cached(ONE)?.query_row(parameters, |row| row.get(0))?)
    }
}
