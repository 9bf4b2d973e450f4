//! One thread with everything that a touch shows. Only asked for what was started or is peeked at.

use chrono::{DateTime, Utc};
use tern_inbox::{
    ids::ThreadId,
    message::{Delivery, Standing, Thread},
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    patient::{Patient, Proxy},
    queue::Me,
    touch::Touch,
    work_item::{Hold, WorkItem},
};

use crate::{
    Draft, FileState, Placed, Quarantined, Reader, StoreError, TouchRow,
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
    /// Those of the member's latest touch, as the server last said: nothing of ours laid over them.
    pub touched: Vec<WorkItem>,
    /// What was said about it inside the practice, oldest first: in threads of their own, which no patient reads.
    pub notes: Vec<Placed>,
    /// What of it waits to leave, or needs the member; what was said beside, too.
    pub outbox: Vec<OutboxRow>,
    /// What of that changes a work item, and needs the member without any message saying so.
    pub stuck: Vec<OutboxRow>,
    /// What has become of the files that the patient sent.
    pub files: Vec<FileState>,
    /// What of it could not be read.
    pub unreadable: Vec<Quarantined>,
    /// The member's latest touch.
    pub touch: Option<TouchRow>,
    /// The member's draft.
    pub draft: Option<Draft>,
}

impl ThreadView {
    /// Whether the member's open touch holds what it began with: by what the server last said, every work item of it
    /// that is open is theirs (`me`) at `now` (server time), and no claim is on its way. One that was taken up again
    /// later, or that slept for longer than a claim lives, holds nothing until a renewal has arrived.
    pub fn is_claimed(&self, me: &Me, now: DateTime<Utc>) -> bool {
        let mut open = self.touched.iter().filter(|item| item.status.is_open());
        self.touch.as_ref().is_some_and(|touch| touch.state == Touch::Started)
            && open.all(|item| matches!(item.hold(now), Hold::Held { by, .. } if me.is(&by)))
            && !self
                .outbox
                .iter()
                .any(|row| matches!(row.intent, Intent::Claim { .. }) && row.delivery != Delivery::Wedged)
    }
}

impl Reader<'_> {
    /// What was said inside the practice about a thread, and what of that has not arrived.
    fn notes(&self, about: &ThreadId) -> Result<(Vec<Placed>, Vec<OutboxRow>), StoreError> {
        let (mut notes, mut said) = (Vec::new(), Vec::new());
        for beside in self.internal_threads(about)? {
            notes.extend(message::of_thread(self.connection(), beside.id.as_str())?);
            said.extend(outbox::of_thread(self.connection(), beside.id.as_str())?);
        }
        notes.retain(is_shown);
        notes.sort_by_key(|placed| placed.message.sent);
        Ok((notes, said))
    }

    /// A thread with its texts, for the member who started it or peeks at it; none where nothing of it is here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn thread(&self, id: &ThreadId, member: &PartyRef) -> Result<Option<ThreadView>, StoreError> {
        let connection = self.connection();
        let thread = thread::get(connection, id.as_str())?;
        let mut messages = message::of_thread(connection, id.as_str())?;
        messages.retain(is_shown);
        let (notes, said) = self.notes(id)?;
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
        let touch = self.touch(id, member)?;
        let mut touched = Vec::new();
        for item in touch.iter().flat_map(|touch| &touch.items) {
            touched.extend(self.work_item_on_server(item)?.map(|found| found.row));
        }
        Ok(Some(ThreadView {
            thread,
            patient,
            proxies,
            messages,
            items,
            touched,
            notes,
            outbox: outbox::of_thread(connection, id.as_str())?.into_iter().chain(said).collect(),
            stuck: self.stuck(id, member)?,
            files: self.documents_of(id)?,
            unreadable,
            touch,
            draft: self.draft(id, member)?,
        }))
    }
}

/// What others have not sent is not ours to show.
fn is_shown(placed: &Placed) -> bool {
    placed.delivery.is_some() || matches!(placed.message.standing, Standing::Sent | Standing::Retracted)
}
