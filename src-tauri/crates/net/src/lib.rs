//! HTTPS, SMART sign-in and the push channel: the only crate that speaks to a practice's server.
//!
//! A [`FhirBase`] says where the practice is, an [`Http`] how to reach it (its certificate authority, the time
//! limits), and [`smart::sign_in`] asks who you are, in the browser. What comes back becomes a [`Connection`],
//! which implements the engine's port [`tern_sync::server::Server`]: the engine hands it requests as data and
//! gets answers as data; it never sees a URL, a token or a certificate.
//!
//! ```text
//!   sign_in ──▶ SignedIn ──keep──▶ Connection ◀──resume── (account, tokens)
//!                                     │  send    Request → token → HTTPS → Response
//!                                     │  nudged  websocket → "something may have changed"
//!                                     ▼
//!                             Session: one access token, refreshed by one task at a time
//! ```
//!
//! # What always holds
//! - **A token goes to the origin it was given for and to no other.** Requests are paths below the base;
//!   redirects are followed for reads and on the same origin only; the host in a link is never used.
//! - TLS 1.2 at least, by the platform's trust store plus the practice's own CA; http only to loopback.
//! - A refresh token that the server gave is kept ([`RefreshTokens`], behind which stands the keyring) before anybody uses what came with it, and two
//!   processes never refresh at once.
//! - Logs hold method, path, status and duration; never a query, a body, a token or a host's answer in words.
//!   An [`Unanswered`](tern_sync::server::Unanswered) holds no URL.

mod base;
mod connection;
mod http;
mod lock;
mod nudge;
mod session;
pub mod smart;
pub mod token;
mod unanswered;

pub use base::{BaseError, FhirBase};
pub use connection::Connection;
pub use http::{Http, HttpError};
pub use token::{RefreshTokens, Token, Unkept};
