//! Quit: what only waits for its undo seconds leaves at once; the file is closed. With replies that would stay here
//! it says so first.

use std::sync::Arc;

use crate::{
    dto::{QuitRequest, QuitResult, UnsentOthers},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Sends what is ready or waits for its undo seconds (ten seconds at most), then closes the file; the program
    /// may end then. Where anything would stay behind and the person did not say that they may, nothing happens but
    /// that they are counted.
    ///
    /// # Errors
    /// What the cache says; the program may end all the same, nothing is lost.
    pub async fn quit(self: &Arc<Self>, request: QuitRequest) -> Answer<QuitResult> {
        if self.is_signing_in() {
            // It holds the turn for as long as the browser is out.
            self.sign_in_cancel();
        }
        let _turn = self.turning.lock().await;
        let Some(desk) = self.running_desk() else {
            return Ok(QuitResult { quits: true, unsent: 0, others: UnsentOthers::default() });
        };
        let (unsent, others) = (desk.would_stay().await, desk.others_that_would_stay().await);
        if (unsent > 0 || others != UnsentOthers::default()) && !request.with_unsent {
            return Ok(QuitResult { quits: false, unsent, others });
        }
        // Whoever is out to renew the session waits no longer.
        self.sign_in_cancel();
        Ok(QuitResult { quits: true, unsent: desk.leave().await, others })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        dto::{QuitRequest, QuitResult, Session, UnsentOthers},
        scene::Machine,
    };

    #[tokio::test]
    async fn quitting_says_what_would_stay_behind_and_stays_until_told() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        let desk = program.desk().unwrap();
        machine.reply_that_waits(&desk).await;
        let asked = program.quit(QuitRequest { with_unsent: false }).await.unwrap();
        assert_eq!(asked, QuitResult { quits: false, unsent: 1, others: UnsentOthers::default() });
        assert!(matches!(&*program.watch_session().borrow(), Session::Open { .. }));
        assert!(desk.read(|reader| reader.drafts()).await.is_ok(), "the desk is still open");
        let told = program.quit(QuitRequest { with_unsent: true }).await.unwrap();
        assert_eq!(told, QuitResult { quits: true, unsent: 1, others: UnsentOthers::default() });
    }
    #[tokio::test]
    async fn an_absence_that_nobody_has_been_told_of_is_counted() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        machine.absence_that_waits(&program.desk().unwrap()).await;
        let asked = program.quit(QuitRequest { with_unsent: false }).await.unwrap();
        assert_eq!(
            asked,
            QuitResult { quits: false, unsent: 0, others: UnsentOthers { absences: 1, ..UnsentOthers::default() } }
        );
        assert!(program.quit(QuitRequest { with_unsent: true }).await.unwrap().quits);
    }
}
