//! The authorization endpoint: check the request, ask who it is, send a code back.
//!
//! What a request must say stands in `request.rs`; one that says otherwise gets a page, or goes back to the client
//! as a redirect with `error`.
//!
//! What the client asked stays here, under a random number; the page carries only that number. It
//! is used once, lives ten minutes, and ends at the fifth wrong password.

use super::{
    AuthorizationServer, SignInPage,
    codes::Grant,
    lock,
    page::{self, Language, Notice},
    request::{Ask, Fault, Request},
};
use crate::secrets::{Secret, digest};
use axum::{
    Form,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use url::Url;

/// Minutes that a page may stand unanswered.
const PAGE_MINUTES: i64 = 10;
/// Wrong passwords on one page.
const MOST_TRIES: u8 = 5;
/// Pages that may stand open at once; more means that somebody is knocking, not signing in.
const MOST_PENDING: usize = 1_000;

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

/// `GET /auth/authorize`.
pub(super) async fn ask(
    State(server): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    ask: Result<Query<Ask>, QueryRejection>,
) -> Response {
    let Ok(Query(ask)) = ask else {
        // No query, or one that says a thing twice.
        return page::refused(language(&headers, None), "query");
    };
    let language = language(&headers, ask.ui_locales.as_deref());
    let request = match ask.check(&server.base_url()) {
        Ok(request) => request,
        Err(Fault::Page(reason)) => return page::refused(language, reason),
        Err(Fault::Redirect(to, state, error, words)) => {
            let mut pairs = vec![("error", error), ("error_description", words)];
            pairs.extend(state.as_deref().map(|state| ("state", state)));
            return back(*to, &server.origin, &pairs);
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
        redirect_uri: request.redirect_as_asked,
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
