//! What the program can do: one operation, one file, for the desktop and the agent alike.
//!
//! An operation checks what the member may do, asks `inbox` what follows, lets `store` write it in one
//! transaction and wakes `sync`. What crosses to the screen are the types of [`dto`]; every failure has one
//! [`dto::ErrorCode`], and its wording lives in one table of the UI.

pub mod dto;
pub mod ports;
pub mod profile;
