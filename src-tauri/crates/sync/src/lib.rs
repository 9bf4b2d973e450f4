//! The engine: it pulls what changed, sends what waits, and says how it stands.
//!
//! ```text
//!   server (port) <──> line ──┬── pull ────> store
//!        │                    └── outbox <── store
//!        └ nudges                 status (watched), facts, server time
//! ```
//! Three things about it are promises. **The cursor moves with the rows**, in one transaction, so a crash at any
//! point repeats a page and loses none. **A write is decided on what stands on the server**, under its version,
//! and one whose outcome is unknown is looked for before it is sent again: each reply arrives once. **Nothing
//! waits for the network**: everything a person does is in the cache first.
//!
//! Why one engine per signed-in member and not one per process: cache, tokens, outbox and scope are a member's
//! own, and another one's rows are never sent.

mod by_time;
pub mod check;
pub mod clock;
pub mod connectivity;
mod engine;
mod facts;
mod files;
pub mod identity;
mod kill;
mod line;
mod loops;
mod outbox;
pub mod pace;
mod probe;
mod pull;
mod reread;
pub mod server;
mod server_time;
pub mod status;
pub mod verdict;

pub use engine::{ClaimOutcome, Engine, Parts};
pub use files::{Fetched, NotFetched};
pub use outbox::HaveIt;
pub use pace::Pace;
pub use tern_fhir::search::Scope;
