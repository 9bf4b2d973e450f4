//! Decided on the list: routed, given to somebody, more or less urgent. A decision on envelopes, not a touch.

use std::sync::Arc;

use chrono::Duration;
use tern_inbox::{
    ids::ThreadId, moves::Move, party::PartyRef, private::PrivateText, rights::Deed, touch, work_item::Urgency,
};
use tern_store::{AuditEntry, Moving};

use crate::{
    desk::Desk,
    dto::{ApiError, DecideRequest, Decided, DecidedRow, Decision, Ended, ErrorCode},
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
        if request.rows.len() > MOST_ROWS {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        let shown = |row: DecidedRow| (ThreadId::new(row.thread), show::urgency_of(row.urgency));
        let rows: Vec<(ThreadId, Urgency)> = request.rows.into_iter().map(shown).collect();
        let cases = desk.cases(rows.iter().map(|(thread, _)| thread.clone()).collect()).await?;
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
        let words = PrivateText::from(words);
        let may_lower = !words.is_blank() && desk.may(Deed::LowerUrgency).await.is_ok();
        self.carry_out(
            &desk,
            Moving {
                rows,
                author: desk.member.reference.clone(),
                change,
                may_lower,
                notes: Vec::new(),
                not_before: desk.server_now(),
            },
            words,
            action,
        )
        .await
    }

    async fn carry_out(
        &self,
        desk: &Arc<Desk>,
        mut moving: Moving,
        words: PrivateText,
        action: &str,
    ) -> Answer<Decided> {
        let undo = Duration::seconds(self.settings().undo_seconds.into());
        moving.not_before = desk.server_now() + undo;
        let undo_until = self.parts.clock.now() + undo;
        let for_whom = match &moving.change {
            Move::Member { member } => Some(member.clone()),
            _ => None,
        };
        if !words.is_blank() {
            for (thread, _) in &moving.rows {
                let beside = desk.internal_thread(thread).await?;
                moving.notes.push(note(desk, thread, beside.as_ref(), words.clone(), for_whom.as_ref()));
            }
        }
        let entry = |(thread, _): &(ThreadId, Urgency)| desk.audit(action, Some(format!("Communication/{thread}")));
        let entries: Vec<AuditEntry> = moving.rows.iter().map(entry).collect();
        let me = desk.me();
        let moved = desk
            .write(move |writer| {
                let moved = writer.move_threads(&moving, &me)?;
                let done = moving.rows.iter().zip(&entries).filter(|((thread, _), _)| moved.threads.contains(thread));
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
            left: moved.left.iter().map(ToString::to_string).collect(),
        })
    }
}

impl Desk {
    /// Threads as the table asks about them.
    async fn cases(&self, threads: Vec<ThreadId>) -> Answer<Vec<Case>> {
        let now = self.server_now();
        self.read(move |reader| threads.iter().map(|thread| Case::of(reader, thread, now)).collect()).await
    }
}

/// Who a destination is for, where it is one person.
pub(crate) fn person(to: &touch::Destination) -> Option<&PartyRef> {
    match to {
        touch::Destination::Member { member } => Some(member),
        touch::Destination::Pool { .. } => None,
    }
}
