//! One touch: started, ended in exactly one outcome, undone while nothing has left. Each is one transaction with
//! its outbox rows, so that what the screen says and what will be sent never differ.

use chrono::{DateTime, Utc};
use tern_inbox::{
    ids::{MessageId, OutboxId, ThreadId, WorkItemId},
    message::{Authorship, Delivery, Message, Thread},
    moves::Seen,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    touch::{Outcome, Touch, TouchEvent},
};
use uuid::{NoContext, Timestamp, Uuid};

use crate::{
    Draft, StoreError, TouchRow, Writer, index,
    notes::{Said, carrying},
    table::{message, outbox as rows, tally, thread, touch, unplaced, work_item},
};

/// How a touch ends, with everything that leaves because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What was touched.
    pub thread: ThreadId,
    /// By whom.
    pub author: PartyRef,
    /// The one outcome.
    pub outcome: Outcome,
    /// The work items that were on screen; a later one stays open.
    pub items: Vec<WorkItemId>,
    /// The reply, under the id that its draft had, with our identity.
    pub reply: Option<Message>,
    /// What is said beside: the reason, a note for whoever goes on, the draft that is handed over. Messages of an
    /// internal thread, in their order.
    pub notes: Vec<Note>,
    /// The end of the undo seconds: nothing leaves before.
    pub not_before: DateTime<Utc>,
}

/// A message of the internal thread beside a patient's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The internal thread, where it has to be opened first.
    pub open: Option<Thread>,
    /// The words.
    pub message: Message,
}

/// What an ending made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Undone by this.
    pub group: OutboxId,
    /// In the order in which they leave.
    pub rows: Vec<OutboxRow>,
}

/// What undo brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The thread whose touch is open again, or those that stand where they stood.
    pub threads: Vec<ThreadId>,
    /// The text as it was.
    pub draft: Option<Draft>,
}

impl Writer<'_> {
    /// Starts a touch: a claim on each open work item is queued, and shown at once; a way back into its pool that was
    /// refused is given up. Started again by the same member, nothing happens.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn start_touch(
        &mut self,
        thread: &ThreadId,
        items: &[WorkItemId],
        author: &PartyRef,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let latest = touch::latest(self.connection(), thread.as_str(), author.as_str())?;
        if latest.as_ref().is_some_and(|touch| touch.state == Touch::Started) {
            return Ok(Vec::new());
        }
        let mut claims = Vec::new();
        let mut category = None;
        for item in items {
            let Some(open) = work_item::get(self.connection(), item.as_str())?.filter(|item| item.status.is_open())
            else {
                continue;
            };
            category = category.or(open.category);
            self.keep_from_putting_back(item, author)?;
            claims.push(self.draft_row(Some(thread), author, Intent::Claim { item: item.clone() }, self.now()));
        }
        // As the list shows it.
        if category.is_none() {
            category = thread::get(self.connection(), thread.as_str())?.and_then(|thread| thread.category);
        }
        let started = TouchRow {
            n: 0,
            thread: thread.clone(),
            author: author.clone(),
            category,
            state: Touch::Waiting.on(TouchEvent::Start)?,
            started: self.now(),
            ended: None,
            outcome: None,
            lost: None,
            items: items.to_vec(),
            group: None,
            message: None,
            kept_draft: None,
            row_count: 0,
            active_seconds: 0,
        };
        touch::insert(self.connection(), &started)?;
        self.outbox_add(&claims)?;
        self.touch_thread(thread);
        Ok(claims)
    }

    /// The touch is still open: its claims are renewed, unless a write to the item waits anyway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew_touch(&mut self, thread: &ThreadId, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let Some(touch) = touch::latest(self.connection(), thread.as_str(), author.as_str())? else {
            return Ok(Vec::new());
        };
        let mut renewals = Vec::new();
        for item in touch.items.iter().filter(|_| touch.state == Touch::Started) {
            let waiting = rows::of_item(self.connection(), item.as_str())?;
            // What is stuck of an earlier touch will not keep the claim alive.
            if waiting.iter().all(|row| row.delivery == Delivery::Wedged) {
                renewals.push(self.draft_row(Some(thread), author, Intent::Renew { item: item.clone() }, self.now()));
            }
        }
        self.outbox_add(&renewals)?;
        Ok(renewals)
    }

    /// Ends a touch: the reply or note queued, the outcome recorded, the work items dealt with on screen, the
    /// draft gone (kept where it is put back; where it is handed over it goes along). The same reply ended twice is one. A touch whose claim was lost can
    /// only be put back, which gives nothing back: what it still held was released when the claim was lost.
    ///
    /// # Errors
    /// [`StoreError::Touch`] unless the touch is open; [`StoreError::DiskFull`] with the draft still there.
    pub fn end_touch(&mut self, ending: &Ending) -> Result<Ended, StoreError> {
        let (thread, author) = (&ending.thread, &ending.author);
        let mut touch =
            touch::latest(self.connection(), thread.as_str(), author.as_str())?.ok_or(StoreError::NotFound("touch"))?;
        let reply_id = ending.reply.as_ref().map(|reply| &reply.id);
        if touch.state == Touch::Ended
            && reply_id.is_some()
            && touch.message.as_ref() == reply_id
            && let Some(group) = touch.group
        {
            let rows = rows::of_group(self.connection(), &group)?;
            return Ok(Ended { group, rows });
        }
        let put_back = matches!(ending.outcome, Outcome::PutBack { .. });
        let is_handed_over = ending.notes.iter().any(|note| note.message.authorship == Authorship::Draft);
        let keeps_draft = !ending.outcome.completes() && !is_handed_over;
        let lost = touch.is_lost();
        touch.state = touch.state.on(if lost && put_back { TouchEvent::Leave } else { TouchEvent::End })?;
        for row in rows::of_thread(self.connection(), thread.as_str())? {
            if matches!(row.intent, Intent::Renew { .. }) && row.delivery == Delivery::Queued {
                self.remove_row(&row)?;
            }
        }
        let group = new_id(self.now());
        let said: Vec<Said> = ending.notes.iter().map(|note| self.says(note, author)).collect::<Result<_, _>>()?;
        let mut leaving = self.leaving(ending, &said, &group, touch.started)?;
        leaving.retain(|row| !lost || row.intent.item().is_none());
        if let Some(reply) = &ending.reply {
            self.put_own_message(reply, author)?;
        }
        touch.kept_draft = None;
        if !keeps_draft {
            touch.kept_draft = self.read().draft(thread, author)?.map(|draft| draft.text);
            self.forget_draft(thread, author)?;
        }
        // A message that no work item names has nothing that could be routed, or wait for a call: it stays.
        if ending.outcome.completes() {
            unplaced::clear_thread(self.connection(), thread.as_str())?;
        }
        touch.ended = Some(self.now());
        touch.outcome = Some(ending.outcome.clone());
        touch.items.clone_from(&ending.items);
        touch.group = Some(group.clone());
        touch.message = reply_id.cloned();
        touch.row_count = leaving.len();
        touch::update(self.connection(), &touch)?;
        self.outbox_add(&leaving)?;
        self.touch_thread(thread);
        Ok(Ended { group, rows: leaving })
    }

    /// The rows of an ending, in the order in which they leave: what was said before what it completes.
    fn leaving(
        &self,
        ending: &Ending,
        notes: &[Said],
        group: &OutboxId,
        began: DateTime<Utc>,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let row = |thread: &ThreadId, intent: Intent, depends_on: Vec<OutboxId>| OutboxRow {
            depends_on,
            group: Some(group.clone()),
            ..self.draft_row(Some(thread), &ending.author, intent, ending.not_before)
        };
        let mut claims = Vec::new();
        for item in &ending.items {
            let waiting = rows::of_item(self.connection(), item.as_str())?;
            // One that stands wedged is an earlier touch's, and came to nothing.
            let claim =
                |row: &OutboxRow| matches!(row.intent, Intent::Claim { .. }) && row.delivery != Delivery::Wedged;
            claims.extend(waiting.into_iter().filter(claim).map(|row| row.id));
        }
        let mut leaving = Vec::new();
        let mut said = claims.clone();
        if let Some(reply) = &ending.reply {
            leaving.push(row(
                &ending.thread,
                Intent::Send { message: reply.id.clone(), touch_began: Some(began) },
                claims,
            ));
            said.extend(leaving.last().map(|row| row.id.clone()));
        }
        leaving.extend(carrying(notes, row));
        for item in &ending.items {
            // Rights were asked of this thread: another's work items are not ended by it.
            let is_of_it = work_item::envelope_of(self.connection(), item.as_str())?;
            if is_of_it.is_some_and(|envelope| envelope != ending.thread.as_str()) {
                continue;
            }
            if let Some(intent) = self.ends(item, ending)? {
                leaving.push(row(&ending.thread, intent, said.clone()));
            }
        }
        Ok(leaving)
    }

    /// What an ending does with one of its work items; none where the item is not here.
    fn ends(&self, item: &WorkItemId, ending: &Ending) -> Result<Option<Intent>, StoreError> {
        if let Some(change) = ending.outcome.moves() {
            let shown = work_item::unraised(self.connection(), item)?;
            return Ok(shown.map(|shown| Intent::Move { item: item.clone(), change, seen: Seen::of(&shown) }));
        }
        let item = item.clone();
        Ok(Some(match ending.outcome {
            Outcome::PutBack { .. } => Intent::Release { item },
            _ => Intent::Complete { item, reply: ending.reply.as_ref().map(|reply| reply.id.clone()) },
        }))
    }

    /// Takes an ending back while nothing of it has left: the touch is open, the text is a draft again.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] once any row of it was taken by the outbox; [`StoreError::NotFound`].
    pub fn undo(&mut self, group: &OutboxId) -> Result<Undone, StoreError> {
        let Some(mut touch) = touch::of_group(self.connection(), group)? else { return self.undo_moves(group) };
        let waiting = rows::of_group(self.connection(), group)?;
        if waiting.len() != touch.row_count || waiting.iter().any(|row| row.delivery != Delivery::Queued) {
            return Err(StoreError::HasLeft);
        }
        let text = match &touch.message {
            Some(message) => self.read().message(message)?.map(|found| found.row.message),
            None => None,
        };
        if let Some(first) = waiting.first() {
            self.take_back(first)?;
        }
        let draft = match (text, touch.kept_draft.take()) {
            (Some(reply), _) => Some(self.as_draft(&touch, reply.id, reply.in_response_to, reply.text)),
            (None, Some(text)) => Some(self.as_draft(&touch, MessageId::from(stamp(self.now())), None, text)),
            (None, None) => self.read().draft(&touch.thread, &touch.author)?,
        };
        let draft = draft.map(|draft| self.bring_back_draft(draft)).transpose()?;
        if !self.is_started_anew(&touch)? {
            touch.state = touch.state.on(TouchEvent::Undo)?;
            if touch.lost.is_some() {
                touch.state = touch.state.on(TouchEvent::ClaimLost)?;
            }
            touch.clear_end();
            touch::update(self.connection(), &touch)?;
        }
        if crate::table::unplaced::is_watched(&self.read())? {
            unplaced::restore(self.connection(), touch.thread.as_str())?;
        }
        self.touch_thread(&touch.thread);
        Ok(Undone { threads: vec![touch.thread], draft })
    }

    /// Whether the member has a later touch of the same thread open.
    pub(crate) fn is_started_anew(&self, touch: &TouchRow) -> Result<bool, StoreError> {
        let latest = touch::latest(self.connection(), touch.thread.as_str(), touch.author.as_str())?;
        Ok(latest.is_some_and(|latest| latest.n != touch.n && latest.state == Touch::Started))
    }

    /// Keeps a message that a member wrote here, behind their last one; it is shown at once, as queued.
    pub(crate) fn put_own_message(&mut self, own: &Message, author: &PartyRef) -> Result<(), StoreError> {
        if message::find(self.connection(), own.id.as_str())?.is_none() {
            let last = message::last_sent_by(self.connection(), own.thread.as_str(), author.as_str())?;
            self.insert_own(&own.clone().sent_after(last), author)?;
        }
        Ok(())
    }

    /// Puts it where its date says, noted for the index.
    pub(crate) fn insert_own(&mut self, dated: &Message, author: &PartyRef) -> Result<(), StoreError> {
        let place = (dated.id.as_str(), dated.thread.as_str());
        let n = message::insert(self.connection(), place, dated, Some(author), None)?;
        tally::add(self.connection(), tally::MESSAGES, 1)?;
        index::note_new(self.connection(), n, index::low(self.connection())?)?;
        self.touch_thread(&dated.thread);
        Ok(())
    }

    fn as_draft(
        &self,
        touch: &TouchRow,
        message: MessageId,
        in_response_to: Option<MessageId>,
        text: tern_inbox::private::PrivateText,
    ) -> Draft {
        Draft {
            thread: touch.thread.clone(),
            author: touch.author.clone(),
            message,
            in_response_to,
            text,
            updated: self.now(),
        }
    }

    /// The member was at work, so many seconds, on what they started last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_activity(&mut self, author: &PartyRef, seconds: u32) -> Result<(), StoreError> {
        touch::active(self.connection(), author.as_str(), seconds)
    }

    /// A row of its own group, as it is when it is made.
    pub(crate) fn draft_row(
        &self,
        thread: Option<&ThreadId>,
        author: &PartyRef,
        intent: Intent,
        not_before: DateTime<Utc>,
    ) -> OutboxRow {
        OutboxRow {
            id: new_id(self.now()),
            thread: thread.cloned(),
            author: author.clone(),
            intent,
            delivery: Delivery::Queued,
            not_before,
            depends_on: Vec::new(),
            group: None,
            attempts: 0,
            wedged: None,
        }
    }
}

/// A UUIDv7 of the transaction's instant; the order of the rows is their `seq`, whatever the clock says.
pub(crate) fn new_id(now: DateTime<Utc>) -> OutboxId {
    OutboxId::from(stamp(now))
}

/// The id of a message that is to be written again.
pub(crate) fn fresh_id(now: DateTime<Utc>) -> MessageId {
    MessageId::from(stamp(now))
}

fn stamp(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}
