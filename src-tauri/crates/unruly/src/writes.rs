//! Writes that do other than they say: conditions ignored, ids refused, statuses replaced (5, 6, 10, 14).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::exchange::{Answer, Kind, Request};
use crate::payload::{Object, resource_type};
use crate::quirk::Quirk;
use crate::scene::{Scene, lock};
use crate::upstream::{Unanswered, Upstream};
use crate::versions::bare;

const IF_NONE_EXIST: &str = "if-none-exist";

/// Conditional creates on their way, by condition, with what the first of them found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Underway(Arc<Mutex<HashMap<String, (usize, Finding)>>>);

/// Whether something met a condition when the first create with it looked.
type Finding = Arc<OnceCell<bool>>;

/// A conditional create on its way; gone when dropped.
#[derive(Debug)]
pub(crate) struct Passage {
    underway: Underway,
    condition: String,
}

impl Underway {
    fn enter(&self, condition: String) -> (Passage, Finding) {
        let mut creates = lock(&self.0);
        let (count, finding) = creates.entry(condition.clone()).or_default();
        *count += 1;
        (Passage { underway: self.clone(), condition }, finding.clone())
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let mut creates = lock(&self.underway.0);
        if let Some((count, _)) = creates.get_mut(&self.condition) {
            *count -= 1;
            if *count == 0 {
                creates.remove(&self.condition);
            }
        }
    }
}

/// Strips what is ignored. The passage, where there is one, must outlive the answer.
pub(crate) async fn conditions(
    scene: &Scene<'_>,
    underway: &Underway,
    upstream: &Upstream,
    request: &mut Request,
) -> Result<Option<Passage>, Unanswered> {
    scene.play(Quirk::IfNoneMatchIgnored, || {
        let any = request.header("if-none-match").is_some_and(|tag| tag.trim() == "*");
        any && request.headers.remove(IF_NONE_MATCH).is_some()
    });
    scene.play(Quirk::IfNoneExistIgnored, || request.headers.remove(IF_NONE_EXIST).is_some());
    let Some(condition) = request.header(IF_NONE_EXIST).filter(|_| scene.on(Quirk::IfNoneExistNotAtomic)) else {
        return Ok(None);
    };
    // Look first, write later: whoever comes before the first has written finds what the first found.
    let search = format!("{}?{condition}", request.path);
    let (passage, finding) = underway.enter(search.clone());
    let found = *finding.get_or_try_init(|| any_match(upstream, request.sibling(&search))).await?;
    scene.play(Quirk::IfNoneExistNotAtomic, || !found && request.headers.remove(IF_NONE_EXIST).is_some());
    Ok(Some(passage))
}

async fn any_match(upstream: &Upstream, search: Request) -> Result<bool, Unanswered> {
    let mut answer = upstream.send(search).await?;
    let entries = answer.body.json().and_then(|bundle| bundle.get("entry")?.as_array());
    Ok(entries.is_some_and(|entries| !entries.is_empty()))
}

/// Refuses new ids, and replaces the status that a Communication is created with.
pub(crate) async fn creates(
    scene: &Scene<'_>,
    upstream: &Upstream,
    request: &mut Request,
) -> Result<Option<Answer>, Unanswered> {
    let interaction = scene.interaction;
    let concerns_status = scene.on(Quirk::StatusRewritten) && interaction.names("Communication");
    let creates = match interaction.kind {
        Kind::Create => true,
        Kind::Update if scene.on(Quirk::PutNewIdRefused) || concerns_status => {
            !upstream.send(request.sibling(&request.path)).await?.status.is_success()
        }
        _ => false,
    };
    if !creates {
        return Ok(None);
    }
    if interaction.is(Kind::Update) && scene.on(Quirk::PutNewIdRefused) {
        return Ok(Some(scene.refuse(Quirk::PutNewIdRefused, "not-found", "A new id is given by this server only")));
    }
    if let Some(status) = scene.quirks.text(Quirk::StatusRewritten).filter(|_| concerns_status) {
        scene.play(Quirk::StatusRewritten, || request.body.edit_resources(|resource| rewrite_status(resource, status)));
    }
    Ok(None)
}

fn rewrite_status(resource: &mut Object, status: &str) -> bool {
    resource_type(resource) == Some("Communication")
        && crate::payload::map_text(resource, "status", |sent| (sent != "entered-in-error").then(|| status.to_owned()))
}

/// Answers a PUT that changes nothing with the version that there is.
pub(crate) async fn unchanged(
    scene: &Scene<'_>,
    upstream: &Upstream,
    request: &mut Request,
) -> Result<Option<Answer>, Unanswered> {
    if !scene.interaction.is(Kind::Update) || !scene.on(Quirk::PutUnchangedKeepsVersion) {
        return Ok(None);
    }
    let mut current = upstream.send(request.sibling(&request.path)).await?;
    let honoured = match request.headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()) {
        Some(tag) => current.header("etag").is_some_and(|etag| bare(etag) == bare(tag)),
        None => true,
    };
    let same = current.status == StatusCode::OK
        && honoured
        && match (current.body.json(), request.body.json()) {
            (Some(current), Some(sent)) => timeless(current) == timeless(sent),
            _ => false,
        };
    if !same {
        return Ok(None);
    }
    scene.tally.note(Quirk::PutUnchangedKeepsVersion);
    current.headers.remove(CONTENT_LENGTH);
    Ok(Some(current))
}

/// A resource without what the server stamps.
fn timeless(resource: &Value) -> Value {
    let mut resource = resource.clone();
    if let Some(object) = resource.as_object_mut() {
        let empty = match object.get_mut("meta") {
            Some(Value::Object(meta)) => {
                meta.shift_remove("versionId");
                meta.shift_remove("lastUpdated");
                meta.is_empty()
            }
            _ => false,
        };
        if empty {
            object.shift_remove("meta");
        }
    }
    resource
}
