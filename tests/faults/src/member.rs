//! A member at work: answers what is on the desk, one work item after the other, until nothing is left.
//!
//! Everything that the member knows stands in the cache, so a process that died goes on where it was: an open
//! touch is ended first, the next reply's number is one more than there are.

use std::{io::Write as _, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tern_inbox::{
    ids::{MessageId, ThreadId, WorkItemId},
    member::{Member, Role},
    message::{Authorship, Delivery, Message, Standing},
    outbox::Intent,
    party::{Party, PartyKind, PartyRef},
    private::PrivateText,
    queue::Me,
    touch::{Outcome, Touch},
    work_item::{Hold, WorkItem},
};
use tern_net::{FhirBase, Http, Token, smart::backend};
use tern_store::{Cache, CacheKey, Ending, Provenance, Reader, StoreError, ThreadView};
use tern_sync::{ClaimOutcome, Engine, Pace, Parts, Scope, clock::SystemClock};

use crate::{
    Failure,
    orders::{Job, Orders, Said, words},
};

/// What the engine calls a second: a back-off of a minute is over in 0.6 s.
const UNIT: Duration = Duration::from_millis(10);

/// How long a member who isn't in a hurry waits for a claim.
const CLAIM_PATIENCE: Duration = Duration::from_millis(300);

/// What a member can do in a thread now.
enum Next {
    /// A touch is open: reply, to these.
    Reply(Vec<WorkItemId>),
    /// Something waits for an answer.
    Start(WorkItemId),
    /// Something is still to come or to leave.
    Wait,
    /// Nothing, ever: all is answered, or a reply stands wedged and needs a person.
    Over,
}

/// Works until all is done.
///
/// # Errors
/// When the orders or the cache can't be read, or nothing can be said any more.
pub async fn work(orders: &Path) -> Result<(), Failure> {
    let orders: Orders = serde_json::from_slice(&std::fs::read(orders)?)?;
    let desk = Desk::open(&orders)?;
    for job in &orders.threads {
        for reply in desk.replies(job)? {
            say(&Said::Replied { message: reply.as_str().to_owned(), thread: job.thread.clone() })?;
        }
    }
    let mut changes = desk.cache.subscribe();
    while desk.turn(&orders.threads).await? == Turn::Waits {
        // Whatever the member waits for is a change of the cache. One that was missed is one more look.
        let _ = changes.recv().await;
    }
    say(&Said::Done)
}

/// Opens a member's cache, for the member or for whoever checks it.
///
/// # Errors
/// [`StoreError`].
pub fn open(path: &Path, member: &str) -> Result<Cache, StoreError> {
    let provenance = Provenance { machine: "desk".to_owned(), account: member.to_owned() };
    Cache::open(path, &CacheKey::new([7; 32]), &provenance, Utc::now())
}

fn say(said: &Said) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, said)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

#[derive(PartialEq, Eq)]
enum Turn {
    Waits,
    Done,
}

struct Desk {
    cache: Cache,
    engine: Engine,
    me: PartyRef,
}

impl Desk {
    fn open(orders: &Orders) -> Result<Self, Failure> {
        let me = PartyRef::new(orders.member.clone());
        let cache = open(&orders.cache, &orders.member)?;
        cache.write(Utc::now(), |writer| writer.set_me(&Me { references: vec![me.clone()], role: Role::Physician }))?;
        let base = FhirBase::parse(&orders.base_url)?;
        let http = Http::new(&base, Some(&orders.ca_file))?;
        let secret = Token::new(orders.client_secret.clone());
        let proof = backend::Backend::Secret { client_id: orders.client_id.clone(), secret };
        let engine = Engine::start(Parts {
            server: Arc::new(backend::backend(base, http, proof)),
            cache: cache.clone(),
            clock: Arc::new(SystemClock),
            member: Member { reference: me.clone(), practitioner: None, name: "".into(), role: Role::Physician },
            scope: Scope::default(),
            pace: Pace { unit: UNIT },
        })?;
        Ok(Self { cache, engine, me })
    }

    /// Does everything that can be done now.
    async fn turn(&self, jobs: &[Job]) -> Result<Turn, Failure> {
        loop {
            let (mut acted, mut waits) = (false, false);
            for job in jobs {
                match self.next(job)? {
                    Next::Reply(items) => self.reply(job, items)?,
                    Next::Start(item) => self.start(job, item).await?,
                    Next::Wait => {
                        waits = true;
                        continue;
                    }
                    Next::Over => continue,
                }
                acted = true;
                // What is on both desks comes first again.
                break;
            }
            if !acted {
                return Ok(if waits { Turn::Waits } else { Turn::Done });
            }
        }
    }

    fn view(&self, job: &Job) -> Result<Option<ThreadView>, StoreError> {
        self.cache.read(|reader: &Reader<'_>| reader.thread(&ThreadId::from(job.thread.as_str()), &self.me))
    }

    /// The member's own replies in a thread, oldest first.
    fn replies(&self, job: &Job) -> Result<Vec<MessageId>, StoreError> {
        Ok(self.view(job)?.map(|view| own(&view, &self.me)).unwrap_or_default())
    }

    fn next(&self, job: &Job) -> Result<Next, StoreError> {
        let Some(view) = self.view(job)? else { return Ok(Next::Wait) };
        if let Some(touch) = view.touch.as_ref().filter(|touch| touch.state == Touch::Started) {
            return Ok(Next::Reply(touch.items.clone()));
        }
        if view.outbox.iter().any(|row| row.delivery == Delivery::Wedged) {
            return Ok(Next::Over);
        }
        let now = self.engine.now();
        if let Some(item) = view.items.iter().find(|item| self.may_take(item, now)) {
            return Ok(Next::Start(item.id.clone()));
        }
        let of_patient = |message: &&tern_store::Placed| {
            message.message.sender.as_ref().is_some_and(|sender| sender.reference.kind() != PartyKind::Member)
        };
        // A message and its work item may come in either order.
        let heard = view.messages.iter().filter(of_patient).count().min(view.items.len());
        let through = heard >= job.messages && view.outbox.is_empty();
        Ok(if through { Next::Over } else { Next::Wait })
    }

    fn may_take(&self, item: &WorkItem, now: DateTime<Utc>) -> bool {
        item.status.is_open()
            && match item.hold(now) {
                Hold::Free | Hold::LeftBy(_) => true,
                Hold::Assigned(by) | Hold::Held { by, .. } => by == self.me,
            }
    }

    /// Enter on the envelope.
    async fn start(&self, job: &Job, item: WorkItemId) -> Result<(), Failure> {
        let thread = ThreadId::from(job.thread.as_str());
        let items = [item];
        self.cache.write(self.engine.now(), |writer| writer.start_touch(&thread, &items, &self.me))?;
        self.engine.wake();
        if job.hasty.contains(&(self.replies(job)?.len() + 1)) {
            return self.reply(job, items.into());
        }
        if let ClaimOutcome::Taken { .. } = self.engine.claim_now(&items, CLAIM_PATIENCE).await? {
            self.cache.write(self.engine.now(), |writer| {
                let mut lost = writer.read().outbox_of_thread(&thread)?;
                lost.retain(|row| row.delivery == Delivery::Wedged && matches!(row.intent, Intent::Claim { .. }));
                writer.give_up_claims(&lost)
            })?;
        }
        Ok(())
    }

    /// Ctrl Enter.
    fn reply(&self, job: &Job, items: Vec<WorkItemId>) -> Result<(), Failure> {
        let Some(view) = self.view(job)? else { return Ok(()) };
        let id = MessageId::from(uuid::Uuid::now_v7());
        let now = self.engine.now();
        let text = words(self.me.as_str(), &job.thread, own(&view, &self.me).len() + 1);
        let asked = view.messages.iter().filter_map(|placed| placed.message.sender.as_ref());
        let recipients = asked.map(|party| party.reference.clone()).find(|party| party.kind() != PartyKind::Member);
        let reply = Message {
            id: id.clone(),
            thread: ThreadId::from(job.thread.as_str()),
            identity: Some(format!("urn:uuid:{id}")),
            sender: Some(Party { reference: self.me.clone(), display: PrivateText::default() }),
            recipients: recipients.into_iter().collect(),
            sent: now,
            received: None,
            text: text.as_str().into(),
            in_response_to: None,
            standing: Standing::Sent,
            authorship: Authorship::Person,
            attachments: Vec::new(),
        };
        let ending = Ending {
            thread: reply.thread.clone(),
            author: self.me.clone(),
            outcome: Outcome::Replied,
            items,
            reply: Some(reply),
            notes: Vec::new(),
            not_before: now,
        };
        match self.cache.write(now, |writer| writer.end_touch(&ending)) {
            Ok(_) => {}
            // The claim was lost in this very moment: the composer stays open, and nothing was promised.
            Err(StoreError::Touch(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        self.engine.wake();
        say(&Said::Replied { message: id.as_str().to_owned(), thread: job.thread.clone() })
    }
}

/// A member's own messages, oldest first.
fn own(view: &ThreadView, me: &PartyRef) -> Vec<MessageId> {
    let own = view.messages.iter().map(|placed| &placed.message);
    own.filter(|message| message.sender.as_ref().is_some_and(|sender| sender.reference == *me))
        .map(|message| message.id.clone())
        .collect()
}
