//! Peek: look without taking. Counted and audited.

use tern_inbox::ids::ThreadId;

use crate::{
    dto::{ApiError, ErrorCode, ThreadRequest, TouchMode, TouchView},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Opens a thread for reading only; the audit has it before the text crosses to the page.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for a thread that the member does not see; [`ErrorCode::NotFound`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or
    /// what the cache says.
    pub async fn peek(&self, request: ThreadRequest) -> Answer<TouchView> {
        let desk = self.desk()?;
        let thread = ThreadId::new(request.thread);
        desk.case(&thread).await?.may_be_seen()?;
        let entry = desk.audit("peek", Some(format!("Communication/{thread}")));
        desk.write(move |writer| writer.audit_and_send(&entry)).await?;
        desk.peeking(&thread, true);
        let view = desk.view(thread, TouchMode::Peeked).await?.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        self.still_shown(&desk)?;
        Ok(view)
    }

    /// Stops looking.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`], [`ErrorCode::SignedOut`].
    pub async fn peek_end(&self, request: ThreadRequest) -> Answer<()> {
        self.desk()?.peeking(&ThreadId::new(request.thread), false);
        Ok(())
    }
}
