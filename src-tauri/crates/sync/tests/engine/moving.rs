//! Moves arrive once, leave what they don't know as it is, and the second of two is told.

use std::sync::Arc;

use chrono::TimeDelta;
use tern_fhir::exchange::Method;
use tern_inbox::{
    moves::Move,
    outbox::Wedge,
    party::PartyRef,
    queue::Queue,
    touch::{Destination, Outcome},
    work_item::{Urgency, WaitingFor},
};
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

const REFILLS: &str = "https://tern.health/fhir/CodeSystem/pool|refills";
const DESK: &str = "https://tern.health/fhir/CodeSystem/pool|front-desk";

fn pool_of(practice: &Practice, task: &str) -> Option<String> {
    let task = practice.read("Task", task)?;
    let coding = &task["performerType"].as_array()?.last()?["coding"][0];
    Some(format!("{}|{}", coding["system"].as_str()?, coding["code"].as_str()?))
}

fn to(pool: &str) -> Move {
    Move::Pool { pool: pool.to_owned() }
}

#[tokio::test(start_paused = true)]
async fn every_move_is_on_the_server_under_its_version_and_changes_nothing_else() {
    for quirks in [vec![], vec![Quirk::NoPatch], vec![Quirk::PatchIgnoresIfMatch]] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks);
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.looks().await;
        desk.moves(&["t0"], Move::Urgency { urgency: Urgency::Urgent, lowered: None });
        desk.moves(&["t0"], Move::Await { what: WaitingFor::Visit, pool: Some(DESK.to_owned()) });
        desk.has_sent_everything().await;
        let task = practice.read("Task", "t0-w0").expect("the task");
        assert_eq!(task["priority"], "asap");
        assert_eq!(task["status"], "requested");
        assert_eq!(task["businessStatus"]["coding"][0]["code"], "visit");
        assert_eq!(pool_of(&practice, "t0-w0").as_deref(), Some(DESK));
        assert_eq!(task["extension"][0]["valueDecimal"].to_string(), "1.0", "what we don't know stays");

        desk.moves(&["t0"], Move::Member { member: PartyRef::new(people::MIA) });
        desk.has_sent_everything().await;
        let task = practice.read("Task", "t0-w0").expect("the task");
        assert_eq!((&task["status"], &task["owner"]["reference"]), (&"accepted".into(), &people::MIA.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_who_route_the_same_row_the_second_is_told_and_the_first_stands() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;
    // Mia decides on what she saw while she was offline.
    mia.connection.weather(|_| Some(Fault::Offline));
    mia.moves(&["t0"], to(DESK));
    osei.moves(&["t0"], to(REFILLS));
    osei.has_sent_everything().await;
    mia.connection.weather(|_| None);
    mia.until("the news", |reader| {
        Ok(reader.outbox()?.iter().any(|row| matches!(row.wedged, Some(Wedge::ClaimLost { .. }))))
    })
    .await;
    assert_eq!(pool_of(&practice, "t0-w0").as_deref(), Some(REFILLS));
    let unsent = mia.read(|reader| reader.envelopes(&Queue::Unsent, 0, 9, clock_now(&clock)));
    assert_eq!(unsent.total, 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_routes_what_somebody_is_answering() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;
    mia.connection.weather(|_| Some(Fault::Offline));
    mia.moves(&["t0"], to(DESK));
    osei.claims("t0").await;
    mia.connection.weather(|_| None);
    let by_osei = Wedge::ClaimLost { to: Some(PartyRef::new(people::OSEI)) };
    mia.until("who has it", move |reader| Ok(reader.outbox()?.iter().any(|row| row.wedged.as_ref() == Some(&by_osei))))
        .await;
    let task = practice.read("Task", "t0-w0").expect("the task");
    assert_eq!((&task["status"], &task["owner"]["reference"]), (&"in-progress".into(), &people::OSEI.into()));
}

#[tokio::test(start_paused = true)]
async fn a_move_whose_answer_was_lost_is_made_once() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    let mut lost = false;
    desk.connection.weather(move |request| {
        let first = request.method != Method::Get && request.path.starts_with("Task/") && !lost;
        lost |= first;
        first.then_some(Fault::LostAfter)
    });
    desk.moves(&["t0"], to(REFILLS));
    desk.has_sent_everything().await;
    assert_eq!(pool_of(&practice, "t0-w0").as_deref(), Some(REFILLS));
    let writes = desk.connection.log().iter().filter(|line| line.starts_with("PATCH Task/t0-w0")).count();
    assert_eq!(writes, 1, "it was read, and stood there");
}

#[tokio::test(start_paused = true)]
async fn a_touch_that_ends_in_a_route_hands_on_what_it_held() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    desk.ends_as("t0", Outcome::Routed { to: Destination::Pool { pool: REFILLS.to_owned() } }, TimeDelta::zero());
    desk.has_sent_everything().await;
    let task = practice.read("Task", "t0-w0").expect("the task");
    assert_eq!(task["status"], "requested");
    assert_eq!(task.get("owner"), None);
    assert_eq!(pool_of(&practice, "t0-w0").as_deref(), Some(REFILLS));

    desk.claims("t0").await;
    desk.ends_as("t0", Outcome::Call, TimeDelta::zero());
    desk.has_sent_everything().await;
    desk.looks().await;
    let calls = desk.read(|reader| reader.envelopes(&Queue::Calls, 0, 9, clock_now(&clock)));
    assert_eq!(calls.total, 1);
}

fn clock_now(clock: &FakeClock) -> chrono::DateTime<chrono::Utc> {
    tern_sync::clock::Clock::now(clock)
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_portal_gave_no_work_item_gets_one_whichever_machine_sees_it_first() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.remove("Task", "t0-w0");
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    for desk in [&osei, &mia] {
        desk.looks().await;
        desk.until("an unsorted row", |reader| {
            Ok(reader.envelopes(&Queue::Unsorted, 0, 9, clock_now(&clock))?.total == 1)
        })
        .await;
    }
    // Both machines find it at their next round, a few minutes later.
    for desk in [&osei, &mia] {
        desk.until("its work item", |reader| Ok(!reader.work_items(&"t0".into())?.is_empty())).await;
        desk.has_sent_everything().await;
    }
    let tasks = practice.all("Task");
    assert_eq!(tasks.len(), 1, "one, whoever was first");
    assert_eq!(tasks[0]["focus"]["reference"], "Communication/t0");
    assert_eq!(tasks[0]["input"][0]["valueReference"]["reference"], "Communication/t0-m0");
    assert_eq!(osei.claims("t0").await, tern_sync::ClaimOutcome::Ours, "and it can be started");
}
