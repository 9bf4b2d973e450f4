//! Put back, with a reason. The reason goes into the internal thread beside the patient's, never onto the Task:
//! a portal may show whatever is in the patient's compartment.

use tern_inbox::{
    ids::{MessageId, ThreadId},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::Party,
    private::PrivateText,
    touch::Outcome,
};
use tern_store::Note;
use uuid::Uuid;

use crate::{
    desk::Desk,
    dto::{ApiError, Ended, ErrorCode, PutBackRequest},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Gives the item back to its pool; the draft is kept.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`] without a reason; [`ErrorCode::TooLate`] when the touch is not open;
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_put_back(&self, request: PutBackRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        desk.may_hold().await?;
        let reason = PrivateText::from(request.reason);
        if reason.is_blank() {
            return Err(ApiError::new(ErrorCode::Empty));
        }
        let thread = ThreadId::new(request.thread);
        let of_thread = thread.clone();
        let (items, internal) =
            desk.read(move |reader| Ok((reader.work_items(&of_thread)?, reader.internal_threads(&of_thread)?))).await?;
        let items = items.into_iter().filter(|item| item.status.is_open()).map(|item| item.id).collect();
        let note = note(&desk, &thread, internal.into_iter().next(), reason.clone());
        self.end(&desk, thread, Outcome::PutBack { reason }, items, None, Some(note)).await
    }
}

/// The reason as a message of the internal thread, which is opened where there is none yet.
fn note(desk: &Desk, about: &ThreadId, internal: Option<Thread>, reason: PrivateText) -> Note {
    let me = Party { reference: desk.member.reference.clone(), display: desk.member.name.clone() };
    let open = internal.is_none().then(|| Thread {
        id: ThreadId::from(Uuid::now_v7()),
        subject_line: PrivateText::default(),
        patient: None,
        category: None,
        opener: Some(me.clone()),
        participants: vec![me.clone()],
        audience: Audience::Internal,
        about: Some(about.clone()),
    });
    let thread = internal.as_ref().or(open.as_ref()).map_or_else(|| about.clone(), |thread| thread.id.clone());
    let id = MessageId::from(Uuid::now_v7());
    let message = Message {
        thread,
        identity: Some(format!("urn:uuid:{id}")),
        id,
        recipients: vec![me.reference.clone()],
        sender: Some(me),
        sent: desk.server_now(),
        received: None,
        text: reason,
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: Vec::new(),
    };
    Note { open, message }
}
