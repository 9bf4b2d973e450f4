//! Take an outcome back, while nothing of it has left.

use tern_inbox::ids::OutboxId;

use crate::{
    dto::{UndoRequest, Undone},
    fail::Answer,
    program::Program,
};

impl Program {
    /// The touch is open again and the text is a draft again.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::TooLate`] once anything of it was taken by the outbox;
    /// [`crate::dto::ErrorCode::NotFound`], [`crate::dto::ErrorCode::Locked`],
    /// [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn undo(&self, request: UndoRequest) -> Answer<Undone> {
        let desk = self.desk()?;
        let group = OutboxId::new(request.undo);
        let entry = desk.audit("undo", None);
        let undone = desk
            .write(move |writer| {
                let undone = writer.undo(&group)?;
                writer.audit_and_send(&entry)?;
                Ok(undone)
            })
            .await?;
        Ok(Undone { threads: undone.threads.iter().map(ToString::to_string).collect() })
    }
}
