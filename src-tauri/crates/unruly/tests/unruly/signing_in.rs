//! Scopes and the push channel (15).

use serde_json::json;

use crate::push::{frames, listen};
use crate::stage::Stage;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

#[tokio::test]
async fn scopes_of_one_generation() {
    let asked = "grant_type=client_credentials&scope=openid+user%2F*.read+user%2FTask.cruds";
    for (quirk, handed_on, granted, advertised) in [
        ("scopes-v1-only", "openid user/*.rs", "openid user/*.read user/Task.*", json!(["openid", "user/*.read"])),
        (
            "scopes-v2-only",
            "openid user/Task.cruds",
            "openid user/*.rs user/Task.cruds",
            json!(["openid", "user/*.rs"]),
        ),
    ] {
        let stage = Stage::with(quirk).await;
        let token = stage.try_send("POST", "/auth/token", &FORM, asked).await.unwrap();
        assert_eq!(token.json()["scope"], granted, "{quirk}");
        let seen = stage.practice.last_seen().body;
        let scope = form_urlencoded::parse(&seen).find(|(name, _)| name == "scope").unwrap().1.into_owned();
        assert_eq!(scope, handed_on, "{quirk}");
        let smart = stage.get(".well-known/smart-configuration").await.json();
        assert_eq!(smart["scopes_supported"], advertised, "{quirk}");
        assert_eq!(smart["capabilities"].as_array().unwrap().len(), 1, "{quirk}");
    }
}

fn address(stage: &Stage) -> String {
    stage.origin().trim_start_matches("http://").to_owned()
}

#[tokio::test]
async fn a_websocket_passes() {
    let stage = Stage::with("").await;
    let (head, heard) = listen(&address(&stage)).await;
    assert!(head.to_lowercase().contains("upgrade: websocket"), "{head}");
    assert_eq!(heard, frames(&["ping 1", "ping 2", "ping 3"]));
}

#[tokio::test]
async fn pushed_messages_are_lost() {
    let stage = Stage::with("subscriptions-drop=2x").await;
    assert_eq!(listen(&address(&stage)).await.1, frames(&["ping 3"]));
}

#[tokio::test]
async fn there_is_no_push_channel() {
    for quirks in ["no-push", "subscriptions-missing"] {
        let stage = Stage::with(quirks).await;
        assert!(listen(&address(&stage)).await.0.starts_with("HTTP/1.1 404"), "{quirks}");
    }
    let stage = Stage::with("subscriptions-missing").await;
    assert_eq!(stage.post("Subscription", json!({"resourceType": "Subscription"})).await.status, 404);
    assert!(!stage.get("metadata").await.json().to_string().contains("Subscription"));
}

#[tokio::test]
async fn a_subscription_has_no_filter() {
    let stage = Stage::with("subscriptions-unfiltered").await;
    let mine = json!({"resourceType": "Subscription", "criteria": "Task?owner=PractitionerRole/osei"});
    assert_eq!(stage.post("Subscription", mine).await.json()["criteria"], "Task?");
}
