//! Coverage: who stands in while a member is away.
//!
//! A coverage says that a member is away **from–to** and who **stands in**, for everything or for some pools. It is no
//! change of any work item: what was Dr Osei's stays hers, is shown to whoever stands in while she is away, and is hers
//! again the moment she is back, without anybody having to move anything twice.
//!
//! ```text
//!   Dr Osei is away ──> Dr Haddad, away too ──> Mia: here              Mia stands in
//!   Dr Osei is away ──> Dr Haddad, away too ──> Dr Osei                a circle: nobody stands in
//!   Dr Osei is away ──> Jo of the front office                         no right: nobody stands in
//! ```
//! Where nobody stands in, what stands in a pool falls to the person who answers for that pool, and it is said why.
//!
//! # Which one counts
//! Two coverages of one member may overlap. The one that names the pool counts before one for everything; of those, one
//! whose stand-in has the right before one whose has not; then the one that began later, which is what somebody decided
//! last about these days; then the greater id. So every machine comes to the same person.
//!
//! # When
//! Half-open: whoever is away until 12:00 is back at 12:00:00. A date without a time is a whole day in the practice's
//! zone, the last one too; in UTC where the practice has not said its zone.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::{
    hours::{Interval, start_of_day},
    ids::CoverageId,
    member::{Member, Pool, Role},
    party::PartyRef,
    queue::Me,
    rights,
    work_item::{Hold, WaitingFor, WorkItem, WorkStatus},
};

pub mod digest;
mod warning;

#[cfg(test)]
mod tests;

pub use warning::Warning;

/// An end of a period, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// An instant.
    At(DateTime<Utc>),
    /// A day of the practice's, the whole of it.
    Day(NaiveDate),
}

/// How far a coverage has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// Its period says when.
    Planned,
    /// Somebody ended it: it counts no more, and its period says when it did.
    Ended,
    /// Never came to pass.
    Void,
}

/// A member is away, somebody stands in. A `Task` of its own code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Its id on the server; the one that we give it while it is not there.
    pub id: CoverageId,
    /// `for`: who is away.
    pub absent: PartyRef,
    /// `owner`: who stands in.
    pub stand_in: PartyRef,
    /// `executionPeriod.start`; none: for as long as anybody remembers.
    pub from: Option<When>,
    /// `executionPeriod.end`; none: until somebody ends it.
    pub until: Option<When>,
    /// `performerType`: `system|value` of the pools that it is for; none: for everything.
    pub pools: Vec<String>,
    /// `status`.
    pub validity: Validity,
}

impl Coverage {
    /// When it is, or was, in force. Empty for one that never came to pass.
    pub fn span(&self, zone: Option<Tz>) -> Interval {
        let span = span(self.from, self.until, zone);
        if self.validity == Validity::Void { Interval { start: span.start, end: span.start } } else { span }
    }
}

/// From–to, as it was written, in instants; without an end that is missing.
pub fn span(from: Option<When>, until: Option<When>, zone: Option<Tz>) -> Interval {
    let zone = zone.unwrap_or(Tz::UTC);
    let start = match from {
        Some(When::At(at)) => at,
        Some(When::Day(day)) => start_of_day(zone, day),
        None => DateTime::<Utc>::MIN_UTC,
    };
    let end = match until {
        Some(When::At(at)) => at,
        // The day itself is included.
        Some(When::Day(day)) => day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| start_of_day(zone, next)),
        None => DateTime::<Utc>::MAX_UTC,
    };
    Interval { start, end: end.max(start) }
}

/// A coverage made ready: its people by the reference that they act as, its period in instants.
#[derive(Clone, Debug)]
struct Turn {
    id: CoverageId,
    absent: PartyRef,
    stand_in: PartyRef,
    span: Interval,
    pools: Vec<String>,
    validity: Validity,
}

impl Turn {
    fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.validity == Validity::Planned && self.span.contains(now)
    }

    fn is_for(&self, pool: Option<&str>) -> bool {
        self.pools.is_empty() || pool.is_some_and(|pool| self.names(pool))
    }

    fn names(&self, pool: &str) -> bool {
        self.pools.iter().any(|named| named == pool)
    }
}

/// Who has a member's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The member: they are not away.
    Here,
    /// Somebody else, who is here.
    By(PartyRef),
    /// Nobody, though the member is away.
    Nobody(Gap),
}

/// Why nobody stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gap {
    /// Those who stand in are away, and stand in for each other in a circle.
    Loop,
    /// Whoever is named may not start what the absent member may, or is nobody whom we know.
    NoRight,
}

/// Who is away and who stands in, made ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    turns: Vec<Turn>,
    members: Vec<Member>,
    zone: Option<Tz>,
}

impl Roster {
    /// Of all coverages and members that are known; `zone` is the practice's, where it has said so.
    pub fn new(coverages: &[Coverage], members: Vec<Member>, zone: Option<Tz>) -> Self {
        let mut roster = Self { turns: Vec::new(), members, zone };
        roster.turns = coverages.iter().map(|coverage| roster.turn(coverage)).collect();
        roster
    }

    fn turn(&self, coverage: &Coverage) -> Turn {
        Turn {
            id: coverage.id.clone(),
            absent: self.acting(&coverage.absent),
            stand_in: self.acting(&coverage.stand_in),
            span: coverage.span(self.zone),
            pools: coverage.pools.clone(),
            validity: coverage.validity,
        }
    }

    /// The practice's zone, where it has said so.
    pub fn zone(&self) -> Option<Tz> {
        self.zone
    }

    /// The reference that somebody acts as: a practitioner is matched as well.
    pub fn acting(&self, who: &PartyRef) -> PartyRef {
        let behind = |member: &&Member| member.practitioner.as_ref() == Some(who);
        self.members.iter().find(behind).map_or_else(|| who.clone(), |member| member.reference.clone())
    }

    fn role(&self, who: &PartyRef) -> Role {
        self.members.iter().find(|member| member.reference == *who).map(|member| member.role).unwrap_or_default()
    }

    /// Names what is in force at `now`: where it changed, everything is filed anew.
    pub fn in_force(&self, now: DateTime<Utc>) -> Vec<CoverageId> {
        let mut ids: Vec<_> =
            self.turns.iter().filter(|turn| turn.is_in_force(now)).map(|turn| turn.id.clone()).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether a member is away at `now`: from a pool, or from what is theirs in none.
    pub fn is_away(&self, who: &PartyRef, pool: Option<&str>, now: DateTime<Utc>) -> bool {
        let who = self.acting(who);
        self.turns.iter().any(|turn| turn.absent == who && turn.is_in_force(now) && turn.is_for(pool))
    }

    /// Whether a member was away at an instant, also by a coverage that was ended since.
    pub fn was_away(&self, who: &PartyRef, pool: Option<&str>, at: DateTime<Utc>) -> bool {
        let who = self.acting(who);
        let was = |turn: &&Turn| turn.validity != Validity::Void && turn.span.contains(at) && turn.is_for(pool);
        self.turns.iter().filter(was).any(|turn| turn.absent == who)
    }

    /// Who has what is a member's at `now`: in a pool, or in none.
    pub fn who_has(&self, absent: &PartyRef, pool: Option<&str>, now: DateTime<Utc>) -> Standing {
        let absent = self.acting(absent);
        let needs = self.role(&absent);
        let may = |who: &PartyRef| rights::may_stand_in(self.role(who), needs);
        let mut passed = vec![absent.clone()];
        loop {
            let Some(last) = passed.last() else { return Standing::Here };
            let of_theirs = |turn: &&Turn| turn.absent == *last && turn.is_in_force(now) && turn.is_for(pool);
            let counts = |turn: &Turn| (may(&turn.stand_in), !turn.pools.is_empty(), turn.span.start, turn.id.clone());
            let Some(next) = self.turns.iter().filter(of_theirs).max_by_key(|turn| counts(turn)) else {
                return if passed.len() == 1 { Standing::Here } else { Standing::By(last.clone()) };
            };
            if passed.contains(&next.stand_in) {
                return Standing::Nobody(Gap::Loop);
            }
            if !may(&next.stand_in) {
                return Standing::Nobody(Gap::NoRight);
            }
            passed.push(next.stand_in.clone());
        }
    }

    /// To whom what is an absent member's falls: whoever stands in; else the person who answers for its pool, who is
    /// here. None while the member is here, and where there is nobody.
    pub fn falls_to(
        &self,
        absent: &PartyRef,
        item: &WorkItem,
        pool: Option<&Pool>,
        now: DateTime<Utc>,
    ) -> Option<PartyRef> {
        let name = item.pool.as_deref();
        match self.who_has(absent, name, now) {
            Standing::Here => None,
            Standing::By(who) => Some(who),
            Standing::Nobody(_) => {
                let responsible = self.acting(pool?.responsible.as_ref()?);
                let is_here = responsible != self.acting(absent) && !self.is_away(&responsible, name, now);
                is_here.then_some(responsible)
            }
        }
    }

    /// For which absent members somebody has a work item that stands in `pool`, at `now` (server time).
    ///
    /// An item is an absent member's that was given to them and that nobody is at work on; that is free in a pool for
    /// which they answer; or that is free in a pool where they work and that their coverage names, or in which nobody
    /// else is here. What waits for the patient is nobody's turn.
    pub fn for_whom(&self, item: &WorkItem, pool: Option<&Pool>, me: &Me, now: DateTime<Utc>) -> Vec<PartyRef> {
        if self.turns.is_empty() || !item.status.is_open() || item.waiting_for == Some(WaitingFor::Patient) {
            return Vec::new();
        }
        let candidates = match item.hold(now) {
            Hold::Held { .. } => Vec::new(),
            Hold::Assigned(owner) => vec![self.acting(&owner)],
            Hold::Free | Hold::LeftBy(_) => pool.map(|pool| self.missed_in(pool, now)).unwrap_or_default(),
        };
        let falls_to_me =
            |absent: &PartyRef| !me.is(absent) && self.falls_to(absent, item, pool, now).is_some_and(|who| me.is(&who));
        candidates.into_iter().filter(falls_to_me).collect()
    }

    /// A work item as whoever stands in may deal with it: what was given to the absent member is free to them. Everybody
    /// else finds it as it is.
    pub fn freed(&self, item: &WorkItem, pool: Option<&Pool>, me: &Me, now: DateTime<Utc>) -> WorkItem {
        let mut item = item.clone();
        if matches!(item.hold(now), Hold::Assigned(_)) && !self.for_whom(&item, pool, me, now).is_empty() {
            item.owner = None;
            item.status = WorkStatus::Requested;
        }
        item
    }

    /// Those whose place in a pool is empty: what is free there is theirs.
    fn missed_in(&self, pool: &Pool, now: DateTime<Utc>) -> Vec<PartyRef> {
        let name = pool.identifier.as_str();
        let responsible = pool.responsible.as_ref().map(|who| self.acting(who));
        let mut people: Vec<PartyRef> =
            pool.members.iter().map(|who| self.acting(who)).chain(responsible.clone()).collect();
        people.sort_unstable();
        people.dedup();
        let nobody_is_here = people.iter().all(|who| self.is_away(who, Some(name), now));
        let is_named = |who: &PartyRef| {
            self.turns.iter().any(|turn| turn.absent == *who && turn.is_in_force(now) && turn.names(name))
        };
        people.retain(|who| {
            self.is_away(who, Some(name), now) && (nobody_is_here || Some(who) == responsible.as_ref() || is_named(who))
        });
        people
    }

    /// For whom somebody stands in at `now`, in one pool at least.
    pub fn stood_in_for(&self, me: &Me, now: DateTime<Utc>) -> Vec<PartyRef> {
        let mut absent: Vec<PartyRef> =
            self.turns.iter().filter(|turn| turn.is_in_force(now)).map(|turn| turn.absent.clone()).collect();
        absent.sort_unstable();
        absent.dedup();
        let by_me = |pool: Option<&str>, absent: &PartyRef| matches!(self.who_has(absent, pool, now), Standing::By(who) if me.is(&who));
        absent.retain(|absent| self.scopes_of(absent, now).into_iter().any(|pool| by_me(pool, absent)));
        absent
    }

    /// Each pool that a coverage of theirs names, and what is in none.
    fn scopes_of(&self, absent: &PartyRef, now: DateTime<Utc>) -> Vec<Option<&str>> {
        let theirs = self.turns.iter().filter(|turn| turn.absent == *absent && turn.is_in_force(now));
        theirs.flat_map(|turn| turn.pools.iter().map(|pool| Some(pool.as_str()))).chain([None]).collect()
    }

    /// Why nobody stands in for an absent member, in one pool at least; none where somebody does.
    pub fn gap(&self, absent: &PartyRef, now: DateTime<Utc>) -> Option<Gap> {
        let absent = self.acting(absent);
        self.scopes_of(&absent, now).into_iter().find_map(|pool| match self.who_has(&absent, pool, now) {
            Standing::Nobody(gap) => Some(gap),
            Standing::Here | Standing::By(_) => None,
        })
    }

    /// The reference that a coverage means by somebody.
    pub fn known_as(&self, who: &PartyRef) -> PartyRef {
        self.acting(who)
    }
}
