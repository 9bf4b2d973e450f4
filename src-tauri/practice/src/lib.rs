//! The sample practice: a real FHIR server on this machine, with invented people who keep writing.
//!
//! Somebody wants to look at Tern, a new colleague wants to practise an emergency, a test wants a
//! server that nobody here wrote: each starts this program and gets Lakeside Family Practice. Its
//! heart is Helios, the FHIR engine a practice can also run on PostgreSQL; what stands around it
//! here is what Helios leaves to others: TLS by an authority of its own ([`tls`]), signing in as
//! SMART App Launch describes it (`smart`), an ear for AuditEvents (`audit`), nudges over a
//! websocket (`nudge`), and people ([`people`], [`seed`], `arrivals`). With `--unruly` the proxy that makes servers
//! differ and fail stands before all of it (`front`).
//!
//! It makes no outgoing connection: it listens, and that is all it does on the network. So it can
//! never reach a real practice, and nothing of it can leave the machine.
//!
//! ```text
//!   browser ──► smart ──tokens──► engine (Helios) ◄── seed, arrivals, control
//!   desktop ──TLS─────────────────►  │  ▲
//!           ◄──websocket── nudge ◄───┘  └── audit
//! ```

mod announcement;
mod arrivals;
mod audit;
mod control;
mod conversation;
pub mod definitions;
mod engine;
mod error;
mod files;
mod front;
mod nudge;
mod outcome;
pub mod people;
mod photo;
mod practice;
pub mod secrets;
pub mod seed;
mod smart;
pub mod tls;
pub mod vocabulary;
mod words;

pub use announcement::{AnnouncedAccount, AnnouncedBackend, AnnouncedUnruly, Announcement};
pub use error::Error;
pub use files::lock;
pub use practice::{Options, Practice};
pub use smart::SignInPage;
