//! Our edits of somebody else's resource: exactly the edit, in both forms, and nothing else.

use base64::Engine as _;
use json_patch::Patch;
use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};
use tern_fhir::{
    exchange::{Method, Request},
    write::{
        change::{Changing, Current, unread},
        edit::{Edit, NotEditable, edit_json},
    },
};
use tern_inbox::{
    party::PartyRef,
    red_flags::{Lowered, TextHash},
    work_item::{Urgency, WaitingFor},
};

use crate::scene::{at, body_of, dr_osei, leaves, now};

pub(crate) const NURSES: &str = "https://tern.health/fhir/CodeSystem/pool|nurse-triage";
const RED_FLAGS: &str = "https://tern.health/fhir/StructureDefinition/red-flags";
const REPLY: &str = "Communication/reply";

/// Every edit of a work item.
pub(crate) fn all(by: &PartyRef) -> [Edit<'_>; 12] {
    let at = now();
    [
        Edit::Claim { by, at },
        Edit::Assign { to: by, at },
        Edit::Renew { at },
        Edit::Release { at },
        Edit::Complete { reply: None, at },
        Edit::Complete { reply: Some(REPLY), at },
        Edit::Route { pool: NURSES, at },
        Edit::Urgency { urgency: Urgency::Urgent, lowered: None, frees: false, at },
        Edit::Urgency { urgency: Urgency::Urgent, lowered: None, frees: true, at },
        Edit::Await { what: WaitingFor::Call, pool: None, at },
        Edit::Await { what: WaitingFor::Visit, pool: Some(NURSES), at },
        Edit::Retract,
    ]
}

/// The edit as somebody would make it by hand on the tree, independent of RFC 6902.
pub(crate) fn by_hand(resource: &Value, edit: &Edit<'_>) -> Value {
    let mut edited = resource.clone();
    let fields = edited.as_object_mut().expect("an object");
    let mut set = |status: &str, at| {
        fields.insert("status".into(), json!(status));
        fields.insert("lastModified".into(), json!(tern_fhir::search::instant(at)));
    };
    match *edit {
        Edit::Claim { by, at } => {
            set("in-progress", at);
            fields.insert("owner".into(), json!({ "reference": by.as_str() }));
        }
        Edit::Assign { to, at } => {
            set("accepted", at);
            fields.shift_remove("businessStatus");
            fields.insert("owner".into(), json!({ "reference": to.as_str() }));
        }
        Edit::Renew { at } => {
            fields.insert("lastModified".into(), json!(tern_fhir::search::instant(at)));
        }
        Edit::Release { at } => {
            set("requested", at);
            fields.shift_remove("owner");
        }
        Edit::Complete { reply, at } => {
            set("completed", at);
            if let Some(reply) = reply {
                let output = json!({
                    "type": { "coding": [{ "system": "https://tern.health/fhir/CodeSystem/task-part", "code": "reply" }] },
                    "valueReference": { "reference": reply }
                });
                let outputs = fields.entry("output").or_insert_with(|| json!([]));
                if !outputs.is_array() {
                    *outputs = json!([]);
                }
                let outputs = outputs.as_array_mut().expect("a list");
                if !outputs.contains(&output) {
                    outputs.push(output);
                }
            }
        }
        Edit::Route { pool, at } => {
            set("requested", at);
            fields.shift_remove("owner");
            fields.shift_remove("businessStatus");
            by_hand_to(fields, pool);
        }
        Edit::Urgency { urgency, lowered, frees, at } => {
            if frees {
                fields.insert("status".into(), json!("requested"));
                fields.shift_remove("owner");
            }
            assert_eq!(lowered, None, "a lowering has a test of its own");
            assert_eq!(urgency, Urgency::Urgent);
            fields.insert("priority".into(), json!("asap"));
            fields.insert("lastModified".into(), json!(tern_fhir::search::instant(at)));
        }
        Edit::Await { what, pool, at } => {
            set("requested", at);
            fields.shift_remove("owner");
            let code = if what == WaitingFor::Call { "call" } else { "visit" };
            let system = "https://tern.health/fhir/CodeSystem/business-status";
            fields.insert("businessStatus".into(), json!({ "coding": [{ "system": system, "code": code }] }));
            if let Some(pool) = pool {
                by_hand_to(fields, pool);
            }
        }
        Edit::Table { text, at } => {
            fields.insert("status".into(), json!("active"));
            fields.insert("date".into(), json!(tern_fhir::search::instant(at)));
            let data = base64::engine::general_purpose::STANDARD.encode(text);
            let document = json!({ "contentType": "application/json", "data": data });
            let contents = fields.entry("content").or_insert_with(|| json!([]));
            let contents = contents.as_array_mut().expect("a list");
            match contents.iter_mut().find(|one| one["contentType"] == "application/json") {
                Some(former) => *former = document,
                None => contents.push(document),
            }
        }
        Edit::Cover { .. } | Edit::EndCoverage { .. } | Edit::Alarm { .. } => panic!("held by scenes of their own"),
        Edit::Retract => {
            fields.insert("status".into(), json!("entered-in-error"));
        }
    }
    edited
}

/// The pools out of `performerType`, and the new one in.
fn by_hand_to(fields: &mut Map<String, Value>, pool: &str) {
    let (system, code) = pool.split_once('|').expect("system|code");
    let kinds = fields.entry("performerType").or_insert_with(|| json!([]));
    if !kinds.is_array() {
        *kinds = json!([]);
    }
    let kinds = kinds.as_array_mut().expect("a list");
    let names_pool = |coding: &Value| coding.get("system") == Some(&json!(system));
    kinds.retain(|kind| {
        let codings = kind.get("coding").and_then(Value::as_array).cloned().unwrap_or_default();
        codings.is_empty() || !codings.iter().all(names_pool)
    });
    for kind in kinds.iter_mut() {
        if let Some(codings) = kind.get_mut("coding").and_then(Value::as_array_mut) {
            codings.retain(|coding| !names_pool(coding));
        }
    }
    kinds.push(json!({ "coding": [{ "system": system, "code": code }] }));
}

/// The patch, applied as a server that knows RFC 6902 does.
pub(crate) fn patched(resource: &Value, request: &Request) -> Result<Value, json_patch::PatchError> {
    let patch: Patch = serde_json::from_value(body_of(request)).expect("a JSON Patch");
    let mut patched = resource.clone();
    json_patch::patch(&mut patched, &patch).map(|()| patched)
}

/// Both forms of an edit come to what a hand would write; all else is as it was, digits and order included.
pub(crate) fn both_forms_make_exactly(resource: &Value, edit: &Edit<'_>) {
    let raw = resource.to_string();
    let expected = by_hand(resource, edit);
    let current = Current::of(raw.as_bytes(), Some("W/\"3\"")).expect("a resource");
    let put = current.change(edit, Changing::Put).expect("a PUT");
    let patch = current.change(edit, Changing::Patch).expect("a PATCH");
    assert_eq!((put.method, patch.method), (Method::Put, Method::Patch));
    assert_eq!((put.if_match.as_deref(), patch.if_match.as_deref()), (Some("W/\"3\""), Some("W/\"3\"")));
    assert_eq!(body_of(&put), expected);
    assert_eq!(patched(resource, &patch).expect("it applies"), expected);
    let by_header = current.change(edit, Changing::PatchByHeader).expect("a PATCH");
    assert_eq!(patched(resource, &by_header).expect("it applies"), expected);
    assert_eq!(by_header.if_match.as_deref(), Some("W/\"3\""));
    let edited = edit_json(raw.as_bytes(), edit).expect("edited");
    assert_eq!(
        String::from_utf8(edited).expect("utf-8"),
        String::from_utf8(put.body.expect("a body").bytes).expect("utf-8")
    );
    untouched_is_byte_identical(resource, &expected);
    assert!(edit.stands_in(&expected), "{edit:?} can be seen in what it made");
}

/// What both have is the same text, in the same order: `==` on a tree would let `1.0` pass for `1.00` elsewhere.
fn untouched_is_byte_identical(before: &Value, after: &Value) {
    let ours = match before["resourceType"] == "Library" {
        true => &["status", "date", "content"][..],
        false => &["status", "lastModified", "owner", "output", "performerType", "priority", "businessStatus"],
    };
    let rest = |value: &Value| {
        let fields = value.as_object().expect("an object");
        let kept: Map<String, Value> = fields
            .iter()
            .filter(|(name, _)| !ours.contains(&name.as_str()))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        Value::Object(kept).to_string()
    };
    assert_eq!(rest(before), rest(after));
}

fn leos_task() -> Value {
    serde_json::from_str(
        r#"{
            "resourceType": "Task", "id": "t1", "meta": { "versionId": "3" }, "contained": [],
            "extension": [{ "url": "https://portal.example/score", "valueDecimal": 1.00 }],
            "status": "requested", "businessStatus": { "text": "call" }, "_status": { "id": "s" }, "intent": "order", "unknownOfR6": { "b": 1e2, "a": 0.10 },
            "performerType": [
                { "coding": [{ "system": "https://tern.health/fhir/CodeSystem/pool", "code": "refills" }], "text": "Refills" },
                { "coding": [{ "system": "http://snomed.info/sct", "code": "1" },
                             { "system": "https://tern.health/fhir/CodeSystem/pool", "code": "refills" }] },
                { "text": "whoever" }
            ],
            "owner": { "reference": "PractitionerRole/mia" },
            "output": [{ "type": { "text": "x" }, "valueDecimal": 2.50 }]
        }"#,
    )
    .expect("JSON")
}

#[test]
fn every_edit_is_exactly_itself_in_both_forms() {
    let osei = dr_osei();
    for edit in all(&osei) {
        both_forms_make_exactly(&leos_task(), &edit);
    }
    let text = String::from_utf8(edit_json(leos_task().to_string().as_bytes(), &Edit::Retract).expect("edited"));
    let text = text.expect("utf-8");
    // The same number to the digit: only an exponent gets its sign written out.
    for digits in ["\"valueDecimal\":1.00", "\"b\":1e+2", "\"a\":0.10", "\"valueDecimal\":2.50"] {
        assert!(text.contains(digits), "{digits} in {text}");
    }
}

#[test]
fn what_is_absent_is_added_and_what_is_there_is_kept() {
    let osei = dr_osei();
    let bare = json!({ "resourceType": "Task", "id": "t1", "meta": { "versionId": "3" } });
    let empty =
        json!({ "resourceType": "Task", "id": "t1", "meta": { "versionId": "3" }, "output": [], "performerType": [] });
    let odd =
        json!({ "resourceType": "Task", "id": "t1", "meta": { "versionId": "3" }, "output": {}, "performerType": 7 });
    for resource in [bare, empty, odd] {
        for edit in all(&osei) {
            both_forms_make_exactly(&resource, &edit);
        }
    }
}

#[test]
fn a_lowering_names_who_and_which_text_beside_whatever_else_stands_there() {
    let at = now();
    let lowered =
        Lowered { by: dr_osei(), at, text_hash: TextHash::from_hex("ab12"), reason: "spoken to on the phone".into() };
    let edit = Edit::Urgency { urgency: Urgency::SameDay, lowered: Some(&lowered), frees: false, at };
    let theirs = json!({ "url": "https://portal.example/score", "valueDecimal": 1 });
    let rules = json!({ "url": "rule", "valueString": "chest-pain" });
    let ours = json!({ "url": RED_FLAGS, "extension": [rules, { "url": "text", "valueString": "old" }] });
    let said = json!([
        { "url": "text", "valueString": "ab12" },
        { "url": "lowered-by", "valueReference": { "reference": dr_osei().as_str() } },
        { "url": "lowered-at", "valueInstant": tern_fhir::search::instant(at) },
    ]);
    let with = |extension: Option<Value>| {
        let mut task = json!({ "resourceType": "Task", "id": "t1", "meta": { "versionId": "3" }, "priority": "stat" });
        if let Some(extension) = extension {
            task["extension"] = extension;
        }
        task
    };
    let alone = json!({ "url": RED_FLAGS, "extension": said });
    let mut beside = said.as_array().expect("a list").clone();
    beside.insert(0, rules);
    for (before, after) in [
        (None, json!([alone])),
        (Some(json!([theirs])), json!([theirs, alone])),
        (Some(json!([ours, theirs])), json!([{ "url": RED_FLAGS, "extension": beside }, theirs])),
    ] {
        let raw = edit_json(with(before).to_string().as_bytes(), &edit).expect("edited");
        let edited: Value = serde_json::from_slice(&raw).expect("JSON");
        assert_eq!((&edited["priority"], &edited["extension"]), (&json!("urgent"), &after));
        assert!(edit.stands_in(&edited));
        assert!(!edited.to_string().contains("phone"), "the reason never stands on the Task");
        assert_eq!(edit_json(&raw, &edit).expect("edited"), raw, "twice is once");
    }
}

#[test]
fn an_edit_made_twice_is_made_once() {
    let osei = dr_osei();
    for edit in all(&osei) {
        let once = by_hand(&leos_task(), &edit);
        let raw = edit_json(once.to_string().as_bytes(), &edit).expect("edited");
        assert_eq!(serde_json::from_slice::<Value>(&raw).expect("JSON"), once, "{edit:?}");
    }
}

#[test]
fn an_edit_is_recognised_whatever_the_server_made_of_its_references() {
    let osei = dr_osei();
    let claimed =
        json!({ "status": "in-progress", "owner": { "reference": "https://internal/fhir/PractitionerRole/osei" } });
    assert!(Edit::Claim { by: &osei, at: now() }.stands_in(&claimed));
    let mias = json!({ "status": "in-progress", "owner": { "reference": "PractitionerRole/mia" } });
    assert!(!Edit::Claim { by: &osei, at: now() }.stands_in(&mias));
    let done = json!({ "status": "completed", "output": [{ "valueReference": { "reference": "Communication/reply/_history/1" } }] });
    assert!(Edit::Complete { reply: Some(REPLY), at: now() }.stands_in(&done));
    assert!(!Edit::Complete { reply: Some("Communication/other"), at: now() }.stands_in(&done));
}

#[test]
fn a_patch_guards_itself_by_the_version_as_it_stands() {
    let osei = dr_osei();
    let edit = Edit::Claim { by: &osei, at: now() };
    let of = |meta: Value, etag: Option<&str>| {
        let task = json!({ "resourceType": "Task", "id": "t1", "meta": meta });
        let current = Current::of(task.to_string().as_bytes(), etag).expect("a resource");
        let request = current.change(&edit, Changing::Patch).expect("a patch");
        (body_of(&request)[0].clone(), request.if_match)
    };
    let test = |version: Value| json!({ "op": "test", "path": "/meta/versionId", "value": version });
    assert_eq!(of(json!({ "versionId": "3" }), Some("\"3\"")), (test(json!("3")), Some("\"3\"".into())));
    assert_eq!(of(json!({ "versionId": "3" }), None), (test(json!("3")), Some("W/\"3\"".into())));
    assert_eq!(of(json!({ "versionId": 3 }), Some("3")), (test(json!(3)), Some("3".into())));
    let (first, if_match) = of(json!({}), Some("W/\"9\""));
    assert_eq!(
        (first["op"].as_str(), if_match.as_deref()),
        (Some("add"), Some("W/\"9\"")),
        "no test of what isn't there"
    );
    assert_eq!(of(json!({}), None).1, None);
}

#[test]
fn a_claim_needs_no_reading_first() {
    let osei = dr_osei();
    let claim = Edit::Claim { by: &osei, at: now() };
    let request = unread("Task", "t1", "3", &claim).expect("a patch");
    insta::assert_snapshot!(leaves(&request));
    let read = Current::of(leos_task().to_string().as_bytes(), None).expect("a resource");
    assert_eq!(Some(request), read.change(&claim, Changing::Patch).ok(), "the same as after reading");
    assert_eq!(unread("Task", "t1", "digest-0a", &claim), None, "no version, no guard");
    assert_eq!(unread("Task", "../x", "3", &claim), None);
    assert_eq!(unread("Task", "t1", "3", &Edit::Release { at: now() }), None, "has to look first");
    assert_eq!(unread("Patient", "t1", "3", &claim), None);
}

#[test]
fn a_stale_patch_fails_as_a_whole() {
    let osei = dr_osei();
    let request = unread("Task", "t1", "2", &Edit::Claim { by: &osei, at: now() }).expect("a patch");
    assert!(patched(&leos_task(), &request).is_err());
}

#[test]
fn an_edit_fits_its_type_and_needs_a_resource() {
    let osei = dr_osei();
    let claim = Edit::Claim { by: &osei, at: at("2026-03-01T00:00:00Z") };
    let communication = r#"{"resourceType":"Communication","id":"m"}"#;
    assert_eq!(edit_json(communication.as_bytes(), &claim), Err(NotEditable::AnotherType));
    assert_eq!(edit_json(br#"{"resourceType":"Patient","id":"p"}"#, &Edit::Retract), Err(NotEditable::AnotherType));
    assert_eq!(edit_json(b"<html>", &claim), Err(NotEditable::NotJson));
    for raw in ["[]", "{}", r#"{"resourceType":"Task"}"#, r#"{"resourceType":"Task","id":"../x"}"#] {
        assert_eq!(Current::of(raw.as_bytes(), None), Err(NotEditable::NotAResource), "{raw}");
    }
}

/// Any JSON, decimals with trailing zeros and exponents included.
fn any_json() -> impl Strategy<Value = Value> {
    let number = "-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(|digits| serde_json::from_str::<Number>(&digits).map_or(Value::Null, Value::Number)),
        "\\PC{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 48, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec(("[a-zA-Z_/~]{1,8}", inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn our_edit_leaves_all_else_of_a_foreign_resource_as_it_was(
        rest in proptest::collection::vec(("[a-zA-Z_]{1,10}", any_json()), 0..6),
        output in any_json(), performers in any_json(), owner in proptest::option::of(any_json()),
        which in 0..12_usize,
    ) {
        let mut task = json!({ "resourceType": "Task", "id": "t1", "meta": { "versionId": "3" } });
        for (name, value) in rest.into_iter().chain([("output".into(), output), ("performerType".into(), performers)]) {
            if !["resourceType", "id", "meta"].contains(&name.as_str()) {
                task[name] = value;
            }
        }
        if let Some(owner) = owner {
            task["owner"] = owner;
        }
        let osei = dr_osei();
        both_forms_make_exactly(&task, &all(&osei)[which]);
    }
}
