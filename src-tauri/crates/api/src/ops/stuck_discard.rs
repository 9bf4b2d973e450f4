//! Give up what the server refused to do with a work item.

use tern_inbox::ids::ThreadId;

use crate::{dto::ThreadRequest, fail::Answer, program::Program};

impl Program {
    /// Gives up closing, or putting back, what the server refused ([`crate::dto::TouchView::stuck`]): the work item
    /// stays as the server has it.
    ///
    /// # Errors
    /// As [`Program::stuck_retry`].
    pub async fn stuck_discard(&self, request: ThreadRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.may_hold().await?;
        let (thread, author) = (ThreadId::new(request.thread), desk.member.reference.clone());
        desk.write(move |writer| writer.stuck_discard(&thread, &author)).await?;
        desk.engine.wake();
        Ok(())
    }
}
