//! Listening: a tower service around the proxy, and a server of our own for it, with or without TLS.
//!
//! A fault that closes the connection is the service's *error*: the HTTP server has nothing to send then, and
//! closes (or, under HTTP/2, resets the stream). An axum handler could only break off a body it had begun.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::HOST;
use axum::http::{HeaderValue, Request as HttpRequest, Response as HttpResponse};
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rand::TryRng;
use rand::rngs::SysRng;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::Service;
use url::Url;

use crate::control::{self, CONTROL_PATH};
use crate::exchange::{Answer, Interaction, Request};
use crate::faults::{self, Call, HalfBody};
use crate::links::Origins;
use crate::payload::Payload;
use crate::proxy::{Handle, Unruly};
use crate::query::Query;
use crate::quirk::Quirk;
use crate::tunnel;
use crate::upstream::outgoing;

/// The largest request that is read: far over any limit a quirk sets.
const LARGEST: usize = 256 * 1024 * 1024;

/// A certificate chain and its key, for the side that clients see.
#[derive(Clone, Debug)]
pub struct Tls(Arc<ServerConfig>);

/// Why a proxy can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("the address can't be listened on")]
    Listen(#[from] io::Error),
    /// The certificate or key can't be read.
    #[error("the certificate or its key can't be read")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// The certificate and key can't be used.
    #[error("the certificate and its key can't be used")]
    Tls(#[from] rustls::Error),
    /// The machine has no randomness to make a secret of.
    #[error("the system gives no random numbers")]
    Random,
    /// The name that clients know the proxy by can't stand in an address.
    #[error("`{0}` can't stand in an address")]
    Name(String),
}

impl Tls {
    /// Reads a certificate chain and a key from PEM.
    ///
    /// # Errors
    /// When they can't be read, or don't belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, ServeError> {
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(key)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Reads them from PEM files.
    ///
    /// # Errors
    /// As [`Tls::from_pem`].
    pub fn from_pem_files(certificates: &Path, key: &Path) -> Result<Self, ServeError> {
        Self::from_pem(&std::fs::read(certificates)?, &std::fs::read(key)?)
    }

    /// Takes a configuration as it is, ALPN included.
    #[must_use]
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        Self(config)
    }
}

/// Where to listen, and as what.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// The host name in the proxy's own address, where it isn't the address listened on (`localhost`).
    pub host: Option<String>,
    /// HTTPS with this; none means HTTP.
    pub tls: Option<Tls>,
}

impl Listen {
    /// HTTP on a free port of 127.0.0.1.
    #[must_use]
    pub fn on_loopback() -> Self {
        Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), host: None, tls: None }
    }

    /// HTTPS on a free port of 127.0.0.1.
    #[must_use]
    pub fn on_loopback_with(tls: Tls) -> Self {
        Self { tls: Some(tls), ..Self::on_loopback() }
    }
}

/// A proxy that listens; dropping it leaves it listening, [`Serving::shutdown`] ends it.
pub struct Serving {
    handle: Handle,
    server: axum_server::Handle<SocketAddr>,
    origin: String,
    base_path: String,
    secret: String,
}

impl Serving {
    /// The FHIR base that clients use.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}{}", self.origin, self.base_path)
    }

    /// The control endpoint: see [`CONTROL_PATH`].
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("{}{CONTROL_PATH}", self.origin)
    }

    /// The bearer token of the control endpoint, made at the start.
    #[must_use]
    pub fn control_secret(&self) -> &str {
        &self.secret
    }

    /// The way to change it from within this process.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops listening, and closes what is open.
    pub fn shutdown(&self) {
        self.server.graceful_shutdown(Some(Duration::ZERO));
    }
}

/// Listens, within the current tokio runtime, and answers until [`Serving::shutdown`].
///
/// # Errors
/// When the address can't be listened on.
pub fn serve(unruly: Unruly, listen: Listen) -> Result<Serving, ServeError> {
    let listener = TcpListener::bind(listen.address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let scheme = if listen.tls.is_some() { "https" } else { "http" };
    let authority = listen.host.map_or(address.to_string(), |host| format!("{host}:{}", address.port()));
    let origin = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| ServeError::Name(authority))?;
    let secret = secret()?;
    let server = axum_server::Handle::new();
    let serving = Serving {
        handle: unruly.handle(),
        server: server.clone(),
        origin: origin.origin().ascii_serialization(),
        base_path: unruly.0.upstream.base.path.clone(),
        secret: secret.clone(),
    };
    let make = tower::make::Shared::new(unruly.service(&origin, Some(secret)));
    match listen.tls {
        Some(Tls(config)) => {
            let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config)).acceptor(NoDelayAcceptor::new());
            tokio::spawn(axum_server::from_tcp(listener)?.acceptor(acceptor).handle(server).serve(make));
        }
        None => {
            tokio::spawn(axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor::new()).handle(server).serve(make));
        }
    }
    Ok(serving)
}

/// 128 random bits in hexadecimal.
fn secret() -> Result<String, ServeError> {
    let mut bits = [0; 16];
    SysRng.try_fill_bytes(&mut bits).map_err(|_| ServeError::Random)?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Unruly {
    /// A tower service for a server of one's own: `origin` is the address by which clients know it, and
    /// `control_secret` opens the control endpoint, none leaves it closed.
    ///
    /// Its error must close the connection, as hyper's does.
    #[must_use]
    pub fn service(&self, origin: &Url, control_secret: Option<String>) -> UnrulyService {
        let origins = Origins::new(&self.0.upstream.base, &self.0.upstream.names, origin);
        UnrulyService { unruly: self.clone(), origins: Arc::new(origins), secret: control_secret.map(Arc::from) }
    }
}

/// The connection is to be closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed by a fault")]
pub struct ConnectionClosed;

/// The proxy as a tower service.
#[derive(Clone)]
pub struct UnrulyService {
    unruly: Unruly,
    origins: Arc<Origins>,
    secret: Option<Arc<str>>,
}

impl<B> Service<HttpRequest<B>> for UnrulyService
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = HttpResponse<Body>;
    type Error = ConnectionClosed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectionClosed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        Box::pin(self.clone().answer(request.map(Body::new)))
    }
}

impl UnrulyService {
    async fn answer(self, http: HttpRequest<Body>) -> Result<HttpResponse<Body>, ConnectionClosed> {
        let inner = &self.unruly.0;
        if let Some(secret) = self.secret.as_deref().filter(|_| http.uri().path() == CONTROL_PATH) {
            return Ok(outgoing(control::answer(&self.unruly.handle(), secret, http).await));
        }
        let offline = || if *inner.offline.borrow() { Err(ConnectionClosed) } else { Ok(()) };
        offline()?;
        let in_force = inner.in_force();
        let (method, path) = (http.method().clone(), http.uri().path().to_owned());
        let relative = inner.upstream.base.relative(&path);
        let fhir = Interaction::of(&method, relative).is_fhir();
        let strike = |quirk| {
            let struck = in_force.faults.strike(quirk, Call { method: &method, path: &path, relative, fhir })?;
            inner.tally.note(quirk);
            tracing::debug!(%quirk, %method, "a fault strikes");
            Some(struck)
        };
        if let Some(struck) = strike(Quirk::Delay) {
            tokio::time::sleep(Duration::from_millis(struck.0.unwrap_or_default())).await;
        }
        if tunnel::wants(http.headers()) {
            return Ok(tunnel::open(self.unruly.clone(), in_force.clone(), http).await);
        }
        let Some(request) = self.read(http).await else {
            return Ok(outgoing(Answer::refusal(413, "too-long", "The body is too large")));
        };
        if strike(Quirk::DropBefore).is_some() {
            return Err(ConnectionClosed);
        }
        for quirk in [Quirk::Status429, Quirk::Status500, Quirk::Status503, Quirk::Html200] {
            if let Some(struck) = strike(quirk) {
                return Ok(outgoing(inner.struck(&in_force.quirks, faults::answer(quirk, struck))));
            }
        }
        let mut answer = inner.exchange(&in_force.quirks, &self.origins, request).await;
        if strike(Quirk::DropAfter).is_some() {
            return Err(ConnectionClosed);
        }
        if let Some(struck) = strike(Quirk::Status504) {
            return Ok(outgoing(inner.struck(&in_force.quirks, faults::answer(Quirk::Status504, struck))));
        }
        // What went off the network meanwhile had its effect, and nobody hears of it.
        offline()?;
        if strike(Quirk::HalfBody).is_some() {
            let bytes = answer.body.bytes();
            return Ok(outgoing(answer).map(|_| Body::new(HalfBody::of(&bytes))));
        }
        Ok(outgoing(answer))
    }

    async fn read(&self, http: HttpRequest<Body>) -> Option<Request> {
        let (parts, body) = http.into_parts();
        let bytes = to_bytes(body, LARGEST).await.ok()?;
        let mut headers = parts.headers;
        headers.remove(HOST);
        if let Some((scheme, authority)) = self.origins.own.origin.split_once("://") {
            for (name, value) in [("x-forwarded-proto", scheme), ("x-forwarded-host", authority)] {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            }
        }
        Some(Request {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: Query::parse(parts.uri.query().unwrap_or_default()),
            headers,
            body: Payload::new(bytes),
        })
    }
}
