//! The OS keyring, and secrets that cannot be printed.
//!
//! Tern keeps three things where only the person's operating system can read them: the random key of the
//! encrypted cache, the refresh token of the session, and the verifier of the PIN. They belong to one *owner*:
//! a (profile, server, `fhirUser`), so that two members who sign in on one machine never meet.
//!
//! [`Vault`] is the port: read, write, remove one named entry. [`OsVault`] stands on Secret Service, Keychain
//! or Credential Manager; `MemoryVault` (feature `memory`) is for tests. [`Keyring`] is one owner's entries
//! over a vault, and all that the rest of Tern touches.
//!
//! # What the platforms force on us
//! - Every call may block for ever: a locked collection on a machine without a prompter waits for a person who
//!   is not there. So [`OsVault`] calls from one thread of its own and gives up waiting after a while.
//! - Windows holds 2,560 bytes an entry. A refresh token may be a JWT of 8 kB: [`split`] lays it over numbered
//!   entries and writes the entry that names them last, so that a kill between two parts leaves the old token.
//! - There is no transaction over two entries, hence the order of writes everywhere in this crate: what is
//!   written last is what makes the rest count.
//!
//! Access tokens are never written down, here or anywhere. Nothing in this crate logs a value or an entry's
//! owner; an error says what kind of thing happened and no more.

mod entry;
mod keyring;
#[cfg(any(test, feature = "memory"))]
mod memory;
mod os;
pub mod pin;
pub mod secret;
pub mod split;
mod vault;

pub use entry::{Entry, Item, Owner};
pub use keyring::Keyring;
#[cfg(any(test, feature = "memory"))]
pub use memory::MemoryVault;
pub use os::OsVault;
pub use secret::{CacheKey, Secret};
pub use vault::{Answering, Vault, VaultError};
