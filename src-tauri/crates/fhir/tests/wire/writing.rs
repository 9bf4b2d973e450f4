//! Everything that we write, as it leaves.

use insta::assert_snapshot;
use serde_json::json;
use tern_fhir::write::{
    NotWritable, attachment,
    attachment::File,
    audit::{self, Deed, Entry},
    carries,
    change::Current,
    communication::{self, Standing as Stands},
    create::Creating,
    edit::Edit,
    people, task,
    transaction::{self, Part},
};
use tern_inbox::{
    arrival::{Content, Kind},
    ids::{AttachmentId, MessageId, ThreadId},
    message::{Attachment, Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    work_item::{Urgency, WorkItem, WorkStatus},
};

use crate::scene::{at, body_of, content, dr_osei, leaves, mia, now};

const THREAD: &str = "018e0000-0000-7000-8000-000000000001";
const REPLY: &str = "018e0000-0000-7000-8000-000000000002";
const ITEM: &str = "018e0000-0000-5000-8000-000000000003";

fn party(reference: &str) -> Party {
    Party { reference: PartyRef::new(reference), display: "Not to be written".into() }
}

/// Dr Osei opens a thread about Leo, with his mother in it.
fn thread() -> Thread {
    Thread {
        id: ThreadId::new(THREAD),
        subject_line: "Leo's results".into(),
        patient: Some("leo".into()),
        category: Some("results".into()),
        opener: Some(party("PractitionerRole/osei")),
        participants: vec![party("PractitionerRole/osei"), party("RelatedPerson/ana")],
        audience: Audience::Patient,
        about: None,
    }
}

fn reply() -> Message {
    Message {
        id: MessageId::new(REPLY),
        thread: ThreadId::new(THREAD),
        identity: None,
        sender: Some(party("PractitionerRole/osei")),
        recipients: vec![PartyRef::new("RelatedPerson/ana")],
        sent: now(),
        received: None,
        text: "All is well.\n\nDr Osei".into(),
        in_response_to: Some("m1".into()),
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: Vec::new(),
    }
}

fn stands() -> Stands<'static> {
    Stands {
        thread: "Communication/t",
        patient: Some("Patient/leo"),
        audience: Audience::Patient,
        in_response_to: Some("Communication/m1"),
    }
}

#[test]
fn a_thread_and_a_message_of_ours() {
    let thread = communication::thread(&thread(), None).expect("a thread");
    assert_snapshot!("thread-by-own-id", leaves(&thread.request(Creating::OwnId)));
    let message = communication::message(&reply(), &stands()).expect("a message");
    assert_snapshot!("message-by-own-id", leaves(&message.request(Creating::OwnId)));
    assert_snapshot!("message-by-If-None-Exist", leaves(&message.request(Creating::Conditional)));
    assert_snapshot!("message-by-ifNoneExist", leaves(&message.request(Creating::InTransaction)));
}

#[test]
fn a_message_with_files_an_automatic_one_and_an_internal_thread() {
    let file =
        Attachment { id: AttachmentId::new("DocumentReference/d1"), title: "x".into(), content_type: None, size: None };
    let with_file = Message { text: " ".into(), attachments: vec![file], ..reply() };
    let with_file = communication::message(&with_file, &stands()).expect("a message");
    assert_snapshot!("message-with-a-file-alone", leaves(&with_file.request(Creating::OwnId)));
    let automatic = Message { authorship: Authorship::Automatic, sender: Some(party("Organization/o")), ..reply() };
    let automatic = communication::message(&automatic, &stands()).expect("a message");
    assert_snapshot!("automatic-message", leaves(&automatic.request(Creating::OwnId)));
    let internal = Thread {
        patient: None,
        audience: Audience::Internal,
        participants: vec![party("PractitionerRole/osei"), party("PractitionerRole/mia")],
        ..thread()
    };
    let internal = communication::thread(&internal, Some("Communication/t")).expect("a thread");
    assert_snapshot!("internal-thread", leaves(&internal.request(Creating::OwnId)));
}

#[test]
fn nothing_internal_may_name_a_patient() {
    let inside = Thread { audience: Audience::Internal, ..thread() };
    assert_eq!(communication::thread(&inside, None), Err(NotWritable::PatientInInternal));
    let no_subject = Thread { patient: None, ..inside };
    assert_eq!(communication::thread(&no_subject, None), Err(NotWritable::PatientInInternal), "Ana takes part");
    let among_us = Stands { audience: Audience::Internal, patient: None, ..stands() };
    assert_eq!(communication::message(&reply(), &among_us), Err(NotWritable::PatientInInternal));
    let to_mia = Message { recipients: vec![mia()], ..reply() };
    assert!(communication::message(&to_mia, &among_us).is_ok());
    let about_leo = Stands { patient: Some("Patient/leo"), ..among_us };
    assert_eq!(communication::message(&to_mia, &about_leo), Err(NotWritable::PatientInInternal));
}

#[test]
fn what_fhir_cannot_carry_is_said_before_it_leaves() {
    let with = |text: &str| communication::message(&Message { text: text.into(), ..reply() }, &stands()).map(|_| ());
    assert_eq!(with(" \n"), Err(NotWritable::Nothing));
    assert_eq!(with("a\u{7}"), Err(NotWritable::ControlCharacter { at: 1 }));
    assert_eq!(with(&"a".repeat(1 << 21)), Err(NotWritable::TooLong { bytes: 1 << 21 }));
    assert_eq!(with("tab\tand\r\nlines"), Ok(()));
    assert_eq!(carries("\u{202e}bidi is text"), Ok(()));
    let nobody = Message { sender: Some(party("")), ..reply() };
    assert_eq!(communication::message(&nobody, &stands()).map(|_| ()), Err(NotWritable::NoReference));
}

#[test]
fn what_we_write_we_read_back() {
    let made = communication::thread(&thread(), None).expect("a thread");
    let Content::Thread(read) = content(Kind::Communication, &body_of(&made.request(Creating::OwnId))) else {
        panic!("no thread")
    };
    assert_eq!((read.id, read.patient, read.category), (thread().id, thread().patient, thread().category));
    assert_eq!((read.subject_line, read.audience), (thread().subject_line, Audience::Patient));
    let made = communication::message(&reply(), &stands()).expect("a message");
    let Content::Message { message, .. } = content(Kind::Communication, &body_of(&made.request(Creating::OwnId)))
    else {
        panic!("no message")
    };
    assert_eq!(message.text, reply().text);
    assert_eq!(
        (message.sent, message.recipients, message.in_response_to),
        (now(), reply().recipients, Some("m1".into()))
    );
    assert_eq!(message.identity, Some(format!("urn:uuid:{REPLY}")));
    let item = work_item();
    let made = task::work_item(&item, Some(&dr_osei()), now()).expect("a task");
    let Content::WorkItem(read) = content(Kind::Task, &body_of(&made.request(Creating::OwnId))) else {
        panic!("no work item")
    };
    assert_eq!(WorkItem { modified: now(), ..read }, item);
}

fn work_item() -> WorkItem {
    WorkItem {
        id: ITEM.into(),
        thread: Some("t".into()),
        message: Some("m1".into()),
        patient: Some("leo".into()),
        category: Some("results".into()),
        pool: Some("https://tern.health/fhir/CodeSystem/pool|nurse-triage".into()),
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::SameDay,
        lowered: None,
        due: Some(at("2026-03-04T17:00:00Z")),
        modified: now(),
    }
}

#[test]
fn a_work_item_a_patient_and_a_pool() {
    let item = task::work_item(&work_item(), Some(&dr_osei()), now()).expect("a task");
    assert_snapshot!("work-item", leaves(&item.request(Creating::OwnId)));
    let patient = people::patient("018e0000-0000-7000-8000-000000000009", "Check", "Tern");
    assert_snapshot!("check-patient", leaves(&patient.request(Creating::Conditional)));
    let pool = people::pool(
        "018e0000-0000-7000-8000-00000000000a",
        "https://tern.health/fhir/CodeSystem/pool|check",
        "Check",
        &[dr_osei(), mia()],
    );
    assert_snapshot!("check-pool", leaves(&pool.expect("a pool").request(Creating::OwnId)));
}

#[test]
fn a_reply_and_the_work_item_it_ends_go_together() {
    let raw =
        json!({ "resourceType": "Task", "id": "t1", "meta": { "versionId": "4" }, "status": "in-progress", "odd": 1 });
    let current = Current::of(raw.to_string().as_bytes(), Some("W/\"4\"")).expect("a task");
    let new = communication::message(&reply(), &stands()).expect("a message");
    let by_id = format!("Communication/{REPLY}");
    let with_id = [
        Part::Create { new: new.clone(), how: Creating::OwnId },
        Part::change(&current, &Edit::Complete { reply: Some(&by_id), at: now() }).expect("fits"),
    ];
    assert_snapshot!("reply-and-completed-by-own-id", leaves(&transaction::request(&with_id)));
    let full_url = new.full_url();
    let by_url = [
        Part::Create { new, how: Creating::InTransaction },
        Part::change(&current, &Edit::Complete { reply: Some(&full_url), at: now() }).expect("fits"),
    ];
    assert_snapshot!("reply-and-completed-by-ifNoneExist", leaves(&transaction::request(&by_url)));
}

#[test]
fn an_audit_event_has_no_text() {
    let osei = dr_osei();
    let entry = Entry {
        id: "018e0000-0000-7000-8000-00000000000b",
        deed: Deed::Peek,
        at: now(),
        by: &osei,
        what: Some("Communication/t"),
        patient: Some("Patient/leo"),
    };
    let event = audit::event(&entry).expect("an event");
    assert_snapshot!("audit-event", leaves(&event.request(Creating::OwnId)));
    assert_eq!(event.request(Creating::Conditional).if_none_exist, None, "AuditEvent has no identifier");
}

#[test]
fn a_file_is_its_bytes_and_what_says_what_they_are() {
    let osei = dr_osei();
    let file = File {
        binary_id: "018e0000-0000-7000-8000-00000000000c",
        document_id: "018e0000-0000-7000-8000-00000000000d",
        title: "rash.jpg",
        content_type: "image/jpeg",
        bytes: b"abc",
        patient: Some("Patient/leo"),
        thread: "Communication/t",
        author: &osei,
        at: now(),
    };
    assert_snapshot!("binary", leaves(&attachment::binary(&file).request(Creating::OwnId)));
    let document = attachment::document(&file, "Binary/b").expect("a document");
    assert_snapshot!("document-reference", leaves(&document.request(Creating::OwnId)));
}

#[test]
fn nothing_that_is_written_shows_in_debug() {
    let new = communication::message(&reply(), &stands()).expect("a message");
    let part = Part::Create { new: new.clone(), how: Creating::OwnId };
    let request = new.request(Creating::OwnId);
    for shown in [format!("{new:?}"), format!("{part:?}"), format!("{request:?}")] {
        assert!(!shown.contains("well"), "{shown}");
    }
}
