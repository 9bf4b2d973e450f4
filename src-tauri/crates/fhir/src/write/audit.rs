//! `AuditEvent`: who did what with whose record, without a word of what was read or written.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tern_inbox::party::PartyRef;

use super::{Element, NotWritable, create::New, party, reference};
use crate::{
    search::instant,
    vocabulary::{AUDIT_SYSTEM, hl7},
};

/// What a member did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Opened a thread by starting it.
    View,
    /// Looked without taking.
    Peek,
    /// Sent a message.
    Send,
    /// Said something inside the practice.
    Note,
    /// Gave work to a pool or person.
    Route,
    /// Ended a touch without a reply.
    Close,
    /// Ended a touch by giving its work back, with a reason.
    PutBack,
    /// Filed a patient's file to the chart.
    File,
    /// Filed one that could not be shown, and said so.
    FileUnseen,
    /// Said that the chart does without a file.
    FileNotNeeded,
    /// Said "I have it" of an emergency.
    HaveIt,
    /// Took an outcome back within its seconds.
    Undo,
    /// Sent a reply although somebody answered since, or took the work.
    SendAnyway,
    /// Took numbers or a file out of the program.
    Export,
    /// Changed a setting of the practice.
    Settings,
    /// Tried out what the server can do.
    Check,
    /// Signed in.
    SignIn,
    /// Signed out.
    SignOut,
}

impl Deed {
    /// Our code.
    pub fn code(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Peek => "peek",
            Self::Send => "send",
            Self::Note => "note",
            Self::Route => "route",
            Self::Close => "close",
            Self::PutBack => "put-back",
            Self::File => "file",
            Self::FileUnseen => "file-unseen",
            Self::FileNotNeeded => "file-not-needed",
            Self::HaveIt => "have-it",
            Self::Undo => "undo",
            Self::SendAnyway => "send-anyway",
            Self::Export => "export",
            Self::Settings => "settings",
            Self::Check => "check",
            Self::SignIn => "sign-in",
            Self::SignOut => "sign-out",
        }
    }

    /// `AuditEvent.action`: create, read, update, execute.
    fn action(self) -> &'static str {
        match self {
            Self::View | Self::Peek | Self::Export => "R",
            Self::Send | Self::Note | Self::SendAnyway | Self::File | Self::FileUnseen => "C",
            Self::Route
            | Self::Close
            | Self::PutBack
            | Self::FileNotNeeded
            | Self::HaveIt
            | Self::Undo
            | Self::Settings => "U",
            Self::Check | Self::SignIn | Self::SignOut => "E",
        }
    }
}

/// One deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// UUID of the audit row.
    pub id: &'a str,
    /// What.
    pub deed: Deed,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: &'a PartyRef,
    /// Reference to what it was done with (a thread, a work item).
    pub what: Option<&'a str>,
    /// Reference to the patient.
    pub patient: Option<&'a str>,
}

/// The AuditEvent of a deed. It has no identifier in R4: with our own id it is written once, by `POST` at
/// least once.
///
/// # Errors
/// [`NotWritable::NoReference`] for a member that was only a name.
pub fn event(entry: &Entry<'_>) -> Result<New, NotWritable> {
    let person = json!({ "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1" });
    let object = json!({ "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2" });
    let entity = |what: &str, kind: &Value| json!({ "what": reference(Some(what)), "type": kind });
    let entities: Vec<Value> = entry
        .what
        .map(|what| entity(what, &object))
        .into_iter()
        .chain(entry.patient.map(|patient| entity(patient, &person)))
        .collect();
    let json = Element::resource("AuditEvent")
        .put("type", json!({ "system": hl7::AUDIT_EVENT_TYPE, "code": "rest" }))
        .put("subtype", json!([{ "system": AUDIT_SYSTEM, "code": entry.deed.code() }]))
        .put("action", entry.deed.action())
        .put("recorded", instant(entry.at))
        .put("outcome", "0")
        .put("agent", json!([{ "who": party(entry.by)?, "requestor": true }]))
        .put("source", json!({ "observer": { "display": "Tern" } }))
        .put("entity", entities)
        .done();
    Ok(New { resource_type: "AuditEvent", id: entry.id.to_owned(), identity: None, json })
}
