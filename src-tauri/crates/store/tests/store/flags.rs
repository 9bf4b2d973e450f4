//! Red flags: what a patient's words say raises what is shown, whatever the server says; a person's word holds for
//! the text that it was about.

use tern_inbox::{
    arrival::Kind,
    ids::ThreadId,
    moves::Move,
    queue::Queue,
    red_flags::Category,
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::{Acknowledged, Moving, Precision};

use crate::scene::*;

const CHEST: &str = "Since lunch I have a crushing pain in my chest and my left arm is numb";

/// Ana writes of a pain in the chest; the portal calls it routine.
fn chest() -> Scene {
    let scene = Scene::new();
    scene.apply(Kind::Communication, vec![thread("chest"), message("m1", "chest", 0, CHEST)]);
    scene.apply(Kind::Task, vec![work_item("t1", "chest", "m1")]);
    scene
}

fn envelope(scene: &Scene) -> tern_inbox::envelope::Envelope {
    scene.cache.read(|reader| reader.envelope(&"chest".into(), noon())).unwrap().unwrap()
}

fn decides(scene: &Scene, urgency: Urgency) {
    let moving = Moving {
        rows: vec![(ThreadId::from("chest"), Urgency::Emergency)],
        may_lower: true,
        author: osei(),
        change: Move::Urgency { urgency, lowered: None },
        notes: Vec::new(),
        not_before: noon(),
    };
    scene.cache.write(noon(), |writer| writer.move_threads(&moving, &physician())).unwrap();
}

#[test]
fn a_patients_words_raise_a_routine_item_and_say_which_rule_did() {
    let scene = chest();
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
    let envelope = envelope(&scene);
    assert!(envelope.urgency >= Urgency::Urgent);
    let first = envelope.flags.first().expect("a rule");
    assert_eq!(first.category, Category::ChestHeart);
    let words = first.words.as_ref().expect("words").reveal();
    assert!(words.contains("chest") && words.chars().count() <= 60, "{words}");
}

#[test]
fn words_that_came_after_their_work_item_raise_it_as_well() {
    let scene = Scene::new();
    scene.apply(Kind::Communication, vec![thread("chest")]);
    scene.apply(Kind::Task, vec![work_item("t1", "chest", "m1")]);
    assert_eq!(scene.queue(&Queue::Urgent), [""; 0]);
    scene.apply(Kind::Communication, vec![message("m1", "chest", 0, CHEST)]);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
}

#[test]
fn what_no_work_item_names_and_what_cannot_be_read_is_urgent_too() {
    let scene = Scene::new();
    scene.apply(Kind::Task, vec![]);
    scene.apply(Kind::Communication, vec![thread("chest"), message("m1", "chest", 0, CHEST)]);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
    assert_eq!(scene.queue(&Queue::Unsorted), ["chest"]);
}

#[test]
fn a_person_lowers_it_for_this_text_and_the_next_one_is_judged_anew() {
    let scene = chest();
    decides(&scene, Urgency::SameDay);
    assert_eq!(scene.queue(&Queue::Urgent), [""; 0]);
    assert_eq!(envelope(&scene).urgency, Urgency::SameDay);
    assert!(envelope(&scene).flags.is_empty(), "nothing says urgent any more");

    // The server has it; its echo brings the same, and nothing is raised again.
    let row = scene.cache.read(|reader| reader.outbox()).unwrap().remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &Acknowledged::default())).unwrap();
    assert_eq!(envelope(&scene).urgency, Urgency::SameDay);

    scene.apply(Kind::Communication, vec![message("m2", "chest", 5, "Now I cannot breathe any more")]);
    scene.apply(Kind::Task, vec![work_item("t2", "chest", "m2")]);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"], "a new text");
}

#[test]
fn another_machines_word_holds_here_too() {
    let scene = chest();
    let theirs = chest();
    decides(&theirs, Urgency::Routine);
    let lowered = theirs.cache.read(|reader| reader.work_item(&"t1".into())).unwrap().unwrap().lowered;
    assert_eq!(lowered.as_ref().map(|lowered| &lowered.by), Some(&osei()));
    scene.apply(Kind::Task, vec![of_item(WorkItem { lowered, ..an_item("t1", "chest", "m1") }, 2)]);
    assert_eq!(scene.queue(&Queue::Urgent), [""; 0]);
}

#[test]
fn a_lowering_is_about_what_was_shown_and_leaves_what_came_since() {
    let scene = chest();
    // Shown as urgent at most; since then the second message has come, an emergency.
    let moving = Moving {
        rows: vec![(ThreadId::from("chest"), Urgency::Routine)],
        may_lower: true,
        author: osei(),
        change: Move::Urgency { urgency: Urgency::Routine, lowered: None },
        notes: Vec::new(),
        not_before: noon(),
    };
    let decides =
        |moving: &Moving| scene.cache.write(noon(), |writer| writer.move_threads(moving, &physician())).unwrap();
    let moved = decides(&moving);
    assert_eq!((moved.threads.len(), moved.left), (0, vec![ThreadId::from("chest")]));
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
    // Nor does somebody lower it who may not, whatever they were shown.
    let rows = vec![(ThreadId::from("chest"), Urgency::Emergency)];
    assert_eq!(decides(&Moving { rows, may_lower: false, ..moving }).threads.len(), 0);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
}

#[test]
fn every_message_that_waits_is_judged_whatever_names_it() {
    // Two without a work item: the second is the emergency.
    let scene = Scene::new();
    scene.apply(Kind::Task, vec![]);
    scene.apply(Kind::Communication, vec![thread("chest"), message("m1", "chest", 0, "A refill, please")]);
    scene.apply(Kind::Communication, vec![message("m2", "chest", 1, CHEST)]);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);

    // A Task that names the thread alone.
    let scene = Scene::new();
    scene.apply(Kind::Communication, vec![thread("chest"), message("m1", "chest", 0, CHEST)]);
    scene.apply(Kind::Task, vec![of_item(WorkItem { message: None, ..an_item("t1", "chest", "m1") }, 1)]);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
}

#[test]
fn words_that_are_no_one_elses_business_are_shown_by_no_other_rule() {
    let scene = Scene::new();
    let words = "I took 30 of my pills and I want to die";
    scene.apply(Kind::Communication, vec![thread("chest"), message("m1", "chest", 0, words)]);
    scene.apply(Kind::Task, vec![work_item("t1", "chest", "m1")]);
    let envelope = envelope(&scene);
    assert!(envelope.flags.iter().any(|found| found.category == Category::SelfHarm));
    assert!(envelope.flags.iter().all(|found| found.words.is_none()), "{:?}", envelope.flags);
}

#[test]
fn a_rule_is_counted_by_what_people_did_with_its_matches() {
    let scene = chest();
    let rule = envelope(&scene).flags.first().expect("a rule").rule.clone();
    let counted = |scene: &Scene| scene.cache.read(|reader| reader.precision()).unwrap().get(&rule).copied();
    assert_eq!(counted(&scene), None, "nobody has judged it yet");
    decides(&scene, Urgency::SameDay);
    assert_eq!(counted(&scene), Some(Precision { judged: 1, lowered: 1 }));

    let scene = chest();
    let done = WorkItem { status: WorkStatus::Completed, ..an_item("t1", "chest", "m1") };
    scene.apply(Kind::Task, vec![of_item(done, 2)]);
    assert_eq!(counted(&scene), Some(Precision { judged: 1, lowered: 0 }));
}
