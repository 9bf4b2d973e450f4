//! Outcomes after which somebody else goes on: routed, on the call list, a visit is wanted.

use tern_inbox::{
    ids::{ThreadId, WorkItemId},
    private::PrivateText,
    touch::{self, Outcome},
};

use crate::{
    dto::{ApiError, CallResult, Ended, ErrorCode, HandOn, HandOnRequest},
    fail::Answer,
    note::note,
    ops::decide::person,
    program::Program,
};

impl Program {
    /// Ends the touch and hands its work items on. The draft stays where it is routed: whoever wrote it may be asked
    /// for it.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] where there is no work item that could be handed on; [`ErrorCode::NotFound`] for a
    /// pool or a person that is not known; [`ErrorCode::TooLate`] when the touch is not open;
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn touch_hand_on(&self, request: HandOnRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        let thread = ThreadId::new(request.thread);
        if request.work_items.is_empty() {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        let case = desk.case(&thread).await?;
        match &request.outcome {
            HandOn::Call { .. } => case.may_call()?,
            HandOn::Routed { .. } | HandOn::Visit { .. } => case.may_route()?,
        }
        let outcome = match request.outcome {
            HandOn::Routed { to } => Outcome::Routed { to: desk.destination(to).await? },
            HandOn::Call { result: None } => Outcome::Call,
            HandOn::Call { result: Some(result) } => Outcome::Called { result: call_result(result) },
            HandOn::Visit { pool: Some(pool) } => Outcome::Visit { pool: Some(desk.pool_named(&pool).await?) },
            HandOn::Visit { pool: None } => Outcome::Visit { pool: None },
        };
        let words = PrivateText::from(request.note);
        let said = if words.is_blank() {
            None
        } else {
            let about = thread.clone();
            let internal = desk.read(move |reader| reader.internal_threads(&about)).await?;
            let for_whom = match &outcome {
                Outcome::Routed { to } => person(to),
                _ => None,
            };
            Some(note(&desk, &thread, internal.first(), words, for_whom))
        };
        let items = request.work_items.into_iter().map(WorkItemId::new).collect();
        self.end(&desk, thread, outcome, items, None, said).await
    }
}

fn call_result(result: CallResult) -> touch::CallResult {
    match result {
        CallResult::Reached => touch::CallResult::Reached,
        CallResult::Voicemail => touch::CallResult::Voicemail,
        CallResult::WrongNumber => touch::CallResult::WrongNumber,
        CallResult::Letter => touch::CallResult::Letter,
    }
}
