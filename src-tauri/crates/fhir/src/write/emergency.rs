//! Who is on duty, and how far an emergency has been told.
//!
//! An alarm is a Task beside the work item's, `basedOn` it, without `for`: it stands in no patient's compartment, so that
//! no portal shows who was called. All of it is one extension, written as a whole under the version that was read.

use chrono::{DateTime, Utc};
use json_patch::PatchOperation;
use serde_json::{Value, json};
use tern_inbox::{
    emergency::{Alarm, Duty},
    party::PartyRef,
};

use super::{
    Element, NotWritable, concept,
    coverage::{PLANNED, from_until},
    create::New,
    edit::{add, extension_of, set_extension},
    identifier, party,
};
use crate::{
    search::instant,
    vocabulary::{ALARM, EMERGENCY, ON_DUTY, TASK_CODE_SYSTEM, alarm as parts},
};

/// What stands in `status` while somebody may have to be called, and once it is dealt with.
const STATUS: [&str; 2] = ["in-progress", "completed"];

/// Somebody is on duty; `requester` is who says so, `authored` server time.
///
/// # Errors
/// [`NotWritable::NoReference`] for a party that was only a name.
pub fn duty(of: &Duty, requester: &PartyRef, authored: DateTime<Utc>) -> Result<New, NotWritable> {
    let identity = format!("urn:uuid:{}", of.id);
    let json = Element::resource("Task")
        .put("identifier", identifier(&identity))
        .put("status", PLANNED)
        .put("intent", "order")
        .put("code", concept(TASK_CODE_SYSTEM, ON_DUTY))
        .put("executionPeriod", from_until(of.from, of.until))
        .put("authoredOn", instant(authored))
        .put("lastModified", instant(authored))
        .put("requester", party(requester)?)
        .put("owner", party(&of.who)?)
        .done();
    Ok(New { resource_type: "Task", id: of.id.as_str().to_owned(), identity: Some(identity), json })
}

/// A new alarm of the work item with the server's id `item`.
pub fn alarm(of: &Alarm, item: &str, authored: DateTime<Utc>) -> New {
    let identity = format!("urn:uuid:{}", of.id);
    let json = Element::resource("Task")
        .put("extension", json!([extension(of)]))
        .put("identifier", identifier(&identity))
        .put("basedOn", json!([{ "reference": format!("Task/{item}") }]))
        .put("status", status(of))
        .put("intent", "order")
        .put("priority", "stat")
        .put("code", concept(TASK_CODE_SYSTEM, EMERGENCY))
        .put("authoredOn", instant(authored))
        .put("lastModified", instant(authored))
        .done();
    New { resource_type: "Task", id: of.id.as_str().to_owned(), identity: Some(identity), json }
}

fn status(of: &Alarm) -> &'static str {
    STATUS[usize::from(of.is_over)]
}

fn extension(of: &Alarm) -> Value {
    let member = |url: &str, who: &PartyRef| json!({ "url": url, "valueReference": { "reference": who.as_str() } });
    let at = |url: &str, at: DateTime<Utc>| json!({ "url": url, "valueInstant": instant(at) });
    let mut said = vec![json!({ "url": parts::PAGES, "valueUnsignedInt": of.pages })];
    said.extend(of.called.iter().map(|who| member(parts::CALLED, who)));
    said.extend(of.called_at.map(|when| at(parts::CALLED_AT, when)));
    if let Some(lease) = &of.lease {
        said.push(json!({ "url": parts::LEASED_BY, "valueString": lease.by }));
        said.push(at(parts::LEASED_UNTIL, lease.until));
    }
    if let Some(held) = &of.held {
        said.push(member(parts::HELD_BY, &held.by));
        said.push(at(parts::HELD_UNTIL, held.until));
    }
    json!({ "url": ALARM, "extension": said })
}

/// Whether a Task says all of this.
pub(super) fn says(resource: &Value, of: &Alarm) -> bool {
    resource.get("status").and_then(Value::as_str) == Some(status(of))
        && extension_of(resource, ALARM).is_some_and(|(_, said)| *said == extension(of))
}

/// Says it.
pub(super) fn told(resource: &Value, of: &Alarm) -> Vec<PatchOperation> {
    let mut operations = vec![add(["status"], json!(status(of)))];
    operations.extend(set_extension(resource, ALARM, extension(of)));
    operations
}
