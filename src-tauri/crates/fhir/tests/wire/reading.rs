//! Single resources, read.

use serde_json::{Value, json};
use tern_inbox::{
    arrival::{Content, Kind},
    member::Role,
    message::{Audience, Authorship, Message, Standing, Thread},
    party::PartyRef,
    work_item::{Urgency, WaitingFor, WorkItem, WorkStatus},
};

use crate::scene::{at, content, dr_osei, now, read_one};

const CATEGORY: &str = "https://tern.health/fhir/CodeSystem/category";
const POOL: &str = "https://tern.health/fhir/CodeSystem/pool";
const TASK_CODE: &str = "https://tern.health/fhir/CodeSystem/task-code";

fn thread(resource: &Value) -> Thread {
    match content(Kind::Communication, resource) {
        Content::Thread(thread) => thread,
        other => panic!("no thread: {other:?}"),
    }
}

fn message(resource: &Value) -> (Message, Option<Thread>) {
    match content(Kind::Communication, resource) {
        Content::Message { message, flat_thread } => (message, flat_thread),
        other => panic!("no message: {other:?}"),
    }
}

fn work_item(resource: &Value) -> WorkItem {
    match content(Kind::Task, resource) {
        Content::WorkItem(item) => item,
        other => panic!("no work item: {other:?}"),
    }
}

/// Ana Ruiz opens a thread for her son Leo.
fn leos_thread() -> Value {
    json!({
        "resourceType": "Communication", "id": "leo-cough",
        "meta": { "versionId": "2", "lastUpdated": "2026-03-01T08:00:00.5-05:00" },
        "identifier": [
            { "system": "https://portal.example/id", "value": "88" },
            { "system": "urn:ietf:rfc:3986", "value": "urn:uuid:0b" }
        ],
        "status": "in-progress",
        "category": [{ "coding": [{ "system": "https://portal.example/c", "code": "MED" }] },
                     { "coding": [{ "system": CATEGORY, "code": "question" }] }],
        "topic": { "text": "Leo's cough" },
        "subject": { "reference": "Patient/leo" },
        "sender": { "reference": "https://practice.example/fhir/RelatedPerson/ana", "display": "Ana Ruiz" },
        "recipient": [{ "reference": "PractitionerRole/osei/_history/3" }, { "reference": "RelatedPerson/ana" }]
    })
}

#[test]
fn a_thread_names_patient_opener_and_everybody_in_it() {
    let arrival = read_one(Kind::Communication, &leos_thread());
    assert_eq!(arrival.version, "2");
    assert_eq!(arrival.identity.as_deref(), Some("urn:uuid:0b"));
    assert_eq!(arrival.last_updated, Some(at("2026-03-01T13:00:00.5Z")));
    let thread = thread(&leos_thread());
    assert_eq!(thread.subject_line.reveal(), "Leo's cough");
    assert_eq!(thread.patient, Some("leo".into()));
    assert_eq!(thread.category.as_deref(), Some("question"), "ours before the portal's");
    assert_eq!(thread.audience, Audience::Patient);
    let opener = thread.opener.expect("an opener");
    assert_eq!((opener.reference.as_str(), opener.display.reveal()), ("RelatedPerson/ana", "Ana Ruiz"));
    let all: Vec<_> = thread.participants.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!(all, ["RelatedPerson/ana", "PractitionerRole/osei"]);
}

#[test]
fn a_message_is_read_with_its_texts_and_files() {
    let (message, flat) = message(&json!({
        "resourceType": "Communication", "id": "m1",
        "meta": { "versionId": 7, "tag": [{ "system": "https://tern.health/fhir/CodeSystem/tag", "code": "automatic" }] },
        "status": "completed",
        "partOf": [{ "reference": "Procedure/1" }, { "reference": "http://localhost:8080/fhir/Communication/leo-cough" }],
        "inResponseTo": [{ "reference": "Communication/m0/_history/1" }],
        "sender": { "reference": "Organization/practice" },
        "recipient": [{ "reference": "RelatedPerson/ana" }, { "reference": "https://other.example/r4/Patient/9" }],
        "sent": "2026-03-01T08:00:00+01:00", "received": "2026-03-02",
        "payload": [
            { "contentString": "<p>Still &amp; coughing</p>" },
            { "contentReference": { "reference": "DocumentReference/photo", "display": "photo.jpg" } },
            { "contentReference": { "reference": "Appointment/7" } },
            { "contentAttachment": { "url": "Binary/b1", "contentType": "image/png", "title": "b", "size": 12 } },
            { "contentAttachment": { "contentType": "text/plain", "data": "AAAA" } },
            { "contentString": "second" }
        ]
    }));
    assert_eq!(flat, None);
    assert_eq!(message.thread.as_str(), "leo-cough");
    assert_eq!(message.in_response_to, Some("m0".into()));
    assert_eq!(message.text.reveal(), "<p>Still &amp; coughing</p>\n\nsecond", "as received, never interpreted");
    assert_eq!(message.sent, at("2026-03-01T07:00:00Z"));
    assert_eq!(message.received, Some(at("2026-03-02T00:00:00Z")));
    assert_eq!(message.authorship, Authorship::Automatic);
    assert_eq!(
        message.recipients,
        [PartyRef::new("RelatedPerson/ana"), PartyRef::new("https://other.example/r4/Patient/9")],
        "somebody on another server is nobody of ours"
    );
    let files: Vec<_> = message.attachments.iter().map(|file| (file.id.as_str(), file.size)).collect();
    assert_eq!(files, [("DocumentReference/photo", None), ("Binary/b1", Some(12)), ("#4", None)]);
}

#[test]
fn every_status_has_its_standing() {
    for (status, standing) in [
        (Some("preparation"), Standing::Draft),
        (Some("on-hold"), Standing::Draft),
        (Some("in-progress"), Standing::Sent),
        (Some("completed"), Standing::Sent),
        (Some("unknown"), Standing::Sent),
        (Some("a-code-of-tomorrow"), Standing::Sent),
        (None, Standing::Sent),
        (Some("not-done"), Standing::NotDone),
        (Some("stopped"), Standing::NotDone),
        (Some("entered-in-error"), Standing::Retracted),
    ] {
        let (message, _) = message(&json!({
            "resourceType": "Communication", "id": "m", "status": status, "partOf": [{ "reference": "Communication/t" }]
        }));
        assert_eq!(message.standing, standing, "{status:?}");
        assert_eq!(message.sent, now(), "without any date, when it came");
    }
}

#[test]
fn on_a_flat_server_a_message_makes_its_own_thread_or_joins_what_it_answers() {
    let first = json!({
        "resourceType": "Communication", "id": "a", "topic": { "text": "Refill" },
        "subject": { "reference": "Patient/leo" }, "payload": [{ "contentString": "Please" }]
    });
    let (message_a, thread_a) = message(&first);
    assert_eq!((message_a.id.as_str(), message_a.thread.as_str()), ("a", "a"));
    assert_eq!(thread_a.expect("made up").subject_line.reveal(), "Refill");
    let (message_b, thread_b) = message(&json!({
        "resourceType": "Communication", "id": "b", "category": [{ "text": "Refill request" }],
        "inResponseTo": [{ "reference": "Communication/a" }], "payload": [{ "contentString": "Done" }]
    }));
    assert_eq!(message_b.thread.as_str(), "a");
    assert_eq!(thread_b.expect("made up").subject_line.reveal(), "Refill request");
}

#[test]
fn internal_is_only_what_no_patient_can_read() {
    let internal =
        json!([{ "coding": [{ "system": CATEGORY, "code": "internal" }, { "system": CATEGORY, "code": "refills" }] }]);
    let inside = json!({
        "resourceType": "Communication", "id": "i", "category": internal,
        "about": [{ "reference": "Communication/leo-cough" }], "recipient": [{ "reference": "PractitionerRole/mia" }]
    });
    let read = thread(&inside);
    assert_eq!(read.audience, Audience::Internal);
    assert_eq!(read.about, Some("leo-cough".into()));
    for (field, value) in [
        ("subject", json!({ "reference": "Patient/leo" })),
        ("sender", json!({ "reference": "RelatedPerson/ana" })),
        ("recipient", json!([{ "reference": "Patient/leo" }])),
    ] {
        let mut leaky = inside.clone();
        leaky[field] = value;
        assert_eq!(thread(&leaky).audience, Audience::Patient, "{field}");
    }
}

fn leos_task() -> Value {
    json!({
        "resourceType": "Task", "id": "t1",
        "meta": { "versionId": "1", "lastUpdated": "2026-03-01T13:00:00Z" },
        "status": "requested", "intent": "order", "priority": "asap",
        "code": { "coding": [{ "system": TASK_CODE, "code": "work-item" }, { "system": CATEGORY, "code": "question" }] },
        "focus": { "reference": "Communication/leo-cough" },
        "for": { "reference": "Patient/leo" },
        "lastModified": "2026-03-01T12:00:00Z",
        "performerType": [{ "coding": [{ "system": "http://snomed.info/sct", "code": "1" }] },
                          { "coding": [{ "system": POOL, "code": "nurse-triage" }] }],
        "owner": { "reference": "PractitionerRole/osei" },
        "restriction": { "period": { "end": "2026-03-03" } },
        "input": [
            { "type": { "text": "x" }, "valueReference": { "reference": "Communication/other" } },
            { "type": { "coding": [{ "system": "https://tern.health/fhir/CodeSystem/task-part", "code": "message" }] },
              "valueReference": { "reference": "Communication/m1" } }
        ]
    })
}

#[test]
fn a_work_item_is_read_whole() {
    let item = work_item(&leos_task());
    assert_eq!(item.thread, Some("leo-cough".into()));
    assert_eq!(item.message, Some("m1".into()));
    assert_eq!(item.patient, Some("leo".into()));
    assert_eq!(item.category.as_deref(), Some("question"));
    assert_eq!(item.pool, Some(format!("{POOL}|nurse-triage")));
    assert_eq!(item.owner, Some(dr_osei()));
    assert_eq!(item.urgency, Urgency::Urgent);
    assert_eq!(item.due, Some(at("2026-03-03T23:59:59Z")), "a day's end is its last second");
    assert_eq!(item.modified, at("2026-03-01T13:00:00Z"), "the server's stamp, not the writer's clock");
}

#[test]
fn every_task_status_keeps_open_what_is_not_dealt_with() {
    for (status, read) in [
        ("requested", WorkStatus::Requested),
        ("draft", WorkStatus::Requested),
        ("received", WorkStatus::Requested),
        ("ready", WorkStatus::Requested),
        ("rejected", WorkStatus::Requested),
        ("failed", WorkStatus::Requested),
        ("of-tomorrow", WorkStatus::Requested),
        ("accepted", WorkStatus::Accepted),
        ("on-hold", WorkStatus::Accepted),
        ("in-progress", WorkStatus::InProgress),
        ("completed", WorkStatus::Completed),
        ("cancelled", WorkStatus::Cancelled),
        ("entered-in-error", WorkStatus::Cancelled),
    ] {
        let mut task = leos_task();
        task["status"] = json!(status);
        assert_eq!(work_item(&task).status, read, "{status}");
    }
    let mut task = leos_task();
    task["businessStatus"] =
        json!({ "coding": [{ "system": "https://tern.health/fhir/CodeSystem/business-status", "code": "call" }] });
    assert_eq!(work_item(&task).waiting_for, Some(WaitingFor::Call));
}

#[test]
fn a_task_is_ours_by_its_code_or_by_its_thread() {
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut task = leos_task();
        edit(&mut task);
        content(Kind::Task, &task)
    };
    let code = |code: &'static str| {
        move |task: &mut Value| task["code"] = json!({ "coding": [{ "system": TASK_CODE, "code": code }] })
    };
    assert!(
        matches!(with(&|task| task["focus"] = json!({ "reference": "Patient/leo" })), Content::WorkItem(item) if item.thread.is_none())
    );
    assert!(matches!(with(&|task| { task["code"] = json!({ "text": "portal message" }) }), Content::WorkItem(_)));
    assert_eq!(with(&code("on-duty")), Content::NotOurs);
    assert_eq!(with(&code("coverage")), Content::NotOurs);
    assert_eq!(
        with(&|task| {
            task["code"] = json!({ "text": "draw blood" });
            task["focus"] = json!({ "reference": "ServiceRequest/1" });
        }),
        Content::NotOurs
    );
}

#[test]
fn a_patient_with_several_names_and_numbers() {
    let Content::Patient(leo) = content(
        Kind::Patient,
        &json!({
            "resourceType": "Patient", "id": "leo",
            "identifier": [
                { "value": "no system" },
                { "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR" }] }, "value": "A-17" }
            ],
            "name": [
                { "use": "old", "text": "Leonardo Paz" },
                { "use": "nickname", "given": ["Leo"] },
                { "use": "official", "family": "Ruiz", "given": [null, "Leonardo"], "_given": [{ "id": "x" }, null], "suffix": ["Jr"] }
            ],
            "telecom": [
                { "system": "email", "value": "leo@example.org" },
                { "system": "phone", "value": "old", "use": "old" },
                { "system": "phone", "value": "ended", "period": { "end": "2025" } },
                { "system": "phone", "value": "home", "use": "home" },
                { "system": "phone", "value": "mobile", "use": "mobile" },
                { "system": "phone", "value": "first", "rank": 1 }
            ],
            "birthDate": "2017-05-04",
            "communication": [{ "language": { "coding": [{ "code": "en" }] } },
                              { "language": { "coding": [{ "code": "es" }] }, "preferred": true }]
        }),
    ) else {
        panic!("no patient")
    };
    assert_eq!(leo.name.reveal(), "Leonardo Ruiz Jr");
    assert_eq!(leo.preferred_name.reveal(), "Leo");
    assert_eq!(leo.birth_date.map(|day| day.to_string()).as_deref(), Some("2017-05-04"));
    assert_eq!(leo.record_number.as_deref(), Some("A-17"));
    assert_eq!(leo.language.as_deref(), Some("es"));
    let phones: Vec<_> = leo.phones.iter().map(|phone| phone.reveal()).collect();
    assert_eq!(phones, ["first", "mobile", "home"]);
}

#[test]
fn a_proxy_needs_a_patient_of_this_server() {
    let ana = json!({
        "resourceType": "RelatedPerson", "id": "ana", "patient": { "reference": "Patient/leo" },
        "relationship": [{ "coding": [{ "code": "MTH" }] }], "name": [{ "text": "Ana Ruiz" }]
    });
    let Content::Proxy(proxy) = content(Kind::RelatedPerson, &ana) else { panic!("no proxy") };
    assert_eq!((proxy.patient.as_str(), proxy.relationship.as_deref(), proxy.active), ("leo", Some("MTH"), true));
    let mut elsewhere = ana;
    elsewhere["patient"] = json!({ "reference": "https://other.example/r4/Patient/leo" });
    assert!(matches!(content(Kind::RelatedPerson, &elsewhere), Content::Unreadable { .. }));
}

#[test]
fn a_proxy_whose_period_is_over_or_still_to_come_is_none() {
    // Both ends are included, and a part of a date means all of it.
    assert_eq!(now(), at("2026-03-02T09:00:00Z"));
    for (active, period, counts) in [
        (None, json!({}), true),
        (None, json!({ "start": "2017-05-04" }), true),
        (None, json!({ "start": "2026-03-02T09:00:00Z" }), true),
        (None, json!({ "start": "2026-03-02T10:00:00+02:00" }), true),
        (None, json!({ "start": "2026-03-02T09:00:01Z" }), false),
        (None, json!({ "start": "2026-03-03" }), false),
        (None, json!({ "start": "2026-04" }), false),
        (None, json!({ "end": "2026" }), true),
        (None, json!({ "end": "2026-03" }), true),
        (None, json!({ "end": "2026-03-02" }), true),
        (None, json!({ "end": "2026-03-02T09:00:00Z" }), true),
        (None, json!({ "end": "2026-03-02T08:59:59Z" }), false),
        (None, json!({ "end": "2026-03-01" }), false),
        (None, json!({ "end": "2026-02" }), false),
        (None, json!({ "start": "2017", "end": "2025" }), false),
        (None, json!({ "start": "2027", "end": "2030" }), false),
        // What is no date limits nothing.
        (None, json!({ "start": "soon", "end": "when he is grown" }), true),
        (Some(true), json!({ "end": "2025" }), false),
        (Some(false), json!({ "end": "2027" }), false),
    ] {
        let mut ana = json!({
            "resourceType": "RelatedPerson", "id": "ana", "patient": { "reference": "Patient/leo" }, "period": period
        });
        if let Some(active) = active {
            ana["active"] = json!(active);
        }
        let Content::Proxy(proxy) = content(Kind::RelatedPerson, &ana) else { panic!("no proxy") };
        assert_eq!(proxy.active, counts, "{ana}");
    }
}

#[test]
fn members_pools_and_those_that_are_neither() {
    let role = |code: &str, active: bool| {
        json!({
            "resourceType": "PractitionerRole", "id": "osei", "active": active,
            "practitioner": { "reference": "Practitioner/amara", "display": "Dr Amara Osei" },
            "code": [{ "coding": [{ "system": "https://tern.health/fhir/CodeSystem/role", "code": code }] }]
        })
    };
    for (code, active, known) in [
        ("physician", true, Role::Physician),
        ("nurse", true, Role::Nurse),
        ("ma", true, Role::Ma),
        ("front-office", true, Role::FrontOffice),
        ("triage-lead", true, Role::TriageLead),
        ("it", true, Role::It),
        ("surgeon", true, Role::Unknown),
        ("physician", false, Role::Unknown),
    ] {
        let Content::Member(member) = content(Kind::PractitionerRole, &role(code, active)) else { panic!("no member") };
        assert_eq!(member.role, known, "{code}");
        assert_eq!(member.practitioner, Some(PartyRef::new("Practitioner/amara")));
        assert_eq!(member.name.reveal(), "Dr Amara Osei");
    }
    let pool = json!({
        "resourceType": "CareTeam", "id": "p1",
        "extension": [{ "url": "https://tern.health/fhir/StructureDefinition/check-every-hours", "valueUnsignedInt": 4 }],
        "identifier": [{ "system": "x", "value": "y" }, { "system": POOL, "value": "nurse-triage" }],
        "category": [{ "coding": [{ "system": "https://tern.health/fhir/CodeSystem/care-team-category", "code": "pool" }] }],
        "name": "Nurse triage",
        "participant": [
            { "member": { "reference": "PractitionerRole/osei" } },
            { "member": { "reference": "Patient/leo" } },
            { "role": [{ "coding": [{ "system": "https://tern.health/fhir/CodeSystem/participant-role", "code": "responsible" }] }],
              "member": { "reference": "PractitionerRole/mia" } }
        ]
    });
    let Content::Pool(read) = content(Kind::CareTeam, &pool) else { panic!("no pool") };
    assert_eq!(read.identifier, format!("{POOL}|nurse-triage"));
    assert_eq!(read.members, [dr_osei(), PartyRef::new("PractitionerRole/mia")]);
    assert_eq!(read.responsible, Some(PartyRef::new("PractitionerRole/mia")));
    assert_eq!(read.check_every_hours, Some(4));
    let mut oncology = pool;
    oncology["category"] = json!([{ "text": "longitudinal" }]);
    assert_eq!(content(Kind::CareTeam, &oncology), Content::NotOurs);
}

#[test]
fn a_library_is_one_of_our_tables_or_none_of_ours() {
    use tern_inbox::practice_table::{PracticeTable, TableKind};
    let table = |status: &str, code: &str, content_type: &str, data: &str| {
        json!({
            "resourceType": "Library", "id": "l1", "status": status,
            "type": { "coding": [
                { "system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "asset-collection" },
                { "system": "https://tern.health/fhir/CodeSystem/practice-table", "code": code }
            ]},
            "content": [{ "contentType": "text/cql", "data": "AAAA" }, { "contentType": content_type, "data": data }]
        })
    };
    let read = |library: &Value| content(Kind::Library, library);
    let calendar = PracticeTable { kind: TableKind::Calendar, text: r#"{"version":1}"#.to_owned() };
    let data = "eyJ2ZXJzaW9uIjoxfQ==";
    assert_eq!(read(&table("active", "calendar", "application/json; charset=utf-8", data)), Content::Table(calendar));
    let wrapped = PracticeTable { kind: TableKind::Triage, text: r#"{"version":1}"#.to_owned() };
    assert_eq!(read(&table("active", "triage", "application/json", "eyJ2ZXJz\naW9uIjoxfQ==")), Content::Table(wrapped));
    assert_eq!(read(&table("retired", "calendar", "application/json", data)), Content::NotOurs);
    assert_eq!(read(&table("active", "prices", "application/json", data)), Content::NotOurs);
    for (content_type, data) in [("text/plain", data), ("application/json", "!!"), ("application/json", "/w==")] {
        let unusable = PracticeTable { kind: TableKind::Triage, text: String::new() };
        assert_eq!(read(&table("active", "triage", content_type, data)), Content::Table(unusable), "{content_type}");
    }
}
