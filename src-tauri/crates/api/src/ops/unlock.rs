//! Unlock: with the PIN, or by signing in with the browser, which takes the PIN away.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::sign_in::OpenPage;
use crate::{
    dto::{ApiError, ErrorCode, LockKind, PinRequest, SignInFailure, UnlockResult},
    fail::Answer,
    ports::{Account, PinTried},
    program::{Locked, Program},
};

impl Program {
    /// Unlocks with the PIN.
    ///
    /// # Errors
    /// [`ErrorCode::Keyring`]; [`ErrorCode::TooLate`] when nothing is locked; what opening the file says.
    pub async fn unlock(self: &Arc<Self>, request: PinRequest) -> Answer<UnlockResult> {
        let _turn = self.turning.lock().await;
        let (kind, locked) = self.what_is_locked().ok_or_else(|| ApiError::new(ErrorCode::TooLate))?;
        let pin = Zeroizing::new(request.pin);
        let tried = self.parts.keys.try_pin(&locked.account, pin, self.parts.clock.now()).await?;
        let result = match tried {
            PinTried::Right => {
                self.open_locked(&locked).await?;
                return Ok(UnlockResult::Unlocked);
            }
            PinTried::Wrong => UnlockResult::WrongPin,
            PinTried::Wait => UnlockResult::Wait,
            PinTried::SignInNeeded => UnlockResult::BrowserNeeded,
        };
        self.publish_locked(kind, &locked).await;
        Ok(result)
    }

    /// Unlocks by signing in as the same person; how it goes is told by the session. Ends whatever sign-in was under
    /// way, and is ended by [`Program::sign_in_cancel`].
    ///
    /// # Errors
    /// [`ErrorCode::TooLate`] when nothing is locked.
    pub fn unlock_by_browser(self: &Arc<Self>, open_page: OpenPage) -> Answer<()> {
        let (_, locked) = self.what_is_locked().ok_or_else(|| ApiError::new(ErrorCode::TooLate))?;
        self.sign_in_cancel();
        let program = Arc::clone(self);
        tokio::spawn(async move {
            let page = Box::new(move |page: &str| open_page(page));
            let address = locked.account.address.clone();
            let came_back = tokio::select! {
                entered = program.parts.door.sign_in(address, page) => entered.map(|entered| entered.account),
                () = program.sign_in_cancelled.notified() => Err(SignInFailure::Cancelled),
            };
            // Only now: while the browser is open, the PIN may unlock, and quitting waits for nobody.
            let _turn = program.turning.lock().await;
            program.let_in(&locked, came_back).await;
        });
        Ok(())
    }

    /// Somebody came back from the browser, or nobody. What was locked may be open by now, or signed out.
    async fn let_in(self: &Arc<Self>, locked: &Locked, came_back: Result<Account, SignInFailure>) {
        let still = self.what_is_locked().filter(|(_, now)| is_same_person(&now.account, &locked.account));
        match came_back {
            Ok(account) if is_same_person(&account, &locked.account) => {
                if still.is_some() {
                    self.take_pin_away(&locked.account).await;
                    if self.open_locked(locked).await.is_ok() {
                        return;
                    }
                } else if !self.running_desk().is_some_and(|desk| is_same_person(&account, &desk.account)) {
                    // Signed out meanwhile: the token that the browser brought is nobody's.
                    self.parts.door.leave(&account).await;
                }
            }
            Ok(account) => {
                tracing::warn!("somebody else signed in: still locked");
                self.parts.door.leave(&account).await;
            }
            Err(failure) => tracing::info!(?failure, "still locked"),
        }
        if let Some((kind, locked)) = still {
            self.publish_locked(kind, &locked).await;
        }
    }

    fn what_is_locked(&self) -> Option<(LockKind, Locked)> {
        if let Some(desk) = self.screen_locked_desk() {
            let locked = Locked {
                account: desk.account.clone(),
                member: desk.member_card(),
                practice: desk.practice.clone(),
                unsent: 0,
            };
            return Some((LockKind::Screen, locked));
        }
        Some((LockKind::Deep, self.deep_locked()?))
    }

    async fn open_locked(self: &Arc<Self>, locked: &Locked) -> Answer<()> {
        if let Some(desk) = self.screen_locked_desk() {
            self.become_open(desk);
            return Ok(());
        }
        self.open_last(locked.account.clone(), &locked.member, locked.practice.clone())
            .await
            .map_err(|failure| ApiError::because(ErrorCode::Cache, format!("{failure:?}")))
    }

    /// Proven to be themselves by the practice: the PIN, which they may have forgotten, goes, and its wrong tries.
    async fn take_pin_away(&self, account: &Account) {
        if let Err(error) = self.parts.keys.remove_pin(account).await {
            tracing::warn!(%error, "the PIN could not be taken away");
        }
    }
}

/// Whether two sign-ins are of one person at one server.
pub(crate) fn is_same_person(one: &Account, other: &Account) -> bool {
    one.address.server == other.address.server && one.fhir_user == other.fhir_user
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use zeroize::Zeroizing;

    use crate::{
        dto::Session,
        ports::Keys as _,
        scene::{Machine, dr_osei},
    };

    #[tokio::test]
    async fn unlocking_by_browser_takes_the_forgotten_pin_away() {
        let machine = Machine::of_dr_osei();
        machine.keys.set_pin(&dr_osei(), Zeroizing::new("2580".into())).await.unwrap();
        let program = machine.start();
        program.resume().await;
        let mut session = program.watch_session();
        program.unlock_by_browser(Arc::new(|_: &str| {})).unwrap();
        session.wait_for(|session| matches!(session, Session::Open { .. })).await.unwrap();
        assert_eq!(machine.keys.pin(&dr_osei()), None);
    }
}
