//! What the server refused and no message stands for: the end of a work item, its way back into its pool, a move.
//!
//! A refused reply stands in its thread with its words, and with what can be done about it. The end of a work item has
//! no words: closed without a reply, or refused after the reply had arrived, it would stand where nobody sees it. The
//! item itself is shown as the server has it, and can be started anew meanwhile; the change that failed stands beside,
//! until it is tried again, given up, or overtaken by a later one.
//!
//! One that was decided offline needs its claim as well. Where the server refuses that, the change stands for its own
//! sake all the same, and the claim goes where it goes: nothing else needs it.

use rusqlite::Connection;
use tern_inbox::{
    ids::{ThreadId, WorkItemId},
    message::Delivery,
    moves::Move,
    outbox::{Intent, OutboxRow, Wedge},
    party::PartyRef,
};

use crate::{Reader, StoreError, Writer, outbox::changes_hands, table::outbox as rows};

impl Reader<'_> {
    /// The member's changes of a thread's work items that need the member, and that no message speaks for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stuck(&self, thread: &ThreadId, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let mut stuck = Vec::new();
        for row in self.outbox_of_thread(thread)? {
            if row.author == *author && is_stuck(self.connection(), &row)? {
                stuck.push(row);
            }
        }
        Ok(stuck)
    }
}

impl Writer<'_> {
    /// The member said: again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where nothing of the thread is stuck.
    pub fn stuck_retry(&mut self, thread: &ThreadId, author: &PartyRef) -> Result<(), StoreError> {
        for row in self.some_stuck(thread, author)? {
            // One that stood for the same claim goes with the first of them.
            if self.read().outbox_row(&row.id)?.is_some_and(|row| row.delivery == Delivery::Wedged) {
                self.outbox_retry(&row.id)?;
            }
        }
        Ok(())
    }

    /// The member gave the changes up: the work items stay as the server has them, and nothing else happens. A claim
    /// that is held lapses by itself; giving it back would most likely be refused as well.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where nothing of the thread is stuck.
    pub fn stuck_discard(&mut self, thread: &ThreadId, author: &PartyRef) -> Result<(), StoreError> {
        for row in self.some_stuck(thread, author)? {
            self.remove_change(&row)?;
        }
        Ok(())
    }

    fn some_stuck(&self, thread: &ThreadId, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let stuck = self.read().stuck(thread, author)?;
        if stuck.is_empty() { Err(StoreError::NotFound("stuck change")) } else { Ok(stuck) }
    }

    /// A later change of the item arrived: what is stuck of an earlier one has nothing left to do.
    ///
    /// How urgent it is and who deals with it are two things: neither settles the other.
    pub(crate) fn overtake_stuck(&mut self, item: &WorkItemId, by: &Intent) -> Result<(), StoreError> {
        for row in rows::of_item(self.connection(), item.as_str())? {
            if is_about_urgency(&row.intent) == is_about_urgency(by) && is_stuck(self.connection(), &row)? {
                self.remove_change(&row)?;
            }
        }
        Ok(())
    }

    /// An item is taken anew: put back after all, it would be put back under the hands of whoever is at work on it.
    pub(crate) fn keep_from_putting_back(&mut self, item: &WorkItemId, author: &PartyRef) -> Result<(), StoreError> {
        for row in rows::of_item(self.connection(), item.as_str())? {
            let puts_back = row.author == *author && matches!(row.intent, Intent::Release { .. });
            if puts_back && is_stuck(self.connection(), &row)? {
                self.remove_change(&row)?;
            }
        }
        Ok(())
    }

    /// Removes a change that will not be made, and each wedged claim that nothing else needs.
    pub(crate) fn remove_change(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        self.remove_row(row)?;
        for need in &row.depends_on {
            if let Some(claim) = rows::get(self.connection(), need)?.filter(|need| need.delivery == Delivery::Wedged)
                && rows::dependents(self.connection(), need)?.is_empty()
            {
                self.remove_row(&claim)?;
            }
        }
        Ok(())
    }
}

fn is_about_urgency(intent: &Intent) -> bool {
    matches!(intent, Intent::Move { change: Move::Urgency { .. }, .. })
}

/// Whether a row is the end or the release of a work item that needs a person for its own sake. What stands only
/// because a reply does goes with that.
fn is_stuck(connection: &Connection, row: &OutboxRow) -> Result<bool, StoreError> {
    if !changes_hands(&row.intent) || row.delivery != Delivery::Wedged {
        return Ok(false);
    }
    if row.wedged != Some(Wedge::Dependency) {
        return Ok(true);
    }
    for need in &row.depends_on {
        if rows::get(connection, need)?.is_some_and(|need| matches!(need.intent, Intent::Send { .. })) {
            return Ok(false);
        }
    }
    Ok(true)
}
