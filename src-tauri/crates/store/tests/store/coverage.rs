//! Mia is away and Dr Osei, whose machine this is, stands in.

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    coverage::{Coverage, Validity, When, digest::digest},
    member::Pool,
    message::{Delivery, Message},
    outbox::Intent,
    party::PartyRef,
    queue::Queue,
    work_item::{WorkItem, WorkStatus},
};
use tern_store::{Acknowledged, StoreError};

use crate::scene::*;

const MIAS: &str = "urn:practice|mias";

fn hours(hours: i64) -> DateTime<Utc> {
    noon() + TimeDelta::hours(hours)
}

/// Mia is away from an hour ago until an hour from now.
fn plan(id: &str) -> Coverage {
    Coverage {
        id: id.into(),
        absent: mia(),
        stand_in: osei(),
        from: Some(When::At(hours(-1))),
        until: Some(When::At(hours(1))),
        pools: vec![],
        validity: Validity::Planned,
    }
}

fn of(coverage: Coverage, version: u32) -> Arrival {
    let id = coverage.id.as_str().to_owned();
    arrival(Kind::Task, &id, version, Content::Coverage(coverage))
}

/// A pool for which Mia answers, with Leo's cough in it.
fn mias_cough() -> Scene {
    let scene = Scene::new();
    let pool = Pool {
        id: "mias".into(),
        identifier: MIAS.to_owned(),
        name: "Mia".to_owned(),
        members: vec![],
        responsible: Some(mia()),
        check_every_hours: None,
    };
    scene.apply(Kind::CareTeam, vec![arrival(Kind::CareTeam, "mias", 1, Content::Pool(pool))]);
    let to_mia = Message { recipients: vec![mia()], ..a_message("m1", "cough", 0, "Leo coughs at night") };
    scene.apply(Kind::Communication, vec![thread("cough"), of_message(to_mia, 1)]);
    scene.apply(Kind::Task, vec![of_item(hers(), 1)]);
    scene
}

fn hers() -> WorkItem {
    WorkItem { pool: Some(MIAS.to_owned()), ..an_item("t1", "cough", "m1") }
}

fn for_mia(scene: &Scene) -> Vec<String> {
    scene.queue(&Queue::For(mia()))
}

#[test]
fn what_is_mias_stands_in_a_queue_of_its_own_and_says_for_whom() {
    let scene = mias_cough();
    assert_eq!(for_mia(&scene), [""; 0]);
    assert!(!scene.cache.read(|reader| reader.sees(&"cough".into())).unwrap(), "not hers to see yet");
    scene.apply(Kind::Task, vec![of(plan("c1"), 1)]);
    assert_eq!(for_mia(&scene), ["cough"]);
    assert!(scene.cache.read(|reader| reader.sees(&"cough".into())).unwrap());
    let envelope = scene.cache.read(|reader| reader.envelope(&"cough".into(), noon())).unwrap().unwrap();
    let (absent, name) = envelope.stands_in_for.unwrap();
    assert_eq!((absent, name.reveal()), (mia(), "Mia Tran"));
}

#[test]
fn a_coverage_that_is_ended_deleted_or_missing_is_none() {
    let gone: [fn(&Scene); 3] = [
        |scene| drop(scene.apply(Kind::Task, vec![of(Coverage { validity: Validity::Ended, ..plan("c1") }, 2)])),
        |scene| drop(scene.apply(Kind::Task, vec![arrival(Kind::Task, "c1", 2, Content::Deleted)])),
        |scene| drop(scene.apply(Kind::Task, vec![arrival(Kind::Task, "c1", 2, Content::NotOurs)])),
    ];
    for goes in gone {
        let scene = mias_cough();
        scene.apply(Kind::Task, vec![of(plan("c1"), 1)]);
        assert_eq!(for_mia(&scene), ["cough"]);
        goes(&scene);
        assert_eq!(for_mia(&scene), [""; 0]);
    }
}

#[test]
fn a_deletion_is_remembered_and_the_full_comparison_knows_coverages() {
    let scene = mias_cough();
    scene.apply(Kind::Task, vec![of(plan("c1"), 1)]);
    let versions = scene.cache.read(|reader| reader.versions(Kind::Task)).unwrap();
    assert_eq!(versions.get("c1"), Some(&Some("1".to_owned())));
    assert_eq!(versions.get("t1"), Some(&Some("1".to_owned())));
    scene.apply(Kind::Task, vec![arrival(Kind::Task, "c1", 3, Content::Deleted)]);
    scene.apply(Kind::Task, vec![of(plan("c1"), 2)]);
    assert_eq!(for_mia(&scene), [""; 0], "a stale read brings it not back");
    assert_eq!(scene.cache.read(|reader| reader.versions(Kind::Task)).unwrap().get("c1"), None);
}

#[test]
fn who_goes_or_comes_back_by_time_alone_is_noticed() {
    let scene = mias_cough();
    let turned = |now| scene.cache.read(|reader| reader.coverage_has_turned(now)).unwrap();
    let turns = |now| scene.cache.write(now, |writer| writer.turn_coverage()).unwrap();
    assert!(!turned(noon()), "nobody is ever away");
    let later = Coverage { from: Some(When::At(hours(1))), until: Some(When::At(hours(2))), ..plan("c1") };
    scene.apply(Kind::Task, vec![of(later, 1)]);
    assert_eq!(for_mia(&scene), [""; 0]);
    assert!(!turned(hours(1) - TimeDelta::microseconds(1)));
    assert!(turned(hours(1)));
    turns(hours(1));
    assert!(!turned(hours(1)));
    assert_eq!(for_mia(&scene), ["cough"]);
    assert!(turned(hours(2)));
    turns(hours(2));
    assert_eq!(for_mia(&scene), [""; 0]);
}

#[test]
fn a_role_that_changes_takes_the_queue_with_it() {
    let scene = mias_cough();
    scene.apply(Kind::Task, vec![of(plan("c1"), 1)]);
    assert_eq!(for_mia(&scene), ["cough"]);
    let Content::Member(member) = member(&osei(), "Dr Amara Osei").content else { panic!("a member") };
    let role = tern_inbox::member::Role::FrontOffice;
    let now = tern_inbox::member::Member { role, ..member };
    scene.apply(Kind::PractitionerRole, vec![arrival(Kind::PractitionerRole, "osei", 2, Content::Member(now))]);
    assert_eq!(for_mia(&scene), [""; 0]);
}

#[test]
fn what_was_given_to_mia_may_be_claimed_by_whoever_stands_in() {
    let scene = mias_cough();
    let given = WorkItem { owner: Some(mia()), status: WorkStatus::Accepted, pool: None, ..hers() };
    let freed = |scene: &Scene| scene.cache.read(|reader| reader.freed(&given, &physician(), noon())).unwrap().owner;
    assert_eq!(freed(&scene), Some(mia()));
    scene.apply(Kind::Task, vec![of(plan("c1"), 1), of_item(given.clone(), 2)]);
    assert_eq!(freed(&scene), None);
    assert_eq!(for_mia(&scene), ["cough"]);
    let held = WorkItem { owner: Some(PartyRef::new("PractitionerRole/jo")), status: WorkStatus::InProgress, ..hers() };
    scene.apply(Kind::Task, vec![of_item(held, 3)]);
    assert_eq!(for_mia(&scene), [""; 0], "somebody is at work on it");
}

fn changes(scene: &Scene) -> Vec<Intent> {
    let rows = scene.cache.read(|reader| reader.coverage_changes(&osei())).unwrap();
    rows.into_iter().map(|row| row.intent).collect()
}

#[test]
fn a_plan_that_is_changed_before_it_left_is_made_once_as_changed() {
    let scene = mias_cough();
    let save = |plan: &Coverage| scene.cache.write(noon(), |writer| writer.save_coverage(plan, None, &osei())).unwrap();
    save(&plan("new"));
    let changed = Coverage { until: None, ..plan("new") };
    save(&changed);
    assert_eq!(changes(&scene), [Intent::Cover { coverage: changed, base: None }]);
    assert_eq!(for_mia(&scene), [""; 0], "the others do not know of it yet");
    scene.cache.write(noon(), |writer| writer.end_coverage(&"new".into(), &osei())).unwrap();
    assert_eq!(changes(&scene), [], "and nothing of it ever leaves");
}

#[test]
fn what_the_server_took_is_in_force_and_its_echo_brings_nothing_new() {
    let scene = mias_cough();
    scene.cache.write(noon(), |writer| writer.save_coverage(&plan("new"), None, &osei())).unwrap();
    let row = scene.ready(noon()).remove(0);
    let answer = Acknowledged { server_id: Some("new".into()), version: Some("1".into()), updated: Some(noon()) };
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    let refused = scene.cache.write(noon(), |writer| writer.end_coverage(&"new".into(), &osei()));
    assert!(matches!(refused, Err(StoreError::HasLeft)), "{refused:?}");
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &answer)).unwrap();
    assert_eq!(for_mia(&scene), ["cough"]);
    assert_eq!(scene.apply(Kind::Task, vec![of(plan("new"), 1)]).stored, 0);

    scene.cache.write(noon(), |writer| writer.end_coverage(&"new".into(), &osei())).unwrap();
    let row = scene.ready(noon()).remove(0);
    assert_eq!(row.delivery, Delivery::Queued);
    let answer = Acknowledged { version: Some("2".into()), ..answer };
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &answer)).unwrap();
    assert_eq!(for_mia(&scene), [""; 0]);
    let kept = scene.cache.read(|reader| reader.coverages()).unwrap().remove(0);
    assert_eq!((kept.coverage.validity, kept.coverage.until), (Validity::Ended, Some(When::At(noon()))));
}

#[test]
fn whoever_was_away_finds_what_somebody_else_dealt_with() {
    let scene = Scene::with_cough();
    let was_away = Coverage { absent: osei(), stand_in: mia(), until: Some(When::At(noon())), ..plan("c1") };
    let given = |pool: Option<&str>| WorkItem {
        owner: Some(osei()),
        status: WorkStatus::Accepted,
        pool: pool.map(str::to_owned),
        ..an_item("t2", "rash", "m2")
    };
    scene.apply(Kind::Communication, vec![thread("rash"), message("m2", "rash", 1, "A rash on the arm")]);
    scene.apply(Kind::Task, vec![of(was_away, 1), of_item(given(None), 1)]);
    let by_mia = |item: WorkItem| WorkItem {
        owner: Some(mia()),
        status: WorkStatus::Completed,
        modified: noon() - TimeDelta::minutes(30),
        ..item
    };
    scene.apply(Kind::Task, vec![of_item(by_mia(given(None)), 2)]);
    let found = scene
        .cache
        .read(|reader| {
            let (roster, me, pools) = (reader.roster(noon())?, reader.me()?, reader.pools()?);
            let away = roster.last_absence(&me, noon()).unwrap();
            Ok::<_, StoreError>(digest(away, &reader.digest_candidates(away)?, &pools, &me, noon()))
        })
        .unwrap();
    assert_eq!(found.closed.into_iter().collect::<Vec<_>>(), [("rash".into(), Some(mia()))]);
    assert_eq!(found.needs_me.into_iter().collect::<Vec<_>>(), ["cough".into()], "free in the pool she answers for");
    assert!(found.waiting.is_empty());
}

/// What became of an absence, on the machine of whoever was away.
fn told(scene: &Scene, now: DateTime<Utc>) -> tern_inbox::coverage::digest::Digest {
    scene
        .cache
        .read(|reader| {
            let (roster, me, pools) = (reader.roster(now)?, reader.me()?, reader.pools()?);
            let away = roster.last_absence(&me, now).unwrap();
            Ok::<_, StoreError>(digest(away, &reader.digest_candidates(away)?, &pools, &me, now))
        })
        .unwrap()
}

#[test]
fn what_whoever_stood_in_answered_or_put_back_is_told_as_what_it_was_hers() {
    let scene = Scene::with_cough();
    let at = |minutes: i64| noon() - TimeDelta::minutes(minutes);
    let away = Coverage { absent: osei(), stand_in: mia(), until: Some(When::At(noon())), ..plan("c1") };
    let rows = [("t2", "rash", "m2"), ("t3", "knee", "m3")];
    for (task, of_thread, text) in rows {
        scene.apply(Kind::Communication, vec![thread(of_thread), message(text, of_thread, 1, "Words")]);
        let given = WorkItem {
            owner: Some(osei()),
            status: WorkStatus::Accepted,
            pool: None,
            modified: at(90),
            ..an_item(task, of_thread, text)
        };
        scene.apply(Kind::Task, vec![of_item(given.clone(), 1)]);
        let by_mia = WorkItem { owner: Some(mia()), status: WorkStatus::InProgress, modified: at(40), ..given };
        scene.apply(Kind::Task, vec![of(away.clone(), 1), of_item(by_mia, 2)]);
    }
    let hers_no_more = |task, of_thread, text, waiting_for| WorkItem {
        owner: None,
        status: WorkStatus::Requested,
        pool: None,
        modified: at(20),
        waiting_for,
        ..an_item(task, of_thread, text)
    };
    let patient = Some(tern_inbox::work_item::WaitingFor::Patient);
    scene.apply(Kind::Task, vec![of_item(hers_no_more("t2", "rash", "m2", patient), 3)]);
    scene.apply(Kind::Task, vec![of_item(hers_no_more("t3", "knee", "m3", None), 3)]);
    let told = told(&scene, noon());
    assert_eq!(told.waiting.into_iter().collect::<Vec<_>>(), ["rash".into()]);
    assert!(told.needs_me.contains(&"knee".into()), "put back, nobody's, and it was hers: {:?}", told.needs_me);
}

#[test]
fn a_task_is_a_coverage_or_a_work_item_and_never_both() {
    let scene = mias_cough();
    let kept = |scene: &Scene| scene.cache.read(|reader| reader.coverages()).unwrap().len();
    let there = |scene: &Scene| scene.cache.read(|reader| reader.work_item(&"t1".into())).unwrap().is_some();
    assert!(there(&scene));
    scene.apply(Kind::Task, vec![of(plan("t1"), 2)]);
    assert_eq!((kept(&scene), there(&scene)), (1, false));
    scene.apply(Kind::Task, vec![of_item(hers(), 3)]);
    assert_eq!((kept(&scene), there(&scene)), (0, true));
}

#[test]
fn a_coverage_of_years_ago_is_kept_and_not_looked_at() {
    let scene = mias_cough();
    let years = TimeDelta::days(1_000);
    let long_ago = Coverage {
        from: Some(When::At(noon() - years)),
        until: Some(When::Day((noon() - years).date_naive())),
        ..plan("old")
    };
    scene.apply(Kind::Task, vec![of(long_ago, 1), of(Coverage { until: None, ..plan("endless") }, 1)]);
    let (all, looked_at) = scene
        .cache
        .read(|reader| Ok::<_, StoreError>((reader.coverages()?.len(), reader.roster(noon())?.in_force(noon()))))
        .unwrap();
    assert_eq!((all, looked_at), (2, vec!["endless".into()]));
    let then = noon() - years;
    let looked_at = scene.cache.read(|reader| reader.roster(then)).unwrap().in_force(then);
    assert_eq!(looked_at, ["old".into()], "about that day it still says who was away");
}

#[test]
fn a_change_files_once_and_time_finds_nothing_left_to_do() {
    let scene = mias_cough();
    scene.apply(Kind::Task, vec![of(plan("c1"), 1)]);
    assert!(!scene.cache.read(|reader| reader.coverage_has_turned(noon())).unwrap());
    scene.apply(Kind::Task, vec![of(Coverage { validity: Validity::Ended, ..plan("c1") }, 2)]);
    assert!(!scene.cache.read(|reader| reader.coverage_has_turned(noon())).unwrap());
}
