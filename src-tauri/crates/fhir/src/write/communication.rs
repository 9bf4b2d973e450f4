//! Threads and messages of ours.

use serde_json::{Value, json};
use tern_inbox::{
    message::{Audience, Authorship, Message, Thread},
    party::{PartyKind, PartyRef},
};

use super::{Element, NotWritable, carries, concept, create::New, identifier, party, reference, tagged};
use crate::{
    search::instant,
    vocabulary::{AUTOMATIC, CATEGORY_SYSTEM, DRAFT, INTERNAL},
};

/// Where a message stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Reference to the thread.
    pub thread: &'a str,
    /// Reference to the patient; none inside the practice.
    pub patient: Option<&'a str>,
    /// Who can read the thread.
    pub audience: Audience,
    /// Reference to the message it answers.
    pub in_response_to: Option<&'a str>,
}

/// A thread of ours. `about` is the reference to the patient's thread that an internal one hangs on.
///
/// # Errors
/// [`NotWritable::PatientInInternal`] where a patient could read an internal thread.
pub fn thread(thread: &Thread, about: Option<&str>) -> Result<New, NotWritable> {
    carries(thread.subject_line.reveal())?;
    let internal = thread.audience == Audience::Internal;
    let patient = thread.patient.as_ref().map(|patient| format!("Patient/{patient}"));
    let parties = thread.participants.iter().chain(&thread.opener).map(|one| &one.reference);
    keep_inside(thread.audience, patient.as_deref(), parties)?;
    let recipients: Result<Vec<_>, _> = thread.participants.iter().map(|one| party(&one.reference)).collect();
    let categories: Vec<Value> = internal
        .then_some(INTERNAL)
        .into_iter()
        .chain(thread.category.as_deref())
        .map(|code| concept(CATEGORY_SYSTEM, code))
        .collect();
    let identity = format!("urn:uuid:{}", thread.id);
    let json = Element::resource("Communication")
        .put("identifier", identifier(&identity))
        .put("status", "in-progress")
        .put("category", categories)
        .put("subject", reference(patient.as_deref()))
        .put("topic", topic(thread.subject_line.reveal()))
        .put("about", about.map_or(Value::Null, |about| json!([reference(Some(about))])))
        .put("recipient", recipients?)
        .put("sender", thread.opener.as_ref().map(|opener| party(&opener.reference)).transpose()?.unwrap_or_default())
        .done();
    Ok(New { resource_type: "Communication", id: thread.id.as_str().to_owned(), identity: Some(identity), json })
}

/// A message of ours: completed, with its instant.
///
/// # Errors
/// [`NotWritable`] where it says nothing, FHIR can't carry the text, an internal one names a patient, or one that
/// neither is for somebody on the patient's side nor is from there would stand where they read.
pub fn message(message: &Message, standing: &Standing<'_>) -> Result<New, NotWritable> {
    let text = message.text.reveal();
    carries(text)?;
    if message.text.is_blank() && message.attachments.is_empty() {
        return Err(NotWritable::Nothing);
    }
    let sender = message.sender.as_ref().map(|sender| &sender.reference);
    keep_inside(standing.audience, standing.patient, message.recipients.iter().chain(sender))?;
    keep_notes_inside(standing.audience, message.authorship, message.recipients.iter().chain(sender))?;
    let recipients: Result<Vec<_>, _> = message.recipients.iter().map(party).collect();
    let words = (!message.text.is_blank()).then(|| json!({ "contentString": text }));
    let files = message.attachments.iter().map(|file| json!({ "contentReference": reference(Some(file.id.as_str())) }));
    let identity = message.identity.clone().unwrap_or_else(|| format!("urn:uuid:{}", message.id));
    let tag = match message.authorship {
        Authorship::Person => None,
        Authorship::Automatic => Some(AUTOMATIC),
        Authorship::Draft => Some(DRAFT),
    };
    let json = Element::resource("Communication")
        .put("meta", tagged(tag))
        .put("identifier", identifier(&identity))
        .put("partOf", json!([reference(Some(standing.thread))]))
        .put("inResponseTo", standing.in_response_to.map_or(Value::Null, |to| json!([reference(Some(to))])))
        .put("status", "completed")
        .put("subject", reference(standing.patient))
        .put("sent", instant(message.sent))
        .put("recipient", recipients?)
        .put("sender", sender.map(party).transpose()?.unwrap_or_default())
        .put("payload", words.into_iter().chain(files).collect::<Vec<_>>())
        .done();
    Ok(New { resource_type: "Communication", id: message.id.as_str().to_owned(), identity: Some(identity), json })
}

/// A portal's token reads whatever is in the patient's compartment, so nothing internal may name anybody but the
/// practice's own.
fn keep_inside<'a>(
    audience: Audience,
    patient: Option<&str>,
    mut parties: impl Iterator<Item = &'a PartyRef>,
) -> Result<(), NotWritable> {
    let is_ours = |party: &PartyRef| matches!(party.kind(), PartyKind::Member | PartyKind::Pool | PartyKind::Practice);
    let inside = audience == Audience::Patient || (patient.is_none() && parties.all(is_ours));
    if inside { Ok(()) } else { Err(NotWritable::PatientInInternal) }
}

/// What names nobody on the patient's side, or is a draft, was written inside the practice, and does not go where the
/// patient reads: a thread may have become one that they do while a note for it was waiting.
fn keep_notes_inside<'a>(
    audience: Audience,
    authorship: Authorship,
    mut parties: impl Iterator<Item = &'a PartyRef>,
) -> Result<(), NotWritable> {
    let is_theirs = authorship != Authorship::Draft && parties.any(|party| party.kind().is_patient_side());
    if audience == Audience::Internal || is_theirs { Ok(()) } else { Err(NotWritable::NoteToPatient) }
}

fn topic(subject_line: &str) -> Value {
    Element::new().put("text", subject_line).done()
}
