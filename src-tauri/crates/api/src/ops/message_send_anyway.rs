//! Send anyway: the author has seen that somebody else answered, or holds the claim, and says it goes.

use tern_inbox::ids::MessageId;

use crate::{desk::own_row, dto::MessageRequest, fail::Answer, program::Program};

impl Program {
    /// Sends a reply that stands wedged because of somebody else. Audited.
    ///
    /// # Errors
    /// As [`Program::message_retry`].
    pub async fn message_send_anyway(&self, request: MessageRequest) -> Answer<()> {
        let desk = self.desk()?;
        let entry = desk.audit("send-anyway", Some(format!("Communication/{}", request.message)));
        let message = MessageId::new(request.message);
        desk.may_send_again(&message).await?;
        let author = desk.member.reference.clone();
        desk.write(move |writer| {
            let row = own_row(&writer.read(), &message, &author)?;
            writer.outbox_send_anyway(&row.id)?;
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(())
    }
}
