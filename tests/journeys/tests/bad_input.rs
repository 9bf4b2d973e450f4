//! Bad input, in the window: each time a clear message stands where the thing is, and nothing is lost.

use std::path::{Path, PathBuf};

use fantoccini::key::Key;
use serde_json::{Value, json};
use tern_journeys::{
    bus::{Bus, Keyring},
    road::Road,
    window::Window,
};

use crate::scene::{Scene, accessible, go_to, invoke, sees_in_urgent, send, set, sign_in, start, write};

const REPLY: &str = "Please come by tomorrow at ten, and bring the letter.";
const DRAFT: &str = "Half a thought that must not be lost";

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_fails_says_why_and_what_to_do() {
    let scene = Scene::set(&[]).await;
    let unknown = Road::build(&scene.practice.ready, &scene.dir().join("unknown"), "").unwrap();
    let elsewhere = Road::of_another_host(&scene.practice.ready, &scene.dir().join("elsewhere")).unwrap();
    let window = scene.window("physician", "en").await;
    window.see("[data-testid=server]").await.unwrap();

    // A certificate that nobody vouches for, and one for another host, whose authority is known.
    attempt(&window, &unknown.base_url, &scene.road.ca_file).await;
    fails(&window, "certificate", &unknown.base_url).await;
    attempt(&window, &elsewhere.base_url, &elsewhere.ca_file).await;
    fails(&window, "certificate", &elsewhere.base_url).await;

    // A captive portal answers everything with its page.
    scene.road.goes_wrong("html-200=always").unwrap();
    attempt(&window, &scene.road.base_url, &scene.road.ca_file).await;
    fails(&window, "not-a-practice", &scene.road.base_url).await;

    // The browser stays on a page that leads nowhere, and the person gives up.
    scene.road.goes_wrong("html-200=always@GET:/auth").unwrap();
    attempt(&window, &scene.road.base_url, &scene.road.ca_file).await;
    window.see("[data-testid=sign-in-page]").await.unwrap();
    window.click("[data-testid=sign-in-cancel]").await.unwrap();
    fails(&window, "cancelled", &scene.road.base_url).await;

    // The way in stands open all the while.
    scene.road.goes_wrong("").unwrap();
    sign_in(&window).await;
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_talks_nonsense_is_said_to_and_the_reply_waits() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    set(&window, json!({ "undoSeconds": 1 })).await;

    // HTML where JSON should be.
    let thread = start(&window).await;
    write(&window, REPLY).await;
    scene.road.goes_wrong("html-200=always").unwrap();
    send(&window).await;
    window.see("[data-testid=banner][data-kind=struggling]").await.unwrap();
    window.see_words("[data-testid=banner]", "1 reply waits here").await.unwrap();
    assert_eq!(scene.said(&thread, REPLY).await, 0);
    scene.road.goes_wrong("").unwrap();
    press_try_now(&window).await;
    completed(&scene, &thread).await;
    assert_eq!(scene.said(&thread, REPLY).await, 1);

    // A malformed entry among good ones: the good ones come, and the foot says that one could not be read.
    scene.road.goes_wrong("bad-entry").unwrap();
    let arrived = scene.practice.arrive_as("stat", "Beside a broken one", "This one can be read.").await.unwrap();
    sees_in_urgent(&window, &arrived).await;
    window.see_words("[data-testid=status]", "could not be read").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_by_a_day_is_named_and_a_reply_gets_through() {
    let scene = Scene::set(&[]).await;
    scene.road.goes_wrong("clock=-24h").unwrap();
    let window = scene.signed_in("physician", "en").await;
    window.see_words("[data-testid=status]", "This clock is off by").await.unwrap();
    let later = start(&window).await;
    // A touch that has just begun is not a day old, nor are there days to go before it begins.
    let just_begun =
        "return /\\b0:\\d\\d\\b/.test(document.querySelector('[data-testid=patient] .clock')?.textContent ?? '')";
    window.until(just_begun, vec![], "a touch that has just begun").await.unwrap();
    write(&window, REPLY).await;
    send(&window).await;
    completed(&scene, &later).await;
    assert_eq!(scene.said(&later, REPLY).await, 1);
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_patient_sends_is_shown_as_text() {
    const SCRIPT: &str = "<img src=x onerror=\"window.struck=1\"><script>window.struck=1</script>";
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;

    // Script in every field; in the name a right-to-left override and a bell besides.
    let text = format!("{SCRIPT} and a sentence");
    let arrived = scene.practice.arrive_as("stat", &format!("Subject {SCRIPT}"), &text).await.unwrap();
    let mut patient = scene.practice.get(arrived["patient"].as_str().unwrap()).await.unwrap();
    let name = format!("Leo\u{202e} evil\u{7} {SCRIPT}");
    patient["name"] = json!([{ "use": "official", "text": name, "family": SCRIPT, "given": [name] }]);
    scene.practice.put(&patient).await.unwrap();
    let thread = sees_in_urgent(&window, &arrived).await;
    let row = format!("[data-testid='envelope-{thread}']");
    window.see_words(&row, "onerror").await.unwrap();
    window.click(&row).await.unwrap();
    assert_eq!(start(&window).await, thread);
    window.see_words("[data-testid^=message-]", &text).await.unwrap();
    window.see_words("[data-testid=patient]", "onerror").await.unwrap();
    let page = window.words().await;
    assert!(!page.contains(['\u{202e}', '\u{7}']), "a control reached the screen");
    assert!(page.contains("Leo\u{fffd} evil\u{fffd}"), "what was taken out is marked");
    let made = "return !window.struck && !document.querySelector('img[src=x]') && ![...document.scripts].some(script => script.textContent.includes('struck'))";
    window.until(made, vec![], "text that stays text").await.unwrap();
    window.press('e').await.unwrap();
    window.see("[data-testid=undo-bar]").await.unwrap();

    // A megabyte: its beginning at once, all of it when asked for.
    let long = "word ".repeat(200_000) + "the end of it";
    let arrived = scene.practice.arrive_as("stat", "A very long letter", &long).await.unwrap();
    let thread = sees_in_urgent(&window, &arrived).await;
    window.click(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    assert_eq!(start(&window).await, thread);
    window.see_words("[data-testid^=message-]", "Show all").await.unwrap();
    assert!(!window.words().await.contains("the end of it"), "a megabyte is not laid out unasked");
    let show = "[...document.querySelectorAll('[data-testid^=message-] button')].find(b => b.textContent.includes('Show all')).click()";
    window.client.execute(show, vec![]).await.unwrap();
    window.see_words("[data-testid^=message-]", "the end of it").await.unwrap();
    write(&window, REPLY).await;
    send(&window).await;
    completed(&scene, &thread).await;
    assert_eq!(scene.said(&thread, REPLY).await, 1);
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_revoked_is_renewed_and_what_waited_is_sent() {
    let mut scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    let thread = start(&window).await;
    write(&window, REPLY).await;
    scene.forget_sign_ins().await;
    send(&window).await;
    window.see("[data-testid=banner][data-kind=sign-in-again]").await.unwrap();
    window.see_words("[data-testid=banner]", "1 reply waits here").await.unwrap();
    assert_eq!(scene.said(&thread, REPLY).await, 0);
    // Reading goes on meanwhile.
    window.see("[data-testid^=envelope-]").await.unwrap();
    let again = "[...document.querySelectorAll('[data-testid=banner] button')].find(b => b.textContent.includes('Sign in again')).click()";
    window.client.execute(again, vec![]).await.unwrap();
    completed(&scene, &thread).await;
    assert_eq!(scene.said(&thread, REPLY).await, 1);
    window.see_gone("[data-testid=banner]").await.unwrap();
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_nobody_gets_in_and_nothing_is_lost() {
    let scene = Scene::set(&[]).await;
    let ring = scene.dir().join("ring");

    // Missing: nothing could be kept, so nobody is signed in.
    let bus = Bus::start(&scene.dir().join("no-ring"), Keyring::Missing).await.unwrap();
    let window = scene.window_on_bus("osei", &bus).await;
    window.see("[data-testid=server]").await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
    fails(&window, "keyring", &scene.road.base_url).await;
    window.quit().await.unwrap();
    drop(bus);

    // There: a draft is begun.
    let bus = Bus::start(&ring, Keyring::Open).await.unwrap();
    let window = scene.window_on_bus("osei", &bus).await;
    sign_in(&window).await;
    let thread = start(&window).await;
    write(&window, DRAFT).await;
    window.see("[data-testid=draft-state][data-state=kept]").await.unwrap();
    window.quit().await.unwrap();
    drop(bus);

    // Locked: the window says so, and touches no file.
    let bus = Bus::start(&ring, Keyring::Locked).await.unwrap();
    let window = scene.window_on_bus("osei", &bus).await;
    fails(&window, "keyring", &scene.road.base_url).await;
    window.quit().await.unwrap();
    drop(bus);

    // Open again: the draft stands where it stood.
    let bus = Bus::start(&ring, Keyring::Open).await.unwrap();
    let window = scene.window_on_bus("osei", &bus).await;
    has_draft(&window).await;
    window.quit().await.unwrap();
    drop(bus);

    // Emptied: said plainly, with how much cannot be read; the old file stays.
    let backup = scene.dir().join("ring-of-yesterday");
    std::fs::rename(&ring, &backup).unwrap();
    let bus = Bus::start(&ring, Keyring::Open).await.unwrap();
    let window = scene.window_on_bus("osei", &bus).await;
    window.see_words("[data-testid=set-aside]", "1 unsent reply or draft in it cannot be read").await.unwrap();
    window.see("[data-testid=banner][data-kind=sign-in-again]").await.unwrap();
    window.quit().await.unwrap();
    assert!(files(&scene.profile("osei")).len() > 1, "the old file is set aside, not deleted");
    drop(bus);

    // Restored after all: what could not be read comes back by itself, and stands where it was written.
    std::fs::remove_dir_all(&ring).unwrap();
    std::fs::rename(&backup, &ring).unwrap();
    let bus = Bus::start(&ring, Keyring::Open).await.unwrap();
    let window = scene.window_on_bus("osei", &bus).await;
    window.see_words("[data-testid=restored]", "1 unsent reply or draft").await.unwrap();
    accessible(&window).await;
    go_to(&window, "Nurse triage").await;
    window.click(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    assert_eq!(start(&window).await, thread);
    has_draft(&window).await;
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_copied_or_damaged_is_set_aside_and_the_inbox_comes_anew() {
    let scene = Scene::set(&[]).await;
    let window = scene.window_on("osei", "physician", "en").await;
    sign_in(&window).await;
    start(&window).await;
    write(&window, DRAFT).await;
    window.see("[data-testid=draft-state][data-state=kept]").await.unwrap();
    window.quit().await.unwrap();

    // Copied to where its key is not, as to another machine: its text stays shut, and the window says so.
    copy(&scene.profile("osei"), &scene.profile("copied"));
    let window = scene.window_on("copied", "physician", "en").await;
    window.see_words("[data-testid=set-aside]", "1 unsent reply or draft in it cannot be read").await.unwrap();
    window.quit().await.unwrap();

    // Damaged: the envelopes come from the server again.
    let database = files(&scene.profile("osei")).into_iter().find(|file| file.ends_with("inbox.db")).unwrap();
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 8;
    bytes[middle..].fill(0x5a);
    std::fs::write(&database, bytes).unwrap();
    let window = scene.window_on("osei", "physician", "en").await;
    window.see("[data-testid=set-aside]").await.unwrap();
    go_to(&window, "Nurse triage").await;
    window.see("[data-testid^=envelope-]").await.unwrap();
    window.quit().await.unwrap();
    assert!(files(&scene.profile("osei")).len() > 1, "the damaged file is set aside, not deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_send_the_reply_arrives_once() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    set(&window, json!({ "undoSeconds": 1 })).await;
    let thread = start(&window).await;
    write(&window, REPLY).await;
    // The server does what it is asked, and the answer never comes: the program dies while it waits.
    scene.road.goes_wrong("drop-after=always@POST,delay=1500@POST").unwrap();
    send(&window).await;
    let leaving = "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('envelopes', { request: { queue: 'unsent', offset: 0, limit: 10 } }).then(page => done(page.rows.some(row => ['sending', 'unknown'].includes(row.delivery))), () => done(false))";
    let began = tokio::time::Instant::now();
    while window.client.execute_async(leaving, vec![]).await.unwrap() != json!(true) {
        assert!(began.elapsed() < tern_journeys::PATIENCE, "the reply never begins to leave");
    }
    window.kill().unwrap();
    drop(window);
    scene.road.goes_wrong("").unwrap();
    let window = scene.window("physician", "en").await;
    window.see("[data-testid=view-inbox]").await.unwrap();
    completed(&scene, &thread).await;
    window.see_words("[data-testid=status]", "All sent").await.unwrap();
    assert_eq!(scene.said(&thread, REPLY).await, 1);
    window.quit().await.unwrap();
}

/// Types an address and a file into the sign-in screen, and asks to be let in.
async fn attempt(window: &Window, server: &str, ca: &Path) {
    let field = window.see("[data-testid=server]").await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(server).await.unwrap();
    let file = window.see("[data-testid=ca-file]").await.unwrap();
    file.clear().await.unwrap();
    file.send_keys(&ca.display().to_string()).await.unwrap();
    // What was said of the attempt before does not count for this one.
    let old = "document.querySelector('[data-testid=sign-in-failure]')?.setAttribute('data-old', '')";
    window.client.execute(old, vec![]).await.unwrap();
    window.press_key(Key::Enter).await.unwrap();
}

/// The sign-in screen says what happened and what to do, and still holds the address.
async fn fails(window: &Window, failure: &str, server: &str) {
    let notice = format!("[data-testid=sign-in-failure][data-failure={failure}]:not([data-old])");
    window.see(&notice).await.unwrap();
    let said = window.see(&notice).await.unwrap().text().await.unwrap();
    assert!(said.matches('.').count() >= 2, "what happened, and what to do: {said}");
    let kept = "return document.querySelector('[data-testid=server]')?.value === arguments[0]";
    window.until(kept, vec![json!(server)], "the address").await.unwrap();
}

async fn press_try_now(window: &Window) {
    invoke(window, "sync_now", Value::Null).await.unwrap();
}

async fn completed(scene: &Scene, thread: &str) {
    let done = |items: &[Value]| !items.is_empty() && items.iter().all(|item| item["status"] == "completed");
    scene.server_has(thread, "a completed work item", done).await.unwrap();
}

async fn has_draft(window: &Window) {
    window.see("[data-testid=pane][data-state=open]").await.unwrap();
    let draft = "return document.querySelector('[data-testid=composer] textarea, textarea[data-testid=composer]')?.value === arguments[0]";
    window.until(draft, vec![json!(DRAFT)], "the draft").await.unwrap();
}

/// The databases below a profile, set aside or not.
fn files(profile: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for account in std::fs::read_dir(profile.join("accounts")).unwrap() {
        for file in std::fs::read_dir(account.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains("inbox") && !name.ends_with("-wal") && !name.ends_with("-shm") {
                found.push(file);
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).unwrap();
        }
    }
}
