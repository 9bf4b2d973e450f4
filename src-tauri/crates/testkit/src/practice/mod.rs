//! A FHIR R4 server in memory: versions, `If-Match`, conditional creates, searches by `_lastUpdated`, histories,
//! JSON Patch and transactions that roll back. Small, strict, and what it says is so.
//!
//! It differs in the ways that real servers do when a [`Quirk`] says so. The full collection of those is the
//! `unruly` proxy's; here are the ones that decide how a write goes.

mod bundle;
mod search;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use tern_fhir::exchange::{Method, Request, Response};

use crate::{clock::FakeClock, pager::Pager};

/// A way in which this server differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quirk {
    /// A PUT with a new id is 404.
    RefusesOwnIds,
    /// `_history` of a type is 404.
    NoHistory,
    /// `next` of a page leads to an address where nobody may be asked.
    NextLeadsElsewhere,
    /// A Bundle posted to the base is 405.
    NoTransactions,
    /// A transaction answers 200 with failed entries inside, and the others done.
    HalfTransactions,
    /// `If-None-Exist` is ignored.
    IgnoresIfNoneExist,
    /// PATCH is 405.
    NoPatch,
    /// PATCH ignores `If-Match`.
    PatchIgnoresIfMatch,
    /// AuditEvent is 405.
    NoAudit,
    /// Pages of three rows, whatever `_count` says.
    SmallPages,
    /// `next` of a page is the page itself.
    NextRepeatsItself,
    /// `_sort` is a 400.
    NoSort,
    /// A search by `identifier` or `part-of` answers with everything.
    IgnoresParameters,
    /// Reading by id shows what stood there [`BEHIND`] ago, where something did.
    StaleReads,
}

/// How far a replica lags.
pub const BEHIND: TimeDelta = TimeDelta::minutes(3);

/// One resource with all that it ever was.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Oldest first; none is a deletion.
    pub(crate) versions: Vec<Version>,
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) resource: Option<Value>,
}

impl Stored {
    pub(crate) fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(crate) fn resource(&self) -> Option<&Value> {
        self.current().and_then(|version| version.resource.as_ref())
    }
}

/// Everything that is stored: by type and id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelves {
    pub(crate) rows: BTreeMap<(String, String), Stored>,
    pub(crate) ids_given: u64,
    /// Type and id of everything, in the order in which it was first stored.
    pub(crate) created: Vec<(String, String)>,
}

/// The practice's server.
pub struct Practice {
    clock: Arc<FakeClock>,
    quirks: Mutex<BTreeSet<Quirk>>,
    shelves: Mutex<Shelves>,
    pager: Pager,
}

/// The status of a refusal.
pub(crate) type Refusal = u16;

impl Practice {
    /// An empty one.
    pub fn new(clock: Arc<FakeClock>) -> Arc<Self> {
        Arc::new(Self { clock, quirks: Mutex::default(), shelves: Mutex::default(), pager: Pager::default() })
    }

    /// From now on it differs so.
    pub fn differs(&self, quirks: impl IntoIterator<Item = Quirk>) {
        *self.quirks.lock().unwrap_or_else(PoisonError::into_inner) = quirks.into_iter().collect();
    }

    /// Where its emergencies are posted to.
    pub fn pager(&self) -> &Pager {
        &self.pager
    }

    /// The server's own clock: always right.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.truth()
    }

    /// Stores a resource under its own id, as the portal or the practice's other programs do.
    pub fn store(&self, resource: Value) {
        let kind = resource["resourceType"].as_str().unwrap_or_default().to_owned();
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        self.shelves().put(&kind, &id, resource, self.now());
    }

    /// Changes a resource, as another program would.
    pub fn edit(&self, kind: &str, id: &str, edit: impl FnOnce(&mut Value)) {
        let Some(mut resource) = self.read(kind, id) else { return };
        edit(&mut resource);
        self.shelves().put(kind, id, resource, self.now());
    }

    /// Removes a resource.
    pub fn remove(&self, kind: &str, id: &str) {
        self.shelves().remove(kind, id, self.now());
    }

    /// A resource as it stands.
    pub fn read(&self, kind: &str, id: &str) -> Option<Value> {
        let shelves = self.shelves();
        shelves.rows.get(&(kind.to_owned(), id.to_owned())).and_then(Stored::resource).cloned()
    }

    /// All resources of a type, in the order of their last change.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let shelves = self.shelves();
        let mut rows: Vec<_> = shelves
            .rows
            .iter()
            .filter(|((of, _), _)| of == kind)
            .filter_map(|((_, id), stored)| {
                let version = stored.current()?;
                Some((version.updated, id.clone(), version.resource.clone()?))
            })
            .collect();
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        rows.into_iter().map(|(_, _, resource)| resource).collect()
    }

    /// All resources of a type as they stand, in the order in which they were made.
    pub fn in_order_of_creation(&self, kind: &str) -> Vec<Value> {
        let shelves = self.shelves();
        let of_kind = shelves.created.iter().filter(|(of, _)| of == kind);
        of_kind.filter_map(|name| shelves.rows.get(name).and_then(Stored::resource).cloned()).collect()
    }

    /// Whether any version of any resource of a type ever was like that.
    pub fn ever(&self, kind: &str, like: impl Fn(&Value) -> bool) -> bool {
        let shelves = self.shelves();
        let of_kind = shelves.rows.iter().filter(|((of, _), _)| of == kind);
        of_kind.flat_map(|(_, stored)| &stored.versions).any(|version| version.resource.as_ref().is_some_and(&like))
    }

    /// The versions that a resource went through.
    pub fn versions(&self, kind: &str, id: &str) -> usize {
        self.shelves().rows.get(&(kind.to_owned(), id.to_owned())).map_or(0, |stored| stored.versions.len())
    }

    /// One exchange.
    pub fn handle(&self, request: &Request) -> Response {
        let now = self.now();
        let mut shelves = self.shelves();
        let quirks = self.quirks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (kind, id) = request.path.split_once('/').unwrap_or((&request.path, ""));
        let outcome = match (request.method, kind, id) {
            (Method::Get, "metadata", _) => Ok((200, None, capability(&quirks))),
            (Method::Get, kind, "_history") if quirks.contains(&Quirk::NoHistory) => {
                let _ = kind;
                Err(404)
            }
            (Method::Get, kind, "_history") => search::history(&shelves, &quirks, kind, &request.query),
            (Method::Get, kind, "") => search::search(&shelves, &quirks, kind, &request.query),
            (Method::Get, kind, id) if quirks.contains(&Quirk::StaleReads) => shelves.get_as_of(kind, id, now - BEHIND),
            (Method::Get, kind, id) => shelves.get(kind, id),
            (Method::Post, "", _) => bundle::bundle(&mut shelves, &quirks, request, now),
            (_, "AuditEvent", _) if quirks.contains(&Quirk::NoAudit) => Err(405),
            _ => write::write(&mut shelves, &quirks, request, now),
        };
        match outcome {
            Ok((status, etag, body)) => {
                let mut response = answer(status, Some(&body), now);
                response.location = match (status, body["id"].as_str()) {
                    (201, Some(id)) => Some(format!("http://localhost:8080/fhir/{kind}/{id}/_history/1")),
                    _ => None,
                };
                response.etag = etag.map(|version| format!("W/\"{version}\""));
                response
            }
            Err(status) => answer(status, Some(&refusal(status)), now),
        }
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Status, version, body.
pub(crate) type Outcome = Result<(u16, Option<u64>, Value), Refusal>;

impl Shelves {
    pub(crate) fn get(&self, kind: &str, id: &str) -> Outcome {
        let stored = self.rows.get(&(kind.to_owned(), id.to_owned())).ok_or(404_u16)?;
        let version = stored.current().ok_or(404_u16)?;
        let resource = version.resource.clone().ok_or(410_u16)?;
        Ok((200, Some(version.number), resource))
    }

    /// The version that stood there at an instant, the first one where there was none.
    fn get_as_of(&self, kind: &str, id: &str, instant: DateTime<Utc>) -> Outcome {
        let stored = self.rows.get(&(kind.to_owned(), id.to_owned())).ok_or(404_u16)?;
        let then = stored.versions.iter().rev().find(|version| version.updated <= instant);
        let version = then.or(stored.versions.first()).ok_or(404_u16)?;
        Ok((200, Some(version.number), version.resource.clone().ok_or(410_u16)?))
    }

    /// Stores a version, whatever stood there.
    pub(crate) fn put(&mut self, kind: &str, id: &str, mut resource: Value, now: DateTime<Utc>) -> (u16, u64, Value) {
        let name = (kind.to_owned(), id.to_owned());
        if !self.rows.contains_key(&name) {
            self.created.push(name.clone());
        }
        let stored = self.rows.entry(name).or_insert(Stored { versions: Vec::new() });
        let existed = stored.resource().is_some();
        let number = stored.current().map_or(1, |version| version.number + 1);
        if let Value::Object(fields) = &mut resource {
            fields.insert("id".into(), json!(id));
            let meta = fields.entry("meta").or_insert_with(|| json!({}));
            meta["versionId"] = json!(number.to_string());
            meta["lastUpdated"] = json!(now.to_rfc3339_opts(SecondsFormat::Millis, true));
        }
        stored.versions.push(Version { number, updated: now, resource: Some(resource.clone()) });
        (if existed { 200 } else { 201 }, number, resource)
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str, now: DateTime<Utc>) {
        if let Some(stored) = self.rows.get_mut(&(kind.to_owned(), id.to_owned())) {
            let number = stored.current().map_or(1, |version| version.number + 1);
            stored.versions.push(Version { number, updated: now, resource: None });
        }
    }
}

/// An answer with the headers that every server sends.
pub(crate) fn answer(status: u16, body: Option<&Value>, now: DateTime<Utc>) -> Response {
    Response {
        status,
        etag: None,
        location: None,
        last_modified: None,
        date: Some(now),
        retry_after: None,
        content_type: Some("application/fhir+json".into()),
        body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
    }
}

pub(crate) fn refusal(status: u16) -> Value {
    let code = match status {
        404 | 410 => "not-found",
        405 => "not-supported",
        409 | 412 => "conflict",
        _ => "invalid",
    };
    json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]})
}

/// What it says of itself. Half-done transactions are advertised like good ones: that is the point of them.
fn capability(quirks: &BTreeSet<Quirk>) -> Value {
    let kinds = [
        "Practitioner",
        "PractitionerRole",
        "CareTeam",
        "Library",
        "Patient",
        "RelatedPerson",
        "Communication",
        "Task",
        "AuditEvent",
    ];
    let resources: Vec<_> = kinds
        .iter()
        .filter(|kind| **kind != "AuditEvent" || !quirks.contains(&Quirk::NoAudit))
        .map(|kind| {
            let mut interactions = vec!["read", "create", "update", "search-type", "delete"];
            if !quirks.contains(&Quirk::NoPatch) {
                interactions.push("patch");
            }
            if !quirks.contains(&Quirk::NoHistory) {
                interactions.push("history-type");
            }
            let interactions: Vec<_> = interactions.iter().map(|code| json!({"code": code})).collect();
            json!({
                "type": kind, "versioning": "versioned-update", "interaction": interactions,
                "updateCreate": !quirks.contains(&Quirk::RefusesOwnIds),
                "conditionalCreate": !quirks.contains(&Quirk::IgnoresIfNoneExist),
                "searchParam": [
                    {"name": "_lastUpdated", "type": "date"}, {"name": "_id", "type": "token"},
                    {"name": "identifier", "type": "token"}, {"name": "part-of", "type": "reference"}
                ]
            })
        })
        .collect();
    let system = if quirks.contains(&Quirk::NoTransactions) { json!([]) } else { json!([{"code": "transaction"}]) };
    json!({
        "resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "fhirVersion": "4.0.1",
        "format": ["json"], "software": {"name": "Practice in memory"},
        "rest": [{"mode": "server", "resource": resources, "interaction": system}]
    })
}
