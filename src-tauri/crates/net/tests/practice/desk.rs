//! The front desk: an authorization server and a FHIR base behind one router, that do as they are told.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Form, Json, Router,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jsonwebtoken::{Algorithm, EncodingKey};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384};
use serde_json::{Value, json};
use tempfile::TempDir;
use tern_net::smart::backend::KeyFile;
use tokio::sync::{Notify, Semaphore};

type Params = HashMap<String, String>;

/// What the sign-in page does with the person.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Page {
    /// Signs her in.
    #[default]
    Fine,
    /// She says no.
    Denied,
    /// Comes back twice: first with somebody else's state.
    StrangerFirst,
    /// Says that another issuer made the code.
    OtherIssuer,
    /// Never comes back.
    Silent,
}

/// What comes instead of the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instead {
    /// A refusal, with a page of HTML.
    Status(u16),
    /// A proxy's idea of an answer.
    Html,
    /// The connection breaks in the middle.
    Half,
    /// The middle is the end.
    Cut,
}

impl Instead {
    fn response(self) -> Response {
        let half = "{\"token_endpoint\": \"https://127";
        match self {
            Self::Status(status) => (StatusCode::from_u16(status).unwrap(), Html("<h1>Not now</h1>")).into_response(),
            Self::Html => Html("<h1>Please sign in to the network</h1>").into_response(),
            Self::Cut => ([(header::CONTENT_TYPE, "application/json")], half).into_response(),
            Self::Half => {
                let broken = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
                Body::from_stream(futures_util::stream::iter([Ok(half), broken])).into_response()
            }
        }
    }
}

/// What the desk knows, and how it behaves; tests reach in.
pub(crate) struct Told {
    pub(crate) configuration: Value,
    /// Everything is answered with a page and 200.
    pub(crate) pages_only: bool,
    /// What the next requests for the configuration get.
    pub(crate) instead: VecDeque<Instead>,
    /// The only scope that a program is granted; any where it is none.
    pub(crate) system_scope: Option<&'static str>,
    pub(crate) page: Page,
    /// Claims to put over those of the id token.
    pub(crate) claims: Value,
    /// The next refreshes are answered by this status and a page of HTML.
    pub(crate) token_status: Option<StatusCode>,
    /// Refresh tokens are made so many characters long.
    pub(crate) token_length: usize,
    /// Whether a refresh brings a new refresh token.
    pub(crate) rotates: bool,
    codes: HashMap<String, (String, String)>,
    pub(crate) refresh: Option<String>,
    spent: HashSet<String>,
    pub(crate) access: HashSet<String>,
    counter: usize,
    /// `METHOD path`, with a star where it carried a token.
    pub(crate) log: Vec<String>,
}

pub(crate) struct Desk {
    pub(crate) origin: String,
    told: Mutex<Told>,
    signing: EncodingKey,
    jwks: Value,
    /// Token requests wait here; open by default.
    pub(crate) gate: Semaphore,
    /// Tells when one has come to the gate.
    pub(crate) at_gate: Notify,
}

impl Desk {
    pub(crate) fn new(origin: &str, folder: &TempDir) -> Arc<Self> {
        let pem = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap().serialize_pem();
        let file = folder.path().join("issuer.pem");
        write_private(&file, &pem);
        let public = KeyFile::read(&file, Some("desk".to_owned())).unwrap();
        Arc::new(Self {
            origin: origin.to_owned(),
            told: Mutex::new(Told {
                configuration: json!({
                    "issuer": origin,
                    "authorization_endpoint": format!("{origin}/authorize"),
                    "token_endpoint": format!("{origin}/token"),
                    "revocation_endpoint": format!("{origin}/revoke"),
                    "jwks_uri": format!("{origin}/jwks"),
                    "capabilities": ["launch-standalone", "client-public", "sso-openid-connect", "permission-v2"],
                }),
                pages_only: false,
                instead: VecDeque::new(),
                system_scope: None,
                page: Page::Fine,
                claims: json!({}),
                token_status: None,
                token_length: 0,
                rotates: true,
                codes: HashMap::new(),
                refresh: None,
                spent: HashSet::new(),
                access: HashSet::new(),
                counter: 0,
                log: Vec::new(),
            }),
            signing: EncodingKey::from_ec_pem(pem.as_bytes()).unwrap(),
            jwks: serde_json::from_str(&public.public_jwks().unwrap()).unwrap(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            at_gate: Notify::new(),
        })
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// How often a line stands in the log.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.told().log.iter().filter(|logged| logged.as_str() == line).count()
    }

    /// As if she had signed in a while ago: a refresh token that holds, and no access token.
    pub(crate) fn begin_session(&self) -> String {
        let mut told = self.told();
        let token = told.next("refresh");
        told.refresh = Some(token.clone());
        token
    }

    /// All access tokens run out.
    pub(crate) fn expire_access(&self) {
        self.told().access.clear();
    }

    pub(crate) fn router(self: Arc<Self>) -> Router {
        let fhir = Router::new()
            .route("/Task/7", get(|| async { fhir(json!({"resourceType": "Task", "id": "7"})) }))
            .route("/Task", post(|| async { (StatusCode::CREATED, fhir(json!({"resourceType": "Task"}))) }))
            .route("/html", get(|| async { Html("<h1>A proxy's idea of an answer</h1>") }))
            .route("/moved", get(|| async { Redirect::temporary("/fhir/Task/7") }))
            .layer(from_fn_with_state(Arc::clone(&self), with_token));
        Router::new()
            .nest("/fhir", fhir)
            .route("/fhir/.well-known/smart-configuration", get(configuration))
            .route("/fhir/metadata", get(statement))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/jwks", get(|State(desk): State<Arc<Self>>| async move { Json(desk.jwks.clone()) }))
            .layer(from_fn_with_state(Arc::clone(&self), logged))
            .with_state(self)
    }
}

impl Told {
    fn next(&mut self, kind: &str) -> String {
        self.counter += 1;
        let token = format!("{kind}-{}", self.counter);
        if kind == "refresh" { format!("{token:-<width$}", width = self.token_length) } else { token }
    }
}

pub(crate) fn fhir(resource: Value) -> Response {
    ([(header::CONTENT_TYPE, "application/fhir+json"), (header::ETAG, "W/\"3\"")], resource.to_string()).into_response()
}

pub(crate) fn write_private(file: &std::path::Path, text: &str) {
    std::fs::write(file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

async fn logged(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let token = if request.headers().contains_key(header::AUTHORIZATION) { "*" } else { "" };
    let line = format!("{} {}{token}", request.method(), request.uri().path());
    desk.told().log.push(line);
    if desk.told().pages_only {
        return Html("<h1>Welcome to our practice</h1>").into_response();
    }
    next.run(request).await
}

async fn with_token(State(desk): State<Arc<Desk>>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !token.is_some_and(|token| desk.told().access.contains(token)) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

async fn configuration(State(desk): State<Arc<Desk>>) -> Response {
    let mut told = desk.told();
    if let Some(instead) = told.instead.pop_front() {
        return instead.response();
    }
    match told.configuration.clone() {
        Value::Null => StatusCode::NOT_FOUND.into_response(),
        configuration => Json(configuration).into_response(),
    }
}

/// As SMART 1 servers say it: the endpoints and nothing more.
async fn statement(State(desk): State<Arc<Desk>>) -> Response {
    let configuration = desk.told().configuration.clone();
    let uris = [("authorize", "authorization_endpoint"), ("token", "token_endpoint")];
    let uris = uris.map(|(url, name)| json!({"url": url, "valueUri": configuration[name]}));
    let oauth = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
    let security = json!({"extension": [{"url": oauth, "extension": uris}]});
    fhir(json!({"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "security": security}]}))
}

async fn authorize(State(desk): State<Arc<Desk>>, Query(asked): Query<Params>) -> Response {
    let wanted = [
        ("response_type", "code"),
        ("code_challenge_method", "S256"),
        ("client_id", "tern-desktop"),
        ("aud", &format!("{}/fhir", desk.origin)),
    ];
    for (name, value) in wanted {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    let redirect = &asked["redirect_uri"];
    let state = &asked["state"];
    let (code, page) = {
        let mut told = desk.told();
        let code = told.next("code");
        told.codes.insert(code.clone(), (asked["code_challenge"].clone(), redirect.clone()));
        (code, told.page)
    };
    let back = |query: &str| Redirect::to(&format!("{redirect}?{query}")).into_response();
    match page {
        Page::Fine => back(&format!("code={code}&state={state}&iss={}", desk.origin)),
        Page::Denied => back(&format!("error=access_denied&error_description=canary&state={state}")),
        Page::OtherIssuer => back(&format!("code={code}&state={state}&iss=https://other.example")),
        Page::Silent => Html("still thinking").into_response(),
        Page::StrangerFirst => {
            let stranger = reqwest::get(format!("{redirect}?code=evil&state=theirs")).await.unwrap();
            assert_eq!(stranger.status(), 400);
            assert!(stranger.text().await.unwrap().contains("another sign-in"));
            back(&format!("code={code}&state={state}"))
        }
    }
}

async fn token(State(desk): State<Arc<Desk>>, headers: HeaderMap, Form(asked): Form<Params>) -> Response {
    desk.at_gate.notify_one();
    let _through = desk.gate.acquire().await.unwrap();
    let mut told = desk.told();
    if let Some(status) = told.token_status {
        return (status, Html("<h1>Not now</h1>")).into_response();
    }
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let mut granted = json!({"token_type": "bearer", "expires_in": 600});
    match asked.get("grant_type").map(String::as_str) {
        Some("authorization_code") => {
            let Some((challenge, redirect)) = asked.get("code").and_then(|code| told.codes.remove(code)) else {
                return refused("invalid_grant");
            };
            let verifier = PkceCodeVerifier::new(asked["code_verifier"].clone());
            let proven = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
            if proven.as_str() != challenge || asked["redirect_uri"] != redirect {
                return refused("invalid_grant");
            }
            let claims = told.claims.clone();
            granted["id_token"] = json!(desk.id_token(&claims));
        }
        Some("refresh_token") => {
            let shown = asked["refresh_token"].clone();
            if told.spent.contains(&shown) {
                // Reuse: the whole session ends.
                told.refresh = None;
                return refused("invalid_grant");
            }
            if told.refresh.as_ref() != Some(&shown) {
                return refused("invalid_grant");
            }
            if told.rotates {
                told.spent.insert(shown);
            }
        }
        Some("client_credentials") => {
            let basic = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap());
            // tern-agent:s3cret
            let proven = basic == Some("Basic dGVybi1hZ2VudDpzM2NyZXQ=") || asked.contains_key("client_assertion");
            if !proven {
                return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))).into_response();
            }
            if told.system_scope.is_some_and(|scope| asked.get("scope").map(String::as_str) != Some(scope)) {
                return refused("invalid_scope");
            }
        }
        _ => return refused("unsupported_grant_type"),
    }
    let access = told.next("access");
    told.access.insert(access.clone());
    granted["access_token"] = json!(access);
    if asked["grant_type"] != "client_credentials" && (told.rotates || told.refresh.is_none()) {
        let refresh = told.next("refresh");
        told.refresh = Some(refresh.clone());
        granted["refresh_token"] = json!(refresh);
    }
    Json(granted).into_response()
}

async fn revoke(State(desk): State<Arc<Desk>>, Form(asked): Form<Params>) -> StatusCode {
    assert_eq!(asked["client_id"], "tern-desktop");
    let mut told = desk.told();
    if told.refresh == asked.get("token").cloned() {
        told.refresh = None;
    }
    StatusCode::OK
}

impl Desk {
    fn id_token(&self, over: &Value) -> String {
        let mut claims = json!({
            "iss": self.origin,
            "sub": "osei",
            "aud": "tern-desktop",
            "exp": 4_000_000_000_u64,
            "fhirUser": format!("{}/fhir/Practitioner/osei", self.origin),
        });
        for (name, value) in over.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut header = jsonwebtoken::Header::new(Algorithm::ES384);
        header.kid = Some("desk".to_owned());
        jsonwebtoken::encode(&header, &claims, &self.signing).unwrap()
    }
}
