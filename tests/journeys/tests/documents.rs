//! What a patient sends along: looked at in the window, and filed to the chart.

use serde_json::{Value, json};

use crate::scene::{Scene, accessible};

const TITLE: &str = "Rash, left forearm";

impl Scene {
    /// The document that was filed out of a thread, and who filed it: once both are there.
    async fn filed(&self, thread: &str) -> (Value, Value) {
        let began = tokio::time::Instant::now();
        loop {
            let documents = self.practice.search("DocumentReference?_count=200").await.unwrap();
            let ours = documents.into_iter().find(|document| {
                document["content"][0]["attachment"]["title"] == json!(TITLE)
                    && document["context"]["related"][0]["reference"] == json!(thread)
            });
            if let Some(document) = ours {
                let target = format!("DocumentReference/{}", document["id"].as_str().unwrap());
                let records = self.practice.search("Provenance?_count=200").await.unwrap();
                let record = records.into_iter().find(|record| record["target"][0]["reference"] == json!(target));
                if let Some(record) = record {
                    return (document, record);
                }
            }
            assert!(began.elapsed() < tern_journeys::PATIENCE, "it was never filed");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_filed() {
    let scene = Scene::of_threads("8", &[]).await;
    let window = scene.signed_in("nurse", "en").await;
    // The rail counts what the practice's people have sent before.
    let arrived = scene.practice.arrive_with_photo("A rash", "It itches. See the photo.").await.unwrap();
    let thread = arrived["thread"].as_str().unwrap().to_owned();

    window.press('g').await.unwrap();
    window.press('d').await.unwrap();
    window.see("[data-testid=view-documents]").await.unwrap();
    window.see_words("[data-testid=document-rows]", "A rash").await.unwrap();
    accessible(&window).await;
    let click = "const row = [...document.querySelectorAll('[data-testid^=document-]')]\
        .find(one => one.tagName === 'BUTTON' && one.textContent.includes('A rash')); row?.click(); return !!row";
    window.until(click, vec![], "the photo's row").await.unwrap();
    let shown = "const image = document.querySelector('[data-testid=document-image]');\
        return !!image && image.complete && image.naturalWidth > 0";
    window.until(shown, vec![], "the photo").await.unwrap();
    accessible(&window).await;

    window.clear("[data-testid=document-title]").await.unwrap();
    window.fill("[data-testid=document-title]", TITLE).await.unwrap();
    window.click("[data-testid=document-file]").await.unwrap();
    window.see_words("[data-testid=undo-bar]", TITLE).await.unwrap();

    let (document, record) = scene.filed(&thread).await;
    let attachment = &document["content"][0]["attachment"];
    let sent = scene.practice.search("DocumentReference?_count=200").await.unwrap();
    let same = |other: &&Value| {
        let of = &other["content"][0]["attachment"];
        of["data"].is_string()
            && other["context"]["related"][0]["reference"] == json!(thread)
            && of["title"] != json!(TITLE)
    };
    let photo = sent.iter().find(same).expect("what the patient sent");
    assert_eq!(attachment["hash"], photo["content"][0]["attachment"]["hash"], "the same bytes");
    assert_eq!(attachment["size"], photo["content"][0]["attachment"]["size"]);
    assert_eq!(document["subject"]["reference"], photo["subject"]["reference"]);
    assert_eq!(document["author"][0]["reference"], photo["author"][0]["reference"]);
    assert_eq!(document["type"]["coding"][0]["code"], "photo");
    let binary = scene.practice.get(attachment["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(binary["data"], photo["content"][0]["attachment"]["data"]);
    assert!(record["agent"][0]["who"]["reference"].as_str().unwrap().starts_with("PractitionerRole/"));
    window.quit().await.unwrap();
}
