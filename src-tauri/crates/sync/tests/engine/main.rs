//! The engine on real parts: a SQLCipher cache on disk and a FHIR server that means what it says. Only the clock
//! and the faults of the way are made up, and time passes when nobody has anything to do.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod claims;
mod clock;
mod coverage;
mod desk;
mod elsewhere;
mod emergencies;
mod faults;
mod filing;
mod in_between;
mod moving;
mod pulling;
mod recovering;
mod sending;
mod tables;
