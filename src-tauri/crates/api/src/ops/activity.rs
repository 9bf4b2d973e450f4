//! The person is working: the server is asked more often, and the idle lock waits.

use crate::program::Program;

impl Program {
    /// A key or the pointer moved; the screen says so at most every five seconds.
    pub fn activity(&self) {
        self.touch_activity();
        if let Some(desk) = self.running_desk() {
            desk.engine.activity();
        }
    }
}
