//! From the domain to requests that write.
//!
//! **Creating** is repeatable: by our own id where the server takes it, else by the identifier. **Changing**
//! never writes one of our structs over a resource: it is a JSON Patch, or the JSON as received with the same
//! patch applied to it ([`edit`]), under the version that was read. **What belongs together** goes as one
//! transaction where the server rolls back ([`transaction`]).
//!
//! References that the builders take are wire references: `Communication/7`, or `urn:uuid:…` inside a
//! transaction, where a server that refuses our ids puts its own in. A local key is not a reference; whoever
//! calls knows which server id stands behind it.

pub mod attachment;
pub mod audit;
pub mod change;
pub mod communication;
pub mod coverage;
pub mod create;
pub mod document;
pub mod edit;
pub mod emergency;
pub mod library;
pub mod people;
pub mod task;
pub mod transaction;

use serde_json::{Map, Value, json};
use tern_inbox::party::PartyRef;

use crate::vocabulary::URI_SYSTEM;

/// Why something can't be put on the wire. Holds no word of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWritable {
    /// A message without text and file.
    #[error("there is nothing to send")]
    Nothing,
    /// FHIR's strings hold no control characters but tab and line ends.
    #[error("the text has a control character at byte {at}")]
    ControlCharacter {
        /// Where in the text, bytes.
        at: usize,
    },
    /// FHIR's strings are at most 1 MiB.
    #[error("the text has {bytes} bytes, more than a FHIR string may")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A patient or proxy among those who would read what only the practice may.
    #[error("an internal message names a patient")]
    PatientInInternal,
    /// A message for the practice alone, in a thread that the patient reads.
    #[error("a message for nobody outside would stand where a patient reads")]
    NoteToPatient,
    /// A party that is on no server we know.
    #[error("a party has no reference on this server")]
    NoReference,
    /// The id isn't one that FHIR can carry.
    #[error("the id is not one of FHIR's")]
    NotAnId,
}

/// Most bytes of a FHIR `string`.
const STRING_BYTES: usize = 1 << 20;

/// Whether FHIR can carry the text as it stands. The composer asks before Send does: what was previewed is
/// what is sent, to the byte, so nothing is silently dropped here.
///
/// # Errors
/// [`NotWritable`] for a control character or too many bytes.
pub fn carries(text: &str) -> Result<(), NotWritable> {
    if text.len() > STRING_BYTES {
        return Err(NotWritable::TooLong { bytes: text.len() });
    }
    let forbidden = |letter: char| (letter as u32) < 0x20 && !matches!(letter, '\t' | '\n' | '\r');
    match text.find(forbidden) {
        Some(at) => Err(NotWritable::ControlCharacter { at }),
        None => Ok(()),
    }
}

/// A resource under construction: elements in R4's order, empty ones left out, because FHIR has no empty
/// strings, lists or objects.
struct Element(Map<String, Value>);

impl Element {
    fn resource(resource_type: &str) -> Self {
        Self::new().put("resourceType", resource_type)
    }

    fn new() -> Self {
        Self(Map::new())
    }

    fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// `Identifier` of ours.
fn identifier(identity: &str) -> Value {
    json!([{ "system": URI_SYSTEM, "value": identity }])
}

/// `CodeableConcept` of one coding.
fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

/// `Reference`, null where there is none.
fn reference(to: Option<&str>) -> Value {
    to.map_or(Value::Null, |to| json!({ "reference": to }))
}

/// A party as `Reference`.
///
/// # Errors
/// [`NotWritable::NoReference`] for a party that was only a name.
fn party(party: &PartyRef) -> Result<Value, NotWritable> {
    if party.as_str().is_empty() { Err(NotWritable::NoReference) } else { Ok(reference(Some(party.as_str()))) }
}

/// `meta` with one tag of ours.
fn tagged(code: Option<&str>) -> Value {
    code.map_or(Value::Null, |code| json!({ "tag": [{ "system": crate::vocabulary::TAG_SYSTEM, "code": code }] }))
}

/// Splits `system|value`.
fn system_and_code(token: &str) -> (&str, &str) {
    token.rsplit_once('|').unwrap_or(("", token))
}
