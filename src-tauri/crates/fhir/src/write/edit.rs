//! Our edits of a resource that somebody else may have made, as RFC 6902 operations.
//!
//! The operations are the one definition of an edit. Sent as they are they make a JSON Patch; applied here to
//! the JSON as received they make the body of a `PUT`. Either way every element that we don't know stays as it
//! was, `1.00` included (`serde_json` keeps order and digits).
//!
//! RFC 6902 is exact about what isn't there: `add` sets a member whether it exists or not, `remove` and
//! `replace` fail without one, and `add …/-` needs the list. So an edit looks at the resource first, except
//! those that only `add` members ([`Edit::needs_no_reading`]).

use chrono::{DateTime, Utc};
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf};
use serde_json::{Value, json};
use tern_inbox::{
    coverage::Coverage,
    emergency::Alarm,
    party::PartyRef,
    red_flags::Lowered,
    work_item::{Urgency, WaitingFor},
};

use super::{concept, coverage, emergency, library, system_and_code, task::priority};
use crate::{
    exchange::is_json,
    read::Literal,
    search::instant,
    vocabulary::{
        BUSINESS_STATUS_SYSTEM, OUTPUT_REPLY, POOL_SYSTEM, RED_FLAGS, TASK_PART_SYSTEM, business_status, red_flags,
    },
};

/// What we change in a resource that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Take a work item: owner, in-progress.
    Claim {
        /// Who.
        by: &'a PartyRef,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Give a work item to somebody: owner, accepted.
    Assign {
        /// To whom.
        to: &'a PartyRef,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// The touch is still open. Moves `lastModified`, because an unchanged PUT keeps its version.
    Renew {
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Put back: requested, owner removed.
    Release {
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Dealt with.
    Complete {
        /// Reference to the reply that ended it.
        reply: Option<&'a str>,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// To another pool: requested, owner removed, `performerType`.
    Route {
        /// `system|value` of the pool.
        pool: &'a str,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Sooner or later.
    Urgency {
        /// `Task.priority` from now on.
        urgency: Urgency,
        /// Who lowered which text, so that no rule raises that again; the reason goes elsewhere.
        lowered: Option<&'a Lowered>,
        /// Whoever had it let their claim lapse: it is nobody's any more, or the server's new stamp would make that
        /// claim a living one.
        frees: bool,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// For a call, for a visit, or the patient's turn: requested, owner removed, `businessStatus`; `performerType`
    /// where another pool deals with it.
    Await {
        /// What it waits for.
        what: WaitingFor,
        /// `system|value` of the pool.
        pool: Option<&'a str>,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Another text of a practice's table.
    Table {
        /// JSON.
        text: &'a str,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Another plan of who stands in, and when.
    Cover {
        /// What it says from now on; who is away stays.
        coverage: &'a Coverage,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// Nobody stands in any more; or somebody is on duty no more.
    EndCoverage {
        /// Server time, and when it ended.
        at: DateTime<Utc>,
    },
    /// Who was called for an emergency, and who has it.
    Alarm {
        /// What it says from now on.
        alarm: &'a Alarm,
        /// Server time.
        at: DateTime<Utc>,
    },
    /// entered-in-error.
    Retract,
}

/// Why an edit can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEditable {
    /// Not JSON, or nested deeper than anybody writes.
    #[error("the resource is not JSON that can be edited")]
    NotJson,
    /// Not an object with a type and an id.
    #[error("the JSON is not a resource")]
    NotAResource,
    /// The edit is for another type.
    #[error("the edit does not fit this type of resource")]
    AnotherType,
}

/// Types that have an `entered-in-error` in `status` and that we change.
const RETRACTABLE: [&str; 4] = ["Communication", "Task", "CommunicationRequest", "DocumentReference"];

impl Edit<'_> {
    /// Whether the operations are the same whatever the resource holds, so that the version is enough to make
    /// a patch of it.
    pub fn needs_no_reading(&self) -> bool {
        matches!(
            self,
            Self::Claim { .. } | Self::Renew { .. } | Self::Urgency { lowered: None, frees: false, .. } | Self::Retract
        )
    }

    /// Whether the edit is one for the type.
    pub(super) fn fits(&self, resource_type: &str) -> bool {
        match self {
            Self::Retract => RETRACTABLE.contains(&resource_type),
            Self::Table { .. } => resource_type == "Library",
            _ => resource_type == "Task",
        }
    }

    /// Whether the resource already says what the edit would make it say: after an unknown outcome it is read,
    /// and if this holds, the write arrived.
    pub fn stands_in(&self, resource: &Value) -> bool {
        let is = |pointer: &str, text: &str| resource.pointer(pointer).and_then(Value::as_str) == Some(text);
        let owned = |by: &PartyRef| resource.get("owner").is_some_and(|owner| refers_to(owner, by.as_str()));
        match self {
            Self::Claim { by, .. } => is("/status", "in-progress") && owned(by),
            Self::Assign { to, .. } => {
                is("/status", "accepted") && owned(to) && resource.get("businessStatus").is_none()
            }
            Self::Renew { at } => is("/lastModified", &instant(*at)),
            Self::Release { .. } => is("/status", "requested") && resource.get("owner").is_none(),
            Self::Complete { reply, .. } => {
                let outputs = || resource.get("output").and_then(Value::as_array).into_iter().flatten();
                let named = |reply: &str| {
                    outputs().any(|one| one.get("valueReference").is_some_and(|one| refers_to(one, reply)))
                };
                is("/status", "completed") && reply.is_none_or(named)
            }
            Self::Route { pool, .. } => {
                is("/status", "requested")
                    && resource.get("owner").is_none()
                    && resource.get("businessStatus").is_none()
                    && names_pool(resource, pool)
            }
            Self::Urgency { urgency, lowered, frees, .. } => {
                let is_free = !frees || (is("/status", "requested") && resource.get("owner").is_none());
                let holds = |lowered: &Lowered| {
                    flags_of(resource).is_some_and(|(_, flags)| parts_of(flags).contains(&text_part(lowered)))
                };
                is_free && is("/priority", priority(*urgency)) && lowered.is_none_or(holds)
            }
            Self::Await { what, pool, .. } => {
                is("/status", "requested")
                    && resource.get("owner").is_none()
                    && resource.get("businessStatus").is_some_and(|status| says(status, waiting_for(*what)))
                    && pool.is_none_or(|pool| names_pool(resource, pool))
            }
            Self::Table { text, .. } => is("/status", "active") && library::says(resource, table_at(resource), text),
            Self::Cover { coverage, .. } => coverage::says(resource, coverage),
            Self::EndCoverage { .. } => coverage::is_over(resource),
            Self::Alarm { alarm, .. } => emergency::says(resource, alarm),
            Self::Retract => is("/status", "entered-in-error"),
        }
    }
}

/// The operations of an edit. `resource` may be null where [`Edit::needs_no_reading`].
pub(super) fn operations(resource: &Value, edit: &Edit<'_>) -> Vec<PatchOperation> {
    let status = |code: &str| add(["status"], json!(code));
    let modified = |at: &DateTime<Utc>| add(["lastModified"], json!(instant(*at)));
    let owner = |who: &PartyRef| add(["owner"], json!({ "reference": who.as_str() }));
    let freed = || without(resource, "owner");
    match edit {
        Edit::Claim { by, at } => vec![status("in-progress"), modified(at), owner(by)],
        Edit::Assign { to, at } => [status("accepted"), modified(at), owner(to)]
            .into_iter()
            .chain(without(resource, "businessStatus"))
            .collect(),
        Edit::Renew { at } => vec![modified(at)],
        Edit::Release { at } => [status("requested"), modified(at)].into_iter().chain(freed()).collect(),
        Edit::Complete { reply, at } => {
            let output = reply.and_then(|reply| add_output(resource, reply));
            [status("completed"), modified(at)].into_iter().chain(output).collect()
        }
        Edit::Route { pool, at } => {
            let moved = [status("requested"), modified(at)].into_iter().chain(freed());
            moved.chain(without(resource, "businessStatus")).chain(route(resource, pool)).collect()
        }
        Edit::Urgency { urgency, lowered, frees, at } => {
            let said = lowered.map(|lowered| lower(resource, lowered)).unwrap_or_default();
            let let_go = frees.then(|| [Some(status("requested")), freed()]).into_iter().flatten().flatten();
            let sooner = [add(["priority"], json!(priority(*urgency))), modified(at)];
            sooner.into_iter().chain(let_go).chain(said).collect()
        }
        Edit::Await { what, pool, at } => {
            let turn = add(["businessStatus"], concept(BUSINESS_STATUS_SYSTEM, waiting_for(*what)));
            let pool = pool.map(|pool| route(resource, pool)).unwrap_or_default();
            [status("requested"), modified(at), turn].into_iter().chain(freed()).chain(pool).collect()
        }
        Edit::Table { text, at } => {
            vec![status("active"), add(["date"], json!(instant(*at))), table(resource, text)]
        }
        Edit::Cover { coverage, at } => {
            [modified(at)].into_iter().chain(coverage::planned(resource, coverage)).collect()
        }
        Edit::Alarm { alarm, at } => [modified(at)].into_iter().chain(emergency::told(resource, alarm)).collect(),
        Edit::EndCoverage { at } => [modified(at)].into_iter().chain(coverage::ended(resource, *at)).collect(),
        Edit::Retract => vec![status("entered-in-error")],
    }
}

/// Where a Library has its JSON.
fn table_at(resource: &Value) -> Option<usize> {
    let contents = resource.get("content")?.as_array()?;
    contents.iter().position(|one| one.get("contentType").and_then(Value::as_str).is_some_and(is_json))
}

/// A table's JSON in the place of the former one, behind whatever else the Library carries.
fn table(resource: &Value, text: &str) -> PatchOperation {
    let attachment = library::attachment(text);
    match (table_at(resource), resource.get("content")) {
        (Some(at), _) => PatchOperation::Replace(ReplaceOperation {
            path: PointerBuf::from_tokens(["content".to_owned(), at.to_string()]),
            value: attachment,
        }),
        (None, Some(_)) => add(["content", "-"], attachment),
        (None, None) => add(["content"], json!([attachment])),
    }
}

/// The resource with the edit in it.
///
/// # Errors
/// [`NotEditable`] where the edit doesn't fit.
pub(super) fn applied(resource: &Value, edit: &Edit<'_>) -> Result<Value, NotEditable> {
    if !edit.fits(resource.get("resourceType").and_then(Value::as_str).unwrap_or_default()) {
        return Err(NotEditable::AnotherType);
    }
    let mut edited = resource.clone();
    json_patch::patch(&mut edited, &Patch(operations(resource, edit))).map_err(|_| NotEditable::NotAResource)?;
    Ok(edited)
}

/// The JSON as received with the edit in it; all else keeps its meaning to the digit.
///
/// # Errors
/// [`NotEditable`] where the bytes aren't a resource that the edit fits.
pub fn edit_json(raw: &[u8], edit: &Edit<'_>) -> Result<Vec<u8>, NotEditable> {
    let resource: Value = serde_json::from_slice(raw).map_err(|_| NotEditable::NotJson)?;
    applied(&resource, edit).map(|edited| edited.to_string().into_bytes())
}

/// The reply among the outputs, once.
fn add_output(resource: &Value, reply: &str) -> Option<PatchOperation> {
    let output = json!({
        "type": { "coding": [{ "system": TASK_PART_SYSTEM, "code": OUTPUT_REPLY }] },
        "valueReference": { "reference": reply },
    });
    match resource.get("output") {
        Some(Value::Array(outputs)) if outputs.contains(&output) => None,
        Some(Value::Array(_)) => Some(add(["output", "-"], output)),
        _ => Some(add(["output"], json!([output]))),
    }
}

/// Takes the pools out of `performerType` and puts the new one in; what other products wrote there stays.
fn route(resource: &Value, pool: &str) -> Vec<PatchOperation> {
    let (system, code) = system_and_code(pool);
    let wanted = json!({ "coding": [{ "system": system, "code": code }] });
    let Some(Value::Array(kinds)) = resource.get("performerType") else {
        return vec![add(["performerType"], json!([wanted]))];
    };
    // From the end, so that a removal moves no index that is still to come.
    let mut operations: Vec<_> =
        kinds.iter().enumerate().rev().flat_map(|(at, kind)| without_pools(at, kind, system)).collect();
    operations.push(add(["performerType", "-"], wanted));
    operations
}

/// Removes a concept that only names a pool, or the pools out of one that says more.
fn without_pools(at: usize, kind: &Value, system: &str) -> Vec<PatchOperation> {
    let codings = kind.get("coding").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_pool = |coding: &Value| {
        let named = coding.get("system").and_then(Value::as_str);
        named == Some(POOL_SYSTEM) || (named.is_some() && named == Some(system))
    };
    let at = at.to_string();
    if codings.is_empty() || !codings.iter().any(is_pool) {
        return Vec::new();
    }
    if codings.iter().all(is_pool) {
        return vec![remove(["performerType", at.as_str()])];
    }
    let pools = codings.iter().enumerate().rev().filter(|(_, coding)| is_pool(coding));
    pools.map(|(place, _)| remove(["performerType", at.as_str(), "coding", place.to_string().as_str()])).collect()
}

/// Takes a member out, where it is there.
fn without(resource: &Value, member: &str) -> Option<PatchOperation> {
    resource.get(member).map(|_| remove([member]))
}

/// An extension of ours among those of the resource, and its place.
pub(super) fn extension_of<'r>(resource: &'r Value, url: &str) -> Option<(usize, &'r Value)> {
    let extensions = resource.get("extension")?.as_array()?;
    extensions.iter().enumerate().find(|(_, one)| one.get("url").and_then(Value::as_str) == Some(url))
}

/// Writes an extension of ours in the place of the former one; every other extension stays.
pub(super) fn set_extension(resource: &Value, url: &str, extension: Value) -> Vec<PatchOperation> {
    match (extension_of(resource, url), resource.get("extension")) {
        (Some((at, _)), _) => {
            let at = at.to_string();
            vec![remove(["extension", at.as_str()]), add(["extension", at.as_str()], extension)]
        }
        (None, Some(Value::Array(_))) => vec![add(["extension", "-"], extension)],
        _ => vec![add(["extension"], json!([extension]))],
    }
}

/// What is said of red flags, and its place.
fn flags_of(resource: &Value) -> Option<(usize, &Value)> {
    extension_of(resource, RED_FLAGS)
}

fn parts_of(flags: &Value) -> &[Value] {
    flags.get("extension").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text_part(lowered: &Lowered) -> Value {
    json!({ "url": red_flags::TEXT, "valueString": lowered.text_hash.as_str() })
}

/// Writes who lowered the text into our extension; what else stands in it, and every other extension, stays.
fn lower(resource: &Value, lowered: &Lowered) -> Vec<PatchOperation> {
    let ours = [red_flags::TEXT, red_flags::LOWERED_BY, red_flags::LOWERED_AT];
    let known = flags_of(resource);
    let kept = known.map(|(_, flags)| parts_of(flags)).unwrap_or_default().iter();
    let kept = kept.filter(|part| !part.get("url").and_then(Value::as_str).is_some_and(|url| ours.contains(&url)));
    let said = [
        text_part(lowered),
        json!({ "url": red_flags::LOWERED_BY, "valueReference": { "reference": lowered.by.as_str() } }),
        json!({ "url": red_flags::LOWERED_AT, "valueInstant": instant(lowered.at) }),
    ];
    let parts: Vec<Value> = kept.cloned().chain(said).collect();
    set_extension(resource, RED_FLAGS, json!({ "url": RED_FLAGS, "extension": parts }))
}

/// Code of [`BUSINESS_STATUS_SYSTEM`].
fn waiting_for(what: WaitingFor) -> &'static str {
    match what {
        WaitingFor::Patient => business_status::WAITING_FOR_PATIENT,
        WaitingFor::Call => business_status::CALL,
        WaitingFor::Visit => business_status::VISIT,
    }
}

/// Whether a `businessStatus` has the code.
fn says(status: &Value, wanted: &str) -> bool {
    let codings = status.get("coding").and_then(Value::as_array).into_iter().flatten();
    let is = |coding: &Value, name: &str, text: &str| coding.get(name).and_then(Value::as_str) == Some(text);
    codings.into_iter().any(|coding| is(coding, "system", BUSINESS_STATUS_SYSTEM) && is(coding, "code", wanted))
}

fn names_pool(resource: &Value, pool: &str) -> bool {
    let (system, code) = system_and_code(pool);
    let kinds = resource.get("performerType").and_then(Value::as_array).into_iter().flatten();
    kinds.filter_map(|kind| kind.get("coding").and_then(Value::as_array)).flatten().any(|coding| {
        let is = |name: &str, text: &str| coding.get(name).and_then(Value::as_str) == Some(text);
        is("system", system) && is("code", code)
    })
}

/// Whether a `Reference` names `Type/id`, which the server may have made absolute or versioned.
pub(super) fn refers_to(reference: &Value, to: &str) -> bool {
    let Some(written) = reference.get("reference").and_then(Value::as_str) else { return false };
    written == to || Literal::wherever(written).is_some_and(|literal| literal.party().as_str() == to)
}

/// `add`: sets a member, or appends where the path ends in `-`.
pub(crate) fn add<const N: usize>(path: [&str; N], value: Value) -> PatchOperation {
    PatchOperation::Add(AddOperation { path: PointerBuf::from_tokens(path), value })
}

pub(super) fn remove<const N: usize>(path: [&str; N]) -> PatchOperation {
    PatchOperation::Remove(RemoveOperation { path: PointerBuf::from_tokens(path) })
}
