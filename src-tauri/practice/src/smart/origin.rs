//! The origin that a client knows us by, where it comes through a proxy.
//!
//! A proxy before us can put its own address wherever we name ours, but not into what is signed: an id token's
//! `iss` and `fhirUser` must name what the client asked, and a client's assertion names the token endpoint that
//! the client sees. So the proxy says how it is reached, by `X-Forwarded-Proto` and `X-Forwarded-Host`.
//!
//! It is believed only from this machine. From elsewhere anybody could claim to be a proxy, and then an
//! assertion that the agent signed for *their* token endpoint would open ours.

use super::AuthorizationServer;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use std::{convert::Infallible, net::SocketAddr, sync::Arc};
use url::Url;

/// `https://host:port` as the client knows us, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin(String);

impl Origin {
    /// Our own.
    pub(super) fn own(origin: &str) -> Self {
        Self(origin.to_owned())
    }

    /// What a proxy at `peer` says, if it may say it and it is an origin.
    fn forwarded(peer: SocketAddr, headers: &HeaderMap) -> Option<Self> {
        if !peer.ip().to_canonical().is_loopback() {
            return None;
        }
        let said = |name| headers.get(name)?.to_str().ok().filter(|value| !value.is_empty());
        let url = Url::parse(&format!("{}://{}", said("x-forwarded-proto")?, said("x-forwarded-host")?)).ok()?;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        is_origin.then(|| Self(url.origin().ascii_serialization()))
    }

    /// The issuer of tokens (RFC 8414).
    pub(super) fn issuer(&self) -> &str {
        &self.0
    }

    /// The URL at `path`, which begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<Arc<AuthorizationServer>> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<AuthorizationServer>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let forwarded = peer.and_then(|ConnectInfo(peer)| Self::forwarded(*peer, &parts.headers));
        Ok(forwarded.unwrap_or_else(|| Self::own(&server.origin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn forwarded(peer: &str, proto: &'static str, host: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter(
            [("x-forwarded-proto", proto), ("x-forwarded-host", host)]
                .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))),
        );
        Origin::forwarded(SocketAddr::new(peer.parse().ok()?, 40_000), &headers).map(|origin| origin.0)
    }

    #[test]
    fn a_proxy_on_this_machine_is_believed_and_one_elsewhere_is_not() {
        let believed = Some("https://practice.test:8443".to_owned());
        for near in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(forwarded(near, "https", "practice.test:8443"), believed, "{near}");
        }
        for far in ["192.0.2.7", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.7"] {
            assert_eq!(forwarded(far, "https", "practice.test:8443"), None, "{far}");
        }
    }

    #[test]
    fn only_an_origin_is_one() {
        for (proto, host) in [
            ("", "practice.test"),
            ("https", ""),
            ("javascript", "practice.test"),
            ("https", "practice.test/path"),
            ("https", "practice.test?query"),
            ("https", "somebody@practice.test"),
            ("https", "a b"),
        ] {
            assert_eq!(forwarded("127.0.0.1", proto, host), None, "{proto} {host}");
        }
    }
}
