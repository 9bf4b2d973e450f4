//! Signing in: SMART App Launch 2.2, standalone, as a public client; and as a backend service.
//!
//! ```text
//!  sign_in                the browser           authorization server          FHIR server
//!     │ .well-known/smart-configuration ──────────────────────────────────────────▶│
//!     │ listens on 127.0.0.1:port                        │                          │
//!     │ open(authorize URL) ──▶│ state, PKCE S256, aud ─▶│                          │
//!     │◀── /callback?code&state┤◀── redirect ────────────│                          │
//!     │ code + verifier ────────────────────────────────▶│                          │
//!     │◀── access, refresh, id token ────────────────────│                          │
//!     │ id token: signature, iss, aud, exp ─▶ fhirUser   │                          │
//! ```
//! The flow's messages are the `oauth2` crate's, signatures `jsonwebtoken`'s over ring; what is ours is which
//! checks are made and what each failure means for the person.
//!
//! **Standards**: SMART App Launch 2.2.0; RFC 6749 and 6750 (OAuth 2.0), 7636 (PKCE), 8252 (native apps: system
//! browser, loopback address), 7009 (revocation), 9207 (`iss` in the answer), 7523 (signed client assertions);
//! OpenID Connect Core 1.0, 3.1.3.7.
//!
//! There is no `nonce`: it binds an id token to a browser's session, and ours never passes through the browser;
//! the code that buys it is bound by PKCE already.

pub mod backend;
mod discovery;
mod id_token;
mod listener;
mod member;
mod oauth;
mod page;
mod scope;
mod sign_in;
mod signing;

pub use id_token::NotBelieved;
pub use member::{Resumption, resume, sign_out};
pub use sign_in::{Client, Language, SignInError, SignedIn, sign_in};
