//! Requests that read: searches, histories, look-ups.
//!
//! Initial and incremental sync are one loop: `_lastUpdated=ge…` (never `gt`: rows of one instant may lie on
//! both sides of a page) sorted by `_lastUpdated`, following `next`. Every search asks for strict handling,
//! because a server that ignores a parameter answers with everything.

use chrono::{DateTime, SecondsFormat, Utc};
use tern_inbox::{arrival::Kind, member::Role, practice_table::TableKind, rights};

use crate::{exchange::Request, vocabulary::URI_SYSTEM};

/// Rows asked for in a page; servers cap it silently, which is fine: `next` is followed.
pub const PAGE_ROWS: u32 = 1000;

/// An unknown parameter is an error, not something to ignore.
pub const STRICT: &str = "handling=strict";

/// What of the server is synced. All of it, for a role that reads messages; a check of the server looks at what it
/// made itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// What every row must meet.
    pub filters: Vec<Filter>,
    /// Kinds that are not asked for at all: what the member's role may not read is not on the machine.
    pub without: Vec<Kind>,
}

impl Scope {
    /// All that a role's machine keeps.
    pub fn of(role: Role) -> Self {
        let without = Kind::ALL.into_iter().filter(|kind| !rights::caches(role, *kind)).collect();
        Self { without, ..Self::default() }
    }

    /// What is asked for, in the order in which it is pulled.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| !self.without.contains(kind))
    }
}

/// A search parameter that narrows one kind, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The kind; every kind where there is none.
    pub kind: Option<Kind>,
    /// The parameter, such as `performer`.
    pub parameter: String,
    /// Its value, not yet encoded, such as `system|code`.
    pub value: String,
}

/// What changed at or after `since` (server time), oldest first; everything where there is none.
pub fn changes(kind: Kind, since: Option<DateTime<Utc>>, scope: &Scope) -> Request {
    let mut request = scoped(kind, scope);
    if let Some(since) = since {
        request = request.with("_lastUpdated", format!("ge{}", instant(since)));
    }
    request.with("_sort", "_lastUpdated").with("_count", PAGE_ROWS.to_string())
}

/// The history of a type at or after `since` (server time), **newest first**, deletions included: a cursor
/// moves only when the last page is in. Takes no scope: R4 has no filters there.
pub fn history(kind: Kind, since: DateTime<Utc>) -> Request {
    Request::get(format!("{}/_history", kind.as_str()))
        .with("_since", instant(since))
        .with("_count", PAGE_ROWS.to_string())
        .prefer(STRICT)
}

/// Ids and versions only, for the comparison in both directions. Sorted, because some servers page by cursor
/// only then.
pub fn stamps(kind: Kind, scope: &Scope) -> Request {
    scoped(kind, scope).with("_elements", "id,meta").with("_sort", "_lastUpdated").with("_count", PAGE_ROWS.to_string())
}

/// Whatever carries an identifier of ours (`urn:uuid:…`): after an unknown outcome, and before a POST.
pub fn by_identity(resource_type: &str, identity: &str) -> Request {
    Request::get(resource_type).with("identifier", format!("{URI_SYSTEM}|{identity}")).prefer(STRICT)
}

/// Who filed a document, where the server gave the record an id of its own: by what it is about.
pub fn provenance_of(document: &str) -> Request {
    Request::get("Provenance").with("target", format!("DocumentReference/{document}")).prefer(STRICT)
}

/// What was written into a thread at or after `since` (server time): whether somebody answered meanwhile.
/// `part-of` wants `Communication/id`, not the bare id (`3-fhir`, 2).
pub fn written_in(thread: &str, since: DateTime<Utc>) -> Request {
    Request::get("Communication")
        .with("part-of", format!("Communication/{thread}"))
        .with("_lastUpdated", format!("ge{}", instant(since)))
        .prefer(STRICT)
}

/// One resource as it stands now.
pub fn read(resource_type: &str, id: &str) -> Request {
    Request::get(format!("{resource_type}/{id}"))
}

/// What the server says of itself: the CapabilityStatement.
pub fn metadata() -> Request {
    Request::get(METADATA)
}

/// Whether a request asks for that.
pub fn is_metadata(request: &Request) -> bool {
    request.path == METADATA
}

/// The path of the statement below the base (R4 §3.1.0.9).
const METADATA: &str = "metadata";

/// An instant as a search parameter and a resource carry it: UTC, milliseconds.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn scoped(kind: Kind, scope: &Scope) -> Request {
    let mut request = Request::get(kind.as_str()).prefer(STRICT);
    if kind == Kind::Library {
        // Some servers keep whole libraries of logic there: only our tables are asked for.
        let ours: Vec<String> =
            TableKind::ALL.iter().map(|table| format!("{URI_SYSTEM}|urn:uuid:{}", table.id())).collect();
        request = request.with("identifier", ours.join(","));
    }
    let of_kind = scope.filters.iter().filter(|filter| filter.kind.is_none_or(|narrowed| narrowed == kind));
    request.query.extend(of_kind.map(|filter| (filter.parameter.clone(), filter.value.clone())));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(request: &Request) -> String {
        let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {}?{} [{}]", request.method.as_str(), request.path, query.join("&"), request.prefer.unwrap_or("-"))
    }

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_767_268_800_250).expect("in range")
    }

    #[test]
    fn every_search_as_it_leaves() {
        let filter = |kind, parameter: &str, value: &str| Filter {
            kind,
            parameter: parameter.to_owned(),
            value: value.to_owned(),
        };
        let own_pool = Scope {
            filters: vec![
                filter(None, "performer", "https://x|nurse"),
                filter(Some(Kind::Communication), "subject", "Patient/leo"),
            ],
            ..Scope::default()
        };
        insta::assert_snapshot!(
            [
                line(&changes(Kind::Communication, None, &Scope::default())),
                line(&changes(Kind::Communication, Some(noon()), &Scope::default())),
                line(&changes(Kind::Task, Some(noon()), &own_pool)),
                line(&history(Kind::Task, noon())),
                line(&stamps(Kind::Task, &Scope::default())),
                line(&changes(Kind::Library, None, &Scope::default())),
                line(&by_identity("Communication", "urn:uuid:0b")),
                line(&read("Task", "7")),
                line(&metadata()),
            ]
            .join("\n")
        );
    }
    #[test]
    fn it_asks_for_nobody_but_the_practices_own_people() {
        let kinds = |role| Scope::of(role).kinds().map(Kind::as_str).collect::<Vec<_>>();
        assert_eq!(kinds(Role::It), ["Practitioner", "PractitionerRole", "CareTeam", "Library"]);
        assert_eq!(kinds(Role::Ma).len(), Kind::ALL.len());
    }
}
