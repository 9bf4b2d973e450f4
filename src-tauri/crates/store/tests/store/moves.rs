//! Decided on the list: several rows at once, undone as one, and what somebody is at work on stays.

use tern_inbox::{
    arrival::Kind,
    ids::ThreadId,
    message::Delivery,
    moves::Move,
    outbox::{Intent, OutboxRow, Wedge},
    queue::Queue,
    work_item::{Urgency, WaitingFor, WorkItem, WorkStatus},
};
use tern_store::{Acknowledged, Moved, Moving, StoreError};

use crate::scene::*;

const REFILLS: &str = "urn:practice|refills";

/// Ana's cough, and a rash of another day, both with the nurses.
fn two_rows() -> Scene {
    let scene = Scene::with_cough();
    scene.apply(Kind::Communication, vec![thread("rash"), message("m2", "rash", 1, "A rash on the arm")]);
    scene.apply(Kind::Task, vec![work_item("t2", "rash", "m2")]);
    scene
}

fn decides(scene: &Scene, threads: &[&str], change: Move) -> Moved {
    let moving = Moving {
        rows: threads.iter().map(|thread| (ThreadId::from(*thread), Urgency::Routine)).collect(),
        may_lower: true,
        author: osei(),
        change,
        notes: Vec::new(),
        not_before: noon(),
    };
    scene.cache.write(noon(), |writer| writer.move_threads(&moving, &physician())).unwrap()
}

fn to_refills() -> Move {
    Move::Pool { pool: REFILLS.to_owned() }
}

fn item(scene: &Scene, thread: &str) -> WorkItem {
    scene.view(thread).items.remove(0)
}

fn rows(scene: &Scene) -> Vec<OutboxRow> {
    scene.cache.read(|reader| reader.outbox()).unwrap()
}

#[test]
fn rows_that_are_routed_together_move_at_once_and_come_back_together() {
    let scene = two_rows();
    let moved = decides(&scene, &["cough", "rash"], to_refills());
    assert_eq!(moved.threads.len(), 2);
    assert_eq!(item(&scene, "cough").pool.as_deref(), Some(REFILLS));
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), [""; 0]);

    let undone = scene.cache.write(noon(), |writer| writer.undo(&moved.group.clone().unwrap())).unwrap();
    assert_eq!(undone.threads, [ThreadId::from("cough"), ThreadId::from("rash")]);
    assert_eq!(item(&scene, "rash").pool.as_deref(), Some(NURSES));
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), ["cough", "rash"]);
    assert!(rows(&scene).is_empty());
    let twice = scene.cache.write(noon(), |writer| writer.undo(&moved.group.unwrap()));
    assert!(matches!(twice, Err(StoreError::NotFound(_))));
}

#[test]
fn once_one_of_them_left_none_can_be_taken_back() {
    let scene = two_rows();
    let moved = decides(&scene, &["cough", "rash"], to_refills());
    let first = rows(&scene).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&first.id)).unwrap();
    let undo = || scene.cache.write(noon(), |writer| writer.undo(&moved.group.clone().unwrap()));
    assert!(matches!(undo(), Err(StoreError::HasLeft)));
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&first.id, &Acknowledged::default())).unwrap();
    assert!(matches!(undo(), Err(StoreError::HasLeft)), "gone is not taken back");
    assert_eq!(item(&scene, "cough").pool.as_deref(), Some(REFILLS), "the server's, now");
}

#[test]
fn what_somebody_is_at_work_on_stays_and_is_named_but_anybody_may_say_how_urgent_it_is() {
    let scene = two_rows();
    let mias = WorkItem { owner: Some(mia()), status: WorkStatus::InProgress, ..an_item("t1", "cough", "m1") };
    scene.apply(Kind::Task, vec![of_item(mias, 2)]);
    let moved = decides(&scene, &["cough", "rash"], to_refills());
    assert_eq!(moved.threads, [ThreadId::from("rash")]);
    assert_eq!(moved.held, [(ThreadId::from("cough"), mia())]);

    let urgent = decides(&scene, &["cough"], Move::Urgency { urgency: Urgency::Urgent, lowered: None });
    assert_eq!(urgent.threads, [ThreadId::from("cough")]);
    assert_eq!(item(&scene, "cough").urgency, Urgency::Urgent);
    assert_eq!(item(&scene, "cough").owner, Some(mia()), "and she keeps it");
    assert_eq!(scene.queue(&Queue::Urgent), ["cough"]);
}

#[test]
fn what_stands_there_already_makes_no_write() {
    let scene = two_rows();
    let moved = decides(&scene, &["cough"], Move::Pool { pool: NURSES.to_owned() });
    assert_eq!((moved.group, moved.threads), (None, Vec::new()));
    assert!(rows(&scene).is_empty());
}

#[test]
fn a_patient_who_is_to_be_called_stands_on_the_call_list_alone() {
    let scene = two_rows();
    decides(&scene, &["cough"], Move::Await { what: WaitingFor::Call, pool: None });
    assert_eq!(scene.queue(&Queue::Calls), ["cough"]);
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), ["rash"]);
}

#[test]
fn a_move_that_came_second_stands_in_unsent_and_moves_what_stands_there_now_when_told_again() {
    let scene = two_rows();
    decides(&scene, &["cough"], to_refills());
    let row = rows(&scene).remove(0);
    let lost = Wedge::ClaimLost { to: None };
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, lost)).unwrap();
    let desk = WorkItem { pool: Some("urn:practice|desk".to_owned()), ..an_item("t1", "cough", "m1") };
    scene.apply(Kind::Task, vec![of_item(desk, 2)]);
    assert_eq!(scene.queue(&Queue::Unsent), ["cough"]);
    assert_eq!(item(&scene, "cough").pool.as_deref(), Some("urn:practice|desk"), "whoever was first");

    scene.cache.write(noon(), |writer| writer.stuck_retry(&"cough".into(), &osei())).unwrap();
    let again = rows(&scene).remove(0);
    assert_eq!(again.delivery, Delivery::Queued);
    let Intent::Move { seen, .. } = again.intent else { panic!("a move") };
    assert_eq!(seen.pool.as_deref(), Some("urn:practice|desk"), "she has seen it");
    assert_eq!(item(&scene, "cough").pool.as_deref(), Some(REFILLS));
}
