//! Discard a message that needs somebody: its text is thrown away and the envelope waits again.

use tern_inbox::ids::MessageId;

use crate::{desk::own_row, dto::MessageRequest, fail::Answer, program::Program};

impl Program {
    /// Discard a message that needs somebody: its text is thrown away and the envelope waits again.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::NotFound`] for a message that does not wait here,
    /// [`crate::dto::ErrorCode::TooLate`] for one that has left; [`crate::dto::ErrorCode::NotAllowed`],
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn message_discard(&self, request: MessageRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.may_hold().await?;
        let message = MessageId::new(request.message);
        let author = desk.member.reference.clone();
        desk.write(move |writer| {
            let row = own_row(&writer.read(), &message, &author)?;
            writer.outbox_discard(&row.id)
        })
        .await?;
        desk.engine.wake();
        Ok(())
    }
}
