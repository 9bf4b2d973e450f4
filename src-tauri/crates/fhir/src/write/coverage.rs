//! Who stands in, made for the first time, and what an [`Edit`](super::edit::Edit) of one changes.
//!
//! The edits touch what a coverage says (`status`, `owner`, `executionPeriod`, `performerType`) and leave the rest as it
//! came. Of the period only start and end are written; whatever a server keeps beside them stays.

use chrono::{DateTime, Utc};
use json_patch::PatchOperation;
use serde_json::{Value, json};
use tern_inbox::{
    coverage::{Coverage, When},
    party::PartyRef,
};

use super::{
    Element, NotWritable, concept,
    create::New,
    edit::{add, refers_to, remove},
    identifier, party, system_and_code,
};
use crate::{
    read::time,
    search::instant,
    vocabulary::{COVERAGE, TASK_CODE_SYSTEM},
};

/// What stands in `status` while a coverage is planned.
pub(super) const PLANNED: &str = "accepted";

/// A new coverage; `requester` is who says so, `authored` server time.
///
/// # Errors
/// [`NotWritable::NoReference`] for a party that was only a name.
pub fn coverage(of: &Coverage, requester: &PartyRef, authored: DateTime<Utc>) -> Result<New, NotWritable> {
    let identity = format!("urn:uuid:{}", of.id);
    let json = Element::resource("Task")
        .put("identifier", identifier(&identity))
        .put("status", PLANNED)
        .put("intent", "order")
        .put("code", concept(TASK_CODE_SYSTEM, COVERAGE))
        .put("for", party(&of.absent)?)
        .put("executionPeriod", period(of))
        .put("authoredOn", instant(authored))
        .put("lastModified", instant(authored))
        .put("requester", party(requester)?)
        .put("performerType", scope(of))
        .put("owner", party(&of.stand_in)?)
        .done();
    Ok(New { resource_type: "Task", id: of.id.as_str().to_owned(), identity: Some(identity), json })
}

fn written(when: When) -> String {
    match when {
        When::At(at) => instant(at),
        When::Day(day) => day.to_string(),
    }
}

fn period(of: &Coverage) -> Value {
    from_until(of.from, of.until)
}

/// `executionPeriod`.
pub(super) fn from_until(from: Option<When>, until: Option<When>) -> Value {
    let end = |when: Option<When>| when.map(written).unwrap_or_default();
    Element::new().put("start", end(from)).put("end", end(until)).done()
}

fn scope(of: &Coverage) -> Value {
    let pool = |pool: &String| {
        let (system, code) = system_and_code(pool);
        concept(system, code)
    };
    of.pools.iter().map(pool).collect::<Vec<_>>().into()
}

/// Whether a Task says all of this.
pub(super) fn says(resource: &Value, of: &Coverage) -> bool {
    let end = |name: &str| resource.pointer(&format!("/executionPeriod/{name}")).and_then(Value::as_str);
    let is_scope = |wanted: &Value| match wanted.as_array().map(Vec::as_slice) {
        None | Some([]) => resource.get("performerType").is_none(),
        _ => resource.get("performerType") == Some(wanted),
    };
    resource.get("status").and_then(Value::as_str) == Some(PLANNED)
        && resource.get("owner").is_some_and(|owner| refers_to(owner, of.stand_in.as_str()))
        && end("start").and_then(time::from) == of.from
        && end("end").and_then(time::until) == of.until
        && is_scope(&scope(of))
}

/// Whether nobody stands in any more, by this Task.
pub(super) fn is_over(resource: &Value) -> bool {
    matches!(resource.get("status").and_then(Value::as_str), Some("completed" | "cancelled" | "entered-in-error"))
}

/// Plans it anew.
pub(super) fn planned(resource: &Value, of: &Coverage) -> Vec<PatchOperation> {
    let mut operations =
        vec![add(["status"], json!(PLANNED)), add(["owner"], json!({ "reference": of.stand_in.as_str() }))];
    let ends = [("start", of.from), ("end", of.until)];
    match resource.get("executionPeriod") {
        Some(Value::Object(period)) => operations.extend(ends.into_iter().filter_map(|(name, when)| match when {
            Some(when) => Some(add(["executionPeriod", name], json!(written(when)))),
            None => period.get(name).map(|_| remove(["executionPeriod", name])),
        })),
        _ => operations.push(add(["executionPeriod"], period(of))),
    }
    // The scope is all that a coverage's performerType says.
    match of.pools.is_empty() {
        true => operations.extend(resource.get("performerType").map(|_| remove(["performerType"]))),
        false => operations.push(add(["performerType"], scope(of))),
    }
    operations
}

/// Ends it at an instant: one that has not begun never was.
pub(super) fn ended(resource: &Value, at: DateTime<Utc>) -> Vec<PatchOperation> {
    if is_over(resource) {
        return Vec::new();
    }
    let end = |name: &str| resource.pointer(&format!("/executionPeriod/{name}")).and_then(Value::as_str);
    if end("start").and_then(time::instant).is_some_and(|start| start > at) {
        return vec![add(["status"], json!("cancelled"))];
    }
    let mut operations = vec![add(["status"], json!("completed"))];
    let is_over_by_then = end("end").and_then(time::end).is_some_and(|end| end <= at);
    if !is_over_by_then {
        operations.push(match resource.get("executionPeriod") {
            Some(Value::Object(_)) => add(["executionPeriod", "end"], json!(instant(at))),
            _ => add(["executionPeriod"], json!({ "end": instant(at) })),
        });
    }
    operations
}
