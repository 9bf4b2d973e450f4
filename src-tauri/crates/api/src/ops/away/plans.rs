//! Coverages as the server has them, and beside each what the member wants instead: nobody is away by a plan that is
//! still on its way, and none that was refused is forgotten.

use chrono::{DateTime, Utc};
use tern_inbox::{
    coverage::{Coverage, Roster, Validity},
    hours::{Hours, Interval},
    member::{Member, Pool},
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
    party::PartyRef,
    queue::{Me, Queue},
    rights::{self, Deed},
};
use tern_store::{Reader, StoreError};

use super::gap;
use crate::{
    dto::{AwayPlan, AwayRow, AwaySaving, QueueId},
    show,
};

/// All that is planned.
pub(super) struct Plans {
    pub(super) all: Vec<Plan>,
    /// What the server has.
    pub(super) roster: Roster,
    /// What it will have: also what is on its way.
    pub(super) coming: Roster,
    pub(super) me: Me,
    pub(super) members: Vec<Member>,
    pub(super) pools: Vec<Pool>,
    pub(super) hours: Option<Hours>,
}

/// A coverage.
pub(super) struct Plan {
    /// As the server has it; as the member wants it where it has none.
    pub(super) coverage: Coverage,
    /// The server's; none where it has none.
    pub(super) version: Option<String>,
    /// What the member wants instead.
    pub(super) change: Option<Coverage>,
    pub(super) saving: AwaySaving,
}

impl Plan {
    /// What the member wants, where the server does not have that; else what it has.
    pub(super) fn wanted(&self) -> &Coverage {
        self.change.as_ref().unwrap_or(&self.coverage)
    }

    /// It goes on as it stands there: what is wanted instead was not saved.
    fn is_unsaved(&self) -> bool {
        matches!(self.saving, AwaySaving::Overtaken | AwaySaving::Gone | AwaySaving::Refused | AwaySaving::EndRefused)
    }

    /// What it will be once all that is on its way is there.
    fn coming(&self) -> Option<&Coverage> {
        match self.saving {
            AwaySaving::Ending => None,
            _ if self.is_unsaved() => self.version.as_ref().map(|_| &self.coverage),
            _ => Some(self.wanted()),
        }
    }
}

impl Plans {
    pub(super) fn of(reader: &Reader<'_>, author: &PartyRef) -> Result<Self, StoreError> {
        let saved = |kept: tern_store::KeptCoverage| Plan {
            coverage: kept.coverage,
            version: Some(kept.version),
            change: None,
            saving: AwaySaving::Saved,
        };
        let mut all: Vec<Plan> = reader.coverages()?.into_iter().map(saved).collect();
        for row in reader.coverage_changes(author)? {
            let saving = saving(&row);
            let known = row.intent.coverage().and_then(|id| all.iter_mut().find(|plan| plan.coverage.id == *id));
            match (row.intent, known) {
                (Intent::Cover { coverage, .. }, Some(plan)) if plan.version.is_some() => {
                    (plan.change, plan.saving) = (Some(coverage), saving);
                }
                (Intent::Cover { coverage, .. }, known) => {
                    let new = Plan { coverage, version: None, change: None, saving };
                    match known {
                        Some(plan) => *plan = new,
                        None => all.push(new),
                    }
                }
                (Intent::EndCoverage { .. }, Some(plan)) => plan.saving = saving,
                _ => {}
            }
        }
        let hours = reader.practice()?.hours().cloned();
        let members = reader.members()?;
        let roster =
            |coverages: Vec<Coverage>| Roster::new(&coverages, members.clone(), hours.as_ref().map(Hours::zone));
        let at_server = all.iter().filter(|plan| plan.version.is_some()).map(|plan| plan.coverage.clone());
        let coming = all.iter().filter_map(Plan::coming).cloned();
        let (roster, coming) = (roster(at_server.collect()), roster(coming.collect()));
        Ok(Self { all, roster, coming, me: reader.me()?, members, pools: reader.pools()?, hours })
    }

    pub(super) fn span(&self, coverage: &Coverage) -> Interval {
        coverage.span(self.hours.as_ref().map(Hours::zone))
    }

    pub(super) fn may_change(&self, absent: &PartyRef) -> bool {
        let deed = if self.me.is(absent) { Deed::OwnSettings } else { Deed::OthersAbsence };
        rights::may(self.me.role, deed)
    }

    /// The pools of a coverage that are not known here.
    pub(super) fn unknown_pools<'a>(&self, coverage: &'a Coverage) -> impl Iterator<Item = &'a String> {
        let is_known = |name: &String| self.pools.iter().any(|pool| pool.identifier == *name);
        coverage.pools.iter().filter(move |name| !is_known(name)).collect::<Vec<_>>().into_iter()
    }

    fn name(&self, who: &PartyRef) -> String {
        let find = |who: &PartyRef| self.members.iter().find(|member| member.reference == *who);
        let member = find(&self.roster.known_as(who));
        let person = member.and_then(|member| member.practitioner.as_ref()).and_then(find);
        let named = member.into_iter().chain(person).map(|one| one.name.reveal()).find(|name| !name.is_empty());
        named.unwrap_or_default().to_owned()
    }

    fn plan(&self, coverage: &Coverage) -> AwayPlan {
        let span = self.span(coverage);
        let pool = |identifier: &String| {
            let known = self.pools.iter().find(|pool| pool.identifier == *identifier)?;
            Some(QueueId(show::queue_id(&Queue::Pool(known.id.clone()))))
        };
        let stand_in = self.roster.known_as(&coverage.stand_in);
        AwayPlan {
            stand_in_name: self.name(&stand_in),
            stand_in: stand_in.to_string(),
            from: coverage.from.map(|_| span.start.timestamp_millis()),
            until: coverage.until.map(|_| span.end.timestamp_millis()),
            pools: coverage.pools.iter().filter_map(pool).collect(),
            unknown_pools: u32::try_from(self.unknown_pools(coverage).count()).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn row(&self, plan: &Plan, now: DateTime<Utc>) -> AwayRow {
        let coverage = &plan.coverage;
        let is_at_server = plan.version.is_some();
        let is_now = is_at_server && coverage.validity == Validity::Planned && self.span(coverage).contains(now);
        let absent = self.roster.known_as(&coverage.absent);
        AwayRow {
            id: coverage.id.to_string(),
            base: plan.version.clone(),
            absent_name: self.name(&absent),
            plan: self.plan(coverage),
            change: plan.change.as_ref().map(|change| self.plan(change)),
            now: is_now,
            gap: self.roster.gap(&absent, now).filter(|_| is_now).map(gap),
            may_change: self.may_change(&absent) && coverage.validity == Validity::Planned,
            saving: plan.saving,
            absent: absent.to_string(),
        }
    }
}

fn saving(row: &OutboxRow) -> AwaySaving {
    match (row.delivery, &row.wedged, &row.intent) {
        (Delivery::Wedged, _, Intent::EndCoverage { .. }) => AwaySaving::EndRefused,
        (Delivery::Wedged, Some(Wedge::ChangedSince), _) => AwaySaving::Overtaken,
        (Delivery::Wedged, Some(Wedge::Gone), _) => AwaySaving::Gone,
        (Delivery::Wedged, _, _) => AwaySaving::Refused,
        (_, _, Intent::EndCoverage { .. }) => AwaySaving::Ending,
        _ => AwaySaving::Queued,
    }
}
