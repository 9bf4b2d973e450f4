//! A photo that Ana sent, into Leo's chart: once, whatever is lost, and never into another's.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tern_fhir::{
    exchange::Method,
    write::document::{Sums, binary},
};
use tern_inbox::{
    document::{Description, DocumentType, FileKey, Filing, ToFile, identity},
    ids::{AttachmentId, PatientId, ThreadId},
    outbox::Wedge,
    party::PartyRef,
};
use tern_sync::NotFetched;
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

/// The beginning of a PNG, four by four, and something behind it.
fn picture() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x04\0\0\0\x04\x08\x06\0\0\0\0\0\0\0".to_vec();
    bytes.extend([7; 500]);
    bytes
}

/// As the wire carries it.
fn base64() -> String {
    binary("b", "image/png", "", &picture()).json["data"].as_str().expect("base64").to_owned()
}

fn message() -> String {
    "t0-photo".to_owned()
}

/// Ana writes with a photo, as this payload says.
fn with(payload: &Value, quirks: &[Quirk]) -> (Arc<Practice>, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.differs(quirks.iter().copied());
    let mut written = people::message(&message(), "t0", people::ANA, "2026-03-06T12:00:00Z", "See the photo");
    written["payload"].as_array_mut().expect("payloads").push(payload.clone());
    practice.store(written);
    practice.store(people::work_item("t0-photo-w", "t0", &message()));
    (practice, clock)
}

fn reference() -> Value {
    json!({ "contentReference": { "reference": "DocumentReference/photo" } })
}

fn photo_of(patient: &str) -> Value {
    json!({
        "resourceType": "DocumentReference", "id": "photo", "status": "current", "subject": { "reference": patient },
        "content": [{ "attachment": { "title": "photo.png", "data": base64() } }]
    })
}

fn leo(practice: &Practice) -> String {
    let thread = practice.read("Communication", "t0").expect("the thread");
    thread["subject"]["reference"].as_str().expect("whose").trim_start_matches("Patient/").to_owned()
}

struct Filer {
    desk: Desk,
    what: ToFile,
}

impl Filer {
    async fn sits_down(practice: &Arc<Practice>, clock: &Arc<FakeClock>, attachment: &str) -> Self {
        let desk = Desk::opens(practice, clock, people::osei());
        desk.knows_the_server().await;
        desk.until("the photo", |reader| Ok(reader.document_count()?.total == 1)).await;
        let what = ToFile {
            document: identity("urn:uuid:photo", 0, &Sums::of(&picture()).sha_256, &PatientId::new(leo(practice))),
            file: FileKey { message: message().as_str().into(), place: 0 },
            attachment: AttachmentId::new(attachment),
            thread: ThreadId::from("t0"),
            patient: PatientId::new(leo(practice)),
            sender: PartyRef::new(people::ANA),
            says: Description {
                title: "Rash".into(),
                kind: DocumentType::Photo,
                date: chrono::NaiveDate::from_ymd_opt(2026, 3, 6).expect("a date"),
            },
            sha_256: Sums::of(&picture()).sha_256,
        };
        Self { desk, what }
    }

    fn files(&self) {
        self.files_after(TimeDelta::zero());
    }

    /// Files, with so long to undo it.
    fn files_after(&self, undo: TimeDelta) {
        let (desk, author) = (&self.desk, &self.desk.member.reference);
        let not_before = desk.now() + undo;
        desk.cache.write(desk.now(), |writer| writer.file_document(&self.what, author, not_before)).expect("filed");
        desk.engine().wake();
    }

    async fn fetches(&self) -> Result<Vec<u8>, NotFetched> {
        let engine = self.desk.engine();
        engine.file(&self.what.attachment, (&message(), "t0"), &self.what.patient).await.map(|fetched| fetched.bytes)
    }

    fn state(&self) -> Filing {
        self.desk.read(|reader| reader.document(&self.what.file)).expect("a document").filing
    }

    async fn wedge(&self) -> Wedge {
        let stuck = |reader: &tern_store::Reader<'_>| Ok(reader.outbox()?.iter().find_map(|row| row.wedged.clone()));
        self.desk.until("a wedged row", |reader| Ok(stuck(reader)?.is_some())).await;
        self.desk.read(stuck).expect("wedged")
    }
}

/// The documents that were filed, without the photo that Ana sent.
fn filed(practice: &Practice) -> Vec<Value> {
    let all = practice.all("DocumentReference");
    all.into_iter().filter(|document| document["type"]["coding"][0]["code"] == "photo").collect()
}

fn is_whole(practice: &Practice, case: &str) {
    let documents = filed(practice);
    assert_eq!(documents.len(), 1, "{case}");
    let attachment = &documents[0]["content"][0]["attachment"];
    let sums = Sums::of(&picture());
    assert_eq!(attachment["hash"], sums.sha_1.as_str(), "{case}");
    assert_eq!(attachment["extension"][0]["valueBase64Binary"], sums.sha_256.as_str(), "{case}");
    assert_eq!(attachment["size"], json!(picture().len()), "{case}");
    let (kind, id) = attachment["url"].as_str().and_then(|url| url.split_once('/')).expect("a Binary");
    assert_eq!(kind, "Binary");
    let binary = practice.read("Binary", id).expect("its bytes");
    assert_eq!(binary["data"], base64().as_str(), "{case}");
    assert_eq!(documents[0]["subject"]["reference"], format!("Patient/{}", leo(practice)).as_str());
    assert_eq!(documents[0]["author"][0]["reference"], people::ANA);
    assert_eq!(documents[0]["context"]["related"][0]["reference"], "Communication/t0");
    let records = practice.all("Provenance");
    assert_eq!(records.len(), 1, "{case}");
    let document = format!("DocumentReference/{}", documents[0]["id"].as_str().expect("an id"));
    assert_eq!(records[0]["target"][0]["reference"], document.as_str(), "{case}");
    assert_eq!(records[0]["agent"][0]["who"]["reference"], people::osei().reference.as_str(), "{case}");
}

const WAYS: [&[Quirk]; 4] =
    [&[], &[Quirk::NoTransactions], &[Quirk::RefusesOwnIds], &[Quirk::RefusesOwnIds, Quirk::NoTransactions]];

#[tokio::test(start_paused = true)]
async fn a_photo_is_filed_once_however_the_server_wants_it_made_and_whatever_is_lost() {
    for quirks in WAYS {
        for (path, faults) in [
            ("", &[][..]),
            ("Binary", &[Fault::LostAfter]),
            ("Binary", &[Fault::Status(503), Fault::LostBefore]),
            ("DocumentReference", &[Fault::LostAfter]),
            ("DocumentReference", &[Fault::LostBefore, Fault::StatusAfter(502)]),
            ("Provenance", &[Fault::LostAfter]),
            ("Provenance", &[Fault::Offline, Fault::Status(401)]),
        ] {
            let case = format!("{quirks:?} {path} {faults:?}");
            let (practice, clock) = with(&reference(), quirks);
            practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
            let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
            for method in [Method::Put, Method::Post] {
                if quirks.contains(&Quirk::RefusesOwnIds) == (method == Method::Post) {
                    // Inside a transaction the path is the base.
                    let in_transaction = method == Method::Post && !quirks.contains(&Quirk::NoTransactions);
                    let path = if in_transaction { "" } else { path };
                    filer.desk.connection.next(method, path, faults.iter().copied());
                }
            }
            filer.files();
            filer.desk.has_sent_everything().await;
            is_whole(&practice, &case);
            assert_eq!(filer.state(), Filing::Filed, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_whose_writing_broke_off_is_finished_after_a_restart() {
    for path in ["Binary", "DocumentReference", "Provenance"] {
        for fault in [Fault::DieBefore, Fault::DieAfter] {
            let (practice, clock) = with(&reference(), &[]);
            practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
            let mut filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
            filer.desk.connection.next(Method::Put, path, [fault]);
            filer.files();
            filer.desk.connection.died().await;
            filer.desk.dies();
            filer.desk.comes_back();
            filer.desk.has_sent_everything().await;
            is_whole(&practice, &format!("{path} {fault:?}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_who_file_the_same_photo_make_one_document() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
    let (one, other) = (
        Filer::sits_down(&practice, &clock, "DocumentReference/photo").await,
        Filer::sits_down(&practice, &clock, "DocumentReference/photo").await,
    );
    one.files();
    other.files();
    one.desk.has_sent_everything().await;
    other.desk.has_sent_everything().await;
    is_whole(&practice, "two");
}

#[tokio::test(start_paused = true)]
async fn bytes_inside_the_message_and_in_a_binary_are_fetched_and_filed() {
    let inside = json!({ "contentAttachment": { "title": "p.png", "data": base64() } });
    let behind = json!({ "contentAttachment": { "title": "p.png", "url": "Binary/b" } });
    for (payload, attachment) in [(inside, "#1"), (behind, "Binary/b")] {
        let (practice, clock) = with(&payload, &[]);
        let data = base64();
        practice.store(json!({ "resourceType": "Binary", "id": "b", "contentType": "image/png", "data": data }));
        let filer = Filer::sits_down(&practice, &clock, attachment).await;
        assert_eq!(filer.fetches().await, Ok(picture()), "{attachment}");
        filer.files();
        filer.desk.has_sent_everything().await;
        is_whole(&practice, attachment);
    }
}

#[tokio::test(start_paused = true)]
async fn another_patients_file_behind_a_link_is_neither_shown_nor_filed() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of("Patient/somebody-else"));
    let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    assert_eq!(filer.fetches().await, Err(NotFetched::Anothers));
    filer.files();
    assert_eq!(filer.wedge().await, Wedge::ChangedSince);
    assert!(filed(&practice).is_empty());
}

#[tokio::test(start_paused = true)]
async fn other_bytes_than_were_looked_at_are_not_filed() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
    let mut filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    filer.what.sha_256 = Sums::of(b"what stood there before").sha_256;
    filer.files();
    assert_eq!(filer.wedge().await, Wedge::ChangedSince);
    assert!(filed(&practice).is_empty() && practice.all("Binary").is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_but_files_of_this_server_is_asked_for() {
    let (practice, clock) = with(&reference(), &[]);
    let mut filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    let before = filer.desk.connection.log().len();
    for attachment in ["https://other.example/fhir/Binary/b", "Patient/leo", "Task/t0-w0", "Media/m"] {
        filer.what.attachment = AttachmentId::new(attachment);
        assert_eq!(filer.fetches().await, Err(NotFetched::Elsewhere), "{attachment}");
    }
    let asked = filer.desk.connection.log().split_off(before);
    assert!(!asked.iter().any(|line| ["Patient/", "Task/t0-w0", "Media", "Binary"].iter().any(|no| line.contains(no))));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_no_provenance_has_the_document_all_the_same() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
    let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    filer.desk.connection.next(Method::Put, "Provenance", [Fault::Status(404), Fault::Status(404)]);
    filer.files();
    filer.desk.has_sent_everything().await;
    assert_eq!((filed(&practice).len(), filer.state()), (1, Filing::Filed));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_somebody_took_out_of_the_chart_does_not_count_as_filed() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
    let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    filer.files();
    filer.desk.has_sent_everything().await;
    practice.edit("DocumentReference", &filer.what.document, |one| one["status"] = "entered-in-error".into());
    let other = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    other.files();
    assert_eq!(other.wedge().await, Wedge::ChangedSince);
}

#[tokio::test(start_paused = true)]
async fn whoever_filed_it_first_stays_the_one_who_did() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
    let first = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    let second = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    first.files();
    first.desk.has_sent_everything().await;
    let before = second.desk.connection.log().len();
    second.files();
    second.desk.has_sent_everything().await;
    let written = second.desk.connection.log().split_off(before);
    assert!(!written.iter().any(|line| line.starts_with("PUT Provenance")), "{written:?}");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_hangs_on_a_slow_line_keeps_no_reply_back() {
    let inside = json!({ "contentAttachment": { "title": "p.png", "data": base64() } });
    let (practice, clock) = with(&inside, &[]);
    practice.edit("Communication", &message(), |one| {
        for _ in 0..5 {
            one["payload"].as_array_mut().expect("payloads").push(inside.clone());
        }
    });
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.until("the photos", |reader| Ok(reader.document_count()?.total == 6)).await;
    desk.claims("t0").await;
    desk.connection.weather(|request| {
        let is_file = request.method == Method::Get && request.path == format!("Communication/{}", message());
        is_file.then_some(Fault::DieBefore)
    });
    let files = desk.read(|reader| reader.documents(0, 50));
    for row in files {
        let sum = Sums::of(&picture()).sha_256;
        let patient = PatientId::new(leo(&practice));
        let what = ToFile {
            document: identity("urn:uuid:photo", row.file.place, &sum, &patient),
            file: row.file,
            attachment: row.attachment.id,
            thread: row.thread,
            patient,
            sender: PartyRef::new(people::ANA),
            says: Description { title: "Rash".into(), kind: DocumentType::Photo, date: desk.now().date_naive() },
            sha_256: sum,
        };
        let author = &desk.member.reference;
        desk.cache.write(desk.now(), |writer| writer.file_document(&what, author, desk.now())).expect("filed");
    }
    desk.engine().wake();
    desk.connection.died().await;
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.engine().wake();
    desk.until("the reply's leaving", |reader| Ok(reader.outbox_of_message(&reply)?.is_none())).await;
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_taken_back_or_moved_while_its_file_waited_files_nothing() {
    type Change = fn(&Practice);
    let changes: [(&str, Change); 4] = [
        ("taken back", |practice| {
            practice.edit("Communication", "t0-photo", |it| it["status"] = json!("entered-in-error"));
        }),
        ("in another conversation", |practice| {
            let to = json!([{ "reference": "Communication/t1" }]);
            practice.edit("Communication", "t0-photo", |it| it["partOf"] = to);
        }),
        ("with another file", |practice| {
            let other = json!({ "contentReference": { "reference": "DocumentReference/other" } });
            practice.edit("Communication", "t0-photo", |it| it["payload"][1] = other);
        }),
        ("another patient's", |practice| {
            let other = json!({ "reference": "Patient/somebody-else" });
            practice.edit("Communication", "t0", |it| it["subject"] = other);
        }),
    ];
    for (case, change) in changes {
        for knows in [false, true] {
            let (practice, clock) = with(&reference(), &[]);
            practice.store(people::thread("t1", "Another"));
            practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
            let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
            if knows {
                filer.files_after(TimeDelta::seconds(30));
                change(&practice);
                filer.desk.looks().await;
            } else {
                change(&practice);
                filer.files();
            }
            assert_eq!(filer.wedge().await, Wedge::ChangedSince, "{case} {knows}");
            assert!(filed(&practice).is_empty() && practice.all("Binary").is_empty(), "{case} {knows}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_stands_under_our_name_and_is_another_is_not_taken_for_ours() {
    for quirks in WAYS {
        for (case, change) in [
            ("entered in error", json!({ "status": "entered-in-error" })),
            ("another patient's", json!({ "subject": { "reference": "Patient/somebody-else" } })),
            ("nobody's", json!({ "subject": null })),
        ] {
            let (practice, clock) = with(&reference(), quirks);
            practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
            let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
            let mut there = json!({
                "resourceType": "DocumentReference", "id": filer.what.document, "status": "current",
                "identifier": [{ "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", filer.what.document) }],
                "subject": { "reference": format!("Patient/{}", leo(&practice)) }
            });
            there.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            practice.store(there);
            filer.files();
            assert_eq!(filer.wedge().await, Wedge::ChangedSince, "{case} {quirks:?}");
            assert!(practice.all("Binary").is_empty() && practice.all("Provenance").is_empty(), "{case} {quirks:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_guarded_as_anothers_are_neither_shown_nor_filed() {
    let behind = json!({ "contentAttachment": { "title": "p.png", "url": "Binary/b" } });
    for (context, ours) in
        [("Patient/somebody-else", false), ("Communication/t9", false), ("Communication/t0", true), ("Group/all", true)]
    {
        let (practice, clock) = with(&behind, &[]);
        let guarded = json!({ "reference": context });
        practice.store(json!({ "resourceType": "Binary", "id": "b", "contentType": "image/png", "data": base64(),
            "securityContext": guarded }));
        let filer = Filer::sits_down(&practice, &clock, "Binary/b").await;
        let expected = if ours { Ok(picture()) } else { Err(NotFetched::Anothers) };
        assert_eq!(filer.fetches().await, expected, "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_had_arrived_before_its_message_was_taken_back_is_told_as_filed() {
    let (practice, clock) = with(&reference(), &[]);
    practice.store(photo_of(&format!("Patient/{}", leo(&practice))));
    let filer = Filer::sits_down(&practice, &clock, "DocumentReference/photo").await;
    // It arrives, and the way is gone with the answer.
    let mut gone = false;
    filer.desk.connection.weather(move |request| {
        if gone {
            return Some(Fault::Offline);
        }
        gone = request.method == Method::Put && request.path.starts_with("DocumentReference");
        gone.then_some(Fault::LostAfter)
    });
    filer.files();
    filer.desk.until("a first try", |reader| Ok(reader.outbox()?.iter().any(|row| row.attempts > 0))).await;
    practice.edit("Communication", &message(), |one| one["status"] = "entered-in-error".into());
    filer.desk.connection.weather(|_| None);
    filer.desk.looks().await;
    filer.desk.has_sent_everything().await;
    let row = filer.desk.read(|reader| reader.document(&filer.what.file)).expect("a document");
    assert_eq!((row.filing, row.retracted, filed(&practice).len()), (Filing::Filed, true, 1));
}
