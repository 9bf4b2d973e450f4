//! Read what is open: a started thread, or one that is peeked at.

use tern_inbox::{ids::ThreadId, rights::Deed, touch::Touch};

use crate::{
    dto::{ApiError, ErrorCode, ThreadRequest, TouchMode, TouchView},
    fail::Answer,
    program::Program,
};

impl Program {
    /// A started or peeked thread as it is now.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for a thread that is neither, or whose pool is not the member's any more: its text does
    /// not cross to the page;
    /// [`ErrorCode::NotFound`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_view(&self, request: ThreadRequest) -> Answer<TouchView> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let thread = ThreadId::new(request.thread);
        let mode = desk.mode_of(&thread).await?.ok_or_else(|| ApiError::new(ErrorCode::NotAllowed))?;
        // What one has started stays open wherever it went meanwhile, with what was typed; a look does not.
        if mode == TouchMode::Peeked {
            desk.case(&thread).await?.may_be_seen()?;
        }
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
        if desk.may(Deed::Read).await.is_err_and(|error| error.code == ErrorCode::NotAllowed) {
            return Ok(None);
        }
        let author = desk.member.reference.clone();
        let open = desk.read(move |reader| reader.open_touches(&author)).await?;
        let Some(touch) = open.into_iter().find(|touch| touch.state == Touch::Started) else { return Ok(None) };
        let view = desk.view(touch.thread, TouchMode::Started).await?;
        self.still_shown(&desk)?;
        Ok(view)
    }
}
