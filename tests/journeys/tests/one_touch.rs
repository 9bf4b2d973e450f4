//! One touch: started, answered, undone, answered through an outage, raced for.

use fantoccini::key::Key;
use serde_json::json;

use crate::scene::{Scene, accessible, selected, send, start, write};

const REPLY: &str = "Thank you for writing. Please come by tomorrow at 9:20.";

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_undone_once_arrives_exactly_once() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let thread = start(&window).await;
    scene
        .server_has(&thread, "a claim", |items| items.iter().any(|item| item["status"] == json!("in-progress")))
        .await
        .unwrap();
    accessible(&window).await;
    write(&window, REPLY).await;
    send(&window).await;
    assert_eq!(scene.said(&thread, REPLY).await, 0, "nothing leaves within the undo seconds");
    accessible(&window).await;
    window.press('z').await.unwrap();
    window.see("[data-testid=composer]").await.unwrap();
    send(&window).await;
    let done = |items: &[serde_json::Value]| {
        !items.is_empty() && items.iter().all(|item| item["status"] == json!("completed"))
    };
    scene.server_has(&thread, "a completed work item", done).await.unwrap();
    assert_eq!(scene.said(&thread, REPLY).await, 1);
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_taken_back_although_the_next_message_is_open_already_and_neither_loses_a_word() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let first = start(&window).await;
    write(&window, REPLY).await;
    send(&window).await;
    let second = start(&window).await;
    assert_ne!(first, second);
    write(&window, "Half a sentence").await;
    // Out of the field: there z is a letter.
    window.click("[data-testid=undo]").await.unwrap();
    let says = "const field = document.querySelector('[data-testid=composer]'); \
                return field !== null && (field.value ?? field.textContent).includes(arguments[0])";
    window.until(says, vec![json!(REPLY)], "the reply again").await.unwrap();
    window.see("[data-testid=behind]").await.unwrap();
    accessible(&window).await;
    assert_eq!(scene.said(&first, REPLY).await, 0);
    window.click("[data-testid=behind-back]").await.unwrap();
    window.until(says, vec![json!("Half a sentence")], "what was begun").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_in_an_outage_waits_and_arrives_once_the_road_is_mended() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let thread = start(&window).await;
    scene.road.cut();
    write(&window, REPLY).await;
    send(&window).await;
    window.see("[data-testid=status][data-connection=offline]").await.unwrap();
    assert_eq!(scene.said(&thread, REPLY).await, 0);
    scene.road.mend().await.unwrap();
    let done = |items: &[serde_json::Value]| {
        !items.is_empty() && items.iter().all(|item| item["status"] == json!("completed"))
    };
    scene.server_has(&thread, "a completed work item", done).await.unwrap();
    assert_eq!(scene.said(&thread, REPLY).await, 1);
    window.see("[data-testid=status][data-connection=online]").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_without_a_reply_and_put_back_with_a_reason() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let closed = start(&window).await;
    window.press('e').await.unwrap();
    window.see("[data-testid=undo-bar]").await.unwrap();
    let done = |items: &[serde_json::Value]| {
        !items.is_empty() && items.iter().all(|item| item["status"] == json!("completed"))
    };
    scene.server_has(&closed, "a closed work item", done).await.unwrap();

    let back = start(&window).await;
    window.press_key(Key::Escape).await.unwrap();
    window.see("[data-testid=put-back-reason]").await.unwrap();
    accessible(&window).await;
    window.fill("[data-testid=put-back-reason]", "Needs the chart first").await.unwrap();
    window.click("[data-testid=put-back-confirm]").await.unwrap();
    window.see("[data-testid=undo-bar]").await.unwrap();
    let free = |items: &[serde_json::Value]| {
        items.iter().any(|item| item["status"] == json!("requested") && item.get("owner").is_none())
    };
    scene.server_has(&back, "a free work item", free).await.unwrap();
    let items = scene.practice.search(&format!("Task?focus=Communication/{back}")).await.unwrap();
    assert!(!json!(items).to_string().contains("Needs the chart"), "the reason never stands on the Task");
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_race_for_one_item_and_the_loser_is_told_who() {
    let scene = Scene::set(&[]).await;
    let osei = scene.signed_in("physician", "en").await;
    let mia = scene.signed_in("triage-lead", "en").await;
    osei.click("[data-testid=rail-urgent]").await.unwrap();
    mia.click("[data-testid=rail-urgent]").await.unwrap();
    osei.see("[data-testid^=envelope-]").await.unwrap();
    mia.see("[data-testid^=envelope-]").await.unwrap();
    let thread = selected(&osei).await;
    let pick = format!("[data-testid='envelope-{thread}']");
    mia.click(&pick).await.unwrap();
    let (first, second) = tokio::join!(osei.press_key(Key::Enter), mia.press_key(Key::Enter));
    first.unwrap();
    second.unwrap();
    let settled = "return ['open', 'taken'].includes(document.querySelector('[data-testid=pane]')?.dataset.state)";
    osei.until(settled, vec![], "who has it").await.unwrap();
    mia.until(settled, vec![], "who has it").await.unwrap();
    let state = "return document.querySelector('[data-testid=pane]').dataset.state";
    let states = [osei.client.execute(state, vec![]).await.unwrap(), mia.client.execute(state, vec![]).await.unwrap()];
    assert!(
        states.contains(&json!("open")) && states.contains(&json!("taken")),
        "one has it and one is told: {states:?}"
    );
    osei.quit().await.unwrap();
    mia.quit().await.unwrap();
}
