//! Put back, with a reason. The reason goes into the internal thread beside the patient's, never onto the Task:
//! a portal may show whatever is in the patient's compartment.

use tern_inbox::{ids::ThreadId, private::PrivateText, touch::Outcome};

use crate::{
    dto::{ApiError, Ended, ErrorCode, PutBackRequest},
    fail::Answer,
    note::note,
    program::Program,
};

impl Program {
    /// Gives the item back to its pool; the draft is kept.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`] without a reason; [`ErrorCode::TooLate`] when the touch is not open;
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_put_back(&self, request: PutBackRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        desk.may_hold().await?;
        let reason = PrivateText::from(request.reason);
        if reason.is_blank() {
            return Err(ApiError::new(ErrorCode::Empty));
        }
        let thread = ThreadId::new(request.thread);
        let of_thread = thread.clone();
        let items = desk.read(move |reader| reader.work_items(&of_thread)).await?;
        let items = items.into_iter().filter(|item| item.status.is_open()).map(|item| item.id).collect();
        let beside = desk.internal_thread(&thread).await?;
        let note = note(&desk, &thread, beside.as_ref(), reason.clone(), None);
        self.end(&desk, thread, Outcome::PutBack { reason }, items, None, vec![note]).await
    }
}
