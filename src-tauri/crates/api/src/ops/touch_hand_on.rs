//! Outcomes after which somebody else goes on: routed, on the call list, a visit is wanted.

use tern_inbox::{
    ids::{ThreadId, WorkItemId},
    message::Authorship,
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
    /// Ends the touch and hands its work items on. Where it is routed, the draft goes along, as a message inside the
    /// practice that names its author: whoever goes on can go on from it. A call or a visit leaves it where it is.
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
        let for_whom = match &outcome {
            Outcome::Routed { to } => person(to),
            _ => None,
        };
        let words = PrivateText::from(request.note);
        let draft = match &outcome {
            Outcome::Routed { .. } => desk.draft(&thread).await?,
            _ => None,
        };
        let mut said = Vec::new();
        let mut beside = desk.internal_thread(&thread).await?;
        for (words, authorship) in [(Some(words), Authorship::Person), (draft, Authorship::Draft)] {
            if let Some(words) = words.filter(|words| !words.is_blank()) {
                let mut note = note(&desk, &thread, beside.as_ref(), words, for_whom);
                note.message.authorship = authorship;
                beside = beside.or_else(|| note.open.clone());
                said.push(note);
            }
        }
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
