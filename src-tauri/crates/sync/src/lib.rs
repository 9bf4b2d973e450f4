//! The engine: it pulls what changed, sends what waits, and says how it stands.

pub mod clock;
pub mod server;
