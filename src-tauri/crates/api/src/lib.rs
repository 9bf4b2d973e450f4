//! What the program can do: one operation, one file, for the desktop and the agent alike.
//!
//! An operation checks what the member may do, asks `inbox` what follows, lets `store` write it in one
//! transaction and wakes `sync`. What crosses to the screen are the types of [`dto`]; every failure has one
//! [`dto::ErrorCode`], and its wording lives in one table of the UI.
//!
//! [`program::Program`] is where the person stands (signed out, open, locked); a `Desk` inside it is one member
//! at work on one cache. The world outside comes in through the [`ports`].

pub mod check;
mod desk;
mod documents;
pub mod dto;
pub mod fail;
mod handling;
mod lock;
mod note;
mod opening;
mod ops;
pub mod ports;
pub mod profile;
pub mod program;
mod recipients;
mod rights;
#[cfg(test)]
mod scene;
mod show;
pub mod status;
mod tables;
mod view;
pub mod watch;

pub use tern_sync::{Pace, clock};

pub use ops::{DeeplyLocked, OpenPage, TrayCount};
