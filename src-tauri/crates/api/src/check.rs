//! Is a server fit for Tern? The engine finds out; the agent says it.

pub use tern_sync::{
    check::{Depth, Finding, Fit, Parts, Report, Verdict, check, name},
    clock::SystemClock,
};
