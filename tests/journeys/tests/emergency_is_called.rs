//! An emergency is called: whoever is on duty is paged outside the window, and "I have it" says who comes.

use std::{sync::Arc, time::Duration};

use fantoccini::{Locator, key::Key};
use serde_json::{Value, json};
use tern_journeys::{PATIENCE, window::Window};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::Mutex,
};

use crate::scene::{Scene, accessible, sees_in_urgent, send, start, write};

const WORDS: &str = "Since noon I have a crushing pain in my chest and my left arm is numb";

/// The practice's pager gateway: takes what is posted, and keeps it.
struct Gateway {
    address: String,
    pages: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}/page", listener.local_addr().unwrap());
        let pages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&pages);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut said = Vec::new();
                while !is_whole(&said) && stream.read_buf(&mut said).await.is_ok_and(|read| read > 0) {}
                kept.lock().await.push(String::from_utf8_lossy(&said).into_owned());
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
            }
        });
        Self { address, pages }
    }

    /// What was posted of an event, once so much of it was.
    async fn posted(&self, event: &str, times: usize) -> Vec<(String, Value)> {
        let began = tokio::time::Instant::now();
        loop {
            let pages = self.pages.lock().await.clone();
            let bodies = pages.into_iter().filter_map(|page| {
                let body = serde_json::from_str::<Value>(page.split_once("\r\n\r\n")?.1).ok()?;
                (body["event"] == json!(event)).then_some((page, body))
            });
            let bodies: Vec<_> = bodies.collect();
            if bodies.len() >= times {
                return bodies;
            }
            assert!(began.elapsed() < PATIENCE, "the gateway never had {times} of {event}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Whether a request is there with as much of a body as it says.
fn is_whole(said: &[u8]) -> bool {
    let said = String::from_utf8_lossy(said);
    let Some((head, body)) = said.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, length) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| length.trim().parse().ok())?
    });
    body.len() >= length.unwrap_or(0)
}

async fn opens_the_table(window: &Window) {
    window.press('g').await.unwrap();
    window.press('p').await.unwrap();
    window.see("[data-testid=view-practice]").await.unwrap();
    // By the arrows, from the tab that is shown.
    window.see("[data-testid=table-tab-triage]").await.unwrap();
    window.client.execute("document.querySelector('[data-testid=table-tab-triage]').focus()", vec![]).await.unwrap();
    for _ in 0..3 {
        window.press_key(Key::Right).await.unwrap();
    }
    window.see("[data-testid=webhook]").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_is_called() {
    let scene = Scene::set(&[]).await;
    let gateway = Gateway::open().await;
    let lead = scene.signed_in("triage-lead", "en").await;
    lead.see("[data-testid=emergency-nowhere]").await.unwrap();
    accessible(&lead).await;

    opens_the_table(&lead).await;
    lead.fill("[data-testid=webhook]", &gateway.address).await.unwrap();
    lead.click("[data-testid=webhook-try]").await.unwrap();
    lead.see("[data-testid=webhook-tried][data-tried=taken]").await.unwrap();
    gateway.posted("test", 1).await;
    accessible(&lead).await;
    lead.press_with(&[Key::Control], 's').await.unwrap();
    lead.see("[data-testid=table-state][data-saving=saved]:not([data-changed])").await.unwrap();

    // The physician is on duty.
    lead.click("[data-testid=duty-who]").await.unwrap();
    lead.click_on(Locator::XPath("//*[contains(@class, 'select-option')][contains(., 'Osei')]")).await.unwrap();
    lead.click("[data-testid=duty-endless]").await.unwrap();
    lead.click("[data-testid=duty-save]").await.unwrap();
    lead.see("[data-testid=duty-row][data-now=true][data-saving=saved]").await.unwrap();
    accessible(&lead).await;
    lead.click("[data-testid=practice-close]").await.unwrap();
    lead.see_gone("[data-testid=emergency-nowhere]").await.unwrap();

    let arrived = scene.practice.arrive_as("stat", "A question", WORDS).await.unwrap();
    let pages = gateway.posted("emergency", 1).await;
    let (page, body) = &pages[0];
    let osei = &scene.practice.account("physician").unwrap().practitioner_role;
    assert_eq!(body["to"][0]["reference"], json!(osei));
    assert_eq!(body["everybody"], json!(false));
    assert!(page.to_lowercase().contains("idempotency-key"), "a key by which a second one is known");
    let patient = scene.practice.get(arrived["patient"].as_str().unwrap()).await.unwrap();
    for word in ["crushing", "chest", "numb", "question", patient["name"][0]["family"].as_str().unwrap()] {
        assert!(!body.to_string().contains(word), "{word} stands in a page");
    }

    lead.see_words("[data-testid=emergency-line][data-told=called]", "Osei was called").await.unwrap();
    accessible(&lead).await;
    lead.press('h').await.unwrap();
    lead.see_words("[data-testid=emergency-line][data-told=mine]", "you have it").await.unwrap();
    accessible(&lead).await;

    // The reply ends it.
    let osei = scene.signed_in("physician", "en").await;
    let there = "[data-testid=emergency-line][data-told=held], [data-testid=emergency-line][data-told=nobody]";
    osei.see(there).await.unwrap();
    let thread = sees_in_urgent(&osei, &arrived).await;
    osei.click(&format!("[data-testid='envelope-{thread}']")).await.unwrap();
    assert_eq!(start(&osei).await, thread);
    write(&osei, "An ambulance is on its way").await;
    send(&osei).await;
    lead.see_gone("[data-testid=emergency-line][data-told=mine]").await.unwrap();
    assert_eq!(gateway.posted("emergency", 1).await.len(), 1, "one page, and no more");
    osei.quit().await.unwrap();
    lead.quit().await.unwrap();
}
