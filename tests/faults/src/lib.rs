//! The engine under drops, delays and kills.
//!
//! ```text
//!   the journey ── starts  , kills, starts again ──> member (a process: cache + engine)
//!        │                                               │ HTTPS
//!        │ patients write again                          v
//!        └───────────────> tern-practice <── the unruly proxy, whose faults change
//! ```
//! Two members answer what patients write; a part of the threads is on both desks, so that they race for claims.
//! Everything is real: the server, HTTPS, SQLCipher files, processes that die by `abort`. What went wrong and where
//! is drawn from a seed that the test prints.
//!
//! **Why processes?** Dropping an engine runs destructors; a crash doesn't. What a restart finds is only what was
//! committed.

pub mod member;
pub mod orders;

/// What stops a member or the test.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
