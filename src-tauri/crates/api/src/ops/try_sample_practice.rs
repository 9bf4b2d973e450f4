//! *Try the sample practice*: one click, no account of one's own.

use std::sync::Arc;

use super::sign_in::OpenPage;
use crate::{
    dto::{ApiError, ErrorCode, SignInFailure},
    fail::Answer,
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
            program.become_signing_in(None, None);
            let data = program.profile.sample_practice_dir();
            match program.parts.sample_practice.start(&data).await {
                Ok(address) => program.sign_in_at(address, open_page).await,
                Err(_) => program.become_signed_out(Some(SignInFailure::Unreachable)),
            }
        });
        Ok(())
    }
}
