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
        let view = desk.view(thread, mode).await?.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        self.still_shown(&desk)?;
        Ok(view)
    }

    /// The touch that is open: what comes up again after a restart, a reload or an unlock.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_current(&self) -> Answer<Option<TouchView>> {
        let desk = self.desk()?;
        let author = desk.member.reference.clone();
        let open = desk.read(move |reader| reader.open_touches(&author)).await?;
        let Some(touch) = open.into_iter().find(|touch| touch.state == Touch::Started) else { return Ok(None) };
        let view = desk.view(touch.thread, TouchMode::Started).await?;
        self.still_shown(&desk)?;
        Ok(view)
    }
}
