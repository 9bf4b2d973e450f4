//! Keep what is typed: there after every crash, lock and restart.

use tern_inbox::ids::ThreadId;
use tern_store::Draft;

use crate::{
    dto::{ApiError, DraftSaveRequest, ErrorCode, TouchMode},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Keeps the text of the open touch as it is now; durable when this returns. Asks for no role: whoever lost theirs
    /// over the touch loses no word of it.
    ///
    /// # Errors
    /// [`ErrorCode::DiskFull`] with the draft before still there; [`ErrorCode::TooLate`] when the touch is not
    /// open (any more); [`ErrorCode::Locked`], [`ErrorCode::SignedOut`].
    pub async fn draft_save(&self, request: DraftSaveRequest) -> Answer<()> {
        let desk = self.desk()?;
        let thread = ThreadId::new(request.thread);
        if desk.mode_of(&thread).await? != Some(TouchMode::Started) {
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        let author = desk.member.reference.clone();
        let fresh = desk.reply_id(&thread);
        desk.write(move |writer| {
            let before = writer.read().draft(&thread, &author)?;
            let (message, in_response_to) = before.map_or((fresh, None), |draft| (draft.message, draft.in_response_to));
            let updated = writer.now();
            writer.save_draft(&Draft { thread, author, message, in_response_to, text: request.text.into(), updated })
        })
        .await
    }
}
