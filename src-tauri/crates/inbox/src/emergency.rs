//! Emergencies outside the app: whoever is on duty is called until somebody has it, or it is dealt with.
//!
//! The list shows an emergency on top, and that helps only who is looking. So the practice may name a **webhook**, its
//! pager or SMS gateway, to which any running Tern, or the agent, posts that there is one: to whom, and not a word of
//! what about. Each emergency has an [`Alarm`] of its own on the server, a Task beside the work item. Whoever posts takes
//! it first under its version (the *lease*), so that of four hundred machines one does; where that one dies half-way, the
//! lease runs out and another does. A page twice is a nuisance, a page never is not an option: so it is once *mostly*,
//! and each page carries a key by which the gateway may know a second one.
//!
//! ```text
//!   (none) ──made──> Due ──lease──> Calling ──posted──> Called ──5 min──> Due, the next person
//!                     ^                │ 1 min            │
//!                     ├── refused: the next person ───────┤ "I have it"
//!                     └───────5 min without another────── Held <──┐
//!                                                          └──────┘ "I have it" once more
//!   any of them ── an outcome, or lowered by a person ──> Over ── urgent once more ──> Due, from the first person
//! ```
//! The next person is the next one of [`chain`]: who is on duty now, then who answers for the pool, then everybody, and
//! everybody again every five minutes. **A claim stops nothing**: somebody who opened a message and was called away has
//! helped nobody. Nor does a call that is still to be made.
//!
//! Where no webhook is named nothing is posted, and the window says so, permanently.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    coverage::{Roster, Standing, When},
    hours::Interval,
    ids::{AlarmId, DutyId, WorkItemId},
    member::Pool,
    party::PartyRef,
    work_item::{Urgency, WaitingFor, WorkItem},
};

mod table;
#[cfg(test)]
mod tests;

pub use table::{Emergencies, EmergenciesProblem, FORMAT};

/// Minutes after which the next person is called, and for which "I have it" holds.
pub const NEXT_AFTER_MINUTES: i64 = 5;

/// Seconds for which whoever posts has the alarm to itself.
pub const LEASE_SECONDS: i64 = 60;

/// Somebody is on duty, from–to. A `Task` of its own code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Its id on the server; the one that we give it while it is not there.
    pub id: DutyId,
    /// `owner`: who.
    pub who: PartyRef,
    /// `executionPeriod.start`; none: since anybody remembers.
    pub from: Option<When>,
    /// `executionPeriod.end`; none: until somebody ends it.
    pub until: Option<When>,
    /// `status`: somebody ended it, or it never came to pass.
    pub is_over: bool,
}

impl Duty {
    /// When it is, by the practice's zone. Empty for one that is over.
    pub fn span(&self, zone: Option<chrono_tz::Tz>) -> Interval {
        let span = crate::coverage::span(self.from, self.until, zone);
        if self.is_over { Interval { start: span.start, end: span.start } } else { span }
    }
}

/// Somebody said "I have it".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Who.
    pub by: PartyRef,
    /// Until when that counts, server time.
    pub until: DateTime<Utc>,
}

/// A machine is about to post, or has broken off doing so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Which machine: a name that it gave itself when it started, and that says nothing of anybody.
    pub by: String,
    /// Until when nobody else posts, server time.
    pub until: DateTime<Utc>,
}

/// How far an emergency has been told. A `Task` of its own code, beside the work item's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its id on the server; the one that we give it while it is not there.
    pub id: AlarmId,
    /// `basedOn`: the work item.
    pub item: WorkItemId,
    /// Who was called, in this order.
    pub called: Vec<PartyRef>,
    /// When somebody was called last, server time.
    pub called_at: Option<DateTime<Utc>>,
    /// How often somebody was called: tells one page from the next.
    pub pages: u32,
    /// A machine is posting.
    pub lease: Option<Lease>,
    /// Somebody has it.
    pub held: Option<Held>,
    /// `status`: it is dealt with.
    pub is_over: bool,
}

/// Where an alarm stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody has to be called now.
    Due,
    /// A machine is calling, until.
    Calling(DateTime<Utc>),
    /// Somebody was called, and the next one is at.
    Called(DateTime<Utc>),
    /// Somebody has it, until.
    Held(DateTime<Utc>),
    /// It is dealt with.
    Over,
}

/// What happens to an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmEvent {
    /// A machine is about to post.
    Lease {
        /// Which.
        by: String,
    },
    /// The webhook took it.
    Posted {
        /// By which machine.
        by: String,
        /// Who was called; none: everybody.
        to: Option<PartyRef>,
    },
    /// Nobody answered at the webhook: another machine may reach it.
    NotPosted {
        /// By which machine.
        by: String,
    },
    /// The webhook answered that it does not take this one, perhaps because it does not know who was to be called: the
    /// next person is called at once.
    Refused {
        /// By which machine.
        by: String,
        /// Who was to be called; none: everybody.
        to: Option<PartyRef>,
    },
    /// "I have it".
    Taken {
        /// Who.
        by: PartyRef,
    },
    /// An outcome.
    Dealt,
    /// It is urgent once more, after an outcome.
    Again,
}

/// A move that is not drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchMove {
    /// Somebody else said "I have it" before.
    #[error("somebody else has it")]
    HeldBy(PartyRef),
    /// As it stands, that cannot happen to it.
    #[error("an alarm that stands so is not moved so")]
    NotDrawn,
}

/// The id, and the identity, of the alarm of a work item: `server_id` is the item's on the server, which every machine
/// knows it by.
pub fn identity(server_id: &str) -> AlarmId {
    AlarmId::from(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("alarm|Task/{server_id}").as_bytes()))
}

impl Alarm {
    /// The alarm of a work item that has none yet.
    pub fn of(item: &WorkItemId, server_id: &str) -> Self {
        Self {
            id: identity(server_id),
            item: item.clone(),
            called: Vec::new(),
            called_at: None,
            pages: 0,
            lease: None,
            held: None,
            is_over: false,
        }
    }

    /// Where it stands at `now` (server time).
    pub fn state(&self, now: DateTime<Utc>) -> State {
        let next = self.called_at.map(|at| at + TimeDelta::minutes(NEXT_AFTER_MINUTES));
        match (&self.held, &self.lease, next) {
            _ if self.is_over => State::Over,
            (Some(held), _, _) if held.until > now => State::Held(held.until),
            (_, Some(lease), _) if lease.until > now => State::Calling(lease.until),
            (_, _, Some(next)) if next > now => State::Called(next),
            _ => State::Due,
        }
    }

    /// Who has it at `now`.
    pub fn holder(&self, now: DateTime<Utc>) -> Option<&Held> {
        self.held.as_ref().filter(|held| !self.is_over && held.until > now)
    }

    /// The alarm after an event: the one way in which it moves.
    ///
    /// # Errors
    /// [`NoSuchMove`] for whatever is not drawn above.
    pub fn on(&self, event: &AlarmEvent, now: DateTime<Utc>) -> Result<Self, NoSuchMove> {
        let mut next = self.clone();
        let posts = |by: &str| self.lease.as_ref().is_some_and(|lease| lease.by == by);
        match (self.state(now), event) {
            (State::Due, AlarmEvent::Lease { by }) => {
                next.lease = Some(Lease { by: by.clone(), until: now + TimeDelta::seconds(LEASE_SECONDS) });
                next.held = None;
            }
            // However late: it was posted, and what is posted is said.
            (State::Calling(_) | State::Due | State::Held(_), AlarmEvent::Posted { by, to }) if posts(by) => {
                next.lease = None;
                next.called_at = Some(now);
                next.pages = self.pages.saturating_add(1);
                next.called.extend(to.clone().filter(|to| !self.called.contains(to)));
            }
            (State::Calling(_) | State::Due | State::Held(_), AlarmEvent::NotPosted { by }) if posts(by) => {
                next.lease = None;
            }
            (State::Calling(_) | State::Due | State::Held(_), AlarmEvent::Refused { by, to }) if posts(by) => {
                next.lease = None;
                next.called.extend(to.clone().filter(|to| !self.called.contains(to)));
            }
            (State::Held(_), AlarmEvent::Taken { by }) if self.holder(now).is_some_and(|held| held.by != *by) => {
                let by = self.holder(now).map(|held| held.by.clone()).unwrap_or_else(|| by.clone());
                return Err(NoSuchMove::HeldBy(by));
            }
            (State::Due | State::Calling(_) | State::Called(_) | State::Held(_), AlarmEvent::Taken { by }) => {
                next.held = Some(Held { by: by.clone(), until: now + TimeDelta::minutes(NEXT_AFTER_MINUTES) });
            }
            (State::Due | State::Calling(_) | State::Called(_) | State::Held(_), AlarmEvent::Dealt) => {
                next.is_over = true;
                next.lease = None;
                next.held = None;
            }
            // From the first person on; the pages go on being counted, or a second one would pass for the first.
            (State::Over, AlarmEvent::Again) => {
                next = Self { pages: self.pages, ..Self::of(&self.item, "") };
                next.id.clone_from(&self.id);
            }
            _ => return Err(NoSuchMove::NotDrawn),
        }
        Ok(next)
    }
}

/// Whether somebody has to be called for a work item: it is open, an emergency, and nothing was done about it that helps
/// the patient. A claim, a route and a call that is still to be made do not.
pub fn rings(item: &WorkItem) -> bool {
    item.status.is_open()
        && item.urgency == Urgency::Emergency
        && !matches!(item.waiting_for, Some(WaitingFor::Patient | WaitingFor::Visit))
}

/// Who is called for a work item, in this order, at `now`: who is on duty (whoever came on first, first), then who
/// answers for its pool. For whoever is away by the practice's coverage, the one who stands in. After them: everybody.
pub fn chain(duties: &[Duty], pool: Option<&Pool>, roster: &Roster, now: DateTime<Utc>) -> Vec<PartyRef> {
    let mut on_duty: Vec<(DateTime<Utc>, &Duty)> = duties
        .iter()
        .map(|duty| (duty.span(roster.zone()), duty))
        .filter(|(span, _)| span.contains(now))
        .map(|(span, duty)| (span.start, duty))
        .collect();
    on_duty.sort_by(|(one, of_one), (other, of_other)| (one, &of_one.id).cmp(&(other, &of_other.id)));
    let named = on_duty.into_iter().map(|(_, duty)| &duty.who).chain(pool.and_then(|pool| pool.responsible.as_ref()));
    let mut chain = Vec::new();
    for who in named {
        let who = match roster.who_has(who, pool.map(|pool| pool.identifier.as_str()), now) {
            Standing::Here | Standing::Nobody(_) => roster.acting(who),
            Standing::By(stand_in) => stand_in,
        };
        if !chain.contains(&who) {
            chain.push(who);
        }
    }
    chain
}

/// What is to be done about a work item's alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: there is none, and none is wanted.
    Nothing,
    /// Nothing before the instant.
    Wait(DateTime<Utc>),
    /// There has to be one.
    Make,
    /// Somebody has to be called; none: everybody.
    Call(Option<PartyRef>),
    /// It was over and is wanted once more.
    Again,
    /// It is dealt with.
    End,
}

/// Decides at `now` (server time): `alarm` as the server has it, `wanted` by [`rings`], `chain` by [`chain`].
pub fn next(alarm: Option<&Alarm>, wanted: bool, chain: &[PartyRef], now: DateTime<Utc>) -> Next {
    let Some(alarm) = alarm else { return if wanted { Next::Make } else { Next::Nothing } };
    match (alarm.state(now), wanted) {
        (State::Over, false) => Next::Nothing,
        (State::Over, true) => Next::Again,
        (_, false) => Next::End,
        (State::Held(until) | State::Calling(until) | State::Called(until), true) => Next::Wait(until),
        (State::Due, true) => Next::Call(chain.iter().find(|who| !alarm.called.contains(who)).cloned()),
    }
}
