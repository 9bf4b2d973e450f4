//! What the check has made, so that it can be tidied away whatever happens in between.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tern_fhir::{
    exchange::{Method, Request},
    facts::ServerFacts,
    outcome::{self, Said},
    write::{create::New, edit::Edit},
};
use tokio::task::JoinSet;

use super::ask::{Asking, Copies, Failed, entries, link};

/// Rounds of deleting: what another resource still refers to goes only after that, and an answer may be lost.
const ROUNDS: usize = 4;

/// Pages looked through for what nobody noted.
const PAGES: usize = 5;

/// What was made.
#[derive(Default)]
pub(super) struct Ledger {
    entries: Mutex<Vec<Entry>>,
    perhaps_more: AtomicBool,
}

/// One of them: known by its place, or so far only by what it was to become.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    resource_type: String,
    identity: Option<String>,
    path: Option<String>,
}

/// What is left, when all was tried.
#[derive(Default)]
pub(super) struct Left {
    /// Marked as entered in error instead of deleted.
    pub(super) retracted: Vec<String>,
    /// There as it was.
    pub(super) untouched: Vec<String>,
    /// Perhaps there, under a name that nobody was told.
    pub(super) unnamed: bool,
}

impl Ledger {
    /// Something is about to be made: its answer may be lost.
    pub(super) fn expect(&self, resource_type: &str, identity: &str) {
        let identity = Some(identity.to_owned());
        self.entries().push(Entry { resource_type: resource_type.to_owned(), identity, path: None });
    }

    /// It is there.
    pub(super) fn note(&self, path: &str, identity: Option<&str>) {
        let mut entries = self.entries();
        if entries.iter().any(|entry| entry.path.as_deref() == Some(path)) {
            return;
        }
        let awaited = |entry: &&mut Entry| entry.path.is_none() && entry.identity.as_deref() == identity;
        if let Some(entry) = entries.iter_mut().find(awaited) {
            entry.path = Some(path.to_owned());
            return;
        }
        entries.push(Entry {
            resource_type: path.split('/').next().unwrap_or_default().to_owned(),
            identity: identity.map(str::to_owned),
            path: Some(path.to_owned()),
        });
    }

    /// Whether the check made it.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.entries().iter().any(|entry| entry.path.as_deref() == Some(path))
    }

    /// Makes something and notes it.
    pub(super) async fn create(&self, asking: &Asking, new: &New, facts: &ServerFacts) -> Result<String, Failed> {
        if let Some(identity) = &new.identity {
            self.expect(new.resource_type, identity);
        }
        let created = asking.create(new, facts).await?;
        self.note(&created.path, new.identity.as_deref());
        if created.copies == Copies::PerhapsMore {
            self.perhaps_more.store(true, Ordering::SeqCst);
        }
        Ok(created.path)
    }

    /// Deletes everything, the latest first; what can't be deleted is marked as entered in error.
    pub(super) async fn tidy(&self, asking: &Asking, facts: &ServerFacts) -> Left {
        let mut there = Vec::new();
        let made = self.entries().clone();
        for entry in made {
            match (entry.path, entry.identity) {
                (Some(path), _) => there.push(path),
                (None, Some(identity)) => {
                    let found = asking.carrying(&entry.resource_type, &identity).await.unwrap_or_default();
                    there.extend(found.into_iter().map(|row| row.path));
                }
                (None, None) => {}
            }
        }
        for _ in 0..ROUNDS {
            there = delete(asking, there).await;
            if there.is_empty() {
                break;
            }
            asking.look_again().await;
        }
        let mut left = Left { unnamed: self.perhaps_more.load(Ordering::SeqCst), ..Left::default() };
        for path in there {
            match asking.edit(&path, &Edit::Retract, facts).await {
                Ok(()) => left.retracted.push(path),
                Err(_) => left.untouched.push(path),
            }
        }
        left
    }

    /// Notes what carries the tag of a check, is entered in error and nobody's: made by a probe whose answer was
    /// lost.
    pub(super) async fn sweep(&self, asking: &Asking) {
        let tag = format!("{}|{}", tern_fhir::vocabulary::TAG_SYSTEM, tern_fhir::vocabulary::CHECK);
        let mut next = Some(Request::get("Communication").with("_tag", tag).with("status", "entered-in-error"));
        for _ in 0..PAGES {
            let Some(request) = next.take() else { return };
            let Ok(response) = asking.read(&request).await else { return };
            let page: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
            for row in entries(&page).filter(|row| is_nobodys(row)) {
                if let Some(id) = row.get("id").and_then(serde_json::Value::as_str) {
                    self.note(&format!("Communication/{id}"), None);
                }
            }
            next = link(&page, "next").and_then(|link| asking.line.server.relative(link));
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes what can be deleted now; what is left.
async fn delete(asking: &Asking, paths: Vec<String>) -> Vec<String> {
    let mut deleting = JoinSet::new();
    for (place, path) in paths.into_iter().enumerate().rev() {
        let asking = asking.clone();
        deleting.spawn(async move {
            let answer = asking.line.send(Request::new(Method::Delete, path.clone())).await;
            let gone = answer.is_ok_and(|answer| {
                // A page for people is nobody's answer to a delete, whatever its status.
                let page = outcome::said(&answer.body, answer.content_type.as_deref()) == Said::Html;
                matches!(answer.status, 200..=299 | 404 | 410) && !page
            });
            (place, path, gone)
        });
    }
    let mut left = Vec::new();
    while let Some(one) = deleting.join_next().await {
        if let Ok((place, path, false)) = one {
            left.push((place, path));
        }
    }
    left.sort();
    left.into_iter().map(|(_, path)| path).collect()
}

/// Tagged, entered in error, and without text, patient or reader.
fn is_nobodys(row: &serde_json::Value) -> bool {
    let tags = row.pointer("/meta/tag").and_then(serde_json::Value::as_array).into_iter().flatten();
    let of_a_check = tags
        .filter_map(|tag| tag.get("code").and_then(serde_json::Value::as_str))
        .any(|code| code == tern_fhir::vocabulary::CHECK);
    let bare = ["subject", "payload", "recipient", "sender", "partOf"].iter().all(|name| row.get(*name).is_none());
    of_a_check && bare && row.get("status").and_then(serde_json::Value::as_str) == Some("entered-in-error")
}
