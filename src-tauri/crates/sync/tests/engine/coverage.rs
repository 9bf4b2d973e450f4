//! Who stands in: made, planned anew and ended once each, whatever the server differs in; and who may claim what then.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tern_fhir::exchange::Method;
use tern_inbox::{
    coverage::{Coverage, Validity, When},
    moves::Move,
    outbox::Wedge,
    party::PartyRef,
    queue::Queue,
};
use tern_sync::{ClaimOutcome, clock::Clock as _};
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

const ID: &str = "018e0000-0000-7000-8000-00000000000a";

/// Mia stands in for Dr Osei, from now on for a day.
fn plan(clock: &FakeClock) -> Coverage {
    Coverage {
        id: ID.into(),
        absent: PartyRef::new(people::OSEI),
        stand_in: PartyRef::new(people::MIA),
        from: Some(When::At(ms(clock.now()))),
        until: Some(When::At(ms(clock.now()) + TimeDelta::days(1))),
        pools: vec![],
        validity: Validity::Planned,
    }
}

/// As FHIR carries it.
fn ms(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).expect("an instant")
}

impl Desk {
    fn plans(&self, plan: &Coverage, base: Option<&str>) {
        let author = self.member.reference.clone();
        self.cache.write(self.now(), |writer| writer.save_coverage(plan, base, &author)).expect("kept");
        self.engine().wake();
    }

    fn ends_coverage(&self, id: &tern_inbox::ids::CoverageId) {
        let author = self.member.reference.clone();
        self.cache.write(self.now(), |writer| writer.end_coverage(id, &author)).expect("kept");
        self.engine().wake();
    }

    /// The one coverage that is here, and its version.
    fn coverage(&self) -> Option<(Coverage, String)> {
        self.read(|reader| reader.coverages()).pop().map(|kept| (kept.coverage, kept.version))
    }

    async fn sees(&self, validity: Validity) {
        self.engine().wake();
        self.until("the coverage", |reader| {
            Ok(reader.coverages()?.iter().any(|kept| kept.coverage.validity == validity))
        })
        .await;
    }

    fn for_osei(&self) -> u32 {
        let now = self.now();
        self.read(|reader| reader.envelopes(&Queue::For(PartyRef::new(people::OSEI)), 0, 9, now)).total
    }

    fn wedged(&self) -> Option<Wedge> {
        let author = self.member.reference.clone();
        self.read(|reader| reader.coverage_changes(&author)).pop().and_then(|row| row.wedged)
    }
}

fn coverages(practice: &Practice) -> Vec<Value> {
    let is_one = |task: &Value| task["code"]["coding"][0]["code"] == "coverage";
    practice.all("Task").into_iter().filter(is_one).collect()
}

#[tokio::test(start_paused = true)]
async fn a_coverage_is_made_planned_anew_and_ended_once_each_and_everybody_has_it() {
    for quirks in [vec![], vec![Quirk::RefusesOwnIds], vec![Quirk::NoPatch], vec![Quirk::PatchIgnoresIfMatch]] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks.clone());
        let osei = Desk::opens(&practice, &clock, people::osei());
        let mia = Desk::opens(&practice, &clock, people::mia());
        osei.looks().await;
        osei.plans(&plan(&clock), None);
        osei.has_sent_everything().await;
        mia.sees(Validity::Planned).await;
        osei.sees(Validity::Planned).await;
        let (kept, version) = osei.coverage().expect("kept");
        let anew = Coverage { until: None, ..kept };
        osei.plans(&anew, Some(&version));
        osei.has_sent_everything().await;
        mia.until("the new plan", |reader| Ok(reader.coverages()?.iter().all(|kept| kept.coverage.until.is_none())))
            .await;
        osei.ends_coverage(&anew.id);
        osei.has_sent_everything().await;
        mia.sees(Validity::Ended).await;
        let on_server = coverages(&practice);
        assert_eq!(on_server.len(), 1, "{quirks:?}");
        assert_eq!(on_server[0]["status"], "completed", "{quirks:?}");
        assert!(on_server[0]["executionPeriod"]["end"].is_string(), "{quirks:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_stands_in_may_claim_what_was_given_to_the_absent_member() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    osei.moves(&["t0"], Move::Member { member: osei.member.reference.clone() });
    osei.has_sent_everything().await;
    mia.looks().await;
    assert_eq!(mia.claims("t0").await, ClaimOutcome::Taken { by: Some(osei.member.reference.clone()) });
    assert_eq!(mia.for_osei(), 0);

    osei.plans(&plan(&clock), None);
    osei.has_sent_everything().await;
    mia.sees(Validity::Planned).await;
    mia.until("her queue", |reader| {
        Ok(reader.envelopes(&Queue::For(PartyRef::new(people::OSEI)), 0, 9, clock.now())?.total == 1)
    })
    .await;
    assert_eq!(mia.claims("t0").await, ClaimOutcome::Ours);
    let task = practice.read("Task", "t0-w0").expect("the task");
    assert_eq!((&task["status"], &task["owner"]["reference"]), (&"in-progress".into(), &people::MIA.into()));
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_by_time_alone_takes_the_queue_along() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    osei.moves(&["t0"], Move::Member { member: osei.member.reference.clone() });
    let in_ten = ms(clock.now()) + TimeDelta::minutes(10);
    let later = Coverage {
        from: Some(When::At(in_ten)),
        until: Some(When::At(in_ten + TimeDelta::minutes(10))),
        ..plan(&clock)
    };
    osei.plans(&later, None);
    osei.has_sent_everything().await;
    mia.sees(Validity::Planned).await;
    assert_eq!(mia.for_osei(), 0, "not yet");
    mia.connection.weather(|_| Some(Fault::Offline));
    for total in [1, 0] {
        mia.until("Dr Osei's going, then her coming back", |reader| {
            Ok(reader.envelopes(&Queue::For(PartyRef::new(people::OSEI)), 0, 9, clock.now())?.total == total)
        })
        .await;
    }
    assert!(mia.now() >= in_ten + TimeDelta::minutes(10));
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_machine_closed_its_lid_is_free_again_by_time_alone() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);
    let by = |reader: &tern_store::Reader<'_>| {
        Ok::<_, tern_store::StoreError>(
            reader.envelope(&"t0".into(), clock.now())?.and_then(|envelope| envelope.held).map(|(by, _, _)| by),
        )
    };
    mia.until("that Dr Osei is at it", |reader| Ok(by(reader)? == Some(osei.member.reference.clone()))).await;
    osei.connection.weather(|_| Some(Fault::Offline));
    mia.connection.weather(|_| Some(Fault::Offline));
    // Filed so, with no look at the server: every queue has it where it is.
    mia.until("that nobody is", |reader| Ok(by(reader)?.is_none() && !reader.claims_have_lapsed(clock.now())?)).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_who_plan_at_once_the_second_is_told_and_an_end_counts_all_the_same() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    osei.plans(&plan(&clock), None);
    osei.has_sent_everything().await;
    mia.sees(Validity::Planned).await;
    osei.sees(Validity::Planned).await;
    let (kept, version) = mia.coverage().expect("kept");
    mia.connection.weather(|_| Some(Fault::Offline));
    mia.plans(&Coverage { pools: vec![people::pool()], ..kept.clone() }, Some(&version));
    osei.plans(&Coverage { until: None, ..kept.clone() }, Some(&version));
    osei.has_sent_everything().await;
    mia.connection.weather(|_| None);
    mia.until("that she was second", |reader| {
        let changes = reader.coverage_changes(&PartyRef::new(people::MIA))?;
        Ok(changes.iter().any(|row| row.wedged == Some(Wedge::ChangedSince)))
    })
    .await;
    assert_eq!(mia.wedged(), Some(Wedge::ChangedSince));
    assert_eq!(mia.coverage().map(|(kept, _)| kept.until), Some(None), "she sees what stands there");
    mia.ends_coverage(&kept.id);
    mia.has_sent_everything().await;
    assert_eq!(coverages(&practice)[0]["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_coverage_whose_answer_was_lost_is_made_once_and_one_that_is_gone_is_given_up() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let osei = Desk::opens(&practice, &clock, people::osei());
    osei.looks().await;
    let mut lost = false;
    osei.connection.weather(move |request| {
        let first = request.method != Method::Get && request.path.starts_with("Task") && !lost;
        lost |= first;
        first.then_some(Fault::LostAfter)
    });
    osei.plans(&plan(&clock), None);
    osei.has_sent_everything().await;
    assert_eq!(coverages(&practice).len(), 1);
    osei.sees(Validity::Planned).await;
    let (kept, _) = osei.coverage().expect("kept");
    practice.remove("Task", kept.id.as_str());
    osei.ends_coverage(&kept.id);
    osei.has_sent_everything().await;
    osei.until("that it is gone", |reader| Ok(reader.coverages()?.is_empty())).await;
}
