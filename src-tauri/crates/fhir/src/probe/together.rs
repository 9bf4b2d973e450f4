//! Does a transaction roll back? An advertised one is not proof.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Answers, LOOKS, Notes, Probe, changing::NO_VERSION, is_done, is_refused, looked_for, nobodys, only, singly,
};
use crate::{
    exchange::{FHIR_JSON, Method, Request},
    facts::{Finding, Transaction},
    links::Base,
    read::{self, Written},
    write::{
        create::Creating,
        transaction::{self, Part},
    },
};

/// A transaction whose second entry must fail: an update under a version that the resource doesn't have, which
/// is what the loser of a race sends. Then a good one, to tell *rolls back* from *knows none*; and once a search
/// finds what that one wrote, it would find the half that was written before it.
pub(super) fn transaction(base: &Base, seed: Uuid, how: Creating) -> Probe {
    let how = singly(how);
    let subject = nobodys(seed, "what the bad half changes").request(how);
    let (half, whole) = (nobodys(seed, "the good half"), nobodys(seed, "a good transaction"));
    let ((half_identity, look_for_half), (marker, look_for_marker)) = (looked_for(&half), looked_for(&whole));
    let part = Part::Create { new: half, how };
    let good = transaction::request(&[Part::Create { new: whole, how }]);
    let (first, again) = (subject.clone(), look_for_marker.clone());
    let mut probe = Probe::new("transaction", base)
        .then(move |_, _| vec![first])
        .then(move |answers, notes| {
            let Some(response) = only(answers).filter(|response| is_done(response)) else { return Vec::new() };
            notes.subject = notes.keep(&subject, response);
            let bad = notes.subject.as_deref().map(|path| with_a_stale_entry(&part, path, seed));
            bad.into_iter().collect()
        })
        .then(move |answers, notes| match only(answers) {
            Some(response) if is_done(response) => {
                let entries = read::transaction(response, &notes.base).unwrap_or_default();
                let done = entries.into_iter().filter(Written::is_done).filter_map(|one| one.server_id);
                notes.made.extend(done.map(|id| format!("Communication/{id}")));
                // Answered as a success with a failure inside, or the stale entry was taken.
                notes.learn(Finding::Transaction(Transaction::HalfDone));
                Vec::new()
            }
            // Refused as a whole: 500 and the like say nothing.
            Some(response) if (400..500).contains(&response.status) || response.status == 501 => vec![good],
            _ => Vec::new(),
        })
        .then(move |answers, notes| {
            let Some(response) = only(answers) else { return Vec::new() };
            match read::transaction(response, &notes.base) {
                Ok(entries) if is_done(response) => {
                    let all = !entries.is_empty() && entries.iter().all(Written::is_done);
                    let ids = entries.into_iter().filter_map(|one| one.server_id);
                    notes.made.extend(ids.map(|id| format!("Communication/{id}")));
                    // Until the half is found.
                    let seen = if all { Transaction::RollsBack } else { Transaction::Missing };
                    notes.learn(Finding::Transaction(seen));
                    if all { vec![again] } else { Vec::new() }
                }
                _ if is_refused(response) => {
                    notes.learn(Finding::Transaction(Transaction::Missing));
                    Vec::new()
                }
                _ => Vec::new(),
            }
        });
    let half_is_there = move |answers: Answers<'_>, notes: &mut Notes| {
        let rows = only(answers).and_then(|response| notes.rows(response, &half_identity)).unwrap_or_default();
        if !rows.is_empty() {
            notes.learn(Finding::Transaction(Transaction::HalfDone));
        }
    };
    for wait in LOOKS.into_iter().skip(1) {
        let (look_for_half, look_for_marker) = (look_for_half.clone(), look_for_marker.clone());
        let (marker, half_is_there) = (marker.clone(), half_is_there.clone());
        probe = probe.after(wait, move |answers, notes| {
            if notes.version.as_deref() == Some(SEEN) {
                half_is_there(answers, notes);
                return Vec::new();
            }
            let rows = only(answers).and_then(|response| notes.rows(response, &marker)).unwrap_or_default();
            if rows.is_empty() {
                return vec![look_for_marker];
            }
            notes.version = Some(SEEN.to_owned());
            vec![look_for_half]
        });
    }
    // Never found: then the half is looked for all the same, as well as that server can.
    let (last, last_look) = (half_is_there.clone(), look_for_half);
    probe
        .then(move |answers, notes| {
            if notes.version.as_deref() == Some(SEEN) {
                last(answers, notes);
                return Vec::new();
            }
            vec![last_look]
        })
        .then(move |answers, notes| {
            half_is_there(answers, notes);
            Vec::new()
        })
}

/// The marker is visible: what was written before it is, too.
const SEEN: &str = "seen";

/// A good entry, and one that must fail.
fn with_a_stale_entry(good: &Part, path: &str, seed: Uuid) -> Request {
    let request = transaction::request(std::slice::from_ref(good));
    let sent = request.body.as_ref().and_then(|body| serde_json::from_slice::<Value>(&body.bytes).ok());
    let mut bundle = sent.unwrap_or_default();
    let mut resource = nobodys(seed, "what the bad half changes").json;
    resource["id"] = json!(path.rsplit('/').next());
    resource["topic"] = json!({ "text": "a stale version" });
    if let Some(entries) = bundle.get_mut("entry").and_then(Value::as_array_mut) {
        let request = json!({ "method": "PUT", "url": path, "ifMatch": format!("W/\"{NO_VERSION}\"") });
        entries.push(json!({ "resource": resource, "request": request }));
    }
    Request::new(Method::Post, "").with_body(FHIR_JSON, bundle.to_string().into_bytes())
}
