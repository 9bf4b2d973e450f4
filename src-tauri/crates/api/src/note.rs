//! What is said inside the practice about a patient's thread: a reason, a note for whoever gets the work.
//!
//! It is a message of an internal thread beside the patient's, never a field of the Task: a portal may show whatever
//! is in the patient's compartment.

use tern_inbox::{
    ids::{MessageId, ThreadId},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    private::PrivateText,
};
use tern_store::Note;
use uuid::Uuid;

use crate::{desk::Desk, fail::Answer};

/// The words as a message of the internal thread, which is opened where there is none yet; `for_whom` reads it beside
/// the member.
pub(crate) fn note(
    desk: &Desk,
    about: &ThreadId,
    internal: Option<&Thread>,
    words: PrivateText,
    for_whom: Option<&PartyRef>,
) -> Note {
    let me = Party { reference: desk.member.reference.clone(), display: desk.member.name.clone() };
    let reader = for_whom.map(|reader| Party { reference: reader.clone(), display: PrivateText::default() });
    let open = internal.is_none().then(|| Thread {
        id: ThreadId::from(Uuid::now_v7()),
        subject_line: PrivateText::default(),
        patient: None,
        category: None,
        opener: Some(me.clone()),
        participants: std::iter::once(me.clone()).chain(reader).collect(),
        audience: Audience::Internal,
        about: Some(about.clone()),
    });
    let thread = internal.or(open.as_ref()).map_or_else(|| about.clone(), |thread| thread.id.clone());
    let id = MessageId::from(Uuid::now_v7());
    let message = Message {
        thread,
        identity: Some(format!("urn:uuid:{id}")),
        id,
        recipients: std::iter::once(me.reference.clone()).chain(for_whom.cloned()).collect(),
        sender: Some(me),
        sent: desk.server_now(),
        received: None,
        text: words,
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: Vec::new(),
    };
    Note { open, message }
}

impl Desk {
    /// Where it is said: the internal thread beside a patient's, where there is one.
    pub(crate) async fn internal_thread(&self, about: &ThreadId) -> Answer<Option<Thread>> {
        let about = about.clone();
        Ok(self.read(move |reader| reader.internal_threads(&about)).await?.into_iter().next())
    }

    /// What the member has typed in a thread; none where that is nothing.
    pub(crate) async fn draft(&self, thread: &ThreadId) -> Answer<Option<PrivateText>> {
        let (thread, author) = (thread.clone(), self.member.reference.clone());
        Ok(self.read(move |reader| reader.draft(&thread, &author)).await?.map(|draft| draft.text))
    }
}
