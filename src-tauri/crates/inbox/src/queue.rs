//! Queues: saved views of work items. What the left rail shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    coverage::Roster,
    ids::PoolId,
    member::{Member, Pool, Role},
    party::PartyRef,
    rights::{self, Sees},
    work_item::{Hold, Urgency, WaitingFor, WorkItem},
};

/// One entry of the rail.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "of")]
pub enum Queue {
    /// What I own, or what is free in my own pool.
    Mine,
    /// Urgent and emergency, claimed ones too, of everything I may see.
    Urgent,
    /// What is somebody else's, who is away: I stand in.
    For(PartyRef),
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
            Self::For(absent) => format!("for:{absent}"),
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
            other => match other.strip_prefix("for:") {
                Some(absent) => Self::For(PartyRef::new(absent)),
                None => Self::Pool(PoolId::from(other.strip_prefix("pool:")?)),
            },
        })
    }
}

/// The member whose queues these are, as work items name them, and what the role lets them see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The `PractitionerRole` that we act as, and the `Practitioner` behind it.
    pub references: Vec<PartyRef>,
    /// What they are.
    #[serde(default)]
    pub role: Role,
}

impl Me {
    /// A member's own.
    pub fn of(member: &Member) -> Self {
        let references = std::iter::once(member.reference.clone()).chain(member.practitioner.clone()).collect();
        Self { references, role: member.role }
    }

    /// Whether a reference means the member.
    pub fn is(&self, party: &PartyRef) -> bool {
        self.references.contains(party)
    }

    /// Whether the member is in a pool, or answers for it.
    pub fn works_in(&self, pool: &Pool) -> bool {
        pool.members.iter().chain(&pool.responsible).any(|member| self.is(member))
    }

    /// Whether a pool's queue is the member's to look at.
    pub fn sees_pool(&self, pool: &Pool) -> bool {
        match rights::sees(self.role) {
            Sees::Everything => true,
            Sees::OwnAndUnsorted | Sees::Own => self.works_in(pool),
            Sees::Nothing => false,
        }
    }

    /// Whether *Unsorted* is the member's to look at.
    pub fn sees_unsorted(&self) -> bool {
        matches!(rights::sees(self.role), Sees::Everything | Sees::OwnAndUnsorted)
    }

    /// Whether a work item stands in a pool of the member's, or belongs to the member.
    pub fn holds(&self, item: &WorkItem, pools: &[Pool]) -> bool {
        item.owner.as_ref().is_some_and(|owner| self.is(owner))
            || pool_of(item, pools).is_some_and(|pool| self.works_in(pool))
    }

    /// Whether the member is shown a work item that stands in `pool`.
    fn sees(&self, item: &WorkItem, pool: Option<&Pool>) -> bool {
        let owned = item.owner.as_ref().is_some_and(|owner| self.is(owner));
        match rights::sees(self.role) {
            Sees::Everything => true,
            Sees::OwnAndUnsorted => owned || pool.is_none_or(|pool| self.works_in(pool)),
            Sees::Own => owned || pool.is_some_and(|pool| self.works_in(pool)),
            Sees::Nothing => false,
        }
    }
}

/// The pool in which a work item stands: one that is known and that somebody looks at.
pub fn pool_of<'p>(item: &WorkItem, pools: &'p [Pool]) -> Option<&'p Pool> {
    let name = item.pool.as_ref()?;
    pools.iter().find(|pool| pool.identifier == *name && !pool.is_deserted())
}

/// What decides in which queues a thread stands.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The thread's open work items, as shown.
    pub items: &'a [WorkItem],
    /// The pools that are known.
    pub pools: &'a [Pool],
    /// Who is away, and who stands in.
    pub roster: &'a Roster,
    /// A message of it could not be read.
    pub unreadable: bool,
    /// A patient's message of it belongs to no work item.
    pub unplaced: bool,
    /// How urgent what belongs to no work item, or could not be read, is by the rules.
    pub loose: Urgency,
    /// A reply of the member's is still here, or something that they did needs them.
    pub unsent: bool,
}

/// The queues in which a thread stands, at `now` (server time); none when there is nothing to deal with.
///
/// What the member may not see is in none of them, so that *Urgent* is what is urgent of everything they may see.
/// Whoever stands in for somebody who is away finds what is theirs in a queue of its own.
/// Beyond that, nothing open is ever in no queue: what nobody owns and no pool holds that is known and has somebody
/// in it is *Unsorted*, which somebody answers for. A claimed urgent item stays in everybody's *Urgent*, and a claimed
/// item stays in its pool, marked with its holder.
pub fn queues_of(situation: Situation<'_>, me: &Me, now: DateTime<Utc>) -> Vec<Queue> {
    let mut queues = Vec::new();
    let mut add = |queue: Queue| {
        if !queues.contains(&queue) {
            queues.push(queue);
        }
    };
    for item in situation.items.iter().filter(|item| item.status.is_open()) {
        let pool = pool_of(item, situation.pools);
        let stands_in_for = situation.roster.for_whom(item, pool, me, now);
        // Whoever stands in sees what the absent member would.
        let stands_in = !stands_in_for.is_empty() && rights::sees(me.role) != Sees::Nothing;
        if !stands_in && !me.sees(item, pool) {
            continue;
        }
        if stands_in {
            stands_in_for.into_iter().for_each(|absent| add(Queue::For(absent)));
        }
        let hold = item.hold(now);
        let is_held = matches!(hold, Hold::Held { .. });
        let owner = match hold {
            Hold::Assigned(owner) | Hold::Held { by: owner, .. } => Some(owner),
            Hold::Free | Hold::LeftBy(_) => None,
        };
        let own_pool = pool.is_some_and(|pool| pool.responsible.as_ref().is_some_and(|who| me.is(who)));
        let waits = item.waiting_for == Some(WaitingFor::Patient);
        if !waits && owner.as_ref().map_or(own_pool, |owner| me.is(owner)) {
            add(Queue::Mine);
        }
        // Whatever it waits for.
        if item.urgency >= Urgency::Urgent {
            add(Queue::Urgent);
        }
        match pool {
            // Whoever makes the calls of the day finds them in one place; in its pool it would be dealt with twice.
            _ if item.waiting_for == Some(WaitingFor::Call) => add(Queue::Calls),
            _ if waits => add(Queue::Waiting),
            Some(pool) if me.sees_pool(pool) => add(Queue::Pool(pool.id.clone())),
            // Given to somebody who is away, or gone, it would be seen by nobody else.
            None if me.sees_unsorted() && (!is_held || item.thread.is_none()) => add(Queue::Unsorted),
            _ => {}
        }
    }
    if (situation.unreadable || situation.unplaced) && me.sees_unsorted() {
        if situation.loose >= Urgency::Urgent {
            add(Queue::Urgent);
        }
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

    fn jo() -> PartyRef {
        PartyRef::new("PractitionerRole/jo")
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
            lowered: None,
            due: None,
            modified: noon(),
        }
    }

    /// Mia answers for the nurses, where Dr Osei works too; Dr Osei answers for her own pool; nobody is in the last.
    fn pools() -> [Pool; 4] {
        [
            Pool { members: vec![osei()], ..pool("nurses", mia()) },
            pool("osei", osei()),
            pool("front-desk", jo()),
            Pool { responsible: None, ..pool("deserted", jo()) },
        ]
    }

    fn queues_of_one(me: &Me, items: &[WorkItem], unreadable: bool, unsent: bool) -> Vec<String> {
        let situation = Situation {
            items,
            pools: &pools(),
            roster: &Roster::default(),
            unreadable,
            unplaced: false,
            loose: Urgency::Routine,
            unsent,
        };
        queues_of(situation, me, noon()).iter().map(Queue::key).collect()
    }

    /// Dr Osei's queues.
    fn queues(items: &[WorkItem], unreadable: bool, unsent: bool) -> Vec<String> {
        let me = Me { references: vec![osei()], role: Role::Physician };
        queues_of_one(&me, items, unreadable, unsent)
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

    /// Three urgent items nobody is on: in the nurses' pool, at the front desk, in none.
    fn three() -> [WorkItem; 3] {
        let urgent = |pool: Option<&str>| WorkItem {
            pool: pool.map(|pool| format!("urn:practice|{pool}")),
            urgency: Urgency::Urgent,
            ..item()
        };
        [urgent(Some("nurses")), urgent(Some("front-desk")), urgent(None)]
    }

    #[test]
    fn membership_decides_what_one_sees_and_the_role_how_far() {
        let seen = |reference: PartyRef, role| {
            let me = Me { references: vec![reference], role };
            three().map(|item| queues_of_one(&me, &[item], false, false).join(" "))
        };
        let of_a_nurse = ["urgent pool:nurses", "", "urgent unsorted"];
        for role in [Role::Physician, Role::Nurse, Role::Ma] {
            assert_eq!(seen(osei(), role), of_a_nurse, "{role:?}");
        }
        for role in [Role::FrontOffice, Role::Unknown] {
            assert_eq!(seen(jo(), role), ["", "mine urgent pool:front-desk", ""], "{role:?}");
        }
        let all = ["urgent pool:nurses", "urgent pool:front-desk", "urgent unsorted"];
        assert_eq!(seen(PartyRef::new("PractitionerRole/lead"), Role::TriageLead), all);
        assert_eq!(seen(mia(), Role::It), ["", "", ""]);
    }

    #[test]
    fn what_one_owns_one_sees_wherever_it_stands() {
        let mine = |role| {
            let item = WorkItem { owner: Some(mia()), status: WorkStatus::Accepted, ..three()[1].clone() };
            queues_of_one(&Me { references: vec![mia()], role }, &[item], false, false)
        };
        assert_eq!(mine(Role::FrontOffice), ["mine", "urgent"], "and the pool's queue stays the pool's");
        assert_eq!(mine(Role::It), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_for_those_who_look_at_unsorted() {
        let unreadable = |role| queues_of_one(&Me { references: vec![jo()], role }, &[], true, false);
        assert_eq!(unreadable(Role::Ma), ["unsorted"]);
        assert_eq!(unreadable(Role::FrontOffice), [""; 0]);
    }

    #[test]
    fn a_pool_that_nobody_is_in_hides_nothing() {
        check(WorkItem { pool: Some("urn:practice|deserted".to_owned()), ..item() }, &["unsorted"]);
    }

    #[test]
    fn every_queue_is_found_again_by_its_key() {
        let pool = Queue::Pool(PoolId::from("a:b"));
        let absent = Queue::For(osei());
        for queue in
            [Queue::Mine, Queue::Urgent, absent, pool, Queue::Unsorted, Queue::Waiting, Queue::Calls, Queue::Unsent]
        {
            assert_eq!(Queue::from_key(&queue.key()), Some(queue));
        }
        assert_eq!(Queue::from_key("sent"), None);
    }
}
