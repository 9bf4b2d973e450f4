//! The domain of a clinician's inbox: nouns and rules.
//!
//! A patient writes a **message** in a **thread**; every incoming message becomes a **work item** in a
//! **pool**; a **member** of the practice *touches* the thread once, from Start to one **outcome**. What
//! the member decided leaves through the **outbox**, and what the server answers comes back as an
//! **arrival** that a **plan** fits into what is already here.
//!
//! Nothing in this crate does I/O, waits, reads a clock or knows a wire format: `now` is always an
//! argument, so that every rule can be tested at any minute of any year. What needs a file, a server or a
//! keyring lives in the crates above.
//!
//! Text that a patient or a member wrote is held in types whose `Debug` prints no word of it.

pub mod arrival;
pub mod block;
pub mod coverage;
pub mod document;
pub mod emergency;
pub mod envelope;
pub mod handling;
pub mod hours;
pub mod ids;
pub mod member;
pub mod message;
pub mod moves;
pub mod outbox;
pub mod party;
pub mod patient;
pub mod plan;
pub mod practice_table;
pub mod private;
pub mod queue;
pub mod red_flags;
pub mod rights;
pub mod touch;
pub mod triage;
pub mod work_item;
