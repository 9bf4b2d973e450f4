//! What the small practice holds, with every version of it.

use std::collections::BTreeMap;

use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// An answer before it is HTTP.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
}

impl Outcome {
    fn error(status: u16, text: &str) -> Self {
        let body = json!({"resourceType": "OperationOutcome", "issue": [
            {"severity": "error", "code": "processing", "diagnostics": text},
        ]});
        Self { status, body: Some(body), ..Self::default() }
    }
}

#[derive(Clone)]
pub(crate) struct Records {
    base: String,
    /// Versions, oldest first; none is a deletion.
    versions: BTreeMap<(String, String), Vec<Option<Value>>>,
    next_id: usize,
}

type Conditions<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl Records {
    pub(crate) fn new(base: String) -> Self {
        Self { base, versions: BTreeMap::new(), next_id: 1 }
    }

    pub(crate) fn current(&self, kind: &str, id: &str) -> Option<&Value> {
        self.versions.get(&(kind.to_owned(), id.to_owned()))?.last()?.as_ref()
    }

    /// Everything of a type, by the time it was changed.
    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        let mut all: Vec<&Value> = self
            .versions
            .iter()
            .filter(|((of, _), _)| of == kind)
            .filter_map(|(_, all)| all.last()?.as_ref())
            .collect();
        all.sort_by_key(|resource| (text(resource, "/meta/lastUpdated"), text(resource, "/id")));
        all
    }

    pub(crate) fn put(&mut self, kind: &str, id: &str, mut resource: Value, now: DateTime<Utc>) -> Outcome {
        let versions = self.versions.entry((kind.to_owned(), id.to_owned())).or_default();
        let created = versions.iter().flatten().count() == 0;
        let version = (versions.len() + 1).to_string();
        resource["id"] = id.into();
        resource["meta"]["versionId"] = version.clone().into();
        resource["meta"]["lastUpdated"] = now.format("%Y-%m-%dT%H:%M:%S.000Z").to_string().into();
        versions.push(Some(resource.clone()));
        Outcome {
            status: if created { 201 } else { 200 },
            body: Some(resource),
            etag: Some(format!("W/\"{version}\"")),
            location: created.then(|| format!("{}/{kind}/{id}/_history/{version}", self.base)),
        }
    }

    pub(crate) fn answer(
        &mut self,
        method: &Method,
        uri: &str,
        body: &[u8],
        condition: &Conditions<'_>,
        now: DateTime<Utc>,
    ) -> Outcome {
        let url = url::Url::parse(&format!("http://practice{uri}")).unwrap();
        let path = url.path().strip_prefix("/fhir").unwrap_or_default().trim_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let query: Vec<(String, String)> = url.query_pairs().map(|(name, value)| (name.into(), value.into())).collect();
        let json = || serde_json::from_slice::<Value>(body).unwrap_or_default();
        match (method.as_str(), segments.as_slice()) {
            ("GET", [kind, "_history"]) => self.bundle("history", self.history(kind, None), None),
            ("GET", [kind, id, "_history"]) => self.bundle("history", self.history(kind, Some(id)), None),
            ("GET", [kind, id, "_history", version]) => {
                let versions = self.history(kind, Some(id));
                found(versions.into_iter().find(|one| text(one, "/meta/versionId") == *version))
            }
            ("GET", [kind]) => self.search(kind, &query, uri),
            ("GET", [kind, id]) => match self.versions.get(&((*kind).to_owned(), (*id).to_owned())) {
                Some(versions) if versions.last().is_some_and(Option::is_none) => Outcome::error(410, "gone"),
                Some(versions) => found(versions.last().cloned().flatten()),
                None => Outcome::error(404, "not known"),
            },
            ("POST", []) => self.bundle_of(&json(), now),
            ("POST", [kind]) => {
                let twin = condition("if-none-exist").and_then(|wanted| {
                    let value = wanted.strip_prefix("identifier=")?.to_owned();
                    self.all(kind).into_iter().find(|one| text(one, "/identifier/0/value") == value).cloned()
                });
                if twin.is_some() {
                    return found(twin);
                }
                let id = format!("new-{}", self.next_id);
                self.next_id += 1;
                self.put(kind, &id, json(), now)
            }
            ("PUT", [kind, id]) => match self.refused(kind, id, condition) {
                Some(refusal) => refusal,
                None => self.put(kind, id, json(), now),
            },
            ("PATCH", [kind, id]) => match self.refused(kind, id, condition) {
                Some(refusal) => refusal,
                None => self.patch(kind, id, &json(), now),
            },
            ("DELETE", [kind, id]) => {
                self.versions.entry(((*kind).to_owned(), (*id).to_owned())).or_default().push(None);
                Outcome { status: 204, ..Outcome::default() }
            }
            _ => Outcome::error(405, "not supported"),
        }
    }

    fn refused(&self, kind: &str, id: &str, condition: &Conditions<'_>) -> Option<Outcome> {
        let current = self.current(kind, id).map(|one| format!("W/\"{}\"", text(one, "/meta/versionId")));
        if condition("if-none-match").as_deref() == Some("*") && current.is_some() {
            return Some(Outcome::error(412, "it exists"));
        }
        let wanted = condition("if-match")?;
        (Some(wanted) != current).then(|| Outcome::error(412, "another version"))
    }

    fn patch(&mut self, kind: &str, id: &str, patch: &Value, now: DateTime<Utc>) -> Outcome {
        let Some(mut resource) = self.current(kind, id).cloned() else { return Outcome::error(404, "not known") };
        for operation in patch.as_array().into_iter().flatten() {
            let path = text(operation, "/path");
            match operation["op"].as_str() {
                Some("test") if resource.pointer(&path) != operation.get("value") => {
                    return Outcome::error(422, "test failed");
                }
                Some("add" | "replace") => resource[path.trim_start_matches('/')] = operation["value"].clone(),
                _ => {}
            }
        }
        self.put(kind, id, resource, now)
    }

    /// A transaction rolls back, a batch goes on.
    fn bundle_of(&mut self, bundle: &Value, now: DateTime<Utc>) -> Outcome {
        let before = self.clone();
        let mut entries = Vec::new();
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let method: Method = text(entry, "/request/method").parse().unwrap();
            let condition = |name: &str| {
                let member = match name {
                    "if-match" => "ifMatch",
                    "if-none-match" => "ifNoneMatch",
                    _ => "ifNoneExist",
                };
                entry["request"][member].as_str().map(str::to_owned)
            };
            let uri = format!("/fhir/{}", text(entry, "/request/url"));
            let outcome = self.answer(&method, &uri, entry["resource"].to_string().as_bytes(), &condition, now);
            if outcome.status >= 400 && bundle["type"] == "transaction" {
                *self = before;
                return outcome;
            }
            let mut response = json!({"status": format!("{} Done", outcome.status), "etag": outcome.etag});
            if let Some(location) = outcome.location {
                response["location"] = location.into();
            }
            entries.push(json!({"response": response}));
        }
        let kind = format!("{}-response", text(bundle, "/type"));
        Outcome {
            status: 200,
            body: Some(json!({"resourceType": "Bundle", "type": kind, "entry": entries})),
            ..Outcome::default()
        }
    }

    fn history(&self, kind: &str, id: Option<&str>) -> Vec<Value> {
        let mut all: Vec<Value> = self
            .versions
            .iter()
            .filter(|((of, name), _)| of == kind && id.is_none_or(|id| id == name))
            .flat_map(|(_, versions)| versions.iter().flatten().cloned())
            .collect();
        all.sort_by_key(|one| std::cmp::Reverse(text(one, "/meta/lastUpdated")));
        all
    }

    /// Cursor paging, stable whatever is written: `_cursor` is the last id shown.
    fn search(&self, kind: &str, query: &[(String, String)], uri: &str) -> Outcome {
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let rows: Vec<Value> = self
            .all(kind)
            .into_iter()
            .filter(|one| query.iter().all(|(name, value)| matches(one, name, value)))
            .cloned()
            .collect();
        let total = rows.len();
        let start = match value("_cursor") {
            Some(cursor) => rows.iter().position(|one| text(one, "/id") == cursor).map_or(0, |at| at + 1),
            None => 0,
        };
        let count: usize = value("_count").map_or(10, |count| count.parse().unwrap());
        let page: Vec<Value> = rows.iter().skip(start).take(count).cloned().collect();
        let next = (start + count < total).then(|| {
            let kept = uri.split(['?', '&']).skip(1).filter(|piece| !piece.starts_with("_cursor")).collect::<Vec<_>>();
            format!("{}/{kind}?{}&_cursor={}", self.base, kept.join("&"), text(page.last().unwrap(), "/id"))
        });
        let mut outcome = self.bundle("searchset", page, next);
        outcome.body.as_mut().unwrap()["total"] = total.into();
        outcome
    }

    fn bundle(&self, kind: &str, rows: Vec<Value>, next: Option<String>) -> Outcome {
        let link: Vec<Value> = next.into_iter().map(|url| json!({"relation": "next", "url": url})).collect();
        let entry: Vec<Value> = rows
            .into_iter()
            .map(|one| {
                let url = format!("{}/{}/{}", self.base, text(&one, "/resourceType"), text(&one, "/id"));
                json!({"fullUrl": url, "resource": one, "search": {"mode": "match"}})
            })
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": kind, "link": link, "entry": entry});
        Outcome { status: 200, body: Some(bundle), ..Outcome::default() }
    }
}

fn matches(resource: &Value, name: &str, value: &str) -> bool {
    match name {
        "identifier" => text(resource, "/identifier/0/value") == value,
        "part-of" => {
            text(resource, "/partOf/0/reference").trim_start_matches("Communication/")
                == value.trim_start_matches("Communication/")
        }
        "recipient" => text(resource, "/recipient/0/reference") == value,
        "_lastUpdated" => {
            let from: DateTime<Utc> = value.trim_start_matches("ge").parse().unwrap();
            text(resource, "/meta/lastUpdated").parse::<DateTime<Utc>>().unwrap() >= from
        }
        _ => true,
    }
}

fn found(resource: Option<Value>) -> Outcome {
    match resource {
        Some(resource) => {
            let etag = Some(format!("W/\"{}\"", text(&resource, "/meta/versionId")));
            Outcome { status: 200, body: Some(resource), etag, location: None }
        }
        None => Outcome::error(404, "not known"),
    }
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(crate) fn capability_statement() -> Value {
    let interactions = |codes: &[&str]| codes.iter().map(|code| json!({"code": code})).collect::<Vec<_>>();
    let resource = |kind: &str| {
        json!({
            "type": kind,
            "interaction": interactions(&["read", "create", "update", "patch", "history-instance", "history-type"]),
            "updateCreate": true,
            "conditionalCreate": true,
        })
    };
    json!({"resourceType": "CapabilityStatement", "rest": [{
        "mode": "server",
        "resource": [resource("Communication"), resource("Task"), resource("AuditEvent"), resource("Subscription")],
        "interaction": interactions(&["transaction", "batch", "history-system"]),
    }]})
}
