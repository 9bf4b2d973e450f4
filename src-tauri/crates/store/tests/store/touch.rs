//! One touch through the cache: start, draft, reply, undo, and the same key pressed twice.

use crate::scene::*;
use chrono::TimeDelta;
use tern_inbox::{
    ids::{PoolId, ThreadId},
    message::{Authorship, Delivery},
    outbox::{Intent, Wedge},
    queue::Queue,
    touch::{Destination, Outcome, Touch},
    work_item::WorkStatus,
};
use tern_store::{Acknowledged, Draft, Ending, StoreError, Unsent};

fn nurses() -> Queue {
    Queue::Pool(PoolId::from("nurses"))
}

#[test]
fn anas_message_stands_in_the_list_without_its_text() {
    let scene = Scene::with_cough();
    let page = scene.cache.read(|reader| reader.envelopes(&nurses(), 0, 50, noon())).unwrap();
    let envelope = &page.envelopes[0];
    assert_eq!(envelope.patient_name.reveal(), "Leo Ruiz");
    assert_eq!(envelope.writer.as_ref().unwrap().reveal(), "Ana Ruiz");
    assert_eq!(envelope.subject_line.reveal(), "About cough");
    assert_eq!(envelope.waiting_since, noon());
    assert_eq!(scene.queue(&Queue::Mine), ["cough"], "Dr Osei answers for the pool");
    let counts = scene.cache.read(|reader| reader.counts()).unwrap();
    assert!(counts.iter().any(|count| count.queue == nurses() && count.total == 1 && count.oldest == Some(noon())));
}

#[test]
fn start_shows_the_claim_before_the_server_knows_of_it() {
    let scene = Scene::with_cough();
    let claims = scene.start("cough", &["t1"]);
    assert!(matches!(&claims[..], [row] if row.intent == Intent::Claim { item: "t1".into() }));
    let view = scene.view("cough");
    assert_eq!(view.items[0].owner, Some(osei()));
    assert_eq!(view.items[0].status, WorkStatus::InProgress);
    assert_eq!(view.touch.unwrap().state, Touch::Started);
    let on_server = scene.cache.read(|reader| reader.work_item_on_server(&"t1".into())).unwrap().unwrap();
    assert_eq!(on_server.row.owner, None);
    assert!(scene.start("cough", &["t1"]).is_empty(), "started twice is started once");
    let envelope = scene.cache.read(|reader| reader.envelope(&"cough".into(), noon())).unwrap().unwrap();
    assert_eq!(envelope.held.unwrap().1.reveal(), "Dr Amara Osei");
}

#[test]
fn a_reply_is_queued_with_everything_that_belongs_to_it() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let intents: Vec<_> = ended.rows.iter().map(|row| &row.intent).collect();
    assert!(matches!(intents[..], [Intent::Send { .. }, Intent::Complete { reply: Some(_), .. }]));
    let view = scene.view("cough");
    assert_eq!(view.messages[1].delivery, Some(Delivery::Queued));
    assert_eq!(view.items[0].status, WorkStatus::Completed);
    assert_eq!(view.draft, None);
    assert_eq!(scene.queue(&nurses()), [""; 0]);
    assert_eq!(scene.queue(&Queue::Unsent), ["cough"]);
}

#[test]
fn a_double_press_is_one_reply() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    let ending = replying("r1", "cough", &["t1"]);
    let first = scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
    let second = scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
    assert_eq!(first.group, second.group);
    assert_eq!(scene.view("cough").messages.len(), 2);
    assert_eq!(scene.cache.read(|reader| reader.outbox()).unwrap().len(), 3);
}

#[test]
fn nothing_leaves_before_the_undo_seconds_are_over_and_undo_brings_the_words_back() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claim.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &Acknowledged::default())).unwrap();
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    assert!(scene.ready(noon() + TimeDelta::seconds(9)).is_empty());
    let due = scene.cache.read(|reader| reader.outbox_next_due(&osei())).unwrap();
    assert_eq!(due, Some(noon() + TimeDelta::seconds(10)));

    let undone = scene.cache.write(noon(), |writer| writer.undo(&ended.group)).unwrap();
    assert_eq!(undone.draft.unwrap().text.reveal(), "Give him water and rest");
    let view = scene.view("cough");
    assert_eq!(view.messages.len(), 1);
    assert_eq!(view.draft.unwrap().message.as_str(), "r1");
    assert_eq!(view.touch.unwrap().state, Touch::Started);
    assert_eq!(view.items[0].owner, Some(osei()), "the claim is still hers");
    assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty());
}

#[test]
fn words_that_come_back_stand_before_what_is_being_typed_by_then() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claim.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &Acknowledged::default())).unwrap();
    let typed = Draft { text: "And call me on Friday".into(), ..a_draft("r2", "cough") };
    let both = "Give him water and rest\n\nAnd call me on Friday";

    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    scene.cache.write(noon(), |writer| writer.save_draft(&typed)).unwrap();
    let undone = scene.cache.write(noon(), |writer| writer.undo(&ended.group)).unwrap();
    assert_eq!(undone.draft.unwrap().text.reveal(), both);
    assert_eq!(scene.view("cough").draft.unwrap().text.reveal(), both);

    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let send = scene.ready(noon() + minutes(1)).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&send.id)).unwrap();
    let refused = Wedge::Refused { status: 422, code: None };
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&send.id, refused)).unwrap();
    scene.cache.write(noon(), |writer| writer.save_draft(&typed)).unwrap();
    let draft = scene.cache.write(noon(), |writer| writer.outbox_edit(&send.id, "r3".into())).unwrap();
    assert_eq!(draft.text.reveal(), both);
    assert_eq!(scene.view("cough").draft.unwrap().text.reveal(), both);
}

#[test]
fn undo_is_refused_once_the_reply_was_taken() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claim.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &Acknowledged::default())).unwrap();
    let send = scene.ready(noon() + TimeDelta::seconds(10)).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&send.id)).unwrap();
    let late = scene.cache.write(noon(), |writer| writer.undo(&ended.group));
    assert!(matches!(late, Err(StoreError::HasLeft)));
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&send.id, &Acknowledged::default())).unwrap();
    let later = scene.cache.write(noon(), |writer| writer.undo(&ended.group));
    assert!(matches!(later, Err(StoreError::HasLeft)), "the rest is still queued, but the reply is out");
    assert_eq!(scene.view("cough").messages[1].delivery, Some(Delivery::Sent));
}

#[test]
fn put_back_keeps_the_draft_and_says_why_in_a_thread_of_the_practice() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let internal = tern_inbox::message::Thread {
        patient: None,
        audience: tern_inbox::message::Audience::Internal,
        about: Some("cough".into()),
        ..a_thread("note")
    };
    let ending = Ending {
        outcome: Outcome::PutBack { reason: "needs the X-ray first".into() },
        reply: None,
        notes: vec![tern_store::Note { open: Some(internal), message: a_reply("n1", "note") }],
        ..replying("", "cough", &["t1"])
    };
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
    assert!(matches!(
        ended.rows.iter().map(|row| &row.intent).collect::<Vec<_>>()[..],
        [Intent::OpenThread { .. }, Intent::Send { .. }, Intent::Release { .. }]
    ));
    let view = scene.view("cough");
    assert_eq!(view.items[0].owner, None);
    assert!(view.draft.is_some());
    assert_eq!(view.messages.len(), 1, "the reason is never in what the patient can read");
    assert_eq!(view.notes.iter().map(|note| note.message.id.as_str()).collect::<Vec<_>>(), ["n1"], "it stands beside");
    assert_eq!(scene.queue(&nurses()), ["cough"]);
    let notes = scene.cache.read(|reader| reader.internal_threads(&"cough".into())).unwrap();
    assert_eq!(notes[0].id, ThreadId::from("note"));
}

#[test]
fn a_draft_that_is_handed_over_goes_along_and_comes_back_with_undo() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let internal = tern_inbox::message::Thread {
        patient: None,
        audience: tern_inbox::message::Audience::Internal,
        about: Some("cough".into()),
        ..a_thread("note")
    };
    let draft = tern_inbox::message::Message {
        authorship: tern_inbox::message::Authorship::Draft,
        text: a_draft("r1", "cough").text,
        ..a_reply("n2", "note")
    };
    let note = |open, message| tern_store::Note { open, message };
    let ending = Ending {
        outcome: Outcome::Routed { to: Destination::Member { member: mia() } },
        reply: None,
        notes: vec![note(Some(internal), a_reply("n1", "note")), note(None, draft)],
        ..replying("", "cough", &["t1"])
    };
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
    let view = scene.view("cough");
    assert!(view.draft.is_none(), "it is Mia's to go on from");
    let said: Vec<_> = view.notes.iter().map(|note| (note.message.id.as_str(), note.message.authorship)).collect();
    assert_eq!(said, [("n1", Authorship::Person), ("n2", Authorship::Draft)]);
    let first: Vec<_> = scene.ready(noon() + minutes(1)).into_iter().map(|row| row.intent).collect();
    assert!(!first.iter().any(|intent| matches!(intent, Intent::Send { .. })), "its thread is opened first: {first:?}");

    scene.cache.write(noon(), |writer| writer.undo(&ended.group)).unwrap();
    let view = scene.view("cough");
    assert_eq!(view.draft.map(|draft| draft.text), Some(a_draft("r1", "cough").text));
    assert!(view.notes.is_empty());
}

#[test]
fn who_shows_a_thread_is_told_of_a_note_beside_it() {
    let scene = Scene::with_cough();
    let internal = tern_inbox::message::Thread {
        patient: None,
        audience: tern_inbox::message::Audience::Internal,
        about: Some("cough".into()),
        ..a_thread("note")
    };
    let mut changes = scene.cache.subscribe();
    let note = tern_store::Note { open: Some(internal), message: a_reply("n1", "note") };
    scene.cache.write(noon(), |writer| writer.write_note(&note, &"cough".into(), &osei())).unwrap();
    let told = changes.try_recv().unwrap();
    assert!(told.tags.contains(&tern_store::Tag::Thread("cough".into())), "{told:?}");
    let rows: Vec<_> = scene.ready(noon()).into_iter().map(|row| row.intent).collect();
    assert!(matches!(rows[..], [Intent::OpenThread { .. }]), "{rows:?}");
    assert!(scene.view("cough").messages.iter().all(|placed| placed.message.id.as_str() != "n1"));
}

#[test]
fn a_lost_claim_ends_the_touch_and_keeps_reply_and_text() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claim.id)).unwrap();
    let lost = Wedge::ClaimLost { to: Some(mia()) };
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&claim.id, lost)).unwrap();
    let view = scene.view("cough");
    assert!(view.outbox.iter().all(|row| row.delivery == Delivery::Wedged), "nothing goes by itself");
    assert_eq!(view.messages[1].delivery, Some(Delivery::Wedged));
    assert_eq!(view.items[0].status, WorkStatus::Requested, "the screen shows the server's row again");
    assert!(scene.ready(noon() + minutes(60)).is_empty());

    // Send anyway: the claim is given up, the reply goes.
    let reply = view.outbox.iter().find(|row| matches!(row.intent, Intent::Send { .. })).unwrap().id.clone();
    scene.cache.write(noon(), |writer| writer.outbox_retry(&reply)).unwrap();
    let ready = scene.ready(noon() + minutes(1));
    assert!(matches!(ready[0].intent, Intent::Send { touch_began: None, .. }));
}

#[test]
fn a_clock_that_was_put_back_puts_no_reply_before_the_one_before() {
    let scene = Scene::with_cough();
    let sends = |id: &str, at| {
        scene.start("cough", &["t1"]);
        let reply = tern_inbox::message::Message { sent: at, ..a_reply(id, "cough") };
        let ending = Ending { reply: Some(reply), ..replying(id, "cough", &["t1"]) };
        scene.cache.write(at, |writer| writer.end_touch(&ending)).unwrap();
    };
    sends("r1", noon() + minutes(5));
    sends("r2", noon() + minutes(2));
    sends("r3", noon() + minutes(9));
    let view = scene.view("cough");
    let order: Vec<_> = view.messages.iter().map(|placed| placed.message.id.as_str()).collect();
    assert_eq!(order, ["m1", "r1", "r2", "r3"]);
    let sent: Vec<_> = view.messages[1..].iter().map(|placed| placed.message.sent).collect();
    assert_eq!(sent, [noon() + minutes(5), noon() + minutes(5) + TimeDelta::milliseconds(1), noon() + minutes(9)]);
}

#[test]
fn replies_that_are_dated_anew_all_at_once_keep_their_order() {
    let scene = Scene::with_cough();
    let tomorrow = noon() + TimeDelta::days(1);
    for (id, minute) in [("r1", 0), ("r2", 2), ("r3", 4)] {
        scene.start("cough", &["t1"]);
        let at = tomorrow + minutes(minute);
        let reply = tern_inbox::message::Message { sent: at, ..a_reply(id, "cough") };
        let ending = Ending { reply: Some(reply), ..replying(id, "cough", &["t1"]) };
        scene.cache.write(at, |writer| writer.end_touch(&ending)).unwrap();
    }
    // The system put its clock right, so nothing says by how much.
    let now = noon() + minutes(10);
    scene.cache.write(now, |writer| writer.redate(&osei(), TimeDelta::zero(), true)).unwrap();
    let view = scene.view("cough");
    let order: Vec<_> = view.messages.iter().map(|placed| placed.message.id.as_str()).collect();
    assert_eq!(order, ["m1", "r1", "r2", "r3"]);
    let sent: Vec<_> = view.messages[1..].iter().map(|placed| placed.message.sent).collect();
    assert_eq!(sent, [0, 1, 2].map(|after| now + TimeDelta::milliseconds(after)), "by their dates too");
}

#[test]
fn editing_a_wedged_reply_makes_it_a_draft_under_a_new_id() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claim.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &Acknowledged::default())).unwrap();
    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let send = scene.ready(noon() + minutes(1)).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&send.id)).unwrap();
    let refused = Wedge::Refused { status: 422, code: None };
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&send.id, refused)).unwrap();
    let draft = scene.cache.write(noon(), |writer| writer.outbox_edit(&send.id, "r2".into())).unwrap();
    assert_eq!((draft.message.as_str(), draft.text.reveal()), ("r2", "Give him water and rest"));
    let view = scene.view("cough");
    assert_eq!(view.messages.len(), 1);
    assert_eq!(view.touch.unwrap().state, Touch::Started);
    assert!(view.outbox.is_empty());
    assert_eq!(view.items[0].owner, Some(osei()));
}

#[test]
fn editing_an_old_reply_beside_a_newer_touch_leaves_one_touch_open() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &Acknowledged::default())).unwrap();
    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let send = scene.ready(noon() + minutes(1)).remove(0);
    let refused = Wedge::Refused { status: 422, code: None };
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&send.id, refused)).unwrap();
    scene.start("cough", &["t1"]);
    let newer = scene.view("cough").touch.unwrap();

    scene.cache.write(noon(), |writer| writer.outbox_edit(&send.id, "r2".into())).unwrap();
    let open = scene.cache.read(|reader| reader.open_touches(&osei())).unwrap();
    assert_eq!(open, [newer]);
    assert_eq!(scene.view("cough").draft.unwrap().text.reveal(), "Give him water and rest");

    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r2", "cough", &["t1"]))).unwrap();
    assert!(scene.cache.read(|reader| reader.open_touches(&osei())).unwrap().is_empty(), "nothing is left open");
}

#[test]
fn discarding_a_wedged_reply_puts_the_envelope_back_in_the_list() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&claim.id, Wedge::ClaimLost { to: None })).unwrap();
    let reply = scene.cache.read(|reader| reader.outbox_of_message(&"r1".into())).unwrap().unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_discard(&reply.id)).unwrap();
    assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty());
    assert_eq!(scene.queue(&nurses()), ["cough"]);
    assert_eq!(scene.view("cough").touch.unwrap().state, Touch::Waiting);
}

#[test]
fn discarding_a_refused_reply_gives_the_work_item_back() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    let ok = tern_store::Acknowledged::default();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &ok)).unwrap();
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let refused = Wedge::Refused { status: 422, code: None };
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&ended.rows[0].id, refused)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_discard(&ended.rows[0].id)).unwrap();
    let rows = scene.cache.read(|reader| reader.outbox()).unwrap();
    assert!(matches!(&rows[..], [row] if matches!(&row.intent, Intent::Release { item } if item.as_str() == "t1")));
    assert_eq!(scene.queue(&nurses()), ["cough"], "as free as it was");
}

#[test]
fn a_reply_that_arrived_after_all_frees_what_stood_because_of_it() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    let ok = tern_store::Acknowledged::default();
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &ok)).unwrap();
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let send = &ended.rows[0].id;
    scene.cache.write(noon(), |writer| writer.outbox_sending(send)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(send, Wedge::OutcomeUnknown)).unwrap();
    assert!(scene.ready(noon() + minutes(1)).is_empty());
    scene.apply(tern_inbox::arrival::Kind::Communication, vec![of_message(a_reply("r1", "cough"), 1)]);
    let ready = scene.ready(noon() + minutes(1));
    assert!(matches!(&ready[..], [row] if matches!(row.intent, Intent::Complete { .. })), "{ready:?}");
}

#[test]
fn a_claim_that_was_not_renewed_is_back_in_its_pool_after_six_minutes() {
    let scene = Scene::with_cough();
    let held = tern_inbox::work_item::WorkItem {
        owner: Some(mia()),
        status: WorkStatus::InProgress,
        ..an_item("t1", "cough", "m1")
    };
    scene.apply(tern_inbox::arrival::Kind::Task, vec![of_item(held, 2)]);
    assert_eq!(scene.queue(&Queue::Mine), [""; 0], "Mia is on it");
    let later = noon() + minutes(6);
    let lapsed = |now| scene.cache.read(|reader| reader.claims_have_lapsed(now)).unwrap();
    assert!(!lapsed(later - chrono::TimeDelta::microseconds(1)));
    assert!(lapsed(later));
    scene.cache.write(later, |writer| writer.lapse_claims()).unwrap();
    assert!(!lapsed(later), "once");
    assert_eq!(scene.queue_at(&Queue::Mine, later), ["cough"]);
}

#[test]
fn the_counts_beside_the_file_are_numbers_and_nothing_else() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let counts = scene.folder.path().join("inbox.counts.json");
    let read = || serde_json::from_slice::<Unsent>(&std::fs::read(&counts).unwrap()).unwrap();
    assert_eq!(read(), Unsent { replies: 0, drafts: 1 });
    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    assert_eq!(read(), Unsent { replies: 1, drafts: 0 });
    assert!(matches!(scene.cache.forget(), Err(StoreError::Unsent { replies: 1, drafts: 0 })));
}

#[test]
fn the_time_at_work_counts_for_what_is_open_and_a_touch_that_dealt_with_something_is_a_sample() {
    let scene = Scene::with_cough();
    let works = |seconds| scene.cache.write_bulk(noon(), |writer| writer.note_activity(&osei(), seconds)).unwrap();
    let samples = || scene.cache.read(|reader| reader.handling_seconds(&osei(), Some("clinical"), 50)).unwrap();
    works(30);
    scene.start("cough", &["t1"]);
    works(40);
    works(5);
    assert_eq!(samples(), [0; 0], "it is not over");
    let reply = replying("r1", "cough", &["t1"]);
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&reply)).unwrap();
    works(60);
    assert_eq!(samples(), [45]);
    scene.cache.write(noon(), |writer| writer.undo(&ended.group)).unwrap();
    works(10);
    assert_eq!(samples(), [0; 0], "open again");
    scene.cache.write(noon(), |writer| writer.end_touch(&reply)).unwrap();
    assert_eq!(samples(), [55]);
}
