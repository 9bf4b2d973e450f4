//! Take a message that needs somebody back into the composer.

use tern_inbox::ids::MessageId;
use uuid::Uuid;

use crate::{
    desk::own_row,
    dto::{MessageRequest, ThreadRequest},
    fail::Answer,
    program::Program,
};

impl Program {
    /// The reply is a draft again, under a new id (the old one may be on the server after all), and the touch is
    /// open again unless its claim was lost.
    ///
    /// # Errors
    /// As [`Program::message_retry`].
    pub async fn message_edit(&self, request: MessageRequest) -> Answer<ThreadRequest> {
        let desk = self.desk()?;
        desk.may_hold().await?;
        let message = MessageId::new(request.message);
        let author = desk.member.reference.clone();
        let draft = desk
            .write(move |writer| {
                let row = own_row(&writer.read(), &message, &author)?;
                writer.outbox_edit(&row.id, MessageId::from(Uuid::now_v7()))
            })
            .await?;
        desk.engine.wake();
        Ok(ThreadRequest { thread: draft.thread.to_string() })
    }
}
