//! What is said inside the practice about a patient's thread: messages of an internal thread, which the first of them
//! opens.
//!
//! Its rows keep their own lane. Each needs the row that opens the thread, so that where that is refused all of them
//! say so; and a thread that something was said in stays, whatever is taken back of what opened it.

use tern_inbox::{
    ids::{MessageId, OutboxId, ThreadId},
    message::{Audience, Authorship, Delivery, Message},
    outbox::{Intent, OutboxRow},
    party::PartyRef,
};

use crate::{
    Draft, Note, StoreError, Writer,
    table::{message, outbox as rows, thread},
};

/// A note that was kept, and is to leave.
pub(crate) struct Said {
    open: Option<ThreadId>,
    /// The row that opens its thread, where that is on its way already.
    opening: Option<OutboxId>,
    thread: ThreadId,
    message: MessageId,
}

/// The rows that carry notes: the thread first, where one of them opens it.
pub(crate) fn carrying(notes: &[Said], row: impl Fn(&ThreadId, Intent, Vec<OutboxId>) -> OutboxRow) -> Vec<OutboxRow> {
    let mut carrying: Vec<OutboxRow> = Vec::new();
    for note in notes {
        if let Some(open) = &note.open {
            carrying.push(row(open, Intent::OpenThread { thread: open.clone() }, Vec::new()));
        }
        let opened = carrying.iter().find(|row| opens(row, &note.thread)).map(|row| row.id.clone());
        let needs = opened.or_else(|| note.opening.clone()).into_iter().collect();
        carrying.push(row(&note.thread, Intent::Send { message: note.message.clone(), touch_began: None }, needs));
    }
    carrying
}

fn opens(row: &OutboxRow, thread: &ThreadId) -> bool {
    matches!(&row.intent, Intent::OpenThread { thread: opened } if opened == thread)
}

impl Writer<'_> {
    /// Keeps a note, shown at once: in the internal thread that it opens, or in the one that is there.
    pub(crate) fn says(&mut self, note: &Note, author: &PartyRef) -> Result<Said, StoreError> {
        if let Some(internal) = &note.open {
            thread::put(self.connection(), internal.id.as_str(), internal, None, None)?;
        }
        self.put_own_message(&note.message, author)?;
        let thread = note.message.thread.clone();
        let waiting = rows::of_thread(self.connection(), thread.as_str())?;
        Ok(Said {
            open: note.open.as_ref().map(|internal| internal.id.clone()),
            opening: waiting.into_iter().find(|row| opens(row, &thread)).map(|row| row.id),
            thread,
            message: note.message.id.clone(),
        })
    }

    /// Says something inside the practice about a thread; it leaves at once. What was kept of its words while they were
    /// written is forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn write_note(&mut self, note: &Note, about: &ThreadId, author: &PartyRef) -> Result<(), StoreError> {
        let said = self.says(note, author)?;
        let row = |thread: &ThreadId, intent: Intent, depends_on: Vec<OutboxId>| OutboxRow {
            depends_on,
            ..self.draft_row(Some(thread), author, intent, self.now())
        };
        let rows = carrying(&[said], row);
        self.outbox_add(&rows)?;
        self.forget_draft(&Draft::of_note(about), author)
    }

    /// Whether a message is said inside the practice, and about what.
    pub(crate) fn note_of(&self, id: &MessageId) -> Result<Option<(Message, ThreadId)>, StoreError> {
        let Some(found) = self.read().message(id)? else { return Ok(None) };
        let message = found.row.message;
        let thread = thread::get(self.connection(), message.thread.as_str())?;
        let about = thread.filter(|thread| thread.audience == Audience::Internal).and_then(|thread| thread.about);
        Ok(about.map(|about| (message, about)))
    }

    /// A person threw a note away: it, and nothing else of what it was said with. A draft that was handed over is its
    /// author's again.
    pub(crate) fn discard_note(&mut self, row: &OutboxRow, note: Message, about: ThreadId) -> Result<(), StoreError> {
        if !matches!(row.delivery, Delivery::Queued | Delivery::Wedged) {
            return Err(StoreError::HasLeft);
        }
        self.remove_row(row)?;
        message::remove(self.connection(), note.id.as_str())?;
        self.close_if_empty(&note.thread)?;
        // With its thread gone, nothing says any more whose row in the list it was.
        self.touch_thread(&about);
        if note.authorship == Authorship::Draft {
            let fresh = crate::touching::fresh_id(self.now());
            let draft = Draft {
                thread: about,
                author: row.author.clone(),
                message: fresh,
                in_response_to: None,
                text: note.text,
                updated: self.now(),
            };
            self.bring_back_draft(draft)?;
        }
        Ok(())
    }

    /// Nothing stands in a thread that is not on the server yet: it is not opened.
    fn close_if_empty(&mut self, thread: &ThreadId) -> Result<(), StoreError> {
        let waiting = rows::of_thread(self.connection(), thread.as_str())?;
        let Some(opening) = waiting.iter().find(|row| opens(row, thread)) else { return Ok(()) };
        let may_go = matches!(opening.delivery, Delivery::Queued | Delivery::Wedged);
        if may_go && message::of_thread(self.connection(), thread.as_str())?.is_empty() {
            self.remove_row(opening)?;
            thread::remove(self.connection(), thread.as_str())?;
        }
        Ok(())
    }

    /// What opened a thread is taken back. Where something else was said in it meanwhile, it is opened all the same, now
    /// and by itself; says whether it is.
    pub(crate) fn stays_open(&mut self, opening: &OutboxRow, taken: &[OutboxRow]) -> Result<bool, StoreError> {
        let Intent::OpenThread { thread } = &opening.intent else { return Ok(false) };
        let is_taken = |id: &MessageId| {
            taken.iter().any(|row| matches!(&row.intent, Intent::Send { message, .. } if message == id))
        };
        let said = message::of_thread(self.connection(), thread.as_str())?;
        if said.iter().all(|placed| is_taken(&placed.message.id)) {
            return Ok(false);
        }
        rows::leave_group(self.connection(), &opening.id, self.now())?;
        Ok(true)
    }
}
