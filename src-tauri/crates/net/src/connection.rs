//! A practice server, signed in to: the engine's port over HTTPS.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use reqwest::{StatusCode, header};
use tern_fhir::exchange::{FHIR_JSON, Method, Request, Response};
use tern_sync::server::{Answering, NotPaged, Nudge, Page, Server, Unanswered};
use tokio::time::Instant;

use crate::{
    base::FhirBase,
    http::{self, Http},
    nudge::PushChannel,
    session::{Access, Fixed, Session, Tokens},
    token::Token,
    unanswered,
};

/// Redirects that a read may be led along.
const REDIRECTS: usize = 5;

/// One practice server, with the session of one member or of the agent.
///
/// Made by [`crate::smart::sign_in`], [`crate::smart::resume`] or [`crate::smart::backend`], or from a fixed
/// token. Cheap to clone; clones share connections, token and push channel.
#[derive(Clone)]
pub struct Connection {
    wire: Wire,
    push: Arc<PushChannel>,
}

/// What sends: a base, a client, a session.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) base: FhirBase,
    pub(crate) http: Http,
    pub(crate) session: Session,
}

impl Connection {
    pub(crate) fn new(base: FhirBase, http: Http, tokens: Arc<dyn Tokens>, access: Option<Access>) -> Self {
        let wire = Wire { base, http, session: Session::new(tokens, access) };
        Self { push: Arc::new(PushChannel::new(wire.clone())), wire }
    }

    /// With a token that somebody else obtained (`--token-file`). It cannot be renewed: when the server refuses
    /// it, the session has ended.
    pub fn with_token(base: FhirBase, http: Http, token: Token) -> Self {
        Self::new(base, http, Arc::new(Fixed), Some(Access::new(token, None)))
    }

    /// Ends the push channel and takes its subscriptions back from the server, where it lets us. For who leaves
    /// nothing behind; otherwise they run out by themselves.
    pub async fn close(&self) {
        self.push.close().await;
    }

    /// The FHIR base it is connected to.
    pub fn base(&self) -> &FhirBase {
        &self.wire.base
    }
}

impl Server for Connection {
    fn send(&self, request: Request) -> Answering<'_, Result<Response, Unanswered>> {
        Box::pin(async move { self.wire.send(&request).await })
    }

    fn fhir_base(&self) -> &tern_fhir::links::Base {
        self.wire.base.links()
    }

    fn page(&self, page: Page) -> Answering<'_, Result<(), NotPaged>> {
        Box::pin(async move { self.wire.http.page(page).await })
    }

    fn nudged(&self) -> Answering<'_, Nudge> {
        Box::pin(self.push.nudged())
    }
}

impl Wire {
    /// Sends with the session's token; once more with a new one where the server answers 401, which means that
    /// it did nothing.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, Unanswered> {
        let token = self.session.bearer(None).await?;
        let response = self.logged(request, &token).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return read(response).await;
        }
        let token = self.session.bearer(Some(&token)).await?;
        let response = self.logged(request, &token).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            return Err(Unanswered::SignInAgain);
        }
        read(response).await
    }

    async fn logged(&self, request: &Request, token: &Token) -> Result<reqwest::Response, Unanswered> {
        let begun = Instant::now();
        let answer = self.follow(request, token).await;
        let (method, path, took) = (request.method.as_str(), &request.path, begun.elapsed());
        match &answer {
            Ok(response) => tracing::debug!(method, %path, status = response.status().as_u16(), ?took),
            Err(unanswered) => tracing::debug!(method, %path, %unanswered, ?took),
        }
        answer
    }

    /// Sends, and follows redirects: only those of a read, because a redirected write may come out as a read
    /// that looks like success; and only on this origin. Any other redirect is the answer.
    async fn follow(&self, request: &Request, token: &Token) -> Result<reqwest::Response, Unanswered> {
        let Some(mut url) = self.base.url(&request.path, &request.query) else {
            // Not one that we would build; nothing was sent.
            return Err(Unanswered::Offline);
        };
        let mut redirects = 0;
        loop {
            let response = self.once(request, url.clone(), token).await?;
            let followed = response.status().is_redirection()
                && response.status() != StatusCode::NOT_MODIFIED
                && request.method == Method::Get
                && redirects < REDIRECTS;
            match http::location(&response, &url).filter(|next| followed && self.base.is_origin_of(next)) {
                Some(next) => url = next,
                None => return Ok(response),
            }
            redirects += 1;
        }
    }

    async fn once(&self, request: &Request, url: url::Url, token: &Token) -> Result<reqwest::Response, Unanswered> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut outgoing = self
            .http
            .client()
            .request(method, url)
            .bearer_auth(token.expose())
            .header(header::ACCEPT, request.accept.unwrap_or(FHIR_JSON))
            .timeout(request.timeout.unwrap_or(http::EXCHANGE));
        if let Some(etag) = &request.if_match {
            outgoing = outgoing.header(header::IF_MATCH, etag);
        }
        if let Some(search) = &request.if_none_exist {
            outgoing = outgoing.header("If-None-Exist", search);
        }
        if let Some(etag) = request.if_none_match {
            outgoing = outgoing.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(preference) = request.prefer {
            outgoing = outgoing.header("Prefer", preference);
        }
        if let Some(body) = &request.body {
            outgoing = outgoing.header(header::CONTENT_TYPE, body.content_type).body(body.bytes.clone());
        }
        outgoing.send().await.map_err(|error| unanswered::sort(&error))
    }
}

/// Takes an answer over, whatever its status.
async fn read(response: reqwest::Response) -> Result<Response, Unanswered> {
    let text = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let date = http::date(&response, header::DATE);
    Ok(Response {
        status: response.status().as_u16(),
        etag: text(header::ETAG),
        location: text(header::LOCATION).or_else(|| text(header::CONTENT_LOCATION)),
        last_modified: http::date(&response, header::LAST_MODIFIED),
        date,
        retry_after: text(header::RETRY_AFTER)
            .and_then(|wait| retry_after(&wait, date.map_or_else(SystemTime::now, SystemTime::from))),
        content_type: text(header::CONTENT_TYPE),
        body: http::body(response, http::LARGEST).await?,
    })
}

/// `Retry-After` as a wait: seconds, or a date judged by the server's own clock (RFC 9110, 10.2.3).
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 08:00:00 GMT").unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sat, 21 Nov 2026 08:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sat, 21 Nov 2026 07:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
