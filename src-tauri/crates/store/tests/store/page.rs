//! Pages as real servers send them: repeated, out of order, half unreadable, with echoes and second copies of
//! our own writes.

use crate::scene::*;
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::PoolId,
    message::Delivery,
    queue::Queue,
    work_item::{Urgency, WorkStatus},
};
use tern_store::{Acknowledged, StoreError, Tag};

fn nurses() -> Queue {
    Queue::Pool(PoolId::from("nurses"))
}

fn texts(scene: &Scene, thread: &str) -> Vec<String> {
    scene.view(thread).messages.iter().map(|placed| placed.message.text.reveal().to_owned()).collect()
}

#[test]
fn a_page_that_comes_twice_is_filed_once() {
    let scene = Scene::with_cough();
    let again =
        scene.apply(Kind::Communication, vec![thread("cough"), message("m1", "cough", 0, "Leo coughs at night")]);
    assert_eq!((again.stored, again.dropped), (0, 2));
    assert_eq!(texts(&scene, "cough").len(), 1);
}

#[test]
fn an_old_version_read_late_changes_nothing() {
    let scene = Scene::with_cough();
    scene.apply(Kind::Communication, vec![of_message(a_message("m1", "cough", 0, "He coughs less"), 3)]);
    let stale = scene.apply(Kind::Communication, vec![of_message(a_message("m1", "cough", 0, "an old one"), 2)]);
    assert_eq!(stale.dropped, 1);
    assert_eq!(texts(&scene, "cough"), ["He coughs less"]);
}

#[test]
fn everything_before_what_it_belongs_to_is_shown_once_the_rest_comes() {
    let scene = Scene::new();
    scene.apply(Kind::Task, vec![work_item("t1", "rash", "m9")]);
    scene.apply(Kind::Communication, vec![message("m9", "rash", 3, "A rash since Monday")]);
    scene.apply(Kind::Communication, vec![thread("rash")]);
    let envelope = scene.cache.read(|reader| reader.envelope(&"rash".into(), noon())).unwrap().unwrap();
    assert_eq!(envelope.subject_line.reveal(), "About rash");
    assert_eq!(envelope.waiting_since, noon() + minutes(3));
    assert_eq!(envelope.writer.unwrap().reveal(), "Ana Ruiz");
    assert_eq!(scene.queue(&nurses()), ["rash"]);
}

#[test]
fn a_patient_who_comes_last_gives_the_envelope_its_name() {
    let scene = Scene::with_cough();
    scene.apply(Kind::Patient, vec![Arrival { content: Content::Deleted, version: "2".into(), ..leo() }]);
    let name = |scene: &Scene| {
        let envelope = scene.cache.read(|reader| reader.envelope(&"cough".into(), noon())).unwrap().unwrap();
        envelope.patient_name.reveal().to_owned()
    };
    assert_eq!(name(&scene), "");
    scene.apply(Kind::Patient, vec![Arrival { version: "3".into(), last_updated: Some(noon() + minutes(9)), ..leo() }]);
    assert_eq!(name(&scene), "Leo Ruiz");
}

#[test]
fn a_message_that_cannot_be_read_stands_in_unsorted_and_loses_nobody_else() {
    let scene = Scene::with_cough();
    let applied = scene.apply(Kind::Communication, vec![unreadable("m2", 1), message("m3", "cough", 2, "and fever")]);
    assert_eq!((applied.quarantined, applied.stored), (1, 1));
    let page = scene.cache.read(|reader| reader.envelopes(&Queue::Unsorted, 0, 50, noon())).unwrap();
    let broken = page.envelopes.iter().find(|envelope| envelope.unreadable).unwrap();
    assert_eq!(broken.urgency, Urgency::SameDay);
    assert_eq!(scene.apply(Kind::Communication, vec![unreadable("m2", 1)]).dropped, 1, "once is enough");

    // After an update it can be read: same version, out of quarantine.
    scene.apply(Kind::Communication, vec![message("m2", "cough", 1, "He has a fever")]);
    assert!(scene.cache.read(|reader| reader.quarantined()).unwrap().is_empty());
    assert!(texts(&scene, "cough").contains(&"He has a fever".to_owned()));
    assert!(!scene.queue(&Queue::Unsorted).iter().any(|thread| thread.starts_with("Communication/")));
}

#[test]
fn an_unreadable_version_keeps_the_words_that_were_there() {
    let scene = Scene::with_cough();
    scene.apply(Kind::Communication, vec![unreadable("m1", 2)]);
    assert_eq!(texts(&scene, "cough"), ["Leo coughs at night"]);
    let view = scene.view("cough");
    assert_eq!(view.unreadable.len(), 1);
    let envelope = scene.cache.read(|reader| reader.envelope(&"cough".into(), noon())).unwrap().unwrap();
    assert!(envelope.unreadable && envelope.urgency == Urgency::SameDay);
    assert_eq!(scene.queue(&Queue::Unsorted), ["cough"]);
}

#[test]
fn the_echo_of_a_reply_confirms_it_in_whichever_order() {
    for echo_first in [true, false] {
        let scene = Scene::with_cough();
        let claim = scene.start("cough", &["t1"]).remove(0);
        let ok = Acknowledged::default();
        scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&claim.id, &ok)).unwrap();
        let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
        let send = ended.rows[0].id.clone();
        scene.cache.write(noon(), |writer| writer.outbox_sending(&send)).unwrap();
        // The server gave it an id of its own; the echo is known by its identity.
        let mut echo = of_message(a_reply("r1", "cough"), 1);
        echo.server_id = "srv-1".to_owned();
        let answer =
            Acknowledged { server_id: Some("srv-1".into()), version: Some("1".into()), updated: echo.last_updated };
        if echo_first {
            let applied = scene.apply(Kind::Communication, vec![echo]);
            assert_eq!(applied.confirmed, std::slice::from_ref(&send));
            scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&send, &answer)).unwrap();
        } else {
            scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&send, &answer)).unwrap();
            assert_eq!(scene.apply(Kind::Communication, vec![echo]).stored, 1);
        }
        let view = scene.view("cough");
        assert_eq!(view.messages.len(), 2, "echo first: {echo_first}");
        assert_eq!(view.messages[1].delivery, Some(Delivery::Sent));
        let placed = scene.cache.read(|reader| reader.message(&"r1".into())).unwrap().unwrap();
        assert_eq!((placed.server_id.as_deref(), placed.version.as_deref()), (Some("srv-1"), Some("1")));
        assert!(matches!(scene.ready(noon() + minutes(1))[..], [ref complete] if complete.depends_on.is_empty()));
    }
}

#[test]
fn of_two_copies_of_a_reply_the_earlier_counts_and_the_other_is_to_be_retracted() {
    for ours_is_earlier in [true, false] {
        let scene = Scene::with_cough();
        scene.start("cough", &["t1"]);
        let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
        let send = ended.rows[0].id.clone();
        let copy = |id: &str, at| Arrival {
            server_id: id.to_owned(),
            last_updated: Some(noon() + minutes(at)),
            ..of_message(a_reply("r1", "cough"), 1)
        };
        let (first, second) = if ours_is_earlier { (1, 2) } else { (2, 1) };
        let answer = Acknowledged {
            server_id: Some("srv-a".into()),
            version: Some("1".into()),
            updated: Some(noon() + minutes(first)),
        };
        scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&send, &answer)).unwrap();
        let applied = scene.apply(Kind::Communication, vec![copy("srv-a", first), copy("srv-b", second)]);
        let extra = if ours_is_earlier { "srv-b" } else { "srv-a" };
        assert_eq!(applied.extras[0].server_id, extra);
        let counted = scene.cache.read(|reader| reader.message(&"r1".into())).unwrap().unwrap();
        assert_ne!(counted.server_id.as_deref(), Some(extra));
        assert_eq!(scene.view("cough").messages.len(), 2);
        // The extra comes again, retracted: it stays out.
        let again = scene.apply(Kind::Communication, vec![Arrival { version: "2".into(), ..copy(extra, 30) }]);
        assert_eq!(again.stored, 0);
        assert_eq!(scene.view("cough").messages.len(), 2);
        scene.cache.write(noon(), |writer| writer.extra_retracted(Kind::Communication, extra)).unwrap();
        assert!(scene.cache.read(|reader| reader.extras()).unwrap().is_empty());
    }
}

#[test]
fn two_foreign_rows_with_one_identifier_are_two_rows_and_none_of_them_is_retracted() {
    let scene = Scene::with_cough();
    let of_one_order = |arrival: Arrival| Arrival { identity: Some("urn:uuid:order".to_owned()), ..arrival };
    let tasks = vec![of_one_order(work_item("t2", "cough", "m1")), of_one_order(work_item("t3", "cough", "m1"))];
    let filed = scene.apply(Kind::Task, tasks);
    assert_eq!((filed.stored, filed.extras.len()), (2, 0));
    assert_eq!(scene.view("cough").items.len(), 3);
    let notes = vec![
        of_one_order(message("m2", "cough", 3, "The first leaf")),
        of_one_order(message("m3", "cough", 2, "The second leaf")),
    ];
    let filed = scene.apply(Kind::Communication, notes);
    assert_eq!((filed.stored, filed.extras.len()), (2, 0));
    assert_eq!(texts(&scene, "cough").len(), 3);
    assert!(scene.cache.read(|reader| reader.extras()).unwrap().is_empty());
}

#[test]
fn a_deleted_message_goes_and_a_stale_read_does_not_bring_it_back() {
    let scene = Scene::with_cough();
    let gone = arrival(Kind::Communication, "m1", 2, Content::Deleted);
    assert_eq!(scene.apply(Kind::Communication, vec![gone]).removed, 1);
    assert!(texts(&scene, "cough").is_empty());
    assert_eq!(scene.apply(Kind::Communication, vec![message("m1", "cough", 0, "stale")]).dropped, 1);
    let back = of_message(a_message("m1", "cough", 0, "restored"), 9);
    scene.apply(Kind::Communication, vec![back]);
    assert_eq!(texts(&scene, "cough"), ["restored"]);
}

#[test]
fn a_task_of_another_product_is_none_of_ours_and_one_that_becomes_so_leaves_the_list() {
    let scene = Scene::with_cough();
    assert_eq!(scene.apply(Kind::Task, vec![arrival(Kind::Task, "x", 1, Content::NotOurs)]).dropped, 1);
    assert_eq!(scene.apply(Kind::Task, vec![arrival(Kind::Task, "t1", 2, Content::NotOurs)]).removed, 1);
    assert_eq!(scene.queue(&nurses()), [""; 0]);
}

#[test]
fn a_message_that_nobody_filed_stands_in_unsorted_until_somebody_answers() {
    let scene = Scene::with_cough();
    scene.apply(Kind::Communication, vec![thread("lost"), message("m7", "lost", 5, "Is anybody there?")]);
    assert_eq!(scene.queue(&Queue::Unsorted), ["lost"]);
    let mias = tern_inbox::message::Message {
        sender: Some(tern_inbox::party::Party { reference: mia(), display: "Mia Tran".into() }),
        ..a_message("m8", "lost", 6, "Yes.")
    };
    scene.apply(Kind::Communication, vec![of_message(mias, 1)]);
    assert_eq!(scene.queue(&Queue::Unsorted), [""; 0]);
}

#[test]
fn messages_that_came_before_the_first_tasks_are_looked_through_afterwards() {
    let scene = Scene::new();
    let page = tern_store::Page {
        kind: Kind::Communication,
        arrivals: vec![
            thread("lost"),
            message("m7", "lost", 5, "Is anybody there?"),
            thread("cough"),
            message("m1", "cough", 0, "cough"),
        ],
        cursor: None,
    };
    scene.cache.write_bulk(noon(), |writer| writer.apply_page(&page)).unwrap();
    assert_eq!(scene.queue(&Queue::Unsorted), [""; 0], "before the first tasks nothing is said");
    scene.apply(Kind::Task, vec![work_item("t1", "cough", "m1")]);
    while scene.cache.write_bulk(noon(), |writer| writer.find_unplaced(1)).unwrap() {}
    assert_eq!(scene.queue(&Queue::Unsorted), ["lost"]);
}

#[test]
fn the_server_row_that_arrives_meanwhile_lies_under_what_we_are_doing() {
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    let urgent = tern_inbox::work_item::WorkItem { urgency: Urgency::Urgent, ..an_item("t1", "cough", "m1") };
    scene.apply(Kind::Task, vec![of_item(urgent, 2)]);
    let item = &scene.view("cough").items[0];
    assert_eq!((item.urgency, item.status, &item.owner), (Urgency::Urgent, WorkStatus::InProgress, &Some(osei())));
    let mias = tern_inbox::work_item::WorkItem {
        owner: Some(mia()),
        status: WorkStatus::InProgress,
        modified: noon() + minutes(1),
        ..an_item("t1", "cough", "m1")
    };
    scene.apply(Kind::Task, vec![of_item(mias, 3)]);
    assert_eq!(scene.view("cough").items[0].owner, Some(mia()), "somebody else holds it");
}

#[test]
fn most_urgent_comes_first_then_what_is_due_then_what_waits_longest() {
    let scene = Scene::new();
    let mut tasks = Vec::new();
    let mut add = |id: &str, urgency, due: Option<i64>, minute| {
        scene.apply(Kind::Communication, vec![thread(id), message(&format!("{id}-m"), id, minute, "text")]);
        let item = tern_inbox::work_item::WorkItem {
            urgency,
            due: due.map(|due| noon() + minutes(due)),
            ..an_item(&format!("{id}-t"), id, &format!("{id}-m"))
        };
        tasks.push(of_item(item, 1));
    };
    add("late", Urgency::Routine, None, 2);
    add("early", Urgency::Routine, None, 1);
    add("due", Urgency::Routine, Some(60), 3);
    add("chest", Urgency::Emergency, None, 4);
    scene.apply(Kind::Task, tasks);
    assert_eq!(scene.queue(&nurses()), ["chest", "due", "early", "late"]);
    assert_eq!(scene.queue(&Queue::Urgent), ["chest"]);
    let next = scene.cache.read(|reader| reader.next_envelope(&nurses(), &"due".into(), noon())).unwrap();
    assert_eq!(next.unwrap().thread.as_str(), "early");
    let last = scene.cache.read(|reader| reader.next_envelope(&nurses(), &"late".into(), noon())).unwrap();
    assert_eq!(last, None);
}

#[test]
fn a_page_that_fails_moves_no_cursor_and_says_nothing() {
    let scene = Scene::new();
    let mut feed = scene.cache.subscribe();
    let page = tern_store::Page {
        kind: Kind::Communication,
        arrivals: vec![thread("cough")],
        cursor: Some(tern_store::Cursor { position: Some(noon() + minutes(5)), ..Default::default() }),
    };
    let failed: Result<(), StoreError> = scene.cache.write_bulk(noon(), |writer| {
        writer.apply_page(&page)?;
        Err(StoreError::DiskFull)
    });
    assert!(matches!(failed, Err(StoreError::DiskFull)));
    assert!(feed.try_recv().is_err());
    scene.cache.write_bulk(noon(), |writer| writer.apply_page(&page)).unwrap();
    let changes = feed.try_recv().unwrap();
    assert!(changes.tags.contains(&Tag::Status) && changes.touches(&"cough".into()));
    let cursor = scene.cache.read(|reader| reader.cursor(Kind::Communication)).unwrap();
    assert_eq!(cursor.position, Some(noon() + minutes(5)));
}
