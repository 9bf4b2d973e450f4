//! Does a transaction roll back? An advertised one is not proof.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Probe, changing::NO_VERSION, is_done, is_refused, nobodys, only, reading, singly};
use crate::{
    exchange::{FHIR_JSON, Method, Request},
    facts::{Finding, Transaction},
    links::Base,
    read::{self, Written},
    search,
    write::{
        create::Creating,
        transaction::{self, Part},
    },
};

/// A search that would find the half that must not be there looks once more after this.
const LOOK_AGAIN: Duration = Duration::from_millis(2_000);

/// A transaction whose second entry must fail: an update under a version that the resource doesn't have, which
/// is what the loser of a race sends. Then a good one, to tell *rolls back* from *knows none*.
pub(super) fn transaction(base: &Base, seed: Uuid, how: Creating) -> Probe {
    let how = singly(how);
    let subject = nobodys(seed, "what the bad half changes").request(how);
    let half = nobodys(seed, "the good half");
    let look = search::by_identity("Communication", &format!("urn:uuid:{}", half.id));
    let part = Part::Create { new: half, how };
    let whole = nobodys(seed, "a good transaction");
    let good = transaction::request(&[Part::Create { new: whole, how }]);
    let (look_again, first) = (look.clone(), subject.clone());
    Probe::new("transaction", base)
        .then(move |_, _| vec![first])
        .then(move |answers, notes| {
            let Some(response) = only(answers).filter(|response| is_done(response)) else { return Vec::new() };
            notes.subject = notes.keep(&subject, response);
            let bad = notes.subject.as_deref().map(|path| with_a_stale_entry(&part, path, seed));
            bad.into_iter().collect()
        })
        .then(move |answers, notes| match only(answers) {
            Some(response) if is_done(response) => {
                let entries = read::transaction(response, &reading(Some(&notes.base))).unwrap_or_default();
                let done = entries.into_iter().filter(Written::is_done).filter_map(|one| one.server_id);
                notes.made.extend(done.map(|id| format!("Communication/{id}")));
                // Answered as a success with a failure inside, or the stale entry was taken.
                notes.learn(Finding::Transaction(Transaction::HalfDone));
                vec![look]
            }
            // Refused as a whole: 500 and the like say nothing.
            Some(response) if (400..500).contains(&response.status) || response.status == 501 => vec![look],
            _ => Vec::new(),
        })
        .after(LOOK_AGAIN, move |answers, notes| {
            only(answers).and_then(|response| notes.rows(response));
            if notes.findings.is_empty() { vec![look_again] } else { Vec::new() }
        })
        .then(move |answers, notes| {
            only(answers).and_then(|response| notes.rows(response));
            if notes.made.iter().any(|path| Some(path) != notes.subject.as_ref()) {
                notes.learn(Finding::Transaction(Transaction::HalfDone));
                return Vec::new();
            }
            vec![good]
        })
        .then(|answers, notes| {
            let Some(response) = only(answers) else { return Vec::new() };
            match read::transaction(response, &reading(Some(&notes.base))) {
                Ok(entries) if is_done(response) => {
                    let all = !entries.is_empty() && entries.iter().all(Written::is_done);
                    let ids = entries.into_iter().filter_map(|one| one.server_id);
                    notes.made.extend(ids.map(|id| format!("Communication/{id}")));
                    let seen = if all { Transaction::RollsBack } else { Transaction::Missing };
                    notes.learn(Finding::Transaction(seen));
                }
                _ if is_refused(response) => notes.learn(Finding::Transaction(Transaction::Missing)),
                _ => {}
            }
            Vec::new()
        })
}

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
