//! Try again what the server refused to do with a work item.

use tern_inbox::ids::ThreadId;

use crate::{dto::ThreadRequest, fail::Answer, program::Program};

impl Program {
    /// Tries again to close, or to put back, what the server refused ([`crate::dto::TouchView::stuck`]).
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::NotFound`] where nothing of the thread is stuck;
    /// [`crate::dto::ErrorCode::NotAllowed`], [`crate::dto::ErrorCode::Locked`],
    /// [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn stuck_retry(&self, request: ThreadRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.may_hold().await?;
        let (thread, author) = (ThreadId::new(request.thread), desk.member.reference.clone());
        desk.write(move |writer| writer.stuck_retry(&thread, &author)).await?;
        desk.engine.wake();
        Ok(())
    }
}
