//! Changing a work item: read what stands there, decide, write under the version that was read.
//!
//! Reading first costs one exchange and buys that every write is decided on what is really there: a lost answer
//! is recognised (the item stands as we wanted it), a taken one names its holder, and a version that moved
//! between the two is a conflict, never a lost update.

use chrono::{DateTime, Utc};
use tern_fhir::{
    answer::{self, Certainty, ReadAnswer, to_read},
    exchange::Response,
    facts::Finding,
    outcome,
    read::{self, Reading},
    search, version,
    write::{change::Current, edit::Edit},
};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::WorkItemId,
    moves::Move,
    outbox::{self as rules, Answer, Intent, OutboxRow, Step, Wedge},
    work_item::{Hold, WorkItem},
};
use tern_store::Acknowledged;

use super::{
    Outbox, OutboxError, Way, Written,
    book::{Fate, Leave},
    without_answer,
};

/// Times a moved version is read again at once; after that, the row waits a little.
const AT_ONCE: usize = 3;

/// Tries of a change that is called gone by what may be anyone, while the work item is there; then a person is asked.
const MOST_DOUBTS: u32 = 5;

/// A work item as it stands on the server.
pub(super) struct Seen {
    pub(super) item: WorkItem,
    pub(super) current: Current,
    pub(super) arrival: Arrival,
    pub(super) response: Response,
}

impl Seen {
    fn version(&self) -> String {
        version_of(&self.response, &self.arrival)
    }
}

/// What reading it brought.
pub(super) enum Look {
    /// It is there.
    Seen(Box<Seen>),
    /// It is gone, or none of ours any more.
    Gone,
    /// It could not be read now.
    No(Answer),
}

/// What one reading and one write came to.
enum Turn {
    /// This.
    Fate(Fate),
    /// The version moved in between.
    Moved,
    /// The row was taken back meanwhile, and nothing left.
    Went,
}

impl Outbox {
    /// Reads a work item.
    pub(super) async fn look(&self, item: &WorkItemId) -> Result<Look, OutboxError> {
        let id = self.book.task_id(item).await?;
        let response = match self.line.send(search::read("Task", &id)).await {
            Ok(response) => response,
            Err(unanswered) => return Ok(Look::No(without_answer(&unanswered, Way::Reading))),
        };
        match to_read(&response) {
            ReadAnswer::Here => Ok(match self.seen(response) {
                // A copy from before our own write says nothing of how things stand.
                Look::Seen(seen) if self.overtaken.shows(item, &seen.version(), self.time.now()) => {
                    Look::No(Answer::Transient { retry_after: None })
                }
                look => look,
            }),
            ReadAnswer::Gone => Ok(Look::Gone),
            refusal => Ok(Look::No(reading_refused(&refusal, &response))),
        }
    }

    fn seen(&self, response: Response) -> Look {
        let received = response.date.unwrap_or_else(|| self.time.now());
        let base = self.line.server.fhir_base();
        let arrival = read::one(&response, &Reading { expected: Kind::Task, base, received });
        match (arrival, Current::of_response(&response)) {
            (Ok(arrival), Ok(current)) => match arrival.content.clone() {
                Content::WorkItem(item) => Look::Seen(Box::new(Seen { item, current, arrival, response })),
                Content::NotOurs | Content::Deleted => Look::Gone,
                _ => Look::No(Answer::Refused { status: response.status, code: Some("structure".to_owned()) }),
            },
            // Half a body, or a proxy's page: the next try may bring it.
            _ => Look::No(Answer::Transient { retry_after: None }),
        }
    }

    /// Claims, renews, moves, releases or completes.
    pub(super) async fn change(&self, row: &OutboxRow) -> Result<(), OutboxError> {
        for _ in 0..AT_ONCE {
            match self.change_once(row).await? {
                Turn::Fate(fate) => return self.settle_one(row, fate).await,
                Turn::Moved => {}
                Turn::Went => return Ok(()),
            }
        }
        let fate = self.fate(row, Answer::Conflict, Acknowledged::default());
        self.settle_one(row, fate).await
    }

    /// One reading and one write.
    async fn change_once(&self, row: &OutboxRow) -> Result<Turn, OutboxError> {
        let Some(item) = row.intent.item() else { return Ok(Turn::Fate(Fate::Dropped)) };
        let seen = match self.look(item).await? {
            Look::Seen(seen) => seen,
            Look::Gone if matches!(row.intent, Intent::Claim { .. }) => {
                return Ok(Turn::Fate(Fate::Wedged(Wedge::Gone)));
            }
            Look::Gone => return Ok(Turn::Fate(Fate::Dropped)),
            Look::No(answer) => return Ok(Turn::Fate(self.fate(row, answer, Acknowledged::default()))),
        };
        if let Some(fate) = self.guard(row, &seen).await? {
            return Ok(Turn::Fate(fate));
        }
        let reply = self.reply_reference(&row.intent).await?;
        let mut edit = self.edit(row, reply.as_deref());
        if let Edit::Urgency { frees, .. } = &mut edit {
            *frees = matches!(seen.item.hold(self.time.now()), Hold::LeftBy(_));
        }
        let Ok(request) = seen.current.change(&edit, self.facts.server().changing()) else {
            let wedge = Wedge::Refused { status: 0, code: Some("structure".to_owned()) };
            return Ok(Turn::Fate(Fate::Wedged(wedge)));
        };
        let Some(row) = self.taken(row).await? else { return Ok(Turn::Went) };
        match self.write(request).await? {
            Written::Unanswered(answer) => Ok(Turn::Fate(self.changed(&row, answer, None))),
            Written::Answered { response, verdict, .. } => {
                let known = seen.version();
                let answer = match verdict.certainty {
                    Certainty::Certain => verdict.answer,
                    // A failed test, a bad request, or gone: the version tells.
                    Certainty::VersionTells => match self.look(item).await? {
                        Look::Seen(now) => {
                            let moved = now.version();
                            if moved != known && verdict.answer == Answer::Conflict {
                                self.facts.learn(Finding::FailedTest(response.status)).await?;
                            }
                            let doubtful = answer::may_be_anyones(&response) && row.attempts < MOST_DOUBTS;
                            match verdict.after_reading(&known, &moved, &response) {
                                // It is there, so whoever called it gone may not have been the server.
                                Answer::Refused { .. } if doubtful => Answer::Transient { retry_after: None },
                                answer => answer,
                            }
                        }
                        Look::Gone => Answer::Gone,
                        Look::No(answer) => answer,
                    },
                };
                if answer == Answer::Conflict {
                    // Back into the queue, in the cache too: the next try decides anew.
                    let again = Fate::Again { at: self.time.now(), attempts: row.attempts };
                    self.settle_one(&row, again).await?;
                    return Ok(Turn::Moved);
                }
                if answer == Answer::Accepted {
                    self.overtaken.note(item, known, self.time.now());
                }
                Ok(Turn::Fate(self.changed(&row, answer, Some(&response))))
            }
        }
    }

    /// Whether the write is still wanted; none where it is.
    async fn guard(&self, row: &OutboxRow, seen: &Seen) -> Result<Option<Fate>, OutboxError> {
        let now = self.time.now();
        // To whoever stands in, what was given to the absent member is free.
        let item = &self.book.freed(&seen.item, &self.me, now).await?;
        // A move is judged by what stands there: given to somebody, or given back.
        let stands = &seen.item;
        let step = match &row.intent {
            Intent::Claim { .. } => rules::claim(item, &self.me, now),
            Intent::Renew { .. } => rules::renew(item, &self.me, now),
            Intent::Release { .. } => rules::release(item, &self.me),
            Intent::Move { change, seen, .. } => rules::relocate(stands, change, seen, &self.me, now),
            _ => rules::complete(item, &self.me, now),
        };
        let claims = matches!(row.intent, Intent::Claim { .. });
        let holds = claims || matches!(row.intent, Intent::Renew { .. });
        Ok(match step {
            Step::Write => None,
            Step::Settled if claims => {
                let version = Some(seen.version());
                Some(Fate::Sent(Acknowledged { version, ..Acknowledged::default() }))
            }
            Step::Settled => self.dropped_and_filed(seen).await?,
            // Whoever was second is told, and decides again on what stands there now.
            Step::Taken { by } if matches!(row.intent, Intent::Move { .. }) => {
                self.book.file(now, seen.arrival.clone()).await?;
                Some(Fate::Wedged(Wedge::ClaimLost { to: by }))
            }
            // A renewal that finds somebody else tells the member the same as a claim does.
            Step::Taken { by } | Step::Ended { by } if holds => {
                self.book.file(now, seen.arrival.clone()).await?;
                Some(Fate::Wedged(Wedge::ClaimLost { to: by }))
            }
            Step::Taken { .. } | Step::Ended { .. } => self.dropped_and_filed(seen).await?,
        })
    }

    /// Nothing is left to do, and the screen shows what stands there.
    async fn dropped_and_filed(&self, seen: &Seen) -> Result<Option<Fate>, OutboxError> {
        self.book.file(self.time.now(), seen.arrival.clone()).await?;
        Ok(Some(Fate::Dropped))
    }

    /// The edit of an intent.
    pub(super) fn edit<'a>(&'a self, row: &'a OutboxRow, reply: Option<&'a str>) -> Edit<'a> {
        let at = self.time.now();
        match &row.intent {
            Intent::Claim { .. } => Edit::Claim { by: &row.author, at },
            Intent::Renew { .. } => Edit::Renew { at },
            Intent::Release { .. } => Edit::Release { at },
            Intent::Move { change, .. } => moved(change, at),
            _ => Edit::Complete { reply, at },
        }
    }

    /// `Communication/id` of the reply that an item ends with, by the server's name.
    async fn reply_reference(&self, intent: &Intent) -> Result<Option<String>, OutboxError> {
        match intent {
            Intent::Complete { reply: Some(reply), .. } => {
                Ok(Some(format!("Communication/{}", self.book.message_id(reply).await?)))
            }
            _ => Ok(None),
        }
    }

    /// The cache knows that the row is on the wire; none where the row went meanwhile.
    pub(super) async fn taken(&self, row: &OutboxRow) -> Result<Option<OutboxRow>, OutboxError> {
        let leave = self.book.sending(self.time.now(), std::slice::from_ref(row)).await?;
        let taken = || OutboxRow { delivery: tern_inbox::message::Delivery::Sending, ..row.clone() };
        Ok((leave == Leave::Go).then(taken))
    }

    /// A change that may have arrived is looked into before it is tried again, like a message.
    fn changed(&self, row: &OutboxRow, answer: Answer, response: Option<&Response>) -> Fate {
        let version = response.and_then(|response| response.etag.as_deref()).map(version::of_etag).map(str::to_owned);
        let updated = response.and_then(|response| response.last_modified);
        self.unsure(row, answer, Acknowledged { server_id: None, version, updated })
    }
}

/// The edit of a move.
fn moved(change: &Move, at: DateTime<Utc>) -> Edit<'_> {
    match change {
        Move::Pool { pool } => Edit::Route { pool, at },
        Move::Member { member } => Edit::Assign { to: member, at },
        Move::Urgency { urgency, lowered } => {
            Edit::Urgency { urgency: *urgency, lowered: lowered.as_ref(), frees: false, at }
        }
        Move::Await { what, pool } => Edit::Await { what: *what, pool: pool.as_deref(), at },
    }
}

/// What it means for a row that something it needs could not be read.
pub(super) fn reading_refused(refusal: &ReadAnswer, response: &Response) -> Answer {
    match refusal {
        ReadAnswer::SignInAgain => Answer::SignInAgain,
        ReadAnswer::Later { retry_after } => {
            Answer::Transient { retry_after: retry_after.and_then(|wait| chrono::TimeDelta::from_std(wait).ok()) }
        }
        ReadAnswer::Gone => Answer::Gone,
        _ => Answer::Refused { status: response.status, code: outcome::code(response) },
    }
}

fn version_of(response: &Response, arrival: &Arrival) -> String {
    response.etag.as_deref().map_or_else(|| arrival.version.clone(), |etag| version::of_etag(etag).to_owned())
}
