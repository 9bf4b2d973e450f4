//! The promise: **each reply whose claim held is on the server exactly once, in the order of its thread, and the
//! others stand with their text** – whatever is lost, refused, late or killed on the way.
//!
//! Two members work on a few threads over a bad connection and die now and then; what they do and what goes
//! wrong is drawn by proptest, which prints the seed of a failure and keeps it in `proptest-regressions`.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use proptest::prelude::*;
use tern_inbox::{
    ids::{MessageId, ThreadId},
    message::Delivery,
    outbox::Wedge,
    touch::Touch,
};
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

const THREADS: usize = 3;

#[derive(Clone, Debug)]
enum Act {
    /// Enter on an envelope.
    Start { who: usize, thread: usize },
    /// Ctrl Enter, where a touch is open.
    Reply { who: usize, thread: usize },
    /// Ana writes again.
    AnaWrites { thread: usize },
    /// Time passes.
    Wait { seconds: u64 },
    /// `kill -9`, and the program started again.
    Killed { who: usize },
    /// The laptop is closed for a while.
    Closed { who: usize, minutes: u64 },
}

#[derive(Clone, Debug)]
struct Day {
    quirks: Vec<Quirk>,
    acts: Vec<Act>,
    /// Of each member's requests: so many go well, then this happens.
    weather: [Vec<(usize, Fault)>; 2],
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::LostBefore),
        5 => Just(Fault::LostAfter),
        2 => Just(Fault::Offline),
        2 => Just(Fault::Status(503)),
        1 => Just(Fault::Status(429)),
        1 => Just(Fault::Status(401)),
        3 => Just(Fault::StatusAfter(502)),
        2 => Just(Fault::HalfABody),
        3 => Just(Fault::DieBefore),
        4 => Just(Fault::DieAfter),
        2 => (5_u64..90).prop_map(|seconds| Fault::Late(Duration::from_secs(seconds))),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let thread = 0..THREADS;
    prop_oneof![
        6 => (0..2_usize, thread.clone()).prop_map(|(who, thread)| Act::Start { who, thread }),
        8 => (0..2_usize, thread.clone()).prop_map(|(who, thread)| Act::Reply { who, thread }),
        2 => thread.prop_map(|thread| Act::AnaWrites { thread }),
        4 => (0_u64..30).prop_map(|seconds| Act::Wait { seconds }),
        2 => (0..2_usize).prop_map(|who| Act::Killed { who }),
        1 => (0..2_usize, 1_u64..12).prop_map(|(who, minutes)| Act::Closed { who, minutes }),
    ]
}

fn server() -> impl Strategy<Value = Vec<Quirk>> {
    prop_oneof![
        3 => Just(vec![]),
        1 => Just(vec![Quirk::NoHistory, Quirk::NoPatch]),
        1 => Just(vec![Quirk::NoTransactions, Quirk::PatchIgnoresIfMatch]),
        1 => Just(vec![Quirk::HalfTransactions]),
        1 => Just(vec![Quirk::RefusesOwnIds]),
        1 => Just(vec![Quirk::RefusesOwnIds, Quirk::NoTransactions]),
        1 => Just(vec![Quirk::RefusesOwnIds, Quirk::NoTransactions, Quirk::IgnoresIfNoneExist, Quirk::SmallPages]),
    ]
}

fn day() -> impl Strategy<Value = Day> {
    let weather = || prop::collection::vec((0..12_usize, fault()), 0..25);
    (server(), prop::collection::vec(act(), 5..40), weather(), weather()).prop_map(|(quirks, acts, osei, mia)| Day {
        quirks,
        acts,
        weather: [osei, mia],
    })
}

/// A reply that somebody wrote.
#[derive(Debug)]
struct Written {
    who: usize,
    thread: usize,
    message: MessageId,
    text: String,
}

struct Scene {
    practice: Arc<Practice>,
    desks: [Desk; 2],
    written: Vec<Written>,
    ana_wrote: usize,
}

impl Scene {
    async fn begins(day: &Day) -> Self {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, THREADS);
        practice.differs(day.quirks.iter().copied());
        let desks = [people::osei(), people::mia()].map(|member| Desk::opens(&practice, &clock, member));
        for (desk, weather) in desks.iter().zip(&day.weather) {
            desk.looks().await;
            let mut weather = weather.clone().into_iter();
            let mut next = weather.next();
            desk.connection.weather(move |_| match &mut next {
                Some((0, fault)) => {
                    let fault = *fault;
                    next = weather.next();
                    Some(fault)
                }
                Some((well, _)) => {
                    *well -= 1;
                    None
                }
                None => None,
            });
        }
        Self { practice, desks, written: Vec::new(), ana_wrote: 0 }
    }

    async fn act(&mut self, act: &Act) {
        match *act {
            Act::Start { who, thread } => {
                let (desk, thread) = (&self.desks[who], format!("t{thread}"));
                if !desk.open_items(&thread).is_empty() && !self.is_started(who, &thread) {
                    desk.starts_touch(&thread);
                }
            }
            Act::Reply { who, thread } => {
                let name = format!("t{thread}");
                if self.is_started(who, &name) {
                    let text = format!("Reply {} of {who}.", self.written.len());
                    let undo = TimeDelta::seconds(i64::from(u8::from(thread == 0)) * 10);
                    let (message, _) = self.desks[who].replies(&name, &text, undo);
                    self.written.push(Written { who, thread, message, text });
                }
            }
            Act::AnaWrites { thread } => {
                self.ana_wrote += 1;
                scene::ana_writes(&self.practice, &format!("t{thread}"), self.ana_wrote, "And another thing.");
            }
            Act::Wait { seconds } => tokio::time::sleep(Duration::from_secs(seconds)).await,
            Act::Killed { who } => {
                self.desks[who].dies();
                self.desks[who].comes_back();
            }
            Act::Closed { who, minutes } => {
                self.desks[who].dies();
                tokio::time::sleep(Duration::from_secs(minutes * 60)).await;
                self.desks[who].comes_back();
            }
        }
        // Long enough for something to be under way, not for it to be over.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.bury_the_dead();
    }

    /// A connection on which somebody died has a dead process behind it: it is started again.
    fn bury_the_dead(&mut self) {
        for desk in &mut self.desks {
            if desk.connection.somebody_died() {
                desk.dies();
                desk.comes_back();
            }
        }
    }

    fn is_started(&self, who: usize, thread: &str) -> bool {
        let desk = &self.desks[who];
        let touch = desk.read(|reader| reader.touch(&ThreadId::from(thread), &desk.member.reference));
        touch.is_some_and(|touch| touch.state == Touch::Started)
    }

    /// The network is good again, and everything that can happen by itself does.
    async fn calm(&mut self) {
        for desk in &self.desks {
            desk.connection.weather(|_| None);
        }
        self.bury_the_dead();
        // What is still late arrives.
        tokio::time::sleep(Duration::from_secs(120)).await;
        self.bury_the_dead();
        for desk in &self.desks {
            desk.until("everything sent or stuck", |reader| {
                let rows = reader.outbox()?;
                let stuck: HashSet<_> =
                    rows.iter().filter(|row| row.delivery == Delivery::Wedged).map(|row| row.thread.clone()).collect();
                Ok(rows.iter().all(|row| stuck.contains(&row.thread)) && reader.extras()?.is_empty())
            })
            .await;
            desk.looks().await;
        }
        for desk in &self.desks {
            // A second copy that the last look brought.
            desk.until("nothing to retract", |reader| Ok(reader.extras()?.is_empty())).await;
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let mut arrived: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        for thread in 0..THREADS {
            for answer in self.practice.in_order_of_creation("Communication") {
                let in_thread = answer["partOf"][0]["reference"] == format!("Communication/t{thread}").as_str();
                if !in_thread || answer["status"] == "entered-in-error" {
                    continue;
                }
                let who =
                    [people::OSEI, people::MIA].iter().position(|member| answer["sender"]["reference"] == *member);
                if let Some(who) = who {
                    arrived.entry((who, thread)).or_default().push(scene::text(&answer).to_owned());
                }
            }
        }
        let mut expected: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        for reply in &self.written {
            let desk = &self.desks[reply.who];
            match desk.row(&reply.message) {
                None => {
                    // Sent, says the screen: so it is there.
                    prop_assert_eq!(desk.delivery(&reply.message), Some(Delivery::Sent));
                    expected.entry((reply.who, reply.thread)).or_default().push(reply.text.clone());
                }
                Some(row) => {
                    let kept = desk.read(|reader| reader.message(&reply.message)).expect("kept");
                    prop_assert_eq!(kept.row.message.text.reveal(), &reply.text);
                    if row.delivery == Delivery::Wedged {
                        self.check_wedge(reply, row.wedged.as_ref())?;
                    }
                }
            }
        }
        prop_assert_eq!(arrived, expected, "on the server, against what the screens say");
        Ok(())
    }

    /// A reply stands only because somebody else really was on the item, or answered.
    fn check_wedge(&self, reply: &Written, wedge: Option<&Wedge>) -> Result<(), TestCaseError> {
        let because_of_somebody =
            matches!(wedge, Some(Wedge::ClaimLost { .. } | Wedge::AnsweredSince { .. } | Wedge::Dependency));
        prop_assert!(because_of_somebody, "{reply:?} stands for {wedge:?}");
        let other = [people::MIA, people::OSEI][reply.who];
        let focus = format!("Communication/t{}", reply.thread);
        let was_there = self
            .practice
            .ever("Task", |task| task["focus"]["reference"] == focus.as_str() && task["owner"]["reference"] == other);
        prop_assert!(was_there, "{reply:?} stands for {wedge:?}, but nobody else was ever on it");
        Ok(())
    }
}

/// A check that cannot fail proves nothing: it has to notice a second copy, a loss, and a swapped order.
#[test]
fn the_check_itself_notices_a_second_copy_a_loss_and_a_swap() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    let start = Act::Start { who: 0, thread: 1 };
    let reply = Act::Reply { who: 0, thread: 1 };
    let wait = Act::Wait { seconds: 20 };
    let again = Act::AnaWrites { thread: 1 };
    let acts = vec![start.clone(), reply.clone(), wait.clone(), again, wait.clone(), start, reply, wait];
    let day = Day { quirks: vec![], acts, weather: [vec![(2, Fault::LostAfter)], vec![]] };
    runtime.block_on(async {
        let mut scene = Scene::begins(&day).await;
        for act in &day.acts {
            scene.act(act).await;
        }
        scene.calm().await;
        assert!(scene.check().is_ok());
        assert_eq!(scene.written.len(), 2);
        let answers = scene::answers(&scene.practice, "t1");
        assert_eq!(answers.len(), 2, "both replies are there");

        let mut second = answers[0].clone();
        second["id"] = "second".into();
        scene.practice.store(second);
        assert!(scene.check().is_err(), "a second copy");
        scene.practice.remove("Communication", "second");
        assert!(scene.check().is_ok());

        scene.written.swap(0, 1);
        assert!(scene.check().is_err(), "another order");
        scene.written.swap(0, 1);

        scene.practice.remove("Communication", answers[1]["id"].as_str().unwrap_or_default());
        assert!(scene.check().is_err(), "a loss");
    });
}

/// Days drawn in the ordinary test command; `PROPTEST_CASES` asks for more.
fn days() -> ProptestConfig {
    let mut days = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        days.cases = 24;
    }
    ProptestConfig { max_shrink_iters: 200, ..days }
}

proptest! {
    #![proptest_config(days())]

    #[test]
    fn each_reply_whose_claim_held_is_there_once_in_order_and_none_is_lost(day in day()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut scene = Scene::begins(&day).await;
            for act in &day.acts {
                scene.act(act).await;
            }
            scene.calm().await;
            scene.check()
        })?;
    }
}
