//! What the server refused and no message stands for: the end of a work item, or its way back into its pool.
//!
//! A refused reply stands in its thread with its words, and with what can be done about it. The end of a work item has
//! no words: closed without a reply, or refused after the reply had arrived, it would stand where nobody sees it. The
//! item itself is shown as the server has it, and can be started anew meanwhile; the change that failed stands beside,
//! until it is tried again, given up, or overtaken by a later one.

use tern_inbox::{
    ids::{ThreadId, WorkItemId},
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
    party::PartyRef,
};

use crate::{Reader, StoreError, Writer, table::outbox as rows};

impl Reader<'_> {
    /// The member's changes of a thread's work items that need the member, and that no message speaks for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stuck(&self, thread: &ThreadId, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let mut stuck = self.outbox_of_thread(thread)?;
        stuck.retain(|row| row.author == *author && is_stuck(row));
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
            self.outbox_retry(&row.id)?;
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
            self.outbox_dropped(&row.id)?;
        }
        Ok(())
    }

    fn some_stuck(&self, thread: &ThreadId, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let stuck = self.read().stuck(thread, author)?;
        if stuck.is_empty() { Err(StoreError::NotFound("stuck change")) } else { Ok(stuck) }
    }

    /// A later change of the item arrived: what is stuck of an earlier one has nothing left to do.
    pub(crate) fn overtake_stuck(&mut self, item: &WorkItemId) -> Result<(), StoreError> {
        for row in rows::of_item(self.connection(), item.as_str())? {
            if is_stuck(&row) {
                self.remove_row(&row)?;
            }
        }
        Ok(())
    }
}

/// Whether a row is the end or the release of a work item that needs a person for its own sake. What stands only
/// because a reply does goes with that.
fn is_stuck(row: &OutboxRow) -> bool {
    matches!(row.intent, Intent::Complete { .. } | Intent::Release { .. })
        && row.delivery == Delivery::Wedged
        && (row.wedged != Some(Wedge::Dependency) || row.depends_on.is_empty())
}
