//! Sign out: tokens are revoked and forgotten, the file and its key removed. What is not sent is listed first, and
//! keeps the file.

use std::sync::Arc;

use crate::{
    dto::{SignOutRequest, SignOutResult, UnsentOthers, UnsentReply},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Signs out, unless something is not sent and the person did not say that they may stay.
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
        let others = desk.unsent_others().await;
        if (!unsent.is_empty() || others != UnsentOthers::default()) && !request.with_unsent {
            return Ok(SignOutResult { signed_out: false, unsent, others });
        }
        let removed = desk.leave_for_good().await;
        self.parts.door.leave(&desk.account).await;
        // The key of a file that was set aside is this one too: it may be read one day.
        if removed && !self.has_set_aside(&desk.account) {
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
        Ok(SignOutResult { signed_out: true, unsent, others })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        dto::SignOutRequest,
        ports::{KeyError, Keys as _},
        scene::{Machine, dr_osei},
    };

    const AT_ONCE: SignOutRequest = SignOutRequest { with_unsent: false };

    #[tokio::test]
    async fn a_copy_of_what_the_server_has_goes_with_its_key() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        assert!(machine.cache_file().exists());
        assert!(program.sign_out(AT_ONCE).await.unwrap().signed_out);
        assert!(!machine.cache_file().exists());
        assert_eq!(machine.keys.cache_key(&dr_osei()).await.err(), Some(KeyError::Missing));
    }

    #[tokio::test]
    async fn what_lies_aside_keeps_its_key() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        std::fs::write(machine.cache_file().with_file_name("inbox-20261121-223045.set-aside"), "?").unwrap();
        assert!(program.sign_out(AT_ONCE).await.unwrap().signed_out);
        assert!(machine.keys.cache_key(&dr_osei()).await.is_ok());
    }

    #[tokio::test]
    async fn an_absence_that_is_not_sent_keeps_the_file_and_is_counted_first() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        machine.absence_that_waits(&program.desk().unwrap()).await;
        let asked = program.sign_out(AT_ONCE).await.unwrap();
        assert_eq!((asked.signed_out, asked.unsent.len(), asked.others.absences), (false, 0, 1));
        assert!(program.sign_out(SignOutRequest { with_unsent: true }).await.unwrap().signed_out);
        assert!(machine.cache_file().exists());
    }

    #[tokio::test]
    async fn a_reply_that_is_not_sent_keeps_the_file_and_is_named_first() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        machine.reply_that_waits(&program.desk().unwrap()).await;
        let asked = program.sign_out(AT_ONCE).await.unwrap();
        assert!(!asked.signed_out);
        assert_eq!(asked.unsent.len(), 1);
        assert!(program.sign_out(SignOutRequest { with_unsent: true }).await.unwrap().signed_out);
        assert!(machine.cache_file().exists());
        assert!(machine.keys.cache_key(&dr_osei()).await.is_ok());
    }
}
