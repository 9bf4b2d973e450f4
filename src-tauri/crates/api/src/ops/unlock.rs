//! Unlock: with the PIN, or by signing in with the browser, which takes the PIN away.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::sign_in::OpenPage;
use crate::{
    dto::{ApiError, ErrorCode, LockKind, PinRequest, SignInFailure, UnlockResult},
    fail::Answer,
    ports::{Account, PinTried},
    program::{Locked, Program, behind_the_screen_lock},
};

impl Program {
    /// Unlocks with the PIN.
    ///
    /// # Errors
    /// [`ErrorCode::Keyring`]; [`ErrorCode::TooLate`] when nothing is locked; what opening the file says.
    pub async fn unlock(self: &Arc<Self>, request: PinRequest) -> Answer<UnlockResult> {
        let _turn = self.turning.lock().await;
        let (kind, locked) = self.what_is_locked().await.ok_or_else(|| ApiError::new(ErrorCode::TooLate))?;
        let pin = Zeroizing::new(request.pin);
        let tried = self.parts.keys.try_pin(&locked.account, pin, self.parts.clock.now()).await?;
        let result = match tried {
            PinTried::Right => {
                self.open_locked(&locked).await.map_err(not_opened)?;
                return Ok(UnlockResult::Unlocked);
            }
            PinTried::Wrong => UnlockResult::WrongPin,
            PinTried::Wait => UnlockResult::Wait,
            PinTried::SignInNeeded => UnlockResult::BrowserNeeded,
        };
        self.publish_locked(kind, &locked, None).await;
        Ok(result)
    }

    /// Unlocks by signing in as the same person; how it goes is told by the session. Ends whatever sign-in was under
    /// way, and is ended by [`Program::sign_in_cancel`].
    ///
    /// # Errors
    /// [`ErrorCode::TooLate`] when nothing is locked.
    pub fn unlock_by_browser(self: &Arc<Self>, open_page: OpenPage) -> Answer<()> {
        let account = self.locked_account().ok_or_else(|| ApiError::new(ErrorCode::TooLate))?;
        self.sign_in_cancel();
        self.forget_failure();
        let program = Arc::clone(self);
        tokio::spawn(async move {
            let page = Box::new(move |page: &str| open_page(page));
            let came_back = tokio::select! {
                entered = program.parts.door.sign_in(account.address.clone(), page) => entered,
                // Whoever called it back knows: the person, a PIN, or the next attempt.
                () = program.sign_in_cancelled.notified() => return,
            };
            // Only now: while the browser is open, the PIN may unlock, and quitting waits for nobody.
            let _turn = program.turning.lock().await;
            program.let_in(&account, came_back.map(|entered| entered.account)).await;
        });
        Ok(())
    }

    /// Somebody came back from the browser, or nobody. What was locked may be open by now, or signed out.
    async fn let_in(self: &Arc<Self>, who: &Account, came_back: Result<Account, SignInFailure>) {
        let still = self.what_is_locked().await.filter(|(_, now)| is_same_person(&now.account, who));
        let (kind, locked) = match (still, came_back) {
            (Some((kind, locked)), Ok(account)) if is_same_person(&account, who) => {
                match self.open_locked(&locked).await {
                    Ok(()) => return self.take_pin_away(who).await,
                    Err(failure) => return self.publish_locked(kind, &locked, Some(failure)).await,
                }
            }
            (Some(still), Ok(account)) => {
                tracing::warn!("somebody else signed in: still locked");
                self.parts.door.leave(&account).await;
                still
            }
            (Some((kind, locked)), Err(failure)) => {
                tracing::info!(?failure, "still locked");
                return self.publish_locked(kind, &locked, Some(failure)).await;
            }
            (None, Ok(account)) => {
                // Signed out meanwhile: the token that the browser brought is nobody's.
                if !self.running_desk().is_some_and(|desk| is_same_person(&account, &desk.account)) {
                    self.parts.door.leave(&account).await;
                }
                return;
            }
            (None, Err(_)) => return,
        };
        self.publish_locked(kind, &locked, Some(SignInFailure::SomebodyElse)).await;
    }

    fn locked_account(&self) -> Option<Account> {
        self.screen_locked_desk()
            .map(|desk| desk.account.clone())
            .or_else(|| self.deep_locked().map(|locked| locked.account))
    }

    async fn what_is_locked(&self) -> Option<(LockKind, Locked)> {
        if let Some(desk) = self.screen_locked_desk() {
            return Some((LockKind::Screen, behind_the_screen_lock(&desk).await));
        }
        Some((LockKind::Deep, self.deep_locked()?))
    }

    async fn open_locked(self: &Arc<Self>, locked: &Locked) -> Result<(), SignInFailure> {
        if let Some(desk) = self.screen_locked_desk() {
            self.become_open(desk);
            return Ok(());
        }
        self.open_last(locked.account.clone(), &locked.member, locked.practice.clone()).await
    }

    /// Proven to be themselves by the practice: the PIN, which they may have forgotten, goes, and its wrong tries.
    async fn take_pin_away(&self, account: &Account) {
        if let Err(error) = self.parts.keys.remove_pin(account).await {
            tracing::warn!(%error, "the PIN could not be taken away");
        }
    }
}

/// The right PIN, and the file does not open.
fn not_opened(failure: SignInFailure) -> ApiError {
    let code = match failure {
        SignInFailure::Keyring => ErrorCode::Keyring,
        SignInFailure::DiskFull => ErrorCode::DiskFull,
        _ => ErrorCode::Cache,
    };
    ApiError::because(code, format!("{failure:?}"))
}

/// Whether two sign-ins are of one person at one server.
pub(crate) fn is_same_person(one: &Account, other: &Account) -> bool {
    one.address.server == other.address.server && one.fhir_user == other.fhir_user
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::Ordering};

    use zeroize::Zeroizing;

    use crate::{
        dto::{ErrorCode, PinRequest, Session, SignInFailure},
        ports::{Account, Keys as _},
        program::Program,
        scene::{Machine, dr_osei},
    };

    /// Dr Osei's machine behind the deep lock, with a PIN.
    async fn locked() -> (Machine, Arc<Program>) {
        let machine = Machine::of_dr_osei();
        machine.keys.make_cache_key(&dr_osei()).await.unwrap();
        machine.keys.set_pin(&dr_osei(), Zeroizing::new("2580".into())).await.unwrap();
        let program = machine.start();
        program.resume().await;
        (machine, program)
    }

    /// Unlocks with the browser; why it did not, if it did not.
    async fn by_browser(program: &Arc<Program>) -> Option<SignInFailure> {
        let mut session = program.watch_session();
        program.unlock_by_browser(Arc::new(|_: &str| {})).unwrap();
        let over =
            |session: &Session| matches!(session, Session::Open { .. } | Session::Locked { failure: Some(_), .. });
        match &*session.wait_for(over).await.unwrap() {
            Session::Locked { failure, .. } => *failure,
            _ => None,
        }
    }

    #[tokio::test]
    async fn unlocking_by_browser_takes_the_forgotten_pin_away() {
        let (machine, program) = locked().await;
        assert_eq!(by_browser(&program).await, None);
        let _turn = program.turning.lock().await;
        assert_eq!(machine.keys.pin(&dr_osei()), None);
    }

    #[tokio::test]
    async fn a_browser_that_does_not_unlock_says_why_and_leaves_the_pin() {
        let (machine, program) = locked().await;
        *machine.door.brings.lock().unwrap() = Err(SignInFailure::TimedOut);
        assert_eq!(by_browser(&program).await, Some(SignInFailure::TimedOut));

        let mia = Account { fhir_user: "Practitioner/mia".into(), ..dr_osei() };
        *machine.door.brings.lock().unwrap() = Ok(mia.clone());
        assert_eq!(by_browser(&program).await, Some(SignInFailure::SomebodyElse));
        assert_eq!(*machine.door.left.lock().unwrap(), [mia]);

        *machine.door.brings.lock().unwrap() = Ok(dr_osei());
        machine.keys.no_cache_key.store(true, Ordering::SeqCst);
        assert_eq!(by_browser(&program).await, Some(SignInFailure::Keyring));
        assert_eq!(machine.keys.pin(&dr_osei()).as_deref(), Some("2580"));
    }

    #[tokio::test]
    async fn the_right_pin_before_a_shut_keyring_says_what_is_shut() {
        let (machine, program) = locked().await;
        machine.keys.no_cache_key.store(true, Ordering::SeqCst);
        let error = program.unlock(PinRequest { pin: "2580".into() }).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Keyring);
        machine.keys.no_cache_key.store(false, Ordering::SeqCst);
        program.unlock(PinRequest { pin: "2580".into() }).await.unwrap();
        assert!(program.desk().is_ok());
    }
}
