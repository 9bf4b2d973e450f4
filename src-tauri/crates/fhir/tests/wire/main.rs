//! The wire, read and written: what servers send, what we send, and what may never happen.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests say what they expect")]

mod answers;
mod coverage;
mod edits;
mod emergencies;
mod examples;
mod files;
mod hostile;
mod inside;
mod pages;
mod probes;
mod reading;
mod scene;
mod server;
mod vocabulary;
mod writing;
