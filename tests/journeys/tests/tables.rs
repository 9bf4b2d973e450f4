//! The practice's tables: a triage lead decides once, and every machine follows.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fantoccini::{Locator, key::Key};
use serde_json::{Value, json};
use tern_journeys::window::Window;

use crate::scene::{Scene, accessible, go_to, sign_in};

/// The row of words for appointments in the sample practice's table, counted from 0.
const APPOINTMENTS: usize = 2;

impl Scene {
    /// A patient asks something that the portal has no category for: its Task stands in no pool.
    async fn asks_without_category(&self, subject: &str) -> String {
        let arrived = self.practice.arrive_as("routine", subject, "Is there any?").await.unwrap();
        let path = |of: &str| arrived[of].as_str().unwrap().to_owned();
        let mut thread = self.practice.get(&path("thread")).await.unwrap();
        thread.as_object_mut().unwrap().remove("category");
        self.practice.put(&thread).await.unwrap();
        let mut task = self.practice.get(&path("task")).await.unwrap();
        task.as_object_mut().unwrap().remove("performerType");
        task["code"]["coding"].as_array_mut().unwrap().truncate(1);
        self.practice.put(&task).await.unwrap();
        path("thread").trim_start_matches("Communication/").to_owned()
    }

    /// The triage table's words on the server.
    async fn words(&self) -> String {
        let tables = self.practice.search("Library?_count=20").await.unwrap();
        let is_triage = |table: &&Value| table["type"].to_string().contains("\"triage\"");
        let table = tables.iter().find(is_triage).expect("a triage table");
        let data = table["content"][0]["data"].as_str().unwrap();
        String::from_utf8(STANDARD.decode(data).unwrap()).unwrap()
    }
}

async fn opens_the_tables(window: &Window) {
    window.press('g').await.unwrap();
    window.press('p').await.unwrap();
    window.see("[data-testid=view-practice]").await.unwrap();
    window.see(&words_of(APPOINTMENTS)).await.unwrap();
}

fn words_of(row: usize) -> String {
    format!("[data-testid='words-text-{row}']")
}

/// Types behind what stands in the row.
async fn adds_a_word(window: &Window, word: &str) {
    let field = window.see(&words_of(APPOINTMENTS)).await.unwrap();
    field.click().await.unwrap();
    window.press_with(&[Key::Control], Key::End.into()).await.unwrap();
    window.type_text(&format!(", {word}")).await.unwrap();
}

async fn saves(window: &Window) {
    window.press_with(&[Key::Control], 's').await.unwrap();
    window.see("[data-testid=table-state][data-saving=saved]:not([data-changed])").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_teaches_a_word_and_everybodys_list_follows() {
    let scene = Scene::set(&[]).await;
    let thread = scene.asks_without_category("Parking for a wheelchair").await;
    let mia = scene.signed_in("ma", "en").await;
    let lead = scene.signed_in("triage-lead", "en").await;
    lead.click("[data-testid=rail-unsorted]").await.unwrap();
    let row = format!("[data-testid='envelope-{thread}']");
    lead.see(&row).await.unwrap();

    opens_the_tables(&lead).await;
    accessible(&lead).await;
    adds_a_word(&lead, "parking").await;
    lead.click("[data-testid=triage-preview]").await.unwrap();
    lead.see_words("[data-testid=preview-result]", "Parking for a wheelchair").await.unwrap();
    accessible(&lead).await;
    saves(&lead).await;
    assert!(scene.words().await.contains("parking"));

    go_to(&mia, "Front desk").await;
    let there = format!(
        "const row = document.querySelector(\"{row}\"); if (!row) document.querySelector('[data-testid=new-rows]')?.click(); return !!row"
    );
    mia.until(&there, vec![], "the row at the front desk").await.unwrap();
    lead.click("[data-testid=practice-close]").await.unwrap();
    lead.see_gone(&row).await.unwrap();
    mia.quit().await.unwrap();
    lead.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_leads_the_second_is_told_and_nothing_that_either_typed_is_lost() {
    let scene = Scene::set(&[]).await;
    let one = scene.signed_in("triage-lead", "en").await;
    let other = scene.window_on("another-machine", "triage-lead", "fr").await;
    sign_in(&other).await;
    opens_the_tables(&one).await;
    opens_the_tables(&other).await;
    accessible(&other).await;
    adds_a_word(&other, "salle d’attente").await;
    adds_a_word(&one, "waiting room").await;
    saves(&one).await;
    other.see("[data-testid=table-clash]").await.unwrap();
    accessible(&other).await;
    let typed = other.client.find(Locator::Css(&words_of(APPOINTMENTS))).await.unwrap();
    let typed = typed.prop("value").await.unwrap().unwrap_or_default();
    assert!(typed.contains("salle d’attente") && !typed.contains("waiting room"), "{typed}");
    other.click("[data-testid=table-over]").await.unwrap();
    other.see("[data-testid=table-state][data-saving=saved]:not([data-changed])").await.unwrap();
    assert!(scene.words().await.contains("salle d’attente"));
    one.until(
        "return document.querySelector(arguments[0])?.value.includes('salle')",
        vec![json!(words_of(APPOINTMENTS))],
        "theirs",
    )
    .await
    .unwrap();
    one.quit().await.unwrap();
    other.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_switched_off_by_somebody_for_a_reason_and_a_physician_can_only_look() {
    let scene = Scene::set(&[]).await;
    let lead = scene.signed_in("triage-lead", "en").await;
    opens_the_tables(&lead).await;
    lead.click("[data-testid=table-tab-red-flags]").await.unwrap();
    lead.see("[data-testid=unreviewed]").await.unwrap();
    let search = lead.see("[data-testid=rule-search]").await.unwrap();
    search.send_keys("urgent").await.unwrap();
    lead.click("[data-testid^=rule-en-urgent-words]").await.unwrap();
    accessible(&lead).await;
    lead.click("[data-testid=rule-switch-off]").await.unwrap();
    lead.fill("[data-testid=rule-off-by]", "Nurse Carvalho").await.unwrap();
    lead.fill("[data-testid=rule-off-reason]", "Half of our letters say so").await.unwrap();
    lead.click("[data-testid=rule-off-confirm]").await.unwrap();
    accessible(&lead).await;
    saves(&lead).await;
    let tables = scene.practice.search("Library?_count=20").await.unwrap();
    assert!(tables.iter().any(|table| table["type"].to_string().contains("\"red-flags\"")), "the first of its kind");
    lead.quit().await.unwrap();

    let osei = scene.signed_in("physician", "en").await;
    opens_the_tables(&osei).await;
    osei.see("[data-testid=table-read-only]").await.unwrap();
    accessible(&osei).await;
    assert_eq!(osei.count("[data-testid=table-save]:not([disabled])").await.unwrap(), 0);
    osei.quit().await.unwrap();
}
