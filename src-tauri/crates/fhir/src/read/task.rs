//! `Task`: a work item, a coverage, a duty, an emergency's alarm, or something of another product.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::{
    arrival::{Content, Kind},
    coverage::{Coverage, Validity, When},
    emergency::{Alarm, Duty, Held, Lease},
    ids::{AlarmId, CoverageId, DutyId, MessageId, PatientId, ThreadId, WorkItemId},
    party::PartyKind,
    private::PrivateText,
    red_flags::{Lowered, TextHash},
    work_item::{Urgency, WaitingFor, WorkItem, WorkStatus},
};

use super::{
    Reading,
    entry::{Resource, head},
    reference, time,
    wire::{Concept, Extension, Identifier, Many, Meta, Period, Reference, Text, each, words},
};
use crate::links::Base;
use crate::vocabulary::{
    ALARM, BUSINESS_STATUS_SYSTEM, CATEGORY_SYSTEM, COVERAGE, EMERGENCY, INPUT_MESSAGE, ON_DUTY, POOL_SYSTEM,
    RED_FLAGS, TASK_CODE_SYSTEM, TASK_PART_SYSTEM, WORK_ITEM, alarm, business_status, red_flags,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Wire<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    extension: Many<Extension<'a>>,
    status: Option<Text<'a>>,
    business_status: Option<Concept<'a>>,
    intent: Option<Text<'a>>,
    priority: Option<Text<'a>>,
    code: Option<Concept<'a>>,
    based_on: Many<Reference<'a>>,
    focus: Option<Reference<'a>>,
    #[serde(rename = "for")]
    patient: Option<Reference<'a>>,
    execution_period: Option<Period<'a>>,
    last_modified: Option<Text<'a>>,
    performer_type: Many<Concept<'a>>,
    owner: Option<Reference<'a>>,
    restriction: Option<Restriction<'a>>,
    input: Many<Input<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Restriction<'a> {
    period: Option<Period<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Input<'a> {
    #[serde(rename = "type")]
    kind: Option<Concept<'a>>,
    value_reference: Option<Reference<'a>>,
}

/// When a period begins and ends, where it says so.
type Ends = (Option<When>, Option<When>);

impl<'a> Resource<'a> for Wire<'a> {
    const KIND: Kind = Kind::Task;

    head!();

    fn content(&self, id: &str, at: DateTime<Utc>, reading: &Reading<'_>) -> Result<Content, String> {
        let base = reading.base;
        match self.code.as_ref().and_then(|code| code.of(TASK_CODE_SYSTEM)) {
            Some(COVERAGE) => return self.coverage(id, base),
            Some(ON_DUTY) => return self.duty(id, base),
            Some(EMERGENCY) => return Ok(self.alarm(id, base)),
            _ => {}
        }
        let thread = self.focus.as_ref().and_then(|focus| focus.id_of("Communication", base)).map(ThreadId::new);
        if !self.is_ours(thread.is_some()) {
            return Ok(Content::NotOurs);
        }
        // The server's own stamp first: a claim's age must not depend on the clock of whoever claimed.
        let stamped = self.meta.as_ref().and_then(Meta::last_updated);
        let modified = stamped.or_else(|| words(&self.last_modified).and_then(time::instant)).unwrap_or(at);
        Ok(Content::WorkItem(WorkItem {
            id: WorkItemId::new(id),
            thread,
            message: self.message(reading).map(MessageId::new),
            patient: self.patient.as_ref().and_then(|patient| patient.id_of("Patient", base)).map(PatientId::new),
            category: self.code.as_ref().and_then(|code| code.of(CATEGORY_SYSTEM)).map(str::to_owned),
            pool: self.pool(),
            owner: self.owner.as_ref().and_then(|owner| reference::party_ref(owner, base)),
            status: self.status(),
            waiting_for: self.waiting_for(),
            urgency: self.urgency(),
            lowered: self.lowered(base),
            due: self.due(),
            modified,
        }))
    }
}

impl Wire<'_> {
    /// Who stands in for whom. One that names no two members, or no time at all, is none: nobody may be taken for away
    /// because half of a plan was written down.
    fn coverage(&self, id: &str, base: &Base) -> Result<Content, String> {
        let member = |reference: &Option<Reference<'_>>| {
            let party = reference.as_ref().and_then(|reference| reference::party_ref(reference, base))?;
            (party.kind() == PartyKind::Member).then_some(party)
        };
        let (Some(absent), Some(stand_in)) = (member(&self.patient), member(&self.owner)) else {
            return Ok(Content::NotOurs);
        };
        // Nobody stands in for themselves.
        if absent == stand_in {
            return Ok(Content::NotOurs);
        }
        let Some((from, until)) = self.ends()? else { return Ok(Content::NotOurs) };
        let pools = self.scope();
        if pools.is_empty() && !each(&self.performer_type).as_slice().is_empty() {
            return Err("no usable performerType".to_owned());
        }
        let id = CoverageId::new(id);
        Ok(Content::Coverage(Coverage { id, absent, stand_in, from, until, pools, validity: self.validity() }))
    }

    /// Who is on duty. As for a coverage: half of one is none.
    fn duty(&self, id: &str, base: &Base) -> Result<Content, String> {
        let owner = self.owner.as_ref().and_then(|owner| reference::party_ref(owner, base));
        let Some(who) = owner.filter(|owner| owner.kind() == PartyKind::Member) else { return Ok(Content::NotOurs) };
        let Some((from, until)) = self.ends()? else { return Ok(Content::NotOurs) };
        Ok(Content::Duty(Duty { id: DutyId::new(id), who, from, until, is_over: self.validity() != Validity::Planned }))
    }

    /// How far an emergency has been told. What of it cannot be read is taken for not yet done: somebody is called
    /// once more.
    fn alarm(&self, id: &str, base: &Base) -> Content {
        let of_task = |reference: &Reference<'_>| reference.id_of("Task", base);
        let Some(item) = each(&self.based_on).find_map(of_task) else { return Content::NotOurs };
        let told = each(&self.extension).find(|one| words(&one.url) == Some(ALARM));
        let parts = || told.into_iter().flat_map(|told| each(&told.extension));
        let named = |url: &'static str| parts().filter(move |one| words(&one.url) == Some(url));
        let member = |one: &Extension<'_>| reference::party_ref(one.value_reference.as_ref()?, base);
        let instant = |url: &'static str| named(url).find_map(|one| words(&one.value_instant).and_then(time::instant));
        let lease = || {
            let by = named(alarm::LEASED_BY).find_map(|one| words(&one.value_string))?.to_owned();
            Some(Lease { by, until: instant(alarm::LEASED_UNTIL)? })
        };
        let held = || Some(Held { by: named(alarm::HELD_BY).find_map(member)?, until: instant(alarm::HELD_UNTIL)? });
        Content::Alarm(Alarm {
            id: AlarmId::new(id),
            item: WorkItemId::new(item),
            called: named(alarm::CALLED).filter_map(member).collect(),
            called_at: instant(alarm::CALLED_AT),
            pages: named(alarm::PAGES).find_map(|one| one.value_unsigned_int).unwrap_or_default(),
            lease: lease(),
            held: held(),
            is_over: self.validity() != Validity::Planned,
        })
    }

    /// `executionPeriod`; none where it says nothing.
    fn ends(&self) -> Result<Option<Ends>, String> {
        let ends = self.execution_period.as_ref().map(|period| (words(&period.start), words(&period.end)));
        let (from, until) = match ends {
            None | Some((None, None)) => return Ok(None),
            Some((from, until)) => (from.map(time::from), until.map(time::until)),
        };
        // An end that cannot be read is not one that is missing: it would never come.
        let (Some(from), Some(until)) = (transposed(from), transposed(until)) else {
            return Err("no usable executionPeriod".to_owned());
        };
        Ok(Some((from, until)))
    }

    fn validity(&self) -> Validity {
        match words(&self.status) {
            Some("completed") => Validity::Ended,
            Some("draft" | "rejected" | "cancelled" | "failed" | "entered-in-error") => Validity::Void,
            _ => Validity::Planned,
        }
    }

    /// `system|value` of every pool that a coverage is for: all there are, for another product's pool is no pool of
    /// ours, and never everything.
    fn scope(&self) -> Vec<String> {
        let coded = each(&self.performer_type).flat_map(|kind| each(&kind.coding));
        let named = coded.filter_map(|coding| Some(format!("{}|{}", words(&coding.system)?, words(&coding.code)?)));
        let mut pools: Vec<String> = named.collect();
        pools.sort_unstable();
        pools.dedup();
        pools
    }

    /// Ours by its code, or an order about a Communication that carries no other code of ours (a
    /// duty): a portal's own task for a message belongs into the inbox too.
    fn is_ours(&self, about_a_thread: bool) -> bool {
        match self.code.as_ref().and_then(|code| code.of(TASK_CODE_SYSTEM)) {
            Some(code) => code == WORK_ITEM,
            None => {
                let category = self.code.as_ref().and_then(|code| code.of(CATEGORY_SYSTEM));
                category.is_some() || (about_a_thread && words(&self.intent) == Some("order"))
            }
        }
    }

    /// The message that made it: the input so named, else the first Communication among them.
    fn message(&self, reading: &Reading<'_>) -> Option<String> {
        let id = |input: &Input<'_>| input.value_reference.as_ref()?.id_of("Communication", reading.base);
        let is_named =
            |input: &&Input<'_>| input.kind.as_ref().is_some_and(|kind| kind.is(TASK_PART_SYSTEM, INPUT_MESSAGE));
        each(&self.input).filter(is_named).find_map(id).or_else(|| each(&self.input).find_map(id))
    }

    /// `system|value` of the pool: ours, else the first performer type there is.
    fn pool(&self) -> Option<String> {
        let ours = each(&self.performer_type).find_map(|kind| kind.of(POOL_SYSTEM)).map(|code| (POOL_SYSTEM, code));
        let theirs = || {
            each(&self.performer_type)
                .flat_map(|kind| each(&kind.coding))
                .find_map(|coding| Some((words(&coding.system)?, words(&coding.code)?)))
        };
        ours.or_else(theirs).map(|(system, code)| format!("{system}|{code}"))
    }

    /// What another product rejected or failed at still has to be dealt with; so has what nobody knows.
    fn status(&self) -> WorkStatus {
        match words(&self.status) {
            Some("accepted" | "on-hold") => WorkStatus::Accepted,
            Some("in-progress") => WorkStatus::InProgress,
            Some("completed") => WorkStatus::Completed,
            Some("cancelled" | "entered-in-error") => WorkStatus::Cancelled,
            _ => WorkStatus::Requested,
        }
    }

    fn waiting_for(&self) -> Option<WaitingFor> {
        match self.business_status.as_ref()?.of(BUSINESS_STATUS_SYSTEM)? {
            business_status::WAITING_FOR_PATIENT => Some(WaitingFor::Patient),
            business_status::CALL => Some(WaitingFor::Call),
            business_status::VISIT => Some(WaitingFor::Visit),
            _ => None,
        }
    }

    fn urgency(&self) -> Urgency {
        match words(&self.priority) {
            Some("urgent") => Urgency::SameDay,
            Some("asap") => Urgency::Urgent,
            Some("stat") => Urgency::Emergency,
            _ => Urgency::Routine,
        }
    }

    /// Whole, or not at all: half a word of somebody's hides nothing.
    fn lowered(&self, base: &Base) -> Option<Lowered> {
        let flags = each(&self.extension).find(|one| words(&one.url) == Some(RED_FLAGS))?;
        let part = |url: &str| each(&flags.extension).find(|one| words(&one.url) == Some(url));
        let by = part(red_flags::LOWERED_BY)?.value_reference.as_ref()?;
        Some(Lowered {
            by: reference::party_ref(by, base)?,
            at: words(&part(red_flags::LOWERED_AT)?.value_instant).and_then(time::instant)?,
            text_hash: TextHash::from_hex(words(&part(red_flags::TEXT)?.value_string)?),
            reason: PrivateText::default(),
        })
    }

    fn due(&self) -> Option<DateTime<Utc>> {
        let period = self.restriction.as_ref()?.period.as_ref()?;
        words(&period.end).and_then(time::end)
    }
}

/// None where something is there that could not be read.
fn transposed<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}
