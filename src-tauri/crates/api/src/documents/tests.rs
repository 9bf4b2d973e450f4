//! Whoever sits here works with the nurses and in the pool for documents; a photo came into each.

use std::sync::Arc;

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::AttachmentId,
    member::Pool,
    message::{Attachment, Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::Page;

use super::*;
use crate::{
    dto::{DocumentFileRequest, DocumentKind, DocumentRequest, DocumentsRequest, FilingState, TouchMode},
    program::Program,
    scene::Machine,
};

fn arrival(kind: Kind, id: &str, content: Content) -> Arrival {
    Arrival { kind, server_id: id.to_owned(), version: "1".to_owned(), last_updated: None, identity: None, content }
}

/// A thread in a pool, in which Ana sent a photo.
fn with_photo(pool: &str) -> [Arrival; 4] {
    let ana = Party { reference: PartyRef::new("Patient/ana"), display: "Ana Ruiz".into() };
    let members = vec![PartyRef::new("PractitionerRole/osei")];
    let identifier = format!("urn:practice|{pool}");
    let thread = Thread {
        id: pool.into(),
        subject_line: "A rash".into(),
        patient: Some("ana".into()),
        category: Some("form".to_owned()),
        opener: Some(ana.clone()),
        participants: vec![ana.clone()],
        audience: Audience::Patient,
        about: None,
    };
    let photo = Attachment {
        id: AttachmentId::new("DocumentReference/p"),
        title: "p.png".into(),
        content_type: None,
        size: None,
    };
    let message = Message {
        id: format!("m-{pool}").as_str().into(),
        thread: pool.into(),
        identity: None,
        sender: Some(ana),
        recipients: vec![],
        sent: chrono::DateTime::from_timestamp(1_799_990_000, 0).unwrap(),
        received: None,
        text: "See the photo".into(),
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: vec![photo],
    };
    let item = WorkItem {
        id: format!("t-{pool}").as_str().into(),
        thread: Some(pool.into()),
        message: Some(message.id.clone()),
        patient: Some("ana".into()),
        category: Some("form".to_owned()),
        pool: Some(identifier.clone()),
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: message.sent,
    };
    let name = pool.to_owned();
    let team = Pool { id: pool.into(), identifier, name, members, responsible: None, check_every_hours: None };
    [
        arrival(Kind::CareTeam, pool, Content::Pool(team)),
        arrival(Kind::Communication, pool, Content::Thread(thread)),
        arrival(Kind::Communication, &format!("m-{pool}"), Content::Message { message, flat_thread: None }),
        arrival(Kind::Task, &format!("t-{pool}"), Content::WorkItem(item)),
    ]
}

async fn at_work(role: &str) -> (Machine, Arc<Program>) {
    let machine = Machine::of(role);
    let program = machine.start();
    program.resume().await;
    let arrivals = ["nurses", "documents"].into_iter().flat_map(with_photo).collect();
    let page = Page { kind: Kind::Communication, arrivals, cursor: None };
    let desk = program.desk().unwrap();
    desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    (machine, program)
}

fn photo(pool: &str) -> DocumentRequest {
    DocumentRequest { file: FileRef { message: format!("m-{pool}"), place: 0 } }
}

fn filing(pool: &str) -> DocumentFileRequest {
    let title = "Rash".to_owned();
    let (file, chart) = (photo(pool).file, "ana".to_owned());
    let date = "2027-01-10".to_owned();
    DocumentFileRequest { file, chart, title, document: DocumentKind::Photo, date, unseen: false }
}

fn code<T>(answer: Answer<T>) -> Result<(), ErrorCode> {
    answer.map(drop).map_err(|error| error.code)
}

#[tokio::test]
async fn each_files_what_their_role_lets_them_and_looks_at_no_other() {
    for (role, of_the_nurses, of_documents) in [
        ("physician", true, true),
        ("nurse", true, true),
        ("ma", true, true),
        ("triage-lead", true, true),
        ("front-office", false, true),
    ] {
        let (_machine, program) = at_work(role).await;
        for (pool, may) in [("nurses", of_the_nurses), ("documents", of_documents)] {
            let not_allowed = Err(ErrorCode::NotAllowed);
            assert_eq!(code(program.document_open(photo(pool)).await).is_ok(), may, "{role} {pool}");
            assert_eq!(code(program.document_file(filing(pool)).await) == not_allowed, !may, "{role} {pool}");
            assert_eq!(code(program.document_not_needed(photo(pool)).await).is_ok(), may, "{role} {pool}");
        }
    }
    for role in ["it", "unknown"] {
        let (_machine, program) = at_work(role).await;
        let asked = program.documents(DocumentsRequest { offset: 0, limit: 50 }).await;
        assert_eq!(code(asked), Err(ErrorCode::NotAllowed), "{role}");
        assert!(code(program.document_open(photo("documents")).await).is_err(), "{role}");
    }
}

#[tokio::test]
async fn the_rail_counts_what_the_rows_show() {
    let (_machine, program) = at_work("nurse").await;
    let rail = program.rail().await.unwrap().documents.unwrap();
    let page = program.documents(DocumentsRequest { offset: 0, limit: 50 }).await.unwrap();
    assert_eq!((rail.count, page.total, page.rows.len()), (2, 2, 2));
    assert_eq!(rail.oldest, Some(page.rows[0].sent));
    assert!(page.rows.iter().all(|row| row.may_file && row.sender == "Ana Ruiz"));
}

#[tokio::test]
async fn what_nobody_has_looked_at_is_not_filed() {
    let (_machine, program) = at_work("nurse").await;
    // Nobody reaches the server here.
    let preview = program.document_open(photo("nurses")).await.unwrap();
    assert_eq!(preview, DocumentPreview::Refused { why: FileRefusal::Offline });
    assert_eq!(code(program.document_file(filing("nurses")).await), Err(ErrorCode::Invalid));
    assert_eq!(code(program.document_bytes(photo("nurses")).await), Err(ErrorCode::NotFound));
    let tomorrow = DocumentFileRequest { date: "2031-01-01".to_owned(), ..filing("nurses") };
    assert_eq!(code(program.document_file(tomorrow).await), Err(ErrorCode::Invalid));
    let untitled = DocumentFileRequest { title: " ".to_owned(), ..filing("nurses") };
    assert_eq!(code(program.document_file(untitled).await), Err(ErrorCode::Empty));
}

#[tokio::test]
async fn a_touch_shows_what_has_become_of_its_files() {
    let (_machine, program) = at_work("nurse").await;
    let desk = program.desk().unwrap();
    let shown = async || {
        let view = desk.view("nurses".into(), TouchMode::Started).await.unwrap().unwrap();
        view.messages[0].attachments[0].filing
    };
    assert_eq!(shown().await, Some(FilingState::Unfiled));
    program.document_not_needed(photo("nurses")).await.unwrap();
    assert_eq!(shown().await, Some(FilingState::NotNeeded));
    program.document_needed(photo("nurses")).await.unwrap();
    assert_eq!(shown().await, Some(FilingState::Unfiled));
    assert_eq!(code(program.document_retry(photo("nurses")).await), Err(ErrorCode::NotFound), "nothing is stuck");
}

#[tokio::test]
async fn what_is_filed_was_seen_as_it_is_by_whoever_files_it_or_said_not_to_be() {
    let (_machine, program) = at_work("nurse").await;
    let desk = program.desk().unwrap();
    let row = desk.document(&photo("nurses").file).await.unwrap();
    let pages = || {
        let bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj".to_vec();
        let looked = document::look(&bytes, "letter.pdf").unwrap();
        OpenFile { of: row.clone(), bytes: Zeroizing::new(bytes), looked, sha_256: "sum".to_owned() }
    };
    let unseen = || DocumentFileRequest { unseen: true, ..filing("nurses") };
    let earlier = desk.begin_look();
    let look = desk.begin_look();
    assert!(!desk.open_file(earlier, pages()), "nobody looks at that any more");
    assert!(desk.open_file(look, pages()));
    assert_eq!(code(program.document_file(filing("nurses")).await), Err(ErrorCode::Invalid), "nobody saw these pages");
    let elsewhere = DocumentFileRequest { chart: "bea".to_owned(), ..unseen() };
    assert_eq!(code(program.document_file(elsewhere).await), Err(ErrorCode::TooLate), "another chart stood above it");

    // The conversation turns out to be Bea's, under the reader's eyes.
    let now_beas = |whose: &str, version: &str| {
        let [_, mut thread, ..] = with_photo("nurses");
        thread.version = version.to_owned();
        if let Content::Thread(thread) = &mut thread.content {
            thread.patient = Some(whose.into());
        }
        Page { kind: Kind::Communication, arrivals: vec![thread], cursor: None }
    };
    let (page, back) = (now_beas("bea", "2"), now_beas("ana", "3"));
    desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    let beas = DocumentFileRequest { chart: "bea".to_owned(), ..unseen() };
    for request in [unseen(), beas] {
        assert_eq!(code(program.document_file(request).await), Err(ErrorCode::TooLate));
    }
    desk.write(move |writer| writer.apply_page(&back).map(drop)).await.unwrap();
    assert_eq!(code(program.document_file(unseen()).await), Ok(()));
}
