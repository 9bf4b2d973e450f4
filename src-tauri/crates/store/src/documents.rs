//! Files of patients' messages: filed, not needed, taken back. Each moves by [`Filing::on`], together with the outbox
//! row that carries it.
//!
//! Which files there are follows from the work: a file becomes a document when its message waits here, and stays one
//! when the work item is completed, because completing it files nothing. What was dealt with before this machine knew of
//! it is nobody's document: two years of photos would hide today's.

use chrono::{DateTime, Utc};
use tern_inbox::{
    document::{FileKey, Filing, FilingEvent, ToFile},
    ids::OutboxId,
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
    party::PartyRef,
};

use crate::{
    DocumentRow, Reader, StoreError, Tag, Writer,
    table::{document, moved, outbox as rows},
    touching::new_id,
};

/// What of a thread stands among the documents: what nobody has filed, what the server refused, and what was filed of a
/// message that was taken back since, where the member sees the thread. What the server refused to its author stands
/// there for them in any case: nobody else would give it up.
pub(crate) fn show(writer: &mut Writer<'_>, thread: &str) -> Result<(), StoreError> {
    let files = document::of_thread(writer.connection(), thread)?;
    if files.is_empty() {
        return Ok(());
    }
    let (seen, me) = (writer.read().sees(&thread.into())?, writer.read().me()?);
    let mut changed = false;
    for file in files {
        let own_stuck = file.stuck && file.by.as_ref().is_some_and(|by| me.is(by));
        let waits = own_stuck || (seen && (file.filing == Filing::Unfiled || file.stuck || file.retracted));
        changed |= document::show(writer.connection(), &file.file, waits)?;
    }
    // Whoever shows them looks again in any case: a row that is stuck still stands where it stood.
    writer.changes.add(Tag::Documents);
    if changed {
        writer.changes.add(Tag::Queues);
    }
    Ok(())
}

impl Reader<'_> {
    /// Whether a filing of this member's is stuck: its author gives it up, also where they see the thread no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn document_stuck_by(&self, file: &FileKey, author: &PartyRef) -> Result<bool, StoreError> {
        let Some(row) = document::get(self.connection(), file)?.and_then(|known| known.row) else { return Ok(false) };
        let row = rows::get(self.connection(), &row)?;
        Ok(row.is_some_and(|row| row.delivery == Delivery::Wedged && row.author == *author))
    }
}

impl Writer<'_> {
    /// Files a file: it counts as filed at once, and leaves after its undo seconds. Returns what undoes it.
    ///
    /// # Errors
    /// [`StoreError::Filing`] for one that is filed or not needed; [`StoreError::NotFound`].
    pub fn file_document(
        &mut self,
        what: &ToFile,
        author: &PartyRef,
        not_before: DateTime<Utc>,
    ) -> Result<OutboxId, StoreError> {
        let filing = self.known(&what.file)?.filing.on(FilingEvent::Filed)?;
        let group = new_id(self.now());
        let intent = Intent::File { what: Box::new(what.clone()) };
        // In no thread's order: a large file keeps no reply back, and no reply keeps it.
        let row = OutboxRow { group: Some(group.clone()), ..self.draft_row(None, author, intent, not_before) };
        moved::insert(self.connection(), &group, author, self.now(), 1)?;
        document::set(self.connection(), &what.file, filing, Some(&row.id))?;
        document::set_chart(self.connection(), &what.file, &what.patient)?;
        self.outbox_add(&[row])?;
        Ok(group)
    }

    /// The chart does without it. Kept on this machine: the server has no place for it.
    ///
    /// # Errors
    /// As [`Writer::file_document`].
    pub fn document_not_needed(&mut self, file: &FileKey) -> Result<(), StoreError> {
        let known = self.known(file)?;
        self.set_filing(&known, FilingEvent::NotNeeded)
    }

    /// It is needed after all.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] for one that was filed: that is undone, or given up, by its row.
    pub fn document_needed_again(&mut self, file: &FileKey) -> Result<(), StoreError> {
        let known = self.known(file)?;
        if known.filing == Filing::Filed {
            return Err(StoreError::HasLeft);
        }
        self.set_filing(&known, FilingEvent::TakenBack)
    }

    /// What the server refused is tried again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where nothing of it is stuck.
    pub fn document_retry(&mut self, file: &FileKey, author: &PartyRef) -> Result<(), StoreError> {
        let row = self.stuck_document(file, author)?;
        self.outbox_retry(&row.id)
    }

    /// What the server refused is given up: the file is unfiled again. What was filed of a message that was taken back
    /// since is known to somebody from now on, and leaves.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where nothing of it is stuck.
    pub fn document_give_up(&mut self, file: &FileKey, author: &PartyRef) -> Result<(), StoreError> {
        let known = self.known(file)?;
        if known.retracted && known.row.is_none() {
            // Gone with its message; or of another patient's since, into whose chart nobody has filed it.
            self.set_filing(&known, FilingEvent::TakenBack)?;
            self.documents_changed();
            return Ok(());
        }
        let row = self.stuck_document(file, author)?;
        self.document_taken_back(&row)?;
        self.remove_row(&row)
    }

    /// The server has it.
    pub(crate) fn document_filed(&mut self, file: &FileKey) -> Result<(), StoreError> {
        document::set(self.connection(), file, Filing::Filed, None)
    }

    /// A row that carried a file is about to go without having arrived.
    pub(crate) fn document_taken_back(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let Intent::File { what } = &row.intent else { return Ok(()) };
        let Some(known) = document::get(self.connection(), &what.file)? else { return Ok(()) };
        if known.row.as_ref() == Some(&row.id) {
            self.set_filing(&known, FilingEvent::TakenBack)?;
        }
        Ok(())
    }

    /// A message was taken back or is gone: what was to be filed of it and has not left never will. Whoever filed it
    /// sees it stuck, for they believe that the chart has it.
    pub(crate) fn files_taken_back(&mut self, message: &str) -> Result<(), StoreError> {
        for id in document::carriers(self.connection(), message)? {
            let row = rows::get(self.connection(), &id)?;
            if row.is_some_and(|row| row.delivery == Delivery::Queued) {
                self.outbox_wedged(&id, Wedge::ChangedSince)?;
            }
        }
        Ok(())
    }

    /// Whoever shows the files that wait looks again, also where the last one of a thread has gone.
    pub(crate) fn documents_changed(&mut self) {
        self.changes.add(Tag::Documents);
        self.changes.add(Tag::Queues);
    }

    fn set_filing(&mut self, known: &DocumentRow, event: FilingEvent) -> Result<(), StoreError> {
        document::set(self.connection(), &known.file, known.filing.on(event)?, None)?;
        if event == FilingEvent::TakenBack {
            document::forget_what_is_gone(self.connection(), &known.file)?;
            self.documents_changed();
        }
        self.touch_thread(&known.thread);
        Ok(())
    }

    fn known(&self, file: &FileKey) -> Result<DocumentRow, StoreError> {
        document::get(self.connection(), file)?.ok_or(StoreError::NotFound("document"))
    }

    fn stuck_document(&self, file: &FileKey, author: &PartyRef) -> Result<OutboxRow, StoreError> {
        let row = match self.known(file)?.row {
            Some(row) => rows::get(self.connection(), &row)?,
            None => None,
        };
        row.filter(|row| row.delivery == Delivery::Wedged && row.author == *author)
            .ok_or(StoreError::NotFound("stuck document"))
    }
}
