//! A reply, from the key to the server.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tern_fhir::exchange::Method;
use tern_inbox::{
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
};
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

async fn answered(quirks: &[Quirk], method: Method, path: &'static str, faults: &[Fault]) -> (Arc<Practice>, Desk) {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.differs(quirks.iter().copied());
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.claims("t0").await;
    desk.connection.next(method, path, faults.iter().copied());
    desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.has_sent_everything().await;
    (practice, desk)
}

/// Every way in which a server lets something be created, and how a reply leaves there.
const WAYS: [(&[Quirk], Method, &str); 5] = [
    (&[], Method::Post, ""),
    (&[Quirk::NoTransactions], Method::Put, "Communication"),
    (&[Quirk::HalfTransactions, Quirk::NoPatch], Method::Put, "Communication"),
    (&[Quirk::RefusesOwnIds, Quirk::NoTransactions], Method::Post, "Communication"),
    (&[Quirk::RefusesOwnIds, Quirk::NoTransactions, Quirk::IgnoresIfNoneExist], Method::Post, "Communication"),
];

#[tokio::test(start_paused = true)]
async fn a_reply_arrives_once_however_the_server_wants_it_made_and_whatever_is_lost() {
    for (quirks, method, path) in WAYS {
        for faults in [
            &[][..],
            &[Fault::LostBefore],
            &[Fault::LostAfter],
            &[Fault::StatusAfter(502)],
            &[Fault::Status(503), Fault::Status(429), Fault::LostAfter],
            &[Fault::Offline],
            &[Fault::Status(401)],
        ] {
            let (practice, desk) = answered(quirks, method, path, faults).await;
            let answers = scene::answers(&practice, "t0");
            let texts: Vec<_> = answers.iter().map(scene::text).collect();
            assert_eq!(texts, ["Drink plenty."], "{quirks:?} {faults:?}");
            let task = practice.read("Task", "t0-w0").expect("the task");
            assert_eq!(task["status"], "completed", "{quirks:?} {faults:?}");
            let reply = format!("Communication/{}", answers[0]["id"].as_str().unwrap_or_default());
            assert_eq!(task["output"][0]["valueReference"]["reference"], reply.as_str(), "{quirks:?} {faults:?}");
            desk.looks().await;
            assert!(desk.open_items("t0").is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_arrives_after_all_makes_a_second_copy_which_is_retracted() {
    let quirks = [Quirk::RefusesOwnIds, Quirk::NoTransactions, Quirk::IgnoresIfNoneExist];
    let late = Fault::Late(Duration::from_secs(90));
    let (practice, desk) = answered(&quirks, Method::Post, "Communication", &[late]).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    desk.looks().await;
    desk.until("nothing to retract", |reader| Ok(reader.extras()?.is_empty())).await;
    assert_eq!(scene::answers(&practice, "t0").len(), 1, "the earliest counts");
    assert_eq!(practice.all("Communication").iter().filter(|row| row["status"] == "entered-in-error").count(), 1);
}

/// A reply that was made twice, of which the second copy cannot be retracted because of this.
async fn with_a_second_copy(fault: Fault, writing: bool) -> (Arc<Practice>, Desk) {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    practice.differs([Quirk::RefusesOwnIds, Quirk::NoTransactions, Quirk::IgnoresIfNoneExist]);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.knows_the_server().await;
    desk.claims("t0").await;
    desk.connection.next(Method::Post, "Communication", [Fault::Late(Duration::from_secs(90))]);
    desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.has_sent_everything().await;
    desk.connection.weather(move |request| {
        let of_one = request.path.starts_with("Communication/") && !request.path.ends_with("_history");
        (of_one && (request.method != Method::Get) == writing).then_some(fault)
    });
    desk.until("a second copy", |reader| Ok(!reader.extras()?.is_empty())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    (practice, desk)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_slow_about_a_second_copy_delays_no_reply() {
    let (practice, desk) = with_a_second_copy(Fault::DieBefore, false).await;
    assert!(desk.connection.somebody_died(), "it hangs");
    desk.claims("t1").await;
    desk.replies("t1", "Rest.", TimeDelta::zero());
    desk.has_sent_everything().await;
    assert_eq!(scene::answers(&practice, "t1").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_second_copy_that_may_not_be_retracted_is_tried_again_only_after_long() {
    let (practice, desk) = with_a_second_copy(Fault::Status(403), true).await;
    let extra = desk.read(|reader| reader.extras()).pop().expect("a second copy");
    let patch = format!("PATCH Communication/{}", extra.server_id);
    let tries = || desk.connection.log().iter().filter(|line| line.starts_with(&patch)).count();
    assert_eq!(tries(), 1);
    for _ in 0..100 {
        desk.engine().wake();
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    assert_eq!(tries(), 1, "not at every wake");
    desk.connection.weather(|_| None);
    desk.until("nothing to retract", |reader| Ok(reader.extras()?.is_empty())).await;
    assert_eq!(practice.all("Communication").iter().filter(|row| row["status"] == "entered-in-error").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_waits_for_a_thread_that_comes_after_its_work_item_and_so_does_the_completion() {
    for quirks in [&[][..], &[Quirk::NoTransactions, Quirk::NoPatch]] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks.iter().copied());
        practice.remove("Communication", "t0");
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.knows_the_server().await;
        desk.claims("t0").await;
        let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert_eq!(desk.delivery(&reply), Some(Delivery::Queued), "{quirks:?}: it waits and is not dropped");
        assert_ne!(practice.read("Task", "t0-w0").expect("the task")["status"], "completed", "{quirks:?}");

        practice.store(people::thread("t0", "Fever since Tuesday"));
        desk.looks().await;
        desk.has_sent_everything().await;
        assert_eq!(desk.delivery(&reply), Some(Delivery::Sent));
        let answers = scene::answers(&practice, "t0");
        assert_eq!(answers.iter().map(scene::text).collect::<Vec<_>>(), ["Drink plenty."], "{quirks:?}");
        let task = practice.read("Task", "t0-w0").expect("the task");
        assert_eq!(task["status"], "completed", "{quirks:?}");
        let reference = format!("Communication/{}", answers[0]["id"].as_str().unwrap_or_default());
        assert_eq!(task["output"][0]["valueReference"]["reference"], reference.as_str(), "{quirks:?}");
        let stored = |resource: &serde_json::Value| resource["meta"]["lastUpdated"].as_str().map(str::to_owned);
        assert!(stored(&answers[0]) <= stored(&task), "{quirks:?}: the reply comes before the completion");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_before_its_undo_seconds_are_over_and_undo_takes_it_back() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    let (reply, ended) = desk.replies("t0", "Drink plenty.", TimeDelta::seconds(10));
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(desk.delivery(&reply), Some(Delivery::Queued));
    assert!(scene::answers(&practice, "t0").is_empty());

    let undone = desk.cache.write(desk.now(), |writer| writer.undo(&ended.group)).expect("nothing has left");
    assert_eq!(undone.draft.expect("the text").text.reveal(), "Drink plenty.");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(scene::answers(&practice, "t0").is_empty());

    let (reply, _) = desk.replies("t0", "Rest, and drink plenty.", TimeDelta::seconds(10));
    tokio::time::sleep(Duration::from_secs(11)).await;
    desk.has_sent_everything().await;
    assert_eq!(desk.delivery(&reply), Some(Delivery::Sent));
    assert_eq!(scene::text(&scene::answers(&practice, "t0")[0]), "Rest, and drink plenty.");
}

/// An entry of the audit on its way, or stuck.
fn audit_row(desk: &Desk, id: &str, delivery: Delivery) -> OutboxRow {
    OutboxRow {
        id: id.into(),
        thread: None,
        author: desk.member.reference.clone(),
        intent: Intent::Audit { entry: id.to_owned() },
        delivery,
        not_before: desk.now(),
        depends_on: Vec::new(),
        group: None,
        attempts: 0,
        wedged: (delivery == Delivery::Wedged).then_some(Wedge::Gone),
    }
}

#[tokio::test(start_paused = true)]
async fn quitting_sends_what_only_waits_for_its_seconds() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    desk.replies("t0", "Drink plenty.", TimeDelta::seconds(30));
    let began = tokio::time::Instant::now();
    desk.engine.take().expect("a running engine").stop(Duration::from_secs(10)).await;
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn quitting_sends_it_also_while_the_outbox_is_being_looked_through() {
    for round in 0..20 {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        let mut desk = Desk::opens(&practice, &clock, people::osei());
        desk.looks().await;
        desk.claims("t0").await;
        // Looking through so many takes about as long as hurrying one.
        let stuck: Vec<_> = (0..2_000).map(|n| audit_row(&desk, &n.to_string(), Delivery::Wedged)).collect();
        desk.cache.write(desk.now(), |writer| writer.outbox_add(&stuck)).expect("kept");
        desk.replies("t0", "Drink plenty.", TimeDelta::seconds(30));
        let engine = desk.engine.take().expect("a running engine");
        let looked_through_all_the_time = async {
            loop {
                engine.wake();
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = engine.stop(Duration::from_secs(10)) => {}
            () = looked_through_all_the_time => {}
        }
        assert_eq!(scene::answers(&practice, "t0").len(), 1, "{round}");
    }
}

#[tokio::test(start_paused = true)]
async fn quitting_without_a_way_takes_ten_seconds_and_loses_nothing() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    desk.connection.weather(|_| Some(Fault::LostBefore));
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    let began = tokio::time::Instant::now();
    desk.engine.take().expect("a running engine").stop(Duration::from_secs(10)).await;
    assert!(began.elapsed() <= Duration::from_secs(11));
    assert!(desk.row(&reply).is_some());

    desk.dies();
    desk.connection.weather(|_| None);
    desk.comes_back();
    desk.has_sent_everything().await;
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_refused_stops_its_own_thread_and_no_other() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    practice.differs([Quirk::NoTransactions]);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    desk.claims("t1").await;
    desk.connection.next(Method::Put, "Communication", [Fault::Status(422)]);
    let (refused, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.until("a wedged reply", |reader| {
        Ok(reader.outbox_of_message(&refused)?.is_some_and(|row| row.delivery == Delivery::Wedged))
    })
    .await;
    let (sent, _) = desk.replies("t1", "Come in at four.", TimeDelta::zero());
    desk.until("the other reply", |reader| Ok(reader.outbox_of_message(&sent)?.is_none())).await;
    assert_eq!(desk.delivery(&sent), Some(Delivery::Sent));
    assert!(scene::answers(&practice, "t0").is_empty());

    // The person says: again.
    let row = desk.row(&refused).expect("the row");
    desk.cache.write(desk.now(), |writer| writer.outbox_retry(&row.id)).expect("queued");
    desk.engine().wake();
    desk.has_sent_everything().await;
    assert_eq!(scene::answers(&practice, "t0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_members_rows_are_never_sent() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    desk.claims("t0").await;
    desk.connection.weather(|_| Some(Fault::Offline));
    let (reply, _) = desk.replies("t0", "Drink plenty.", TimeDelta::zero());
    desk.engine = None;
    desk.connection.weather(|_| None);
    desk.member = people::mia();
    desk.starts();
    desk.looks().await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(scene::answers(&practice, "t0").is_empty());
    assert_eq!(desk.delivery(&reply), Some(Delivery::Queued));
}

#[tokio::test(start_paused = true)]
async fn the_audit_goes_to_the_server_where_it_is_taken_and_stays_here_where_it_is_not() {
    for (quirks, expected) in [(vec![], 1), (vec![Quirk::NoAudit], 0)] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks);
        let desk = Desk::opens(&practice, &clock, people::osei());
        desk.looks().await;
        let id = uuid::Uuid::now_v7().to_string();
        let entry = tern_store::AuditEntry {
            id: id.clone(),
            at: desk.now(),
            author: desk.member.reference.clone(),
            action: "peek".to_owned(),
            subject: Some("Communication/t0".to_owned()),
            detail: None,
        };
        let row = audit_row(&desk, &id, Delivery::Queued);
        desk.cache
            .write(desk.now(), |writer| {
                writer.audit_append(&entry)?;
                writer.outbox_add(std::slice::from_ref(&row))
            })
            .expect("kept");
        desk.engine().wake();
        desk.has_sent_everything().await;
        assert_eq!(practice.all("AuditEvent").len(), expected);
        assert_eq!(desk.read(|reader| reader.audit(10)).len(), 1, "the chain here has it in any case");
    }
}
