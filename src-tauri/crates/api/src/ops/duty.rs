//! Who is on duty: looked at, put on duty, ended.

use tern_inbox::{
    coverage::When,
    emergency::Duty,
    hours::Hours,
    ids::DutyId,
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    queue::Me,
    rights::{self, Deed},
};
use uuid::Uuid;

use super::{away::instant, emergencies::name};
use crate::{
    dto::{
        ApiError, AwaySaving, AwayWarning, DutyEndRequest, DutyList, DutyRow, DutySaveRequest, DutySaved, ErrorCode,
    },
    fail::Answer,
    ops::destinations::member_choices,
    program::Program,
};

impl Program {
    /// Who is on duty, now and later, and what of the member's changes is on its way.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn duty(&self) -> Answer<DutyList> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let (now, author) = (desk.server_now(), desk.member.reference.clone());
        desk.read(move |reader| {
            let me = reader.me()?;
            let zone = reader.practice()?.hours().map(Hours::zone);
            let roster = reader.roster(now)?;
            let mut all: Vec<(Duty, AwaySaving)> =
                reader.duties(now)?.into_iter().map(|duty| (duty, AwaySaving::Saved)).collect();
            for change in reader.duty_changes(&author)? {
                let saving = saving(&change);
                match change.intent {
                    Intent::Serve { duty } => all.push((duty, saving)),
                    Intent::EndDuty { duty, .. } => {
                        all.iter_mut().filter(|(kept, _)| kept.id == duty).for_each(|(_, kept)| *kept = saving);
                    }
                    _ => {}
                }
            }
            let mut rows = Vec::new();
            for (duty, saving) in all {
                let (span, who) = (duty.span(zone), roster.acting(&duty.who));
                if span.end <= now && saving == AwaySaving::Saved {
                    continue;
                }
                rows.push(DutyRow {
                    id: duty.id.to_string(),
                    name: name(reader, &who)?,
                    from: duty.from.map(|_| span.start.timestamp_millis()),
                    until: duty.until.map(|_| span.end.timestamp_millis()),
                    now: !matches!(saving, AwaySaving::Queued | AwaySaving::Refused) && span.contains(now),
                    may_end: may_change(&me, &who),
                    saving,
                    who: who.to_string(),
                });
            }
            rows.sort_by(|one, other| (one.from, &one.name, &one.id).cmp(&(other.from, &other.name, &other.id)));
            Ok(DutyList {
                rows,
                me: author.to_string(),
                may_own: rights::may(me.role, Deed::OwnSettings),
                may_others: rights::may(me.role, Deed::OthersAbsence),
                members: member_choices(reader.members()?, None),
                zone: zone.map(|zone| zone.name().to_owned()),
            })
        })
        .await
    }

    /// Puts somebody on duty.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for somebody else but for a triage lead; [`ErrorCode::NotFound`] for a person who is
    /// not known; [`ErrorCode::Invalid`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn duty_save(&self, request: DutySaveRequest) -> Answer<DutySaved> {
        let desk = self.desk()?;
        let who = PartyRef::new(request.who);
        let asked = who.clone();
        let (me, known) = desk.read(move |reader| Ok((reader.me()?, reader.member(&asked)?))).await?;
        if known.is_none() {
            return Err(ApiError::new(ErrorCode::NotFound));
        }
        if !may_change(&me, &who) {
            return Err(ApiError::new(ErrorCode::NotAllowed));
        }
        // FHIR's instants have milliseconds: what is kept is what comes back.
        let now = instant(desk.server_now().timestamp_millis())?;
        let from = request.from.map(instant).transpose()?;
        let until = request.until.map(instant).transpose()?;
        let wrong = |warning| Ok(DutySaved::Wrong { warning });
        match until {
            Some(until) if until <= from.unwrap_or(now) => return wrong(AwayWarning::Backwards),
            Some(until) if until <= now => return wrong(AwayWarning::Past),
            _ => {}
        }
        let duty = Duty {
            id: DutyId::from(Uuid::now_v7()),
            who,
            from: Some(When::At(from.unwrap_or(now))),
            until: until.map(When::At),
            is_over: false,
        };
        let author = desk.member.reference.clone();
        let entry = desk.audit("settings", Some(format!("Task/{}", duty.id)));
        desk.write(move |writer| {
            writer.serve(&duty, &author)?;
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(DutySaved::Queued)
    }

    /// Ends a duty now, or gives up a change of one that was not saved.
    ///
    /// # Errors
    /// As [`Program::duty_save`]; [`ErrorCode::TooLate`] while the change before is on its way.
    pub async fn duty_end(&self, request: DutyEndRequest) -> Answer<()> {
        let row = self.duty().await?.rows.into_iter().find(|row| row.id == request.id);
        let row = row.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        if !row.may_end {
            return Err(ApiError::new(ErrorCode::NotAllowed));
        }
        let desk = self.desk()?;
        let (id, author) = (DutyId::new(row.id), desk.member.reference.clone());
        let entry = desk.audit("settings", Some(format!("Task/{id}")));
        desk.write(move |writer| {
            if request.give_up {
                writer.discard_duty(&id, &author)?
            } else {
                writer.end_duty(&id, &author)?
            }
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(())
    }
}

/// Oneself, or anybody for who plans for others.
fn may_change(me: &Me, who: &PartyRef) -> bool {
    rights::may(me.role, if me.is(who) { Deed::OwnSettings } else { Deed::OthersAbsence })
}

fn saving(row: &OutboxRow) -> AwaySaving {
    match (row.delivery, &row.intent) {
        (Delivery::Wedged, Intent::EndDuty { .. }) => AwaySaving::EndRefused,
        (Delivery::Wedged, _) => AwaySaving::Refused,
        (_, Intent::EndDuty { .. }) => AwaySaving::Ending,
        _ => AwaySaving::Queued,
    }
}
