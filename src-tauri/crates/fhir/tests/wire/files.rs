//! Files of messages: where their bytes are, what comes back, and what is filed of them.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tern_fhir::{
    exchange::Response,
    read::file::{
        Brought, Content, Found, InChart, NoFile, Source, brought, document_of, documents_with, provenances_of,
    },
    write::{
        create::Creating,
        document::{self, Filed, Sums},
    },
};
use tern_inbox::{
    arrival::{Content as Says, Kind},
    document::{Description, DocumentType, FileKey, MOST_BYTES, ToFile, binary_identity, identity},
    ids::{AttachmentId, PatientId},
    party::PartyRef,
};

use crate::scene::{answered, at, base, content, leaves, mia, now, ok};

fn source(id: &str) -> Option<Source> {
    Source::of(&AttachmentId::new(id), "m1")
}

fn attached(payload: &Value) -> Vec<String> {
    let message = json!({
        "resourceType": "Communication", "id": "m1", "partOf": [{ "reference": "Communication/t" }],
        "payload": [payload]
    });
    match content(Kind::Communication, &message) {
        Says::Message { message, .. } => message.attachments.iter().map(|file| file.id.to_string()).collect(),
        _ => panic!("a message"),
    }
}

/// Whose it is, and the bytes or where they are.
type Opened = (Option<PatientId>, Result<Vec<u8>, Source>);

fn opened(source: &Source, answer: &Response) -> Result<Opened, NoFile> {
    brought(source, answer, &base()).map(|Brought { patient, content, .. }| {
        let content = match content {
            Content::Bytes(bytes) => Ok(bytes),
            Content::At(source) => Err(source),
        };
        (patient, content)
    })
}

fn photo() -> Source {
    Source::Document("photo".to_owned())
}

fn document_reference(attachment: &Value, subject: &Value) -> Response {
    ok(&json!({
        "resourceType": "DocumentReference", "id": "photo", "status": "current", "subject": subject,
        "content": [{ "attachment": attachment }]
    }))
}

#[test]
fn a_file_on_another_host_is_never_read_as_ours() {
    for (link, id) in [
        ("DocumentReference/photo", "DocumentReference/photo"),
        ("https://practice.example/fhir/DocumentReference/photo", "DocumentReference/photo"),
        ("https://other.example/fhir/DocumentReference/photo", "https://other.example/fhir/DocumentReference/photo"),
        (
            "http://practice.example/fhir/DocumentReference/photo",
            "http://practice.example/fhir/DocumentReference/photo",
        ),
    ] {
        assert_eq!(attached(&json!({ "contentReference": { "reference": link } })), [id], "{link}");
    }
    for (url, id) in [
        ("Binary/b", "Binary/b"),
        ("https://other.example/fhir/Binary/b", "https://other.example/fhir/Binary/b"),
        ("Patient/leo", "#0"),
    ] {
        assert_eq!(attached(&json!({ "contentAttachment": { "url": url } })), [id], "{url}");
    }
    let both = json!({ "contentAttachment": { "url": "https://other.example/fhir/Binary/b", "data": "AAAA" } });
    assert_eq!(attached(&both), ["#0"], "the bytes are here");
}

#[test]
fn nothing_but_files_is_asked_for() {
    let asked = |id: &str| source(id).map(|source| source.request().path);
    assert_eq!(asked("DocumentReference/photo").as_deref(), Some("DocumentReference/photo"));
    assert_eq!(asked("Binary/b").as_deref(), Some("Binary/b"));
    assert_eq!(asked("#2").as_deref(), Some("Communication/m1"));
    for id in ["Patient/leo", "Media/m", "https://other.example/fhir/Binary/b", "Binary/../Patient/leo", "#x", ""] {
        assert_eq!(asked(id), None, "{id}");
    }
}

#[test]
fn the_bytes_come_from_inside_or_one_link_further() {
    let leo = json!({ "reference": "Patient/leo" });
    let inside = document_reference(&json!({ "data": "cm\nFz\naA==", "title": "rash.png" }), &leo);
    assert_eq!(opened(&photo(), &inside), Ok((Some(PatientId::from("leo")), Ok(b"rash".to_vec()))));
    let further = document_reference(&json!({ "url": "Binary/b" }), &leo);
    let binary = Source::Binary("b".to_owned());
    assert_eq!(opened(&photo(), &further), Ok((Some(PatientId::from("leo")), Err(binary.clone()))));
    let as_json = ok(&json!({ "resourceType": "Binary", "id": "b", "contentType": "image/png", "data": "cmFzaA==" }));
    assert_eq!(opened(&binary, &as_json), Ok((None, Ok(b"rash".to_vec()))));
    let as_bytes = Response { content_type: Some("image/png".to_owned()), ..answered(200, b"rash".to_vec()) };
    assert_eq!(opened(&binary, &as_bytes), Ok((None, Ok(b"rash".to_vec()))));
    let message = ok(&json!({ "resourceType": "Communication", "payload": [
        { "contentString": "See" }, { "contentAttachment": { "data": "cmFzaA==" } }
    ]}));
    let place = Source::Inside { message: "m1".to_owned(), place: 1 };
    assert_eq!(opened(&place, &message), Ok((None, Ok(b"rash".to_vec()))));
    let retracted = ok(&json!({ "resourceType": "Communication", "status": "entered-in-error", "payload": [
        { "contentString": "See" }, { "contentAttachment": { "data": "cmFzaA==" } }
    ]}));
    assert_eq!(opened(&place, &retracted), Err(NoFile::Retracted));
}

#[test]
fn a_link_out_of_a_document_leads_to_bytes_of_ours_or_nowhere() {
    let leo = json!({ "reference": "Patient/leo" });
    for url in [
        "https://other.example/fhir/Binary/b",
        "https://practice.example/admin/Binary/b",
        "Patient/mia",
        "DocumentReference/another",
        "file:///etc/passwd",
    ] {
        let answer = document_reference(&json!({ "url": url }), &leo);
        assert_eq!(opened(&photo(), &answer), Err(NoFile::Elsewhere), "{url}");
    }
}

#[test]
fn whose_it_is_is_told_or_it_is_refused() {
    let bytes = json!({ "data": "cmFzaA==" });
    let of = |subject: Value| opened(&photo(), &document_reference(&bytes, &subject)).map(|(patient, _)| patient);
    assert_eq!(of(Value::Null), Ok(None));
    assert_eq!(of(json!({ "reference": "Patient/mia" })), Ok(Some(PatientId::from("mia"))));
    for subject in [
        json!({ "reference": "Group/all" }),
        json!({ "reference": "https://other.example/r4/Patient/leo" }),
        json!({ "display": "Leo" }),
    ] {
        assert_eq!(of(subject.clone()), Err(NoFile::WhoseUnknown), "{subject}");
    }
}

#[test]
fn what_is_no_file_is_said_to_be_none() {
    let document = |json: Value| opened(&photo(), &ok(&json));
    assert_eq!(document(json!({ "resourceType": "Patient", "id": "leo" })), Err(NoFile::NotReadable));
    let retracted = json!({ "resourceType": "DocumentReference", "status": "entered-in-error" });
    assert_eq!(document(retracted), Err(NoFile::Retracted));
    assert_eq!(document(json!({ "resourceType": "DocumentReference" })), Err(NoFile::NoBytes));
    let not_base64 = document_reference(&json!({ "data": "???" }), &Value::Null);
    assert_eq!(opened(&photo(), &not_base64), Err(NoFile::NotBase64));
    let cut = answered(200, b"{\"resourceType\":\"DocumentRefer".to_vec());
    assert_eq!(opened(&photo(), &cut), Err(NoFile::NotReadable));
    let large = document_reference(&json!({ "data": "A".repeat(MOST_BYTES / 2 * 3) }), &Value::Null);
    assert_eq!(opened(&photo(), &large), Err(NoFile::TooLarge));
}

#[test]
fn only_what_carries_the_identifier_is_found() {
    let row = |id: &str, value: &str, status: &str, at: &str| {
        json!({ "resource": { "resourceType": "DocumentReference", "id": id, "status": status,
            "meta": { "lastUpdated": at }, "identifier": [{ "system": "urn:ietf:rfc:3986", "value": value }] } })
    };
    let page = json!({ "resourceType": "Bundle", "entry": [
        row("late", "urn:uuid:1", "current", "2026-03-02T09:00:02Z"),
        row("first", "urn:uuid:1", "current", "2026-03-02T09:00:01Z"),
        row("wrong", "urn:uuid:1", "entered-in-error", "2026-03-02T09:00:00Z"),
        row("other", "urn:uuid:2", "current", "2026-03-02T09:00:00Z")
    ]});
    let found = documents_with(&ok(&page), "urn:uuid:1", &base()).expect("a page");
    let told: Vec<_> = found.ids.iter().map(|one| (one.id.as_str(), one.retracted)).collect();
    assert_eq!(told, [("wrong", true), ("first", false), ("late", false)]);
    assert!(found.all);
    let records = json!({ "resourceType": "Bundle", "link": [{ "relation": "next", "url": "x" }], "entry": [
        { "resource": { "resourceType": "Provenance", "id": "p", "target": [{ "reference": "DocumentReference/d/_history/1" }] } },
        { "resource": { "resourceType": "Provenance", "id": "q", "target": [{ "reference": "Task/d" }] } }
    ]});
    assert_eq!(provenances_of(&ok(&records), "d", &base()), Ok(Found { ids: vec!["p".to_owned()], all: false }));
}

fn to_file() -> ToFile {
    let message = "urn:uuid:5a6b7c8d-0000-4000-8000-000000000001";
    ToFile {
        document: identity(message, 0, &Sums::of(b"rash").sha_256, &PatientId::from("leo")),
        file: FileKey { message: "m1".into(), place: 0 },
        attachment: AttachmentId::new("DocumentReference/photo"),
        thread: "t1".into(),
        patient: PatientId::from("leo"),
        sender: PartyRef::new("RelatedPerson/ana"),
        says: Description {
            title: "Rash, left forearm".into(),
            kind: DocumentType::Photo,
            date: at("2026-03-01T00:00:00Z").date_naive(),
        },
        sha_256: Sums::of(b"rash").sha_256,
    }
}

#[test]
fn a_document_that_is_there_is_ours_only_with_its_patient_and_its_bytes() {
    let sum = Sums::of(b"rash").sha_256;
    let stands = |status: &str, patient: &str, sum: &str| {
        let extension =
            json!([{ "url": "https://tern.health/fhir/StructureDefinition/sha-256", "valueBase64Binary": sum }]);
        let resource = json!({ "resourceType": "DocumentReference", "id": "d", "status": status,
            "subject": { "reference": patient }, "content": [{ "attachment": { "extension": extension } }] });
        document_of(&ok(&resource), &base()).map(|document| document.is(&to_file()))
    };
    assert_eq!(stands("current", "Patient/leo", &sum), Ok(true));
    assert_eq!(stands("superseded", "https://practice.example/fhir/Patient/leo", &sum), Ok(true));
    assert_eq!(stands("entered-in-error", "Patient/leo", &sum), Ok(false));
    assert_eq!(stands("current", "Patient/mia", &sum), Ok(false));
    assert_eq!(stands("current", "https://other.example/r4/Patient/leo", &sum), Ok(false));
    assert_eq!(stands("current", "Patient/leo", &Sums::of(b"other").sha_256), Ok(false));
    let without_a_sum = InChart { id: "d".to_owned(), retracted: false, patient: Some("leo".into()), sha_256: None };
    assert!(without_a_sum.is(&to_file()), "its id follows from the bytes");
    assert_eq!(document_of(&ok(&json!({ "resourceType": "Patient", "id": "d" })), &base()), Err(NoFile::NotReadable));
}

#[test]
fn a_document_of_several_files_is_not_taken_for_its_first() {
    let page = |n: u8| json!({ "attachment": { "url": format!("Binary/{n}") } });
    let fax = ok(&json!({ "resourceType": "DocumentReference", "content": [page(1), page(2)] }));
    assert_eq!(opened(&photo(), &fax), Err(NoFile::Several));
}

#[test]
fn bytes_say_whose_they_are_and_whose_part() {
    let of = |context: &str| {
        let binary = ok(&json!({ "resourceType": "Binary", "id": "b", "contentType": "image/png", "data": "cmFzaA==",
            "securityContext": { "reference": context } }));
        brought(&Source::Binary("b".to_owned()), &binary, &base()).map(|brought| (brought.patient, brought.part_of))
    };
    assert_eq!(of("Patient/mia"), Ok((Some(PatientId::from("mia")), None)));
    assert_eq!(of("Communication/t1"), Ok((None, Some(("Communication", "t1".to_owned())))));
    assert_eq!(of("Organization/o"), Ok((None, None)));
}

#[test]
fn a_photo_as_it_is_filed() {
    let to_file = to_file();
    let filed = Filed {
        to_file: &to_file,
        thread: "Communication/t1",
        message: "Communication/m1",
        content_type: "image/png",
        sums: &Sums::of(b"rash"),
        at: now(),
    };
    let bytes = document::binary(&binary_identity(&to_file.document), "image/png", "Communication/t1", b"rash");
    let url = format!("Binary/{}", bytes.id);
    let document = document::document(&filed, &url).expect("writable");
    let provenance = document::provenance(&to_file, &document.id, filed.message, (&mia(), filed.at)).expect("writable");
    for (name, new) in [("bytes", bytes), ("document", document), ("provenance", provenance)] {
        assert_snapshot!(format!("filed-{name}"), leaves(&new.request(Creating::OwnId)));
    }
}
