//! Signing in over real HTTPS: what a browser and a client see, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scene;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::StatusCode;
use scene::{Scene, VERIFIER, location, open, open_with, query};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tern_practice::SignInPage;

async fn works(scene: &Scene, granted: &Value) -> bool {
    let token = granted["access_token"].as_str().unwrap();
    scene.get("/Patient?_count=1", token).await.0 == StatusCode::OK
}

#[tokio::test]
async fn dr_osei_signs_in_and_her_token_opens_the_fhir_server() {
    let scene = open().await;
    let granted = scene.sign_in("osei").await;
    assert_eq!(granted["token_type"], "Bearer");
    assert_eq!(granted["scope"], "openid fhirUser offline_access user/*.cruds");
    assert!(works(&scene, &granted).await);

    let keys: JwkSet =
        scene.http.get(format!("{}/auth/jwks", scene.issuer)).send().await.unwrap().json().await.unwrap();
    let id_token = granted["id_token"].as_str().unwrap();
    let kid = jsonwebtoken::decode_header(id_token).unwrap().kid.unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["tern-desktop"]);
    validation.set_issuer(&[&scene.issuer]);
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let claims = jsonwebtoken::decode::<Value>(id_token, &key, &validation).unwrap().claims;
    assert_eq!(claims["nonce"], "nonce-1");
    assert_eq!(claims["name"], "Dr Amara Osei");
    let osei = &scene.practice.announcement().accounts[0];
    assert_eq!(claims["fhirUser"], osei.fhir_user.as_str());
    let token = granted["access_token"].as_str().unwrap();
    let path = osei.fhir_user.strip_prefix(&scene.base).unwrap();
    assert_eq!(scene.get(path, token).await.1["name"][0]["family"], "Osei");
    scene.practice.close().await;
}

#[tokio::test]
async fn discovery_names_every_endpoint_on_this_origin() {
    let scene = open().await;
    let url = format!("{}/.well-known/smart-configuration", scene.base);
    let smart: Value = scene.http.get(url).send().await.unwrap().json().await.unwrap();
    for endpoint in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "jwks_uri"] {
        assert!(smart[endpoint].as_str().unwrap().starts_with(&scene.issuer), "{endpoint}");
    }
    assert_eq!(smart["code_challenge_methods_supported"], json!(["S256"]));
    let url = format!("{}/.well-known/openid-configuration", scene.issuer);
    let openid: Value = scene.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(openid["issuer"], scene.issuer.as_str());
}

#[tokio::test]
async fn the_page_loads_nothing_and_speaks_french_to_who_prefers_it() {
    let scene = open().await;
    let (response, html, _) = scene.page(&[]).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!html.contains("<script"));
    assert!(html.contains("lang=\"en\"") && html.contains("for=\"password\""));
    let url = scene.authorize_url(&[]);
    let french = scene.http.get(url).header("accept-language", "fr-CA,en;q=0.5");
    let html = french.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("lang=\"fr\"") && html.contains("Mot de passe"));
}

#[tokio::test]
async fn a_wrong_password_says_so_and_tells_nothing_else() {
    let scene = open().await;
    let (_, _, mut request) = scene.page(&[]).await;
    // Her password with his name, nobody's name, and none at all look alike.
    let right = scene.password("osei");
    for (username, password) in [("haddad", right.as_str()), ("nobody", right.as_str()), ("osei", ""), ("<b>", "x")] {
        let fields = [("request", request.as_str()), ("username", username), ("password", password)];
        let response = scene.post_form("/auth/authorize", &fields).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let html = response.text().await.unwrap();
        assert!(html.contains("role=\"alert\""));
        assert!(!html.contains(&right) && !html.contains("<b>"));
        request = scene::request_of(&html);
    }
    // The fifth ends the page, and then even the right one comes too late.
    let fields = [("request", request.as_str()), ("username", "osei"), ("password", "wrong")];
    let response = scene.post_form("/auth/authorize", &fields).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let fields = [("request", request.as_str()), ("username", "osei"), ("password", &right)];
    let response = scene.post_form("/auth/authorize", &fields).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_cancels_goes_back_with_their_state_and_no_code() {
    let scene = open().await;
    let (_, _, request) = scene.page(&[]).await;
    let fields = [("request", request.as_str()), ("cancel", "yes")];
    let to = location(&scene.post_form("/auth/authorize", &fields).await);
    assert_eq!(query(&to, "error").as_deref(), Some("access_denied"));
    assert_eq!(query(&to, "state").as_deref(), Some("state-1"));
    assert_eq!(query(&to, "code"), None);
}

#[tokio::test]
async fn a_code_goes_to_any_loopback_port_and_to_no_other_place() {
    let scene = open().await;
    let port = [("redirect_uri", "http://127.0.0.1:1/other/path")];
    assert_eq!(scene.http.get(scene.authorize_url(&port)).send().await.unwrap().status(), StatusCode::OK);
    for stranger in ["https://evil.example/cb", "http://localhost:49321/callback"] {
        let url = scene.authorize_url(&[("redirect_uri", stranger)]);
        let response = scene.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.headers().get("location").is_none());
    }
    let without_pkce = scene.authorize_url(&[("code_challenge_method", "plain")]);
    let to = location(&scene.http.get(without_pkce).send().await.unwrap());
    assert_eq!(query(&to, "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_without_the_verifier() {
    let scene = open().await;
    let code = scene.code("osei").await;
    let refused = scene.redeem(&code, &VERIFIER.replace("tern", "gull")).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_grant");
    // And that was its one use.
    assert_eq!(scene.redeem(&code, VERIFIER).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_code_that_comes_twice_takes_back_what_it_bought() {
    let scene = open().await;
    let code = scene.code("osei").await;
    let granted: Value = scene.redeem(&code, VERIFIER).await.json().await.unwrap();
    assert!(works(&scene, &granted).await);
    assert_eq!(scene.redeem(&code, VERIFIER).await.status(), StatusCode::BAD_REQUEST);
    assert!(!works(&scene, &granted).await);
    assert_eq!(scene.refresh(&granted["refresh_token"]).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn each_refresh_brings_a_new_token_and_an_old_one_ends_the_sign_in() {
    let scene = open().await;
    let first = scene.sign_in("tran").await;
    let second: Value = scene.refresh(&first["refresh_token"]).await.json().await.unwrap();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert!(works(&scene, &second).await);

    let reused = scene.refresh(&first["refresh_token"]).await;
    assert_eq!(reused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(reused.json::<Value>().await.unwrap()["error"], "invalid_grant");
    assert!(!works(&scene, &second).await, "its access tokens end too");
    assert_eq!(scene.refresh(&second["refresh_token"]).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn signing_out_ends_the_sign_in_and_nobody_elses() {
    let scene = open().await;
    let (osei, tran) = (scene.sign_in("osei").await, scene.sign_in("tran").await);
    let token = osei["refresh_token"].as_str().unwrap();
    let fields = [("token", token), ("client_id", "tern-desktop")];
    assert_eq!(scene.post_form("/auth/revoke", &fields).await.status(), StatusCode::OK);
    assert!(!works(&scene, &osei).await);
    assert_eq!(scene.refresh(&osei["refresh_token"]).await.status(), StatusCode::BAD_REQUEST);
    assert!(works(&scene, &tran).await);
    // RFC 7009: a token that means nothing is no error, a client that is nobody is.
    let fields = [("token", "nonsense"), ("client_id", "tern-desktop")];
    assert_eq!(scene.post_form("/auth/revoke", &fields).await.status(), StatusCode::OK);
    let fields = [("token", token), ("client_id", "nobody")];
    assert_eq!(scene.post_form("/auth/revoke", &fields).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_restart_of_the_practice_signs_nobody_out() {
    let data = Arc::new(TempDir::new().unwrap());
    let scene = open_with(Arc::clone(&data), |_| {}).await;
    let granted = scene.sign_in("osei").await;
    let (password, ca) = (scene.password("osei"), std::fs::read(&scene.practice.announcement().ca_file).unwrap());
    scene.practice.close().await;

    let again = open_with(data, |_| {}).await;
    assert_eq!(again.password("osei"), password);
    assert_eq!(std::fs::read(&again.practice.announcement().ca_file).unwrap(), ca);
    assert!(!works(&again, &granted).await, "access tokens were in memory");
    let refreshed = again.refresh(&granted["refresh_token"]).await;
    assert_eq!(refreshed.status(), StatusCode::OK);
    assert!(works(&again, &refreshed.json().await.unwrap()).await);
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let scene = open().await;
    let (_, _, request) = scene.page(&[("scope", "openid user/Task.rs")]).await;
    let password = scene.password("osei");
    let fields = [("request", request.as_str()), ("username", "osei"), ("password", &password)];
    let code = query(&location(&scene.post_form("/auth/authorize", &fields).await), "code").unwrap();
    let granted: Value = scene.redeem(&code, VERIFIER).await.json().await.unwrap();
    assert_eq!(granted["scope"], "openid user/Task.rs");
    assert!(granted.get("refresh_token").is_none());
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!(scene.get("/Task?_count=1", token).await.0, StatusCode::OK);
    assert_eq!(scene.get("/Patient?_count=1", token).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn one_click_needs_a_name_and_no_password() {
    let data = Arc::new(TempDir::new().unwrap());
    let scene = open_with(data, |options| options.page = SignInPage::OneClick).await;
    let (_, html, request) = scene.page(&[]).await;
    assert!(html.contains("Mia Tran") && !html.contains("type=\"password\""));
    let fields = [("request", request.as_str()), ("account", "tran")];
    let code = query(&location(&scene.post_form("/auth/authorize", &fields).await), "code").unwrap();
    let granted: Value = scene.redeem(&code, VERIFIER).await.json().await.unwrap();
    assert!(works(&scene, &granted).await);
}

#[tokio::test]
async fn a_refresh_for_nothing_that_was_granted_leaves_the_token_good() {
    let scene = open().await;
    let granted = scene.sign_in("osei").await;
    let token = granted["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "tern-desktop"),
        ("scope", "system/*.cruds"),
    ];
    let refused = scene.post_form("/auth/token", &fields).await;
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_scope");
    assert_eq!(scene.refresh(&granted["refresh_token"]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_request_is_answered_as_oauth_has_it() {
    let scene = open().await;
    let twice = [("grant_type", "refresh_token"), ("grant_type", "refresh_token"), ("client_id", "tern-desktop")];
    let untold = [("client_id", "tern-desktop")];
    for (path, fields) in [("/auth/token", &twice[..]), ("/auth/token", &untold), ("/auth/revoke", &untold)] {
        let refused = scene.post_form(path, fields).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{path} {fields:?}");
        assert_eq!(refused.headers()["cache-control"], "no-store");
        assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_request", "{path} {fields:?}");
    }
    let twice = format!("{}&state=another", scene.authorize_url(&[]));
    let refused = scene.http.get(twice).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.headers().contains_key("content-security-policy"), "on a page of ours");
}
