//! Emergencies outside the app: called once, by whichever machine, until somebody has it or it is dealt with.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tern_fhir::{
    vocabulary as v,
    write::{emergency as wire, library::library},
};
use tern_inbox::{
    coverage::When,
    emergency::{self, Alarm, Duty, Emergencies, Lease},
    ids::WorkItemId,
    party::PartyRef,
    practice_table::{PracticeTable, TableKind},
};
use tern_sync::{HaveIt, clock::Clock as _, server::NotPaged};
use tern_testkit::{FakeClock, Practice, Quirk, people, scene};

use crate::desk::Desk;

const WEBHOOK: &str = "https://pager.example/tern";
const DUTY: &str = "018e0000-0000-7000-8000-00000000000d";

/// A practice with a webhook, Mia on duty, and Ana, whose son cannot breathe. Dr Osei answers for the pool.
fn night(clock: &Arc<FakeClock>) -> Arc<Practice> {
    let practice = scene::practice(clock, 0);
    names(&practice, Some(WEBHOOK));
    let mia = Duty {
        id: DUTY.into(),
        who: PartyRef::new(people::MIA),
        from: None,
        until: Some(When::At(clock.now() + chrono::TimeDelta::days(1))),
        is_over: false,
    };
    let made = wire::duty(&mia, &PartyRef::new(people::OSEI), clock.now()).expect("a duty");
    stores(&practice, made.json, DUTY);
    practice.store(people::thread("t0", "Help"));
    practice
}

fn names(practice: &Practice, webhook: Option<&str>) {
    let table = Emergencies { webhook: webhook.map(str::to_owned), ..Emergencies::default() };
    let text = serde_json::to_string(&table).expect("JSON");
    let made = library(&PracticeTable { kind: TableKind::Emergencies, text }, practice.now());
    stores(practice, made.json, &TableKind::Emergencies.id().to_string());
}

fn stores(practice: &Practice, mut json: Value, id: &str) {
    json["id"] = json!(id);
    practice.store(json);
}

fn ana_cries_for_help(practice: &Practice) {
    scene::ana_writes(practice, "t0", 0, "Leo has crushing chest pain and can't breathe.");
}

fn item() -> WorkItemId {
    "t0-w0".into()
}

/// Waits, in the engine's time, until so many pages came.
async fn pages(practice: &Practice, count: usize) -> Vec<String> {
    let waiting = async {
        while practice.pager().pages().len() < count {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(3600), waiting).await;
    assert!(waited.is_ok(), "only {:?} were called", practice.pager().called());
    practice.pager().called()
}

async fn minutes(count: u64) {
    tokio::time::sleep(Duration::from_secs(count * 60)).await;
}

fn alarm(practice: &Practice) -> Option<Value> {
    let is_one = |task: &Value| task["code"]["coding"][0]["code"] == v::EMERGENCY;
    let mut found: Vec<_> = practice.all("Task").into_iter().filter(is_one).collect();
    assert!(found.len() <= 1, "one alarm for one emergency");
    found.pop()
}

#[tokio::test(start_paused = true)]
async fn of_three_machines_one_calls_and_the_next_person_after_five_minutes() {
    for quirks in [vec![], vec![Quirk::RefusesOwnIds], vec![Quirk::NoPatch], vec![Quirk::PatchIgnoresIfMatch]] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = night(&clock);
        practice.differs(quirks.clone());
        let desks = [people::osei(), people::mia(), people::osei()].map(|who| Desk::opens(&practice, &clock, who));
        for desk in &desks {
            desk.looks().await;
        }
        ana_cries_for_help(&practice);
        assert_eq!(pages(&practice, 1).await, [people::MIA], "{quirks:?}");
        minutes(4).await;
        assert_eq!(practice.pager().called(), [people::MIA], "{quirks:?}: nobody twice");
        assert_eq!(pages(&practice, 2).await, [people::MIA, people::OSEI], "{quirks:?}");
        assert_eq!(pages(&practice, 4).await[2..], ["everybody", "everybody"], "{quirks:?}");
        let alarm = alarm(&practice).expect("it stands on the server");
        assert_eq!(alarm["status"], "in-progress", "{quirks:?}");
        assert!(alarm["for"].is_null(), "no portal shows it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_says_that_there_is_one_and_to_whom_and_nothing_else() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    ana_cries_for_help(&practice);
    pages(&practice, 1).await;
    let page = practice.pager().pages().remove(0);
    assert_eq!(page.address, WEBHOOK);
    let body: Value = serde_json::from_slice(&page.body).expect("JSON");
    let mut fields: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["alarm", "at", "event", "everybody", "key", "page", "to"]);
    assert_eq!(body["to"][0]["name"], "Mia Tran");
    assert_eq!((&body["event"], &body["key"]), (&json!("emergency"), &json!(page.key)));
    let text = body.to_string();
    for word in ["chest", "Leo", "leo", "ana", "Ruiz", "Help", "t0"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_stops_nothing_and_an_outcome_does() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    ana_cries_for_help(&practice);
    pages(&practice, 1).await;
    practice.edit("Task", "t0-w0", |task| {
        task["status"] = json!("in-progress");
        task["owner"] = json!({ "reference": people::OSEI });
    });
    assert_eq!(pages(&practice, 2).await, [people::MIA, people::OSEI], "whoever opened it was called away");
    practice.edit("Task", "t0-w0", |task| task["status"] = json!("completed"));
    minutes(20).await;
    assert_eq!(practice.pager().called().len(), 2);
    assert_eq!(alarm(&practice).expect("an alarm")["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn i_have_it_holds_for_five_minutes_and_everybody_knows() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;
    ana_cries_for_help(&practice);
    pages(&practice, 1).await;
    mia.until("the emergency", |reader| Ok(!reader.emergencies(clock.now())?.is_empty())).await;
    let came = mia.engine().have_it(&item()).await.expect("asked");
    let HaveIt::Yes { until } = came else { panic!("{came:?}") };
    assert!((290..=300).contains(&(until - clock.now()).num_seconds()));
    osei.until("who has it", |reader| {
        let waiting = reader.emergencies(clock.now())?;
        Ok(waiting.iter().any(|one| one.alarm.as_ref().is_some_and(|alarm| alarm.holder(clock.now()).is_some())))
    })
    .await;
    let second = osei.engine().have_it(&item()).await.expect("asked");
    assert_eq!(second, HaveIt::Somebody { by: PartyRef::new(people::MIA) });
    minutes(4).await;
    assert!(matches!(mia.engine().have_it(&item()).await.expect("asked"), HaveIt::Yes { .. }), "and once more");
    minutes(4).await;
    assert_eq!(practice.pager().called(), [people::MIA], "eight minutes, and nobody else was called");
    assert_eq!(pages(&practice, 2).await, [people::MIA, people::OSEI], "she said so no more");
}

#[tokio::test(start_paused = true)]
async fn i_have_it_is_not_said_before_the_server_has_it() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let mia = Desk::opens(&practice, &clock, people::mia());
    mia.looks().await;
    ana_cries_for_help(&practice);
    pages(&practice, 1).await;
    mia.until("the emergency", |reader| Ok(!reader.emergencies(clock.now())?.is_empty())).await;
    mia.connection.weather(|_| Some(tern_testkit::Fault::Offline));
    assert_eq!(mia.engine().have_it(&item()).await.expect("asked"), HaveIt::NotConfirmed);
}

#[tokio::test(start_paused = true)]
async fn where_one_machine_cannot_reach_the_pager_another_does() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let mut osei = Desk::unplugged(&practice, &clock, people::osei());
    osei.connection.webhook(Err(NotPaged::Unanswered));
    osei.starts();
    osei.looks().await;
    ana_cries_for_help(&practice);
    let mut status = osei.engine().status();
    let unheard = tokio::time::timeout(Duration::from_secs(600), status.wait_for(|status| status.pager_unheard)).await;
    assert!(unheard.is_ok_and(|heard| heard.is_ok()), "whoever sits there is told");
    assert_eq!(practice.pager().called(), [""; 0]);
    let mia = Desk::opens(&practice, &clock, people::mia());
    mia.looks().await;
    assert_eq!(pages(&practice, 1).await, [people::MIA]);
    let heard = tokio::time::timeout(Duration::from_secs(600), status.wait_for(|status| !status.pager_unheard)).await;
    assert!(heard.is_ok_and(|heard| heard.is_ok()), "and somebody else did");
}

#[tokio::test(start_paused = true)]
async fn where_the_gateway_refuses_everybody_by_name_it_is_told_to_call_everybody_and_asked_again() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    osei.connection.webhook(Err(NotPaged::Refused(404)));
    ana_cries_for_help(&practice);
    let mut status = osei.engine().status();
    let unheard = tokio::time::timeout(Duration::from_secs(600), status.wait_for(|status| status.pager_unheard)).await;
    assert!(unheard.is_ok_and(|heard| heard.is_ok()));
    minutes(1).await;
    osei.connection.webhook(Ok(()));
    assert_eq!(pages(&practice, 1).await, ["everybody"], "nobody is left whom it has not refused");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_died_between_lease_and_post_keeps_nobody_waiting_for_long() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    ana_cries_for_help(&practice);
    let mut dead = Alarm::of(&item(), "t0-w0");
    dead.lease = Some(Lease { by: "a closed laptop".to_owned(), until: clock.now() + chrono::TimeDelta::seconds(60) });
    let id = emergency::identity("t0-w0");
    stores(&practice, wire::alarm(&dead, "t0-w0", clock.now()).json, id.as_str());
    let began = clock.now();
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    pages(&practice, 1).await;
    let waited = (clock.now() - began).num_seconds();
    assert!((59..90).contains(&waited), "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_calls_nobody_twice() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.knows_the_server().await;
    let mut lost = 6;
    osei.connection.weather(move |request| {
        let writes = request.method != tern_fhir::exchange::Method::Get && request.path.starts_with("Task");
        if writes && lost > 0 {
            lost -= 1;
            return Some(tern_testkit::Fault::LostAfter);
        }
        None
    });
    ana_cries_for_help(&practice);
    pages(&practice, 1).await;
    minutes(4).await;
    assert_eq!(practice.pager().called(), [people::MIA]);
}

#[tokio::test(start_paused = true)]
async fn where_no_webhook_is_named_nobody_is_called_and_the_first_one_is_once_it_is() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    names(&practice, None);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    ana_cries_for_help(&practice);
    minutes(20).await;
    assert!(alarm(&practice).is_none() && practice.pager().pages().is_empty());
    names(&practice, Some(WEBHOOK));
    assert_eq!(pages(&practice, 1).await, [people::MIA]);
}

#[tokio::test(start_paused = true)]
async fn for_a_message_that_has_no_work_item_somebody_is_called_within_a_minute() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = night(&clock);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    let began = clock.now();
    let text = "Leo has crushing chest pain and can't breathe.";
    practice.store(people::message("m", "t0", people::ANA, &scene::instant(clock.now()), text));
    assert_eq!(pages(&practice, 1).await, [people::MIA]);
    let waited = (clock.now() - began).num_seconds();
    assert!(waited < 60, "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn a_duty_is_made_and_ended_through_the_outbox() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 0);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    let until = clock.now() + chrono::TimeDelta::hours(12);
    let duty = Duty {
        id: DUTY.into(),
        who: PartyRef::new(people::OSEI),
        from: Some(When::At(clock.now())),
        until: Some(When::At(until)),
        is_over: false,
    };
    let author = osei.member.reference.clone();
    osei.cache.write(clock.now(), |writer| writer.serve(&duty, &author)).expect("kept");
    osei.engine().wake();
    osei.has_sent_everything().await;
    osei.until("who is on duty", |reader| Ok(reader.duties(clock.now())?.len() == 1)).await;
    osei.cache.write(clock.now(), |writer| writer.end_duty(&DUTY.into(), &author)).expect("kept");
    osei.engine().wake();
    osei.has_sent_everything().await;
    osei.until("nobody on duty", |reader| Ok(reader.duties(clock.now())?.is_empty())).await;
    assert_eq!(practice.read("Task", DUTY).expect("kept")["status"], "completed");
}
