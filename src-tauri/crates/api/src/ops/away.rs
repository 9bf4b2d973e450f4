//! Who is away and who stands in: looked at, planned, ended.

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    coverage::{Coverage, Gap, Roster, Validity, Warning, When},
    hours::{Hours, Interval},
    ids::CoverageId,
    member::{Member, Pool},
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
    party::PartyRef,
    queue::{Me, Queue},
    rights::{self, Deed},
};
use tern_store::{Reader, StoreError};
use uuid::Uuid;

use crate::{
    dto::{
        ApiError, AwayEndRequest, AwayGap, AwayList, AwayRow, AwaySaveRequest, AwaySaved, AwaySaving, AwayWarning,
        ErrorCode, QueueId,
    },
    fail::Answer,
    ops::destinations::{member_choices, pool_choices},
    program::Program,
    show,
};

/// An absence that was over for so long is shown no more.
const SHOWN_AFTERWARDS: TimeDelta = TimeDelta::hours(12);

/// Coverages as the server has them, with the member's own changes laid over them.
struct Plans {
    all: Vec<Plan>,
    roster: Roster,
    me: Me,
    members: Vec<Member>,
    pools: Vec<Pool>,
    hours: Option<Hours>,
}

struct Plan {
    coverage: Coverage,
    version: Option<String>,
    saving: AwaySaving,
}

impl Plans {
    fn of(reader: &Reader<'_>, author: &PartyRef) -> Result<Self, StoreError> {
        let kept = reader.coverages()?.into_iter();
        let saved =
            kept.map(|kept| Plan { coverage: kept.coverage, version: Some(kept.version), saving: AwaySaving::Saved });
        let mut all: Vec<Plan> = saved.collect();
        for row in reader.coverage_changes(author)? {
            let saving = saving(&row);
            match row.intent {
                Intent::Cover { coverage, base } => {
                    all.retain(|plan| plan.coverage.id != coverage.id);
                    all.push(Plan { coverage, version: base, saving });
                }
                Intent::EndCoverage { coverage: id, .. } => {
                    for plan in all.iter_mut().filter(|plan| plan.coverage.id == id) {
                        plan.saving = saving;
                    }
                }
                _ => {}
            }
        }
        let hours = reader.practice()?.hours().cloned();
        let members = reader.members()?;
        let coverages: Vec<Coverage> = all.iter().map(|plan| plan.coverage.clone()).collect();
        let roster = Roster::new(&coverages, members.clone(), hours.as_ref().map(Hours::zone));
        Ok(Self { all, roster, me: reader.me()?, members, pools: reader.pools()?, hours })
    }

    fn span(&self, coverage: &Coverage) -> Interval {
        coverage.span(self.hours.as_ref().map(Hours::zone))
    }

    fn may_change(&self, absent: &PartyRef) -> bool {
        let deed = if self.me.is(absent) { Deed::OwnSettings } else { Deed::OthersAbsence };
        rights::may(self.me.role, deed)
    }

    fn name(&self, who: &PartyRef) -> String {
        let find = |who: &PartyRef| self.members.iter().find(|member| member.reference == *who);
        let member = find(&self.roster.known_as(who));
        let person = member.and_then(|member| member.practitioner.as_ref()).and_then(find);
        let named = member.into_iter().chain(person).map(|one| one.name.reveal()).find(|name| !name.is_empty());
        named.unwrap_or_default().to_owned()
    }

    fn row(&self, plan: &Plan, now: DateTime<Utc>) -> AwayRow {
        let coverage = &plan.coverage;
        let span = self.span(coverage);
        let is_now = coverage.validity == Validity::Planned && span.contains(now);
        let pool = |identifier: &String| {
            let known = self.pools.iter().find(|pool| pool.identifier == *identifier)?;
            Some(QueueId(show::queue_id(&Queue::Pool(known.id.clone()))))
        };
        let (absent, stand_in) = (self.roster.known_as(&coverage.absent), self.roster.known_as(&coverage.stand_in));
        AwayRow {
            id: coverage.id.to_string(),
            base: plan.version.clone(),
            absent_name: self.name(&absent),
            stand_in_name: self.name(&stand_in),
            from: coverage.from.map(|_| span.start.timestamp_millis()),
            until: coverage.until.map(|_| span.end.timestamp_millis()),
            pools: coverage.pools.iter().filter_map(pool).collect(),
            now: is_now,
            gap: self.roster.gap(&absent, now).filter(|_| is_now).map(gap),
            may_change: self.may_change(&absent) && coverage.validity == Validity::Planned,
            saving: plan.saving,
            absent: absent.to_string(),
            stand_in: stand_in.to_string(),
        }
    }
}

/// Why nobody stands in, on the screen.
pub(crate) fn gap(gap: Gap) -> AwayGap {
    match gap {
        Gap::Loop => AwayGap::Loop,
        Gap::NoRight => AwayGap::NoRight,
    }
}

fn saving(row: &OutboxRow) -> AwaySaving {
    match (row.delivery, &row.wedged, &row.intent) {
        (Delivery::Wedged, Some(Wedge::ChangedSince | Wedge::Gone), _) => AwaySaving::Overtaken,
        (Delivery::Wedged, _, _) => AwaySaving::Refused,
        (_, _, Intent::EndCoverage { .. }) => AwaySaving::Ending,
        _ => AwaySaving::Queued,
    }
}

fn warning(warning: &Warning) -> AwayWarning {
    match warning {
        Warning::Backwards => AwayWarning::Backwards,
        Warning::Oneself => AwayWarning::Oneself,
        Warning::NoRight => AwayWarning::NoRight,
        Warning::Loop => AwayWarning::Loop,
        Warning::Overlap(_) => AwayWarning::Overlap,
    }
}

/// An instant of the screen.
fn instant(ms: i64) -> Answer<DateTime<Utc>> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| ApiError::new(ErrorCode::Invalid))
}

impl Program {
    /// Who is away and who stands in, now and later.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn away(&self) -> Answer<AwayList> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let now = desk.server_now();
        let author = desk.member.reference.clone();
        let plans = desk.read(move |reader| Plans::of(reader, &author)).await?;
        let is_shown = |plan: &&Plan| {
            let unsaved = !matches!(plan.saving, AwaySaving::Saved);
            unsaved
                || (plan.coverage.validity == Validity::Planned
                    && plans.span(&plan.coverage).end > now - SHOWN_AFTERWARDS)
        };
        let mut rows: Vec<AwayRow> = plans.all.iter().filter(is_shown).map(|plan| plans.row(plan, now)).collect();
        rows.sort_by(|one, other| {
            (one.from, &one.absent_name, &one.id).cmp(&(other.from, &other.absent_name, &other.id))
        });
        Ok(AwayList {
            rows,
            me: desk.member.reference.to_string(),
            may_own: rights::may(plans.me.role, Deed::OwnSettings),
            may_others: rights::may(plans.me.role, Deed::OthersAbsence),
            members: member_choices(plans.members, None),
            pools: pool_choices(plans.pools),
        })
    }

    /// Plans an absence, or plans one anew.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for somebody else's but for a triage lead; [`ErrorCode::NotFound`] for a pool or an
    /// absence that is not known (any more); [`ErrorCode::TooLate`] while the change before is on its way;
    /// [`ErrorCode::Invalid`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn away_save(&self, request: AwaySaveRequest) -> Answer<AwaySaved> {
        let desk = self.desk()?;
        let author = desk.member.reference.clone();
        let mut pools = Vec::new();
        for pool in &request.pools {
            pools.push(desk.pool_named(pool).await?);
        }
        let by = author.clone();
        let plans = desk.read(move |reader| Plans::of(reader, &by)).await?;
        let absent = PartyRef::new(request.absent);
        let known = match &request.id {
            Some(id) => {
                let found = plans.all.iter().find(|plan| plan.coverage.id.as_str() == id);
                Some(found.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?)
            }
            None => None,
        };
        // Whose it is stays: nobody makes somebody else absent by changing their own.
        if known.is_some_and(|plan| plans.roster.known_as(&plan.coverage.absent) != plans.roster.known_as(&absent)) {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        if !plans.may_change(&absent) {
            return Err(ApiError::new(ErrorCode::NotAllowed));
        }
        // It got to the server while it was being changed: what is changed is that, and not made a second time.
        if known.is_some_and(|plan| plan.version.is_some()) && request.base.is_none() {
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        // FHIR's instants have milliseconds: what is kept is what comes back.
        let now = instant(desk.server_now().timestamp_millis())?;
        let from = request.from.map(instant).transpose()?.unwrap_or(now);
        let until = request.until.map(instant).transpose()?;
        let coverage = Coverage {
            id: known.map_or_else(|| CoverageId::from(Uuid::now_v7()), |plan| plan.coverage.id.clone()),
            absent: known.map_or(absent, |plan| plan.coverage.absent.clone()),
            stand_in: PartyRef::new(request.stand_in),
            from: Some(When::At(from)),
            until: until.map(When::At),
            pools,
            validity: Validity::Planned,
        };
        let warned = plans.roster.warnings(&coverage);
        let warnings = || warned.iter().map(warning).collect();
        if warned.iter().any(Warning::is_final) {
            return Ok(AwaySaved::Wrong { warnings: warnings() });
        }
        if !warned.is_empty() && !request.despite {
            return Ok(AwaySaved::Warned { warnings: warnings() });
        }
        let entry = desk.audit("settings", Some(format!("Task/{}", coverage.id)));
        desk.write(move |writer| {
            writer.save_coverage(&coverage, request.base.as_deref(), &author)?;
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(AwaySaved::Queued)
    }

    /// Ends an absence now: whoever is away is back. One whose change the server did not take is given up.
    ///
    /// # Errors
    /// As [`Program::away_save`].
    pub async fn away_end(&self, request: AwayEndRequest) -> Answer<()> {
        let desk = self.desk()?;
        let author = desk.member.reference.clone();
        let by = author.clone();
        let plans = desk.read(move |reader| Plans::of(reader, &by)).await?;
        let found = plans.all.iter().find(|plan| plan.coverage.id.as_str() == request.id);
        let plan = found.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        if !plans.may_change(&plan.coverage.absent) {
            return Err(ApiError::new(ErrorCode::NotAllowed));
        }
        let id = plan.coverage.id.clone();
        let gives_up = matches!(plan.saving, AwaySaving::Overtaken | AwaySaving::Refused);
        let entry = desk.audit("settings", Some(format!("Task/{id}")));
        desk.write(move |writer| {
            if gives_up {
                writer.discard_coverage(&id, &author)?
            } else {
                writer.end_coverage(&id, &author)?
            }
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
