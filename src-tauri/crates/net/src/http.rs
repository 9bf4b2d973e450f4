//! The HTTPS client: whom it trusts, how long it waits, how much it takes.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode, header, redirect, tls};
use tern_fhir::outcome::{self, Said};
use tern_sync::server::{NotPaged, Page, Unanswered};
use url::Url;

use crate::{base::FhirBase, unanswered};

/// From the first packet to the end of the handshake.
const CONNECT: Duration = Duration::from_secs(10);

/// A whole exchange, where the request says nothing else: a page of a thousand over a slow line.
pub(crate) const EXCHANGE: Duration = Duration::from_secs(60);

/// An answer of the sign-in: configuration, keys, tokens.
const SIGN_IN: Duration = Duration::from_secs(20);

/// A page to the practice's webhook: shorter than the lease under which it is posted.
const PAGE: Duration = Duration::from_secs(20);

/// The largest body of an answer, in bytes: a page of a thousand messages of 64 kB.
pub(crate) const LARGEST: usize = 64 * 1024 * 1024;

/// The largest body while signing in, in bytes: a CapabilityStatement can be long.
const LARGEST_SIGNING_IN: usize = 8 * 1024 * 1024;

/// How to reach one practice.
///
/// Trusts what the platform trusts, and the practice's own certificate authority beside it. Speaks TLS 1.2 or
/// newer. Follows no redirect by itself. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    /// The push channel's: a websocket begins as HTTP/1.1.
    sockets: Client,
}

/// Why there is no client to be had.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The CA file cannot be read.
    #[error("the file of the certificate authority cannot be read")]
    CaUnreadable(#[source] std::io::Error),
    /// The CA file holds no certificate in PEM.
    #[error("the file of the certificate authority holds no certificate")]
    CaMalformed,
    /// This machine has no certificates of its own, and no CA file was given.
    #[error("this machine trusts no certificate authority")]
    NoTrust,
}

impl Http {
    /// A client for the practice at `base`, which also trusts the CA in the PEM file `ca`.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn new(base: &FhirBase, ca: Option<&Path>) -> Result<Self, HttpError> {
        // Somebody else's ring is as good; only two different providers would matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = match ca {
            Some(file) => {
                let pem = std::fs::read(file).map_err(HttpError::CaUnreadable)?;
                let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| HttpError::CaMalformed)?;
                if certificates.is_empty() {
                    return Err(HttpError::CaMalformed);
                }
                certificates
            }
            None => Vec::new(),
        };
        let build = |finish: fn(ClientBuilder) -> ClientBuilder| {
            let common = || {
                let builder = Client::builder()
                    .user_agent(concat!("Tern/", env!("CARGO_PKG_VERSION")))
                    .tls_version_min(tls::Version::TLS_1_2)
                    .connect_timeout(CONNECT)
                    .redirect(redirect::Policy::none());
                // A practice's proxy is for what lies beyond this machine.
                finish(if base.is_loopback() { builder.no_proxy() } else { builder })
            };
            let merged = common().tls_certs_merge(ca.iter().cloned()).build();
            match merged {
                Ok(client) => Ok(client),
                // A bare machine without a trust store: the practice's CA is all there is to trust.
                Err(_) if !ca.is_empty() => {
                    common().tls_certs_only(ca.iter().cloned()).build().map_err(|_| HttpError::CaMalformed)
                }
                Err(_) => Err(HttpError::NoTrust),
            }
        };
        Ok(Self { client: build(|builder| builder)?, sockets: build(ClientBuilder::http1_only)? })
    }

    /// For FHIR requests.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// For websockets.
    pub(crate) fn sockets(&self) -> &Client {
        &self.sockets
    }

    /// Fetches JSON that needs no token: a configuration, keys, a CapabilityStatement. Redirects are followed,
    /// at most five, to https or loopback.
    ///
    /// # Errors
    /// [`Unanswered`]; [`Unanswered::Offline`] where the server can't just now and says so (5xx, 429).
    pub(crate) async fn json(&self, url: &Url) -> Result<Document, Unanswered> {
        let mut url = url.clone();
        for _ in 0..=5 {
            let request =
                self.client.get(url.clone()).header(header::ACCEPT, "application/json, application/fhir+json");
            let response = request.timeout(SIGN_IN).send().await.map_err(|error| unanswered::sort(&error))?;
            if response.status().is_redirection() {
                match location(&response, &url).filter(crate::base::is_secure) {
                    Some(next) => url = next,
                    None => return Ok(Document::Other),
                }
                continue;
            }
            if not_now(response.status()) {
                tracing::info!(status = response.status().as_u16(), "not now, says the server");
                return Err(Unanswered::Offline);
            }
            if !response.status().is_success() {
                return Ok(Document::Absent);
            }
            let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let kind = kind.map(str::to_owned);
            let body = body(response, LARGEST_SIGNING_IN).await?;
            return Ok(Document::of(&body, kind.as_deref()));
        }
        Ok(Document::Other)
    }

    /// Carries a request of the sign-in, as the `oauth2` crate makes them. Follows no redirect: it carries a
    /// code, a token or a key's signature.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub(crate) async fn oauth(
        &self,
        request: oauth2::HttpRequest,
    ) -> Result<(oauth2::HttpResponse, Option<DateTime<Utc>>), Unanswered> {
        // Made by the oauth2 crate from URLs that we checked: what can't be taken over can't be sent.
        let mut request = reqwest::Request::try_from(request).map_err(|_| Unanswered::Offline)?;
        *request.timeout_mut() = Some(SIGN_IN);
        let response = self.client.execute(request).await.map_err(|error| unanswered::sort(&error))?;
        let date = date(&response, header::DATE);
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            *headers = response.headers().clone();
        }
        let body = body(response, LARGEST_SIGNING_IN).await?;
        let answer = answer.body(body).map_err(|_| Unanswered::Lost)?;
        Ok((answer, date))
    }
}

impl Http {
    /// Posts a page to the practice's webhook: https, or http on this machine. It carries no token of the practice's
    /// server, and a redirect is not followed, for it may lead anywhere.
    ///
    /// # Errors
    /// [`NotPaged`].
    pub(crate) async fn page(&self, page: Page) -> Result<(), NotPaged> {
        let url = Url::parse(&page.address).ok().filter(crate::base::is_secure).ok_or(NotPaged::NoAddress)?;
        let post = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", page.key)
            .body(page.body)
            .timeout(PAGE);
        let response = post.send().await.map_err(|error| {
            tracing::info!(unanswered = %unanswered::sort(&error), "a page was not taken");
            NotPaged::Unanswered
        })?;
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(NotPaged::Refused(status.as_u16())) }
    }
}

/// What stands at an address that should hold JSON.
#[derive(Debug, PartialEq)]
pub(crate) enum Document {
    /// JSON.
    Json(serde_json::Value),
    /// Nothing, and the server says so: 404, 410 and what else refuses for good. Servers with a lock before
    /// everything answer 401 or 403 to paths that they don't have.
    Absent,
    /// A web page. A proxy or a portal in between looks like this, and so does an address that is a web site's.
    Page,
    /// Something else: half of it, a redirect to nowhere. It says nothing of the server.
    Other,
}

impl Document {
    fn of(body: &[u8], content_type: Option<&str>) -> Self {
        match serde_json::from_slice(body) {
            Ok(json) => Self::Json(json),
            Err(_) if matches!(outcome::said(body, content_type), Said::Html) => Self::Page,
            Err(_) => Self::Other,
        }
    }

    /// The JSON, if it is that.
    pub(crate) fn json(self) -> Option<serde_json::Value> {
        match self {
            Self::Json(json) => Some(json),
            Self::Absent | Self::Page | Self::Other => None,
        }
    }
}

/// Whether a status speaks of the moment or of what lies in between, and not of what was asked for.
fn not_now(status: StatusCode) -> bool {
    let passing = [
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    passing.contains(&status) || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

/// Where a redirect points to.
pub(crate) fn location(response: &Response, from: &Url) -> Option<Url> {
    from.join(response.headers().get(header::LOCATION)?.to_str().ok()?).ok()
}

/// A header that holds an HTTP date.
pub(crate) fn date(response: &Response, name: header::HeaderName) -> Option<DateTime<Utc>> {
    let text = response.headers().get(name)?.to_str().ok()?;
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

/// The whole body; [`Unanswered::Lost`] where it breaks off or is larger than `most` bytes.
pub(crate) async fn body(response: Response, most: usize) -> Result<Vec<u8>, Unanswered> {
    if response.content_length().is_some_and(|length| length > most as u64) {
        tracing::warn!(most, "an answer is too large");
        return Err(Unanswered::Lost);
    }
    let mut whole = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unanswered::sort(&error))?;
        // gzip hides the true length from the header.
        if whole.len() + piece.len() > most {
            tracing::warn!(most, "an answer is too large");
            return Err(Unanswered::Lost);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}
