//! Try a message that needs somebody again.

use tern_inbox::ids::MessageId;

use crate::{desk::own_row, dto::MessageRequest, fail::Answer, program::Program};

impl Program {
    /// Try a message that needs somebody again.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::NotFound`] for a message that does not wait here,
    /// [`crate::dto::ErrorCode::TooLate`] for one that has left; [`crate::dto::ErrorCode::NotAllowed`],
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn message_retry(&self, request: MessageRequest) -> Answer<()> {
        let desk = self.desk()?;
        let message = MessageId::new(request.message);
        desk.may_send_again(&message).await?;
        let author = desk.member.reference.clone();
        desk.write(move |writer| {
            let row = own_row(&writer.read(), &message, &author)?;
            writer.outbox_retry(&row.id)
        })
        .await?;
        desk.engine.wake();
        Ok(())
    }
}
