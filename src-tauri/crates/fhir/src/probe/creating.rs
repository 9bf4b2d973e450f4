//! Probes of creating once.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Answers, LOOKS, Notes, Probe, is_done, looked_for, nobodys, only, singly};
use crate::{
    answer::{self, ReadAnswer},
    exchange::{Method, Request, Response},
    facts::{Ability, ConditionalCreate, DeletedAs, EtagForm, Finding},
    links::Base,
    read, search,
    write::create::{Creating, New},
};

/// Conditional creates sent side by side: on servers where the condition isn't atomic, 3 to 16 of 16 are stored.
const SIDE_BY_SIDE: usize = 8;

/// PUT with an id that doesn't exist yet; then how the server speaks of what was deleted.
pub(super) fn own_ids(base: &Base, seed: Uuid) -> Probe {
    let new = nobodys(seed, "own id");
    let create = new.request(Creating::OwnId);
    let path = create.path.clone();
    let (first, delete, read) =
        (create.clone(), Request::new(Method::Delete, path.clone()), search::read("Communication", &new.id));
    Probe::new("own ids", base)
        .then(move |_, _| vec![first])
        .then(move |answers, notes| {
            let Some(response) = only(answers) else { return Vec::new() };
            match response.status {
                200 | 201 => {
                    notes.keep(&create, response);
                    notes.learn(Finding::OwnIds(Ability::Proven));
                    notes.learn(Finding::Etag(EtagForm::of(response.etag.as_deref())));
                    vec![delete]
                }
                400 | 404 | 405 | 422 | 501 => {
                    notes.learn(Finding::OwnIds(Ability::Missing));
                    Vec::new()
                }
                _ => Vec::new(),
            }
        })
        .then(move |answers, _| if only(answers).is_some_and(is_done) { vec![read] } else { Vec::new() })
        .then(|answers, notes| {
            let seen = only(answers).and_then(|response| match response.status {
                410 => Some(DeletedAs::Gone),
                404 => Some(DeletedAs::NotFound),
                // Unless the resource itself is still there.
                200 if answer::to_read(response) == ReadAnswer::Gone => Some(DeletedAs::Ok),
                _ => None,
            });
            if let Some(seen) = seen {
                notes.learn(Finding::DeletedAs(seen));
                notes.made.clear();
            }
            Vec::new()
        })
}

/// Whether a search by identifier finds what was just written, and how long after.
pub(super) fn found_again(base: &Base, seed: Uuid, how: Creating) -> Probe {
    let new = nobodys(seed, "found again");
    let create = new.request(singly(how));
    let (identity, look) = looked_for(&new);
    let first = create.clone();
    let mut probe = Probe::new("found again", base).then(move |_, _| vec![first]);
    let mut create = Some(create);
    for wait in LOOKS {
        let (look, create, identity) = (look.clone(), create.take(), identity.clone());
        probe = probe.after(wait, move |answers, notes| {
            if let Some(create) = create {
                let kept = only(answers).filter(|response| is_done(response)).and_then(|r| notes.keep(&create, r));
                if kept.is_none() {
                    return Vec::new();
                }
            } else if was_found(answers, &identity, notes) {
                return Vec::new();
            }
            notes.waited += u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            vec![look]
        });
    }
    probe.then(move |answers, notes| {
        if !was_found(answers, &identity, notes) && only(answers).is_some_and(is_done) {
            notes.learn(Finding::IdentifierSearch(Ability::Missing));
        }
        Vec::new()
    })
}

/// Notes a row found, and how late. Among everybody's it proves no search.
fn was_found(answers: Answers<'_>, identity: &str, notes: &mut Notes) -> bool {
    let all = only(answers).and_then(|response| read::stamps(response, &super::reading(&notes.base)).ok());
    let rows = only(answers).and_then(|response| notes.rows(response, identity)).unwrap_or_default();
    let found = !rows.is_empty();
    if found {
        let alone = all.is_some_and(|all| all.rows.len() + all.unreadable == rows.len());
        notes.learn(Finding::IdentifierSearch(if alone { Ability::Proven } else { Ability::Missing }));
        if notes.waited > 0 {
            notes.learn(Finding::LateBy(notes.waited));
        }
    }
    found
}

/// `If-None-Exist`, side by side.
pub(super) fn conditional(base: &Base, seed: Uuid) -> Probe {
    let new = nobodys(seed, "conditional create");
    racing("conditional create", base, &new, Creating::Conditional, Finding::ConditionalCreate)
}

/// `ifNoneExist` inside transactions, side by side.
pub(super) fn conditional_in_transaction(base: &Base, seed: Uuid) -> Probe {
    let new = nobodys(seed, "conditional create in a transaction");
    let name = "conditional create in a transaction";
    racing(name, base, &new, Creating::InTransaction, Finding::ConditionalInTransaction)
}

/// Several of the same side by side, then one more: one stored is atomic; one more stored by the last alone
/// means that the condition isn't looked at.
fn racing(
    name: &'static str,
    base: &Base,
    new: &New,
    how: Creating,
    finding: impl FnOnce(ConditionalCreate) -> Finding + Send + 'static,
) -> Probe {
    let request = new.request(how);
    let (identity, look) = looked_for(new);
    let (race, once_more) = (vec![request.clone(); SIDE_BY_SIDE], request.clone());
    let (look_again, carried) = (look.clone(), identity.clone());
    let (raced, last) = (request.clone(), request);
    Probe::new(name, base)
        .then(move |_, _| race)
        .then(move |answers, notes| {
            let stored = stored(answers, &raced, notes);
            if stored.is_empty() && !answers.iter().flatten().any(is_done) {
                return Vec::new();
            }
            vec![look]
        })
        .then(move |answers, notes| {
            only(answers).and_then(|response| notes.rows(response, &identity));
            vec![once_more]
        })
        .then(move |answers, notes| {
            let before: BTreeSet<_> = notes.made.iter().cloned().collect();
            notes.waited = before.len() as u64;
            stored(answers, &last, notes);
            vec![look_again]
        })
        .then(move |answers, notes| {
            only(answers).and_then(|response| notes.rows(response, &carried));
            let before = usize::try_from(notes.waited).unwrap_or(usize::MAX);
            let now = notes.made.iter().collect::<BTreeSet<_>>().len();
            match (before, now) {
                (_, 0) => {}
                (1, 1) => notes.learn(finding(ConditionalCreate::Atomic)),
                (before, now) if now > before => notes.learn(finding(ConditionalCreate::Ignored)),
                _ => notes.learn(finding(ConditionalCreate::NotAtomic)),
            }
            Vec::new()
        })
}

/// What the answers say was stored.
fn stored(answers: Answers<'_>, request: &Request, notes: &mut Notes) -> BTreeSet<String> {
    let done: Vec<&Response> = answers.iter().flatten().filter(|response| is_done(response)).collect();
    let paths: Vec<String> = if request.path.is_empty() {
        let base = notes.base.clone();
        let entries = |response: &&Response| crate::read::transaction(response, &base).ok();
        let ids = done.iter().filter_map(entries).flatten().filter(|one| one.is_done()).filter_map(|one| one.server_id);
        ids.map(|id| format!("Communication/{id}")).collect()
    } else {
        let ids = done.iter().filter_map(|response| answer::stored(request, response, &notes.base));
        ids.map(|one| format!("Communication/{}", one.server_id)).collect()
    };
    notes.made.extend(paths.iter().cloned());
    paths.into_iter().collect()
}
