//! Decided on the list: routed, given to somebody, more or less urgent. A decision on envelopes, not a touch.

use std::sync::Arc;

use chrono::Duration;
use tern_inbox::{ids::ThreadId, moves::Move, party::PartyRef, private::PrivateText, touch};
use tern_store::{AuditEntry, Moving};

use crate::{
    desk::Desk,
    dto::{ApiError, DecideRequest, Decided, Decision, Ended, ErrorCode},
    fail::Answer,
    note::note,
    program::Program,
    rights::Case,
    show,
};

/// Rows of one decision at most: more than anybody looks through at once.
const MOST_ROWS: usize = 200;

impl Program {
    /// Moves what is open of some threads, as one decision: undone as one while its seconds last. What somebody else
    /// is at work on stays, and is named.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`] for a lowering without a reason; [`ErrorCode::Invalid`] for too many rows;
    /// [`ErrorCode::NotFound`] for a pool or a person that is not known; [`ErrorCode::NotAllowed`],
    /// [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn decide(&self, request: DecideRequest) -> Answer<Decided> {
        let desk = self.desk()?;
        if request.threads.len() > MOST_ROWS {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        let threads: Vec<ThreadId> = request.threads.into_iter().map(ThreadId::new).collect();
        let cases = desk.cases(&threads).await?;
        let (change, words, action) = match request.decision {
            Decision::Route { to, note } => {
                cases.iter().try_for_each(Case::may_route)?;
                (desk.destination(to).await?.into(), note, "route")
            }
            Decision::Urgency { level, reason } => {
                let urgency = show::urgency_of(level);
                cases.iter().try_for_each(|case| case.may_set_urgency(urgency))?;
                if reason.trim().is_empty() && cases.iter().any(|case| case.lowers(urgency)) {
                    return Err(ApiError::new(ErrorCode::Empty));
                }
                (Move::Urgency { urgency, lowered: None }, reason, "urgency")
            }
        };
        self.carry_out(&desk, threads, change, PrivateText::from(words), action).await
    }

    async fn carry_out(
        &self,
        desk: &Arc<Desk>,
        threads: Vec<ThreadId>,
        change: Move,
        words: PrivateText,
        action: &str,
    ) -> Answer<Decided> {
        let undo = Duration::seconds(self.settings().undo_seconds.into());
        let (not_before, undo_until) = (desk.server_now() + undo, self.parts.clock.now() + undo);
        let for_whom = match &change {
            Move::Member { member } => Some(member.clone()),
            _ => None,
        };
        let mut notes = Vec::new();
        if !words.is_blank() {
            for thread in &threads {
                let about = thread.clone();
                let internal = desk.read(move |reader| reader.internal_threads(&about)).await?;
                notes.push(note(desk, thread, internal.first(), words.clone(), for_whom.as_ref()));
            }
        }
        let entries: Vec<AuditEntry> =
            threads.iter().map(|thread| desk.audit(action, Some(format!("Communication/{thread}")))).collect();
        let (author, me) = (desk.member.reference.clone(), desk.me());
        let moving = Moving { threads, author, change, notes, not_before };
        let moved = desk
            .write(move |writer| {
                let moved = writer.move_threads(&moving, &me)?;
                let done = moving.threads.iter().zip(&entries).filter(|(thread, _)| moved.threads.contains(thread));
                for (_, entry) in done {
                    writer.audit_and_send(entry)?;
                }
                Ok(moved)
            })
            .await?;
        desk.engine.wake();
        let mut held_by = Vec::new();
        for (_, by) in &moved.held {
            let name = desk.name_of(by).await?;
            if !held_by.contains(&name) {
                held_by.push(name);
            }
        }
        self.still_shown(desk)?;
        Ok(Decided {
            ended: moved
                .group
                .map(|group| Ended { undo: group.to_string(), undo_until: undo_until.timestamp_millis() }),
            moved: moved.threads.iter().map(ToString::to_string).collect(),
            held_by,
        })
    }
}

impl Desk {
    /// Threads as the table asks about them.
    async fn cases(&self, threads: &[ThreadId]) -> Answer<Vec<Case>> {
        let threads = threads.to_vec();
        self.read(move |reader| threads.iter().map(|thread| Case::of(reader, thread)).collect()).await
    }
}

/// Who a destination is for, where it is one person.
pub(crate) fn person(to: &touch::Destination) -> Option<&PartyRef> {
    match to {
        touch::Destination::Member { member } => Some(member),
        touch::Destination::Pool { .. } => None,
    }
}
