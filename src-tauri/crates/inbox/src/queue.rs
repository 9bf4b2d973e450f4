//! Queues: saved views of work items. What the left rail shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::PoolId,
    member::Pool,
    party::PartyRef,
    work_item::{Hold, Urgency, WaitingFor, WorkItem},
};

/// One entry of the rail.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "pool")]
pub enum Queue {
    /// What I own, or what is free in my own pool.
    Mine,
    /// Urgent and emergency, claimed ones too, of everything I may see.
    Urgent,
    /// A shared queue.
    Pool(PoolId),
    /// What no rule placed, and what could not be read.
    Unsorted,
    /// Answered; the patient's turn.
    Waiting,
    /// Patients whom somebody will call.
    Calls,
    /// Replies of mine that are still on their way, and whatever I did that needs me.
    Unsent,
}

impl Queue {
    /// The key under which the cache files it.
    pub fn key(&self) -> String {
        match self {
            Self::Mine => "mine".to_owned(),
            Self::Urgent => "urgent".to_owned(),
            Self::Pool(pool) => format!("pool:{pool}"),
            Self::Unsorted => "unsorted".to_owned(),
            Self::Waiting => "waiting".to_owned(),
            Self::Calls => "calls".to_owned(),
            Self::Unsent => "unsent".to_owned(),
        }
    }

    /// The queue of a key, if it is one.
    pub fn from_key(key: &str) -> Option<Self> {
        Some(match key {
            "mine" => Self::Mine,
            "urgent" => Self::Urgent,
            "unsorted" => Self::Unsorted,
            "waiting" => Self::Waiting,
            "calls" => Self::Calls,
            "unsent" => Self::Unsent,
            other => Self::Pool(PoolId::from(other.strip_prefix("pool:")?)),
        })
    }
}

/// The member whose queues these are, as work items name them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The `PractitionerRole` that we act as, and the `Practitioner` behind it.
    pub references: Vec<PartyRef>,
}

impl Me {
    /// Whether a reference means the member.
    pub fn is(&self, party: &PartyRef) -> bool {
        self.references.contains(party)
    }
}

/// What decides in which queues a thread stands.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The thread's open work items, as shown.
    pub items: &'a [WorkItem],
    /// The pools that are known.
    pub pools: &'a [Pool],
    /// A message of it could not be read.
    pub unreadable: bool,
    /// A patient's message of it belongs to no work item.
    pub unplaced: bool,
    /// A reply of the member's is still here, or something that they did needs them.
    pub unsent: bool,
}

/// The queues in which a thread stands, at `now` (server time); none when there is nothing to deal with.
///
/// Nothing open is ever in no queue: what no known pool holds and nobody owns is *Unsorted*, which somebody
/// answers for. A claimed urgent item stays in everybody's *Urgent*, and a claimed item stays in its pool,
/// marked with its holder.
pub fn queues_of(situation: Situation<'_>, me: &Me, now: DateTime<Utc>) -> Vec<Queue> {
    let mut queues = Vec::new();
    let mut add = |queue: Queue| {
        if !queues.contains(&queue) {
            queues.push(queue);
        }
    };
    for item in situation.items.iter().filter(|item| item.status.is_open()) {
        if item.waiting_for == Some(WaitingFor::Patient) {
            add(Queue::Waiting);
            continue;
        }
        let pool = item.pool.as_ref().and_then(|name| situation.pools.iter().find(|pool| pool.identifier == *name));
        let owner = match item.hold(now) {
            Hold::Assigned(owner) | Hold::Held { by: owner, .. } => Some(owner),
            Hold::Free | Hold::LeftBy(_) => None,
        };
        let own_pool = pool.is_some_and(|pool| pool.responsible.as_ref().is_some_and(|who| me.is(who)));
        if owner.as_ref().map_or(own_pool, |owner| me.is(owner)) {
            add(Queue::Mine);
        }
        if item.urgency >= Urgency::Urgent {
            add(Queue::Urgent);
        }
        match pool {
            // Whoever makes the calls of the day finds them in one place; in its pool it would be dealt with twice.
            _ if item.waiting_for == Some(WaitingFor::Call) => add(Queue::Calls),
            Some(pool) => add(Queue::Pool(pool.id.clone())),
            None if owner.is_none() || item.thread.is_none() => add(Queue::Unsorted),
            None => {}
        }
    }
    if situation.unreadable || situation.unplaced {
        add(Queue::Unsorted);
    }
    if situation.unsent {
        add(Queue::Unsent);
    }
    queues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work_item::WorkStatus;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_800_000, 0).unwrap()
    }

    fn osei() -> PartyRef {
        PartyRef::new("PractitionerRole/osei")
    }

    fn mia() -> PartyRef {
        PartyRef::new("PractitionerRole/mia")
    }

    fn pool(id: &str, responsible: PartyRef) -> Pool {
        Pool {
            id: id.into(),
            identifier: format!("urn:practice|{id}"),
            name: id.to_owned(),
            members: vec![],
            responsible: Some(responsible),
            check_every_hours: None,
        }
    }

    /// Routine, in the nurses' pool, free.
    fn item() -> WorkItem {
        WorkItem {
            id: "t".into(),
            thread: Some("cough".into()),
            message: None,
            patient: None,
            category: None,
            pool: Some("urn:practice|nurses".to_owned()),
            owner: None,
            status: WorkStatus::Requested,
            waiting_for: None,
            urgency: Urgency::Routine,
            due: None,
            modified: noon(),
        }
    }

    /// Dr Osei's queues; Mia answers for the nurses, Dr Osei for her own pool.
    fn queues(items: &[WorkItem], unreadable: bool, unsent: bool) -> Vec<String> {
        let pools = [pool("nurses", mia()), pool("osei", osei())];
        let situation = Situation { items, pools: &pools, unreadable, unplaced: false, unsent };
        let me = Me { references: vec![osei()] };
        queues_of(situation, &me, noon()).iter().map(Queue::key).collect()
    }

    fn check(item: WorkItem, expected: &[&str]) {
        assert_eq!(queues(&[item], false, false), expected);
    }

    #[test]
    fn an_item_stands_where_somebody_will_see_it() {
        check(item(), &["pool:nurses"]);
        check(WorkItem { pool: Some("urn:practice|osei".to_owned()), ..item() }, &["mine", "pool:osei"]);
        check(WorkItem { pool: None, ..item() }, &["unsorted"]);
        check(WorkItem { pool: Some("of nobody".to_owned()), ..item() }, &["unsorted"]);
        check(WorkItem { urgency: Urgency::Urgent, ..item() }, &["urgent", "pool:nurses"]);
        check(WorkItem { waiting_for: Some(WaitingFor::Patient), ..item() }, &["waiting"]);
        check(WorkItem { waiting_for: Some(WaitingFor::Call), ..item() }, &["calls"]);
        check(WorkItem { status: WorkStatus::Completed, ..item() }, &[]);
    }

    #[test]
    fn a_claimed_urgent_item_stays_in_everybodys_urgent_and_a_lapsed_one_is_free() {
        let held = |by: PartyRef, urgency| WorkItem {
            owner: Some(by),
            status: WorkStatus::InProgress,
            pool: Some("urn:practice|osei".to_owned()),
            urgency,
            ..item()
        };
        check(held(mia(), Urgency::Urgent), &["urgent", "pool:osei"]);
        check(held(osei(), Urgency::Routine), &["mine", "pool:osei"]);
        let lapsed = WorkItem { modified: noon() - chrono::TimeDelta::minutes(6), ..held(mia(), Urgency::Routine) };
        check(lapsed, &["mine", "pool:osei"]);
        check(WorkItem { pool: None, ..held(mia(), Urgency::Routine) }, &[]);
    }

    #[test]
    fn what_cannot_be_read_is_unsorted_and_what_is_on_its_way_unsent() {
        assert_eq!(queues(&[], true, false), ["unsorted"]);
        assert_eq!(queues(&[item()], false, true), ["pool:nurses", "unsent"]);
        assert_eq!(queues(&[], false, false), [""; 0]);
    }

    #[test]
    fn every_queue_is_found_again_by_its_key() {
        let pool = Queue::Pool(PoolId::from("a:b"));
        for queue in [Queue::Mine, Queue::Urgent, pool, Queue::Unsorted, Queue::Waiting, Queue::Calls, Queue::Unsent] {
            assert_eq!(Queue::from_key(&queue.key()), Some(queue));
        }
        assert_eq!(Queue::from_key("sent"), None);
    }
}
