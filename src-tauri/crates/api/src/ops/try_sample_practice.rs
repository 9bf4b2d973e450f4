//! *Try the sample practice*: one click, no account of one's own.

use std::sync::Arc;

use super::sign_in::OpenPage;
use crate::{
    dto::{ApiError, ErrorCode, SignInFailure},
    fail::Answer,
    ports::Account,
    program::Program,
};

impl Program {
    /// Starts the sample practice beside the program and signs in to it.
    ///
    /// # Errors
    /// [`ErrorCode::SamplePracticeMissing`] where it is not installed. What happens later is told by the session.
    pub fn try_sample_practice(self: &Arc<Self>, open_page: OpenPage) -> Answer<()> {
        if !self.parts.sample_practice.is_installed() {
            return Err(ApiError::new(ErrorCode::SamplePracticeMissing));
        }
        let program = Arc::clone(self);
        tokio::spawn(async move {
            program.sign_in_cancel();
            {
                let _turn = program.turning.lock().await;
                if program.running_desk().is_some() {
                    return;
                }
                program.become_signing_in(None, None);
            }
            let data = program.profile.sample_practice_dir();
            let started = tokio::select! {
                started = program.parts.sample_practice.start(&data) => started.map_err(|_| SignInFailure::Unreachable),
                () = program.sign_in_cancelled.notified() => Err(SignInFailure::Cancelled),
            };
            match started {
                Ok(address) => program.sign_in_at(address, open_page).await,
                Err(failure) => program.become_signed_out(Some(failure)),
            }
        });
        Ok(())
    }

    /// Where the account is at the sample practice, that is started again, at the address that it had: closing Tern
    /// ended it.
    pub(crate) fn start_sample_practice_of(self: &Arc<Self>, account: &Account) {
        let data = self.profile.sample_practice_dir();
        if !account.address.ca_file.as_ref().is_some_and(|file| file.starts_with(&data)) {
            return;
        }
        let program = Arc::clone(self);
        tokio::spawn(async move {
            if program.parts.sample_practice.start(&data).await.is_ok() {
                program.sync_now();
            }
        });
    }
}
