//! Close, no reply needed.

use tern_inbox::{
    ids::{ThreadId, WorkItemId},
    touch::Outcome,
};

use crate::{
    dto::{Ended, ThreadItemsRequest},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Closes the work items that were on screen.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::TooLate`] when the touch is not open; [`crate::dto::ErrorCode::NotAllowed`],
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_close(&self, request: ThreadItemsRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        let thread = ThreadId::new(request.thread);
        desk.case(&thread).await?.may_close(&request.work_items)?;
        let items = request.work_items.into_iter().map(WorkItemId::new).collect();
        self.end(&desk, thread, Outcome::Closed, items, None, Vec::new()).await
    }
}
