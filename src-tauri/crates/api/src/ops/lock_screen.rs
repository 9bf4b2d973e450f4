//! Lock: by key, by idle time, before the machine sleeps.

use std::sync::Arc;

use crate::{
    dto::LockKind,
    lock,
    program::{Locked, Program},
};

/// What a deep lock left behind, for the notice that stays: numbers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeeplyLocked {
    /// Replies that the server does not have.
    pub unsent: u32,
}

impl Program {
    /// Takes the contents off the screen; the engine goes on.
    pub async fn lock_screen(self: &Arc<Self>) {
        let _turn = self.turning.lock().await;
        if let Ok(desk) = self.desk() {
            self.become_screen_locked(desk).await;
        }
    }

    /// Sends what is ready (ten seconds at most), wipes the key, closes the file.
    pub async fn lock_deeply(self: &Arc<Self>) -> Option<DeeplyLocked> {
        let _turn = self.turning.lock().await;
        let desk = self.running_desk()?;
        // The page goes dark first: nobody reads on while the last replies leave.
        self.become_screen_locked(Arc::clone(&desk)).await;
        let unsent = desk.leave().await;
        let (account, member, practice) = (desk.account.clone(), desk.member_card(), desk.practice.clone());
        let locked = Locked { account, member, practice, unsent };
        self.become_deep_locked(locked).await;
        Some(DeeplyLocked { unsent })
    }

    /// The machine goes to sleep: locks deeply where the settings, or policy, say so.
    pub async fn lock_for_sleep(self: &Arc<Self>) -> Option<DeeplyLocked> {
        if self.settings().deep_lock_on_sleep { self.lock_deeply().await } else { None }
    }

    /// Locks what is due; called every few seconds.
    pub async fn lock_if_due(self: &Arc<Self>) -> Option<DeeplyLocked> {
        self.running_desk()?;
        match lock::due(self.parts.clock.now(), self.last_activity(), &self.settings()) {
            Some(LockKind::Deep) => self.lock_deeply().await,
            Some(LockKind::Screen) => {
                self.lock_screen().await;
                None
            }
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        dto::{LockKind, Session, Settings},
        scene::Machine,
    };

    #[tokio::test]
    async fn before_sleep_the_file_is_closed_where_policy_says_so() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        assert_eq!(program.lock_for_sleep().await, None);
        assert!(program.desk().is_ok());

        program.settings_save(Settings { deep_lock_on_sleep: true, ..Settings::default() }).unwrap();
        assert!(program.lock_for_sleep().await.is_some());
        let session = program.watch_session().borrow().clone();
        assert!(matches!(session, Session::Locked { lock: LockKind::Deep, .. }), "{session:?}");
    }
}
