//! What is still here of a member, and what a member says about it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tern_inbox::{
    ids::{OutboxId, PatientId, ThreadId},
    message::{Authorship, Delivery},
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    private::PrivateText,
};

use crate::{
    AuditEntry, Reader, StoreError, Writer,
    table::{outbox as rows, patient, thread},
};

/// A reply that the server does not have, named without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentReply {
    /// Where it stands.
    pub thread: ThreadId,
    /// To whom.
    pub patient_name: PrivateText,
    /// When it was written.
    pub written: DateTime<Utc>,
    /// Nothing is in its way but the undo seconds: where the server answers, it leaves before the program ends.
    pub leaves: bool,
}

impl Reader<'_> {
    /// The member's replies that the server does not have, in the order in which they were written: what a
    /// sign-out lists. A draft that was handed over is one: somebody's answer, which a colleague is to go on with. Reasons
    /// and other internal notes are not among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unsent_replies(&self, author: &PartyRef) -> Result<Vec<UnsentReply>, StoreError> {
        let mut unsent = Vec::new();
        // Threads in which something stands that will not leave by itself now: what is behind it waits.
        let mut held = BTreeSet::new();
        for row in self.outbox()?.into_iter().filter(|row| row.author == *author) {
            let goes = matches!(row.delivery, Delivery::Queued | Delivery::Sending) && row.attempts == 0;
            let leaves = goes && !row.thread.as_ref().is_some_and(|thread| held.contains(thread));
            if !leaves {
                held.extend(row.thread.clone());
            }
            let Intent::Send { message, .. } = &row.intent else { continue };
            let Some(placed) = self.message(message)? else { continue };
            let is_draft = placed.row.message.authorship == Authorship::Draft;
            let Some((of, patient)) = self.whose(&placed.row.message.thread, is_draft)? else { continue };
            let known = patient::get(self.connection(), patient.as_str())?;
            unsent.push(UnsentReply {
                thread: of,
                patient_name: known.map(|patient| patient.name).unwrap_or_default(),
                written: placed.row.message.sent,
                leaves,
            });
        }
        Ok(unsent)
    }

    /// The patient's thread that words are for, and the patient: what a thread is about counts for drafts alone.
    fn whose(&self, thread: &ThreadId, is_draft: bool) -> Result<Option<(ThreadId, PatientId)>, StoreError> {
        let Some(found) = thread::get(self.connection(), thread.as_str())? else { return Ok(None) };
        let of = match found.about {
            Some(about) if is_draft => about,
            _ => thread.clone(),
        };
        let patient = thread::get(self.connection(), of.as_str())?.and_then(|thread| thread.patient);
        Ok(patient.map(|patient| (of, patient)))
    }

    /// How often the member has touched a thread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn touch_count(&self, thread: &ThreadId, author: &PartyRef) -> Result<u32, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT count(*) FROM touch WHERE thread = ?1 AND author = ?2")?
            .query_row([thread.as_str(), author.as_str()], |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// Appends an entry to the audit and queues it for the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_and_send(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.audit_append(entry)?;
        self.outbox_add(&[OutboxRow {
            id: OutboxId::new(entry.id.clone()),
            thread: None,
            author: entry.author.clone(),
            intent: Intent::Audit { entry: entry.id.clone() },
            delivery: Delivery::Queued,
            not_before: self.now(),
            depends_on: Vec::new(),
            group: None,
            attempts: 0,
            wedged: None,
        }])
    }

    /// The author has seen that somebody else answered, or holds the item, and says it goes: the reply is no
    /// longer held against what was written since its touch began.
    ///
    /// # Errors
    /// [`StoreError::Delivery`] unless it stands wedged, [`StoreError::NotFound`] (also for a row that sends
    /// nothing).
    pub fn outbox_send_anyway(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        let mut row = self.read().outbox_row(id)?.ok_or(StoreError::NotFound("outbox row"))?;
        let Intent::Send { touch_began, .. } = &mut row.intent else { return Err(StoreError::NotFound("reply")) };
        *touch_began = None;
        rows::update(self.connection(), &row)?;
        self.outbox_retry(id)
    }
}
