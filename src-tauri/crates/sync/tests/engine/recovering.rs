//! After a reply broke off: what is found out before anything is sent again.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tern_fhir::exchange::Method;
use tern_inbox::{message::Delivery, outbox::Wedge};
use tern_sync::ClaimOutcome;
use tern_testkit::{FakeClock, Fault, Quirk, people, scene};

use crate::desk::Desk;

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_taken_while_the_machine_was_dead_keeps_the_reply_here() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut osei = Desk::opens(&practice, &clock, people::osei());
    osei.knows_the_server().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);
    osei.connection.next(Method::Post, "", [Fault::DieBefore]);
    let (reply, _) = osei.replies("t0", "Drink plenty.", TimeDelta::zero());
    osei.connection.died().await;
    osei.dies();
    // Nobody renews a dead machine's claim, so Mia may take the item over.
    tokio::time::sleep(Duration::from_secs(7 * 60)).await;
    let mia = Desk::opens(&practice, &clock, people::mia());
    mia.looks().await;
    assert_eq!(mia.claims("t0").await, ClaimOutcome::Ours);

    osei.comes_back();
    osei.until("a reply that has left or stands", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_none_or(|row| row.delivery == Delivery::Wedged))
    })
    .await;
    assert!(
        matches!(osei.wedge(&reply), Some(Wedge::ClaimLost { to: Some(by) }) if by.as_str() == people::MIA),
        "{:?}",
        osei.wedge(&reply)
    );
    assert!(scene::answers(&practice, "t0").is_empty());
}

/// A server on which only a search tells whether a message arrived.
const ONLY_A_SEARCH_TELLS: [Quirk; 3] = [Quirk::RefusesOwnIds, Quirk::NoTransactions, Quirk::IgnoresIfNoneExist];

#[tokio::test(start_paused = true)]
async fn what_may_have_arrived_is_searched_for_when_a_person_says_again() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.differs(ONLY_A_SEARCH_TELLS);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.claims("t0").await;
    // It arrives, its answer is lost, and the search for it is refused.
    let mut lost = false;
    desk.connection.weather(move |request| match (request.method, request.path.as_str()) {
        (Method::Post, "Communication") if !lost => {
            lost = true;
            Some(Fault::LostAfter)
        }
        (Method::Get, "Communication") if request.query.iter().any(|(name, _)| name == "identifier") => {
            Some(Fault::Status(403))
        }
        // The echo must not be quicker.
        (Method::Get, path) if lost && path.starts_with("Communication") => Some(Fault::Status(503)),
        _ => None,
    });
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.until("a wedged reply", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_some_and(|row| row.delivery == Delivery::Wedged))
    })
    .await;
    assert_eq!(desk.wedge(&reply), Some(Wedge::OutcomeUnknown));

    let row = desk.row(&reply).expect("the row");
    desk.cache.write(desk.now(), |writer| writer.outbox_retry(&row.id)).expect("looked for again");
    assert_eq!(desk.delivery(&reply), Some(Delivery::Unknown));
    desk.connection.weather(|_| None);
    desk.engine().wake();
    desk.has_sent_everything().await;
    let copies = practice.all("Communication").iter().filter(|row| scene::text(row) == "Drink plenty.").count();
    assert_eq!(copies, 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_nothing_is_searched_for_before_a_search_can_find_it() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.differs(ONLY_A_SEARCH_TELLS);
    let mut desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.claims("t0").await;
    desk.connection.next(Method::Post, "Communication", [Fault::DieAfter]);
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.connection.died().await;
    // This server's search was once seen to lag by twenty seconds.
    desk.cache
        .write(desk.now(), |writer| {
            let mut facts: serde_json::Value = writer.read().setting("server-facts")?.unwrap_or_default();
            facts["server"]["late_by_ms"] = 20_000.into();
            writer.set_setting("server-facts", &facts)
        })
        .expect("kept");
    desk.dies();
    // Neither the pull nor a search shows it yet.
    let since = tokio::time::Instant::now();
    desk.connection.weather(move |request| {
        let reads = request.method == Method::Get && request.path.starts_with("Communication");
        (reads && since.elapsed() < Duration::from_secs(35)).then_some(Fault::Status(503))
    });
    let before = desk.connection.log().len();
    desk.comes_back();
    tokio::time::sleep(Duration::from_secs(34)).await;
    let searched = |line: &String| line.starts_with("GET Communication?identifier");
    assert!(!desk.connection.log().iter().skip(before).any(searched));
    assert_eq!(desk.delivery(&reply), Some(Delivery::Unknown));
    desk.has_sent_everything().await;
    let copies = practice.all("Communication").iter().filter(|row| scene::text(row) == "Drink plenty.").count();
    assert_eq!(copies, 1);
}

#[tokio::test(start_paused = true)]
async fn work_that_broke_off_between_sending_and_keeping_is_looked_into_without_a_restart() {
    for quirks in [&[][..], &ONLY_A_SEARCH_TELLS] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks.iter().copied());
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        desk.claims("t0").await;
        let mut broken = false;
        desk.connection.weather(move |request| {
            let breaks = request.method == Method::Post && !broken;
            broken |= breaks;
            assert!(!breaks, "a fault of our own, while the row is on the wire");
            None
        });
        let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
        desk.has_sent_everything().await;
        assert_eq!(desk.delivery(&reply), Some(Delivery::Sent), "{quirks:?}");
        assert_eq!(scene::answers(&practice, "t0").len(), 1, "{quirks:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_names_nothing_is_none() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.claims("t0").await;
    desk.connection.next(Method::Post, "", [Fault::EmptyBundle]);
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.has_sent_everything().await;
    assert_eq!(desk.delivery(&reply), Some(Delivery::Sent));
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
    assert_eq!(practice.read("Task", "t0-w0").expect("the task")["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn what_tern_wrote_is_found_on_the_last_page_of_a_server_that_answers_with_everything() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 5);
    practice.differs(ONLY_A_SEARCH_TELLS);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.claims("t0").await;
    practice.differs(ONLY_A_SEARCH_TELLS.into_iter().chain([Quirk::IgnoresParameters, Quirk::SmallPages]));
    // The pull, which would bring the echo, is slower than the search.
    let mut lost = false;
    desk.connection.weather(move |request| {
        let pulls = request.query.iter().any(|(name, _)| name == "_sort") || request.path.ends_with("_history");
        match (request.method, request.path.as_str()) {
            (Method::Post, "Communication") if !std::mem::replace(&mut lost, true) => Some(Fault::LostAfter),
            (Method::Get, path) if path.starts_with("Communication") && pulls => Some(Fault::Status(503)),
            _ => None,
        }
    });
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.has_sent_everything().await;
    assert_eq!(desk.delivery(&reply), Some(Delivery::Sent));
    let copies = practice.all("Communication").iter().filter(|row| scene::text(row) == "Drink plenty.").count();
    assert_eq!(copies, 1);
}

#[tokio::test(start_paused = true)]
async fn who_answered_since_is_found_on_the_last_page_too() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.knows_the_server().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);
    practice.differs([Quirk::IgnoresParameters, Quirk::SmallPages]);
    osei.connection.weather(|_| Some(Fault::Offline));
    let (reply, _) = osei.replies("t0", "Drink plenty.", TimeDelta::zero());
    // Much is written elsewhere before Mia answers here, from the portal and without a claim.
    for number in 1..9 {
        practice.store(people::thread(&format!("other{number}"), "Another matter"));
    }
    let at = scene::instant(practice.now());
    practice.store(people::message("the-portals", "t0", people::MIA, &at, "Come in at four."));
    osei.connection.weather(|_| None);
    osei.until("a reply that has left or stands", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_none_or(|row| row.delivery == Delivery::Wedged))
    })
    .await;
    assert!(matches!(osei.wedge(&reply), Some(Wedge::AnsweredSince { .. })), "{:?}", osei.wedge(&reply));
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_looked_up_comes_in_large_pages_unless_the_server_refuses_to_be_asked_for_them() {
    for (refuses, expected) in [(false, "?part-of&_lastUpdated&_count"), (true, "?part-of&_lastUpdated")] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        let mut desk = Desk::unplugged(&practice, &clock, people::osei());
        desk.connection.weather(move |request| {
            let asks = request.query.iter().any(|(name, _)| name == "_count");
            (refuses && asks).then_some(Fault::Status(400))
        });
        desk.starts();
        desk.knows_the_server().await;
        desk.claims("t0").await;
        desk.replies("t0", "Drink plenty.", TimeDelta::zero());
        desk.has_sent_everything().await;
        let log = desk.connection.log();
        let look = log.iter().find(|line| line.starts_with("GET Communication?part-of")).expect("a look-up");
        assert_eq!(look, &format!("GET Communication{expected}"));
        assert_eq!(scene::answers(&practice, "t0").len(), 1, "{refuses}");
    }
}
