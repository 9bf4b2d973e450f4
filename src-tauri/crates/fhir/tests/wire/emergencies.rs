//! Who is on duty, and how far an emergency has been told: read and written.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tern_fhir::{
    exchange::Request,
    write::{
        change::{Changing, Current},
        create::Creating,
        edit::Edit,
        emergency,
    },
};
use tern_inbox::{
    arrival::{Content, Kind},
    coverage::When,
    emergency::{Alarm, AlarmEvent, Duty},
    party::PartyRef,
};

use crate::scene::*;

fn haddad() -> PartyRef {
    PartyRef::new("PractitionerRole/haddad")
}

fn duty() -> Duty {
    Duty {
        id: "018e0000-0000-7000-8000-00000000000d".into(),
        who: haddad(),
        from: Some(When::At(now())),
        until: Some(When::At(now() + chrono::TimeDelta::hours(12))),
        is_over: false,
    }
}

/// Dr Haddad was called, and has it.
fn alarm() -> Alarm {
    let lease = AlarmEvent::Lease { by: "a-machine".to_owned() };
    let posted = AlarmEvent::Posted { by: "a-machine".to_owned(), to: Some(haddad()) };
    let taken = AlarmEvent::Taken { by: haddad() };
    let leased = Alarm::of(&"7".into(), "7").on(&lease, now()).expect("due");
    leased.on(&posted, now()).expect("leased").on(&taken, now()).expect("called")
}

fn as_read(json: &Value) -> Content {
    content(Kind::Task, json)
}

fn on_server(request: &Request) -> Value {
    let mut json = body_of(request);
    json["meta"] = json!({ "versionId": "3", "lastUpdated": "2026-03-06T15:00:00Z" });
    json
}

#[test]
fn a_duty_of_ours_is_read_as_it_was_written() {
    let made = emergency::duty(&duty(), &dr_osei(), now()).expect("a duty").request(Creating::OwnId);
    assert_snapshot!("duty", leaves(&made));
    assert_eq!(as_read(&on_server(&made)), Content::Duty(duty()));
    let mut ended = on_server(&made);
    ended["status"] = json!("completed");
    assert_eq!(as_read(&ended), Content::Duty(Duty { is_over: true, ..duty() }));
}

#[test]
fn half_a_duty_is_none() {
    let made = on_server(&emergency::duty(&duty(), &dr_osei(), now()).expect("a duty").request(Creating::OwnId));
    for missing in ["owner", "executionPeriod"] {
        let mut half = made.clone();
        half.as_object_mut().expect("an object").shift_remove(missing);
        assert_eq!(as_read(&half), Content::NotOurs, "{missing}");
    }
    let mut of_a_patient = made.clone();
    of_a_patient["owner"] = json!({ "reference": "Patient/leo" });
    assert_eq!(as_read(&of_a_patient), Content::NotOurs);
    let mut unreadable = made;
    unreadable["executionPeriod"]["end"] = json!("soon");
    assert!(matches!(as_read(&unreadable), Content::Unreadable { .. }));
}

#[test]
fn an_alarm_of_ours_is_read_as_it_was_written_and_stands_in_no_patients_compartment() {
    let made = emergency::alarm(&alarm(), "7", now()).request(Creating::OwnId);
    assert_snapshot!("alarm", leaves(&made));
    assert_eq!(as_read(&on_server(&made)), Content::Alarm(alarm()));
    assert!(body_of(&made)["for"].is_null());
}

#[test]
fn an_alarm_is_moved_in_its_place_and_everything_else_stays() {
    let fresh = Alarm::of(&"7".into(), "7");
    let mut json = on_server(&emergency::alarm(&fresh, "7", now()).request(Creating::OwnId));
    let theirs = json!({ "url": "https://other.example/x", "valueString": "theirs" });
    json["extension"].as_array_mut().expect("a list").insert(0, theirs.clone());
    let current = Current::of(json.to_string().as_bytes(), Some("W/\"3\"")).expect("a resource");
    let (moved, over) = (alarm(), alarm().on(&AlarmEvent::Dealt, now()).expect("held"));
    let change = |alarm: &Alarm, how| current.change(&Edit::Alarm { alarm, at: now() }, how).expect("a change");
    assert_snapshot!("alarm-moved", leaves(&change(&moved, Changing::Patch)));
    let put = body_of(&change(&moved, Changing::Put));
    assert_eq!(put["extension"][0], theirs);
    assert_eq!(as_read(&put), Content::Alarm(moved.clone()));
    assert!(Edit::Alarm { alarm: &moved, at: now() }.stands_in(&put));
    assert!(!Edit::Alarm { alarm: &over, at: now() }.stands_in(&put));
    let ended = body_of(&change(&over, Changing::Put));
    assert_eq!(ended["status"], "completed");
    assert_eq!(as_read(&ended), Content::Alarm(over));
}

#[test]
fn what_of_an_alarm_cannot_be_read_is_taken_for_not_yet_done() {
    let mut json = on_server(&emergency::alarm(&alarm(), "7", now()).request(Creating::OwnId));
    json["extension"] = json!([{ "url": "https://tern.health/fhir/StructureDefinition/alarm", "extension": [
        { "url": "held-by", "valueReference": { "reference": "PractitionerRole/haddad" } },
        { "url": "held-until", "valueInstant": "later" },
        { "url": "called-at" },
        { "url": "pages", "valueUnsignedInt": 2 },
    ]}]);
    let Content::Alarm(read) = as_read(&json) else { panic!("an alarm") };
    assert_eq!((read.held, read.called_at, read.pages), (None, None, 2));
    json.as_object_mut().expect("an object").shift_remove("basedOn");
    assert_eq!(as_read(&json), Content::NotOurs, "of no work item");
}
