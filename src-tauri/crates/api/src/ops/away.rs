//! Who is away and who stands in: looked at, planned, ended.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    coverage::{Coverage, Gap, Validity, Warning, When},
    ids::CoverageId,
    party::PartyRef,
    rights::{self, Deed},
};
use uuid::Uuid;

use crate::{
    dto::{
        ApiError, AwayEndRequest, AwayGap, AwayList, AwayRow, AwaySaveRequest, AwaySaved, AwaySaving, AwayWarning,
        ErrorCode,
    },
    fail::Answer,
    ops::destinations::{member_choices, pool_choices},
    program::Program,
};

use self::plans::{Plan, Plans};

mod plans;

/// An absence that was over for so long is shown no more.
const SHOWN_AFTERWARDS: TimeDelta = TimeDelta::hours(12);

/// Why nobody stands in, on the screen.
pub(crate) fn gap(gap: Gap) -> AwayGap {
    match gap {
        Gap::Loop => AwayGap::Loop,
        Gap::NoRight => AwayGap::NoRight,
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
pub(super) fn instant(ms: i64) -> Answer<DateTime<Utc>> {
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
            (one.plan.from, &one.absent_name, &one.id).cmp(&(other.plan.from, &other.absent_name, &other.id))
        });
        // It is about whoever is away, not about one of their absences.
        let mut said = BTreeSet::new();
        for row in &mut rows {
            row.gap = row.gap.filter(|_| said.insert(row.absent.clone()));
        }
        Ok(AwayList {
            rows,
            me: desk.member.reference.to_string(),
            may_own: rights::may(plans.me.role, Deed::OwnSettings),
            may_others: rights::may(plans.me.role, Deed::OthersAbsence),
            members: member_choices(plans.members, None),
            pools: pool_choices(plans.pools),
            zone: plans.hours.as_ref().map(|hours| hours.zone().name().to_owned()),
        })
    }

    /// Plans an absence, or plans one anew.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for somebody else's but for a triage lead; [`ErrorCode::NotFound`] for a pool or an
    /// absence that is not known (any more); [`ErrorCode::TooLate`] while the change before is on its way, and
    /// where the version that was edited is not the one that stands there;
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
        if known.is_some_and(|plan| plan.coverage.validity != Validity::Planned) {
            return Err(ApiError::new(ErrorCode::NotFound));
        }
        // Whose it is stays: nobody makes somebody else absent by changing their own.
        if known.is_some_and(|plan| plans.roster.known_as(&plan.coverage.absent) != plans.roster.known_as(&absent)) {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        if !plans.may_change(&absent) {
            return Err(ApiError::new(ErrorCode::NotAllowed));
        }
        // Somebody changed it meanwhile, or it got to the server: what is edited is what is seen.
        if known.is_some_and(|plan| plan.version != request.base) {
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        // FHIR's instants have milliseconds: what is kept is what comes back.
        let now = instant(desk.server_now().timestamp_millis())?;
        let from = request.from.map(instant).transpose()?;
        let until = request.until.map(instant).transpose()?;
        let begins = from.unwrap_or(now);
        // One that ends before it was typed to begin is told that.
        if until.is_some_and(|until| until <= now && from.is_none_or(|from| from < until)) {
            return Ok(AwaySaved::Wrong { warnings: vec![AwayWarning::Past] });
        }
        // What is gone from the server is planned anew, and is another one.
        let gone = known.filter(|plan| plan.saving == AwaySaving::Gone).map(|plan| plan.coverage.id.clone());
        let same = known.filter(|_| gone.is_none()).map(|plan| plan.coverage.id.clone());
        let base = known.and_then(|plan| plan.version.clone());
        if let Some(known) = known {
            pools.extend(plans.unknown_pools(known.wanted()).cloned());
        }
        let coverage = Coverage {
            id: same.unwrap_or_else(|| CoverageId::from(Uuid::now_v7())),
            absent: known.map_or(absent, |plan| plan.coverage.absent.clone()),
            stand_in: PartyRef::new(request.stand_in),
            from: Some(When::At(begins)),
            until: until.map(When::At),
            pools,
            validity: Validity::Planned,
        };
        let warned = plans.coming.warnings(&coverage);
        let warnings = || warned.iter().map(warning).collect();
        if warned.iter().any(Warning::is_final) {
            return Ok(AwaySaved::Wrong { warnings: warnings() });
        }
        if !warned.is_empty() && !request.despite {
            return Ok(AwaySaved::Warned { warnings: warnings() });
        }
        let entry = desk.audit("settings", Some(format!("Task/{}", coverage.id)));
        desk.write(move |writer| {
            if let Some(gone) = gone {
                writer.discard_coverage(&gone, &author)?;
            }
            writer.save_coverage(&coverage, base.as_deref(), &author)?;
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(AwaySaved::Queued)
    }

    /// Ends an absence now: whoever is away is back. Or gives up a change of it that was not saved:
    /// what the server has stays.
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
        let entry = desk.audit("settings", Some(format!("Task/{id}")));
        desk.write(move |writer| {
            if request.give_up {
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
