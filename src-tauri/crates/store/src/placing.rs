//! Work items for messages that have none: a portal wrote the message, and nobody a Task.
//!
//! Whichever machine sees it first asks the server for one, under an id that all machines come to; the pull brings it
//! to everybody, this machine included. Until then the message stands in *Unsorted*, and nothing of this is waited for:
//! what is asked for and not answered is asked for again.
//!
//! Not at once: a portal that makes its Tasks itself may do so a moment after the message. And not for the past: of a
//! practice that has worked for years without Tasks, ten thousand old threads are nobody's work any more.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;
use tern_inbox::{
    outbox::Intent,
    party::PartyRef,
    rights::{self, Deed},
    work_item::{self, Urgency},
};

use crate::{StoreError, Writer, column::micros, table::outbox as rows};

/// What a portal may take to make a Task of its own for a message.
const GRACE: TimeDelta = TimeDelta::minutes(2);

/// The same where the rules call it an emergency: nobody can be called for it before it has one.
const GRACE_OF_AN_EMERGENCY: TimeDelta = TimeDelta::seconds(20);

/// Messages older than this get no work item by themselves.
const PAST: TimeDelta = TimeDelta::days(30);

/// After so long without one, it is asked for again.
const AGAIN: TimeDelta = TimeDelta::minutes(10);

/// Most asked for in one go.
const AT_ONCE: u32 = 20;

/// What is written down of a message for its work item.
struct Unplaced {
    message: String,
    identity: Option<String>,
    category: Option<String>,
}

impl Writer<'_> {
    /// Queues the making of work items for patients' messages that have none, in `author`'s name. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place_unplaced(&mut self, author: &PartyRef) -> Result<usize, StoreError> {
        let now = self.now();
        if !rights::may(self.read().me()?.role, Deed::Claim { own_pool: true }) {
            return Ok(0);
        }
        let mut queued = Vec::new();
        for found in self.to_place(now)? {
            self.connection()
                .prepare_cached("UPDATE unplaced SET asked = ?2 WHERE message = ?1")?
                .execute(params![found.message, micros(now)])?;
            let named = found.identity.unwrap_or_else(|| format!("Communication/{}", found.message));
            // By what came with the message, not by what a table makes of it: two machines may hold two tables.
            let item = work_item::identity(&named, found.category.as_deref());
            if !rows::of_item(self.connection(), item.as_str())?.is_empty() {
                continue;
            }
            // Sorted when it is made: tonight's table may not be yesterday's.
            let place = Intent::Place {
                item,
                message: found.message.as_str().into(),
                category: found.category,
                pool: None,
                urgency: Urgency::Routine,
            };
            queued.push(self.draft_row(None, author, place, now));
        }
        self.outbox_add(&queued)?;
        Ok(queued.len())
    }

    fn to_place(&self, now: DateTime<Utc>) -> Result<Vec<Unplaced>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT u.message, m.identity, t.category
             FROM unplaced u JOIN message m ON m.id = u.message LEFT JOIN thread t ON t.id = u.thread
                LEFT JOIN envelope e ON e.thread = u.thread
             WHERE (u.asked IS NULL OR u.asked <= ?1) AND m.server_id IS NOT NULL AND m.sent >= ?2
                AND coalesce(m.first_updated, m.sent) <= CASE WHEN e.urgency = 3 THEN ?5 ELSE ?3 END
             ORDER BY m.n DESC LIMIT ?4",
        )?;
        let found = statement
            .query_map(
                params![
                    micros(now - AGAIN),
                    micros(now - PAST),
                    micros(now - GRACE),
                    AT_ONCE,
                    micros(now - GRACE_OF_AN_EMERGENCY)
                ],
                |row| Ok(Unplaced { message: row.get(0)?, identity: row.get(1)?, category: row.get(2)? }),
            )?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }
}
