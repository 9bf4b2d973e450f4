//! Sign in at a practice, through the system's browser.

use std::sync::Arc;

use tern_sync::status::Connection;

use super::unlock::is_same_person;
use crate::{
    desk::Desk,
    dto::{ApiError, ErrorCode, SignInFailure, SignInRequest},
    fail::Answer,
    ports::Address,
    program::Program,
};

/// Opens an address in the system's browser.
pub type OpenPage = Arc<dyn Fn(&str) + Send + Sync>;

impl Program {
    /// Starts a sign-in; how it goes is told by the session. Ends whatever sign-in was under way. With a desk open
    /// whose session ended, the session is renewed.
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
        if let Some(desk) = self.running_desk() {
            self.renew(&desk, open_page).await;
            return;
        }
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

    /// The session of an open desk ended: the same person signs in anew, and the desk goes on from its file, with
    /// what waits in it. Its file stays open all the while, so the window stays as it is, and words typed in it are
    /// kept, whatever comes of it.
    async fn renew(self: &Arc<Self>, desk: &Arc<Desk>, open_page: OpenPage) {
        if desk.engine.status().borrow().connection != Connection::SignInAgain {
            return;
        }
        self.forget_failure();
        // Where the account is, whatever the window asked for: its CA file is known here.
        let address = desk.account.address.clone();
        let page = Box::new(move |page: &str| open_page(page));
        let entered = tokio::select! {
            entered = self.parts.door.sign_in(address, page) => entered,
            () = self.sign_in_cancelled.notified() => return,
        };
        // Only now: while the browser is open, the screen may still have to be locked.
        let _turn = self.turning.lock().await;
        if !self.running_desk().is_some_and(|open| Arc::ptr_eq(&open, desk)) {
            return;
        }
        let failure = match entered {
            Ok(entered) if is_same_person(&entered.account, &desk.account) => {
                match self.renew_entered(entered, desk).await {
                    Ok(desk) => return self.become_open(desk),
                    // The desk is what it was, with its file open: what was typed meanwhile is kept.
                    Err(failure) => failure,
                }
            }
            Ok(entered) => {
                tracing::warn!("somebody else signed in: this desk stays its member's");
                self.parts.door.leave(&entered.account).await;
                SignInFailure::SomebodyElse
            }
            Err(failure) => {
                tracing::info!(?failure, "the session is not renewed");
                failure
            }
        };
        // Behind the screen lock it will be said anew when somebody tries again.
        if self.desk().is_ok() {
            self.publish_open(desk, Some(failure));
        }
    }

    /// Through the door and to the desk, unless the person cancels.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        address: Address,
        open_page: OpenPage,
    ) -> Result<Arc<Desk>, SignInFailure> {
        let server = address.server.clone();
        let shown = Arc::clone(self);
        let page = Box::new(move |page: &str| {
            if shown.is_signing_in() {
                shown.become_signing_in(Some(server.clone()), Some(page.to_owned()));
            }
            open_page(page);
        });
        let entered = tokio::select! {
            entered = self.parts.door.sign_in(address, page) => entered?,
            () = self.sign_in_cancelled.notified() => return Err(SignInFailure::Cancelled),
        };
        let account = entered.account.clone();
        tokio::select! {
            desk = self.open_entered(entered) => desk,
            () = self.sign_in_cancelled.notified() => {
                // Through the door already: its token is kept, and nobody wants it any more.
                self.parts.door.leave(&account).await;
                Err(SignInFailure::Cancelled)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{
        dto::{DraftSaveRequest, Session, SignInFailure},
        ports::Unanswered,
        scene::{Machine, dr_osei},
    };

    #[tokio::test]
    async fn words_typed_are_kept_while_a_session_is_renewed_and_when_that_comes_to_nothing() {
        let machine = Machine::of_dr_osei();
        *machine.door.resumed.lock().unwrap() = Unanswered::SignInAgain;
        let program = machine.start();
        program.resume().await;
        let desk = program.desk().unwrap();
        machine.reply_that_waits(&desk).await;
        let mut session = program.watch_session();
        let ended = |session: &Session| matches!(session, Session::Open { sign_in_again: true, .. });
        session.wait_for(ended).await.unwrap();

        // The browser brings her back, and then nobody answers.
        Arc::clone(&program).sign_in_at(dr_osei().address, Arc::new(|_: &str| {})).await;
        let failed = Some(SignInFailure::Unreachable);
        let now = session.borrow().clone();
        assert!(matches!(now, Session::Open { failure, sign_in_again: true, .. } if failure == failed), "{now:?}");
        assert!(Arc::ptr_eq(&program.desk().unwrap(), &desk), "the desk is what it was");
        let author = desk.member.reference.clone();
        desk.write(move |writer| writer.start_touch(&"t1".into(), &[], &author)).await.unwrap();
        let typed = DraftSaveRequest { thread: "t1".into(), text: "Call us if the fever comes back.".into() };
        program.draft_save(typed).await.unwrap();
    }

    #[tokio::test]
    async fn a_sign_in_that_comes_to_nothing_leaves_no_token_behind() {
        let machine = Machine::new();
        let program = machine.start();
        Arc::clone(&program).sign_in_at(dr_osei().address, Arc::new(|_: &str| {})).await;
        let session = program.watch_session().borrow().clone();
        let failed = Some(SignInFailure::Unreachable);
        assert!(matches!(session, Session::SignedOut { failure, .. } if failure == failed), "{session:?}");
        assert_eq!(*machine.door.left.lock().unwrap(), [dr_osei()]);
    }
}
