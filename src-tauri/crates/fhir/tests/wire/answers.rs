//! What servers answer, and what it means for the row.

use std::time::Duration;

use serde_json::json;
use tern_fhir::{
    answer::{self, Certainty, ReadAnswer},
    exchange::{Method, Request, Response},
    facts::{Ability, ConditionalCreate, Finding, ServerFacts, Transaction},
    links::Base,
    write::{create::Creating, people},
};
use tern_inbox::outbox::Answer;

use crate::scene::{answered, base};

fn create_by_own_id() -> Request {
    people::patient("018e0000-0000-7000-8000-000000000001", "a", "b").request(Creating::OwnId)
}

fn audit_by_own_id() -> Request {
    Request { if_none_match: Some("*"), ..Request::new(Method::Put, "AuditEvent/1") }
}

fn create() -> Request {
    people::patient("018e0000-0000-7000-8000-000000000001", "a", "b").request(Creating::Conditional)
}

fn put() -> Request {
    Request::new(Method::Put, "Task/1").if_match(Some("W/\"1\"".into()))
}

fn patch() -> Request {
    Request::new(Method::Patch, "Task/1")
}

fn transaction() -> Request {
    Request::new(Method::Post, "")
}

fn refused(status: u16) -> Answer {
    Answer::Refused { status, code: None }
}

fn wait(seconds: Option<i64>) -> Answer {
    Answer::Transient { retry_after: seconds.map(chrono::Duration::seconds) }
}

#[test]
fn every_status_has_its_meaning_for_every_write() {
    use Answer::{Accepted, Conflict, Gone, NoAnswer, SignInAgain};
    let own_ids_missing = Some(Finding::OwnIds(Ability::Missing));
    let patch_missing = Some(Finding::Patch(Ability::Missing));
    let transaction_missing = Some(Finding::Transaction(Transaction::Missing));
    let not_atomic = Some(Finding::ConditionalCreate(ConditionalCreate::NotAtomic));
    for (request, status, means, learned) in [
        (create(), 201, Accepted, None),
        (create(), 200, Accepted, None),
        (patch(), 204, Accepted, None),
        (create_by_own_id(), 404, wait(Some(0)), own_ids_missing.clone()),
        (create_by_own_id(), 405, wait(Some(0)), own_ids_missing.clone()),
        (create_by_own_id(), 400, wait(Some(0)), own_ids_missing),
        (create_by_own_id(), 412, NoAnswer, None),
        (create_by_own_id(), 410, refused(410), None),
        (create(), 400, refused(400), None),
        (create(), 404, NoAnswer, None),
        (create(), 409, NoAnswer, not_atomic.clone()),
        (create(), 412, NoAnswer, not_atomic),
        (put(), 409, Conflict, None),
        (put(), 412, Conflict, None),
        (put(), 404, Gone, None),
        (put(), 410, Gone, None),
        (put(), 400, refused(400), None),
        (patch(), 409, Conflict, None),
        (patch(), 412, Conflict, None),
        (patch(), 400, Conflict, None),
        (patch(), 422, Conflict, None),
        (patch(), 404, Gone, None),
        (patch(), 405, wait(Some(0)), patch_missing.clone()),
        (patch(), 501, wait(Some(0)), patch_missing),
        (transaction(), 412, Conflict, None),
        (transaction(), 404, NoAnswer, None),
        (transaction(), 405, NoAnswer, transaction_missing.clone()),
        (transaction(), 501, NoAnswer, transaction_missing),
        (put(), 401, SignInAgain, None),
        (put(), 403, refused(403), None),
        (put(), 429, wait(None), None),
        (put(), 408, NoAnswer, None),
        (put(), 500, NoAnswer, None),
        (put(), 502, NoAnswer, None),
        (put(), 503, NoAnswer, None),
        (put(), 504, NoAnswer, None),
        (put(), 302, NoAnswer, None),
        (audit_by_own_id(), 405, wait(Some(0)), Some(Finding::AuditOwnIds(Ability::Missing))),
        (Request::new(Method::Post, "AuditEvent"), 405, refused(405), Some(Finding::Audit(Ability::Missing))),
    ] {
        let verdict = answer::to_write(&request, &answered(status, ""), &ServerFacts::default());
        assert_eq!((verdict.answer, verdict.learned), (means, learned), "{request:?} {status}");
    }
}

#[test]
fn what_was_proven_makes_a_bad_request_a_bad_request() {
    let mut facts = ServerFacts::default();
    facts.learn(Finding::OwnIds(Ability::Proven));
    facts.learn(Finding::FailedTest(422));
    facts.learn(Finding::Transaction(Transaction::RollsBack));
    let of = |request: &Request, status| answer::to_write(request, &answered(status, ""), &facts);
    assert_eq!(of(&create_by_own_id(), 400).answer, refused(400));
    assert_eq!(of(&patch(), 400).answer, refused(400));
    assert_eq!(of(&patch(), 422).answer, Answer::Conflict);
    assert_eq!(of(&transaction(), 400).certainty, Certainty::VersionTells);
    // One refusal takes the proof back; it takes a second one until another way is tried.
    let doubted = Some(Finding::OwnIds(Ability::Advertised));
    for status in [404, 405] {
        let verdict = of(&create_by_own_id(), status);
        assert_eq!((verdict.answer, verdict.learned), (Answer::NoAnswer, doubted.clone()), "{status}");
    }
}

#[test]
fn who_ends_something_without_fhir_may_be_anyone() {
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [] }).to_string();
    let xml = "<OperationOutcome xmlns=\"http://hl7.org/fhir\"/>".to_owned();
    let page = "<!DOCTYPE html><h1>404 Not Found</h1>".to_owned();
    let gateway = json!({ "message": "no Route matched with those values" }).to_string();
    for (body, anyones) in [(outcome, false), (xml, false), (page, true), (gateway, true), (String::new(), true)] {
        for status in [404, 405, 410, 501] {
            assert_eq!(answer::may_be_anyones(&answered(status, body.clone())), anyones, "{status} {body}");
        }
        assert!(!answer::may_be_anyones(&answered(403, body.clone())));
        assert!(!answer::may_be_anyones(&answered(200, body)));
    }
}

#[test]
fn reading_again_tells_a_conflict_from_a_refusal() {
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "invalid" }] });
    let response = answered(400, outcome.to_string());
    let verdict = answer::to_write(&patch(), &response, &ServerFacts::default());
    assert_eq!(verdict.certainty, Certainty::VersionTells);
    assert_eq!(verdict.clone().after_reading("3", "4", &response), Answer::Conflict);
    let refused = Answer::Refused { status: 400, code: Some("invalid".into()) };
    assert_eq!(verdict.after_reading("3", "3", &response), refused);
    let gone = answer::to_write(&put(), &answered(404, ""), &ServerFacts::default());
    assert_eq!(gone.clone().after_reading("3", "4", &response), Answer::Conflict, "there, and another version");
    let hidden = answered(404, "");
    assert_eq!(gone.after_reading("3", "3", &hidden), Answer::Refused { status: 404, code: None });
    let certain = answer::to_write(&patch(), &answered(412, ""), &ServerFacts::default());
    assert_eq!(certain.after_reading("3", "3", &response), Answer::Conflict);
}

#[test]
fn a_success_that_is_no_fhir_proves_nothing() {
    let created = json!({ "resourceType": "Communication", "id": "1" }).to_string();
    for (body, means) in [
        ("", Answer::Accepted),
        (created.as_str(), Answer::Accepted),
        ("\u{feff}{ \"resourceType\": \"Communication\" }", Answer::Accepted),
        ("<Communication xmlns=\"http://hl7.org/fhir\"/>", Answer::Accepted),
        ("OK", Answer::NoAnswer),
        ("{ \"status\": \"up\" }", Answer::NoAnswer),
        ("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"/>", Answer::NoAnswer),
    ] {
        let answer = answer::to_write(&put(), &answered(200, body), &ServerFacts::default()).answer;
        assert_eq!(answer, means, "{body}");
    }
    // Who names what was stored has stored it, whatever else they say.
    let named = Response { location: Some("Task/7/_history/2".into()), ..answered(201, "Created") };
    assert_eq!(answer::to_write(&put(), &named, &ServerFacts::default()).answer, Answer::Accepted);
}

#[test]
fn told_to_wait_we_wait_as_long() {
    let told = |status| Response { retry_after: Some(Duration::from_secs(7)), ..answered(status, "") };
    for status in [429, 503] {
        assert_eq!(answer::to_write(&put(), &told(status), &ServerFacts::default()).answer, wait(Some(7)));
    }
    assert_eq!(answer::to_read(&told(503)), ReadAnswer::Later { retry_after: Some(Duration::from_secs(7)) });
}

#[test]
fn a_web_page_is_nobodys_answer() {
    let portal =
        Response { content_type: Some("text/html".into()), ..answered(200, "<!DOCTYPE html><h1>Guest network</h1>") };
    assert_eq!(answer::to_write(&create(), &portal, &ServerFacts::default()).answer, Answer::NoAnswer);
    assert_eq!(answer::to_read(&portal), ReadAnswer::Later { retry_after: None });
    let html_412 = Response { status: 412, ..portal };
    assert_eq!(answer::to_write(&put(), &html_412, &ServerFacts::default()).answer, Answer::Conflict);
}

#[test]
fn a_large_body_teaches_the_limit_and_a_refusal_its_code() {
    let outcome =
        json!({ "resourceType": "OperationOutcome", "issue": [{ "code": "too-long", "diagnostics": "of Ana" }] });
    let request = create();
    let verdict = answer::to_write(&request, &answered(413, outcome.to_string()), &ServerFacts::default());
    assert_eq!(verdict.answer, Answer::Refused { status: 413, code: Some("too-long".into()) });
    let bytes = request.body.map(|body| body.bytes.len() as u64);
    assert_eq!(verdict.learned, bytes.map(Finding::BodyLimit));
}

#[test]
fn a_transaction_that_hides_a_failure_is_found_out() {
    let with = |second: &str| {
        let body = json!({ "resourceType": "Bundle", "type": "transaction-response",
            "entry": [{ "response": { "status": "201 Created" } }, { "response": { "status": second } }] });
        answer::to_write(&transaction(), &answered(200, body.to_string()), &ServerFacts::default())
    };
    assert_eq!(with("200").answer, Answer::Accepted);
    let half = with("412 Precondition Failed");
    assert_eq!((half.answer, half.learned), (Answer::Conflict, Some(Finding::Transaction(Transaction::HalfDone))));
    let none = json!({ "resourceType": "Bundle", "type": "transaction-response" });
    let one = json!({ "resourceType": "Bundle", "type": "transaction-response",
        "entry": [{ "response": { "status": "201 Created" } }] });
    let two_sent = transaction().with_body(
        tern_fhir::exchange::FHIR_JSON,
        json!({ "resourceType": "Bundle", "entry": [{}, {}] }).to_string().into_bytes(),
    );
    for fewer in [none, one] {
        let verdict = answer::to_write(&two_sent, &answered(200, fewer.to_string()), &ServerFacts::default());
        assert_eq!((verdict.answer, verdict.learned), (Answer::NoAnswer, None), "{fewer}");
    }
    let silent = answer::to_write(&transaction(), &answered(200, ""), &ServerFacts::default());
    assert_eq!(silent.answer, Answer::NoAnswer, "done, perhaps: whoever sent it looks");
}

#[test]
fn what_a_write_left_is_read_from_wherever_the_server_says_it() {
    let base: Base = base();
    let stored = |request: &Request, response: &Response| {
        answer::stored(request, response, &base).map(|one| (one.server_id, one.version))
    };
    let named = |id: &str, version: Option<&str>| Some((id.to_owned(), version.map(str::to_owned)));
    let body = r#"{"resourceType":"Patient","id":"9","meta":{"versionId":"2"}}"#;
    let bare = answered(201, "");
    let located = |location: &str, etag: Option<&str>| Response {
        location: Some(location.into()),
        etag: etag.map(str::to_owned),
        ..bare.clone()
    };
    assert_eq!(stored(&create(), &located("http://localhost/fhir/Patient/7/_history/1", None)), named("7", Some("1")));
    assert_eq!(stored(&create(), &located("Patient/7", Some("W/\"3\""))), named("7", Some("3")));
    assert_eq!(stored(&create(), &answered(201, body)), named("9", Some("2")));
    assert_eq!(stored(&put(), &answered(200, "")), named("1", None));
    assert_eq!(stored(&create(), &bare), None, "nobody says");
    assert_eq!(stored(&transaction(), &answered(200, body)), None, "its entries say");
    assert_eq!(stored(&put(), &answered(412, "")), None, "nothing was");
    let outcome = r#"{"resourceType":"OperationOutcome","id":"5","issue":[]}"#;
    assert_eq!(stored(&put(), &answered(200, outcome)), named("1", None), "an outcome is not the resource");
}

#[test]
fn every_status_has_its_meaning_for_a_read() {
    let later = || ReadAnswer::Later { retry_after: None };
    for (status, body, means) in [
        (200, r#"{"resourceType":"Bundle"}"#, ReadAnswer::Here),
        (200, r#"{"resourceType":"OperationOutcome"}"#, ReadAnswer::Gone),
        (200, "", later()),
        (200, "{", later()),
        (200, "<Bundle xmlns=\"http://hl7.org/fhir\"/>", ReadAnswer::NotJson),
        (400, "", ReadAnswer::ParameterRefused { code: None }),
        (401, "", ReadAnswer::SignInAgain),
        (403, "", ReadAnswer::Forbidden),
        (404, "", ReadAnswer::Gone),
        (410, "", ReadAnswer::Gone),
        (405, "", ReadAnswer::NotOffered),
        (406, "", ReadAnswer::NotJson),
        (429, "", later()),
        (500, "", later()),
        (302, "", later()),
    ] {
        assert_eq!(answer::to_read(&answered(status, body)), means, "{status} {body}");
    }
}
