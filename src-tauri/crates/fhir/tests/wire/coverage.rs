//! Who stands in: read, made, changed, ended.

use chrono::NaiveDate;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tern_fhir::write::{
    change::{Changing, Current},
    coverage,
    create::Creating,
    edit::{Edit, edit_json},
};
use tern_inbox::{
    arrival::{Content, Kind},
    coverage::{Coverage, Validity, When},
};

use crate::{
    edits::NURSES,
    scene::{at, content, dr_osei, leaves, mia, now},
};

const ID: &str = "018e0000-0000-7000-8000-00000000000a";

/// Mia stands in for Dr Osei in the nurses' pool, this week.
fn plan() -> Coverage {
    Coverage {
        id: ID.into(),
        absent: dr_osei(),
        stand_in: mia(),
        from: Some(When::At(at("2026-03-02T09:00:00Z"))),
        until: Some(When::At(at("2026-03-06T17:00:00Z"))),
        pools: vec![NURSES.to_owned()],
        validity: Validity::Planned,
    }
}

/// As a server may send it, with elements that we don't know.
fn task() -> Value {
    json!({
        "resourceType": "Task", "id": ID, "meta": { "versionId": "3", "lastUpdated": "2026-03-02T08:00:00Z" },
        "extension": [{ "url": "https://rota.example/shift", "valueDecimal": 1 }],
        "status": "accepted", "intent": "order",
        "code": { "coding": [{ "system": "https://tern.health/fhir/CodeSystem/task-code", "code": "coverage" }] },
        "for": { "reference": "PractitionerRole/osei" },
        "executionPeriod": {
            "id": "p", "start": "2026-03-02T09:00:00.000Z", "end": "2026-03-06T17:00:00.000Z",
        },
        "performerType": [{ "coding": [{ "system": "https://tern.health/fhir/CodeSystem/pool", "code": "nurse-triage" }] }],
        "owner": { "reference": "PractitionerRole/mia", "display": "Mia Tran" },
    })
}

fn read(change: impl FnOnce(&mut Value)) -> Content {
    let mut task = task();
    change(&mut task);
    content(Kind::Task, &task)
}

#[test]
fn a_coverage_is_read_whole() {
    assert_eq!(read(|_| ()), Content::Coverage(plan()));
    let everything = read(|task| drop(task.as_object_mut().expect("an object").remove("performerType")));
    assert_eq!(everything, Content::Coverage(Coverage { pools: vec![], ..plan() }));
    for (status, validity) in [
        ("requested", Validity::Planned),
        ("in-progress", Validity::Planned),
        ("completed", Validity::Ended),
        ("cancelled", Validity::Void),
        ("draft", Validity::Void),
        ("entered-in-error", Validity::Void),
    ] {
        let read = read(|task| task["status"] = json!(status));
        assert_eq!(read, Content::Coverage(Coverage { validity, ..plan() }), "{status}");
    }
}

#[test]
fn a_date_is_the_whole_day_and_an_end_may_be_missing() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).map(When::Day);
    for (period, from, until) in [
        (json!({ "start": "2026-03-02", "end": "2026-03-02" }), day(2), day(2)),
        (json!({ "start": "2026-03", "end": "2026-03" }), day(1), day(31)),
        (json!({ "start": "2026-03-02" }), day(2), None),
        (json!({ "end": "2026-03-06" }), None, day(6)),
        (json!({ "start": "2026-03-02T09:00:00-05:00" }), Some(When::At(at("2026-03-02T14:00:00Z"))), None),
    ] {
        let read = read(|task| task["executionPeriod"] = period.clone());
        assert_eq!(read, Content::Coverage(Coverage { from, until, ..plan() }), "{period}");
    }
}

#[test]
fn half_a_plan_makes_nobody_absent() {
    let without = |name: &str| read(|task| drop(task.as_object_mut().expect("an object").remove(name)));
    for name in ["for", "owner", "executionPeriod"] {
        assert_eq!(without(name), Content::NotOurs, "{name}");
    }
    assert_eq!(read(|task| task["executionPeriod"] = json!({})), Content::NotOurs);
    assert_eq!(read(|task| task["owner"] = json!({ "reference": "Organization/o" })), Content::NotOurs);
    let unreadable = |content| matches!(content, Content::Unreadable { .. });
    assert!(unreadable(read(|task| task["executionPeriod"]["end"] = json!("next week"))), "it would never end");
    assert!(unreadable(read(|task| task["performerType"] = json!([{ "text": "nurses" }]))), "not everything");
}

#[test]
fn a_coverage_of_ours_as_it_leaves() {
    let made = coverage::coverage(&plan(), &dr_osei(), now()).expect("a coverage");
    assert_snapshot!("coverage", leaves(&made.request(Creating::OwnId)));
    let open =
        Coverage { pools: vec![], until: None, from: NaiveDate::from_ymd_opt(2026, 3, 2).map(When::Day), ..plan() };
    let made = coverage::coverage(&open, &dr_osei(), now()).expect("a coverage");
    assert_snapshot!("coverage-without-end", leaves(&made.request(Creating::Conditional)));
    assert_eq!(content(Kind::Task, &with_id(&made.json)), Content::Coverage(open));
}

fn with_id(json: &Value) -> Value {
    let mut json = json.clone();
    json["id"] = json!(ID);
    json
}

#[test]
fn a_change_and_an_end_as_they_leave() {
    let current = Current::of(task().to_string().as_bytes(), Some("W/\"3\"")).expect("a resource");
    let later = Coverage { stand_in: dr_haddad(), until: None, pools: vec![], ..plan() };
    let change = current.change(&Edit::Cover { coverage: &later, at: now() }, Changing::Patch).expect("a patch");
    assert_snapshot!("coverage-changed", leaves(&change));
    let end = current.change(&Edit::EndCoverage { at: at("2026-03-04T12:00:00Z") }, Changing::Put).expect("a PUT");
    assert_snapshot!("coverage-ended", leaves(&end));
}

fn dr_haddad() -> tern_inbox::party::PartyRef {
    tern_inbox::party::PartyRef::new("PractitionerRole/haddad")
}

fn edited(task: &Value, edit: &Edit<'_>) -> Value {
    let raw = edit_json(task.to_string().as_bytes(), edit).expect("edited");
    assert_eq!(edit_json(&raw, edit).expect("edited"), raw, "twice is once");
    let edited: Value = serde_json::from_slice(&raw).expect("JSON");
    assert!(edit.stands_in(&edited));
    for kept in ["extension", "code", "for", "intent", "meta"] {
        assert_eq!(edited[kept], task[kept], "{kept}");
    }
    edited
}

#[test]
fn a_change_leaves_all_else_as_it_came() {
    let moved = Coverage {
        stand_in: dr_haddad(),
        from: Some(When::At(at("2026-03-03T09:00:00Z"))),
        until: None,
        pools: vec![],
        ..plan()
    };
    let edit = Edit::Cover { coverage: &moved, at: now() };
    assert!(!edit.stands_in(&task()));
    let after = edited(&task(), &edit);
    assert_eq!(after["executionPeriod"], json!({ "id": "p", "start": "2026-03-03T09:00:00.000Z" }));
    assert_eq!(content(Kind::Task, &after), Content::Coverage(moved));
    let back = Edit::Cover { coverage: &plan(), at: now() };
    assert_eq!(content(Kind::Task, &edited(&after, &back)), Content::Coverage(plan()));
}

#[test]
fn an_end_shortens_what_has_begun_and_cancels_what_has_not() {
    let ended = |task: &Value, instant: &str| {
        let after = edited(task, &Edit::EndCoverage { at: at(instant) });
        (after["status"].clone(), after["executionPeriod"]["end"].clone())
    };
    let (completed, cancelled) = (json!("completed"), json!("cancelled"));
    assert_eq!(ended(&task(), "2026-03-04T12:00:00Z"), (completed.clone(), json!("2026-03-04T12:00:00.000Z")));
    assert_eq!(ended(&task(), "2026-03-01T12:00:00Z"), (cancelled, json!("2026-03-06T17:00:00.000Z")));
    assert_eq!(ended(&task(), "2026-03-09T12:00:00Z"), (completed.clone(), json!("2026-03-06T17:00:00.000Z")));
    let mut open = task();
    open["executionPeriod"] = json!({ "start": "2026-03-02" });
    assert_eq!(ended(&open, "2026-03-04T12:00:00Z"), (completed, json!("2026-03-04T12:00:00.000Z")));
}
