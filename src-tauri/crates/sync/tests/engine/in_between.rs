//! Somebody in between answers: a gateway whose server is being replaced says 404 to everything and knows nothing.
//! What the server itself says is believed, in whatever form it says it.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use serde_json::json;
use tern_fhir::{exchange::Method, facts::Ability};
use tern_inbox::{message::Delivery, outbox::Wedge};
use tern_sync::{ClaimOutcome, status::Connection as Way};
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

/// Dr Osei has t0 open, on a server that was tried out, and then something in between answers everything.
async fn behind_a_gateway(quirks: &[Quirk]) -> (Arc<Practice>, Desk) {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    practice.differs(quirks.iter().copied());
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Ours);
    desk.connection.weather(|_| Some(Fault::Status(404)));
    (practice, desk)
}

async fn until_it_struggles(desk: &Desk) {
    desk.engine().wake();
    let mut status = desk.engine().status();
    let struggles = status.wait_for(|status| status.connection == Way::Struggling);
    let waited = tokio::time::timeout(Duration::from_secs(300), struggles).await;
    assert!(waited.is_ok_and(|seen| seen.is_ok()), "nobody notices");
}

fn task(practice: &Practice) -> serde_json::Value {
    practice.read("Task", "t0-w0").expect("the work item")
}

#[tokio::test(start_paused = true)]
async fn no_change_of_a_work_item_is_taken_for_settled() {
    for quirks in [&[][..], &[Quirk::NoPatch]] {
        let (practice, desk) = behind_a_gateway(quirks).await;
        desk.closes("t0");
        until_it_struggles(&desk).await;
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert_eq!(task(&practice)["status"], "in-progress");

        desk.connection.weather(|_| None);
        desk.has_sent_everything().await;
        assert_eq!(task(&practice)["status"], "completed");
    }
}

#[tokio::test(start_paused = true)]
async fn no_reply_goes_without_a_look_at_its_claim() {
    let (practice, desk) = behind_a_gateway(&[]).await;
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    until_it_struggles(&desk).await;
    practice.edit("Task", "t0-w0", |task| task["owner"] = json!({ "reference": people::MIA }));

    desk.connection.weather(|_| None);
    desk.until("a reply that stands", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_none_or(|row| row.delivery == Delivery::Wedged))
    })
    .await;
    assert!(matches!(desk.wedge(&reply), Some(Wedge::ClaimLost { .. })), "{:?}", desk.wedge(&reply));
    assert!(scene::answers(&practice, "t0").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_look_is_no_look_and_the_history_is_not_given_up() {
    let (practice, desk) = behind_a_gateway(&[]).await;
    until_it_struggles(&desk).await;
    scene::ana_writes(&practice, "t1", 1, "Now he has a rash, too.");
    desk.connection.weather(|_| None);
    desk.looks().await;
    assert_eq!(desk.open_items("t1").len(), 2);

    // And where it is over before the server was asked.
    desk.connection.next(Method::Get, "Task/_history", [Fault::Status(404)]);
    desk.looks().await;
    let asked = || desk.connection.log().iter().filter(|line| line.starts_with("GET Task/_history")).count();
    let before = asked();
    desk.looks().await;
    assert!(asked() > before, "the history is asked still");
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_the_one_that_is_there_is_believed() {
    let (practice, desk) = behind_a_gateway(&[]).await;
    // In turn: every other read of a thing is answered by the gateway.
    let mut reads = std::collections::HashMap::<String, u32>::new();
    desk.connection.weather(move |request| {
        let number = reads.entry(request.path.clone()).or_default();
        *number += 1;
        let is_gateways = request.method == Method::Get && request.path != "metadata" && *number % 2 == 1;
        is_gateways.then_some(Fault::Status(404))
    });
    desk.closes("t0");
    desk.has_sent_everything().await;
    assert_eq!(task(&practice)["status"], "completed");
    assert_eq!(desk.open_items("t1").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_called_gone_once_is_made_all_the_same() {
    let (practice, desk) = behind_a_gateway(&[Quirk::NoTransactions]).await;
    desk.connection.weather(|_| None);
    desk.connection.next(Method::Patch, "Task/t0-w0", [Fault::Status(404)]);
    desk.closes("t0");
    desk.has_sent_everything().await;
    assert_eq!(task(&practice)["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_called_gone_and_arrived_is_not_doubled() {
    let quirks = [Quirk::RefusesOwnIds, Quirk::NoTransactions, Quirk::IgnoresIfNoneExist];
    for statement in [None, Some(Fault::Offline)] {
        let (practice, desk) = behind_a_gateway(&quirks).await;
        let mut posted = false;
        desk.connection.weather(move |request| match (request.method, request.path.as_str()) {
            (Method::Post, "Communication") if !posted => {
                posted = true;
                Some(Fault::StatusAfter(404))
            }
            (Method::Get, "metadata") if posted => statement,
            _ => None,
        });
        desk.replies("t0", "Drink plenty.", TimeDelta::zero());
        desk.has_sent_everything().await;
        assert_eq!(scene::answers(&practice, "t0").len(), 1, "{statement:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_found_out_about_the_server_outlasts_a_start_behind_a_gateway() {
    let (practice, mut desk) = behind_a_gateway(&[]).await;
    let known = desk.engine().status().borrow().facts.clone().expect("known");
    desk.closes("t0");
    desk.dies();
    desk.comes_back();
    desk.engine().wake();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!desk.read(|reader| reader.outbox()).is_empty(), "nothing is taken for settled");
    assert_eq!(desk.engine().status().borrow().facts.as_deref(), Some(&*known));
    desk.connection.weather(|_| None);
    desk.looks().await;
    assert_eq!(desk.engine().status().borrow().facts.as_deref(), Some(&*known));
    desk.has_sent_everything().await;
    assert_eq!(task(&practice)["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_statement_is_read_and_written_all_the_same() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.differs([Quirk::NoHistory]);
    let desk = Desk::unplugged(&practice, &clock, people::osei());
    desk.connection.weather(|request| match request.path.as_str() {
        "metadata" | "CareTeam" => Some(Fault::Status(404)),
        path if path.ends_with("_history") => Some(Fault::Status(405)),
        _ => None,
    });
    let mut desk = desk;
    desk.starts();
    desk.looks().await;
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Ours);
    desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.has_sent_everything().await;
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_refusal_of_an_own_id_makes_no_second_copy_and_is_no_proof() {
    for first in [Fault::Status(404), Fault::StatusAfter(404), Fault::StatusAfter(405)] {
        let (practice, desk) = behind_a_gateway(&[Quirk::NoTransactions, Quirk::IgnoresIfNoneExist]).await;
        desk.connection.weather(|_| None);
        desk.connection.next(Method::Put, "Communication", [first]);
        desk.replies("t0", "Drink plenty.", TimeDelta::zero());
        desk.has_sent_everything().await;
        assert_eq!(scene::answers(&practice, "t0").len(), 1, "{first:?}");
        let facts = desk.engine().status().borrow().facts.clone().expect("known");
        assert_ne!(facts.own_ids, Ability::Missing, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_itself_says_without_a_word_is_believed() {
    let (practice, desk) = behind_a_gateway(&[]).await;
    desk.closes("t0");
    practice.remove("Task", "t0-w0");
    desk.connection.weather(|request| request.path.starts_with("Task/t0-w0").then_some(Fault::Status(404)));
    desk.has_sent_everything().await;
    desk.looks().await;
    assert!(desk.open_items("t0").is_empty());
}
