//! Reply and close: the message queued, the outcome recorded, the draft gone, in one transaction.

use chrono::Duration;
use tern_inbox::{
    ids::{MessageId, ThreadId, WorkItemId},
    message::{Authorship, Message, Standing},
    party::Party,
    private::PrivateText,
    rights::Wording,
    touch::Outcome,
};
use tern_store::{Ending, ThreadView};

use crate::{
    desk::Desk,
    dto::{ApiError, Ended, ErrorCode, ReplyRequest},
    fail::Answer,
    program::Program,
    recipients::recipients,
};

impl Program {
    /// Sends a reply after the undo seconds and closes the work items that were on screen. The same reply
    /// twice is one.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`]; [`ErrorCode::Invalid`] when thread and recipient disagree;
    /// [`ErrorCode::TooLate`] when the touch is not open; [`ErrorCode::DiskFull`] with the draft still there;
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::NotFound`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`].
    pub async fn reply_send(&self, request: ReplyRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        let text = PrivateText::from(request.text);
        if text.is_blank() {
            return Err(ApiError::new(ErrorCode::Empty));
        }
        let thread = ThreadId::new(request.thread);
        let id = MessageId::new(request.reply_id);
        let sent = id.clone();
        // Once it was sent, its item is dealt with: the same again is not judged anew.
        if desk.read(move |reader| reader.message(&sent)).await?.is_none() {
            // Words of a template will say so; whatever else comes was typed.
            desk.case(&thread).await?.may_send(Wording::Free)?;
        }
        let view = desk.thread(&thread).await?.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        let reply = reply(&desk, &thread, &view, id, text)?;
        let items = request.work_items.into_iter().map(WorkItemId::new).collect();
        self.end(&desk, thread, Outcome::Replied, items, Some(reply), Vec::new()).await
    }

    /// Ends a touch, whatever its outcome.
    pub(crate) async fn end(
        &self,
        desk: &Desk,
        thread: ThreadId,
        outcome: Outcome,
        items: Vec<WorkItemId>,
        reply: Option<Message>,
        notes: Vec<tern_store::Note>,
    ) -> Answer<Ended> {
        let undo = Duration::seconds(self.settings().undo_seconds.into());
        // The outbox goes by the server's clock, the seconds on the screen by this machine's.
        let (not_before, undo_until) = (desk.server_now() + undo, self.parts.clock.now() + undo);
        let what = match outcome {
            Outcome::Replied => "send",
            Outcome::Closed => "close",
            Outcome::PutBack { .. } => "put-back",
            Outcome::Routed { .. } => "route",
            Outcome::Call | Outcome::Called { .. } => "call",
            Outcome::Visit { .. } => "visit",
        };
        let entry = desk.audit(what, Some(format!("Communication/{thread}")));
        let author = desk.member.reference.clone();
        let ending = Ending { thread: thread.clone(), author, outcome, items, reply, notes, not_before };
        let at_work = self.at_work_since(desk);
        let ended = desk
            .write(move |writer| {
                writer.note_activity(&ending.author, at_work)?;
                let ended = writer.end_touch(&ending)?;
                writer.audit_and_send(&entry)?;
                Ok(ended)
            })
            .await?;
        desk.forget_reply_id(&thread);
        desk.engine.wake();
        Ok(Ended { undo: ended.group.to_string(), undo_until: undo_until.timestamp_millis() })
    }
}

/// The reply as it will leave.
fn reply(desk: &Desk, thread: &ThreadId, view: &ThreadView, id: MessageId, text: PrivateText) -> Answer<Message> {
    let answered = view
        .messages
        .iter()
        .rev()
        .map(|placed| &placed.message)
        .find(|message| message.sender.as_ref().is_some_and(|sender| sender.reference.kind().is_patient_side()));
    Ok(Message {
        thread: thread.clone(),
        identity: Some(format!("urn:uuid:{id}")),
        id,
        sender: Some(Party { reference: desk.member.reference.clone(), display: desk.member.name.clone() }),
        recipients: recipients(view)?,
        sent: desk.server_now(),
        received: None,
        text,
        in_response_to: answered.map(|message| message.id.clone()),
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: Vec::new(),
    })
}
