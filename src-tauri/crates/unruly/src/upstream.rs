//! The way to the server behind the proxy.
//!
//! HTTP/1.1 only: it carries websockets by `Upgrade`, and every FHIR server speaks it. Compression is not asked
//! for, as a quirk must read what it changes; redirects are handed on, not followed.

use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use axum::http::{HeaderMap, HeaderName, Request as HttpRequest, Response as HttpResponse};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use crate::exchange::{Answer, Request};
use crate::links::Base;
use crate::payload::Payload;
use crate::query;

/// A FHIR server to stand before.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub(crate) base: Base,
    /// Origins that it names itself by, though it isn't reached there.
    pub(crate) names: Vec<Base>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why an upstream can't be stood before.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// Not an `http` or `https` address with a host.
    #[error("the upstream's address is not http or https with a host")]
    Address,
    /// The CA file can't be read.
    #[error("the upstream's CA can't be read")]
    Ca(#[source] rustls::pki_types::pem::Error),
    /// A certificate in the CA file can't be used.
    #[error("the upstream's TLS can't be set up")]
    Tls(#[from] rustls::Error),
}

/// The upstream didn't answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("the upstream's address became unreadable")]
    Address(#[from] axum::http::Error),
    #[error("the upstream can't be reached")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("the upstream broke off its answer")]
    BrokenOff(#[from] hyper::Error),
}

impl Upstream {
    /// Stands before the FHIR base `base`, trusting the platform's certificates and those of `ca` (PEM).
    ///
    /// # Errors
    /// When the address isn't HTTP, or the CA can't be read.
    pub fn new(base: &Url, ca: Option<&[u8]>) -> Result<Self, UpstreamError> {
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(UpstreamError::Address);
        }
        let mut roots = rustls::RootCertStore::empty();
        if base.scheme() == "https" {
            // A platform without a store, or with odd entries, is no reason to refuse a server that has its own CA.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for certificate in CertificateDer::pem_slice_iter(ca.unwrap_or_default()) {
            roots.add(certificate.map_err(UpstreamError::Ca)?)?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        Ok(Self {
            base: Base::of(base),
            names: Vec::new(),
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// As [`Upstream::new`], with the CA in a PEM file.
    ///
    /// # Errors
    /// As [`Upstream::new`].
    pub fn with_ca_file(base: &Url, ca: Option<&Path>) -> Result<Self, UpstreamError> {
        let pem = match ca {
            None => None,
            Some(file) => {
                Some(std::fs::read(file).map_err(|error| UpstreamError::Ca(rustls::pki_types::pem::Error::Io(error)))?)
            }
        };
        Self::new(base, pem.as_deref())
    }

    /// Tells an address that the server calls itself by, though it isn't reached there: some have their public
    /// address in their configuration and write it into every link.
    #[must_use]
    pub fn named(mut self, address: &Url) -> Self {
        self.names.push(Base::of(address));
        self
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Unanswered> {
        let head = request.method == axum::http::Method::HEAD;
        let (parts, body) = self.open(request, false).await?.into_parts();
        let mut headers = parts.headers;
        let bytes = body.collect().await?.to_bytes();
        strip_hop_by_hop(&mut headers);
        if !head {
            headers.remove(CONTENT_LENGTH);
        }
        Ok(Answer { status: parts.status, headers, body: Payload::new(bytes) })
    }

    /// Sends a request and hands back the answer as it begins: for an upgrade, and for endless bodies.
    pub(crate) async fn open(&self, mut request: Request, upgrade: bool) -> Result<HttpResponse<Incoming>, Unanswered> {
        let uri = format!("{}{}", self.base.origin, query::join(&request.path, &request.query));
        let bytes = request.body.bytes();
        let mut headers = request.headers;
        if !upgrade {
            strip_hop_by_hop(&mut headers);
        }
        for name in [HOST, ACCEPT_ENCODING, CONTENT_LENGTH] {
            headers.remove(name);
        }
        let mut outgoing = HttpRequest::builder().method(request.method).uri(uri).body(Full::new(bytes))?;
        *outgoing.headers_mut() = headers;
        Ok(self.client.request(outgoing).await?)
    }
}

/// Removes the headers that belong to one connection (RFC 9110, 7.6.1).
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain([CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]) {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// An answer as it goes out to the client.
pub(crate) fn outgoing(mut answer: Answer) -> HttpResponse<Body> {
    let bytes = answer.body.bytes();
    let mut response = HttpResponse::new(Body::from(bytes));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
