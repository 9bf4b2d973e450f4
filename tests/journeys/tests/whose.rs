//! Whose it is: two members use one machine, one after the other. Neither sees nor sends what is the other's.

use fantoccini::key::Key;
use serde_json::{Value, json};
use tern_journeys::{PATIENCE, window::Window};

use crate::scene::{Scene, accessible, go_to, invoke, send, sign_in, sign_out, start, write};

const DRAFT_OF_OSEI: &str = "Half a thought of Dr Osei, ochrequill";
const REPLY_OF_OSEI: &str = "A whole reply of Dr Osei, vermilionquill.";
const REPLY_OF_MIA: &str = "A whole reply of Mia, indigoquill.";

/// Every word by which something of Dr Osei's could be found.
const WORDS_OF_OSEI: [&str; 2] = ["ochrequill", "vermilionquill"];

#[tokio::test(flavor = "multi_thread")]
async fn two_members_share_a_profile_and_neither_sees_nor_sends_what_is_the_others() {
    let scene = Scene::set(&[]).await;

    // Dr Osei leaves a draft and, the road being cut, a reply that has not left.
    let osei = scene.window_on("shared", "physician", "en").await;
    sign_in(&osei).await;
    let answered = start(&osei).await;
    write(&osei, REPLY_OF_OSEI).await;
    scene.road.cut();
    send(&osei).await;
    let begun = start(&osei).await;
    write(&osei, DRAFT_OF_OSEI).await;
    sign_out(&osei).await;
    osei.quit().await.unwrap();
    scene.road.mend().await.unwrap();

    // Mia signs in on the same profile, sees nothing of it, and sends a reply of her own.
    let mia = scene.window_on("shared", "ma", "en").await;
    sign_in(&mia).await;
    sees_nothing_of_osei(&mia, [&answered, &begun]).await;
    // What a medical assistant answers in words of her own: no question of health.
    go_to(&mia, "Front desk").await;
    let hers = start_another_than(&mia, [&answered, &begun]).await;
    write(&mia, REPLY_OF_MIA).await;
    send(&mia).await;
    scene
        .server_has(&hers, "Mia's reply", |items| items.iter().all(|item| item["status"] == "completed"))
        .await
        .unwrap();
    assert_eq!(scene.said(&hers, REPLY_OF_MIA).await, 1);
    // Her outbox is empty by now, and what is Dr Osei's was not in it.
    mia.see_words("[data-testid=status]", "All sent").await.unwrap();
    assert_eq!(scene.said(&answered, REPLY_OF_OSEI).await, 0, "Mia's session sent Dr Osei's reply");
    sign_out(&mia).await;
    mia.quit().await.unwrap();
    // The server has all that was in her copy, so that is gone; Dr Osei's holds what it has not.
    assert_eq!(copies(&scene.profile("shared")), 1);

    // Dr Osei comes back: her reply leaves now, once and in her name; her draft is where it was.
    let osei = scene.window_on("shared", "physician", "en").await;
    osei.see("[data-testid=server]").await.unwrap();
    osei.press_key(Key::Enter).await.unwrap();
    osei.see("[data-testid=view-inbox]").await.unwrap();
    osei.see("[data-testid=pane][data-state=open]").await.unwrap();
    let draft = "return document.querySelector('[data-testid=composer] textarea, textarea[data-testid=composer]')?.value === arguments[0]";
    osei.until(draft, vec![json!(DRAFT_OF_OSEI)], "the draft").await.unwrap();
    osei.see_words("[data-testid=status]", "All sent").await.unwrap();
    said_by(&scene, &answered, REPLY_OF_OSEI, "physician").await;
    said_by(&scene, &hers, REPLY_OF_MIA, "ma").await;
    osei.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_profiles_on_one_machine_share_no_message_no_draft_and_no_session() {
    let scene = Scene::set(&[]).await;

    // Mia has signed in once, and closed her window.
    let mia = scene.window_on("of-mia", "ma", "en").await;
    sign_in(&mia).await;
    mia.see_words("[data-testid=status]", "All sent").await.unwrap();
    mia.quit().await.unwrap();

    // While Dr Osei works on hers, a patient writes; her reply to somebody else does not leave.
    let osei = scene.window_on("of-osei", "physician", "en").await;
    sign_in(&osei).await;
    scene.practice.arrive("Only while Dr Osei is here", "My knee is stiff in the mornings, amberquill.").await.unwrap();
    found(&osei, "amberquill", 1).await;
    let answered = start(&osei).await;
    write(&osei, REPLY_OF_OSEI).await;
    scene.road.cut();
    send(&osei).await;
    let begun = start(&osei).await;
    write(&osei, DRAFT_OF_OSEI).await;
    osei.see("[data-testid=status][data-connection=offline]").await.unwrap();
    // Quitting says that a reply would stay, and stays; said twice, it goes.
    osei.press_with(&[Key::Control], 'q').await.unwrap();
    osei.see("[data-testid=quit-anyway]").await.unwrap();
    accessible(&osei).await;
    osei.press_key(Key::Escape).await.unwrap();
    osei.see_gone("[data-testid=quit-anyway]").await.unwrap();
    osei.quit_by(async |osei| {
        osei.press_with(&[Key::Control], 'q').await?;
        // The page may be gone before the click is answered.
        let _ = osei.see("[data-testid=quit-anyway]").await?.click().await;
        Ok(())
    })
    .await
    .unwrap();

    // Mia's window opens again as it was, without the server: nothing that came to Dr Osei's is in it.
    let mia = scene.window_on("of-mia", "ma", "en").await;
    mia.see("[data-testid=view-inbox]").await.unwrap();
    mia.see("[data-testid=status][data-connection=offline]").await.unwrap();
    let hers = invoke(&mia, "search", search("a")).await.unwrap();
    assert!(!hers["hits"].as_array().unwrap().is_empty(), "Mia's own copy is readable offline");
    assert_eq!(hits(&mia, "amberquill").await, 0, "a message crossed from one profile to the other");
    sees_nothing_of_osei(&mia, [&answered, &begun]).await;
    scene.road.mend().await.unwrap();
    mia.see("[data-testid=status][data-connection=online]").await.unwrap();
    // Online again the server tells her of the patient, but nobody tells her what Dr Osei wrote.
    found(&mia, "amberquill", 1).await;
    sees_nothing_of_osei(&mia, [&answered, &begun]).await;
    assert_eq!(scene.said(&answered, REPLY_OF_OSEI).await, 0, "Mia's session sent Dr Osei's reply");
    mia.quit().await.unwrap();

    let osei = scene.window_on("of-osei", "physician", "en").await;
    osei.see("[data-testid=view-inbox]").await.unwrap();
    osei.see_words("[data-testid=status]", "All sent").await.unwrap();
    said_by(&scene, &answered, REPLY_OF_OSEI, "physician").await;
    osei.quit().await.unwrap();
}

/// Whatever the page may ask for, it is not told a word of Dr Osei's, nor does any thread open with them.
async fn sees_nothing_of_osei(window: &Window, threads: [&str; 2]) {
    assert_eq!(invoke(window, "touch_current", Value::Null).await, Ok(Value::Null), "a touch of somebody else");
    let rail = invoke(window, "rail", Value::Null).await.unwrap();
    let mut told = rail.to_string();
    for queue in rail["queues"].as_array().unwrap() {
        let request = json!({ "queue": queue["id"], "offset": 0, "limit": 200 });
        told += &invoke(window, "envelopes", request).await.unwrap().to_string();
        if queue["id"] == "unsent" {
            assert_eq!(queue["count"], 0, "somebody else's reply waits in this member's name");
        }
    }
    for thread in threads {
        let refused = invoke(window, "touch_view", json!({ "thread": thread })).await;
        assert_eq!(refused.unwrap_err()["code"], "not-allowed", "a thread that this member did not start");
        told += &invoke(window, "peek", json!({ "thread": thread })).await.unwrap().to_string();
        invoke(window, "peek_end", json!({ "thread": thread })).await.unwrap();
    }
    for word in WORDS_OF_OSEI {
        assert!(!told.contains(word), "the page was told what Dr Osei wrote");
        assert_eq!(hits(window, word).await, 0, "{word} is found");
    }
    let status = invoke(window, "status", Value::Null).await.unwrap();
    assert_eq!((&status["waitingToSend"], &status["needsYou"]), (&json!(0), &json!(0)), "{status}");
}

/// How many caches a profile holds.
fn copies(profile: &std::path::Path) -> usize {
    let accounts = std::fs::read_dir(profile.join("accounts")).unwrap();
    accounts.filter(|account| account.as_ref().unwrap().path().join("inbox.db").exists()).count()
}

/// Starts an envelope of the list that is none of these.
async fn start_another_than(window: &Window, others: [&str; 2]) -> String {
    let script = "return [...document.querySelectorAll('[data-testid^=envelope-]')].map(row => row.dataset.testid.slice('envelope-'.length))";
    let another = "return [...document.querySelectorAll('[data-testid^=envelope-]')].some(row => !arguments[0].includes(row.dataset.testid.slice('envelope-'.length)))";
    window.until(another, vec![json!(others)], "another envelope").await.unwrap();
    let threads = window.client.execute(script, vec![]).await.unwrap();
    let mut threads = threads.as_array().unwrap().iter().filter_map(Value::as_str);
    let thread = threads.find(|thread| !others.contains(thread)).expect("another envelope").to_owned();
    let row = format!("[data-testid='envelope-{thread}']");
    window.click(&row).await.unwrap();
    window.see(&format!("{row}[aria-selected=true]")).await.unwrap();
    start(window).await
}

fn search(text: &str) -> Value {
    json!({ "text": text, "filters": {}, "limit": 50 })
}

async fn hits(window: &Window, word: &str) -> usize {
    let found = invoke(window, "search", search(word)).await.unwrap();
    found["hits"].as_array().unwrap().len()
}

/// Waits until a word is found so many times.
async fn found(window: &Window, word: &str, times: usize) {
    let began = tokio::time::Instant::now();
    while hits(window, word).await != times {
        assert!(began.elapsed() < PATIENCE, "{word} is never found {times} times");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// The server has these words once, from the member of that role.
async fn said_by(scene: &Scene, thread: &str, words: &str, role: &str) {
    let path = format!("Communication?part-of=Communication/{thread}&_count=200");
    let messages = scene.practice.search(&path).await.unwrap();
    let senders: Vec<&Value> = messages
        .iter()
        .filter(|message| message["payload"][0]["contentString"] == words)
        .map(|message| &message["sender"]["reference"])
        .collect();
    assert_eq!(senders, [&scene.practice.account(role).unwrap().practitioner_role], "{words}");
}
