//! What is not taken: audit events, large bodies.

use chrono::{DateTime, Utc};
use serde_json::json;
use tern_inbox::party::PartyRef;
use uuid::Uuid;

use super::{Probe, is_done, only, singly};
use crate::{
    facts::{Ability, Finding},
    links::Base,
    write::{
        audit::{Deed, Entry, event},
        create::{Creating, New},
    },
};

/// A photograph's worth of base64: 1.2 MB.
const LARGE: usize = 1_200_000;

/// An AuditEvent about this very check. It stays: audit is not for deleting.
pub(super) fn audit(base: &Base, seed: Uuid, how: Creating, by: &PartyRef, at: DateTime<Utc>) -> Probe {
    let id = Uuid::new_v5(&seed, b"audit").to_string();
    let entry = Entry { id: &id, deed: Deed::Check, at, by, what: None, patient: None };
    let request = event(&entry).ok().map(|new| new.request(singly(how)));
    Probe::new("audit", base).then(move |_, _| request.into_iter().collect()).then(|answers, notes| {
        match only(answers) {
            Some(response) if is_done(response) => notes.learn(Finding::Audit(Ability::Proven)),
            Some(response) if matches!(response.status, 400 | 403 | 404 | 405 | 422 | 501) => {
                notes.learn(Finding::Audit(Ability::Missing));
            }
            _ => {}
        }
        Vec::new()
    })
}

/// A Binary larger than a megabyte.
pub(super) fn body(base: &Base, seed: Uuid, how: Creating) -> Probe {
    let json = json!({ "resourceType": "Binary", "contentType": "text/plain", "data": "AAAA".repeat(LARGE / 4) });
    let id = Uuid::new_v5(&seed, b"a large body").to_string();
    let request = New { resource_type: "Binary", id, identity: None, json }.request(singly(how));
    let sent = request.clone();
    Probe::new("large bodies", base).then(move |_, _| vec![request]).then(move |answers, notes| {
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
