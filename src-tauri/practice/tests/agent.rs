//! The agent signs in: a backend service with its secret, or with an assertion that it signs (SMART Backend Services).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scene;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::StatusCode;
use scene::{form, open, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

#[tokio::test]
async fn the_agent_signs_in_with_its_secret_either_way() {
    let scene = open().await;
    let token = scene.agent().await;
    assert_eq!(scene.get("/Patient?_count=1", &token).await.0, StatusCode::OK);
    let secret = scene.practice.announcement().backend.client_secret.expose().to_owned();
    let by_basic = |secret: String| {
        scene
            .http
            .post(format!("{}/auth/token", scene.issuer))
            .basic_auth("tern-agent", Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(&[("grant_type", "client_credentials"), ("scope", "system/Task.rs")]))
    };
    let granted: Value = by_basic(secret).send().await.unwrap().json().await.unwrap();
    assert_eq!(granted["scope"], "system/Task.rs");
    assert!(granted.get("refresh_token").is_none());
    let refused = by_basic("wrong".into()).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_client");
    // The desktop is public: it has no such grant.
    let fields = [("grant_type", "client_credentials"), ("client_id", "tern-desktop")];
    let refused = scene.post_form("/auth/token", &fields).await;
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "unauthorized_client");
}

#[tokio::test]
async fn the_agent_signs_in_with_an_assertion_and_each_is_good_once() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let (x, y) = pair.public_key_raw()[1..].split_at(32);
    let coordinate = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let data = Arc::new(TempDir::new().unwrap());
    let jwks = data.path().join("agent.json");
    let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "k1", "alg": "ES256",
        "x": coordinate(x), "y": coordinate(y)}]});
    std::fs::write(&jwks, keys.to_string()).unwrap();
    let scene = open_with(data, |options| options.agent_jwks = Some(jwks)).await;

    let now = chrono::Utc::now().timestamp();
    let endpoint = format!("{}/auth/token", scene.issuer);
    let sign = |change: Value| {
        let mut claims = json!({"iss": "tern-agent", "sub": "tern-agent", "aud": endpoint,
            "exp": now + 240, "jti": "j1"});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("k1".into());
        let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    };
    let ask = async |assertion: &str| {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", "system/*.rs"),
            ("client_assertion_type", kind),
            ("client_assertion", assertion),
        ];
        scene.post_form("/auth/token", &fields).await.status()
    };
    let good = sign(json!({}));
    assert_eq!(ask(&good).await, StatusCode::OK);
    assert_eq!(ask(&good).await, StatusCode::UNAUTHORIZED, "once");
    for wrong in [
        json!({"jti": "j2", "aud": "https://elsewhere/token"}),
        json!({"jti": "j3", "iss": "somebody"}),
        json!({"jti": "j4", "exp": now - 600}),
        json!({"jti": "j5", "exp": now + 3_600}),
    ] {
        assert_eq!(ask(&sign(wrong.clone())).await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let fresh = sign(json!({"jti": "j6"}));
    let forged = format!("{}AAAA", &fresh[..fresh.len() - 4]);
    assert_eq!(ask(&forged).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&fresh).await, StatusCode::OK, "a forgery does not use up the real one");
}
