//! A practice opened for one test, and somebody who talks to it over real HTTPS.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Certificate, Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tempfile::TempDir;
use tern_practice::{Options, Practice, SignInPage, seed::Size};
use url::Url;

pub const REDIRECT: &str = "http://127.0.0.1:49321/callback";
pub const VERIFIER: &str = "tern-tern-tern-tern-tern-tern-tern-tern-tern-tern";

pub struct Scene {
    pub practice: Practice,
    pub data: Arc<TempDir>,
    pub http: Client,
    pub base: String,
    pub issuer: String,
}

/// A small practice; what a test wants otherwise it changes.
pub fn options(data: &TempDir) -> Options {
    Options {
        bind: "127.0.0.1:0".parse().unwrap(),
        data: data.path().join("practice"),
        size: Size { seed: 7, patients: 6, threads: 12 },
        messages: None,
        arrivals_per_hour: 0.0,
        search_parameters: None,
        agent_jwks: None,
        page: SignInPage::Password,
        access_seconds: 600,
        unruly: None,
    }
}

pub async fn open() -> Scene {
    open_with(Arc::new(TempDir::new().unwrap()), |_| {}).await
}

pub async fn open_with(data: Arc<TempDir>, change: impl FnOnce(&mut Options)) -> Scene {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = options(&data);
    change(&mut options);
    let practice = Practice::open(options).await.expect("the practice opens");
    let announced = practice.announcement();
    let ca = std::fs::read(&announced.ca_file).unwrap();
    let http = Client::builder()
        .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    Scene { base: announced.base_url.clone(), issuer: announced.issuer.clone(), practice, data, http }
}

/// A form's fields as a body.
pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl Scene {
    pub fn password(&self, username: &str) -> String {
        let accounts = &self.practice.announcement().accounts;
        let account = accounts.iter().find(|a| a.username == username).unwrap();
        account.password.expose().to_owned()
    }

    pub fn authorize_url(&self, change: &[(&str, &str)]) -> Url {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", "tern-desktop"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid fhirUser offline_access user/*.cruds"),
            ("state", "state-1"),
            ("aud", &self.base),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("nonce", "nonce-1"),
        ];
        fields.retain(|(name, _)| !change.iter().any(|(changed, _)| changed == name));
        fields.extend_from_slice(change);
        Url::parse_with_params(&format!("{}/auth/authorize", self.issuer), fields).unwrap()
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.http
            .post(format!("{}{path}", self.issuer))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(fields))
            .send()
            .await
            .unwrap()
    }

    /// The sign-in page, and the number that its form carries.
    pub async fn page(&self, change: &[(&str, &str)]) -> (Response, String, String) {
        let response = self.http.get(self.authorize_url(change)).send().await.unwrap();
        let copy = self.http.get(self.authorize_url(change)).send().await.unwrap();
        let html = copy.text().await.unwrap();
        let request = request_of(&html);
        (response, html, request)
    }

    /// The code that a sign-in ends in.
    pub async fn code(&self, username: &str) -> String {
        let (_, _, request) = self.page(&[]).await;
        let password = self.password(username);
        let fields = [("request", request.as_str()), ("username", username), ("password", &password)];
        let response = self.post_form("/auth/authorize", &fields).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        query(&location(&response), "code").expect("a code comes back")
    }

    pub async fn redeem(&self, code: &str, verifier: &str) -> Response {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
            ("client_id", "tern-desktop"),
        ];
        self.post_form("/auth/token", &fields).await
    }

    /// Signs in; the token response.
    pub async fn sign_in(&self, username: &str) -> Value {
        let code = self.code(username).await;
        let response = self.redeem(&code, VERIFIER).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    pub async fn refresh(&self, token: &Value) -> Response {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str().unwrap()),
            ("client_id", "tern-desktop"),
        ];
        self.post_form("/auth/token", &fields).await
    }

    /// The agent's access token.
    pub async fn agent(&self) -> String {
        let backend = &self.practice.announcement().backend;
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", backend.client_id),
            ("client_secret", backend.client_secret.expose()),
        ];
        let granted: Value = self.post_form("/auth/token", &fields).await.json().await.unwrap();
        granted["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn ask(&self, method: Method, url: &str, token: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.http.request(method.clone(), url).bearer_auth(token);
        if let Some(body) = body {
            let kind = match method {
                Method::PATCH => "application/json-patch+json",
                _ => "application/fhir+json",
            };
            request = request.header("content-type", kind).body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, &format!("{}{path}", self.base), token, None).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, &format!("{}{path}", self.base), token, Some(body)).await
    }

    /// Somebody writes now.
    pub async fn arrive(&self, token: &str, body: Value) -> Value {
        let url = format!("{}/practice/arrive", self.issuer);
        let (status, mut made) = self.ask(Method::POST, &url, token, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made["arrived"][0].take()
    }

    /// A member's reply to what arrived.
    pub async fn reply(&self, token: &str, arrived: &Value) -> String {
        let reply = json!({
            "resourceType": "Communication",
            "status": "completed",
            "partOf": [{"reference": arrived["thread"]}],
            "subject": {"reference": arrived["patient"]},
            "sender": {"reference": self.practice.announcement().accounts[0].practitioner_role},
            "recipient": [{"reference": arrived["patient"]}],
            "sent": "2026-01-05T09:00:00Z",
            "payload": [{"contentString": "Please come in tomorrow."}]
        });
        let (status, made) = self.post("/Communication", token, reply).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }
}

pub fn request_of(html: &str) -> String {
    let marked = html.split("name=\"request\" value=\"").nth(1);
    marked.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

pub fn location(response: &Response) -> Url {
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

pub fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}
