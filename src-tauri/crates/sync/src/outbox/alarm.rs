//! Emergencies: whoever is on duty is called by the practice's webhook, and "I have it".
//!
//! ```text
//!   every few seconds: what waits, by the cache ──> decide   (inbox::emergency)
//!     on the server, under its version:   lease ──> post ──> called
//! ```
//! No row of the outbox carries any of this, because nothing of it may wait: a page that was put off until the network
//! is back tells of what somebody has dealt with since, and "I have it" counts when the server has it and not before. So
//! nothing is kept here either. The alarm stands on the server; any machine goes on where another broke off.
//!
//! Each step is decided on what was just read and written under that version. Of all machines that look at the same
//! moment one has the lease, and it posts; if it dies then, another one posts once the lease is over.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;
use tern_fhir::{
    answer::{self, Certainty, ReadAnswer, to_read},
    exchange::Response,
    read::{self, Reading},
    search,
    write::{change::Current, create::New, edit::Edit, emergency as wire},
};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    emergency::{self, Alarm, AlarmEvent, Emergencies, NoSuchMove, State},
    ids::WorkItemId,
    outbox::Answer,
    party::PartyRef,
};
use tern_store::Emergency;

use super::{Outbox, OutboxError, Written, create::Found};
use crate::server::{NotPaged, Page};

/// Times a moved version is read again at once.
const AT_ONCE: usize = 4;

/// Seconds after which a machine whose post was not taken tries again: others may reach what it cannot.
const PUT_OFF_SECONDS: i64 = 60;

/// Seconds over which the machines of a practice are spread, so that not all of them reach for the lease at once.
const SPREAD_SECONDS: u64 = 3;

/// What "I have it" came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HaveIt {
    /// The server has it: nobody else is called until then (server time).
    Yes {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Somebody else said so before.
    Somebody {
        /// Who.
        by: PartyRef,
    },
    /// It is dealt with, or gone.
    Over,
    /// The server has not said that it has it: whoever is on duty goes on being called.
    NotConfirmed,
}

/// What this machine knows of its own posts.
pub(super) struct Pager {
    /// A name for this run of the program, which says nothing of anybody.
    machine: String,
    /// Nothing is posted before, by this machine's clock: nobody answered at the webhook.
    put_off: Mutex<Option<DateTime<Utc>>>,
}

impl Default for Pager {
    fn default() -> Self {
        Self { machine: uuid::Uuid::new_v4().to_string(), put_off: Mutex::default() }
    }
}

impl Pager {
    fn is_put_off(&self, now: DateTime<Utc>) -> bool {
        self.put_off.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| until > now)
    }

    fn put_off(&self, now: DateTime<Utc>) {
        let until = now + TimeDelta::seconds(PUT_OFF_SECONDS);
        *self.put_off.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// This machine's own share of the spread.
    fn turn(&self) -> u32 {
        let mut hasher = DefaultHasher::new();
        self.machine.hash(&mut hasher);
        u32::try_from(hasher.finish() % SPREAD_SECONDS).unwrap_or_default()
    }
}

/// An alarm as it stands on the server.
struct Standing {
    alarm: Alarm,
    current: Current,
    server_id: String,
}

/// What reading it brought.
enum Look {
    There(Box<Standing>),
    NotThere,
    /// It could not be read now.
    No,
}

/// What moving it came to.
enum Moved {
    To(Alarm),
    Refused(NoSuchMove),
    NotThere,
    /// The server has not said so.
    No,
}

impl Outbox {
    /// Looks at every emergency that is here, and does what is due.
    pub(crate) async fn watch_emergencies(&self) -> Result<(), OutboxError> {
        if !self.way_is_open() || !self.facts.may_be_written_by() {
            return Ok(());
        }
        let (table, waiting) = self.book.emergencies(self.time.now()).await?;
        if table.webhook.is_some() && self.book.has_emergency_without_work_item().await? {
            self.place().await?;
        }
        let mut is_unheard = false;
        if waiting.iter().any(|one| self.is_due(one, &table)) {
            // Once for all of them: twenty at a time are called one after the other, and none waits for its own share.
            self.time.sleep(self.pace.unit * self.pager.turn()).await;
        }
        for one in &waiting {
            is_unheard |= !self.tell(one, &table).await?;
        }
        self.board.change(|status| status.pager_unheard = is_unheard);
        Ok(())
    }

    /// Whether something is to be done about one, as far as is known here.
    fn is_due(&self, one: &Emergency, table: &Emergencies) -> bool {
        use emergency::Next;
        match emergency::next(one.alarm.as_ref(), one.rings, &one.chain, self.time.now()) {
            Next::Nothing | Next::Wait(_) => false,
            Next::Make | Next::Call(_) | Next::Again => table.webhook_for(one.sent).is_some(),
            Next::End => true,
        }
    }

    /// Does what is due about one; says whether whoever had to be called could be.
    async fn tell(&self, one: &Emergency, table: &Emergencies) -> Result<bool, OutboxError> {
        if !self.is_due(one, table) {
            return Ok(true);
        }
        if one.rings && self.pager.is_put_off(self.time.here()) {
            return Ok(false);
        }
        let next = |alarm: Option<&Alarm>| emergency::next(alarm, one.rings, &one.chain, self.time.now());
        let webhook = table.webhook_for(one.sent);
        let (look, made) = match self.alarm(one).await? {
            Look::NotThere if one.rings => (self.make_alarm(one).await?, true),
            look => (look, false),
        };
        let Look::There(standing) = look else { return Ok(!one.rings || made) };
        let event = match next(Some(&standing.alarm)) {
            emergency::Next::End => AlarmEvent::Dealt,
            emergency::Next::Again => AlarmEvent::Again,
            emergency::Next::Call(to) => return self.call(one, webhook.unwrap_or_default(), to).await,
            emergency::Next::Nothing | emergency::Next::Wait(_) | emergency::Next::Make => return Ok(true),
        };
        self.move_alarm(one, &event).await?;
        Ok(true)
    }

    /// Calls somebody, or everybody: under a lease, so that one machine does.
    async fn call(&self, one: &Emergency, webhook: &str, to: Option<PartyRef>) -> Result<bool, OutboxError> {
        let by = self.pager.machine.clone();
        let alarm = match self.move_alarm(one, &AlarmEvent::Lease { by: by.clone() }).await? {
            Moved::To(alarm) => alarm,
            // Another machine was first, or nothing is known of it: the next look decides anew.
            Moved::Refused(_) | Moved::NotThere | Moved::No => return Ok(true),
        };
        let page = self.page(&alarm, webhook, to.as_ref()).await?;
        let posted = self.line.server.page(page).await;
        if let Err(error) = &posted {
            tracing::warn!(%error, "an emergency could not be posted");
        }
        let event = match posted {
            Ok(()) => AlarmEvent::Posted { by, to },
            // It may know the next person.
            Err(NotPaged::Refused(_)) if to.is_some() => AlarmEvent::Refused { by, to },
            Err(_) => {
                self.pager.put_off(self.time.here());
                AlarmEvent::NotPosted { by }
            }
        };
        let is_heard = matches!(event, AlarmEvent::Posted { .. });
        self.move_alarm(one, &event).await?;
        Ok(is_heard)
    }

    /// What is posted: that there is an emergency, and to whom. Not a word of what about, nor of whom.
    async fn page(&self, alarm: &Alarm, webhook: &str, to: Option<&PartyRef>) -> Result<Page, OutboxError> {
        let named = match to {
            Some(to) => Some((to, self.book.member(to).await?)),
            None => None,
        };
        let people: Vec<_> = named
            .into_iter()
            .map(|(to, member)| {
                json!({
                    "reference": to.as_str(),
                    "practitioner": member.as_ref().and_then(|member| Some(member.practitioner.as_ref()?.as_str())),
                    "name": member.as_ref().map(|member| member.name.reveal()),
                })
            })
            .collect();
        let number = alarm.pages.saturating_add(1);
        let key = format!("{}-{number}", alarm.id);
        let body = json!({
            "event": "emergency",
            "key": key,
            "alarm": alarm.id.as_str(),
            "page": number,
            "to": people,
            "everybody": to.is_none(),
            "at": search::instant(self.time.now()),
        });
        Ok(Page { address: webhook.to_owned(), key, body: body.to_string().into_bytes() })
    }

    /// "I have it": keeps the next person from being called for five minutes, once the server has it.
    pub(crate) async fn have_it(&self, item: &WorkItemId) -> Result<HaveIt, OutboxError> {
        let (_, waiting) = self.book.emergencies(self.time.now()).await?;
        let Some(one) = waiting.iter().find(|one| one.item == *item && one.rings) else { return Ok(HaveIt::Over) };
        let by = self.me_as().clone();
        if matches!(self.alarm(one).await?, Look::NotThere) && !matches!(self.make_alarm(one).await?, Look::There(_)) {
            return Ok(HaveIt::NotConfirmed);
        }
        let mut moved = self.move_alarm(one, &AlarmEvent::Taken { by: by.clone() }).await?;
        if matches!(moved, Moved::Refused(NoSuchMove::NotDrawn)) {
            // It was over, and is urgent once more.
            self.move_alarm(one, &AlarmEvent::Again).await?;
            moved = self.move_alarm(one, &AlarmEvent::Taken { by }).await?;
        }
        Ok(match moved {
            Moved::To(alarm) => match alarm.state(self.time.now()) {
                State::Held(until) => HaveIt::Yes { until },
                _ => HaveIt::NotConfirmed,
            },
            Moved::Refused(NoSuchMove::HeldBy(by)) => HaveIt::Somebody { by },
            Moved::Refused(NoSuchMove::NotDrawn) => HaveIt::Over,
            Moved::NotThere | Moved::No => HaveIt::NotConfirmed,
        })
    }

    fn me_as(&self) -> &PartyRef {
        &self.book.author
    }

    /// Moves an alarm on the server by one event, decided anew on each version that comes in between.
    async fn move_alarm(&self, one: &Emergency, event: &AlarmEvent) -> Result<Moved, OutboxError> {
        for _ in 0..AT_ONCE {
            let standing = match self.alarm(one).await? {
                Look::There(standing) => standing,
                Look::NotThere => return Ok(Moved::NotThere),
                Look::No => return Ok(Moved::No),
            };
            // As FHIR carries it, so that what is read back is what was written.
            let now = self.time.now().trunc_subsecs(3);
            let moved = match standing.alarm.on(event, now) {
                Ok(moved) => moved,
                // An answer that was lost: it stands as we wanted it.
                Err(_) if is_done(&standing.alarm, event, now) => return Ok(Moved::To(standing.alarm)),
                Err(refused) => return Ok(Moved::Refused(refused)),
            };
            let edit = Edit::Alarm { alarm: &moved, at: now };
            let Ok(request) = standing.current.change(&edit, self.facts.server().changing()) else {
                return Ok(Moved::No);
            };
            match self.write(request).await? {
                // Nobody knows: what stands there says.
                Written::Unanswered(Answer::NoAnswer) => {}
                Written::Unanswered(_) => return Ok(Moved::No),
                Written::Answered { request, response, verdict } => match (verdict.answer, verdict.certainty) {
                    (Answer::Accepted, _) => {
                        let stored = answer::stored(&request, &response, self.line.server.fhir_base());
                        let version = stored.as_ref().and_then(|stored| stored.version.clone());
                        self.file_alarm(&standing.server_id, version, response.last_modified, &moved).await?;
                        return Ok(Moved::To(moved));
                    }
                    // The version moved, or perhaps: it is read again.
                    (Answer::Conflict, _) | (_, Certainty::VersionTells) | (Answer::NoAnswer, _) => {}
                    (Answer::Gone, _) => return Ok(Moved::NotThere),
                    _ => return Ok(Moved::No),
                },
            }
        }
        Ok(Moved::No)
    }

    /// Makes the alarm; where another machine was first, that one counts.
    async fn make_alarm(&self, one: &Emergency) -> Result<Look, OutboxError> {
        let new = self.new_alarm(one);
        let how = self.facts.server().creating();
        self.write(new.request(how)).await?;
        self.alarm(one).await
    }

    fn new_alarm(&self, one: &Emergency) -> New {
        wire::alarm(&Alarm::of(&one.server_id.as_str().into(), &one.server_id), &one.server_id, self.time.now())
    }

    /// Reads the alarm of an emergency.
    async fn alarm(&self, one: &Emergency) -> Result<Look, OutboxError> {
        let id = match &one.alarm {
            Some(known) => known.id.as_str().to_owned(),
            None => match self.find(&self.new_alarm(one)).await? {
                Found::There(found) => match found.server_id {
                    Some(id) => id,
                    None => return Ok(Look::No),
                },
                Found::NotThere => return Ok(Look::NotThere),
                Found::No(_) => return Ok(Look::No),
            },
        };
        let Ok(response) = self.line.send(search::read("Task", &id)).await else { return Ok(Look::No) };
        match to_read(&response) {
            ReadAnswer::Here => self.alarm_of(&response).await,
            ReadAnswer::Gone => Ok(Look::NotThere),
            _ => Ok(Look::No),
        }
    }

    async fn alarm_of(&self, response: &Response) -> Result<Look, OutboxError> {
        let received = response.date.unwrap_or_else(|| self.time.now());
        let base = self.line.server.fhir_base();
        let arrival = read::one(response, &Reading { expected: Kind::Task, base, received });
        let (Ok(arrival), Ok(current)) = (arrival, Current::of_response(response)) else { return Ok(Look::No) };
        let Content::Alarm(alarm) = &arrival.content else { return Ok(Look::No) };
        let standing = Standing { alarm: alarm.clone(), current, server_id: arrival.server_id.clone() };
        self.book.file(self.time.now(), arrival).await?;
        Ok(Look::There(Box::new(standing)))
    }

    /// What was written is known here at once; where the server did not say its version, the pull brings it.
    async fn file_alarm(
        &self,
        server_id: &str,
        version: Option<String>,
        updated: Option<DateTime<Utc>>,
        alarm: &Alarm,
    ) -> Result<(), OutboxError> {
        self.pull.notify_one();
        let Some(version) = version else { return Ok(()) };
        let arrival = Arrival {
            kind: Kind::Task,
            server_id: server_id.to_owned(),
            version,
            last_updated: updated,
            identity: None,
            content: Content::Alarm(alarm.clone()),
        };
        self.book.file(self.time.now(), arrival).await
    }
}

/// Whether an alarm stands as an event would have made it.
fn is_done(alarm: &Alarm, event: &AlarmEvent, now: DateTime<Utc>) -> bool {
    match event {
        AlarmEvent::Lease { by } => alarm.lease.as_ref().is_some_and(|lease| lease.by == *by && lease.until > now),
        AlarmEvent::Dealt => alarm.is_over,
        AlarmEvent::Taken { by } => alarm.holder(now).is_some_and(|held| held.by == *by),
        AlarmEvent::Posted { .. } | AlarmEvent::NotPosted { .. } | AlarmEvent::Refused { .. } => alarm.lease.is_none(),
        AlarmEvent::Again => !alarm.is_over,
    }
}
