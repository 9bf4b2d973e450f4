//! A claim that somebody else has: what becomes of the touch, and of what it held beside.
//!
//! ```text
//!   the server said: Mia's ──> outbox_wedged(claim or renewal) ──> claim_lost
//!                                                                     │ touch: Started ──> Waiting, and by whom
//!                                                                     │ claims that have not left: gone
//!                                                                     v claims that have: a release behind each
//! ```
//! A thread's open work items are taken together, and one person answers the thread. Where one of them is somebody
//! else's, the others are given back at once: kept, they would say for six minutes that somebody is at work who has
//! just been told not to be. The draft stays in every case.

use tern_inbox::{
    ids::{OutboxId, WorkItemId},
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    touch::{Lost, Touch, TouchEvent},
};

use crate::{
    StoreError, TouchRow, Writer,
    outbox::is_lost,
    table::{outbox as rows, touch, work_item},
};

impl Writer<'_> {
    /// A claim, or its renewal, met somebody else: an open touch of the row's author waits again, knows who has it,
    /// and holds nothing any more. A touch that has ended stays ended; its reply stands wedged.
    pub(crate) fn claim_lost(&mut self, row: &OutboxRow, to: Option<&PartyRef>) -> Result<(), StoreError> {
        let Some(thread) = row.thread.as_ref().filter(|_| holds(row)) else { return Ok(()) };
        let latest = touch::latest(self.connection(), thread.as_str(), row.author.as_str())?;
        let Some(mut touch) = latest.filter(|touch| touch.state == Touch::Started) else { return Ok(()) };
        self.give_back(&touch, row.intent.item())?;
        touch.state = touch.state.on(TouchEvent::ClaimLost)?;
        touch.lost = Some(Lost { to: to.cloned(), at: self.now() });
        touch::update(self.connection(), &touch)?;
        self.touch_thread(thread);
        Ok(())
    }

    /// Claims that somebody else won at Start are forgotten, unless a reply waits for them, and so is the touch that
    /// they began: nothing opened, so nothing was touched.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn give_up_claims(&mut self, claims: &[OutboxRow]) -> Result<(), StoreError> {
        for claim in claims {
            if let Some(row) = self.read().outbox_row(&claim.id)?
                && rows::dependents(self.connection(), &row.id)?.is_empty()
            {
                self.claim_lost(&row, None)?;
                self.remove_row(&row)?;
            }
            let Some(thread) = &claim.thread else { continue };
            let latest = touch::latest(self.connection(), thread.as_str(), claim.author.as_str())?;
            if let Some(touch) = latest.filter(TouchRow::is_lost) {
                touch::remove(self.connection(), &touch)?;
            }
        }
        Ok(())
    }

    /// A claim, or its renewal, that was lost and that no reply waits for goes: it has nothing more to show than its
    /// touch does, and must not stop its thread. With it goes the change that a touch which has ended made of its work
    /// items: who has them decides now. One that was refused stays while such a change needs it: see [`crate::stuck`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_moot(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        let Some(row) = rows::get(self.connection(), id)? else { return Ok(()) };
        let changes = rows::dependents(self.connection(), id)?;
        let replied = changes.iter().any(|change| matches!(change.intent, Intent::Send { .. }));
        let goes = is_lost(&row) || changes.is_empty();
        if !goes || replied || !holds(&row) || row.delivery != Delivery::Wedged {
            return Ok(());
        }
        self.remove_row(&row)?;
        changes.iter().try_for_each(|change| self.remove_change(change))?;
        let Some(group) = changes.into_iter().find_map(|change| change.group) else { return Ok(()) };
        match touch::of_group(self.connection(), &group)? {
            Some(touch) if !self.is_started_anew(&touch)? => self.give_back(&touch, row.intent.item()),
            _ => Ok(()),
        }
    }

    /// Everything that the touch holds but the item that was `lost` is on its way back.
    pub(crate) fn give_back(&mut self, touch: &TouchRow, lost: Option<&WorkItemId>) -> Result<(), StoreError> {
        for item in touch.items.iter().filter(|item| lost != Some(item)) {
            for row in rows::of_item(self.connection(), item.as_str())? {
                let is_here = matches!(row.delivery, Delivery::Queued | Delivery::Wedged);
                // An earlier reply that waits for the claim goes by it when its author decides.
                if holds(&row) && is_here && rows::dependents(self.connection(), &row.id)?.is_empty() {
                    self.remove_row(&row)?;
                }
            }
            // As it is shown: what is on the wire, or unknown, may be ours by the time the release leaves.
            let shown = work_item::get(self.connection(), item.as_str())?;
            let ours = shown.is_some_and(|item| item.status.is_open() && item.owner.as_ref() == Some(&touch.author));
            if ours {
                let release = Intent::Release { item: item.clone() };
                let row = self.draft_row(Some(&touch.thread), &touch.author, release, self.now());
                self.outbox_add(&[row])?;
            }
        }
        Ok(())
    }
}

/// Whether a row takes a work item, or keeps it.
pub(crate) fn holds(row: &OutboxRow) -> bool {
    matches!(row.intent, Intent::Claim { .. } | Intent::Renew { .. })
}
