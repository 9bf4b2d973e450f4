//! What was open the last time opens again: closing the program does not sign out.

use std::sync::Arc;

use tern_inbox::{
    member::{Member, Role},
    party::PartyRef,
};

use crate::{
    dto::{MemberCard, SignInFailure},
    opening::{Entrant, Told},
    ports::Account,
    profile::LastAccount,
    program::{Locked, Program},
};

impl Program {
    /// Opens what was open the last time. With a PIN, and where the screen was locked when the program ended, it starts
    /// behind the deep lock; else the system's own session is the guard. Reaches for no server, so it also works offline.
    pub async fn resume(self: &Arc<Self>) {
        let _turn = self.turning.lock().await;
        let Some(mut last) = self.profile.last_account().filter(|last| last.signed_in) else { return };
        if let Some(preset) = &self.preset {
            if preset.server != last.account.address.server {
                return;
            }
            // The same practice; its certificates may lie elsewhere by now.
            if preset.ca_file.is_some() {
                last.account.address.ca_file.clone_from(&preset.ca_file);
            }
        }
        self.start_sample_practice_of(&last.account);
        match self.parts.keys.pin_state(&last.account, self.parts.clock.now()).await {
            Ok(pin) if pin.is_set || last.locked => {
                self.become_deep_locked(locked(&last)).await;
                return;
            }
            Ok(_) => {}
            // Whether there is a PIN is not known, so nothing opens: a slow keyring is no way around one.
            Err(error) => {
                tracing::warn!(%error, "whether there is a PIN is not known: nothing opens");
                self.become_signed_out(Some(SignInFailure::Keyring));
                return;
            }
        }
        if let Err(failure) = self.open_last(last.account, &last.member, last.practice).await {
            self.become_signed_out(Some(failure));
        }
    }

    /// Opens an account that signed in before.
    pub(crate) async fn open_last(
        self: &Arc<Self>,
        account: Account,
        member: &MemberCard,
        practice: String,
    ) -> Result<(), SignInFailure> {
        let server = self.parts.door.resume(&account).await?;
        let fhir_user = PartyRef::new(account.fhir_user.clone());
        let member = remembered(member, fhir_user);
        let entrant = Entrant { account, member, told: Told::AtTheLastSignIn, practice, server };
        let desk = self.open_desk(entrant).await?;
        self.become_open(desk);
        Ok(())
    }
}

fn locked(last: &LastAccount) -> Locked {
    Locked { account: last.account.clone(), member: last.member.clone(), practice: last.practice.clone(), unsent: 0 }
}

/// The member as they were when they signed in; what the server says since comes with the next pull.
fn remembered(card: &MemberCard, fhir_user: PartyRef) -> Member {
    let role = match card.role.as_str() {
        "physician" => Role::Physician,
        "nurse" => Role::Nurse,
        "ma" => Role::Ma,
        "front-office" => Role::FrontOffice,
        "triage-lead" => Role::TriageLead,
        "it" => Role::It,
        _ => Role::Unknown,
    };
    let reference = PartyRef::new(card.reference.clone());
    Member {
        practitioner: (fhir_user != reference).then_some(fhir_user),
        reference,
        name: card.name.clone().into(),
        role,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use zeroize::Zeroizing;

    use crate::{
        dto::{LockKind, QuitRequest, Session, SignInFailure},
        ports::Keys as _,
        scene::{Machine, dr_osei},
    };

    #[tokio::test]
    async fn what_was_open_opens_again_and_with_a_pin_behind_the_deep_lock() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        assert!(matches!(&*program.watch_session().borrow(), Session::Open { .. }));
        program.quit(QuitRequest { with_unsent: false }).await.unwrap();

        machine.keys.set_pin(&dr_osei(), Zeroizing::new("2580".into())).await.unwrap();
        let program = machine.start();
        program.resume().await;
        let session = program.watch_session().borrow().clone();
        assert!(matches!(session, Session::Locked { lock: LockKind::Deep, has_pin: true, .. }), "{session:?}");
    }

    #[tokio::test]
    async fn ending_the_program_is_no_way_around_a_lock() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        program.lock_screen().await;
        // The process dies.
        program.running_desk().unwrap().cache.close();
        drop(program);
        let program = machine.start();
        program.resume().await;
        let session = program.watch_session().borrow().clone();
        assert!(matches!(session, Session::Locked { lock: LockKind::Deep, has_pin: false, .. }), "{session:?}");
    }

    #[tokio::test]
    async fn a_keyring_that_does_not_say_whether_there_is_a_pin_opens_nothing() {
        let machine = Machine::of_dr_osei();
        machine.keys.make_cache_key(&dr_osei()).await.unwrap();
        machine.keys.set_pin(&dr_osei(), Zeroizing::new("2580".into())).await.unwrap();
        // Too slow for the first question, fast enough for the key.
        machine.keys.slow_on_pins.store(true, Ordering::SeqCst);
        let program = machine.start();
        program.resume().await;
        let session = program.watch_session().borrow().clone();
        assert!(matches!(session, Session::SignedOut { failure: Some(SignInFailure::Keyring), .. }), "{session:?}");
    }
}
