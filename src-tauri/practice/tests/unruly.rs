//! The practice behind the unruly proxy: one server to whoever asks, differing as it is told to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scene;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use scene::{Scene, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

async fn behind(quirks: &str) -> Scene {
    let data = Arc::new(TempDir::new().unwrap());
    open_with(data, |options| options.unruly = Some(quirks.parse().unwrap())).await
}

#[tokio::test]
async fn through_a_clean_proxy_everything_names_the_proxy_and_signing_in_works() {
    let scene = behind("").await;
    let granted = scene.sign_in("osei").await;
    let claims = granted["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["iss"], scene.issuer.as_str());
    let osei = &scene.practice.announcement().accounts[0];
    assert_eq!(claims["fhirUser"], osei.fhir_user.as_str());

    let token = granted["access_token"].as_str().unwrap();
    let (status, page) = scene.get("/Communication?_count=2", token).await;
    assert_eq!(status, StatusCode::OK);
    for link in page["link"].as_array().unwrap() {
        assert!(link["url"].as_str().unwrap().starts_with(&scene.base), "{link}");
    }
    let next = page["link"].as_array().unwrap().iter().find(|l| l["relation"] == "next").unwrap();
    let (status, _) = scene.ask(Method::GET, next["url"].as_str().unwrap(), token, None).await;
    assert_eq!(status, StatusCode::OK);
    let (_, statement) = scene.get("/metadata", token).await;
    let socket = statement["rest"][0]["extension"][0]["valueUri"].as_str().unwrap();
    assert_eq!(socket, format!("{}/websocket", scene.issuer.replacen("https", "wss", 1)));
    let arrived = scene.arrive(&scene.agent().await, json!({"text": "Hello"})).await;
    assert!(arrived["thread"].is_string());
}

#[tokio::test]
async fn a_quirk_shows_and_can_be_changed_while_it_runs() {
    let scene = behind("etag-missing").await;
    let token = scene.agent().await;
    let url = format!("{}{}", scene.base, patient(&scene, &token).await);
    let etag = async || scene.http.get(&url).bearer_auth(&token).send().await.unwrap().headers().get("etag").cloned();
    assert_eq!(etag().await, None);
    let unruly = scene.practice.announcement().unruly.clone().expect("it says how to change it");
    let control = scene.http.put(&unruly.control_url).bearer_auth(unruly.control_secret.expose());
    let changed = control.header("content-type", "application/json").body(json!({"quirks": ""}).to_string());
    assert!(changed.send().await.unwrap().status().is_success());
    assert!(etag().await.is_some());
}

async fn patient(scene: &Scene, token: &str) -> String {
    let (_, found) = scene.get("/Patient?family=Ruiz", token).await;
    format!("/Patient/{}", found["entry"][0]["resource"]["id"].as_str().unwrap())
}
