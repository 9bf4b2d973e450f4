//! FHIR R4: wire to domain and back.
//!
//! Does no I/O: it builds [`exchange::Request`]s that somebody else sends, and reads the
//! [`exchange::Response`]s they bring back. **A resource that we did not create keeps every element that we
//! don't know**: it is changed by JSON Patch, or by editing the JSON as it was received, never by writing our
//! own structs back.

pub mod exchange;
pub mod vocabulary;
