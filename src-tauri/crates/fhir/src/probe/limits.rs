//! What is not taken: audit events, large bodies.

use chrono::{DateTime, Utc};
use serde_json::json;
use tern_inbox::party::PartyRef;
use uuid::Uuid;

use super::{Probe, is_done, only, singly};
use crate::{
    exchange::{Request, Response},
    facts::{Ability, Finding},
    links::Base,
    write::{
        audit::{Deed, Entry, event},
        create::{Creating, New},
    },
};

/// A photograph's worth of base64: 1.2 MB.
const LARGE: usize = 1_200_000;

/// An AuditEvent about this very check, with our own id or else by POST. It stays: audit is not for deleting.
pub(super) fn audit(base: &Base, seed: Uuid, how: Creating, by: &PartyRef, at: DateTime<Utc>) -> Probe {
    let id = Uuid::new_v5(&seed, b"audit").to_string();
    let entry = Entry { id: &id, deed: Deed::Check, at, by, what: None, patient: None };
    let new = event(&entry).ok();
    let put = new.as_ref().filter(|_| how == Creating::OwnId).map(|new| new.request(Creating::OwnId));
    let post = new.map(|new| new.request(Creating::Conditional));
    let mut probe = Probe::new("audit", base);
    if let Some(put) = put {
        probe = probe.then(move |_, _| vec![put]);
    }
    probe
        .then(move |answers, notes| match only(answers) {
            Some(response) if is_done(response) => {
                notes.learn(Finding::AuditOwnIds(Ability::Proven));
                notes.learn(Finding::Audit(Ability::Proven));
                Vec::new()
            }
            Some(response) if is_not_taken(response) => {
                notes.learn(Finding::AuditOwnIds(Ability::Missing));
                post.into_iter().collect()
            }
            Some(_) => Vec::new(),
            // Nothing was asked yet, or no answer came: the POST tells.
            None => post.into_iter().collect(),
        })
        .then(|answers, notes| {
            match only(answers) {
                Some(response) if is_done(response) => notes.learn(Finding::Audit(Ability::Proven)),
                Some(response) if is_not_taken(response) => notes.learn(Finding::Audit(Ability::Missing)),
                _ => {}
            }
            Vec::new()
        })
}

fn is_not_taken(response: &Response) -> bool {
    matches!(response.status, 400 | 403 | 404 | 405 | 422 | 501)
}

/// A Binary larger than a megabyte.
pub(super) fn body(base: &Base, seed: Uuid, how: Creating) -> Probe {
    let id = Uuid::new_v5(&seed, b"a large body").to_string();
    let asked = id.clone();
    Probe::new("large bodies", base).then(move |_, _| vec![large(&asked, how)]).then(move |answers, notes| {
        let sent = large(&id, how);
        match only(answers) {
            Some(response) if is_done(response) => {
                notes.keep(&sent, response);
            }
            Some(response) if response.status == 413 => {
                let bytes = sent.body.as_ref().map_or(0, |body| body.bytes.len() as u64);
                notes.learn(Finding::BodyLimit(bytes));
            }
            _ => {}
        }
        Vec::new()
    })
}

fn large(id: &str, how: Creating) -> Request {
    let json = json!({ "resourceType": "Binary", "contentType": "text/plain", "data": "AAAA".repeat(LARGE / 4) });
    // Nobody needs it back.
    New { resource_type: "Binary", id: id.to_owned(), identity: None, json }
        .request(singly(how))
        .prefer("return=minimal")
}
