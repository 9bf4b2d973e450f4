//! Rows that become visible late, and reads from a snapshot that is behind (16).
//!
//! *Late-visible* is an index that lags: searches leave out what was written less than so many milliseconds ago;
//! a read by id finds it at once.
//!
//! *Stale reads* is a replica that lags: nothing that was written in the last so many milliseconds can be seen
//! by any read or search, not even by who wrote it. An answer given within that time is given again word for word
//! (which also shows rows that no longer match); a resource that changed since is shown in the version before,
//! from the upstream's history, or not at all where there is none. A version read by number is always the truth:
//! versions don't change.
//!
//! Ages are taken from `lastUpdated`, by the upstream's clock where its `Date` differs from ours by more than a
//! second's rounding.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::{Method, StatusCode};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use crate::exchange::{Answer, Kind, Request};
use crate::payload::Payload;
use crate::query;
use crate::quirk::Quirk;
use crate::scene::{Scene, lock};
use crate::time::last_updated;
use crate::upstream::{Unanswered, Upstream};

/// Answers given lately, by who asked for what.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Mutex<HashMap<String, (DateTime<Utc>, Answer)>>);

impl Snapshots {
    /// Forgets every answer: other quirks are in force.
    pub(crate) fn forget(&self) {
        lock(&self.0).clear();
    }

    /// The answer that was given to this question within the lag.
    pub(crate) fn recall(&self, scene: &Scene<'_>, now: DateTime<Utc>, request: &Request) -> Option<Answer> {
        let lag = stale_lag(scene)?;
        let mut answers = lock(&self.0);
        answers.retain(|_, (given, _)| now - *given < lag);
        let (_, answer) = answers.get(&question(scene, request)?)?;
        scene.tally.note(Quirk::StaleReads);
        Some(answer.clone())
    }

    /// Keeps an answer to be given again.
    pub(crate) fn keep(&self, scene: &Scene<'_>, now: DateTime<Utc>, request: &Request, answer: &Answer) {
        if stale_lag(scene).is_some()
            && let Some(question) = question(scene, request)
        {
            lock(&self.0).entry(question).or_insert_with(|| (now, answer.clone()));
        }
    }
}

fn question(scene: &Scene<'_>, request: &Request) -> Option<String> {
    let reads = matches!(scene.interaction.kind, Kind::Read | Kind::Search | Kind::History);
    (reads && request.method == Method::GET).then(|| {
        let person = request.header("authorization").unwrap_or_default();
        format!("{person} {}", query::join(&request.path, &request.query))
    })
}

fn stale_lag(scene: &Scene<'_>) -> Option<Duration> {
    scene.quirks.number(Quirk::StaleReads).and_then(milliseconds)
}

fn milliseconds(number: u64) -> Option<Duration> {
    Duration::try_milliseconds(i64::try_from(number).ok()?)
}

/// Hides what is too new to be seen.
pub(crate) async fn response(
    scene: &Scene<'_>,
    upstream: &Upstream,
    now: DateTime<Utc>,
    request: &Request,
    answer: &mut Answer,
) -> Result<(), Unanswered> {
    if !answer.status.is_success() {
        return Ok(());
    }
    let now = by_upstream_clock(now, answer);
    if let Some(lag) = scene.quirks.number(Quirk::LateVisible).and_then(milliseconds)
        && matches!(scene.interaction.kind, Kind::Search | Kind::History)
    {
        let visible = now - lag;
        scene.play(Quirk::LateVisible, || hide(&mut answer.body, |resource| !newer(resource, visible)));
    }
    if let Some(lag) = stale_lag(scene) {
        let cutoff = now - lag;
        match scene.interaction.kind {
            Kind::Read => age_read(scene, upstream, cutoff, request, answer).await?,
            Kind::Search => age_search(scene, upstream, cutoff, request, answer).await?,
            Kind::History => {
                scene.play(Quirk::StaleReads, || hide(&mut answer.body, |resource| !newer(resource, cutoff)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn newer(resource: &Value, than: DateTime<Utc>) -> bool {
    last_updated(resource).is_some_and(|instant| instant > than)
}

/// Drops the entries that `keep` refuses, and what they added to the total.
fn hide(body: &mut Payload, keep: impl Fn(&Value) -> bool) -> bool {
    body.edit(|bundle| {
        let Some(entries) = bundle.get_mut("entry").and_then(Value::as_array_mut) else { return false };
        let before = entries.len();
        entries.retain(|entry| entry.get("resource").is_none_or(&keep));
        let hidden = before - entries.len();
        if let Some(total) = bundle.get_mut("total")
            && let Some(number) = total.as_u64()
        {
            *total = number.saturating_sub(hidden as u64).into();
        }
        hidden > 0
    })
}

async fn age_read(
    scene: &Scene<'_>,
    upstream: &Upstream,
    cutoff: DateTime<Utc>,
    request: &Request,
    answer: &mut Answer,
) -> Result<(), Unanswered> {
    if !answer.body.json().is_some_and(|resource| newer(resource, cutoff)) {
        return Ok(());
    }
    scene.tally.note(Quirk::StaleReads);
    match version_before(upstream, cutoff, request, &request.path).await? {
        Some(resource) => {
            if let Some(version) = resource.pointer("/meta/versionId").and_then(Value::as_str) {
                answer.set_header(axum::http::header::ETAG, &format!("W/\"{version}\""));
            }
            answer.headers.remove(axum::http::header::LAST_MODIFIED);
            answer.body = Payload::of(resource);
        }
        None => *answer = Answer::refusal(404, "not-found", "The resource is not known"),
    }
    Ok(())
}

async fn age_search(
    scene: &Scene<'_>,
    upstream: &Upstream,
    cutoff: DateTime<Utc>,
    request: &Request,
    answer: &mut Answer,
) -> Result<(), Unanswered> {
    let entries = answer.body.json().and_then(|bundle| bundle.get("entry")?.as_array()).cloned().unwrap_or_default();
    let mut older: HashMap<String, Value> = HashMap::new();
    for resource in entries.iter().filter_map(|entry| entry.get("resource")).filter(|one| newer(one, cutoff)) {
        if let Some(name) = name_of(resource) {
            let path = format!("{}/{name}", upstream.base.path);
            if let Some(version) = version_before(upstream, cutoff, request, &path).await? {
                older.insert(name, version);
            }
        }
    }
    scene.play(Quirk::StaleReads, || {
        let replaced = answer.body.edit(|bundle| {
            let entries = bundle.get_mut("entry").and_then(Value::as_array_mut);
            entries.into_iter().flatten().filter_map(|entry| entry.get_mut("resource")).fold(
                false,
                |changed, resource| match name_of(resource).and_then(|name| older.remove(&name)) {
                    Some(version) => {
                        *resource = version;
                        true
                    }
                    None => changed,
                },
            )
        });
        replaced | hide(&mut answer.body, |resource| !newer(resource, cutoff))
    });
    Ok(())
}

fn name_of(resource: &Value) -> Option<String> {
    Some(format!("{}/{}", resource.get("resourceType")?.as_str()?, resource.get("id")?.as_str()?))
}

/// The newest version that is not newer than the cutoff; none where there is none, or no history.
async fn version_before(
    upstream: &Upstream,
    cutoff: DateTime<Utc>,
    request: &Request,
    path: &str,
) -> Result<Option<Value>, Unanswered> {
    let mut history = upstream.send(request.sibling(&format!("{path}/_history"))).await?;
    if history.status != StatusCode::OK {
        return Ok(None);
    }
    let entries = history.body.json().and_then(|bundle| bundle.get("entry")?.as_array());
    Ok(entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get("resource"))
        .filter(|resource| !newer(resource, cutoff))
        .max_by_key(|resource| last_updated(resource))
        .cloned())
}

/// `now` as the upstream reckons it; `Date` counts whole seconds, so a difference under two is none.
fn by_upstream_clock(now: DateTime<Utc>, answer: &Answer) -> DateTime<Utc> {
    let date = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    match date.map(|date| date.to_utc() - now) {
        Some(difference) if difference.abs() > Duration::seconds(2) => now + difference,
        _ => now,
    }
}
