//! Journeys in the real window: sign in, one touch, undo, outage, two windows racing for one item, lock, French,
//! dark. Each view is looked at by axe. `cargo xtask test` runs them on a display that nobody sees, with a
//! keyring of their own (feature `window`).
#![cfg(feature = "window")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a journey that cannot go on is a failed test")]

mod bad_input;
mod canaries;
mod coverage;
mod documents;
mod emergency_is_called;
mod inside;
mod looks;
mod now;
mod one_touch;
mod scene;
mod signing_in;
mod tables;
mod triage;
mod whose;
