//! Quit: what only waits for its undo seconds leaves at once; the file is closed.

use std::sync::Arc;

use crate::{fail::Answer, program::Program};

impl Program {
    /// Replies that would stay behind if the program ended now: those that do not just wait for their seconds.
    pub async fn unsent(&self) -> u32 {
        match self.running_desk() {
            Some(desk) => desk.unsent().await,
            None => 0,
        }
    }

    /// Sends what is ready or waits for its undo seconds (ten seconds at most), then closes the file.
    ///
    /// # Errors
    /// What the cache says; the program may end all the same, nothing is lost.
    pub async fn quit(self: &Arc<Self>) -> Answer<()> {
        let _turn = self.turning.lock().await;
        let Some(desk) = self.running_desk() else { return Ok(()) };
        desk.leave().await;
        Ok(())
    }
}
