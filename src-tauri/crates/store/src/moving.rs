//! Moves on the list: routed, given to somebody, made more or less urgent, without a touch. One decision may be about
//! many rows; it is one transaction, and undone as one.
//!
//! What another member is at work on is left where it is and named, so that eighty rows routed at once don't stop at
//! the one that Dr Osei has open. An item that stands already where it is to go makes no row.

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    ids::{MessageId, OutboxId, ThreadId},
    message::Delivery,
    moves::{Move, Seen},
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    private::PrivateText,
    queue::Me,
    red_flags::{Lowered, TextHash},
    work_item::{Hold, Urgency, WorkItem},
};

use crate::{
    Note, StoreError, Undone, Writer, flags,
    notes::carrying,
    table::{moved, outbox as rows, thread, work_item},
    touching::new_id,
};

/// Decisions older than this can't be undone, whatever the seconds are set to.
const LONGEST_UNDO: TimeDelta = TimeDelta::hours(1);

/// One decision about the open work items of some threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// Which rows, each as urgent as the member was shown.
    pub rows: Vec<(ThreadId, Urgency)>,
    /// Whose decision.
    pub author: PartyRef,
    /// What changes.
    pub change: Move,
    /// The member may lower, and has said why. What became more urgent than they were shown is never lowered.
    pub may_lower: bool,
    /// What goes with it into the internal thread of each; as many as there are rows, or none.
    pub notes: Vec<Note>,
    /// The end of the undo seconds: nothing leaves before.
    pub not_before: DateTime<Utc>,
}

/// What a decision came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Undone by this; none where nothing moved.
    pub group: Option<OutboxId>,
    /// The threads of which something moved.
    pub threads: Vec<ThreadId>,
    /// Those that somebody else is at work on, and who: they stay.
    pub held: Vec<(ThreadId, PartyRef)>,
    /// Those of which nothing could be moved: no work item names them yet, or what stands there is more urgent than
    /// the member was shown.
    pub left: Vec<ThreadId>,
}

impl Moving {
    /// Whether the member decided about an item: a lowering is about what they were shown, and only where they may.
    fn decides(&self, item: &WorkItem, shown: Urgency) -> bool {
        match &self.change {
            Move::Urgency { urgency, .. } if *urgency < item.urgency => self.may_lower && item.urgency <= shown,
            _ => true,
        }
    }
}

impl Writer<'_> {
    /// Queues the moves and shows them at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn move_threads(&mut self, moving: &Moving, me: &Me) -> Result<Moved, StoreError> {
        let group = new_id(self.now());
        let mut moved = Moved { group: None, threads: Vec::new(), held: Vec::new(), left: Vec::new() };
        let mut leaving = Vec::new();
        for (place, (thread, shown)) in moving.rows.iter().enumerate() {
            let mut open = self.read().work_items(thread)?;
            open.retain(|item| item.status.is_open());
            if let Some(by) = open.iter().find_map(|item| self.held_by_other(item, moving, me)) {
                moved.held.push((thread.clone(), by));
                continue;
            }
            let decided = |item: &WorkItem| moving.decides(item, *shown);
            if open.is_empty() || !open.iter().all(decided) {
                moved.left.push(thread.clone());
            }
            // Where the table alone puts it, it is not yet: a move there is written down, or the next table takes it away.
            let mut wanted = Vec::new();
            for item in open.into_iter().filter(decided) {
                let said = match &moving.change {
                    Move::Pool { .. } => work_item::unraised(self.connection(), &item.id)?,
                    _ => None,
                };
                if !moving.change.stands_in(said.as_ref().unwrap_or(&item)) {
                    wanted.push(item);
                }
            }
            let open = wanted;
            if open.is_empty() {
                continue;
            }
            if let Some(note) = moving.notes.get(place) {
                let said = self.says(note, &moving.author)?;
                leaving.extend(carrying(&[said], |on, intent, needs| self.of(&group, on, moving, intent, needs)));
            }
            for item in &open {
                let change = self.with_the_text(item, moving)?;
                let seen = Seen::of(&work_item::unraised(self.connection(), &item.id)?.unwrap_or_else(|| item.clone()));
                let intent = Intent::Move { item: item.id.clone(), change, seen };
                leaving.push(self.of(&group, thread, moving, intent, Vec::new()));
            }
            moved.threads.push(thread.clone());
        }
        if !leaving.is_empty() {
            moved::forget_before(self.connection(), self.now() - LONGEST_UNDO)?;
            moved::insert(self.connection(), &group, &moving.author, self.now(), leaving.len())?;
            self.outbox_add(&leaving)?;
            moved.group = Some(group);
        }
        Ok(moved)
    }

    /// A lowering names the text that it is about, so that the rules do not raise that again.
    fn with_the_text(&self, item: &WorkItem, moving: &Moving) -> Result<Move, StoreError> {
        let (Move::Urgency { urgency, .. }, Some(message)) = (&moving.change, &item.message) else {
            return Ok(moving.change.clone());
        };
        if *urgency >= item.urgency {
            return Ok(moving.change.clone());
        }
        let lowered = self.text_of(item, message)?.map(|text_hash| Lowered {
            by: moving.author.clone(),
            at: self.now(),
            text_hash,
            reason: PrivateText::default(),
        });
        Ok(Move::Urgency { urgency: *urgency, lowered })
    }

    fn text_of(&self, item: &WorkItem, message: &MessageId) -> Result<Option<TextHash>, StoreError> {
        let subject = match &item.thread {
            Some(thread) => thread::get(self.connection(), thread.as_str())?.map(|thread| thread.subject_line),
            None => None,
        };
        let subject = subject.unwrap_or_default();
        flags::text_of(self.connection(), message.as_str(), subject.reveal())
    }

    /// Who else is at work on an item that the decision would take from under their hands.
    fn held_by_other(&self, item: &WorkItem, moving: &Moving, me: &Me) -> Option<PartyRef> {
        match item.hold(self.now()) {
            Hold::Held { by, .. } if !me.is(&by) && !matches!(moving.change, Move::Urgency { .. }) => Some(by),
            _ => None,
        }
    }

    fn of(
        &self,
        group: &OutboxId,
        thread: &ThreadId,
        moving: &Moving,
        intent: Intent,
        depends_on: Vec<OutboxId>,
    ) -> OutboxRow {
        OutboxRow {
            depends_on,
            group: Some(group.clone()),
            ..self.draft_row(Some(thread), &moving.author, intent, moving.not_before)
        }
    }

    /// Takes a decision of the list back while nothing of it has left.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] once any row of it was taken by the outbox; [`StoreError::NotFound`].
    pub(crate) fn undo_moves(&mut self, group: &OutboxId) -> Result<Undone, StoreError> {
        let decision = moved::get(self.connection(), group)?.ok_or(StoreError::NotFound("decision"))?;
        let waiting = rows::of_group(self.connection(), group)?;
        let still_here = waiting.iter().all(|row| row.delivery == Delivery::Queued && row.author == decision.author);
        if waiting.len() != decision.row_count || !still_here {
            return Err(StoreError::HasLeft);
        }
        self.take_all_back(waiting.clone())?;
        moved::remove(self.connection(), group)?;
        let mut threads = Vec::new();
        for row in &waiting {
            let thread = match &row.intent {
                Intent::Move { .. } => row.thread.as_ref(),
                Intent::File { what } => Some(&what.thread),
                _ => None,
            };
            if let Some(thread) = thread
                && !threads.contains(thread)
            {
                threads.push(thread.clone());
            }
        }
        Ok(Undone { threads, draft: None })
    }
}
