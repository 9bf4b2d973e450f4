//! A message of ours, with the work items that it ends.
//!
//! A reply goes only while its claim holds and nobody answered since; both are looked at on the server right
//! before it leaves, whatever the cache says, because a reply that waited for the network has missed what
//! happened meanwhile. Where the server rolls transactions back, the reply and the end of its work items are one:
//! a claim that is lost in that very moment takes the reply with it. Elsewhere they are single writes, the reply
//! first, each repeatable.

use chrono::TimeDelta;
use tern_fhir::{
    answer::Certainty,
    facts::{Ability, ConditionalCreate},
    search,
    write::{
        communication::{self, Standing},
        create::{Creating, New},
        edit::Edit,
        transaction::{self, Part},
    },
};
use tern_inbox::{
    arrival::{Arrival, Content},
    message::{Delivery, Message},
    outbox::{self as rules, Answer, Intent, OutboxRow, Step, Wedge},
};
use tern_store::Acknowledged;

use super::{
    Outbox, OutboxError, Written,
    book::{Fate, Leave, Letter},
    create::entries_of,
    item::{Look, Seen},
    search::Searched,
};

/// A claim that lasts no longer than this is renewed before a reply that it alone guards: longer than any
/// exchange takes.
const CLAIM_MUST_LAST: TimeDelta = TimeDelta::minutes(2);

/// A work item that ends with the reply.
struct End {
    row: OutboxRow,
    seen: Box<Seen>,
}

/// How the transaction went.
enum Together {
    /// These rows became that.
    Settled(Vec<(tern_inbox::ids::OutboxId, Fate)>),
    /// The server refused the whole for a reason that is not a claim: one by one it says which.
    OneByOne,
}

impl Outbox {
    /// Sends a message and ends what it ends.
    pub(super) async fn reply(&self, row: &OutboxRow) -> Result<(), OutboxError> {
        let Intent::Send { message, touch_began } = &row.intent else { return Ok(()) };
        let Some(letter) = self.book.letter(message).await? else {
            // A work item may come before the thread that it is about, and the reply waits for that.
            let waits = self.book.holds(message).await?;
            let later = || self.fate(row, Answer::Transient { retry_after: None }, Acknowledged::default());
            return self.settle_one(row, if waits { later() } else { Fate::Dropped }).await;
        };
        let Ok(new) = self.new_message(&letter) else {
            let wedge = Wedge::Refused { status: 0, code: Some("value".to_owned()) };
            return self.settle_one(row, Fate::Wedged(wedge)).await;
        };
        if row.delivery == Delivery::Unknown
            && let Some(fate) = self.look_for(row, &new).await?
        {
            return self.settle_one(row, fate).await;
        }
        let mut ends = Vec::new();
        for end in self.book.completed_by(row).await? {
            match self.end(row, end, touch_began.is_some()).await? {
                Ok(Some(end)) => ends.push(end),
                Ok(None) => {}
                Err(fate) => return self.settle_one(row, fate).await,
            }
        }
        if let Some(began) = touch_began
            && let Some(fate) = self.answered_meanwhile(row, &letter, *began).await?
        {
            return self.settle_one(row, fate).await;
        }
        if !ends.is_empty() && self.goes_together() {
            match self.together(row, &new, &ends).await? {
                Together::Settled(fates) => return self.settle(fates).await,
                Together::OneByOne => {}
            }
        }
        for end in &ends {
            if let Err(fate) = self.secure(row, end).await? {
                return self.settle_one(row, fate).await;
            }
        }
        let Some(fate) = self.make(row, &new).await? else { return Ok(()) };
        let sent = matches!(fate, Fate::Sent(_));
        self.settle_one(row, fate).await?;
        if sent {
            for end in ends {
                self.change(&end.row).await?;
            }
        }
        Ok(())
    }

    /// Reads a work item that the reply ends: it ends with it, needs no ending any more, or keeps the reply here.
    async fn end(
        &self,
        reply: &OutboxRow,
        row: OutboxRow,
        guarded: bool,
    ) -> Result<Result<Option<End>, Fate>, OutboxError> {
        let Some(item) = row.intent.item() else { return Ok(Ok(None)) };
        let seen = match self.look(item).await? {
            Look::Seen(seen) => seen,
            Look::Gone => return Ok(Ok(None)),
            Look::No(answer) => return Ok(Err(self.fate(reply, answer, Acknowledged::default()))),
        };
        let now = self.time.now();
        let item = self.book.freed(&seen.item, &self.me, now).await?;
        let lost = match rules::complete(&item, &self.me, now) {
            Step::Write => return Ok(Ok(Some(End { row, seen }))),
            Step::Settled => return Ok(Ok(None)),
            Step::Taken { .. } | Step::Ended { .. } if !guarded => return Ok(Ok(None)),
            Step::Taken { by } => Wedge::ClaimLost { to: by },
            Step::Ended { by } => match self.answer_of(reply, by.as_ref()).await? {
                Ok(wedge) => wedge,
                Err(answer) => return Ok(Err(self.fate(reply, answer, Acknowledged::default()))),
            },
        };
        self.book.file(now, seen.arrival.clone()).await?;
        Ok(Err(Fate::Wedged(lost)))
    }

    /// Single writes have no version to guard the reply, so the claim does: one that has lapsed, or soon will, is
    /// taken anew first. Then nobody else can take it while the reply is on its way.
    async fn secure(&self, reply: &OutboxRow, end: &End) -> Result<Result<(), Fate>, OutboxError> {
        let soon = self.time.now() + CLAIM_MUST_LAST;
        if rules::claim(&end.seen.item, &self.me, soon) == Step::Settled {
            return Ok(Ok(()));
        }
        let edit = Edit::Claim { by: &reply.author, at: self.time.now() };
        let Ok(request) = end.seen.current.change(&edit, self.facts.server().changing()) else { return Ok(Ok(())) };
        let answer = match self.write(request).await? {
            Written::Unanswered(answer) => answer,
            Written::Answered { verdict, .. } => verdict.answer,
        };
        Ok(match answer {
            Answer::Accepted => Ok(()),
            // Whatever came of it, the next turn reads what stands there; the reply has not left.
            Answer::NoAnswer | Answer::Gone => Err(self.fate(reply, Answer::Conflict, Acknowledged::default())),
            answer => Err(self.fate(reply, answer, Acknowledged::default())),
        })
    }

    /// Who answered where the work item was ended by somebody else; whoever ended it, where nobody wrote.
    async fn answer_of(
        &self,
        row: &OutboxRow,
        by: Option<&tern_inbox::party::PartyRef>,
    ) -> Result<Result<Wedge, Answer>, OutboxError> {
        let lost = Wedge::ClaimLost { to: by.cloned() };
        let Intent::Send { message, touch_began: Some(began) } = &row.intent else { return Ok(Ok(lost)) };
        let Some(letter) = self.book.letter(message).await? else { return Ok(Ok(lost)) };
        Ok(self.written_since(&letter, *began).await?.map(|wedge| wedge.unwrap_or(lost)))
    }

    /// The fate of a reply when somebody else of the practice answered since its touch began.
    async fn answered_meanwhile(
        &self,
        row: &OutboxRow,
        letter: &Letter,
        began: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<Fate>, OutboxError> {
        Ok(match self.written_since(letter, began).await? {
            Ok(None) => None,
            Ok(Some(wedge)) => Some(Fate::Wedged(wedge)),
            Err(answer) => Some(self.fate(row, answer, Acknowledged::default())),
        })
    }

    async fn written_since(
        &self,
        letter: &Letter,
        began: chrono::DateTime<chrono::Utc>,
    ) -> Result<Result<Option<Wedge>, Answer>, OutboxError> {
        // Rows are checked against the query: some servers answer with every thread.
        let ours = letter.message.identity.clone().unwrap_or_else(|| format!("urn:uuid:{}", letter.message.id));
        let is_others = |message: &Message| {
            message.thread.as_str() == letter.thread_id && message.identity.as_deref() != Some(ours.as_str())
        };
        let wanted =
            |arrival: &Arrival| matches!(&arrival.content, Content::Message { message, .. } if is_others(message));
        let rows = match self.search(search::written_in(&letter.thread_id, began), wanted).await {
            // Where not all could be read, what was read counts.
            Searched::Rows { rows, .. } => rows,
            // A server that can't be asked: the claim, which is under its version, has to do.
            Searched::NotOffered(_) => return Ok(Ok(None)),
            Searched::No(answer) => return Ok(Err(answer)),
        };
        let messages = rows.iter().filter_map(|arrival| match &arrival.content {
            Content::Message { message, .. } => Some(message),
            _ => None,
        });
        Ok(Ok(rules::answered_since(messages, began, &self.me)))
    }

    /// Only where the server was seen to roll back, and a create inside is sure to be made once.
    fn goes_together(&self) -> bool {
        let facts = self.facts.server();
        facts.goes_together()
            && match facts.creating() {
                Creating::OwnId => facts.own_ids == Ability::Proven,
                _ => facts.conditional_in_transaction == ConditionalCreate::Atomic,
            }
    }

    /// The reply and its ends as one.
    async fn together(&self, row: &OutboxRow, new: &New, ends: &[End]) -> Result<Together, OutboxError> {
        let how = match self.facts.server().creating() {
            Creating::Conditional => Creating::InTransaction,
            how => how,
        };
        // Inside, whoever refers to the reply does so by the name that it has there.
        let reference = match how {
            Creating::OwnId => format!("Communication/{}", new.id),
            Creating::InTransaction | Creating::Conditional => new.full_url(),
        };
        let mut parts = vec![Part::Create { new: new.clone(), how }];
        for end in ends {
            match Part::change(&end.seen.current, &self.edit(&end.row, Some(&reference))) {
                Ok(part) => parts.push(part),
                Err(_) => return Ok(Together::OneByOne),
            }
        }
        let rows: Vec<OutboxRow> = std::iter::once(row).chain(ends.iter().map(|end| &end.row)).cloned().collect();
        if self.book.sending(self.time.now(), &rows).await? == Leave::Stay {
            return Ok(Together::Settled(Vec::new()));
        }
        let rows: Vec<OutboxRow> =
            rows.into_iter().map(|row| OutboxRow { delivery: Delivery::Sending, ..row }).collect();
        let (answer, acknowledged) = match self.write(transaction::request(&parts)).await? {
            Written::Unanswered(answer) => (answer, Vec::new()),
            Written::Answered { response, verdict, .. } => match verdict.answer {
                Answer::Conflict if verdict.certainty == Certainty::VersionTells => {
                    return self.one_by_one(&rows).await;
                }
                Answer::Refused { .. } => return self.one_by_one(&rows).await,
                // Entries by their place say nothing where some are missing.
                Answer::NoAnswer => (Answer::NoAnswer, Vec::new()),
                answer => (answer, entries_of(&response, self.line.server.fhir_base())),
            },
        };
        let each = |(place, row): (usize, &OutboxRow)| {
            let known = acknowledged.get(place);
            let is_done = answer == Answer::Accepted || known.is_some_and(|(done, _)| *done);
            let is_named = known.is_some_and(|(_, known)| known.server_id.is_some());
            let fate = match (&answer, known) {
                // The reply was taken, but under which name? The search says.
                _ if place == 0 && is_done && !is_named => self.fate(row, Answer::NoAnswer, Acknowledged::default()),
                (Answer::Accepted, known) => Fate::Sent(known.map(|(_, known)| known.clone()).unwrap_or_default()),
                // A server that does half of a transaction says so entry by entry.
                (_, Some((true, known))) => Fate::Sent(known.clone()),
                (answer, _) => self.fate(row, answer.clone(), Acknowledged::default()),
            };
            (row.id.clone(), fate)
        };
        Ok(Together::Settled(rows.iter().enumerate().map(each).collect()))
    }

    /// Refused as a whole, so nothing of it is there: the rows are back in the queue.
    async fn one_by_one(&self, rows: &[OutboxRow]) -> Result<Together, OutboxError> {
        let now = self.time.now();
        let again = |row: &OutboxRow| (row.id.clone(), Fate::Again { at: now, attempts: row.attempts });
        self.settle(rows.iter().map(again).collect()).await?;
        Ok(Together::OneByOne)
    }

    fn new_message(&self, letter: &Letter) -> Result<New, tern_fhir::write::NotWritable> {
        let thread = format!("Communication/{}", letter.thread_id);
        let patient = letter.thread.patient.as_ref().map(|patient| format!("Patient/{patient}"));
        let standing = Standing {
            thread: &thread,
            patient: patient.as_deref(),
            audience: letter.thread.audience,
            in_response_to: letter.in_response_to.as_deref(),
        };
        communication::message(&letter.message, &standing)
    }
}
