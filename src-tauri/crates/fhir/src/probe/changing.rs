//! Probes of changing under a version: is the guard one?

use json_patch::{Patch, PatchOperation};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Probe, is_conflict, is_done, is_refused, nobodys, only, singly};
use crate::{
    exchange::{FHIR_JSON, Method, Request, Response},
    facts::{Ability, Finding},
    links::Base,
    version,
    write::{change::patch as guarded, create::Creating, edit::add},
};

/// A version that no resource of ours ever gets, and that a server which counts its versions can read.
pub(super) const NO_VERSION: &str = "999999";

/// PUT with a stale `If-Match`: refused, or the last writer wins.
pub(super) fn put(base: &Base, seed: Uuid, how: Creating) -> Probe {
    made("PUT with If-Match", base, seed, how)
        .then(|answers, notes| {
            // Changed, so that there is an older version to name.
            let Some(request) = only(answers).and_then(|read| put_of(read, read.etag.clone(), "changed once")) else {
                return Vec::new();
            };
            notes.version = only(answers).and_then(own_etag);
            if notes.version.is_none() {
                // A server without versions guards nothing.
                notes.learn(Finding::PutIfMatch(Ability::Missing));
                return Vec::new();
            }
            vec![request]
        })
        .then(|answers, notes| {
            let (Some(changed), Some(path)) = (only(answers), notes.subject.clone()) else { return Vec::new() };
            if is_done(changed) { vec![Request::get(path)] } else { Vec::new() }
        })
        .then(|answers, notes| {
            let stale = notes.version.clone();
            let Some(read) = only(answers).filter(|read| own_etag(read) != stale) else { return Vec::new() };
            stale.and_then(|stale| put_of(read, Some(stale), "changed twice")).into_iter().collect()
        })
        .then(|answers, notes| {
            match only(answers) {
                Some(response) if is_conflict(response) => notes.learn(Finding::PutIfMatch(Ability::Proven)),
                Some(response) if is_done(response) => notes.learn(Finding::PutIfMatch(Ability::Missing)),
                _ => {}
            }
            Vec::new()
        })
}

/// JSON Patch: a `test` that must fail, an `If-Match` that must, both as they should be, and the header alone.
pub(super) fn patch(base: &Base, seed: Uuid, how: Creating) -> Probe {
    made("JSON Patch", base, Uuid::new_v5(&seed, b"patch"), how)
        .then(|answers, notes| {
            if !only(answers).is_some_and(is_done) {
                return Vec::new();
            }
            let guard = Some(json!(NO_VERSION));
            notes.subject.clone().map(|path| guarded(path, None, guard, topic("a failed test"))).into_iter().collect()
        })
        .then(|answers, notes| {
            let (Some(response), Some(path)) = (only(answers), notes.subject.clone()) else { return Vec::new() };
            match response.status {
                404 | 405 | 415 | 501 => {
                    notes.learn(Finding::Patch(Ability::Missing));
                    return Vec::new();
                }
                400 | 409 | 412 | 422 => notes.learn(Finding::FailedTest(response.status)),
                // A test that fails and is done nevertheless guards nothing: no patches here.
                _ if is_done(response) => {
                    notes.learn(Finding::Patch(Ability::Missing));
                    return Vec::new();
                }
                _ => return Vec::new(),
            }
            let stale = Some(format!("W/\"{NO_VERSION}\""));
            vec![guarded(path, stale, None, topic("a stale version"))]
        })
        .then(|answers, notes| {
            match only(answers) {
                Some(response) if is_done(response) => notes.learn(Finding::PatchIfMatch(Ability::Missing)),
                Some(response) if is_conflict(response) => notes.learn(Finding::PatchIfMatch(Ability::Proven)),
                _ => {}
            }
            notes.subject.clone().map(Request::get).into_iter().collect()
        })
        .then(|answers, notes| {
            let (Some(read), Some(path)) = (only(answers).filter(|read| is_done(read)), notes.subject.clone()) else {
                return Vec::new();
            };
            let json: Option<Value> = serde_json::from_slice(&read.body).ok();
            let guard = json.as_ref().and_then(|json| json.pointer("/meta/versionId")).cloned();
            vec![guarded(path, own_etag(read), guard, topic("as it should be"))]
        })
        .then(|answers, notes| {
            let Some(response) = only(answers) else { return Vec::new() };
            if is_done(response) {
                notes.learn(Finding::PatchTestsVersion(Ability::Proven));
                notes.learn(Finding::Patch(Ability::Proven));
                return Vec::new();
            }
            if !is_refused(response) && !is_conflict(response) {
                return Vec::new();
            }
            notes.learn(Finding::PatchTestsVersion(Ability::Missing));
            notes.subject.clone().map(Request::get).into_iter().collect()
        })
        .then(|answers, notes| {
            let etag = only(answers).filter(|read| is_done(read)).and_then(own_etag);
            let path = notes.subject.clone().filter(|_| etag.is_some());
            path.map(|path| guarded(path, etag, None, topic("by its header alone"))).into_iter().collect()
        })
        .then(|answers, notes| {
            match only(answers) {
                Some(response) if is_done(response) => notes.learn(Finding::Patch(Ability::Proven)),
                Some(response) if is_refused(response) => notes.learn(Finding::Patch(Ability::Missing)),
                _ => {}
            }
            Vec::new()
        })
}

/// Makes a resource to work on and reads it.
fn made(name: &'static str, base: &Base, seed: Uuid, how: Creating) -> Probe {
    let create = nobodys(seed, name).request(singly(how));
    let first = create.clone();
    Probe::new(name, base).then(move |_, _| vec![first]).then(move |answers, notes| {
        let Some(response) = only(answers).filter(|response| is_done(response)) else { return Vec::new() };
        notes.subject = notes.keep(&create, response);
        notes.subject.clone().map(Request::get).into_iter().collect()
    })
}

/// What `If-Match` would be told of what was read.
fn own_etag(read: &Response) -> Option<String> {
    let json: Option<Value> = serde_json::from_slice(&read.body).ok();
    let named = json.as_ref().and_then(|json| json.pointer("/meta/versionId")).and_then(Value::as_str);
    version::if_match(read.etag.as_deref(), named.unwrap_or_default())
}

/// The resource as read, with another topic.
fn put_of(read: &Response, if_match: Option<String>, words: &str) -> Option<Request> {
    let mut json: Value = serde_json::from_slice(&read.body).ok()?;
    let path = format!("{}/{}", json.get("resourceType")?.as_str()?, json.get("id")?.as_str()?);
    json_patch::patch(&mut json, &Patch(topic(words))).ok()?;
    let if_match = if_match.or_else(|| own_etag(read));
    Some(Request::new(Method::Put, path).if_match(if_match).with_body(FHIR_JSON, json.to_string().into_bytes()))
}

fn topic(words: &str) -> Vec<PatchOperation> {
    vec![add(["topic"], json!({ "text": words }))]
}
