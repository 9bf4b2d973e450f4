//! Coverage begins and ends: who stands in finds the work of whoever is away, and whoever is back is told of it.

use fantoccini::{Locator, key::Key};
use serde_json::{Value, json};
use tern_journeys::window::Window;

use crate::scene::{Scene, accessible, selected, start};

/// Chooses somebody in the dialog's list of people.
async fn chooses(window: &Window, name: &str) {
    window.click("[data-testid=away-stand-in]").await.unwrap();
    let option = format!("//*[contains(@class, 'select-option')][contains(., '{name}')]");
    window.click_on(Locator::XPath(&option)).await.unwrap();
}

async fn opens_away(window: &Window) {
    window.press('g').await.unwrap();
    window.press('a').await.unwrap();
    window.see("[data-testid=away]").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_begins_and_ends() {
    let scene = Scene::set(&[]).await;
    let osei = scene.signed_in("physician", "en").await;
    let mia = scene.signed_in("ma", "en").await;
    assert_eq!(mia.count("[data-testid^='rail-for/']").await.unwrap(), 0, "nobody is away");

    opens_away(&osei).await;
    accessible(&osei).await;
    // The front office cannot stand in for a physician.
    chooses(&osei, "Front office").await;
    osei.click("[data-testid=away-endless]").await.unwrap();
    osei.click("[data-testid=away-save]").await.unwrap();
    osei.see_words("[data-testid=away-said]", "front office").await.unwrap();
    chooses(&osei, "Tran").await;
    osei.click("[data-testid=away-save]").await.unwrap();
    osei.see("[data-testid=away-row][data-now=true][data-saving=saved]").await.unwrap();
    accessible(&osei).await;

    // Mia has her queue, with what is Dr Osei's.
    mia.click("[data-testid^='rail-for/']").await.unwrap();
    mia.see_words("[data-testid^='rail-for/']", "Osei").await.unwrap();
    mia.see_words("[data-testid^=envelope-][aria-selected=true]", "for Dr").await.unwrap();
    accessible(&mia).await;
    let thread = selected(&mia).await;
    assert_eq!(start(&mia).await, thread);
    mia.press('e').await.unwrap();
    let closed = |items: &[Value]| !items.is_empty() && items.iter().all(|item| item["status"] == json!("completed"));
    scene.server_has(&thread, "what Mia closed", closed).await.unwrap();

    // Dr Osei is back.
    osei.click("[data-testid=away-end]").await.unwrap();
    osei.see_gone("[data-testid=away-row]").await.unwrap();
    osei.press_key(Key::Escape).await.unwrap();
    osei.see_gone("[data-testid=away]").await.unwrap();
    mia.see_gone("[data-testid^='rail-for/']").await.unwrap();
    osei.see("[data-testid=digest-closed][data-count='1']").await.unwrap();
    osei.see_words("[data-testid=digest-closed]", "1 was closed by others").await.unwrap();
    accessible(&osei).await;
    osei.click("[data-testid=digest-seen]").await.unwrap();
    osei.see_gone("[data-testid=digest]").await.unwrap();

    let tasks = scene.practice.search("Task?_count=1000").await.unwrap();
    let coverages: Vec<_> =
        tasks.iter().filter(|task| task["code"]["coding"][0]["code"] == json!("coverage")).collect();
    assert_eq!(coverages.len(), 1);
    assert_eq!(coverages[0]["status"], json!("completed"));
    osei.quit().await.unwrap();
    mia.quit().await.unwrap();
}
