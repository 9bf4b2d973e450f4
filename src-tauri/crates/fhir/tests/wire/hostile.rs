//! What a hostile or broken server may send: no panic, no word of it in an error, and only that entry lost.

use proptest::prelude::*;
use serde_json::{Value, json};
use tern_fhir::read::{self, Reading};
use tern_inbox::arrival::{Arrival, Content, Kind};

use crate::scene::{answered, base, now, read_page, searchset};

const CANARY: &str = "tight-chest-since-lunch";

fn read_bytes(expected: Kind, body: impl Into<Vec<u8>>) -> Option<Vec<Arrival>> {
    let base = base();
    let reading = Reading { expected, base: &base, received: now() };
    match read::page(&answered(200, body), &reading) {
        Ok(page) => Some(page.arrivals),
        Err(error) => {
            assert!(!error.to_string().contains(CANARY));
            None
        }
    }
}

/// A page of one Communication with the text, as bytes that need not be JSON.
fn page_with(text: &[u8]) -> Vec<u8> {
    let mut body = br#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Communication","id":"m","partOf":[{"reference":"Communication/t"}],"payload":[{"contentString":""#.to_vec();
    body.extend_from_slice(text);
    body.extend_from_slice(br#""}]}},{"resource":{"resourceType":"Communication","id":"good"}}]}"#);
    body
}

fn text_of(arrivals: &[Arrival]) -> String {
    match &arrivals[0].content {
        Content::Message { message, .. } => message.text.reveal().to_owned(),
        other => panic!("no message: {other:?}"),
    }
}

#[test]
fn raw_control_characters_and_broken_utf_8_cost_nothing() {
    let arrivals = read_bytes(Kind::Communication, page_with(b"a\x00b\x1bc\nd\xffe")).expect("a page");
    assert_eq!(text_of(&arrivals), "a\u{0}b\u{1b}c\nd\u{fffd}e");
    assert_eq!(arrivals.len(), 2);
}

#[test]
fn a_lone_surrogate_costs_its_own_entry() {
    let arrivals = read_bytes(Kind::Communication, page_with(br"\ud83d")).expect("a page");
    assert!(matches!(arrivals[0].content, Content::Unreadable { .. }));
    assert!(matches!(arrivals[1].content, Content::Thread(_)));
}

#[test]
fn a_megabyte_of_text_is_a_message() {
    let arrivals = read_bytes(Kind::Communication, page_with("é ".repeat(400_000).as_bytes())).expect("a page");
    assert_eq!(text_of(&arrivals).len(), 1_200_000);
}

#[test]
fn deep_nesting_ends_in_no_stack_overflow() {
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    for resource in [
        format!(r#"{{"resourceType":"Communication","id":"m","odd":{deep}}}"#),
        format!(r#"{{"resourceType":"Communication","id":"m","payload":{deep}}}"#),
        format!(r#"{{"resourceType":"Communication","id":"m","meta":{deep}}}"#),
        deep.clone(),
    ] {
        let body = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"resource":{resource}}},{{"resource":{{"resourceType":"Communication","id":"good"}}}}]}}"#
        );
        let arrivals = read_bytes(Kind::Communication, body).expect("a page");
        assert_eq!(arrivals.last().map(|one| one.server_id.as_str()), Some("good"));
        let edit = tern_fhir::write::edit::Edit::Retract;
        let _ = tern_fhir::write::edit::edit_json(resource.as_bytes(), &edit);
    }
}

/// Good ones of every type that is cached, with every field that is read.
fn good_ones() -> Vec<(Kind, Value)> {
    let reference = json!({ "reference": "Patient/leo", "display": CANARY });
    let name =
        json!([{ "use": "official", "text": CANARY, "family": "f", "given": ["g"], "prefix": ["p"], "suffix": ["s"] }]);
    let telecom =
        json!([{ "system": "phone", "value": CANARY, "use": "home", "rank": 1, "period": { "end": "2030" } }]);
    let concept = json!({ "coding": [{ "system": "s", "code": "c" }], "text": CANARY });
    let head = |kind: Kind| {
        json!({
            "resourceType": kind.as_str(), "id": "x", "meta": { "versionId": "1", "lastUpdated": "2026-03-01T10:00:00Z",
            "tag": [{ "system": "s", "code": "c" }] }, "identifier": [{ "system": "s", "value": CANARY, "type": concept }]
        })
    };
    let with = |kind: Kind, rest: Value| {
        let mut whole = head(kind);
        for (name, value) in rest.as_object().expect("an object") {
            whole[name] = value.clone();
        }
        (kind, whole)
    };
    vec![
        with(
            Kind::Communication,
            json!({
                "status": "completed", "category": [concept], "topic": concept, "subject": reference, "about": [reference],
                "partOf": [{ "reference": "Communication/t" }], "inResponseTo": [reference], "sender": reference,
                "recipient": [reference], "sent": "2026-03-01T10:00:00Z", "received": "2026-03-01", "payload": [
                    { "contentString": CANARY }, { "contentReference": reference },
                    { "contentAttachment": { "contentType": "c", "url": "u", "title": CANARY, "size": 1 } }]
            }),
        ),
        with(
            Kind::Task,
            json!({
                "status": "requested", "businessStatus": concept, "intent": "order", "priority": "stat", "code": concept,
                "focus": { "reference": "Communication/t" }, "for": reference, "lastModified": "2026", "performerType": [concept],
                "owner": reference, "restriction": { "period": { "end": "2026-03-03" } },
                "input": [{ "type": concept, "valueReference": reference }]
            }),
        ),
        with(
            Kind::Patient,
            json!({ "name": name, "telecom": telecom, "birthDate": "2017-05-04",
            "communication": [{ "language": concept, "preferred": true }] }),
        ),
        with(
            Kind::RelatedPerson,
            json!({ "active": true, "patient": reference, "relationship": [concept], "name": name, "telecom": telecom }),
        ),
        with(Kind::Practitioner, json!({ "name": name })),
        with(Kind::PractitionerRole, json!({ "active": true, "practitioner": reference, "code": [concept] })),
        with(
            Kind::CareTeam,
            json!({ "status": "active", "name": CANARY,
            "extension": [{ "url": "u", "valueUnsignedInt": 4 }],
            "category": [{ "coding": [{ "system": "https://tern.health/fhir/CodeSystem/care-team-category", "code": "pool" }] }],
            "participant": [{ "role": [concept], "member": { "reference": "PractitionerRole/mia" } }] }),
        ),
        with(
            Kind::Library,
            json!({ "status": "active", "title": CANARY,
            "type": { "coding": [{ "system": "https://tern.health/fhir/CodeSystem/practice-table", "code": "triage" }] },
            "content": [{ "contentType": "application/json", "data": "eyJ2ZXJzaW9uIjoxfQ==" }] }),
        ),
    ]
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, inner)| places(inner, &format!("{at}/{n}"), all)),
        _ => {}
    }
}

#[test]
fn the_good_ones_are_readable() {
    for (kind, good) in good_ones() {
        let page = read_page(kind, &searchset(&[good]));
        assert!(!matches!(page.arrivals[0].content, Content::Unreadable { .. }), "{kind:?}");
    }
}

/// Every wrong type in every field of every kind: the entry is read or set aside, its neighbour is read, and
/// neither the problem nor `Debug` has a word of it.
#[test]
fn a_wrong_type_in_any_field_costs_at_most_its_own_entry() {
    let wrongs = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5),
        json!(CANARY),
        json!(""),
        json!([]),
        json!({}),
        json!([CANARY]),
        json!([[null]]),
        json!({ CANARY: CANARY }),
        json!("\u{202e}\u{0}"),
    ];
    for (kind, good) in good_ones() {
        let mut all = Vec::new();
        places(&good, "", &mut all);
        for place in &all {
            for wrong in &wrongs {
                let mut bad = good.clone();
                *bad.pointer_mut(place).expect("a place") = wrong.clone();
                let neighbour = json!({ "resourceType": "Practitioner", "id": "neighbour" });
                let page = read_page(kind, &searchset(&[bad, neighbour]));
                let last = page.arrivals.last().expect("the neighbour");
                assert!(matches!(last.content, Content::Practitioner(_)), "{kind:?} {place}");
                for arrival in &page.arrivals {
                    if let Content::Unreadable { problem, .. } = &arrival.content {
                        assert!(!problem.contains(CANARY), "{kind:?} {place}: {problem}");
                        assert!(!format!("{:?}", arrival.content).contains(CANARY));
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_page_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_bytes(Kind::Task, body);
    }

    #[test]
    fn a_page_cut_or_smudged_anywhere_never_panics(which in 0..7_usize, cut in any::<proptest::sample::Index>(), byte in any::<u8>(), truncate: bool) {
        let (kind, good) = good_ones().swap_remove(which);
        let mut body = searchset(&[good]).to_string().into_bytes();
        let place = cut.index(body.len());
        if truncate { body.truncate(place) } else { body[place] = byte }
        let _ = read_bytes(kind, body);
    }

    #[test]
    fn any_text_is_carried_whole(text in "\\PC{0,200}") {
        let page = searchset(&[json!({ "resourceType": "Communication", "id": "m",
            "partOf": [{ "reference": "Communication/t" }], "payload": [{ "contentString": text }] })]);
        prop_assert_eq!(text_of(&read_page(Kind::Communication, &page).arrivals), text);
    }
}
