//! Dr Osei plans to be away; a triage lead plans for others; IT plans nothing.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    member::{Member, Pool, Role},
    message::{Audience, Thread},
    outbox::Wedge,
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::Page;
use tern_sync::clock::Clock;

use super::*;
use crate::{
    dto::{DigestDismissRequest, DigestPart, EnvelopesRequest, QueueId, Rail},
    scene::Machine,
};

const OSEI: &str = "PractitionerRole/osei";
const HADDAD: &str = "PractitionerRole/haddad";
const JO: &str = "PractitionerRole/jo";

struct AtDesk {
    machine: Machine,
    program: Arc<Program>,
}

fn arrival(kind: Kind, id: &str, version: u32, content: Content) -> Arrival {
    let last_updated = DateTime::from_timestamp(1_799_990_000 + i64::from(version), 0);
    Arrival { kind, server_id: id.to_owned(), version: version.to_string(), last_updated, identity: None, content }
}

fn member(id: &str, name: &str, role: Role) -> Arrival {
    let reference = PartyRef::new(format!("PractitionerRole/{id}"));
    let member = Member { reference, practitioner: None, name: name.into(), role };
    arrival(Kind::PractitionerRole, id, 1, Content::Member(member))
}

/// A pool for which somebody answers.
fn pool(id: &str, responsible: &str) -> Arrival {
    let pool = Pool {
        id: id.into(),
        identifier: format!("urn:practice|{id}"),
        name: id.to_owned(),
        members: vec![],
        responsible: Some(PartyRef::new(responsible)),
        check_every_hours: None,
    };
    arrival(Kind::CareTeam, id, 1, Content::Pool(pool))
}

fn item(thread: &str, pool: &str) -> WorkItem {
    WorkItem {
        id: format!("t-{thread}").as_str().into(),
        thread: Some(thread.into()),
        message: None,
        patient: Some("ana".into()),
        category: Some("question".to_owned()),
        pool: Some(format!("urn:practice|{pool}")),
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: DateTime::from_timestamp(1_799_990_000, 0).unwrap(),
    }
}

fn task(item: WorkItem, version: u32) -> Arrival {
    let id = item.id.to_string();
    arrival(Kind::Task, &id, version, Content::WorkItem(item))
}

fn thread(id: &str) -> Arrival {
    let thread = Thread {
        id: id.into(),
        subject_line: format!("About the {id}").into(),
        patient: Some("ana".into()),
        category: None,
        opener: None,
        participants: vec![],
        audience: Audience::Patient,
        about: None,
    };
    arrival(Kind::Communication, id, 1, Content::Thread(thread))
}

/// A cough in Dr Haddad's pool and a rash in Dr Osei's; the machine is that of "osei" in a role.
async fn at_the_desk_of(role: &str) -> AtDesk {
    let machine = Machine::of(role);
    let program = machine.start();
    program.resume().await;
    let at_desk = AtDesk { machine, program };
    let own = match role {
        "triage-lead" => Role::TriageLead,
        "it" => Role::It,
        "front-office" => Role::FrontOffice,
        _ => Role::Physician,
    };
    at_desk
        .receives(vec![
            member("osei", "Dr Amara Osei", own),
            member("haddad", "Dr Noor Haddad", Role::Physician),
            member("jo", "Jo Bélanger", Role::FrontOffice),
            pool("oseis", OSEI),
            pool("haddads", HADDAD),
            thread("cough"),
            task(item("cough", "haddads"), 1),
            thread("rash"),
            task(item("rash", "oseis"), 1),
        ])
        .await;
    at_desk
}

impl AtDesk {
    async fn receives(&self, arrivals: Vec<Arrival>) {
        let page = Page { kind: Kind::Task, arrivals, cursor: None };
        let desk = self.program.desk().unwrap();
        desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    }

    fn now(&self) -> DateTime<Utc> {
        Clock::now(&*self.machine.clock)
    }

    /// What is on its way is not saved.
    async fn is_wedged(&self, wedge: Wedge) {
        let desk = self.program.desk().unwrap();
        let author = desk.member.reference.clone();
        desk.write(move |writer| {
            for row in writer.read().coverage_changes(&author)? {
                writer.outbox_sending(&row.id)?;
                writer.outbox_wedged(&row.id, wedge.clone())?;
            }
            Ok(())
        })
        .await
        .unwrap();
    }

    async fn row(&self) -> AwayRow {
        let mut rows = self.away().await.rows;
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    async fn away(&self) -> AwayList {
        self.program.away().await.unwrap()
    }

    async fn rail(&self) -> Rail {
        self.program.rail().await.unwrap()
    }
}

fn asks(absent: &str, stand_in: &str) -> AwaySaveRequest {
    AwaySaveRequest {
        id: None,
        base: None,
        absent: absent.to_owned(),
        stand_in: stand_in.to_owned(),
        from: None,
        until: None,
        pools: Vec::new(),
        despite: false,
    }
}

/// Somebody is away from an hour ago until an hour from now, by the server.
fn coverage(at_desk: &AtDesk, id: &str, absent: &str, stand_in: &str) -> Coverage {
    Coverage {
        id: id.into(),
        absent: PartyRef::new(absent),
        stand_in: PartyRef::new(stand_in),
        from: Some(When::At(at_desk.now() - TimeDelta::hours(1))),
        until: Some(When::At(at_desk.now() + TimeDelta::hours(1))),
        pools: vec![],
        validity: Validity::Planned,
    }
}

fn of(coverage: Coverage, version: u32) -> Arrival {
    let id = coverage.id.to_string();
    arrival(Kind::Task, &id, version, Content::Coverage(coverage))
}

#[tokio::test]
async fn a_member_plans_their_own_absence_and_sees_that_it_is_on_its_way() {
    let osei = at_the_desk_of("physician").await;
    assert_eq!(osei.program.away_save(asks(OSEI, HADDAD)).await, Ok(AwaySaved::Queued));
    let away = osei.away().await;
    let row = &away.rows[0];
    assert_eq!((row.absent_name.as_str(), row.plan.stand_in_name.as_str()), ("Dr Amara Osei", "Dr Noor Haddad"));
    assert_eq!((row.saving, row.base.clone(), row.plan.until), (AwaySaving::Queued, None, None));
    assert!(!row.now, "nobody is away by a plan that the server does not have");
    assert!(row.may_change && away.may_own && !away.may_others);
    assert_eq!(away.members.len(), 3, "everybody, herself too");

    // Planned anew before it left: one plan, as it is now.
    let until = (osei.now() + TimeDelta::days(1)).timestamp_millis();
    let anew = AwaySaveRequest { id: Some(row.id.clone()), until: Some(until), ..asks(OSEI, HADDAD) };
    assert_eq!(osei.program.away_save(anew).await, Ok(AwaySaved::Queued));
    let rows = osei.away().await.rows;
    assert_eq!((rows.len(), rows[0].plan.until), (1, Some(until)));

    osei.program.away_end(AwayEndRequest { id: rows[0].id.clone(), give_up: false }).await.unwrap();
    assert_eq!(osei.away().await.rows, []);
}

#[tokio::test]
async fn only_a_triage_lead_plans_for_others_and_it_for_nobody() {
    let refused = ApiError::new(ErrorCode::NotAllowed);
    let osei = at_the_desk_of("physician").await;
    osei.receives(vec![of(coverage(&osei, "c1", HADDAD, OSEI), 1)]).await;
    assert_eq!(osei.program.away_save(asks(HADDAD, OSEI)).await, Err(refused.clone()));
    assert_eq!(osei.program.away_end(AwayEndRequest { id: "c1".into(), give_up: false }).await, Err(refused.clone()));
    let taken_over = AwaySaveRequest { id: Some("c1".into()), ..asks(OSEI, HADDAD) };
    let invalid = ApiError::new(ErrorCode::Invalid);
    assert_eq!(osei.program.away_save(taken_over).await, Err(invalid), "not by calling it one's own");

    let lead = at_the_desk_of("triage-lead").await;
    assert_eq!(lead.program.away_save(asks(HADDAD, OSEI)).await, Ok(AwaySaved::Queued));
    let it = at_the_desk_of("it").await;
    assert_eq!(it.program.away_save(asks(OSEI, HADDAD)).await, Err(refused.clone()));
    assert_eq!(it.program.away().await, Err(refused));
}

#[tokio::test]
async fn what_is_wrong_is_said_before_it_is_saved() {
    let osei = at_the_desk_of("physician").await;
    let wrong = |warning| Ok(AwaySaved::Wrong { warnings: vec![warning] });
    let warned = |warning| Ok(AwaySaved::Warned { warnings: vec![warning] });
    let save = |request| osei.program.away_save(request);
    assert_eq!(save(asks(OSEI, JO)).await, wrong(AwayWarning::NoRight));
    assert_eq!(save(asks(OSEI, OSEI)).await, wrong(AwayWarning::Oneself));
    assert_eq!(save(asks(OSEI, "PractitionerRole/gone")).await, wrong(AwayWarning::NoRight));
    let at = |days: i64| Some((osei.now() + TimeDelta::days(days)).timestamp_millis());
    let despite = |from, until| AwaySaveRequest { from, until, despite: true, ..asks(OSEI, HADDAD) };
    assert_eq!(save(despite(at(2), at(1))).await, wrong(AwayWarning::Backwards));
    assert_eq!(save(despite(at(-1), at(-2))).await, wrong(AwayWarning::Backwards));
    assert_eq!(save(despite(at(-2), at(-1))).await, wrong(AwayWarning::Past));
    assert_eq!(save(despite(None, at(-1))).await, wrong(AwayWarning::Past));
    osei.receives(vec![of(coverage(&osei, "c1", HADDAD, OSEI), 1)]).await;
    assert_eq!(save(asks(OSEI, HADDAD)).await, warned(AwayWarning::Loop));
    assert_eq!(osei.away().await.rows.len(), 1, "not saved");
    assert_eq!(save(AwaySaveRequest { despite: true, ..asks(OSEI, HADDAD) }).await, Ok(AwaySaved::Queued));
    osei.receives(vec![arrival(Kind::Task, "c1", 2, Content::Deleted)]).await;
    assert_eq!(save(asks(OSEI, HADDAD)).await, warned(AwayWarning::Overlap), "with the one on its way");
}

#[tokio::test]
async fn what_is_in_force_is_shown_with_what_is_wanted_beside_it() {
    let osei = at_the_desk_of("physician").await;
    osei.receives(vec![of(coverage(&osei, "c1", OSEI, HADDAD), 1), member("mia", "Mia Tran", Role::Physician)]).await;
    let shown = osei.row().await;
    assert_eq!((shown.base.as_deref(), shown.now, &shown.change), (Some("1"), true, &None));
    let mia = AwaySaveRequest { id: Some("c1".into()), base: shown.base, ..asks(OSEI, "PractitionerRole/mia") };
    assert_eq!(osei.program.away_save(mia.clone()).await, Ok(AwaySaved::Queued));
    let on_its_way = osei.row().await;
    assert_eq!((on_its_way.plan, on_its_way.now, on_its_way.saving), (shown.plan.clone(), true, AwaySaving::Queued));
    assert_eq!(on_its_way.change.unwrap().stand_in_name, "Mia Tran");

    // Somebody else was first: theirs is in force, hers stands beside it until she decides.
    let theirs = Coverage { until: None, ..coverage(&osei, "c1", OSEI, HADDAD) };
    osei.is_wedged(Wedge::ChangedSince).await;
    osei.receives(vec![of(theirs, 2)]).await;
    let row = osei.row().await;
    assert_eq!((row.base.as_deref(), row.saving, row.plan.until), (Some("2"), AwaySaving::Overtaken, None));
    assert_eq!(row.change.as_ref().unwrap().stand_in_name, "Mia Tran");
    let too_late = Err(ApiError::new(ErrorCode::TooLate));
    assert_eq!(osei.program.away_save(mia.clone()).await, too_late, "on the version that she has not seen");
    let over = AwaySaveRequest { base: row.base, ..mia };
    assert_eq!(osei.program.away_save(over).await, Ok(AwaySaved::Queued));
    assert_eq!(osei.row().await.saving, AwaySaving::Queued);
    osei.program.away_end(AwayEndRequest { id: "c1".into(), give_up: true }).await.unwrap();
    let row = osei.row().await;
    assert_eq!((row.change, row.saving, row.now), (None, AwaySaving::Saved, true), "theirs goes on");
}

#[tokio::test]
async fn an_end_that_was_not_taken_is_said_as_that_and_what_is_gone_is_planned_as_another() {
    let osei = at_the_desk_of("physician").await;
    osei.receives(vec![of(coverage(&osei, "c1", OSEI, HADDAD), 1)]).await;
    osei.program.away_end(AwayEndRequest { id: "c1".into(), give_up: false }).await.unwrap();
    osei.is_wedged(Wedge::Refused { status: 403, code: None }).await;
    let row = osei.row().await;
    assert_eq!((row.saving, row.now), (AwaySaving::EndRefused, true));
    osei.program.away_end(AwayEndRequest { id: "c1".into(), give_up: false }).await.unwrap();
    assert_eq!(osei.row().await.saving, AwaySaving::Ending, "once more, not given up");
    osei.program.away_end(AwayEndRequest { id: "c1".into(), give_up: true }).await.unwrap();

    let later = AwaySaveRequest { id: Some("c1".into()), base: Some("1".into()), ..asks(OSEI, HADDAD) };
    assert_eq!(osei.program.away_save(later.clone()).await, Ok(AwaySaved::Queued));
    osei.receives(vec![arrival(Kind::Task, "c1", 2, Content::Deleted)]).await;
    osei.is_wedged(Wedge::Gone).await;
    let row = osei.row().await;
    assert_eq!((row.saving, row.base, row.now), (AwaySaving::Gone, None, false));
    assert_eq!(osei.program.away_save(AwaySaveRequest { base: None, ..later }).await, Ok(AwaySaved::Queued));
    let row = osei.row().await;
    assert_eq!(row.saving, AwaySaving::Queued);
    assert_ne!(row.id, "c1");
}

#[tokio::test]
async fn a_pool_that_is_not_known_here_stays_when_the_rest_is_changed() {
    let osei = at_the_desk_of("physician").await;
    let pools = vec!["urn:practice|oseis".to_owned(), "urn:practice|elsewhere".to_owned()];
    osei.receives(vec![of(Coverage { pools, ..coverage(&osei, "c1", OSEI, HADDAD) }, 1)]).await;
    let row = osei.row().await;
    assert_eq!((row.plan.pools, row.plan.unknown_pools), (vec![QueueId("pool/oseis".into())], 1));
    let change = AwaySaveRequest { id: Some("c1".into()), base: row.base, ..asks(OSEI, HADDAD) };
    assert_eq!(osei.program.away_save(change).await, Ok(AwaySaved::Queued));
    let wanted = osei.row().await.change.unwrap();
    assert_eq!((wanted.pools, wanted.unknown_pools), (vec![], 1), "not for everything");
}

#[tokio::test]
async fn why_nobody_stands_in_is_said_once() {
    let osei = at_the_desk_of("physician").await;
    let pools = vec!["urn:practice|oseis".to_owned()];
    osei.receives(vec![
        of(coverage(&osei, "c1", OSEI, JO), 1),
        of(Coverage { pools, ..coverage(&osei, "c2", OSEI, JO) }, 1),
    ])
    .await;
    let gaps: Vec<_> = osei.away().await.rows.iter().map(|row| row.gap).collect();
    assert_eq!(gaps, [Some(AwayGap::NoRight), None]);
}

#[tokio::test]
async fn whoever_stands_in_finds_the_queue_in_the_rail_and_may_start_what_is_in_it() {
    let osei = at_the_desk_of("physician").await;
    let id = QueueId("for/PractitionerRole/haddad".to_owned());
    let is_there = |rail: Rail| rail.queues.into_iter().find(|queue| queue.id == id);
    assert_eq!(is_there(osei.rail().await), None);
    osei.receives(vec![of(coverage(&osei, "c1", HADDAD, OSEI), 1)]).await;
    let queue = is_there(osei.rail().await).unwrap();
    assert_eq!((queue.name.as_deref(), queue.count, queue.gap), (Some("Dr Noor Haddad"), 1, None));
    let request = EnvelopesRequest { queue: id.clone(), offset: 0, limit: 10 };
    let rows = osei.program.envelopes(request).await.unwrap().rows;
    assert_eq!((rows[0].thread.as_str(), rows[0].stands_in_for.as_deref()), ("cough", Some("Dr Noor Haddad")));
    let desk = osei.program.desk().unwrap();
    assert_eq!(desk.case(&"cough".into()).await.unwrap().may_start(), Ok(()));
    osei.receives(vec![of(Coverage { validity: Validity::Ended, ..coverage(&osei, "c1", HADDAD, OSEI) }, 2)]).await;
    assert_eq!(is_there(osei.rail().await), None);
    assert!(desk.case(&"cough".into()).await.unwrap().may_start().is_err(), "not hers to see any more");
}

#[tokio::test]
async fn the_front_office_takes_out_of_the_pool_of_somebody_for_whom_it_stands_in() {
    let front = at_the_desk_of("front-office").await;
    let billing = WorkItem { category: Some("billing".to_owned()), ..item("bill", "jos") };
    front.receives(vec![pool("jos", JO), thread("bill"), task(billing, 1)]).await;
    let desk = front.program.desk().unwrap();
    assert!(desk.case(&"bill".into()).await.unwrap().may_start().is_err());
    front.receives(vec![of(coverage(&front, "c1", JO, OSEI), 1)]).await;
    assert_eq!(desk.case(&"bill".into()).await.unwrap().may_start(), Ok(()));
}

#[tokio::test]
async fn whoever_was_away_is_told_what_became_of_their_work_until_they_have_seen_it() {
    let osei = at_the_desk_of("physician").await;
    assert_eq!(osei.program.digest().await, Ok(None), "never away");
    let was_away = coverage(&osei, "c1", OSEI, HADDAD);
    osei.receives(vec![of(was_away.clone(), 1)]).await;
    assert_eq!(osei.program.digest().await, Ok(None), "away still");
    let closed = WorkItem {
        owner: Some(PartyRef::new(HADDAD)),
        status: WorkStatus::Completed,
        modified: osei.now() - TimeDelta::minutes(30),
        ..item("cold", "oseis")
    };
    let back = osei.now() - TimeDelta::minutes(5);
    let ended = Coverage { validity: Validity::Ended, until: Some(When::At(back)), ..was_away };
    osei.receives(vec![thread("cold"), task(closed, 1), of(ended, 2)]).await;
    let digest = osei.program.digest().await.unwrap().unwrap();
    let closed: Vec<_> = digest.closed.rows.iter().map(|row| (row.thread.as_str(), row.by.as_deref())).collect();
    assert_eq!(closed, [("cold", Some("Dr Noor Haddad"))]);
    let needs: Vec<_> = digest.needs_you.rows.iter().map(|row| row.subject_line.as_str()).collect();
    assert_eq!((digest.needs_you.total, needs), (1, vec!["About the rash"]));
    let found_in = |part: &DigestPart| part.rows[0].queue.clone();
    assert_eq!(found_in(&digest.needs_you), Some(QueueId("mine".to_owned())), "where its row leads to");
    assert_eq!(found_in(&digest.closed), None);
    assert_eq!(digest.until, back.timestamp_millis());
    osei.program.digest_dismiss(DigestDismissRequest { until: digest.until }).await.unwrap();
    assert_eq!(osei.program.digest().await, Ok(None));
}
