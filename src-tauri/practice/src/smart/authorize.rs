//! The authorization endpoint: check the request, ask who it is, send a code back.
//!
//! A request that names a stranger as client, or an address that is not loopback, gets a page and
//! no redirect: a code must never go where we cannot tell who listens (RFC 6749, 4.1.2.1). Every
//! other fault goes back to the client as a redirect with `error` and its own `state`.
//!
//! What the client asked stays here, under a random number; the page carries only that number. It
//! is used once, lives ten minutes, and ends at the fifth wrong password.

use super::{
    AuthorizationServer, SignInPage,
    clients::{ClientId, is_loopback_redirect},
    lock,
    page::{self, Language, Notice},
};
use crate::secrets::{Secret, digest};
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use url::Url;
use uuid::Uuid;

/// Minutes that a page may stand unanswered.
const PAGE_MINUTES: i64 = 10;
/// Seconds from the code to its exchange.
const CODE_SECONDS: i64 = 60;
/// Wrong passwords on one page.
const MOST_TRIES: u8 = 5;
/// Pages that may stand open at once; more means that somebody is knocking, not signing in.
const MOST_PENDING: usize = 1_000;

/// The query of an authorization request.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Ask {
    response_type: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    aud: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    nonce: Option<String>,
    ui_locales: Option<String>,
    login_hint: Option<String>,
}

/// A request that holds water.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    redirect_uri: Url,
    state: String,
    scope: String,
    code_challenge: String,
    nonce: Option<String>,
    tries: u8,
}

/// Why a request is not taken up.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// Told to the person; no redirect.
    Page(&'static str),
    /// Told to the client by redirect: RFC 6749's error code and a few words.
    Redirect(Url, Option<String>, &'static str, &'static str),
}

impl Ask {
    /// Checks a request against `base_url`, the FHIR base it must be meant for.
    fn check(&self, base_url: &str) -> Result<Request, Fault> {
        if self.client_id.as_deref() != Some(ClientId::Desktop.as_str()) {
            return Err(Fault::Page("client_id"));
        }
        let redirect_uri = self
            .redirect_uri
            .as_deref()
            .filter(|uri| is_loopback_redirect(uri))
            .and_then(|uri| Url::parse(uri).ok())
            .ok_or(Fault::Page("redirect_uri"))?;
        let fault = |error, words| Fault::Redirect(redirect_uri.clone(), self.state.clone(), error, words);
        if self.response_type.as_deref() != Some("code") {
            return Err(fault("unsupported_response_type", "response_type is code"));
        }
        let state = self
            .state
            .clone()
            .filter(|state| !state.is_empty())
            .ok_or_else(|| fault("invalid_request", "state is missing"))?;
        if self.code_challenge_method.as_deref() != Some("S256") {
            return Err(fault("invalid_request", "code_challenge_method is S256"));
        }
        let code_challenge = self
            .code_challenge
            .clone()
            // 32 bytes of SHA-256 in base64 without padding (RFC 7636, 4.2).
            .filter(|challenge| challenge.len() == 43)
            .ok_or_else(|| fault("invalid_request", "code_challenge is missing or malformed"))?;
        let aud = self.aud.as_deref().unwrap_or_default();
        if aud.trim_end_matches('/') != base_url {
            return Err(fault("invalid_request", "aud is not this FHIR server"));
        }
        let scope = ClientId::Desktop.grant(self.scope.as_deref().unwrap_or_default());
        if scope.is_empty() {
            return Err(fault("invalid_scope", "no scope that is known here"));
        }
        Ok(Request { redirect_uri, state, scope, code_challenge, nonce: self.nonce.clone(), tries: 0 })
    }
}

/// Requests whose page stands open.
#[derive(Debug, Default)]
pub(super) struct Pending(HashMap<String, (Request, DateTime<Utc>)>);

impl Pending {
    fn keep(&mut self, id: &Secret, request: Request, now: DateTime<Utc>) {
        self.0.retain(|_, (_, until)| *until > now);
        if self.0.len() >= MOST_PENDING {
            self.0.clear();
        }
        let until = now + Duration::minutes(PAGE_MINUTES);
        self.0.insert(digest(id.expose()), (request, until));
    }

    fn take(&mut self, id: &str, now: DateTime<Utc>) -> Option<Request> {
        let (request, until) = self.0.remove(&digest(id))?;
        (until > now).then_some(request)
    }
}

/// What a code stands for.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub username: String,
    pub redirect_uri: String,
    pub scope: String,
    pub code_challenge: String,
    pub nonce: Option<String>,
}

/// What became of a code.
#[derive(Debug)]
pub(super) enum Redeemed {
    /// It holds, and now no longer does.
    Good(Grant),
    /// It was used before: what it bought is to be revoked (RFC 6749, 4.1.2).
    Again(Option<Uuid>),
    /// Nobody knows it, or not any more.
    Unknown,
}

/// Codes that were sent and not yet exchanged, and, as long as they would have lived, those that
/// were.
#[derive(Debug, Default)]
pub(super) struct Codes(HashMap<String, (Option<Grant>, Option<Uuid>, DateTime<Utc>)>);

impl Codes {
    fn keep(&mut self, code: &Secret, grant: Grant, now: DateTime<Utc>) {
        self.0.retain(|_, (_, _, until)| *until > now);
        let until = now + Duration::seconds(CODE_SECONDS);
        self.0.insert(digest(code.expose()), (Some(grant), None, until));
    }

    /// Takes up a code, once.
    pub(super) fn redeem(&mut self, code: &str, now: DateTime<Utc>) -> Redeemed {
        match self.0.get_mut(&digest(code)) {
            Some((grant, family, until)) if *until > now => match grant.take() {
                Some(grant) => Redeemed::Good(grant),
                None => Redeemed::Again(*family),
            },
            _ => Redeemed::Unknown,
        }
    }

    /// Notes which sign-in a code bought.
    pub(super) fn bought(&mut self, code: &str, bought: Uuid) {
        if let Some((_, family, _)) = self.0.get_mut(&digest(code)) {
            *family = Some(bought);
        }
    }
}

/// `GET /auth/authorize`.
pub(super) async fn ask(
    State(server): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    Query(ask): Query<Ask>,
) -> Response {
    let language = language(&headers, ask.ui_locales.as_deref());
    let request = match ask.check(&server.base_url()) {
        Ok(request) => request,
        Err(Fault::Page(reason)) => return page::refused(language, reason),
        Err(Fault::Redirect(to, state, error, words)) => {
            let mut pairs = vec![("error", error), ("error_description", words)];
            pairs.extend(state.as_deref().map(|state| ("state", state)));
            return back(to, &server.origin, &pairs);
        }
    };
    let hint = ask.login_hint.as_deref().unwrap_or_default();
    show(&server, language, request, hint, Notice::None)
}

/// The fields of the page.
#[derive(Deserialize)]
pub(super) struct Answer {
    request: String,
    username: Option<String>,
    password: Option<Secret>,
    account: Option<String>,
    cancel: Option<String>,
}

/// `POST /auth/authorize`: the page comes back.
pub(super) async fn answer(
    State(server): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    Form(answer): Form<Answer>,
) -> Response {
    let language = language(&headers, None);
    let now = Utc::now();
    let Some(mut request) = lock(&server.pending).take(&answer.request, now) else {
        return page::ended(language);
    };
    if answer.cancel.is_some() {
        let state = request.state.as_str();
        let pairs = [("error", "access_denied"), ("state", state)];
        return back(request.redirect_uri.clone(), &server.origin, &pairs);
    }
    let Some(username) = server.who(&answer) else {
        request.tries += 1;
        tracing::info!(tries = request.tries, "a sign-in was refused");
        if request.tries >= MOST_TRIES {
            return page::ended(language);
        }
        let typed = answer.username.unwrap_or_default();
        return show(&server, language, request, &typed, Notice::WrongPassword);
    };
    let Ok(code) = Secret::random(32) else {
        return page::refused(language, "randomness");
    };
    let grant = Grant {
        username,
        redirect_uri: request.redirect_uri.to_string(),
        scope: request.scope,
        code_challenge: request.code_challenge,
        nonce: request.nonce,
    };
    lock(&server.codes).keep(&code, grant, now);
    let pairs = [("code", code.expose()), ("state", &request.state)];
    back(request.redirect_uri, &server.origin, &pairs)
}

impl AuthorizationServer {
    /// The user name that the page's answer proves.
    fn who(&self, answer: &Answer) -> Option<String> {
        if self.page == SignInPage::OneClick {
            let account = self.account(answer.account.as_deref()?)?;
            return Some(account.username.clone());
        }
        let account = self.account(answer.username.as_deref()?.trim());
        let offered = answer.password.as_ref().map_or("", Secret::expose);
        // A stranger costs as much time as a colleague.
        let nobody = Secret::new("");
        let password = account.map_or(&nobody, |account| &account.password);
        let is_right = password.is(offered) && !offered.is_empty();
        account.filter(|_| is_right).map(|account| account.username.clone())
    }
}

fn show(
    server: &AuthorizationServer,
    language: Language,
    request: Request,
    username: &str,
    notice: Notice,
) -> Response {
    let Ok(id) = Secret::random(32) else {
        return page::refused(language, "randomness");
    };
    lock(&server.pending).keep(&id, request, Utc::now());
    let accounts = &server.accounts;
    page::sign_in(language, server.page, id.expose(), accounts, username, notice)
}

/// A redirect to the client, with who sends it (RFC 9207).
fn back(mut to: Url, issuer: &str, pairs: &[(&str, &str)]) -> Response {
    to.query_pairs_mut().extend_pairs(pairs).append_pair("iss", issuer);
    let mut response = Redirect::to(to.as_str()).into_response();
    let no_store = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

fn language(headers: &HeaderMap, ui_locales: Option<&str>) -> Language {
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::preferred(ui_locales, accept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Ask {
        Ask {
            response_type: Some("code".into()),
            client_id: Some("tern-desktop".into()),
            redirect_uri: Some("http://127.0.0.1:5000/cb".into()),
            scope: Some("openid fhirUser user/*.rs".into()),
            state: Some("s1".into()),
            aud: Some("https://127.0.0.1:1/fhir/".into()),
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
            code_challenge_method: Some("S256".into()),
            ..Ask::default()
        }
    }

    /// One sign-in request with one thing wrong; the error code that goes back, or `page`.
    #[test]
    fn each_fault_is_told_to_whom_it_may_be_told() {
        let base = "https://127.0.0.1:1/fhir";
        assert!(good().check(base).is_ok());
        let cases: [(&str, fn(&mut Ask)); 11] = [
            ("page", |a| a.client_id = Some("stranger".into())),
            ("page", |a| a.client_id = Some("tern-agent".into())),
            ("page", |a| a.redirect_uri = Some("https://evil.example/cb".into())),
            ("page", |a| a.redirect_uri = None),
            ("unsupported_response_type", |a| a.response_type = Some("token".into())),
            ("invalid_request", |a| a.state = None),
            ("invalid_request", |a| a.code_challenge_method = Some("plain".into())),
            ("invalid_request", |a| a.code_challenge_method = None),
            ("invalid_request", |a| a.code_challenge = Some("short".into())),
            ("invalid_request", |a| a.aud = Some("https://elsewhere/fhir".into())),
            ("invalid_scope", |a| a.scope = Some("nonsense".into())),
        ];
        for (expected, spoil) in cases {
            let mut ask = good();
            spoil(&mut ask);
            let told = match ask.check(base) {
                Err(Fault::Page(_)) => "page",
                Err(Fault::Redirect(_, _, error, _)) => error,
                Ok(_) => "accepted",
            };
            assert_eq!(told, expected, "{ask:?}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let (mut codes, now) = (Codes::default(), Utc::now());
        let grant = Grant {
            username: "osei".into(),
            redirect_uri: String::new(),
            scope: String::new(),
            code_challenge: String::new(),
            nonce: None,
        };
        let (first, second) = (Secret::new("one"), Secret::new("two"));
        codes.keep(&first, grant.clone(), now);
        codes.keep(&second, grant, now);
        assert!(matches!(codes.redeem("one", now), Redeemed::Good(_)));
        let family = Uuid::new_v4();
        codes.bought("one", family);
        assert!(matches!(codes.redeem("one", now), Redeemed::Again(Some(f)) if f == family));
        let late = now + Duration::seconds(CODE_SECONDS);
        assert!(matches!(codes.redeem("two", late), Redeemed::Unknown));
        assert!(matches!(codes.redeem("three", now), Redeemed::Unknown));
    }
}
