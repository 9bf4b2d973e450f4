//! The practice's tables: where its messages stand, and until when.

use chrono::{DateTime, TimeZone, Utc};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::ThreadId,
    member::Pool,
    moves::Move,
    outbox::{Intent, Wedge},
    practice_table::{PracticeTable, TableKind},
    queue::Queue,
    work_item::{Urgency, WorkItem},
};
use tern_store::{Acknowledged, Moving, StoreError};

use crate::scene::*;

const DESK: &str = "urn:practice|front-desk";

fn front_desk() -> Arrival {
    let pool = Pool {
        id: "front-desk".into(),
        identifier: DESK.to_owned(),
        name: "Front desk".to_owned(),
        members: vec![osei()],
        responsible: None,
        check_every_hours: None,
    };
    arrival(Kind::CareTeam, "front-desk", 1, Content::Pool(pool))
}

fn table(kind: TableKind, version: u32, text: &str) -> Arrival {
    let table = PracticeTable { kind, text: text.to_owned() };
    arrival(Kind::Library, &kind.id().to_string(), version, Content::Table(table))
}

/// Appointments go to `pool`.
fn triage(version: u32, pool: &str) -> Arrival {
    let text = format!(
        r#"{{"version":1,"turnaround":{{"working-days":2}},
            "categories":[{{"code":"appointment","pool":"{pool}","turnaround":{{"working-minutes":60}}}}],
            "words":[{{"category":"appointment","words":["appointment*"]}}]}}"#
    );
    table(TableKind::Triage, version, &text)
}

/// Open on weekdays from eight to five in Toronto.
fn hours(version: u32) -> Arrival {
    let week: Vec<String> = ["Mon", "Tue", "Wed", "Thu", "Fri"]
        .iter()
        .map(|day| format!(r#"{{"day":"{day}","from":"08:00","to":"17:00"}}"#))
        .collect();
    let text = format!(r#"{{"version":1,"zone":"America/Toronto","weekly":[{}]}}"#, week.join(","));
    table(TableKind::Calendar, version, &text)
}

/// Ana asks for an appointment; the portal made a Task and put it into no pool.
fn asked(item: WorkItem) -> Scene {
    let scene = Scene::new();
    scene.apply(Kind::CareTeam, vec![front_desk()]);
    let thread = tern_inbox::message::Thread {
        subject_line: "An appointment for Leo".into(),
        category: None,
        ..a_thread("visit")
    };
    scene.apply(
        Kind::Communication,
        vec![
            arrival(Kind::Communication, "visit", 1, Content::Thread(thread)),
            message("m1", "visit", 0, "When can we come?"),
        ],
    );
    scene.apply(Kind::Task, vec![of_item(item, 1)]);
    scene
}

fn without_pool() -> WorkItem {
    WorkItem { pool: None, category: None, ..an_item("t1", "visit", "m1") }
}

fn due(scene: &Scene) -> Option<DateTime<Utc>> {
    envelope(scene).due
}

fn envelope(scene: &Scene) -> tern_inbox::envelope::Envelope {
    scene.cache.read(|reader| reader.envelope(&"visit".into(), noon())).unwrap().unwrap()
}

fn moves(scene: &Scene, pool: &str) {
    let moving = Moving {
        rows: vec![(ThreadId::from("visit"), Urgency::Routine)],
        may_lower: false,
        author: osei(),
        change: Move::Pool { pool: pool.to_owned() },
        notes: Vec::new(),
        not_before: noon(),
    };
    scene.cache.write(noon(), |writer| writer.move_threads(&moving, &physician())).unwrap();
}

#[test]
fn what_nobody_put_into_a_pool_stands_where_the_table_says_and_follows_it() {
    let scene = asked(without_pool());
    assert_eq!(scene.queue(&Queue::Unsorted), ["visit"]);
    scene.apply(Kind::Library, vec![triage(1, DESK)]);
    assert_eq!(scene.queue(&Queue::Pool("front-desk".into())), ["visit"]);
    assert_eq!(scene.queue(&Queue::Unsorted), [""; 0]);
    // Whoever may deal with appointments may start it.
    let item = scene.cache.read(|reader| reader.work_item(&"t1".into())).unwrap().unwrap();
    assert_eq!(item.category.as_deref(), Some("appointment"));
    assert_eq!(envelope(&scene).category, item.category);
    scene.apply(Kind::Library, vec![triage(2, NURSES)]);
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), ["visit"]);
    let gone = arrival(Kind::Library, &TableKind::Triage.id().to_string(), 3, Content::Deleted);
    scene.apply(Kind::Library, vec![gone]);
    assert_eq!(scene.queue(&Queue::Unsorted), ["visit"]);
}

#[test]
fn a_person_and_the_server_say_more_than_the_table() {
    let scene = asked(without_pool());
    scene.apply(Kind::Library, vec![triage(1, DESK)]);
    moves(&scene, NURSES);
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), ["visit"]);
    scene.apply(Kind::Library, vec![triage(2, DESK)]);
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), ["visit"], "the move is on its way");

    let scene = asked(without_pool());
    scene.apply(Kind::Library, vec![triage(1, DESK)]);
    moves(&scene, DESK);
    scene.apply(Kind::Library, vec![triage(2, NURSES)]);
    assert_eq!(scene.queue(&Queue::Pool("front-desk".into())), ["visit"], "somebody said what the table had said");

    let scene = asked(an_item("t1", "visit", "m1"));
    scene.apply(Kind::Library, vec![triage(1, DESK)]);
    assert_eq!(scene.queue(&Queue::Pool("nurses".into())), ["visit"]);
}

#[test]
fn a_message_that_nobody_made_a_work_item_of_gets_the_same_one_by_any_table() {
    let scene = asked(without_pool());
    scene.apply(Kind::Library, vec![triage(1, DESK)]);
    scene.apply(Kind::Communication, vec![message("m2", "visit", 1, "Monday would be fine")]);
    let later = noon() + minutes(5);
    assert_eq!(scene.cache.write(later, |writer| writer.place_unplaced(&osei())).unwrap(), 1);
    let item = scene.ready(later).into_iter().find_map(|row| match row.intent {
        Intent::Place { item, .. } => Some(item),
        _ => None,
    });
    let by_two_tables = tern_inbox::work_item::identity("Communication/m2", None);
    assert_eq!(item, Some(by_two_tables), "a machine that has no table yet makes the same one");
}

#[test]
fn due_is_the_categorys_time_in_the_practices_hours() {
    // Noon of that Friday is seven in the morning in Toronto: an hour after eight.
    let nine = Utc.with_ymd_and_hms(2026, 3, 6, 14, 0, 0).unwrap();
    let scene = asked(without_pool());
    scene.apply(Kind::Library, vec![triage(1, DESK)]);
    assert_eq!(due(&scene), None, "nobody knows when they are open");
    scene.apply(Kind::Library, vec![hours(1)]);
    assert_eq!(due(&scene), Some(nine));

    let own = noon() + minutes(400);
    let scene = asked(WorkItem { due: Some(own), ..without_pool() });
    scene.apply(Kind::Library, vec![triage(1, DESK), hours(1)]);
    assert_eq!(due(&scene), Some(own), "the server's own word wins");

    let scene = asked(WorkItem { urgency: Urgency::Emergency, ..without_pool() });
    assert_eq!(due(&scene), Some(noon()), "at once, whatever the hours");
}

#[test]
fn a_table_that_cannot_be_read_changes_nothing_and_says_so() {
    let scene = asked(without_pool());
    let problem = |kind| {
        scene.cache.read(|reader| Ok::<_, StoreError>(reader.practice()?.problem(kind).map(str::to_owned))).unwrap()
    };
    scene.apply(Kind::Library, vec![table(TableKind::Triage, 1, r#"{"version":1,"words":[{"category":"x"}]}"#)]);
    scene.apply(Kind::Library, vec![table(TableKind::Calendar, 1, "Mondays")]);
    let nowhere = r#"{"version":1,"webhook":"http://pager.example/"}"#;
    scene.apply(Kind::Library, vec![table(TableKind::Emergencies, 1, nowhere)]);
    let broken = r#"{"version":1,"rules":[{"id":"own-1","version":1,"category":"breathing","language":"en",
        "raise-to":"urgent","patterns":["appointment (","appointment"],"reviewed-by":"","date":"2026-03-01"}]}"#;
    scene.apply(Kind::Library, vec![table(TableKind::RedFlags, 1, broken)]);
    assert_eq!(scene.queue(&Queue::Urgent), ["visit"], "of a rule's two patterns one can be read");
    for kind in TableKind::ALL {
        assert!(problem(kind).is_some(), "{kind:?}");
    }
    assert!(scene.cache.read(|reader| reader.practice()).unwrap().hours().is_none());
}

#[test]
fn a_changed_rule_judges_what_waits_anew() {
    let scene = asked(without_pool());
    assert_eq!(scene.queue(&Queue::Urgent), [""; 0]);
    let rule = r#"{"version":1,"rules":[{"id":"own-1","version":1,"category":"breathing","language":"en",
        "raise-to":"urgent","patterns":["when can we come"],"reviewed-by":"","date":"2026-03-01"}]}"#;
    scene.apply(Kind::Library, vec![table(TableKind::RedFlags, 1, rule)]);
    assert_eq!(scene.queue(&Queue::Urgent), ["visit"]);
}

#[test]
fn a_change_waits_in_the_outbox_the_next_one_takes_its_place_and_an_answer_puts_it_in_force() {
    let scene = Scene::new();
    let own = |text: &str| PracticeTable { kind: TableKind::Triage, text: text.to_owned() };
    let saves = |text: &str, base: Option<&str>| {
        scene.cache.write(noon(), |writer| writer.save_table(&own(text), base, &osei()))
    };
    let change = || scene.cache.read(|reader| reader.table_change(TableKind::Triage, &osei())).unwrap();
    saves(r#"{"version":1}"#, None).unwrap();
    saves(r#"{"version":1,"words":[]}"#, None).unwrap();
    assert_eq!(scene.ready(noon()).len(), 1);
    let row = change().expect("a change");
    let in_force = || scene.cache.read(|reader| reader.practice_table(TableKind::Triage)).unwrap();
    assert_eq!(in_force(), None, "not before the server has it");

    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    assert!(matches!(saves("{}", None), Err(StoreError::HasLeft)));
    let answer = Acknowledged { server_id: Some("l1".to_owned()), version: Some("1".to_owned()), updated: None };
    scene.cache.write(noon(), |writer| writer.outbox_acknowledged(&row.id, &answer)).unwrap();
    assert_eq!(
        in_force().map(|kept| (kept.version, kept.table.text)),
        Some(("1".to_owned(), r#"{"version":1,"words":[]}"#.to_owned()))
    );
    assert_eq!(change(), None);

    saves("{}", Some("1")).unwrap();
    let row = change().expect("another");
    scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, Wedge::ChangedSince)).unwrap();
    scene.cache.write(noon(), |writer| writer.discard_table(TableKind::Triage, &osei())).unwrap();
    assert_eq!(change(), None);
}
