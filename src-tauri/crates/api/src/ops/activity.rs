//! The person is working: the server is asked more often, the idle lock waits, and the time counts for what is open.

use tern_inbox::handling;

use crate::{desk::Desk, program::Program};

impl Program {
    /// A key or the pointer moved; the screen says so at most every five seconds. A time at work that could not be
    /// written down is a worse estimate and nothing more.
    pub async fn activity(&self) {
        let Some(desk) = self.running_desk() else { return self.touch_activity() };
        let seconds = self.at_work_since(&desk);
        desk.engine.activity();
        if seconds == 0 {
            return;
        }
        let author = desk.member.reference.clone();
        let (cache, now) = (desk.cache.clone(), desk.server_now());
        let noted =
            tokio::task::spawn_blocking(move || cache.write_bulk(now, |writer| writer.note_activity(&author, seconds)));
        if !matches!(noted.await, Ok(Ok(()))) {
            tracing::warn!("the time at work could not be written down");
        }
    }

    /// There is a sign of activity now: whole seconds at work since the last one. What is less is kept for the next.
    pub(crate) fn at_work_since(&self, desk: &Desk) -> u32 {
        let before = self.last_activity();
        self.touch_activity();
        let mut rest = desk.active_rest();
        let millis = *rest + handling::active_millis(before, self.last_activity());
        *rest = millis % 1000;
        u32::try_from(millis / 1000).unwrap_or_default()
    }
}
