//! Start: take the item, then open it. A claim on the server that only one person can hold.

use std::time::Duration;

use tern_inbox::{ids::ThreadId, work_item::WorkItem};
use tern_sync::ClaimOutcome;

use crate::{
    dto::{ApiError, ErrorCode, Holder, StartResult, ThreadRequest, TouchMode},
    fail::Answer,
    program::Program,
};

/// How long the claim may take before the item opens as *not confirmed yet*.
const CLAIM_WAIT: Duration = Duration::from_millis(1500);

impl Program {
    /// Starts a touch. If somebody else was first, says who, and nothing opens. Offline it opens, and says that
    /// the claim is not confirmed yet.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] where there is nothing to start; [`ErrorCode::NotAllowed`] for what the member does not
    /// see, or may not answer, or may not take out of its pool;
    /// [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_start(&self, request: ThreadRequest) -> Answer<StartResult> {
        let desk = self.desk()?;
        // What was done before is none of this touch's time.
        self.touch_activity();
        let thread = ThreadId::new(request.thread);
        desk.case(&thread).await?.may_start()?;
        let (of_thread, author) = (thread.clone(), desk.member.reference.clone());
        let items: Vec<_> = desk
            .read(move |reader| reader.work_items(&of_thread))
            .await?
            .into_iter()
            .filter(|item| item.status.is_open())
            .map(|WorkItem { id, .. }| id)
            .collect();
        let entry = desk.audit("view", Some(format!("Communication/{thread}")));
        let (started, taken) = (thread.clone(), items.clone());
        let claims = desk
            .write(move |writer| {
                writer.audit_and_send(&entry)?;
                writer.start_touch(&started, &taken, &author)
            })
            .await?;
        match desk.engine.claim_now(&items, CLAIM_WAIT).await? {
            ClaimOutcome::Taken { by } => {
                desk.write(move |writer| writer.give_up_claims(&claims)).await?;
                let name = match &by {
                    Some(by) => desk.name_of(by).await?,
                    None => String::new(),
                };
                self.still_shown(&desk)?;
                let since = desk.server_now().timestamp_millis();
                return Ok(StartResult::Taken { holder: Holder { name, me: false, since, lapsed: false } });
            }
            ClaimOutcome::Ours | ClaimOutcome::Unconfirmed => {}
        }
        let touch = desk.view(thread, TouchMode::Started).await?.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        self.still_shown(&desk)?;
        Ok(StartResult::Started { touch: Box::new(touch) })
    }
}
