//! One thread with everything that a touch shows. Only asked for what was started or is peeked at.

use tern_inbox::{
    ids::ThreadId,
    message::{Standing, Thread},
    outbox::OutboxRow,
    party::PartyRef,
    patient::{Patient, Proxy},
    work_item::WorkItem,
};

use crate::{
    Draft, Placed, Quarantined, Reader, StoreError, TouchRow,
    table::{message, outbox, patient, quarantine, thread},
};

/// A thread as a touch shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadView {
    /// The conversation; none while only messages or work items of it have come.
    pub thread: Option<Thread>,
    /// For whom; none for internal threads, and while the patient has not come.
    pub patient: Option<Patient>,
    /// Who may write and read for the patient.
    pub proxies: Vec<Proxy>,
    /// Oldest first, those with their delivery that are ours; retracted ones too.
    pub messages: Vec<Placed>,
    /// As shown, dealt-with ones too.
    pub items: Vec<WorkItem>,
    /// What of it waits to leave, or needs the member.
    pub outbox: Vec<OutboxRow>,
    /// What of that changes a work item, and needs the member without any message saying so.
    pub stuck: Vec<OutboxRow>,
    /// What of it could not be read.
    pub unreadable: Vec<Quarantined>,
    /// The member's latest touch.
    pub touch: Option<TouchRow>,
    /// The member's draft.
    pub draft: Option<Draft>,
}

impl Reader<'_> {
    /// A thread with its texts, for the member who started it or peeks at it; none where nothing of it is here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn thread(&self, id: &ThreadId, member: &PartyRef) -> Result<Option<ThreadView>, StoreError> {
        let connection = self.connection();
        let thread = thread::get(connection, id.as_str())?;
        let mut messages = message::of_thread(connection, id.as_str())?;
        // What others have not sent is not ours to show.
        messages.retain(|placed| {
            placed.delivery.is_some() || matches!(placed.message.standing, Standing::Sent | Standing::Retracted)
        });
        let items = self.work_items(id)?;
        let unreadable = quarantine::of_thread(connection, id.as_str())?;
        if thread.is_none() && messages.is_empty() && items.is_empty() && unreadable.is_empty() {
            return Ok(None);
        }
        let patient_id = thread
            .as_ref()
            .and_then(|thread| thread.patient.clone())
            .or_else(|| items.iter().find_map(|item| item.patient.clone()));
        let (patient, proxies) = match &patient_id {
            Some(patient) => (patient::get(connection, patient.as_str())?, self.proxies(patient)?),
            None => (None, Vec::new()),
        };
        Ok(Some(ThreadView {
            thread,
            patient,
            proxies,
            messages,
            items,
            outbox: outbox::of_thread(connection, id.as_str())?,
            stuck: self.stuck(id, member)?,
            unreadable,
            touch: self.touch(id, member)?,
            draft: self.draft(id, member)?,
        }))
    }
}
