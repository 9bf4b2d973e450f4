//! Where clients come in: straight to the practice, or through the unruly proxy before it.
//!
//! ```text
//!   client ──► practice             origin: the practice's
//!   client ──► unruly ──► practice  origin: the proxy's; the practice listens on a port of its own
//! ```
//!
//! The practice knows nothing of the proxy: it names itself by its own address, and the proxy puts its own
//! there, in links and in discovery, as it does before any server. The one thing that a proxy cannot look into
//! is what is signed; `smart::origin` says how an id token comes to name the proxy all the same.
//!
//! Both show the same certificate, so the proxy is trusted by the same `ca.pem`.

use crate::{Error, announcement::AnnouncedUnruly, secrets::Secret, tls::Identity};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use tern_unruly::{Listen, Quirks, ServeError, Serving, Tls, Unruly, Upstream};

/// What listens, before anything answers.
pub(crate) struct Front {
    /// What the practice itself is to answer on.
    pub listener: TcpListener,
    /// `https://host:port` of the practice itself.
    pub origin: String,
    /// The proxy, where there is one.
    pub proxy: Option<Proxy>,
}

impl Front {
    /// Listens on `bind`: the practice itself, or the proxy with these quirks (an empty list is a clean
    /// pass-through) and the practice on a free loopback port behind it. `seed` fixes the random faults. To be
    /// called within a tokio runtime.
    ///
    /// # Errors
    /// When `bind` cannot be listened on, or the proxy cannot be set up.
    pub(crate) fn open(
        bind: SocketAddr,
        identity: &Identity,
        quirks: Option<Quirks>,
        seed: u64,
    ) -> Result<Self, Error> {
        let Some(quirks) = quirks else {
            let (listener, origin) = listen(bind)?;
            return Ok(Self { listener, origin, proxy: None });
        };
        let (listener, origin) = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let base = format!("{origin}/fhir").parse().map_err(|_| ServeError::Name(origin.clone()))?;
        let upstream = Upstream::with_ca_file(&base, Some(&identity.ca_file))?;
        let listen = Listen {
            address: bind,
            host: bind.ip().is_unspecified().then(|| Ipv4Addr::LOCALHOST.to_string()),
            tls: Some(Tls::from_config(identity.config.clone())),
        };
        let serving = tern_unruly::serve(Unruly::new(upstream, quirks, seed), listen).map_err(|error| match error {
            ServeError::Listen(source) => Error::Listen { address: bind, source },
            other => Error::Unruly(other),
        })?;
        Ok(Self { listener, origin, proxy: Some(Proxy(serving)) })
    }
}

/// The unruly proxy before the practice; it listens until this is dropped.
pub(crate) struct Proxy(Serving);

impl Proxy {
    /// `https://host:port` as clients know it.
    pub(crate) fn origin(&self) -> String {
        let base = self.0.base_url();
        base.strip_suffix("/fhir").unwrap_or(&base).to_owned()
    }

    /// How to change it.
    pub(crate) fn announced(&self) -> AnnouncedUnruly {
        AnnouncedUnruly { control_url: self.0.control_url(), control_secret: Secret::new(self.0.control_secret()) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

/// Listens on `address`; answers the origin that it is reached by.
fn listen(address: SocketAddr) -> Result<(TcpListener, String), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let mut reached = listener.local_addr().map_err(failed)?;
    if reached.ip().is_unspecified() {
        reached.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    Ok((listener, format!("https://{reached}")))
}
