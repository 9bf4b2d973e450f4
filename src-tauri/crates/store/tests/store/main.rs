//! The cache, played by the people of a practice on real files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a scene that cannot be set fails loudly")]

mod coverage;
mod documents;
mod emergencies;
mod file;
mod flags;
mod lost;
mod moves;
mod notes;
mod page;
mod scene;
mod search;
mod sight;
mod stuck;
mod tables;
mod touch;
