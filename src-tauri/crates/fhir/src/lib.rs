//! FHIR R4: wire to domain and back.
//!
//! Does no I/O: it builds [`exchange::Request`]s that somebody else sends, and reads the
//! [`exchange::Response`]s they bring back. **A resource that we did not create keeps every element that we
//! don't know**: it is changed by JSON Patch, or by editing the JSON as it was received, never by writing our
//! own structs back.
//!
//! ```text
//!   search ──> Request ──(net)──> Response ──> read ──> inbox::arrival::Arrival
//!   write  ──> Request ──(net)──> Response ──> answer ──> inbox::outbox::Answer
//!   capability, probe ──> what this server can do: facts::ServerFacts, which write asks how
//! ```

pub mod answer;
pub mod capability;
pub mod exchange;
pub mod facts;
pub mod links;
pub mod outcome;
pub mod probe;
pub mod read;
pub mod search;
pub mod subscription;
pub mod version;
pub mod vocabulary;
pub mod write;
