//! Words of patients and members that must stand nowhere but in the encrypted file: not in the cache's bytes or
//! its log, not in what the web view keeps, not in the program's log, not in a notification.

use fantoccini::key::Key;
use serde_json::{Value, json};
use tern_journeys::{
    PATIENCE,
    bus::{Bus, Keyring},
    desktop::Notifications,
    traces,
    window::{Window, web_folder},
};

use crate::scene::{Scene, invoke, send, sign_in, start, write};

const SUBJECT: &str = "tawnyfeather";
const TEXT: &str = "russetfeather";
const AGAIN: &str = "umberfeather";
const REPLY: &str = "saffronfeather";
const DRAFT: &str = "sepiafeather";
const REASON: &str = "ochrefeather";
const SEARCHED: &str = "siennafeather";

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_message_is_left_on_the_disk_in_a_log_or_in_a_notification() {
    let scene = Scene::set(&[]).await;
    let bus = Bus::start(&scene.dir().join("ring"), Keyring::Open).await.unwrap();
    let notifications = Notifications::keep(&bus).unwrap();
    let window = scene.window_on_bus("physician", &bus).await;
    sign_in(&window).await;
    window.see_words("[data-testid=status]", "All sent").await.unwrap();

    // While another queue is looked at, a patient writes something urgent, which the desktop is told of.
    window.click("[data-testid=rail-waiting]").await.unwrap();
    let text = format!("My chest hurts and I cannot breathe well, {TEXT}.");
    let arrived = scene.practice.arrive_as("stat", &format!("Chest pain {SUBJECT}"), &text).await.unwrap();
    let thread = arrived["thread"].as_str().unwrap().trim_start_matches("Communication/").to_owned();
    let patient = scene.practice.get(arrived["patient"].as_str().unwrap()).await.unwrap();
    let patient = patient["name"][0]["text"].as_str().or(patient["name"][0]["family"].as_str()).unwrap().to_owned();
    notified(&notifications).await;
    // Pressing it shows what is urgent: envelopes, of which the first is under the hand.
    notifications.press().unwrap();
    window.see(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    window.see("[data-testid=pane][data-state=envelope]").await.unwrap();

    // It is found, started, answered; another one gets a draft and goes back with a reason.
    window.press('/').await.unwrap();
    window.see("[data-testid=search]:focus").await.unwrap();
    window.type_text(TEXT).await.unwrap();
    window.see(&format!("[data-testid='hit-{thread}']")).await.unwrap();
    window.clear("[data-testid=search]").await.unwrap();
    window.type_text(SEARCHED).await.unwrap();
    window.press_key(Key::Escape).await.unwrap();
    window.click("[data-testid=rail-urgent]").await.unwrap();
    // The hits give way to the list.
    let row = format!("[data-testid='envelope-{thread}']");
    let in_sight = "return (document.querySelector(arguments[0])?.offsetParent ?? null) !== null";
    window.until(in_sight, vec![json!(row)], "the row in sight").await.unwrap();
    window.click(&row).await.unwrap();
    assert_eq!(start(&window).await, thread);
    window.see_words("[data-testid^=message-]", TEXT).await.unwrap();
    scene.practice.writes_again(&format!("Communication/{thread}"), &format!("It is worse, {AGAIN}")).await.unwrap();
    window.see_words("[data-testid^=message-]", AGAIN).await.unwrap();
    write(&window, &format!("Call 911 now, {REPLY}.")).await;
    send(&window).await;
    start(&window).await;
    write(&window, DRAFT).await;
    window.press_key(Key::Escape).await.unwrap();
    window.press_key(Key::Escape).await.unwrap();
    window.fill("[data-testid=put-back-reason]", REASON).await.unwrap();
    window.click("[data-testid=put-back-confirm]").await.unwrap();
    window.see("[data-testid=undo-bar]").await.unwrap();
    let words: Vec<String> = [SUBJECT, TEXT, AGAIN, REPLY, DRAFT, REASON, SEARCHED, &patient].map(str::to_owned).into();

    // At work, when the cache's own log is full of what was just written; killed; and after an orderly end.
    nowhere(&scene, &window, &words).await;
    window.kill().unwrap();
    drop(window);
    nowhere_on_disk(&scene, &words);
    let window = scene.window_on_bus("physician", &bus).await;
    window.see("[data-testid=view-inbox]").await.unwrap();
    window.see_words("[data-testid=status]", "All sent").await.unwrap();
    window.quit().await.unwrap();
    nowhere_on_disk(&scene, &words);
    for said in notifications.said() {
        for word in &words {
            assert!(!said.contains(word.as_str()), "a notification says {word}: {said}");
        }
    }
}

/// Waits for the first notification.
async fn notified(notifications: &Notifications) {
    let began = tokio::time::Instant::now();
    while notifications.said().is_empty() {
        assert!(began.elapsed() < PATIENCE, "the desktop is never told that something urgent came");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn nowhere(scene: &Scene, window: &Window, words: &[String]) {
    nowhere_on_disk(scene, words);
    let title = window.client.title().await.unwrap();
    let address = window.client.current_url().await.unwrap().to_string();
    let kept = "return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])";
    let kept = window.client.execute(kept, vec![]).await.unwrap();
    // What the page is told without asking says where to look, never what is there.
    let status = invoke(window, "status", Value::Null).await.unwrap();
    let told = json!([title, address, kept, status]).to_string();
    for word in words {
        assert!(!told.contains(word.as_str()), "{word} stands in the window's title, address or storage");
    }
}

fn nowhere_on_disk(scene: &Scene, words: &[String]) {
    let profile = scene.profile("physician");
    let log = scene.dir().join("physician.log");
    for place in [&profile, &web_folder(&profile), &log] {
        let traces = traces::look(place, words).unwrap();
        assert!(traces.holding.is_empty(), "words are left in {:?}", traces.holding);
    }
    // The same look finds what does stand there, so that it is no look past everything.
    let known = [scene.road.base_url.clone()];
    let found = traces::look(&profile, &known).unwrap();
    assert!(found.holding.iter().any(|file| file.ends_with("account.json")), "{found:?}");
    assert!(found.read.iter().any(|file| file.ends_with("inbox.db")), "{found:?}");
    assert!(!traces::look(&log, &["tern_net".to_owned()]).unwrap().holding.is_empty(), "the log logs");
}
