//! What is said inside the practice: where it stands, and what becomes of it when something is taken back.

use tern_inbox::{
    ids::ThreadId,
    message::{Audience, Authorship, Delivery, Message, Thread},
    outbox::{Intent, OutboxRow, Wedge},
    queue::Queue,
    touch::{Destination, Outcome},
};
use tern_store::{Ended, Ending, Note, StoreError};

use crate::scene::*;

fn beside() -> Thread {
    Thread { patient: None, audience: Audience::Internal, about: Some("cough".into()), ..a_thread("note") }
}

fn first(id: &str) -> Note {
    Note { open: Some(beside()), message: a_reply(id, "note") }
}

fn next(message: Message) -> Note {
    Note { open: None, message }
}

fn ends(scene: &Scene, outcome: Outcome, notes: Vec<Note>) -> Ended {
    let ending = Ending { outcome, reply: None, notes, ..replying("", "cough", &["t1"]) };
    scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap()
}

fn row_of(scene: &Scene, message: &str) -> OutboxRow {
    scene.cache.read(|reader| reader.outbox_of_message(&message.into())).unwrap().unwrap()
}

fn said(scene: &Scene) -> Vec<String> {
    scene.view("cough").notes.iter().map(|note| note.message.id.to_string()).collect()
}

/// Dr Osei hands a draft over, and the server refuses what she says with it.
fn handed_over() -> (Scene, Ended) {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let draft = Message { authorship: Authorship::Draft, text: a_draft("r1", "cough").text, ..a_reply("n2", "note") };
    let to = Destination::Member { member: mia() };
    let ended = ends(&scene, Outcome::Routed { to }, vec![first("n1"), next(draft)]);
    let opening = ended.rows.iter().find(|row| matches!(row.intent, Intent::OpenThread { .. })).unwrap();
    let refuse = |writer: &mut tern_store::Writer<'_>| {
        writer.outbox_sending(&opening.id)?;
        writer.outbox_wedged(&opening.id, Wedge::Refused { status: 422, code: None })
    };
    scene.cache.write(noon(), refuse).unwrap();
    (scene, ended)
}

#[test]
fn a_draft_that_was_handed_over_is_an_answer_that_is_not_sent_and_a_note_is_none() {
    let (scene, _) = handed_over();
    let unsent = scene.cache.read(|reader| reader.unsent_replies(&osei())).unwrap();
    let of: Vec<_> = unsent.iter().map(|one| (one.thread.as_str(), one.patient_name.reveal(), one.leaves)).collect();
    assert_eq!(of, [("cough", "Leo Ruiz", false)]);
}

#[test]
fn all_that_was_said_in_a_thread_that_is_refused_says_so_where_the_patient_is() {
    let (scene, _) = handed_over();
    assert_eq!((row_of(&scene, "n1").delivery, row_of(&scene, "n2").delivery), (Delivery::Wedged, Delivery::Wedged));
    assert_eq!(scene.queue(&Queue::Unsent), ["cough"], "and not under a name of its own");
}

#[test]
fn a_draft_that_is_thrown_away_on_its_way_is_its_authors_again_and_the_rest_goes_on() {
    let (scene, ended) = handed_over();
    let moves = ended.rows.iter().filter(|row| matches!(row.intent, Intent::Move { .. })).count();
    scene.cache.write(noon(), |writer| writer.outbox_discard(&row_of(&scene, "n2").id)).unwrap();
    assert_eq!(said(&scene), ["n1"]);
    assert_eq!(scene.view("cough").draft.map(|draft| draft.text), Some(a_draft("r1", "cough").text));
    let waiting = scene.cache.read(|reader| reader.outbox()).unwrap();
    assert_eq!(waiting.iter().filter(|row| matches!(row.intent, Intent::Move { .. })).count(), moves);

    // With the last word the thread goes that would have held it.
    scene.cache.write(noon(), |writer| writer.outbox_discard(&row_of(&scene, "n1").id)).unwrap();
    let waiting = scene.cache.read(|reader| reader.outbox()).unwrap();
    assert!(!waiting.iter().any(|row| matches!(row.intent, Intent::OpenThread { .. })), "{waiting:?}");
    assert!(scene.queue(&Queue::Unsent).is_empty());
}

#[test]
fn what_was_said_meanwhile_stays_when_what_opened_its_thread_is_undone() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    let ended = ends(&scene, Outcome::PutBack { reason: "the lab first".into() }, vec![first("n1")]);
    let about = ThreadId::from("cough");
    scene.cache.write(noon(), |writer| writer.write_note(&next(a_reply("n2", "note")), &about, &osei())).unwrap();
    scene.cache.write(noon(), |writer| writer.undo(&ended.group)).unwrap();
    assert_eq!(said(&scene), ["n2"]);
    let ready: Vec<_> = scene.ready(noon()).into_iter().map(|row| row.intent).collect();
    assert!(ready.iter().any(|intent| matches!(intent, Intent::OpenThread { .. })), "{ready:?}");
}

#[test]
fn a_note_is_no_reply_that_could_be_edited_as_one() {
    let (scene, _) = handed_over();
    let edit = |writer: &mut tern_store::Writer<'_>| writer.outbox_edit(&row_of(&scene, "n2").id, "fresh".into());
    assert!(matches!(scene.cache.write(noon(), edit), Err(StoreError::NotFound(_))));
    assert_eq!(said(&scene), ["n1", "n2"]);
}
