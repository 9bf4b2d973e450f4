//! What whoever was away finds first: what was closed for them, what waits, what needs them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Roster, Validity};
use crate::{
    hours::Interval,
    ids::ThreadId,
    member::Pool,
    party::PartyRef,
    queue::Me,
    work_item::{Hold, WaitingFor, WorkItem},
};

/// A work item that a digest may speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As shown.
    pub item: WorkItem,
    /// It was the member's own when they went, whoever has it now.
    pub was_mine: bool,
}

/// What became of a member's work while they were away. Each thread is in one of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// When they were away.
    pub away: Interval,
    /// Dealt with, and by whom where the server says.
    pub closed: BTreeMap<ThreadId, Option<PartyRef>>,
    /// Answered; the patient's turn.
    pub waiting: BTreeSet<ThreadId>,
    /// Open, and the member's.
    pub needs_me: BTreeSet<ThreadId>,
}

impl Roster {
    /// When the member was away last: coverages that touch are one absence. None for whoever is away still, and where
    /// they never were. Whoever gave away one pool was at work, and is so still while somebody has it.
    pub fn last_absence(&self, me: &Me, now: DateTime<Utc>) -> Option<Interval> {
        let mine =
            |turn: &&super::Turn| me.is(&turn.absent) && turn.pools.is_empty() && turn.validity != Validity::Void;
        if self.turns.iter().filter(mine).any(|turn| turn.is_in_force(now)) {
            return None;
        }
        let mut past: Vec<Interval> = self
            .turns
            .iter()
            .filter(mine)
            .map(|turn| turn.span)
            .filter(|span| span.start < span.end && span.end <= now)
            .collect();
        past.sort_unstable_by_key(|span| span.end);
        let mut last = past.pop()?;
        while let Some(before) = past.pop() {
            if before.end >= last.start {
                last.start = last.start.min(before.start);
            }
        }
        Some(last)
    }
}

/// Who ended an absence wrote when by their own idea of the server's clock, which is whole seconds; what was dealt with
/// bears the server's own stamp. What somebody else did so soon after is news as well.
const SOON_AFTER: TimeDelta = TimeDelta::seconds(30);

/// An absence, and the moment after it.
pub fn news_of(away: Interval) -> Interval {
    Interval { end: away.end.checked_add_signed(SOON_AFTER).unwrap_or(away.end), ..away }
}

/// What became of a member's work between the two ends of `away`, seen at `now`.
pub fn digest(away: Interval, candidates: &[Candidate], pools: &[Pool], me: &Me, now: DateTime<Utc>) -> Digest {
    let mut digest = Digest { away, closed: BTreeMap::new(), waiting: BTreeSet::new(), needs_me: BTreeSet::new() };
    let news = news_of(away);
    for Candidate { item, was_mine } in candidates {
        let Some(thread) = &item.thread else { continue };
        let pool = item.pool.as_ref().and_then(|name| pools.iter().find(|pool| pool.identifier == *name));
        let answers_for = pool.is_some_and(|pool| pool.responsible.as_ref().is_some_and(|who| me.is(who)));
        let owner_is_me = item.owner.as_ref().is_some_and(|owner| me.is(owner));
        let while_away = news.contains(item.modified);
        let was_theirs = answers_for || *was_mine;
        if !item.status.is_open() {
            // What the member dealt with themselves is no news to them.
            if was_theirs && while_away && !owner_is_me {
                digest.closed.insert(thread.clone(), item.owner.clone());
            }
        } else if item.waiting_for == Some(WaitingFor::Patient) {
            if while_away && (was_theirs || owner_is_me) {
                digest.waiting.insert(thread.clone());
            }
        } else {
            let is_mine = match item.hold(now) {
                Hold::Assigned(owner) | Hold::Held { by: owner, .. } => me.is(&owner),
                // Put back by whoever stood in: nobody's, and it was theirs.
                Hold::Free | Hold::LeftBy(_) => was_theirs,
            };
            if is_mine {
                digest.needs_me.insert(thread.clone());
            }
        }
    }
    digest.waiting.retain(|thread| !digest.needs_me.contains(thread));
    digest.closed.retain(|thread, _| !digest.needs_me.contains(thread) && !digest.waiting.contains(thread));
    digest
}
