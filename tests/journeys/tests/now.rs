//! Minutes between two visits: one envelope after the other, by keyboard, and the list is never visited.

use fantoccini::key::Key;
use serde_json::json;
use tern_journeys::window::Window;

use crate::scene::{Scene, accessible, invoke, send, write};

const REPLY: &str = "Thank you for writing. We will have it ready on Thursday.";

/// The name on the card that is offered.
async fn offered(window: &Window) -> String {
    let card = "return document.querySelector('[data-testid=view-now] [data-testid=pane] h2')?.textContent ?? ''";
    window.client.execute(card, vec![]).await.unwrap().as_str().unwrap().to_owned()
}

/// Begins a block of so many minutes.
async fn begin(window: &Window, minutes: &str) {
    window.press('g').await.unwrap();
    window.press('b').await.unwrap();
    window.see("[data-testid=block-minutes]:focus").await.unwrap();
    window.type_text(minutes).await.unwrap();
    let asked = "return document.querySelector('[data-testid=block-minutes]').value === arguments[0] \
                 && !!document.querySelector('[data-testid=block-fits]')";
    window.until(asked, vec![json!(minutes)], "what fits").await.unwrap();
    accessible(window).await;
    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=view-now][data-running=true] [data-testid=start]").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_brings_the_next_one_after_each_outcome_and_never_the_list() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    begin(&window, "60").await;
    assert_eq!(window.count("[data-testid=list]").await.unwrap(), 0);
    accessible(&window).await;
    let first = offered(&window).await;

    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=view-now] [data-testid=pane][data-state=open]").await.unwrap();
    let open = invoke(&window, "touch_current", json!(null)).await.unwrap();
    accessible(&window).await;
    write(&window, REPLY).await;
    send(&window).await;
    window.see("[data-testid=view-now] [data-testid=start]").await.unwrap();
    window.see_words("[data-testid=block-sum]", "1 done").await.unwrap();
    let second = offered(&window).await;
    assert_ne!(first, second);

    // Passed over, it is not started, and comes again only when it is asked for.
    window.press('j').await.unwrap();
    let another = "return !document.querySelector('[data-testid=pane] h2')?.textContent.includes(arguments[0])";
    window.until(another, vec![json!(second)], "another one").await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=pane][data-state=open]").await.unwrap();
    window.press('e').await.unwrap();
    window.see_words("[data-testid=block-sum]", "2 done").await.unwrap();
    assert_eq!(window.count("[data-testid=list]").await.unwrap(), 0);

    let thread = open["thread"].as_str().unwrap();
    let done = |items: &[serde_json::Value]| {
        !items.is_empty() && items.iter().all(|item| item["status"] == json!("completed"))
    };
    scene.server_has(thread, "a completed work item", done).await.unwrap();
    assert_eq!(scene.said(thread, REPLY).await, 1);

    window.press('g').await.unwrap();
    window.press('x').await.unwrap();
    window.see("[data-testid=view-now][data-running=false] [data-testid=block-begin]").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_comes_into_a_block_and_moves_nothing_under_the_hand() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "fr").await;
    begin(&window, "5").await;
    // Past the emergencies that wait already: what comes must be the more urgent one.
    let less = "return document.querySelector('[data-testid=view-now] [data-urgency]')?.dataset.urgency ?? ''";
    while window.client.execute(less, vec![]).await.unwrap() == json!("emergency") {
        let before = offered(&window).await;
        window.press('j').await.unwrap();
        let on = "return document.querySelector('[data-testid=view-now] h2')?.textContent !== arguments[0]";
        window.until(on, vec![json!(before)], "the next one").await.unwrap();
    }
    let before = offered(&window).await;
    scene.practice.arrive_as("stat", "Chest", "My chest hurts and I cannot breathe.").await.unwrap();
    let told = "const urgent = document.querySelector('[data-testid=view-now] [role=alert]'); return urgent !== null";
    window.until(told, vec![], "word of what came").await.unwrap();
    assert_eq!(offered(&window).await, before);
    accessible(&window).await;
    window.press('n').await.unwrap();
    let other = "return document.querySelector('[data-testid=view-now] [role=alert]') === null";
    window.until(other, vec![], "what came").await.unwrap();
    assert_ne!(offered(&window).await, before);
    window.quit().await.unwrap();
}
