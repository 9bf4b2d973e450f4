//! A FHIR server in a few lines, honest or not in the ways that probes must tell apart.
//!
//! Only for the probes' own tests: what real servers do is tried on real servers, by `tern-agent check`.

use std::collections::BTreeMap;

use json_patch::Patch;
use serde_json::{Value, json};
use tern_fhir::{
    exchange::{Method, Request, Response},
    probe::{Probe, Step},
};

use crate::scene::answered;

/// How it differs from a good one.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way of its own to differ, any of them together")]
pub(crate) struct Manners {
    pub(crate) refuses_new_ids: Option<u16>,
    pub(crate) ignores_if_none_exist: bool,
    /// Side by side all create, one after the other they don't.
    pub(crate) not_atomic: bool,
    pub(crate) put_ignores_if_match: bool,
    pub(crate) patch_ignores_if_match: bool,
    pub(crate) no_patch: Option<u16>,
    pub(crate) failed_test: Option<u16>,
    /// Patches what it stored, where no version stands.
    pub(crate) patches_without_version: bool,
    /// AuditEvents by POST alone.
    pub(crate) audit_by_post: bool,
    pub(crate) half_transactions: bool,
    pub(crate) no_transactions: Option<u16>,
    pub(crate) ignores_parameters: bool,
    pub(crate) refuses_parameters: bool,
    pub(crate) no_history: Option<u16>,
    pub(crate) page_rows: Option<usize>,
    pub(crate) no_audit: Option<u16>,
    pub(crate) body_limit: Option<usize>,
    pub(crate) deleted_as: Option<u16>,
    /// Searches that find nothing before they find something.
    pub(crate) late_by_searches: usize,
    pub(crate) no_versions: bool,
    pub(crate) is_down: bool,
}

#[derive(Default)]
pub(crate) struct Server {
    pub(crate) manners: Manners,
    rows: BTreeMap<String, Value>,
    deleted: Vec<String>,
    next_id: u32,
    searches: usize,
}

impl Server {
    pub(crate) fn with(manners: Manners) -> Self {
        Self { manners, ..Self::default() }
    }

    /// Drives a probe to its end, tidies, and says what it found.
    pub(crate) fn asked(&mut self, mut probe: Probe) -> Vec<tern_fhir::facts::Finding> {
        let mut answers = Vec::new();
        for _ in 0..20 {
            match probe.step(&answers) {
                Step::Send { requests, .. } => {
                    let together = requests.len() > 1;
                    answers = requests.iter().enumerate().map(|(n, one)| self.answer(one, together && n > 0)).collect();
                }
                Step::Done { findings, tidy } => {
                    for request in tidy {
                        self.answer(&request, false);
                    }
                    return findings;
                }
            }
        }
        panic!("{} never ends", probe.name());
    }

    /// Puts threads there.
    pub(crate) fn holds(&mut self, ids: &[&str]) {
        for id in ids {
            self.store(&format!("Communication/{id}"), json!({ "resourceType": "Communication" }));
        }
    }

    /// Resources that are still there.
    pub(crate) fn left(&self) -> Vec<&String> {
        self.rows.keys().filter(|path| !path.starts_with("AuditEvent")).collect()
    }

    fn answer(&mut self, request: &Request, beside_another: bool) -> Option<Response> {
        if self.manners.is_down {
            return None;
        }
        let body = request.body.as_ref().map(|body| body.bytes.as_slice()).unwrap_or_default();
        if self.manners.body_limit.is_some_and(|limit| body.len() > limit) {
            return Some(answered(413, ""));
        }
        if let (Some(status), true) = (self.manners.no_audit, request.path.starts_with("AuditEvent")) {
            return Some(answered(status, ""));
        }
        if self.manners.audit_by_post && request.method == Method::Put && request.path.starts_with("AuditEvent") {
            return Some(answered(405, ""));
        }
        Some(match request.method {
            Method::Get if request.path.ends_with("/_history") => self.history(),
            Method::Get if request.path.contains('/') => self.read(&request.path),
            Method::Get => self.search(request),
            Method::Post if request.path.is_empty() => self.transaction(body, beside_another),
            Method::Post => self.create(&request.path, request.if_none_exist.as_deref(), body, beside_another),
            Method::Put => self.put(&request.path, request.if_match.as_deref(), body),
            Method::Patch => self.patch(&request.path, request.if_match.as_deref(), body),
            Method::Delete => {
                self.rows.remove(&request.path);
                self.deleted.push(request.path.clone());
                answered(204, "")
            }
        })
    }

    fn give(&self, status: u16, path: &str) -> Response {
        let row = &self.rows[path];
        let version = row.pointer("/meta/versionId").and_then(Value::as_str);
        Response {
            etag: version.map(|version| format!("W/\"{version}\"")),
            location: Some(format!("https://internal.example/fhir/{path}/_history/1")),
            ..answered(status, row.to_string())
        }
    }

    fn store(&mut self, path: &str, mut row: Value) -> u16 {
        let before = self.rows.get(path);
        let version = before.and_then(|row| row.pointer("/meta/versionId")).and_then(Value::as_str);
        let version = version.and_then(|version| version.parse::<u32>().ok()).unwrap_or(0) + 1;
        let status = if before.is_some() { 200 } else { 201 };
        if !self.manners.no_versions {
            row["meta"]["versionId"] = json!(version.to_string());
        }
        row["id"] = json!(path.rsplit('/').next());
        self.rows.insert(path.to_owned(), row);
        status
    }

    fn matches(&self, path: &str, if_match: Option<&str>) -> bool {
        let version = self.rows.get(path).and_then(|row| row.pointer("/meta/versionId")).and_then(Value::as_str);
        if_match.is_none_or(|etag| version.is_some_and(|version| etag == format!("W/\"{version}\"")))
    }

    fn read(&self, path: &str) -> Response {
        if self.rows.contains_key(path) {
            return self.give(200, path);
        }
        let gone = self.manners.deleted_as.unwrap_or(410);
        let outcome = r#"{"resourceType":"OperationOutcome","issue":[]}"#;
        if self.deleted.iter().any(|one| one == path) { answered(gone, outcome) } else { answered(404, outcome) }
    }

    fn history(&self) -> Response {
        match self.manners.no_history {
            Some(status) => answered(status, ""),
            None => answered(200, r#"{"resourceType":"Bundle","type":"history"}"#),
        }
    }

    fn search(&mut self, request: &Request) -> Response {
        let known = ["_sort", "_count", "_elements", "identifier", "_lastUpdated"];
        let odd = request.query.iter().any(|(name, _)| !known.contains(&name.as_str()));
        if odd && self.manners.refuses_parameters {
            return answered(400, "");
        }
        let value = |name: &str| request.query.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let identity = value("identifier").and_then(|token| token.rsplit_once('|')).map(|(_, value)| value);
        let ignores = self.manners.ignores_parameters;
        let far = value("_lastUpdated").is_some_and(|since| since.starts_with("ge2999"));
        let mut rows: Vec<_> = self
            .rows
            .values()
            .filter(|row| row["resourceType"] == json!(request.path))
            .filter(|_| ignores || !far)
            .filter(|row| ignores || identity.is_none_or(|one| row.pointer("/identifier/0/value") == Some(&json!(one))))
            .cloned()
            .collect();
        if identity.is_some() && !rows.is_empty() {
            self.searches += 1;
            if self.searches <= self.manners.late_by_searches {
                rows.clear();
            }
        }
        let rest = self.manners.page_rows.is_some_and(|most| rows.len() > most);
        rows.truncate(self.manners.page_rows.unwrap_or(usize::MAX));
        let mut bundle = crate::scene::searchset(&rows);
        if rest {
            bundle["link"] = json!([{ "relation": "next", "url": "https://internal.example/fhir?_page=2" }]);
        }
        answered(200, bundle.to_string())
    }

    fn create(&mut self, kind: &str, unless: Option<&str>, body: &[u8], beside_another: bool) -> Response {
        let row: Value = serde_json::from_slice(body).expect("JSON");
        let wanted = unless.and_then(|search| search.rsplit_once('|')).map(|(_, value)| json!(value));
        let known = self
            .rows
            .iter()
            .find(|(_, row)| wanted.is_some() && row.pointer("/identifier/0/value") == wanted.as_ref())
            .map(|(path, _)| path.clone());
        let blind = self.manners.ignores_if_none_exist || (self.manners.not_atomic && beside_another);
        if let (Some(path), false) = (known, blind) {
            return self.give(200, &path);
        }
        self.next_id += 1;
        let path = format!("{kind}/s{}", self.next_id);
        self.store(&path, row);
        self.give(201, &path)
    }

    fn put(&mut self, path: &str, if_match: Option<&str>, body: &[u8]) -> Response {
        let row: Value = serde_json::from_slice(body).expect("JSON");
        if row.get("id").and_then(Value::as_str) != path.rsplit('/').next() {
            return answered(400, "");
        }
        if let (Some(status), false) = (self.manners.refuses_new_ids, self.rows.contains_key(path)) {
            return answered(status, "");
        }
        if !self.manners.put_ignores_if_match && !self.matches(path, if_match) {
            return answered(412, "");
        }
        let status = self.store(path, row);
        self.give(status, path)
    }

    fn patch(&mut self, path: &str, if_match: Option<&str>, body: &[u8]) -> Response {
        if let Some(status) = self.manners.no_patch {
            return answered(status, "");
        }
        if !self.manners.patch_ignores_if_match && !self.matches(path, if_match) {
            return answered(412, "");
        }
        let patch: Patch = serde_json::from_slice(body).expect("a patch");
        let Some(mut row) = self.rows.get(path).cloned() else { return answered(404, "") };
        if self.manners.patches_without_version
            && let Some(meta) = row["meta"].as_object_mut()
        {
            meta.shift_remove("versionId");
        }
        if json_patch::patch(&mut row, &patch).is_err() {
            return answered(self.manners.failed_test.unwrap_or(422), "");
        }
        let status = self.store(path, row);
        self.give(status, path)
    }

    fn transaction(&mut self, body: &[u8], beside_another: bool) -> Response {
        if let Some(status) = self.manners.no_transactions {
            return answered(status, "");
        }
        let bundle: Value = serde_json::from_slice(body).expect("JSON");
        let (before, mut entries, mut failed) = (self.rows.clone(), Vec::new(), None);
        for entry in bundle["entry"].as_array().expect("entries") {
            let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
            let (url, resource) = (text("/request/url").expect("a url"), entry["resource"].to_string());
            let response = match text("/request/method") {
                Some("POST") => self.create(url, text("/request/ifNoneExist"), resource.as_bytes(), beside_another),
                _ => self.put(url, text("/request/ifMatch"), resource.as_bytes()),
            };
            if response.status >= 400 {
                failed = Some(response.status);
            }
            entries
                .push(json!({ "response": { "status": response.status.to_string(), "location": response.location } }));
        }
        if let (Some(status), false) = (failed, self.manners.half_transactions) {
            self.rows = before;
            return answered(status, "");
        }
        answered(200, json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": entries }).to_string())
    }
}
