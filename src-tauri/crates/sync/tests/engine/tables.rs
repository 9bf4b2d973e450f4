//! The practice's tables: changed over the version that was edited, and no other.

use std::sync::Arc;

use serde_json::{Value, json};
use tern_fhir::{
    exchange::Method,
    write::{edit::Edit, library::library},
};
use tern_inbox::{
    outbox::Wedge,
    practice_table::{PracticeTable, TableKind},
};
use tern_testkit::{FakeClock, Fault, Practice, Quirk, people, scene};

use crate::desk::Desk;

const ONE: &str = r#"{"version":1,"words":[]}"#;
const TWO: &str = r#"{"version":1,"categories":[]}"#;

fn triage(text: &str) -> PracticeTable {
    PracticeTable { kind: TableKind::Triage, text: text.to_owned() }
}

impl Desk {
    /// Saves the triage table, made of the version that is here.
    fn saves(&self, clock: &FakeClock, text: &str) {
        let table = triage(text);
        let base = self.in_force().map(|(version, _)| version);
        let author = self.member.reference.clone();
        self.cache
            .write(tern_sync::clock::Clock::now(clock), |writer| writer.save_table(&table, base.as_deref(), &author))
            .expect("kept");
        self.engine().wake();
    }

    /// The triage table's version and text as this machine has them.
    fn in_force(&self) -> Option<(String, String)> {
        let kept = self.read(|reader| reader.practice_table(TableKind::Triage));
        kept.map(|kept| (kept.version, kept.table.text))
    }

    /// Waits until this text is in force here: a look that was under way already may have come too early.
    async fn comes_to(&self, text: &'static str) {
        self.engine().wake();
        self.until("the table", move |reader| {
            Ok(reader.practice_table(TableKind::Triage)?.is_some_and(|kept| kept.table.text == text))
        })
        .await;
    }

    fn text(&self) -> Option<String> {
        self.in_force().map(|(_, text)| text)
    }
}

/// Whether the server has this text.
fn stands(practice: &Practice, text: &str) -> bool {
    let library = practice.read("Library", &TableKind::Triage.id().to_string());
    library.is_some_and(|library| Edit::Table { text, at: chrono::DateTime::UNIX_EPOCH }.stands_in(&library))
}

/// The practice has a table already, with something in it that we don't know.
fn planted(practice: &Practice, clock: &FakeClock, text: &str) {
    let mut made: Value = library(&triage(text), tern_sync::clock::Clock::now(clock)).json;
    made["id"] = json!(TableKind::Triage.id().to_string());
    made["extension"] = json!([{ "url": "https://a.example/odd", "valueDecimal": 1.5 }]);
    practice.store(made);
}

#[tokio::test(start_paused = true)]
async fn the_first_table_is_made_and_everybody_has_it() {
    for quirks in [vec![], vec![Quirk::RefusesOwnIds], vec![Quirk::NoPatch]] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks);
        let osei = Desk::opens(&practice, &clock, people::osei());
        let mia = Desk::opens(&practice, &clock, people::mia());
        osei.looks().await;
        osei.saves(&clock, ONE);
        osei.has_sent_everything().await;
        mia.comes_to(ONE).await;
        mia.saves(&clock, TWO);
        mia.has_sent_everything().await;
        osei.comes_to(TWO).await;
        assert_eq!(practice.all("Library").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_who_edit_the_same_version_the_second_is_told_and_may_save_over_it() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    planted(&practice, &clock, r#"{"version":1}"#);
    let osei = Desk::opens(&practice, &clock, people::osei());
    let mia = Desk::opens(&practice, &clock, people::mia());
    osei.looks().await;
    mia.looks().await;
    mia.connection.weather(|_| Some(Fault::Offline));
    mia.saves(&clock, TWO);
    osei.saves(&clock, ONE);
    osei.has_sent_everything().await;
    mia.connection.weather(|_| None);
    mia.until("the news", |reader| Ok(reader.outbox()?.iter().any(|row| row.wedged == Some(Wedge::ChangedSince))))
        .await;
    assert!(stands(&practice, ONE));
    mia.comes_to(ONE).await;
    mia.saves(&clock, TWO);
    mia.has_sent_everything().await;
    assert!(stands(&practice, TWO));
    let library = practice.read("Library", &TableKind::Triage.id().to_string()).expect("it");
    assert_eq!(library["extension"][0]["valueDecimal"].to_string(), "1.5", "what we don't know stays");
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_was_lost_is_made_once() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    planted(&practice, &clock, r#"{"version":1}"#);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    let mut lost = false;
    desk.connection.weather(move |request| {
        let first = request.method != Method::Get && request.path.starts_with("Library/") && !lost;
        lost |= first;
        first.then_some(Fault::LostAfter)
    });
    desk.saves(&clock, ONE);
    desk.has_sent_everything().await;
    let log = desk.connection.log();
    let writes = log.iter().filter(|line| !line.starts_with("GET") && line.contains(" Library/")).count();
    assert_eq!(writes, 1, "it was read, and stood there");
    assert_eq!(desk.text().as_deref(), Some(ONE));
}

#[tokio::test(start_paused = true)]
async fn of_two_who_make_the_first_table_one_makes_it_and_the_other_is_told() {
    for quirks in [vec![], vec![Quirk::RefusesOwnIds], vec![Quirk::RefusesOwnIds, Quirk::NoTransactions]] {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 1);
        practice.differs(quirks.clone());
        let osei = Desk::opens(&practice, &clock, people::osei());
        let mia = Desk::opens(&practice, &clock, people::mia());
        osei.looks().await;
        mia.looks().await;
        mia.connection.weather(|_| Some(Fault::Offline));
        mia.saves(&clock, TWO);
        osei.saves(&clock, ONE);
        osei.has_sent_everything().await;
        mia.connection.weather(|_| None);
        mia.until("the news", |reader| Ok(reader.outbox()?.iter().any(|row| row.wedged == Some(Wedge::ChangedSince))))
            .await;
        assert_eq!(practice.all("Library").len(), 1, "{quirks:?}");
        mia.comes_to(ONE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_work_item_gets_one_where_the_table_says() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let words = r#"{"version":1,"categories":[{"code":"parking","pool":"urn:practice|front-desk"}],
        "words":[{"category":"parking","words":["parking"]}]}"#;
    planted(&practice, &clock, words);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    practice.store(json!({
        "resourceType": "Communication", "id": "car", "status": "in-progress",
        "topic": { "text": "Parking for a wheelchair" }, "subject": { "reference": "Patient/leo" },
    }));
    practice.store(json!({
        "resourceType": "Communication", "id": "car-1", "status": "completed",
        "partOf": [{ "reference": "Communication/car" }], "subject": { "reference": "Patient/leo" },
        "sender": { "reference": "RelatedPerson/ana" },
        "sent": tern_fhir::search::instant(practice.now()),
        "payload": [{ "contentString": "Is there any?" }],
    }));
    desk.until("its work item", |reader| {
        let items = reader.work_items(&"car".into())?;
        Ok(items.iter().any(|item| item.pool.as_deref() == Some("urn:practice|front-desk")))
    })
    .await;
    let task = practice.all("Task").into_iter().find(|task| task["focus"]["reference"] == "Communication/car");
    assert_eq!(task.expect("a Task")["performerType"][0]["coding"][0]["code"], "front-desk");
}
