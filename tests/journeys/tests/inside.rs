//! What is said inside the practice: beside the thread, for colleagues, and in nothing that a patient can read.

use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::scene::{Scene, accessible, go_to, send, set, start, write};

const DRAFT: &str = "Please take it with food, in the evening.";
const NOTE: &str = "She asked on Monday as well";
const ASKED: &str = "Is the dose right?";

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_handed_over_with_a_note_and_a_colleague_goes_on_from_it() {
    let scene = Scene::set(&[]).await;
    let nora = scene.signed_in("nurse", "en").await;
    // The last of the list is routine.
    nora.press_key(Key::End).await.unwrap();
    let thread = start(&nora).await;
    write(&nora, DRAFT).await;
    nora.press_key(Key::Escape).await.unwrap();
    nora.press('i').await.unwrap();
    nora.see("[data-testid=note-text]:focus").await.unwrap();
    accessible(&nora).await;
    nora.type_text(NOTE).await.unwrap();
    nora.press_with(&[Key::Control], Key::Enter.into()).await.unwrap();
    nora.see_gone("[data-testid=note-text]").await.unwrap();
    let stands = "return [...document.querySelectorAll('article')].some(one => one.textContent.includes(arguments[0]) \
        && one.textContent.includes(arguments[1]))";
    nora.until(stands, vec![json!(NOTE), json!("Inside the practice")], "the note").await.unwrap();
    accessible(&nora).await;

    nora.press('a').await.unwrap();
    nora.fill("[data-testid=route-search]", "osei").await.unwrap();
    nora.fill("[data-testid=route-note]", ASKED).await.unwrap();
    nora.press_key(Key::Enter).await.unwrap();
    nora.see("[data-testid=undo-bar]").await.unwrap();
    let routed = |items: &[Value]| {
        items.iter().all(|item| {
            let pool = &item["performerType"][0]["coding"][0]["code"];
            item["status"] == json!("requested") && pool.as_str().is_some_and(|pool| pool.contains("osei"))
        })
    };
    scene.server_has(&thread, "Dr Osei's item", routed).await.unwrap();
    nora.quit().await.unwrap();

    let osei = scene.signed_in("physician", "fr").await;
    go_to(&osei, "Dr Osei").await;
    osei.click(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    assert_eq!(start(&osei).await, thread);
    osei.until(stands, vec![json!(ASKED), json!("Interne au cabinet")], "the question").await.unwrap();
    osei.until(stands, vec![json!(DRAFT), json!("Brouillon transmis")], "the draft").await.unwrap();
    accessible(&osei).await;
    set(&osei, json!({ "theme": "dark" })).await;
    osei.until("return document.documentElement.dataset.theme === 'dark'", vec![], "dark").await.unwrap();
    accessible(&osei).await;
    osei.press('d').await.unwrap();
    let taken = "return document.querySelector('[data-testid=composer]').value === arguments[0]";
    osei.until(taken, vec![json!(DRAFT)], "the draft in the field").await.unwrap();
    send(&osei).await;
    let done = |items: &[Value]| items.iter().all(|item| item["status"] == json!("completed"));
    scene.server_has(&thread, "the end of it", done).await.unwrap();
    assert_eq!(scene.said(&thread, DRAFT).await, 1, "the patient has it once");
    assert_eq!((scene.said(&thread, NOTE).await, scene.said(&thread, ASKED).await), (0, 0));

    let all = scene.practice.search("Communication?_count=500&_sort=-_lastUpdated").await.unwrap();
    let inside: Vec<_> = all
        .iter()
        .filter(|row| [NOTE, ASKED].iter().any(|words| row["payload"][0]["contentString"] == json!(words)))
        .collect();
    assert_eq!(inside.len(), 2);
    for row in inside {
        let text = row.to_string();
        assert!(!text.contains("Patient/") && !text.contains("RelatedPerson/"), "{text}");
    }
    osei.quit().await.unwrap();
}
