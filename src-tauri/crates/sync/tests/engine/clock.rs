//! A machine whose clock is wrong, and what it wrote meanwhile.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tern_fhir::exchange::Method;
use tern_inbox::{message::Delivery, outbox::Wedge};
use tern_testkit::{FakeClock, Fault, people, scene};

use crate::desk::Desk;

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_put_right_keeps_the_undo_seconds_and_holds_nothing_back() {
    for wrong in [TimeDelta::days(1), TimeDelta::days(-1)] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        let mut desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        // The next day's start is without network, on a machine whose clock is wrong.
        desk.dies();
        clock.is_wrong_by(wrong);
        desk.connection.weather(|_| Some(Fault::Offline));
        desk.comes_back();
        desk.starts_touch("t0");
        let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::seconds(30));
        desk.connection.weather(|_| None);
        desk.looks().await;
        assert!((desk.engine().now() - practice.now()).abs() < TimeDelta::seconds(3), "put right");
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!(desk.delivery(&reply), Some(Delivery::Queued), "{wrong}: she may still take it back");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(desk.delivery(&reply), Some(Delivery::Sent), "{wrong}: it has left");
    }
}

/// How a clock that is a day ahead comes to be put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PutRightBy {
    Server,
    ServerAfterARestart,
    System,
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_ahead_dates_no_reply_tomorrow_and_hides_no_answer() {
    for how in [PutRightBy::Server, PutRightBy::ServerAfterARestart, PutRightBy::System] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 4);
        let mut desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        // Claimed while all was well: its reply is the first thing that leaves.
        desk.claims("t3").await;
        desk.has_sent_everything().await;
        desk.dies();
        clock.is_wrong_by(TimeDelta::days(1));
        desk.connection.weather(|_| Some(Fault::Offline));
        desk.comes_back();
        for thread in ["t0", "t1", "t2"] {
            desk.starts_touch(thread);
        }
        let began = practice.now();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let answered = scene::instant(practice.now());
        practice.store(people::message("mias", "t1", people::MIA, &answered, "Come in."));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let (first, _) = desk.replies("t3", "It is going round.", TimeDelta::zero());
        let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
        let (second, _) = desk.replies("t1", "Rest.", TimeDelta::zero());

        if how == PutRightBy::System {
            clock.is_wrong_by(TimeDelta::zero());
        }
        if how == PutRightBy::ServerAfterARestart {
            desk.dies();
        }
        // What would have said first what time it is gets lost.
        desk.connection.next(Method::Get, "metadata", [Fault::LostBefore]);
        if how == PutRightBy::ServerAfterARestart {
            desk.comes_back();
        }
        desk.engine().wake();
        for reply in [&first, &reply] {
            desk.until("a reply that left", |reader| Ok(reader.outbox_of_message(reply)?.is_none())).await;
        }
        desk.until("one that waits for its author", |reader| {
            Ok(reader.outbox_of_message(&second)?.is_none_or(|row| row.wedged.is_some()))
        })
        .await;
        let wedge = desk.wedge(&second);
        assert!(matches!(wedge, Some(Wedge::AnsweredSince { .. })), "{how:?}: {wedge:?}");
        for thread in ["t0", "t3"] {
            let sent = scene::answers(&practice, thread)[0]["sent"].as_str().expect("a date").to_owned();
            let sent: chrono::DateTime<chrono::Utc> = sent.parse().expect("an instant");
            assert!((began..=practice.now()).contains(&sent), "{how:?}: {thread}: {sent}");
        }
        let open = desk.read(|reader| reader.touch(&"t2".into(), &desk.member.reference)).expect("a touch");
        assert!(open.started <= practice.now(), "{how:?}: an open touch began {}", open.started);
        // Here too it stands where it was written: before what Ana answers.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let thanked = scene::instant(practice.now());
        practice.store(people::message("thanks", "t0", people::ANA, &thanked, "Thank you!"));
        desk.looks().await;
        let thread = desk.read(|reader| reader.thread(&"t0".into(), &desk.member.reference)).expect("a thread");
        let last = thread.messages.last().map(|placed| placed.message.text.reveal().to_owned());
        assert_eq!(last.as_deref(), Some("Thank you!"), "{how:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_stays_wrong_moves_an_open_touch_once() {
    for wrong in [TimeDelta::days(1), TimeDelta::days(-1)] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        clock.is_wrong_by(wrong);
        let mut desk = Desk::unplugged(&practice, &clock, people::osei());
        desk.connection.weather(|_| Some(Fault::Offline));
        desk.starts();
        // What she starts before anybody knows what time it is goes by the wrong clock.
        tokio::time::sleep(Duration::from_secs(60)).await;
        desk.connection.weather(|_| None);
        desk.looks().await;
        let began = practice.now();
        desk.claims("t0").await;
        desk.has_sent_everything().await;
        let started = |desk: &Desk| {
            desk.read(|reader| reader.touch(&"t0".into(), &desk.member.reference)).expect("a touch").started
        };
        for start in 1..=2 {
            desk.dies();
            desk.comes_back();
            assert!((desk.now() - practice.now()).abs() < TimeDelta::seconds(3), "{wrong}: known from the start");
            desk.looks().await;
            desk.has_sent_everything().await;
            assert!(
                (started(&desk) - began).abs() < TimeDelta::seconds(3),
                "{wrong}, start {start}: {}",
                started(&desk)
            );
        }
    }
}
