//! Sign in at a practice, through the system's browser.

use std::sync::Arc;

use crate::{
    dto::{ApiError, ErrorCode, SignInFailure, SignInRequest},
    fail::Answer,
    ports::Address,
    program::Program,
};

/// Opens an address in the system's browser.
pub type OpenPage = Arc<dyn Fn(&str) + Send + Sync>;

impl Program {
    /// Starts a sign-in; how it goes is told by the session. Ends whatever sign-in was under way.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] for an address that is none.
    pub fn sign_in(self: &Arc<Self>, request: SignInRequest, open_page: OpenPage) -> Answer<()> {
        let server = request.server.trim();
        if server.is_empty() || server.contains(char::is_whitespace) {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        let ca_file = request.ca_file.map(|file| file.trim().to_owned()).filter(|file| !file.is_empty());
        let address = Address { server: server.to_owned(), ca_file: ca_file.map(Into::into) };
        let program = Arc::clone(self);
        tokio::spawn(async move { program.sign_in_at(address, open_page).await });
        Ok(())
    }

    /// Stops the sign-in that is under way.
    pub fn sign_in_cancel(&self) {
        self.sign_in_cancelled.notify_waiters();
    }

    /// The address of the sign-in page, while one is open.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] when no sign-in waits for the browser.
    pub fn sign_in_page_open(&self, open_page: &OpenPage) -> Answer<()> {
        let page = self.sign_in_page().ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        open_page(&page);
        Ok(())
    }

    /// The whole way in at an address.
    pub(crate) async fn sign_in_at(self: Arc<Self>, address: Address, open_page: OpenPage) {
        self.sign_in_cancel();
        let _turn = self.turning.lock().await;
        if self.running_desk().is_some() {
            return;
        }
        self.become_signing_in(Some(address.server.clone()), None);
        match self.enter(address, open_page).await {
            Ok(desk) => self.become_open(desk),
            Err(failure) => self.become_signed_out(Some(failure)),
        }
    }

    /// Through the door and to the desk, unless the person cancels.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        address: Address,
        open_page: OpenPage,
    ) -> Result<Arc<crate::desk::Desk>, SignInFailure> {
        let server = address.server.clone();
        let shown = Arc::clone(self);
        let page = Box::new(move |page: &str| {
            if shown.is_signing_in() {
                shown.become_signing_in(Some(server.clone()), Some(page.to_owned()));
            }
            open_page(page);
        });
        let entering = async { self.open_entered(self.parts.door.sign_in(address, page).await?).await };
        tokio::select! {
            entered = entering => entered,
            () = self.sign_in_cancelled.notified() => Err(SignInFailure::Cancelled),
        }
    }
}
