//! Versions that we wrote over: a replica that lags may show them once more.
//!
//! A claim that was taken a moment ago is not in such a copy, and believing it would end the touch of the one who
//! has it, or leave its work item open for ever. Versions are opaque and never come back (FHIR R4 §3.1.0.1.6), so a
//! read that shows one of these is behind, whatever it says, and is asked for again.
//!
//! They are kept in memory and for a while only: after a restart, and on a server that gives one version to two
//! contents, the worst is a wait.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::ids::WorkItemId;

/// Longer than any replica lags that a person could work with.
const KEPT: TimeDelta = TimeDelta::minutes(10);

/// A version, and when it was written over (server time).
type WrittenOver = (String, DateTime<Utc>);

/// The versions of work items that writes of ours replaced.
#[derive(Default)]
pub(super) struct Overtaken(Mutex<HashMap<WorkItemId, Vec<WrittenOver>>>);

impl Overtaken {
    /// A write of ours replaced this version.
    pub(super) fn note(&self, item: &WorkItemId, version: String, now: DateTime<Utc>) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.retain(|_, versions| {
            versions.retain(|(_, at)| now - *at < KEPT);
            !versions.is_empty()
        });
        items.entry(item.clone()).or_default().push((version, now));
    }

    /// Whether a version that was read is one that we replaced.
    pub(super) fn shows(&self, item: &WorkItemId, version: &str, now: DateTime<Utc>) -> bool {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut versions = items.get(item).into_iter().flatten();
        versions.any(|(old, at)| old == version && now - *at < KEPT)
    }
}
