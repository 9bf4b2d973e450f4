//! Work items of ours.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tern_inbox::{
    party::PartyRef,
    work_item::{Urgency, WorkItem},
};

use super::{Element, NotWritable, concept, create::New, identifier, party, reference, system_and_code};
use crate::{
    search::instant,
    vocabulary::{CATEGORY_SYSTEM, INPUT_MESSAGE, TASK_CODE_SYSTEM, TASK_PART_SYSTEM, WORK_ITEM},
};

/// A new work item. Ids in it are server ids; `requester` is who makes it, `authored` server time.
///
/// # Errors
/// [`NotWritable::NoReference`] for an owner that was only a name.
pub fn work_item(item: &WorkItem, requester: Option<&PartyRef>, authored: DateTime<Utc>) -> Result<New, NotWritable> {
    let wire = |kind: &str, id: Option<String>| id.map(|id| format!("{kind}/{id}"));
    let thread = wire("Communication", item.thread.as_ref().map(ToString::to_string));
    let message = wire("Communication", item.message.as_ref().map(ToString::to_string));
    let patient = wire("Patient", item.patient.as_ref().map(ToString::to_string));
    let identity = format!("urn:uuid:{}", item.id);
    let json = Element::resource("Task")
        .put("identifier", identifier(&identity))
        .put("status", status(item.owner.as_ref()))
        .put("intent", "order")
        .put("priority", priority(item.urgency))
        .put("code", code(item.category.as_deref()))
        .put("focus", reference(thread.as_deref()))
        .put("for", reference(patient.as_deref()))
        .put("authoredOn", instant(authored))
        .put("lastModified", instant(authored))
        .put("requester", requester.map(party).transpose()?.unwrap_or_default())
        .put("performerType", item.pool.as_deref().map_or(Value::Null, |pool| json!([pool_concept(pool)])))
        .put("owner", item.owner.as_ref().map(party).transpose()?.unwrap_or_default())
        .put("restriction", item.due.map_or(Value::Null, |due| json!({ "period": { "end": instant(due) } })))
        .put("input", message.as_deref().map_or(Value::Null, |message| json!([input(message)])))
        .done();
    Ok(New { resource_type: "Task", id: item.id.as_str().to_owned(), identity: Some(identity), json })
}

/// `Task.priority`: the four urgencies under FHIR's names.
pub(super) fn priority(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Routine => "routine",
        Urgency::SameDay => "urgent",
        Urgency::Urgent => "asap",
        Urgency::Emergency => "stat",
    }
}

/// A new item is free, or given to somebody.
fn status(owner: Option<&PartyRef>) -> &'static str {
    if owner.is_some() { "accepted" } else { "requested" }
}

fn code(category: Option<&str>) -> Value {
    let mut codings = vec![json!({ "system": TASK_CODE_SYSTEM, "code": WORK_ITEM })];
    codings.extend(category.map(|code| json!({ "system": CATEGORY_SYSTEM, "code": code })));
    json!({ "coding": codings })
}

fn pool_concept(pool: &str) -> Value {
    let (system, code) = system_and_code(pool);
    concept(system, code)
}

fn input(message: &str) -> Value {
    json!({ "type": concept(TASK_PART_SYSTEM, INPUT_MESSAGE), "valueReference": reference(Some(message)) })
}
