//! One item, one person.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tern_fhir::{exchange::Method, facts::Ability};
use tern_inbox::{message::Delivery, outbox::Wedge, party::PartyRef, queue::Queue, work_item::WorkStatus};
use tern_sync::ClaimOutcome;
use tern_testkit::{BEHIND, FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

fn owner(practice: &Practice, task: &str) -> Option<String> {
    practice.read("Task", task).and_then(|task| task["owner"]["reference"].as_str().map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn start_takes_the_item_on_the_server() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    for quirks in [vec![], vec![Quirk::NoPatch], vec![Quirk::PatchIgnoresIfMatch]] {
        practice.differs(quirks);
        practice.store(people::work_item("t0-w0", "t0", "t0-m0"));
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.looks().await;
        assert_eq!(desk.claims("t0").await, ClaimOutcome::Ours);
        let task = practice.read("Task", "t0-w0").expect("the task");
        assert_eq!(task["status"], "in-progress");
        assert_eq!(task["owner"]["reference"], people::OSEI);
        assert_eq!(task["extension"][0]["url"], "https://portal.example/weight", "what we don't know stays");
        assert_eq!(task["extension"][0]["valueDecimal"].to_string(), "1.0");
    }
}

#[tokio::test(start_paused = true)]
async fn whether_a_version_guards_a_change_is_known_from_the_first_connection_on() {
    for (quirks, patched) in [(vec![], true), (vec![Quirk::NoPatch], false)] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks.clone());
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        let facts = desk.engine().status().borrow().facts.clone().expect("facts");
        assert_eq!(facts.put_if_match, Ability::Proven, "{quirks:?}");
        assert!(facts.versions_hold(), "{quirks:?}");

        desk.claims("t0").await;
        desk.has_sent_everything().await;
        let by_patch = desk.connection.log().iter().any(|line| line.starts_with("PATCH Task"));
        assert_eq!(by_patch, patched, "{quirks:?}");
        desk.looks().await;
        assert_eq!(practice.all("Communication").len(), 2, "{quirks:?}: what was tried is tidied away");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_waits_for_what_is_tried_out_and_that_waits_for_no_pull() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::unplugged(&practice, &clock, people::osei());
    // One type cannot be had: no look is ever whole.
    desk.connection.weather(|request| (request.path == "Practitioner").then_some(Fault::Status(503)));
    desk.starts();
    desk.until("the work item", |reader| Ok(!reader.work_items(&"t0".into())?.is_empty())).await;
    desk.claims("t0").await;
    desk.has_sent_everything().await;
    let log = desk.connection.log();
    let claim = log.iter().position(|line| line.contains("Task/t0-w0") && !line.starts_with("GET"));
    let claim = claim.and_then(|place| log.get(place)).expect("a claim");
    assert!(claim.starts_with("PATCH"), "guarded as this server was seen to guard: {claim}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_tried_out_gets_its_claims_all_the_same() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::unplugged(&practice, &clock, people::osei());
    let tries = |request: &tern_fhir::exchange::Request| {
        request.method != Method::Get && request.path.starts_with("Communication") || request.path.is_empty()
    };
    desk.connection.weather(move |request| tries(request).then_some(Fault::Offline));
    desk.starts();
    desk.until("the work item", |reader| Ok(!reader.work_items(&"t0".into())?.is_empty())).await;
    desk.claims("t0").await;
    desk.has_sent_everything().await;
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::OSEI));
}

#[tokio::test(start_paused = true)]
async fn of_two_who_start_at_once_one_has_it_and_the_other_is_told_who() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;

    let (first, second) = tokio::join!(osei.claims("t0"), mia.claims("t0"));
    let holder = owner(&practice, "t0-w0").expect("an owner");
    let (winner, loser) = if holder == people::OSEI { (first, second) } else { (second, first) };
    assert_eq!(winner, ClaimOutcome::Ours);
    assert_eq!(loser, ClaimOutcome::Taken { by: Some(PartyRef::new(holder)) });
}

#[tokio::test(start_paused = true)]
async fn offline_a_claim_is_unconfirmed_and_goes_on_by_itself() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.connection.weather(|_| Some(Fault::Offline));
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Unconfirmed);

    desk.connection.weather(|_| None);
    desk.has_sent_everything().await;
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::OSEI));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_claim_is_recognised() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.connection.next(Method::Patch, "Task", [Fault::LostAfter]);
    desk.claims("t0").await;
    desk.has_sent_everything().await;
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::OSEI));
    assert_eq!(practice.versions("Task", "t0-w0"), 2, "written once");
}

#[tokio::test(start_paused = true)]
async fn an_open_touch_keeps_its_claim_and_a_closed_laptop_hides_nothing() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);

    tokio::time::sleep(Duration::from_secs(20 * 60)).await;
    mia.looks().await;
    assert_eq!(mia.claims("t0").await, ClaimOutcome::Taken { by: Some(PartyRef::new(people::OSEI)) });

    // The laptop is closed.
    osei.dies();
    tokio::time::sleep(Duration::from_secs(9 * 60)).await;
    assert_eq!(mia.claims("t0").await, ClaimOutcome::Ours);
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::MIA));
}

/// Somebody's work item on the server, claimed just now.
fn is_mias(practice: &Practice, task: &str) {
    let now = scene::instant(practice.now());
    practice.edit("Task", task, |task| {
        task["status"] = "in-progress".into();
        task["owner"] = serde_json::json!({"reference": people::MIA});
        task["lastModified"] = now.into();
    });
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_finds_somebody_else_tells_the_member_who() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);
    // The laptop slept for a while, and Mia took the item.
    is_mias(&practice, "t0-w0");

    let thread = "t0".into();
    osei.until("the touch that was lost", |reader| {
        Ok(reader.touch(&thread, &people::osei().reference)?.is_some_and(|touch| touch.is_lost()))
    })
    .await;
    let touch = osei.read(|reader| reader.touch(&thread, &people::osei().reference)).expect("a touch");
    assert_eq!(touch.lost.and_then(|lost| lost.to), Some(PartyRef::new(people::MIA)));
    osei.has_sent_everything().await;
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::MIA));
}

#[tokio::test(start_paused = true)]
async fn a_copy_from_before_the_claim_takes_nothing_away() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    tokio::time::sleep(BEHIND.to_std().unwrap_or_default()).await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);

    practice.differs([Quirk::StaleReads]);
    assert_eq!(practice.versions("Task", "t0-w0"), 2);
    let thread = "t0".into();
    osei.until("the renewal, when the copy has caught up", |_| Ok(practice.versions("Task", "t0-w0") > 2)).await;
    let touch = osei.read(|reader| reader.touch(&thread, &people::osei().reference)).expect("a touch");
    assert!(!touch.is_lost(), "the claim holds");
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::OSEI));

    // Ended while the copy is behind again: the work item ends all the same.
    osei.replies("t0", "Bring him at four.", TimeDelta::zero());
    osei.has_sent_everything().await;
    assert_eq!(practice.read("Task", "t0-w0").expect("the work item")["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn one_of_two_items_lost_frees_the_other_at_once() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    scene::ana_writes(&practice, "t0", 1, "Now he has a rash, too.");
    for lost in ["t0-w0", "t0-w1"] {
        for task in ["t0-w0", "t0-w1"] {
            practice.store(people::work_item(task, "t0", &task.replace('w', "m")));
        }
        let osei = Desk::opens(&practice, &clock, people::osei());
        osei.looks().await;
        is_mias(&practice, lost);
        assert_eq!(osei.claims("t0").await, ClaimOutcome::Taken { by: Some(PartyRef::new(people::MIA)) }, "{lost}");
        osei.has_sent_everything().await;
        let other = practice.read("Task", if lost == "t0-w0" { "t0-w1" } else { "t0-w0" }).expect("the other one");
        assert_eq!((&other["status"], other.get("owner")), (&"requested".into(), None), "{lost}");
        assert_eq!(owner(&practice, lost).as_deref(), Some(people::MIA));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_whose_claim_was_lost_stands_with_its_text_and_never_goes_by_itself() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    osei.connection.weather(|_| Some(Fault::Offline));
    osei.claims("t0").await;
    let (reply, _) = osei.replies("t0", "Drink plenty.", chrono::TimeDelta::zero());
    practice.edit("Task", "t0-w0", |task| {
        task["status"] = "in-progress".into();
        task["owner"] = serde_json::json!({"reference": people::MIA});
    });

    osei.connection.weather(|_| None);
    osei.until("a wedged reply", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_some_and(|row| row.wedged.is_some()))
    })
    .await;
    assert_eq!(osei.delivery(&reply), Some(Delivery::Wedged));
    assert_eq!(osei.wedge(&reply), Some(Wedge::ClaimLost { to: Some(PartyRef::new(people::MIA)) }));
    tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
    assert!(scene::answers(&practice, "t0").is_empty());
    assert_eq!(osei.read(|reader| reader.message(&reply)).unwrap().row.message.text.reveal(), "Drink plenty.");

    // "Send anyway", while Mia is still on it: the message goes, her work item stays hers.
    let renewed = scene::instant(practice.now());
    practice.edit("Task", "t0-w0", |task| task["lastModified"] = renewed.into());
    let row = osei.row(&reply).expect("the row");
    osei.cache.write(osei.now(), |writer| writer.outbox_send_anyway(&row.id)).expect("queued");
    osei.engine().wake();
    osei.has_sent_everything().await;
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::MIA));
    assert_eq!(practice.read("Task", "t0-w0").expect("the task")["status"], "in-progress");
}

#[tokio::test(start_paused = true)]
async fn somebody_answered_since_and_the_reply_says_who() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);
    osei.connection.weather(|_| Some(Fault::Offline));
    let (reply, _) = osei.replies("t0", "Drink plenty.", chrono::TimeDelta::zero());
    // From the portal, without a claim.
    let at = scene::instant(practice.now());
    practice.store(people::message("mias", "t0", people::MIA, &at, "Come in at four."));

    osei.connection.weather(|_| None);
    osei.until("a wedged reply", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_some_and(|row| row.wedged.is_some()))
    })
    .await;
    assert!(matches!(
        osei.wedge(&reply),
        Some(Wedge::AnsweredSince { by: Some(by), .. }) if by.as_str() == people::MIA
    ));
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn put_back_frees_the_item_and_close_ends_it() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    desk.puts_back("t0");
    desk.claims("t1").await;
    desk.closes("t1");
    desk.has_sent_everything().await;
    let put_back = practice.read("Task", "t0-w0").expect("the task");
    assert_eq!(put_back["status"], "requested");
    assert!(put_back.get("owner").is_none());
    assert_eq!(practice.read("Task", "t1-w0").expect("the task")["status"], "completed");
    // A look that was under way meanwhile may have brought the item as it was; the next one brings it as it is.
    desk.until("a completed item here too", |reader| {
        Ok(reader.work_item(&"t1-w0".into())?.is_some_and(|item| item.status == WorkStatus::Completed))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_end_of_a_work_item_needs_somebody_who_tries_again_or_gives_it_up() {
    for status in [403, 422] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 2);
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        desk.claims("t0").await;
        desk.claims("t1").await;
        desk.has_sent_everything().await;
        desk.connection.weather(move |request| {
            (request.method == Method::Patch && request.path.starts_with("Task/")).then_some(Fault::Status(status))
        });
        desk.closes("t0");
        desk.puts_back("t1");
        let mut shown = desk.engine().status();
        let waited = tokio::time::timeout(Duration::from_secs(600), shown.wait_for(|status| status.needs_you == 2));
        assert!(waited.await.is_ok_and(|shown| shown.is_ok()), "{status}: nobody is told");
        let unsent = desk.read(|reader| reader.envelopes(&Queue::Unsent, 0, 10, desk.now()));
        assert_eq!(unsent.total, 2, "{status}");

        desk.connection.weather(|_| None);
        let (mine, osei) = (desk.now(), &people::osei().reference);
        desk.cache.write(mine, |writer| writer.stuck_retry(&"t0".into(), osei)).expect("queued");
        desk.cache.write(mine, |writer| writer.stuck_discard(&"t1".into(), osei)).expect("given up");
        desk.engine().wake();
        desk.has_sent_everything().await;
        assert_eq!(practice.read("Task", "t0-w0").expect("the task")["status"], "completed");
        assert_eq!(practice.read("Task", "t1-w0").expect("the task")["status"], "in-progress");
        assert_eq!(owner(&practice, "t1-w0").as_deref(), Some(people::OSEI));
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_whose_claim_somebody_else_won_is_moot_and_stops_no_later_touch() {
    for puts_back in [false, true] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        desk.connection.weather(|_| Some(Fault::Offline));
        desk.starts_touch("t0");
        if puts_back {
            desk.puts_back("t0")
        } else {
            desk.closes("t0")
        };
        is_mias(&practice, "t0-w0");
        desk.connection.weather(|_| None);
        desk.engine().wake();
        desk.has_sent_everything().await;
        assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::MIA));

        // Mia dealt with it, and Ana writes again.
        practice.edit("Task", "t0-w0", |task| task["status"] = "completed".into());
        scene::ana_writes(&practice, "t0", 1, "Now he has a rash, too.");
        practice.store(people::work_item("t0-w1", "t0", "t0-m1"));
        desk.looks().await;
        assert_eq!(desk.claims("t0").await, ClaimOutcome::Ours, "put back: {puts_back}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_whose_claim_the_server_refuses_needs_somebody_and_stops_no_later_touch() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.connection.weather(|_| Some(Fault::Offline));
    desk.starts_touch("t0");
    desk.closes("t0");
    desk.connection.weather(|request| {
        (request.method == Method::Patch && request.path.starts_with("Task/")).then_some(Fault::Status(403))
    });
    desk.engine().wake();
    let (thread, osei) = ("t0".into(), &people::osei().reference);
    desk.until("a close that needs somebody", |reader| Ok(!reader.stuck(&thread, osei)?.is_empty())).await;

    desk.connection.weather(|_| None);
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Ours, "the refused claim is an earlier touch's");
    desk.cache.write(desk.now(), |writer| writer.stuck_discard(&thread, osei)).expect("given up");
    desk.has_sent_everything().await;
    assert_eq!(owner(&practice, "t0-w0").as_deref(), Some(people::OSEI));
    desk.closes("t0");
    desk.has_sent_everything().await;
    assert_eq!(practice.read("Task", "t0-w0").expect("the task")["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_the_server_refuses_is_not_told_as_ours() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.connection.next(Method::Patch, "Task", [Fault::Status(403)]);
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Taken { by: None });
    assert!(owner(&practice, "t0-w0").is_none());
    let touch = desk.read(|reader| reader.touch(&"t0".into(), &PartyRef::new(people::OSEI))).expect("a touch");
    assert!(touch.is_lost(), "{touch:?}");
    desk.has_sent_everything().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_claim_of_an_item_without_a_thread_is_not_told_as_ours() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.edit("Task", "t0-w0", |task| {
        task.as_object_mut().expect("a task").remove("focus");
    });
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.connection.next(Method::Patch, "Task", [Fault::Status(403)]);
    assert_eq!(desk.open_items("Task/t0-w0").len(), 1);
    assert_eq!(desk.claims("Task/t0-w0").await, ClaimOutcome::Taken { by: None });
    assert!(owner(&practice, "t0-w0").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_what_was_deleted_meanwhile_is_not_told_as_ours() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    practice.remove("Task", "t0-w0");
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Taken { by: None });
    desk.has_sent_everything().await;
}

#[tokio::test(start_paused = true)]
async fn who_asks_an_engine_twice_to_stop_waits_once() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    let deadline = Duration::from_secs(10);
    desk.engine().stop(deadline).await;
    let after_the_first = tokio::time::Instant::now();
    desk.engine().stop(deadline).await;
    assert_eq!(after_the_first.elapsed(), Duration::ZERO);
}
