//! Sign out: tokens are revoked and forgotten, the file and its key removed. What is not sent is listed first, and
//! keeps the file.

use std::sync::Arc;

use crate::{
    dto::{SignOutRequest, SignOutResult, UnsentReply},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Signs out, unless replies are not sent and the person did not say that they may stay.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::SignedOut`], [`crate::dto::ErrorCode::Locked`], or what the cache says.
    pub async fn sign_out(self: &Arc<Self>, request: SignOutRequest) -> Answer<SignOutResult> {
        let _turn = self.turning.lock().await;
        let desk = self.desk()?;
        let author = desk.member.reference.clone();
        let unsent: Vec<UnsentReply> = desk
            .read(move |reader| reader.unsent_replies(&author))
            .await?
            .into_iter()
            .map(|reply| UnsentReply {
                thread: reply.thread.to_string(),
                patient_name: reply.patient_name.into_revealed(),
                written: reply.written.timestamp_millis(),
            })
            .collect();
        if !unsent.is_empty() && !request.with_unsent {
            return Ok(SignOutResult { signed_out: false, unsent });
        }
        let removed = desk.leave_for_good().await;
        self.parts.door.leave(&desk.account).await;
        if removed {
            if let Err(error) = self.parts.keys.forget_cache_key(&desk.account).await {
                tracing::warn!(%error, "the key of a cache that is gone stays in the keyring");
            }
            self.profile.remove_account_dir(&desk.account);
        }
        if let Some(mut last) = self.profile.last_account() {
            last.signed_in = false;
            self.profile.keep_last_account(&last)?;
        }
        self.become_signed_out(None);
        Ok(SignOutResult { signed_out: true, unsent })
    }
}
