//! Triage by keyboard: eighty rows become somebody's, and nobody's decision undoes another's unseen.

use fantoccini::key::Key;
use serde_json::{Value, json};
use tern_journeys::window::Window;

use crate::scene::{Scene, accessible, sees_in_urgent, selected, start, write};

/// Rows that are routed.
const ROWS: usize = 40;

async fn count(window: &Window, queue: &str) -> u64 {
    let script = "return Number(document.querySelector(`[data-testid=\"rail-${arguments[0]}\"] .count`)?.textContent \
                  .replace(/\\D/g, '') ?? 0)";
    window.client.execute(script, vec![json!(queue)]).await.unwrap().as_u64().unwrap_or_default()
}

/// The pool of a name, as the screen calls it.
async fn pool(window: &Window, name: &str) -> String {
    let script = "return [...document.querySelectorAll('[data-testid^=\"rail-pool/\"]')].find((queue) => \
                  queue.querySelector('.name').textContent === arguments[0])?.dataset.testid.slice('rail-'.length)";
    window.client.execute(script, vec![json!(name)]).await.unwrap().as_str().expect("a pool of that name").to_owned()
}

fn stands_in(items: &[Value], pool: &str) -> bool {
    let named = |item: &Value| item["performerType"][0]["coding"][0]["code"] == json!(pool);
    !items.is_empty() && items.iter().filter(|item| item["status"] != json!("completed")).all(named)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_clears_forty_rows_with_a_key_or_two_each() {
    let scene = Scene::of_threads("220", &[]).await;
    let window = scene.signed_in("ma", "en").await;
    let triage = pool(&window, "Nurse triage").await;
    let script = "return document.querySelectorAll('[data-testid^=envelope-]').length > 0";
    window.until(script, vec![], "rows").await.unwrap();
    let before = count(&window, &triage).await;
    assert!(before >= ROWS as u64 + 2, "there is enough to do: {before}");
    accessible(&window).await;

    let mut keys = 0;
    let mut routed = Vec::new();
    // Most by the digit of a pool; now and then two rows together, and one with a note.
    for row in 0..ROWS - 2 {
        routed.push((selected(&window).await, if row % 2 == 0 { "refills" } else { "front-desk" }));
        // Documents, Dr Osei, Front desk, Nurse triage, Refills: by name.
        window.press(if row % 2 == 0 { '5' } else { '3' }).await.unwrap();
        keys += 1;
        let gone = "return document.querySelector(`[data-testid=\"envelope-${arguments[0]}\"]`) === null";
        window.until(gone, vec![json!(routed.last().unwrap().0)], "the next row").await.unwrap();
    }
    for key in ['x', 'x', '5'] {
        if key == 'x' {
            routed.push((selected(&window).await, "refills"));
        }
        window.press(key).await.unwrap();
        keys += 1;
    }
    window.see("[data-testid=undo-bar]").await.unwrap();
    accessible(&window).await;
    assert_eq!(routed.len(), ROWS);
    assert!(keys <= 2 * ROWS, "{keys} keys for {ROWS} rows");
    println!("journey: {ROWS} rows routed with {keys} keys");
    for (thread, pool) in &routed {
        scene.server_has(thread, pool, |items| stands_in(items, pool)).await.unwrap();
    }
    assert_eq!(count(&window, &triage).await, before - ROWS as u64);
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_route_the_same_row_and_the_second_is_told() {
    let scene = Scene::set(&[]).await;
    let mia = scene.signed_in("ma", "en").await;
    let nora = scene.signed_in("nurse", "en").await;
    let thread = selected(&mia).await;
    nora.click(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    // Neither has left within the undo seconds: both decide on what both saw.
    let (first, second) = tokio::join!(mia.press('3'), nora.press('5'));
    first.unwrap();
    second.unwrap();
    let settled = |items: &[Value]| stands_in(items, "front-desk") || stands_in(items, "refills");
    scene.server_has(&thread, "one of the two pools", settled).await.unwrap();
    let told = "return document.querySelector('[data-testid=\"rail-unsent\"] .count')?.textContent === '1'";
    let (first, second) = tokio::select! {
        at_mias = mia.until(told, vec![], "the news") => { at_mias.unwrap(); (&nora, &mia) }
        at_noras = nora.until(told, vec![], "the news") => { at_noras.unwrap(); (&mia, &nora) }
    };
    assert_eq!(count(first, "unsent").await, 0, "whoever was first has nothing to look at");
    second.click("[data-testid=rail-unsent]").await.unwrap();
    second.see(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    accessible(second).await;
    mia.quit().await.unwrap();
    nora.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_touch_is_handed_on_with_a_note_that_no_patient_can_read() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    // The last of the list is routine: raising it asks nothing.
    window.press_key(Key::End).await.unwrap();
    let thread = start(&window).await;
    window.press('u').await.unwrap();
    window.see("[data-testid=urgency]").await.unwrap();
    accessible(&window).await;
    window.press('3').await.unwrap();
    window.see_gone("[data-testid=urgency]").await.unwrap();
    window.press('a').await.unwrap();
    let search = window.see("[data-testid=route-search]").await.unwrap();
    accessible(&window).await;
    search.send_keys("tran").await.unwrap();
    window.fill("[data-testid=route-note]", "Please ask which pharmacy").await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=undo-bar]").await.unwrap();
    accessible(&window).await;
    let hers = |items: &[Value]| {
        items.iter().any(|item| item["status"] == json!("accepted") && item["priority"] == json!("asap"))
    };
    scene.server_has(&thread, "Mia's item, urgent", hers).await.unwrap();
    let items = scene.practice.search(&format!("Task?focus=Communication/{thread}")).await.unwrap();
    assert!(!json!(items).to_string().contains("pharmacy"), "the note never stands on the Task");

    let called = start(&window).await;
    window.press('c').await.unwrap();
    window.see("[data-testid=call-number]").await.unwrap();
    accessible(&window).await;
    window.press('1').await.unwrap();
    let on_the_list =
        |items: &[Value]| items.iter().any(|item| item["businessStatus"]["coding"][0]["code"] == json!("call"));
    scene.server_has(&called, "a call", on_the_list).await.unwrap();
    window.click("[data-testid=rail-calls]").await.unwrap();
    window.see(&format!("[data-testid='envelope-{called}']")).await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_that_comes_while_a_physician_writes_is_on_top_and_takes_nothing_from_under_her_hands() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let answered = start(&window).await;
    write(&window, "Please rest, and drink").await;
    // The portal calls it routine: its words say otherwise.
    let words = "Since noon I have a crushing pain in my chest and my left arm is numb";
    let arrived = scene.practice.arrive_as("routine", "A question", words).await.unwrap();
    let thread = arrived["thread"].as_str().unwrap().trim_start_matches("Communication/").to_owned();
    window.see_words("[data-testid=rail-urgent]", "Urgent").await.unwrap();
    let here = sees_in_urgent(&window, &arrived).await;
    assert_eq!(here, thread);
    window.see_words(&format!("[data-testid='envelope-{thread}']"), "crushing pain").await.unwrap();
    let only_emergencies_before = "const rows = [...document.querySelectorAll('[data-testid^=envelope-]')]; \
        const at = rows.findIndex((row) => row.dataset.testid === `envelope-${arguments[0]}`); \
        return at >= 0 && rows.slice(0, at + 1).every((row) => row.querySelector('.emergency') !== null)";
    window.until(only_emergencies_before, vec![json!(thread)], "the emergency on top").await.unwrap();
    accessible(&window).await;
    // What she was writing stands as it stood, and goes to whom it was for.
    let written = "const field = document.querySelector('[data-testid=composer]'); \
                   return (field.value ?? field.textContent).includes('Please rest, and drink')";
    window.until(written, vec![], "her words").await.unwrap();
    window.press('r').await.unwrap();
    window.press_with(&[Key::Control], Key::Enter.into()).await.unwrap();
    window.see("[data-testid=undo-bar]").await.unwrap();
    let done = |items: &[Value]| items.iter().all(|item| item["status"] == json!("completed"));
    scene.server_has(&answered, "the reply's end", done).await.unwrap();
    assert_eq!(scene.said(&answered, "Please rest, and drink").await, 1);
    window.quit().await.unwrap();
}
