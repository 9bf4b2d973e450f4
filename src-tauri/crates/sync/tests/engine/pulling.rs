//! What changed on the server, in the cache.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use serde_json::json;
use tern_fhir::exchange::Method;
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::{MessageId, PatientId, ThreadId},
    member::{Member, Role},
};
use tern_sync::status::Connection as Way;
use tern_testkit::{FakeClock, Fault, Quirk, people, scene};

use crate::desk::Desk;

#[tokio::test(start_paused = true)]
async fn a_first_sync_brings_people_threads_messages_and_work() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 7);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;

    let leo = desk.read(|reader| reader.patient(&PatientId::from("leo"))).expect("Leo");
    assert_eq!(leo.record_number.as_deref(), Some("R-1007"));
    let osei = desk.read(|reader| reader.member(&people::osei().reference)).expect("Dr Osei");
    assert_eq!((osei.name.reveal(), osei.role), ("Dr Amara Osei", people::osei().role));
    for number in 0..7 {
        let message = desk.read(|reader| reader.message(&MessageId::new(format!("t{number}-m0"))));
        assert_eq!(message.expect("a message").row.message.text.reveal(), "He has a fever since Tuesday.");
        assert_eq!(desk.open_items(&format!("t{number}")).len(), 1);
    }
    let status = desk.engine().status().borrow().clone();
    assert_eq!(status.connection, Way::Online);
    assert_eq!(status.first_sync, None);
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_it_asks_for_no_patient_and_keeps_no_message() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 7);
    practice.edit("PractitionerRole", "osei", |role| role["code"][0]["coding"][0]["code"] = json!("it"));
    let desk = Desk::opens(&practice, &clock, Member { role: Role::It, ..people::osei() });
    desk.looks().await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    desk.looks().await;

    assert!(desk.read(|reader| reader.patient(&PatientId::from("leo"))).is_none());
    assert!(desk.read(|reader| reader.message(&MessageId::from("t0-m0"))).is_none());
    assert!(desk.open_items("t0").is_empty());
    assert!(!desk.read(|reader| reader.pools()).is_empty(), "the practice's own people and pools are there");
    let of_patients =
        ["GET Patient", "GET RelatedPerson", "GET Task", "GET Communication?_lastUpdated", "GET Communication?_sort"];
    let asked: Vec<String> = desk.connection.log();
    let asked: Vec<_> = asked.iter().filter(|line| of_patients.iter().any(|what| line.starts_with(what))).collect();
    assert!(asked.is_empty(), "{asked:?}");
    assert_eq!(desk.engine().status().borrow().first_sync, None);
}

#[tokio::test(start_paused = true)]
async fn what_changes_later_comes_by_the_history_with_its_deletions() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 3);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;

    tokio::time::sleep(Duration::from_secs(600)).await;
    scene::ana_writes(&practice, "t1", 1, "Now he has a rash, too.");
    practice.remove("Task", "t2-w0");
    practice.edit("Patient", "leo", |leo| leo["name"][0]["given"] = json!(["Leonardo"]));
    desk.looks().await;

    assert_eq!(desk.open_items("t1").len(), 2);
    assert!(desk.open_items("t2").is_empty());
    assert!(desk.read(|reader| reader.patient(&PatientId::from("leo"))).unwrap().name.reveal().contains("Leonardo"));
    assert!(desk.connection.log().iter().any(|line| line.starts_with("GET Task/_history")));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_history_loses_rows_by_comparison() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 5);
    practice.differs([Quirk::NoHistory, Quirk::SmallPages]);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;

    practice.remove("Task", "t2-w0");
    tokio::time::sleep(Duration::from_secs(31 * 60)).await;
    desk.looks().await;
    assert!(desk.open_items("t2").is_empty());
    assert_eq!(desk.open_items("t3").len(), 1, "the others stay");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_a_parameter_is_asked_without_it() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 5);
    practice.differs([Quirk::NoSort, Quirk::NoHistory]);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    assert_eq!(desk.open_items("t4").len(), 1);

    scene::ana_writes(&practice, "t0", 1, "Thank you.");
    desk.looks().await;
    assert_eq!(desk.open_items("t0").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_back_to_themselves_are_left_and_begun_again_behind() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 0);
    for number in 0..9 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        practice.store(people::thread(&format!("t{number}"), "Fever"));
    }
    practice.differs([Quirk::SmallPages, Quirk::NextRepeatsItself]);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    for number in 0..9 {
        let thread = ThreadId::new(format!("t{number}"));
        assert!(desk.read(|reader| reader.thread_on_server(&thread)).is_some(), "t{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_breaks_off_goes_on_where_it_stood() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 20);
    practice.differs([Quirk::SmallPages]);
    let mut desk = Desk::unplugged(&practice, &clock, people::osei());
    let mut pages = 0;
    desk.connection.weather(move |request| {
        pages += usize::from(request.path == "Communication");
        (pages == 5 && request.path == "Communication").then_some(Fault::DieAfter)
    });
    desk.starts();
    desk.connection.died().await;
    let position = desk.read(|reader| reader.cursor(Kind::Communication)).position;
    assert!(position.is_some(), "the cursor moved with its rows");

    desk.dies();
    desk.connection.weather(|_| None);
    desk.comes_back();
    desk.looks().await;
    for number in 0..20 {
        assert_eq!(desk.open_items(&format!("t{number}")).len(), 1, "t{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_resource_costs_that_resource() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    let mut bad = people::message("bad", "t0", people::ANA, "2026-03-06T13:00:00Z", "?");
    bad["payload"] = json!("not a list");
    practice.store(bad);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    let quarantined = desk.read(|reader| reader.quarantined());
    let ids: Vec<_> = quarantined.iter().map(|row| (row.server_id.as_str(), row.problem.as_str())).collect();
    assert_eq!(ids, [("bad", "wrong type at payload")]);
    assert_eq!(desk.open_items("t0").len(), 1);

    // It is put right.
    practice.store(people::message("bad", "t0", people::ANA, "2026-03-06T13:00:00Z", "He sleeps."));
    desk.looks().await;
    assert!(desk.read(|reader| reader.quarantined()).is_empty());
    desk.until("no unreadable message", |reader| Ok(reader.message(&"bad".into())?.is_some())).await;
}

#[tokio::test(start_paused = true)]
async fn what_an_older_program_could_not_read_is_read_after_an_update_without_any_network() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::unplugged(&practice, &clock, people::osei());
    let set_aside = |id: &str, raw: String| Arrival {
        kind: Kind::Communication,
        server_id: id.to_owned(),
        version: "1".to_owned(),
        last_updated: None,
        identity: None,
        content: Content::Unreadable { raw: raw.into(), problem: "an older reader's".to_owned() },
    };
    let message = people::message("odd", "t0", people::ANA, "2026-03-06T13:00:00Z", "He sleeps.").to_string();
    let arrivals =
        vec![set_aside("odd", message), set_aside("worse", r#"{"resourceType":"Communication","payload":7}"#.into())];
    let page = tern_store::Page { kind: Kind::Communication, arrivals, cursor: None };
    desk.cache.write_bulk(desk.now(), |writer| writer.apply_page(&page)).expect("set aside");

    desk.connection.weather(|_| Some(Fault::Offline));
    desk.starts();
    desk.until("the message that was set aside", |reader| Ok(reader.message(&"odd".into())?.is_some())).await;
    let left = desk.read(|reader| reader.quarantined());
    assert_eq!(left.iter().map(|row| row.server_id.as_str()).collect::<Vec<_>>(), ["worse"]);
    assert_eq!(desk.read(|reader| reader.setting::<u32>("reader")), Some(tern_fhir::read::READER));

    // The same reader does not look twice.
    desk.dies();
    desk.comes_back();
    let again =
        tern_store::Page { arrivals: vec![set_aside("later", "{\"resourceType\":\"Communication\"}".into())], ..page };
    desk.cache.write_bulk(desk.now(), |writer| writer.apply_page(&again)).expect("set aside");
    desk.connection.weather(|_| None);
    desk.looks().await;
    assert_eq!(desk.read(|reader| reader.quarantined()).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_way_to_the_server_is_told_as_it_is() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    let mut status = desk.engine().status();
    for (fault, way) in [
        (Fault::Offline, Way::Offline),
        (Fault::Status(401), Way::SignInAgain),
        (Fault::Status(503), Way::Struggling),
        (Fault::LostBefore, Way::Struggling),
    ] {
        desk.connection.weather(move |_| Some(fault));
        desk.engine().wake();
        let told = status.wait_for(|status| status.connection == way);
        assert!(tokio::time::timeout(Duration::from_secs(600), told).await.is_ok(), "{fault:?}");
        desk.connection.weather(|_| None);
        desk.engine().wake();
        let told = status.wait_for(|status| status.connection == Way::Online);
        assert!(tokio::time::timeout(Duration::from_secs(600), told).await.is_ok(), "after {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_a_day_off_is_said_and_judged_by_the_servers() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    clock.is_wrong_by(TimeDelta::days(1));
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    assert_eq!(desk.engine().status().borrow().clock_off_minutes, Some(-24 * 60));
    assert!((desk.engine().now() - practice.now()).abs() < TimeDelta::seconds(2));
}

#[tokio::test(start_paused = true)]
async fn a_nudge_is_a_look_and_a_working_person_is_polled_for_more_often() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;

    // An open channel is a reason to look, and nothing that was heard. Time moves on, so that looks can be told apart.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let checked = desk.engine().status().borrow().checked;
    let opened = tokio::time::Instant::now();
    desk.connection.opens_push();
    let mut status = desk.engine().status();
    status.wait_for(|status| status.checked != checked).await.expect("a look");
    assert!(opened.elapsed() < Duration::from_secs(1));
    assert_eq!(status.borrow().push, tern_sync::status::Push::Silent);

    scene::ana_writes(&practice, "t0", 1, "Hello?");
    let nudged = tokio::time::Instant::now();
    desk.connection.nudge();
    desk.until("the new message", |reader| Ok(reader.message(&"t0-m1".into())?.is_some())).await;
    assert!(nudged.elapsed() < Duration::from_secs(1));
    assert_eq!(desk.engine().status().borrow().push, tern_sync::status::Push::Heard);

    for (working, longest) in [(false, 16), (true, 6)] {
        if working {
            desk.engine().activity();
            desk.looks().await;
        }
        let number = 2 + usize::from(working);
        scene::ana_writes(&practice, "t0", number, "Still there?");
        let wrote = tokio::time::Instant::now();
        let message = MessageId::new(format!("t0-m{number}"));
        desk.until("the message", |reader| Ok(reader.message(&message)?.is_some())).await;
        assert!(wrote.elapsed() < Duration::from_secs(longest), "{working}: {:?}", wrote.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_web_page_says_nothing_of_what_the_server_can_do() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::unplugged(&practice, &clock, people::osei());
    desk.connection.next(Method::Get, "metadata", [Fault::WebPage]);
    desk.starts();
    desk.looks().await;
    let facts = desk.engine().status().borrow().facts.clone().expect("facts");
    assert_eq!(facts.software.as_deref(), Some("Practice in memory"));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_cut_in_half_is_asked_for_again() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 4);
    let mut desk = Desk::unplugged(&practice, &clock, people::osei());
    desk.connection.next(Method::Get, "Communication", [Fault::HalfABody, Fault::HalfABody]);
    desk.starts();
    desk.looks().await;
    assert_eq!(desk.open_items("t3").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_history_whose_next_page_cannot_be_asked_for_costs_no_message() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    desk.looks().await;

    desk.connection.weather(|_| Some(Fault::Offline));
    for number in 1..8 {
        scene::ana_writes(&practice, "t0", number, "Still there?");
        tokio::time::sleep(Duration::from_secs(20 * 60)).await;
    }
    practice.differs([Quirk::SmallPages, Quirk::NextLeadsElsewhere]);
    desk.connection.weather(|_| None);
    for _ in 0..3 {
        desk.engine().wake();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let position = desk.read(|reader| reader.cursor(Kind::Communication)).position;
    practice.differs([]);
    desk.looks().await;
    for number in 1..8 {
        let message = desk.read(|reader| reader.message(&MessageId::new(format!("t0-m{number}"))));
        assert!(message.is_some(), "t0-m{number}, the cursor at {position:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_that_is_gone_than_is_asked_for_at_once_is_asked_for_at_the_next_look() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 205);
    practice.differs([Quirk::NoHistory]);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    for number in 0..205 {
        practice.remove("Task", &format!("t{number}-w0"));
    }
    desk.connection.weather(|_| Some(Fault::Offline));
    tokio::time::sleep(Duration::from_secs(31 * 60)).await;
    desk.connection.weather(|_| None);
    desk.looks().await;
    desk.looks().await;
    let left: usize = (0..205).map(|number| desk.open_items(&format!("t{number}")).len()).sum();
    assert_eq!(left, 0);
}
