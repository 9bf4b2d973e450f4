//! Emergencies as the cache knows them: what somebody may have to be called for, and how far each has been told.

use chrono::TimeDelta;
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    coverage::When,
    emergency::{Alarm, AlarmEvent, Duty, identity},
    message::Message,
    work_item::{Urgency, WaitingFor, WorkItem, WorkStatus},
};
use tern_store::{Emergency, Tag};

use crate::scene::*;

fn cry() -> Message {
    a_message("m1", "cough", 0, "Crushing chest pain, he can't breathe")
}

/// Leo's cough, which is none.
fn emergency() -> Scene {
    let scene = Scene::new();
    scene.apply(Kind::Communication, vec![thread("cough"), of_message(cry(), 1)]);
    scene.apply(Kind::Task, vec![of_item(item(), 1)]);
    scene
}

fn item() -> WorkItem {
    an_item("t1", "cough", "m1")
}

fn waiting(scene: &Scene) -> Vec<Emergency> {
    scene.cache.read(|reader| reader.emergencies(noon())).unwrap()
}

fn of(alarm: Alarm, version: u32) -> Arrival {
    let id = alarm.id.as_str().to_owned();
    arrival(Kind::Task, &id, version, Content::Alarm(alarm))
}

fn duty(id: &str, hours: i64) -> Arrival {
    let until = Some(When::At(noon() + TimeDelta::hours(hours)));
    let duty = Duty { id: id.into(), who: mia(), from: None, until, is_over: false };
    arrival(Kind::Task, id, 1, Content::Duty(duty))
}

#[test]
fn what_the_rules_call_an_emergency_is_found_whatever_the_server_says() {
    let scene = emergency();
    let found = waiting(&scene);
    assert_eq!(found.len(), 1);
    assert!(found[0].rings && found[0].alarm.is_none());
    assert_eq!((found[0].server_id.as_str(), found[0].sent), ("t1", cry().sent));
    let answered = WorkItem { waiting_for: Some(WaitingFor::Patient), urgency: Urgency::Emergency, ..item() };
    scene.apply(Kind::Task, vec![of_item(answered, 2)]);
    assert!(waiting(&scene).iter().all(|one| !one.rings));
    let done = WorkItem { status: WorkStatus::Completed, ..item() };
    scene.apply(Kind::Task, vec![of_item(done, 3)]);
    assert_eq!(waiting(&scene), []);
}

#[test]
fn an_alarm_is_found_by_its_work_item_and_outlives_it_until_it_is_over() {
    let scene = emergency();
    let leased = Alarm::of(&"t1".into(), "t1").on(&AlarmEvent::Lease { by: "m".to_owned() }, noon()).unwrap();
    scene.apply(Kind::Task, vec![of(leased.clone(), 1)]);
    assert_eq!(waiting(&scene)[0].alarm, Some(leased.clone()));
    let done = WorkItem { status: WorkStatus::Completed, ..item() };
    scene.apply(Kind::Task, vec![of_item(done, 2)]);
    let found = waiting(&scene);
    assert_eq!((found.len(), found[0].rings), (1, false), "somebody has to end it");
    scene.apply(Kind::Task, vec![arrival(Kind::Task, "t1", 3, Content::Deleted)]);
    assert_eq!(waiting(&scene).len(), 1, "also of what is gone");
    let over = leased.on(&AlarmEvent::Dealt, noon()).unwrap();
    scene.apply(Kind::Task, vec![of(over, 2)]);
    assert_eq!(waiting(&scene), []);
}

#[test]
fn of_two_alarms_of_one_item_every_machine_takes_the_same() {
    let scene = emergency();
    let ours = Alarm::of(&"t1".into(), "t1");
    let second = Alarm { id: "another".into(), pages: 3, ..ours.clone() };
    scene.apply(Kind::Task, vec![of(second, 1), of(ours.clone(), 1)]);
    assert_eq!(ours.id, identity("t1"));
    assert_eq!(waiting(&scene)[0].alarm, Some(ours));
}

#[test]
fn who_is_on_duty_is_called_first() {
    let scene = emergency();
    assert_eq!(waiting(&scene)[0].chain, [osei()], "who answers for the pool");
    let mut changes = scene.cache.subscribe();
    scene.apply(Kind::Task, vec![duty("d1", 1), duty("d2", -1)]);
    assert!(changes.try_recv().unwrap().tags.contains(&Tag::Emergencies), "the screen hears of it");
    assert_eq!(waiting(&scene)[0].chain, [mia(), osei()]);
    let duties = scene.cache.read(|reader| reader.duties(noon())).unwrap();
    assert_eq!(duties.len(), 1, "one is over");
    scene.apply(Kind::Task, vec![arrival(Kind::Task, "d1", 2, Content::Deleted)]);
    assert_eq!(waiting(&scene)[0].chain, [osei()]);
}

#[test]
fn a_task_is_one_thing_at_a_time() {
    let scene = emergency();
    scene.apply(Kind::Task, vec![duty("x", 1)]);
    scene.apply(Kind::Task, vec![of_item(WorkItem { id: "x".into(), ..item() }, 2)]);
    assert_eq!(scene.cache.read(|reader| reader.duties(noon())).unwrap(), []);
    let alarm = Alarm { id: "x".into(), ..Alarm::of(&"t1".into(), "t1") };
    scene.apply(Kind::Task, vec![of(alarm, 3)]);
    assert_eq!(scene.cache.read(|reader| reader.work_item(&"x".into())).unwrap(), None);
    let versions = scene.cache.read(|reader| reader.versions(Kind::Task)).unwrap();
    assert_eq!(versions.get("x"), Some(&Some("3".to_owned())), "the full comparison knows it");
    scene.apply(Kind::Task, vec![arrival(Kind::Task, "x", 4, Content::NotOurs)]);
    assert_eq!(scene.cache.read(|reader| reader.versions(Kind::Task)).unwrap().get("x"), None);
}
