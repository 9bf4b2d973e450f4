//! Files that Ana sends with her messages: they wait among the documents until somebody has said what each is.

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    document::{Description, DocumentType, FileKey, Filing, ToFile, identity},
    ids::{AttachmentId, PatientId, ThreadId},
    message::{Attachment, Message, Standing, Thread},
    outbox::{Intent, Wedge},
    party::PartyRef,
    work_item::{WorkItem, WorkStatus},
};
use tern_store::{Acknowledged, DocumentRow, StoreError, Tag};

use crate::scene::*;

fn a_photo(id: &str) -> Attachment {
    Attachment { id: AttachmentId::new(id), title: "photo.png".into(), content_type: None, size: Some(12) }
}

/// Ana's message about Leo's rash, with two photos, in the nurses' pool.
fn with_photos() -> Scene {
    let scene = Scene::new();
    let mut rash = a_message("m1", "rash", 0, "A rash on the arm");
    rash.attachments = vec![a_photo("DocumentReference/p0"), a_photo("DocumentReference/p1")];
    scene.apply(Kind::Communication, vec![thread("rash"), of_message(rash, 1)]);
    scene.apply(Kind::Task, vec![work_item("t1", "rash", "m1")]);
    scene
}

fn photo(place: u32) -> FileKey {
    FileKey { message: "m1".into(), place }
}

fn waiting(scene: &Scene) -> Vec<DocumentRow> {
    scene.cache.read(|reader| reader.documents(0, 50)).unwrap()
}

fn places(scene: &Scene) -> Vec<u32> {
    let rows = waiting(scene);
    let count = scene.cache.read(|reader| reader.document_count()).unwrap();
    assert_eq!(count.total as usize, rows.len(), "the number in the rail is that of the rows");
    assert_eq!(count.oldest, rows.first().map(|row| row.sent));
    rows.iter().map(|row| row.file.place).collect()
}

fn to_file(place: u32) -> ToFile {
    ToFile {
        document: identity("urn:uuid:m1", place, "abc", &PatientId::from("leo")),
        file: photo(place),
        attachment: AttachmentId::new(format!("DocumentReference/p{place}")),
        thread: ThreadId::from("rash"),
        patient: PatientId::from("leo"),
        sender: PartyRef::new("RelatedPerson/ana"),
        says: Description { title: "Rash".into(), kind: DocumentType::Photo, date: noon().date_naive() },
        sha_256: "abc".to_owned(),
    }
}

fn file(scene: &Scene, place: u32) -> Result<tern_inbox::ids::OutboxId, StoreError> {
    scene.cache.write(noon(), |writer| writer.file_document(&to_file(place), &osei(), noon() + minutes(1)))
}

fn state(scene: &Scene, place: u32) -> Filing {
    scene.cache.read(|reader| reader.document(&photo(place))).unwrap().unwrap().filing
}

#[test]
fn every_file_of_an_open_message_waits_with_its_patient_and_sender() {
    let scene = with_photos();
    let rows = waiting(&scene);
    assert_eq!(places(&scene), [0, 1]);
    assert_eq!(rows[0].patient, Some(PatientId::from("leo")));
    assert!(!rows[0].patient_name.is_blank());
    assert_eq!(rows[0].attachment.id, AttachmentId::new("DocumentReference/p0"));
    assert_eq!(rows[0].sender.as_ref().unwrap().reference, PartyRef::new("RelatedPerson/ana"));
}

#[test]
fn what_was_dealt_with_before_is_nobodys_document_and_what_is_dealt_with_now_stays_one() {
    let scene = with_photos();
    let done = WorkItem { status: WorkStatus::Completed, ..an_item("t1", "rash", "m1") };
    scene.apply(Kind::Task, vec![of_item(done, 2)]);
    assert_eq!(places(&scene), [0, 1], "completing files nothing");

    let mut old = a_message("m0", "old", -900, "Last year's rash");
    old.attachments = vec![a_photo("DocumentReference/old")];
    let closed = WorkItem { status: WorkStatus::Completed, ..an_item("t0", "old", "m0") };
    scene.apply(Kind::Task, vec![of_item(closed, 1)]);
    scene.apply(Kind::Communication, vec![thread("old"), of_message(old, 1)]);
    assert_eq!(places(&scene), [0, 1]);
}

#[test]
fn what_the_practice_sends_is_no_document() {
    let scene = with_photos();
    let mut ours = a_message("m2", "rash", 5, "The form");
    ours.sender = Some(tern_inbox::party::Party { reference: mia(), display: "Mia Tran".into() });
    ours.attachments = vec![a_photo("DocumentReference/form")];
    scene.apply(Kind::Communication, vec![of_message(ours, 1)]);
    scene.apply(Kind::Task, vec![work_item("t2", "rash", "m2")]);
    assert_eq!(places(&scene), [0, 1]);
}

#[test]
fn a_file_is_filed_at_once_and_undone_while_nothing_has_left() {
    let scene = with_photos();
    let group = file(&scene, 0).unwrap();
    assert_eq!(places(&scene), [1]);
    assert_eq!(state(&scene, 0), Filing::Filed);
    assert!(matches!(file(&scene, 0), Err(StoreError::Filing(_))), "twice is once");
    assert!(scene.ready(noon()).is_empty(), "its seconds are not over");

    let undone = scene.cache.write(noon(), |writer| writer.undo(&group)).unwrap();
    assert_eq!(undone.threads, [ThreadId::from("rash")]);
    assert_eq!(places(&scene), [0, 1]);

    let group = file(&scene, 0).unwrap();
    let row = scene.ready(noon() + minutes(2)).remove(0);
    assert!(matches!(&row.intent, Intent::File { what } if **what == to_file(0)));
    assert_eq!(row.thread, None, "it keeps no reply back");
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    let late = scene.cache.write(noon(), |writer| writer.undo(&group));
    assert!(matches!(late, Err(StoreError::HasLeft)));
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &Acknowledged::default())).unwrap();
    assert_eq!((places(&scene), state(&scene, 0)), (vec![1], Filing::Filed));
    let again = scene.cache.write(noon(), |writer| writer.document_needed_again(&photo(0)));
    assert!(matches!(again, Err(StoreError::HasLeft)), "what is in the chart is not taken back from here");
}

#[test]
fn what_the_server_refused_waits_again_and_is_tried_again_or_given_up() {
    let scene = with_photos();
    let refused = |scene: &Scene| {
        let row = scene.ready(noon() + minutes(2)).remove(0);
        let wedge = Wedge::Refused { status: 422, code: None };
        scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
        scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, wedge)).unwrap();
    };
    file(&scene, 0).unwrap();
    refused(&scene);
    assert_eq!(places(&scene), [0, 1]);
    assert!(waiting(&scene)[0].wedged.is_some());

    scene.cache.write(noon(), |writer| writer.document_retry(&photo(0), &osei())).unwrap();
    assert_eq!(places(&scene), [1]);
    refused(&scene);
    let not_hers = scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &mia()));
    assert!(matches!(not_hers, Err(StoreError::NotFound(_))));
    scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &osei())).unwrap();
    assert_eq!((places(&scene), state(&scene, 0)), (vec![0, 1], Filing::Unfiled));
    assert!(waiting(&scene)[0].wedged.is_none());
}

#[test]
fn what_is_not_needed_leaves_and_comes_back() {
    let scene = with_photos();
    let mut changes = scene.cache.subscribe();
    scene.cache.write(noon(), |writer| writer.document_not_needed(&photo(1))).unwrap();
    let heard = changes.try_recv().unwrap();
    assert!(heard.tags.contains(&Tag::Documents) && heard.tags.contains(&Tag::Queues));
    assert_eq!(places(&scene), [0]);
    scene.cache.write(noon(), |writer| writer.document_needed_again(&photo(1))).unwrap();
    assert_eq!(places(&scene), [0, 1]);
    assert_eq!(state(&scene, 1), Filing::Unfiled);
}

#[test]
fn a_message_that_is_taken_back_takes_its_unfiled_files_with_it() {
    let scene = with_photos();
    file(&scene, 0).unwrap();
    let mut retracted = a_message("m1", "rash", 0, "A rash on the arm");
    retracted.standing = Standing::Retracted;
    scene.apply(Kind::Communication, vec![of_message(retracted, 2)]);
    assert_eq!(places(&scene), [0], "what nobody filed went with it");
    is_stuck_until_given_up(&scene);
}

/// A filing that cannot go is seen by whoever filed it, and goes with its last word.
fn is_stuck_until_given_up(scene: &Scene) {
    assert!(scene.ready(noon() + minutes(2)).is_empty(), "nothing of it leaves");
    let row = waiting(scene).remove(0);
    assert_eq!((row.wedged, row.patient), (Some(Wedge::ChangedSince), Some(PatientId::from("leo"))));
    scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &osei())).unwrap();
    assert_eq!(places(scene), [0_u32; 0]);
    assert!(matches!(file(scene, 0), Err(StoreError::NotFound(_))), "nothing that was taken back is filed");
}

#[test]
fn what_was_filed_of_a_message_that_is_gone_is_seen_to_be_stuck() {
    let scene = with_photos();
    file(&scene, 0).unwrap();
    scene.apply(Kind::Communication, vec![arrival(Kind::Communication, "m1", 2, Content::Deleted)]);
    assert_eq!(places(&scene), [0]);
    is_stuck_until_given_up(&scene);
}

#[test]
fn a_message_that_is_taken_back_after_its_file_was_filed_is_told_once() {
    let scene = with_photos();
    file(&scene, 0).unwrap();
    let row = scene.ready(noon() + minutes(2)).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &Acknowledged::default())).unwrap();
    assert_eq!(places(&scene), [1]);
    let mut rash = a_message("m1", "rash", 0, "A rash on the arm");
    rash.attachments = vec![a_photo("DocumentReference/p0"), a_photo("DocumentReference/p1")];
    let retracted = Message { standing: Standing::Retracted, ..rash.clone() };
    scene.apply(Kind::Communication, vec![of_message(retracted.clone(), 2)]);
    assert_eq!(places(&scene), [0], "the chart has it still");
    assert!(waiting(&scene)[0].retracted);
    // It comes again: then the chart has what it should have.
    scene.apply(Kind::Communication, vec![of_message(rash, 3)]);
    assert_eq!((places(&scene), state(&scene, 0)), (vec![1], Filing::Filed));
    scene.apply(Kind::Communication, vec![of_message(retracted, 4)]);
    scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &osei())).unwrap();
    assert_eq!(places(&scene), [0_u32; 0]);
}

#[test]
fn whoever_looks_hears_of_a_file_that_goes_and_of_a_patient_who_is_renamed() {
    let scene = with_photos();
    let done = WorkItem { status: WorkStatus::Completed, ..an_item("t1", "rash", "m1") };
    scene.apply(Kind::Task, vec![of_item(done, 2)]);
    let hears = |scene: &Scene, act: &dyn Fn()| {
        let mut changes = scene.cache.subscribe();
        act();
        std::iter::from_fn(|| changes.try_recv().ok()).any(|heard| heard.tags.contains(&Tag::Documents))
    };
    assert!(hears(&scene, &|| drop(scene.apply(Kind::Patient, vec![Arrival { version: "7".into(), ..leo() }]))));
    let mut without = a_message("m1", "rash", 0, "A rash on the arm");
    without.attachments = Vec::new();
    assert!(hears(&scene, &|| drop(scene.apply(Kind::Communication, vec![of_message(without.clone(), 2)]))));
    assert_eq!(places(&scene), [0_u32; 0]);
}

#[test]
fn whoever_does_not_see_the_thread_does_not_see_its_files() {
    let scene = with_photos();
    let jo = tern_inbox::queue::Me {
        references: vec![PartyRef::new("PractitionerRole/jo")],
        role: tern_inbox::member::Role::FrontOffice,
    };
    scene.cache.write(noon(), |writer| writer.set_me(&jo)).unwrap();
    assert_eq!(places(&scene), [0_u32; 0]);
    scene.cache.write(noon(), |writer| writer.set_me(&physician())).unwrap();
    assert_eq!(places(&scene), [0, 1]);
}

#[test]
fn a_message_that_was_moved_takes_its_files_to_the_other_chart() {
    let scene = with_photos();
    let Content::Thread(other) = thread("other").content else { panic!("a thread") };
    let other = Thread { patient: Some("zoe".into()), ..other };
    scene.apply(Kind::Communication, vec![arrival(Kind::Communication, "other", 1, Content::Thread(other))]);
    let mut moved = a_message("m1", "other", 0, "A rash on the arm");
    moved.attachments = vec![a_photo("DocumentReference/p0"), a_photo("DocumentReference/p1")];
    scene.apply(Kind::Communication, vec![of_message(moved, 2)]);
    let row = scene.cache.read(|reader| reader.document(&photo(0))).unwrap().unwrap();
    assert_eq!((row.thread, row.patient), ("other".into(), Some(PatientId::from("zoe"))));
}

#[test]
fn another_file_in_the_place_of_a_filed_one_is_nobodys_document_yet() {
    let scene = with_photos();
    scene.cache.write(noon(), |writer| writer.document_not_needed(&photo(0))).unwrap();
    assert_eq!(places(&scene), [1]);
    let mut edited = a_message("m1", "rash", 0, "A rash on the arm");
    edited.attachments = vec![a_photo("DocumentReference/other"), a_photo("DocumentReference/p1")];
    scene.apply(Kind::Communication, vec![of_message(edited, 2)]);
    assert_eq!((places(&scene), state(&scene, 0)), (vec![0, 1], Filing::Unfiled));
}

#[test]
fn a_filing_whose_message_is_gone_stands_there_to_be_given_up() {
    let scene = with_photos();
    file(&scene, 0).unwrap();
    let row = scene.ready(noon() + minutes(2)).remove(0);
    let wedge = Wedge::ChangedSince;
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, wedge)).unwrap();
    scene.apply(Kind::Communication, vec![arrival(Kind::Communication, "m1", 2, Content::Deleted)]);
    assert_eq!(places(&scene), [0], "the rail and the list agree");
    assert!(waiting(&scene)[0].wedged.is_some());
    scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &osei())).unwrap();
    assert_eq!(places(&scene), [0_u32; 0]);
}

#[test]
fn what_the_server_refused_stands_there_for_its_author_who_sees_the_thread_no_more() {
    let scene = with_photos();
    let jo = PartyRef::new("PractitionerRole/jo");
    let files = |writer: &mut tern_store::Writer<'_>| writer.file_document(&to_file(0), &jo, noon());
    scene.cache.write(noon(), files).unwrap();
    let row = scene.cache.read(|reader| reader.outbox()).unwrap().remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, Wedge::ChangedSince)).unwrap();
    let me = |who: &PartyRef| tern_inbox::queue::Me {
        references: vec![who.clone()],
        role: tern_inbox::member::Role::FrontOffice,
    };
    scene.cache.write(noon(), |writer| writer.set_me(&me(&jo))).unwrap();
    assert_eq!(places(&scene), [0], "the other one is not Jo's to see");
    let own = |who: &PartyRef| scene.cache.read(|reader| reader.document_stuck_by(&photo(0), who)).unwrap();
    assert!(own(&jo) && !own(&mia()));
    scene.cache.write(noon(), |writer| writer.set_me(&me(&PartyRef::new("PractitionerRole/kim")))).unwrap();
    assert_eq!(places(&scene), [0_u32; 0]);
}

#[test]
fn a_filed_file_whose_message_is_moved_to_another_patient_is_told_and_is_nobodys_there() {
    let scene = with_photos();
    file(&scene, 0).unwrap();
    let row = scene.ready(noon() + minutes(2)).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &Acknowledged::default())).unwrap();
    assert_eq!(places(&scene), [1]);
    let Content::Thread(rash) = thread("rash").content else { panic!("a thread") };
    let zoes = Thread { patient: Some("zoe".into()), ..rash };
    scene.apply(Kind::Communication, vec![arrival(Kind::Communication, "rash", 2, Content::Thread(zoes))]);
    assert_eq!(places(&scene), [0, 1]);
    assert!(waiting(&scene)[0].retracted, "Leo's chart has it");
    scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &osei())).unwrap();
    assert_eq!((places(&scene), state(&scene, 0)), (vec![0, 1], Filing::Unfiled));
    assert!(!waiting(&scene)[0].retracted, "and into Zoe's nobody has filed it");
}

#[test]
fn a_filing_that_came_over_from_another_file_is_known_when_its_message_comes() {
    let old = with_photos();
    file(&old, 0).unwrap();
    let rows = old.cache.read(|reader| reader.outbox()).unwrap();
    let id = rows[0].id.clone();
    let scene = Scene::new();
    let rescued = tern_store::aside::Rescued { outbox: rows, ..Default::default() };
    scene.cache.write(noon(), |writer| writer.adopt(&rescued)).unwrap();
    let mut rash = a_message("m1", "rash", 0, "A rash on the arm");
    rash.attachments = vec![a_photo("DocumentReference/p0"), a_photo("DocumentReference/p1")];
    scene.apply(Kind::Communication, vec![thread("rash"), of_message(rash, 1)]);
    scene.apply(Kind::Task, vec![work_item("t1", "rash", "m1")]);
    assert_eq!((places(&scene), state(&scene, 0)), (vec![1], Filing::Filed));
    scene.cache.write(noon(), |writer| writer.outbox_sending(&id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&id, Wedge::ChangedSince)).unwrap();
    assert_eq!(places(&scene), [0, 1]);
    scene.cache.write(noon(), |writer| writer.document_give_up(&photo(0), &osei())).unwrap();
    assert_eq!(state(&scene, 0), Filing::Unfiled);
}
