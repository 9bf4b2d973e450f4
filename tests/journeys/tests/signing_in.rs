//! Signing in, the two locks, a second start, sleep and signing out of the system.

use fantoccini::key::Key;
use serde_json::json;
use tern_journeys::{
    bus::{Bus, Keyring},
    logind::Logind,
};

use crate::scene::{Scene, accessible, invoke, set, sign_in, start, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_physician_signs_in_and_sees_envelopes_without_a_body() {
    let scene = Scene::set(&[]).await;
    let window = scene.window("physician", "en").await;
    window.see("[data-testid=view-sign-in]").await.unwrap();
    accessible(&window).await;
    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=view-inbox]").await.unwrap();
    window.see("[data-testid^='rail-pool/']").await.unwrap();
    window.see("[data-testid=status][data-connection=online]").await.unwrap();
    accessible(&window).await;

    // What crosses to the page for the list: no text of any message.
    let script = "const done = arguments[0]; const invoke = window.__TAURI_INTERNALS__.invoke; invoke('rail').then(async rail => { const pages = []; for (const queue of rail.queues) pages.push(await invoke('envelopes', { request: { queue: queue.id, offset: 0, limit: 200 } })); done(JSON.stringify(pages)) }, e => done(JSON.stringify(e)))";
    let rows = "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('rail').then(rail => done(rail.queues.reduce((sum, queue) => sum + queue.count, 0) > 20))";
    let began = tokio::time::Instant::now();
    while window.client.execute_async(rows, vec![]).await.unwrap() != json!(true) {
        assert!(began.elapsed() < tern_journeys::PATIENCE, "the first sync brings envelopes");
    }
    let crossed = window.client.execute_async(script, vec![]).await.unwrap();
    let crossed = crossed.as_str().unwrap();
    assert!(crossed.contains("patientName"), "the list has rows: {crossed:.200}");
    let messages = scene.practice.search("Communication?_count=500").await.unwrap();
    let bodies = messages.iter().filter_map(|message| message["payload"][0]["contentString"].as_str());
    let mut looked_at = 0;
    // A text of a few words can be its own subject line, which the list does show.
    for body in bodies.filter(|body| body.chars().count() > 60) {
        looked_at += 1;
        let quoted = json!(body).to_string();
        assert!(!crossed.contains(quoted.trim_matches('"')), "a body crossed to the list");
    }
    assert!(looked_at > 20, "the practice has messages");
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_says_what_happened_and_what_to_do() {
    let scene = Scene::set(&[]).await;
    let window = scene.window("physician", "en").await;
    scene.road.cut();
    window.see("[data-testid=server]").await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=sign-in-failure]").await.unwrap();
    accessible(&window).await;
    scene.road.mend().await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_takes_every_content_off_the_page_and_the_draft_survives() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let script = "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('set_pin', { request: { old: null, new: '2580' } }).then(done, e => done(JSON.stringify(e)))";
    assert_eq!(window.client.execute_async(script, vec![]).await.unwrap(), json!("set"));
    start(&window).await;
    write(&window, "Half a sentence that must not be").await;
    window.press_with(&[Key::Control, Key::Shift], 'l').await.unwrap();
    window.see("[data-testid=view-lock]").await.unwrap();
    let page = window.client.source().await.unwrap();
    assert!(!page.contains("Half a sentence"), "the draft is still in the page");
    assert_eq!(window.count("[data-testid^=envelope-]").await.unwrap(), 0);
    accessible(&window).await;

    window.see("[data-testid=pin]").await.unwrap();
    window.type_text("0000").await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
    window.see_words("[data-testid=view-lock]", "9 tries left").await.unwrap();
    window.clear("[data-testid=pin]").await.unwrap();
    window.fill("[data-testid=pin]", "2580").await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
    window.see("[data-testid=view-inbox]").await.unwrap();
    window.see("[data-testid=pane][data-state=open]").await.unwrap();
    let draft = "const field = document.querySelector('textarea[data-testid=composer], [data-testid=composer] textarea'); return !!field && field.value.includes('Half a sentence that must not be')";
    window.until(draft, vec![], "the draft").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_deep_lock_the_browser_unlocks_or_says_why_it_did_not() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let pin = invoke(&window, "set_pin", json!({ "old": null, "new": "2580" })).await.unwrap();
    assert_eq!(pin, json!("set"));
    window.quit().await.unwrap();

    // Whoever has set a PIN starts behind the deep lock.
    let window = scene.window("physician", "en").await;
    window.see("[data-testid=view-lock][data-lock=deep]").await.unwrap();
    scene.road.cut();
    window.click("[data-testid=unlock-browser]").await.unwrap();
    window.see_words("[data-testid=unlock-failure]", "No answer from this address").await.unwrap();
    window.see_gone("[data-testid=unlock-cancel]").await.unwrap();
    accessible(&window).await;

    scene.road.mend().await.unwrap();
    window.click("[data-testid=unlock-browser]").await.unwrap();
    window.see("[data-testid=view-inbox]").await.unwrap();
    window.see_words("[data-testid=notice]", "Your PIN was taken away").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_ends_and_leaves_the_first_at_work() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    assert!(scene.start_again("physician").await.success());
    window.see("[data-testid=view-inbox]").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_machine_sleeps_the_file_is_closed_where_policy_says_so() {
    let scene = Scene::set(&[]).await;
    let system = Bus::start(&scene.dir().join("system"), Keyring::Missing).await.unwrap();
    let logind = Logind::on(&system).unwrap();
    let window = scene.window_on_system(&system).await;
    sign_in(&window).await;
    logind.holds(1).await.unwrap();
    set(&window, json!({ "deepLockOnSleep": true })).await;
    logind.goes_to_sleep().unwrap();
    window.see("[data-testid=view-lock][data-lock=deep]").await.unwrap();
    accessible(&window).await;
    // The machine may sleep: nobody holds it up any more.
    logind.holds(0).await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_of_the_system_ends_in_order_and_the_draft_is_there_again() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    start(&window).await;
    write(&window, "Half a sentence").await;
    window.see("[data-testid=draft-state][data-state=kept]").await.unwrap();
    window.end_by_system().await.unwrap();
    let log = std::fs::read_to_string(scene.dir().join("physician.log")).unwrap();
    assert!(log.contains("the system asks for the end"), "an end in order");
    let window = scene.window("physician", "en").await;
    window.see("[data-testid=pane][data-state=open]").await.unwrap();
    window.quit().await.unwrap();
}
