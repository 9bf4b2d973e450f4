//! Read what is open: a started thread, or one that is peeked at.

use tern_inbox::{ids::ThreadId, touch::Touch};

use crate::{
    dto::{ApiError, ErrorCode, ThreadRequest, TouchMode, TouchView},
    fail::Answer,
    program::Program,
    rights::Deed,
};

impl Program {
    /// A started or peeked thread as it is now.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for a thread that is neither: its text does not cross to the page;
    /// [`ErrorCode::NotFound`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_view(&self, request: ThreadRequest) -> Answer<TouchView> {
        let desk = self.desk()?;
        desk.may(Deed::Read)?;
        let thread = ThreadId::new(request.thread);
        let mode = desk.mode_of(&thread).await?.ok_or_else(|| ApiError::new(ErrorCode::NotAllowed))?;
        desk.view(thread, mode).await?.ok_or_else(|| ApiError::new(ErrorCode::NotFound))
    }

    /// The touch that is open: what comes up again after a restart, a reload or an unlock.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_current(&self) -> Answer<Option<TouchView>> {
        let desk = self.desk()?;
        let author = desk.member.reference.clone();
        let open = desk.read(move |reader| reader.open_touches(&author)).await?;
        match open.into_iter().find(|touch| touch.state == Touch::Started) {
            Some(touch) => desk.view(touch.thread, TouchMode::Started).await,
            None => Ok(None),
        }
    }
}
