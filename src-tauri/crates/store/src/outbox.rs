//! How rows of the outbox move: always by [`Delivery::on`], always together with what the screen shows of them.
//!
//! A row that the server acknowledged is gone: the message it sent stays, and counts as sent because nothing
//! waits for it any more. A row that stands wedged takes the rows that need it with it. What was on the wire
//! when the program ended is *unknown* when it starts again.

use chrono::{DateTime, Utc};
use tern_inbox::{
    arrival::Kind,
    ids::{MessageId, OutboxId, ThreadId},
    message::{Delivery, DeliveryEvent},
    moves::Seen,
    outbox::{Intent, OutboxRow, Wedge},
    party::PartyRef,
    practice_table::PracticeTable,
    touch::{Lost, Touch, TouchEvent},
};

use crate::{
    Draft, StoreError, Tag, Writer,
    lost::holds,
    table::{alias, message, moved, outbox as rows, tally, thread, touch, work_item},
};

/// What the server said when it took a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// The server's id of what was written, where the write made it.
    pub server_id: Option<String>,
    /// `meta.versionId` or the ETag's value after the write.
    pub version: Option<String>,
    /// `meta.lastUpdated` or `Last-Modified`.
    pub updated: Option<DateTime<Utc>>,
}

impl Writer<'_> {
    /// Adds rows behind all others, in this order, and shows what they will do. A row whose id is there
    /// already is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_add(&mut self, added: &[OutboxRow]) -> Result<(), StoreError> {
        for row in added {
            rows::insert(self.connection(), row, self.now())?;
            self.row_changed(row)?;
        }
        Ok(())
    }

    /// The row is on the wire.
    ///
    /// # Errors
    /// [`StoreError::Delivery`] unless it was queued, [`StoreError::NotFound`].
    pub fn outbox_sending(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        self.move_row(id, DeliveryEvent::Taken, |_| {})
    }

    /// The server has it, by its answer or by a search: what needed it may go. A row that is gone already was
    /// confirmed by its echo, and nothing happens.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_acknowledged(&mut self, id: &OutboxId, answer: &Acknowledged) -> Result<(), StoreError> {
        let Some(row) = rows::get(self.connection(), id)? else { return Ok(()) };
        row.delivery.on(DeliveryEvent::Acknowledged)?;
        match &row.intent {
            Intent::Claim { item }
            | Intent::Renew { item }
            | Intent::Release { item }
            | Intent::Complete { item, .. }
            | Intent::Move { item, .. } => {
                if let Some(write) = rows::pending_one(self.connection(), id)? {
                    work_item::written(self.connection(), item, &write, answer.version.as_deref())?;
                }
                if changes_hands(&row.intent) {
                    self.overtake_stuck(item, &row.intent)?;
                }
            }
            Intent::Send { message, .. } => self.learn(message.as_str(), answer)?,
            Intent::OpenThread { thread } => self.learn(thread.as_str(), answer)?,
            // The pull brings it, as everybody else's.
            Intent::Place { .. } => {}
            Intent::Table { table, text, .. } => {
                let written = PracticeTable { kind: *table, text: text.clone() };
                self.table_written(&written, answer)?;
            }
            Intent::Cover { .. } | Intent::EndCoverage { .. } => self.coverage_written(&row.intent, answer)?,
            Intent::Serve { .. } | Intent::EndDuty { .. } => self.duty_written(&row.intent, answer)?,
            Intent::File { what } => self.document_filed(&what.file)?,
            Intent::Audit { .. } => tally::add(self.connection(), tally::AUDITED, 1)?,
        }
        self.row_is_done(&row)
    }

    /// The server has what the row wrote, whatever was thought of it before: it goes, and what stood wedged only
    /// because of it waits for its turn again.
    fn row_is_done(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let dependents = rows::dependents(self.connection(), &row.id)?;
        self.remove_row(row)?;
        dependents.iter().try_for_each(|dependent| self.free(&dependent.id))
    }

    /// A row that stands wedged for its needs alone is queued once none of them does, and so is what needs it.
    fn free(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        let row = self.row(id)?;
        for need in &row.depends_on {
            if rows::get(self.connection(), need)?.is_some_and(|need| need.delivery == Delivery::Wedged) {
                return Ok(());
            }
        }
        if row.wedged != Some(Wedge::Dependency) {
            return Ok(());
        }
        let now = self.now();
        self.move_row(id, DeliveryEvent::Retried, |row| {
            row.wedged = None;
            row.attempts = 0;
            row.not_before = now;
        })?;
        rows::dependents(self.connection(), id)?.iter().try_for_each(|dependent| self.free(&dependent.id))
    }

    /// There is nothing left to write (somebody else dealt with the work item, or it is gone): the row goes, and
    /// the screen shows what the server has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_dropped(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        match rows::get(self.connection(), id)? {
            Some(row) => {
                self.document_taken_back(&row)?;
                self.remove_row(&row)
            }
            None => Ok(()),
        }
    }

    /// It did not arrive, or a search for it could not be made: again at `at`, after `attempts` tries. A row
    /// that is *unknown* stays so.
    ///
    /// # Errors
    /// [`StoreError::Delivery`] for a wedged row, [`StoreError::NotFound`].
    pub fn outbox_retry_at(&mut self, id: &OutboxId, at: DateTime<Utc>, attempts: u32) -> Result<(), StoreError> {
        let row = self.row(id)?;
        let wait = |row: &mut OutboxRow| {
            row.not_before = at;
            row.attempts = attempts;
        };
        match row.delivery {
            Delivery::Queued => {
                let mut row = row;
                wait(&mut row);
                rows::update(self.connection(), &row)?;
                self.row_changed(&row)
            }
            Delivery::Unknown => self.move_row(id, DeliveryEvent::NoAnswer, wait),
            _ => self.move_row(id, DeliveryEvent::NotReached, wait),
        }
    }

    /// It left and no answer came: it is searched for before anything else.
    ///
    /// # Errors
    /// [`StoreError::Delivery`] unless it was on the wire or unknown, [`StoreError::NotFound`].
    pub fn outbox_unknown(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        self.move_row(id, DeliveryEvent::NoAnswer, |_| {})
    }

    /// It was searched for and is not there: it may be sent again.
    ///
    /// # Errors
    /// [`StoreError::Delivery`] unless it was unknown, [`StoreError::NotFound`].
    pub fn outbox_not_found(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        self.move_row(id, DeliveryEvent::NotFound, |_| {})
    }

    /// It needs a person; so does everything that needs it. A claim or a renewal that somebody else was ahead of
    /// takes the touch with it, the draft kept, and so does a claim that failed for any other reason while no reply
    /// waits for it: an item that was never ours is not shown as ours. See [`crate::lost`].
    ///
    /// # Errors
    /// [`StoreError::Delivery`] for a row that is wedged already, [`StoreError::NotFound`].
    pub fn outbox_wedged(&mut self, id: &OutboxId, wedge: Wedge) -> Result<(), StoreError> {
        let row = self.row(id)?;
        match &wedge {
            Wedge::ClaimLost { to } => self.claim_lost(&row, to.as_ref())?,
            _ if matches!(row.intent, Intent::Claim { .. }) && rows::dependents(self.connection(), id)?.is_empty() => {
                self.claim_lost(&row, None)?;
            }
            _ => {}
        }
        self.move_row(id, DeliveryEvent::Refused, |row| row.wedged = Some(wedge))?;
        for dependent in rows::dependents(self.connection(), id)? {
            // One that needs two rows may have been reached through the other.
            if self.row(&dependent.id)?.delivery != Delivery::Wedged {
                self.outbox_wedged(&dependent.id, Wedge::Dependency)?;
            }
        }
        Ok(())
    }

    /// A person said: again. Rows that stood only because of this one go with it; what it needs and that was
    /// lost for good (a claim that somebody else holds) is dropped, which is what *send anyway* means. What makes
    /// something and may have arrived is *unknown* again, and searched for before it is sent.
    ///
    /// # Errors
    /// [`StoreError::Delivery`] unless it stands wedged, [`StoreError::NotFound`].
    pub fn outbox_retry(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        let row = self.row(id)?;
        let now = self.now();
        // An earlier try may have arrived, although the last was refused.
        let may_be_there = row.intent.creates()
            && match row.wedged {
                Some(Wedge::OutcomeUnknown) => true,
                Some(Wedge::Refused { .. }) => row.attempts > 0,
                _ => false,
            };
        let stands = match &row.intent {
            Intent::Move { item, .. } => self.read().work_item_on_server(item)?.map(|found| found.row),
            _ => None,
        };
        let again = if may_be_there { DeliveryEvent::LookedForAgain } else { DeliveryEvent::Retried };
        self.move_row(id, again, |row| {
            // Its author has seen who answered, or who holds the item, and says: send it all the same.
            if let Intent::Send { touch_began, .. } = &mut row.intent
                && !matches!(row.wedged, Some(Wedge::Refused { .. } | Wedge::OutcomeUnknown))
            {
                *touch_began = None;
            }
            // They have seen where the item stands now, and move it all the same.
            if let (Intent::Move { seen, .. }, Some(item)) = (&mut row.intent, &stands) {
                *seen = Seen::of(item);
            }
            row.wedged = None;
            row.attempts = 0;
            row.not_before = now;
        })?;
        for need in &row.depends_on {
            match rows::get(self.connection(), need)? {
                Some(need) if is_lost(&need) => self.remove_row(&need)?,
                Some(need) if need.delivery == Delivery::Wedged => self.outbox_retry(&need.id)?,
                _ => {}
            }
        }
        for dependent in rows::dependents(self.connection(), id)? {
            if self.row(&dependent.id)?.wedged == Some(Wedge::Dependency) {
                self.outbox_retry(&dependent.id)?;
            }
        }
        Ok(())
    }

    /// A person threw it away, with everything that ended the same touch. The envelope is back in the list, and the
    /// work items that the touch holds are on their way back: nobody is at work on them any more.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] where part of it is on the wire or unknown, [`StoreError::NotFound`].
    pub fn outbox_discard(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        let row = self.row(id)?;
        if let Intent::Send { message, .. } = &row.intent
            && let Some((note, about)) = self.note_of(message)?
        {
            return self.discard_note(&row, note, about);
        }
        let touch = match &row.group {
            Some(group) => touch::of_group(self.connection(), group)?,
            None => None,
        };
        let lost = self.take_back(&row)?.1;
        self.reopen(&row, lost, Reopen::Waiting)?;
        let Some(touch) = touch else { return Ok(()) };
        // Started anew since: its items are held for what is written now.
        let latest = touch::latest(self.connection(), touch.thread.as_str(), touch.author.as_str())?;
        if latest.is_some_and(|latest| latest.state == Touch::Started) {
            return Ok(());
        }
        self.give_back(&touch, None)
    }

    /// A person wants to change it: the reply is a draft again, under the id `fresh` (the old one may be on
    /// the server after all), and the touch is open again unless its claim was lost.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`], [`StoreError::NotFound`] (also for a row that sends no message, or a note).
    pub fn outbox_edit(&mut self, id: &OutboxId, fresh: MessageId) -> Result<Draft, StoreError> {
        let row = self.row(id)?;
        let Intent::Send { message, .. } = &row.intent else { return Err(StoreError::NotFound("reply")) };
        if self.note_of(message)?.is_some() {
            return Err(StoreError::NotFound("reply"));
        }
        let placed = self.read().message(message)?.ok_or(StoreError::NotFound("message"))?.row.message;
        let lost = self.take_back(&row)?.1;
        self.reopen(&row, lost, Reopen::Started)?;
        let draft = Draft {
            thread: placed.thread,
            author: row.author,
            message: fresh,
            in_response_to: placed.in_response_to,
            text: placed.text,
            updated: self.now(),
        };
        self.bring_back_draft(draft)
    }

    /// The program starts: whatever was on the wire is unknown.
    pub(crate) fn outbox_restart(&mut self) -> Result<(), StoreError> {
        for row in rows::all(self.connection())? {
            if row.delivery == Delivery::Sending {
                self.outbox_unknown(&row.id)?;
            }
        }
        Ok(())
    }

    fn row(&self, id: &OutboxId) -> Result<OutboxRow, StoreError> {
        rows::get(self.connection(), id)?.ok_or(StoreError::NotFound("outbox row"))
    }

    fn move_row(
        &mut self,
        id: &OutboxId,
        event: DeliveryEvent,
        change: impl FnOnce(&mut OutboxRow),
    ) -> Result<(), StoreError> {
        let mut row = self.row(id)?;
        row.delivery = row.delivery.on(event)?;
        change(&mut row);
        rows::update(self.connection(), &row)?;
        self.row_changed(&row)
    }

    pub(crate) fn remove_row(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        rows::remove(self.connection(), &row.id)?;
        self.row_changed(row)
    }

    /// Whoever shows the row's thread or work item looks again.
    fn row_changed(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        if let Some(item) = row.intent.item() {
            work_item::lay_over(self, item)?;
        }
        if let Some(thread) = &row.thread {
            self.touch_thread(thread);
        }
        if matches!(row.intent, Intent::Table { .. }) {
            self.changes.add(Tag::Tables);
        }
        if row.intent.coverage().is_some() {
            self.changes.add(Tag::Coverage);
        }
        if let Intent::File { what } = &row.intent {
            // Written anew before the commit: what is stuck stands among the documents again.
            self.touch_thread(&what.thread);
        }
        self.touch_unsent();
        self.changes.add(Tag::Outbox);
        Ok(())
    }

    /// The server's id of something that we made.
    fn learn(&mut self, key: &str, answer: &Acknowledged) -> Result<(), StoreError> {
        let Some(server_id) = &answer.server_id else { return Ok(()) };
        // The version stays unknown until the echo brings the content that belongs to it.
        let connection = self.connection();
        message::acknowledge(connection, key, server_id, answer.updated)?;
        thread::acknowledge(connection, key, server_id, answer.updated)?;
        if server_id != key {
            alias::put(connection, Kind::Communication, server_id, key)?;
            thread::adopt_children(connection, server_id, key)?;
        }
        Ok(())
    }

    /// Removes the row and everything that ended the same touch, with the messages that they would have sent;
    /// returns the messages, and who has the claim where it was lost.
    pub(crate) fn take_back(&mut self, row: &OutboxRow) -> Result<(Vec<MessageId>, Option<Lost>), StoreError> {
        let taken = match &row.group {
            // Of a decision about many rows only undo takes the others back.
            Some(group) if moved::get(self.connection(), group)?.is_none() => rows::of_group(self.connection(), group)?,
            _ => vec![row.clone()],
        };
        self.take_all_back(taken)
    }

    /// As [`Writer::take_back`], of these rows.
    pub(crate) fn take_all_back(
        &mut self,
        mut taken: Vec<OutboxRow>,
    ) -> Result<(Vec<MessageId>, Option<Lost>), StoreError> {
        let mut lost = None;
        for need in taken.clone().iter().flat_map(|row| &row.depends_on) {
            if let Some(need) = rows::get(self.connection(), need)?
                && need.delivery == Delivery::Wedged
                && holds(&need)
                && !taken.contains(&need)
            {
                lost = Some(Lost { to: holder(&need), at: self.now() });
                taken.push(need);
            }
        }
        if taken.iter().any(|row| !matches!(row.delivery, Delivery::Queued | Delivery::Wedged)) {
            return Err(StoreError::HasLeft);
        }
        let mut messages = Vec::new();
        for row in &taken {
            if self.stays_open(row, &taken)? {
                continue;
            }
            self.document_taken_back(row)?;
            self.remove_row(row)?;
            match &row.intent {
                Intent::Send { message, .. } => {
                    message::remove(self.connection(), message.as_str())?;
                    messages.push(message.clone());
                }
                Intent::OpenThread { thread } => thread::remove(self.connection(), thread.as_str())?,
                _ => {}
            }
        }
        Ok((messages, lost))
    }

    /// The touch that the rows ended is open again, or waits again.
    fn reopen(&mut self, row: &OutboxRow, lost: Option<Lost>, to: Reopen) -> Result<(), StoreError> {
        let Some(group) = &row.group else { return Ok(()) };
        let Some(mut touch) = touch::of_group(self.connection(), group)? else { return Ok(()) };
        if touch.state == Touch::Ended && !self.is_started_anew(&touch)? {
            touch.state = touch.state.on(TouchEvent::Undo)?;
            if lost.is_some() || to == Reopen::Waiting {
                touch.state = touch.state.on(TouchEvent::ClaimLost)?;
            }
            touch.clear_end();
            touch.lost = lost.filter(|_| to == Reopen::Started);
            touch::update(self.connection(), &touch)?;
            self.touch_thread(&ThreadId::from(touch.thread.as_str()));
        }
        Ok(())
    }
}

/// What becomes of a touch whose end was taken back. One whose thread was started anew since stays ended: a
/// thread has one open touch, and the words go there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reopen {
    Started,
    Waiting,
}

/// Whether a row stands for something that nobody can have any more.
pub(crate) fn is_lost(row: &OutboxRow) -> bool {
    matches!(row.wedged, Some(Wedge::ClaimLost { .. } | Wedge::AnsweredSince { .. } | Wedge::Gone)) && holds(row)
}

/// Whether a write settles who deals with a work item: what is stuck of an earlier one has nothing left to do.
pub(crate) fn changes_hands(intent: &Intent) -> bool {
    matches!(intent, Intent::Release { .. } | Intent::Complete { .. } | Intent::Move { .. })
}

/// Who has what a row stood for.
fn holder(row: &OutboxRow) -> Option<PartyRef> {
    match &row.wedged {
        Some(Wedge::ClaimLost { to: by } | Wedge::AnsweredSince { by, .. }) => by.clone(),
        _ => None,
    }
}

/// The echo of a message or thread of ours came: its row is done. Returns the row.
pub(crate) fn arrived(writer: &mut Writer<'_>, key: &str, kind: Kind) -> Result<Option<OutboxId>, StoreError> {
    if kind != Kind::Communication {
        return Ok(None);
    }
    let row = match rows::of_message(writer.connection(), key)? {
        Some(row) => Some(row),
        None => rows::of_thread(writer.connection(), key)?
            .into_iter()
            .find(|row| matches!(&row.intent, Intent::OpenThread { thread } if thread.as_str() == key)),
    };
    let Some(row) = row else { return Ok(None) };
    row.delivery.on(DeliveryEvent::Acknowledged)?;
    writer.row_is_done(&row)?;
    Ok(Some(row.id))
}
