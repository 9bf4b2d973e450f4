//! A proxy that stands before any FHIR server and makes it differ and fail, by name.
//!
//! Tern must work on servers that nobody here has: one caps pages silently, the next names versions by UUID,
//! a third answers 200 to half a transaction. The specification lists seventeen such differences; each is a
//! [`Quirk`] (or several) here, so that each is a test, alone and in company, against a server that is otherwise
//! right. Failures of the network are quirks too: a connection that closes before or after the effect, half a
//! body, a captive portal.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use tern_unruly::{Listen, Unruly, Upstream, serve};
//!
//! let upstream = Upstream::new(&"http://127.0.0.1:8080/fhir".parse()?, None)?;
//! let unruly = Unruly::new(upstream, "etag-weak,drop-after=once@POST:Communication".parse()?, 7);
//! let serving = serve(unruly, Listen::on_loopback())?;
//! serving.handle().set("clock=+36h".parse()?);
//! # Ok(()) }
//! ```
//!
//! Without quirks it is a clean pass-through in which the client sees the proxy as the server: every byte
//! passes, but that the upstream's origin is replaced by the proxy's wherever it stands. One family of quirks is
//! one file, and each is as far as it can be a function of a request or an answer and nothing else;
//! [`Unruly`]'s module tells in which order they come.
//!
//! **Why a proxy and not a switch in the sample practice?** Because the server behind it stays one that we didn't
//! write: what is proven holds for a real engine that differs in one point, not for our idea of a server.
//! **Why not mocks?** A mock answers what its author expected to be asked.
//!
//! What it can't do: sign for the client. A JWT that authenticates a backend service names the token endpoint as
//! it saw it, here the proxy's, and the upstream must accept that audience (the address is in
//! `X-Forwarded-Proto` and `X-Forwarded-Host`).

mod capabilities;
mod content;
mod control;
mod covering;
mod deletion;
mod exchange;
mod fault;
mod faults;
mod forms;
mod links;
mod paging;
mod params;
mod patch;
mod payload;
mod proxy;
mod query;
mod quirk;
mod quirks;
mod refusals;
mod scene;
mod scopes;
mod serve;
mod subscriptions;
mod time;
mod transaction;
mod tunnel;
mod upstream;
mod versions;
mod visibility;
mod writes;

pub use control::CONTROL_PATH;
pub use covering::{LARGEST, combinable, conflicting, covering_pairs};
pub use fault::{Fault, Target, Trigger};
pub use proxy::{Handle, Unruly};
pub use quirk::{Clause, Quirk, Takes, UnknownQuirk};
pub use quirks::{Quirks, QuirksError};
pub use serve::{ConnectionClosed, Listen, ServeError, Serving, Tls, UnrulyService, serve};
pub use time::{SystemTime, Time};
pub use upstream::{Upstream, UpstreamError};
