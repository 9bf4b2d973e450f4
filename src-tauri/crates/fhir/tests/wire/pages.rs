//! Pages: what comes with the rows, and what a page is not.

use serde_json::{Value, json};
use tern_fhir::{
    links::Base,
    read::{self, NotFhir, Reading},
};
use tern_inbox::arrival::{Content, Kind};

use crate::scene::{answered, base, now, ok, read_one, read_page, searchset};

fn thread(id: &str) -> Value {
    json!({ "resourceType": "Communication", "id": id, "meta": { "versionId": "1" }, "status": "in-progress" })
}

fn reading(base: &Base) -> Reading<'_> {
    Reading { expected: Kind::Communication, base, received: now() }
}

#[test]
fn one_bad_resource_costs_that_resource_and_never_the_page() {
    let mut bad = thread("bad");
    bad["payload"] = json!([{ "contentString": ["My chest hurts"] }]);
    let mut page = searchset(&[thread("a"), bad, thread("b")]);
    page["entry"].as_array_mut().expect("entries").insert(1, json!("not an entry"));
    let page = read_page(Kind::Communication, &page);
    let names: Vec<_> = page.arrivals.iter().map(|one| matches!(one.content, Content::Thread(_))).collect();
    assert_eq!(names, [true, false, false, true]);
    let Content::Unreadable { raw, problem } = &page.arrivals[2].content else { panic!("readable") };
    assert_eq!(page.arrivals[2].server_id, "bad");
    assert_eq!(page.arrivals[2].version, "1");
    assert!(raw.reveal().contains("My chest hurts"), "kept as it came");
    assert_eq!(problem, "wrong type at payload[0].contentString");
}

#[test]
fn rows_of_other_types_are_read_as_such_or_passed_over() {
    let page = read_page(
        Kind::Communication,
        &searchset(&[
            thread("a"),
            json!({ "resourceType": "Patient", "id": "leo" }),
            json!({ "resourceType": "OperationOutcome", "issue": [] }),
        ]),
    );
    assert_eq!(page.arrivals.iter().map(|one| one.kind).collect::<Vec<_>>(), [Kind::Communication, Kind::Patient]);
    assert_eq!(page.passed_over, 1);
}

#[test]
fn without_id_or_version_there_is_still_a_name_and_a_digest() {
    let mut page = searchset(&[json!({ "resourceType": "Communication" })]);
    page["entry"][0]["fullUrl"] = json!("http://localhost:8080/fhir/Communication/from-url");
    let named = read_page(Kind::Communication, &page).arrivals.remove(0);
    assert_eq!(named.server_id, "from-url");
    assert!(named.version.starts_with("digest-"));
    let bare = json!({ "resourceType": "Communication", "status": "completed" });
    let (once, again) = (read_one(Kind::Communication, &bare), read_one(Kind::Communication, &bare));
    assert!(matches!(once.content, Content::Unreadable { .. }));
    assert_eq!(once.server_id, again.server_id, "the same bytes come to the same name");
    for id in ["../Patient/leo", "a b", "", "ü", ".."] {
        let odd = json!({ "resourceType": "Communication", "id": id });
        assert!(matches!(read_one(Kind::Communication, &odd).content, Content::Unreadable { .. }), "{id}");
    }
}

#[test]
fn a_history_brings_deletions_and_only_the_newest_of_each() {
    let version = |number: u32, topic: &str| {
        json!({
            "resourceType": "Communication", "id": "a", "topic": { "text": topic },
            "meta": { "versionId": number.to_string(), "lastUpdated": format!("2026-03-01T10:00:0{number}Z") }
        })
    };
    let history = json!({ "resourceType": "Bundle", "type": "history", "entry": [
        { "fullUrl": "https://practice.example/fhir/Task/gone", "request": { "method": "DELETE", "url": "Task/gone" },
          "response": { "status": "204", "etag": "W/\"3\"", "lastModified": "2026-03-01T11:00:00Z" } },
        { "request": { "method": "DELETE", "url": "https://internal/fhir/Communication/b/_history/2" } },
        { "resource": version(2, "new"), "request": { "method": "PUT", "url": "Communication/a" } },
        { "resource": version(3, "newest"), "request": { "method": "PUT", "url": "Communication/a" } },
        { "resource": version(1, "old"), "request": { "method": "POST", "url": "Communication" } }
    ], "link": [{ "relation": "self", "url": "x" }, { "relation": "next", "url": "https://internal/fhir?_page=2" }] });
    let page = read_page(Kind::Communication, &history);
    let rows: Vec<_> =
        page.arrivals.iter().map(|one| (one.kind, one.server_id.as_str(), one.version.as_str())).collect();
    assert_eq!(rows, [(Kind::Task, "gone", "3"), (Kind::Communication, "b", "2"), (Kind::Communication, "a", "3")]);
    assert_eq!(page.arrivals[0].content, Content::Deleted);
    assert!(page.arrivals[0].last_updated.is_some());
    let next = tern_fhir::links::request(page.next.as_deref().expect("a next link"), &base());
    assert_eq!(next.map(|request| request.query), Some(vec![("_page".to_owned(), "2".to_owned())]));
}

#[test]
fn an_empty_page_is_a_page_and_odd_links_are_none() {
    for bundle in [
        json!({ "resourceType": "Bundle", "type": "searchset" }),
        json!({ "resourceType": "Bundle", "type": "searchset", "entry": [], "link": [] }),
        json!({ "resourceType": "Bundle", "type": "searchset", "entry": null, "link": "next" }),
    ] {
        let page = read_page(Kind::Task, &bundle);
        assert_eq!((page.arrivals.len(), page.next), (0, None));
    }
}

#[test]
fn what_is_no_page_is_told_apart() {
    let outcome =
        r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"Ana"}]}"#;
    let whole = searchset(&[thread("a")]).to_string();
    for (body, problem) in [
        ("", NotFhir::Empty),
        ("<!doctype html><title>Sign in</title>", NotFhir::Html),
        (outcome, NotFhir::Outcome { code: Some("invalid".into()) }),
        (r#"{"resourceType":"Patient"}"#, NotFhir::AnotherKind),
        (r#"{"resourceType":"Bundle","entry":{"a":1}}"#, NotFhir::AnotherKind),
        ("[1]", NotFhir::AnotherKind),
        ("hello", NotFhir::NotJson { line: 1, column: 1 }),
        (&whole[..whole.len() / 2], NotFhir::NotJson { line: 1, column: whole.len() / 2 }),
    ] {
        assert_eq!(read::page(&answered(200, body), &reading(&base())), Err(problem.clone()), "{body}");
        assert!(!problem.to_string().contains("Ana"));
    }
}

#[test]
fn a_part_of_a_resource_is_never_taken_for_the_whole() {
    let part = json!({ "resourceType": "Communication", "id": "m1", "meta": { "versionId": "1",
        "tag": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED" }] } });
    assert!(matches!(read_one(Kind::Communication, &part).content, Content::Unreadable { .. }));
    let stamps = read::stamps(&ok(&searchset(&[part, thread("a")])), &reading(&base())).expect("stamps");
    let rows: Vec<_> = stamps.rows.iter().map(|row| (row.server_id.as_str(), row.version.as_deref())).collect();
    assert_eq!(rows, [("m1", Some("1")), ("a", Some("1"))]);
}

#[test]
fn a_comparison_counts_what_it_cannot_name() {
    let mut page = searchset(&[
        thread("a"),
        json!({ "resourceType": "Communication" }),
        json!({ "resourceType": "Task", "id": "t" }),
    ]);
    page["entry"].as_array_mut().expect("entries").push(json!(7));
    let stamps = read::stamps(&ok(&page), &reading(&base())).expect("stamps");
    assert_eq!((stamps.rows.len(), stamps.unreadable), (1, 2));
}

#[test]
fn a_transaction_tells_of_each_entry() {
    let answer = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": [
        { "response": { "status": "201 Created", "location": "https://internal/fhir/Communication/7/_history/1", "etag": "W/\"1\"" } },
        { "response": { "status": "200", "location": "Task/t1" }, "resource": { "resourceType": "Task", "id": "t1", "meta": { "versionId": "5" } } },
        { "response": { "status": 412, "outcome": { "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "conflict" }] } } },
        { "response": {} },
        "odd"
    ] });
    let base = base();
    let entries = read::transaction(&ok(&answer), &base).expect("entries");
    let short: Vec<_> = entries
        .iter()
        .map(|one| (one.status, one.server_id.as_deref(), one.version.as_deref(), one.code.as_deref()))
        .collect();
    assert_eq!(
        short,
        [
            (201, Some("7"), Some("1"), None),
            (200, Some("t1"), Some("5"), None),
            (412, None, None, Some("conflict")),
            (0, None, None, None),
            (0, None, None, None),
        ]
    );
    assert_eq!(entries.iter().filter(|one| one.is_done()).count(), 2);
}

#[test]
fn one_resource_is_read_and_a_deleted_one_is_an_outcome() {
    let arrival = read::one(&ok(&thread("a")), &reading(&base())).expect("a resource");
    assert_eq!(arrival.server_id, "a");
    let outcome =
        json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "information", "code": "deleted" }] });
    assert_eq!(read::one(&ok(&outcome), &reading(&base())), Err(NotFhir::Outcome { code: Some("deleted".into()) }));
    assert_eq!(read::one(&ok(&json!({ "resourceType": "Binary" })), &reading(&base())), Err(NotFhir::AnotherKind));
}

#[test]
fn what_was_set_aside_is_read_again_after_an_update() {
    assert!(read::again(&thread("a").to_string(), "a", &reading(&base())).is_some());
    assert!(read::again(r#"{"resourceType":"Communication","id":"a","payload":7}"#, "a", &reading(&base())).is_none());
    assert!(read::again("{", "a", &reading(&base())).is_none());
}

#[test]
fn a_probe_that_could_not_be_deleted_is_nobodys() {
    let mut left = thread("probe");
    left["status"] = json!("entered-in-error");
    left["meta"] = json!({ "tag": [{ "system": "https://tern.health/fhir/CodeSystem/tag", "code": "check" }] });
    assert_eq!(read_one(Kind::Communication, &left).content, Content::NotOurs);
}
