//! For tests only: people to write scenes with, a clock that moves when nothing else does, and a FHIR server in
//! memory that means what it answers.
//!
//! Dr Amara Osei is a physician, Mia Tran her medical assistant, Ana Ruiz writes for her son Leo.

pub mod clock;
pub mod connection;
pub mod pager;
pub mod people;
pub mod practice;
pub mod scene;

pub use clock::FakeClock;
pub use connection::{Connection, Fault};
pub use pager::Pager;
pub use practice::{BEHIND, Practice, Quirk};
