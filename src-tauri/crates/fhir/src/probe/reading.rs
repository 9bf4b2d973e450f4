//! Probes that only read.

use chrono::{DateTime, TimeZone as _, Utc};
use tern_inbox::arrival::Kind;
use uuid::Uuid;

use super::{Probe, is_done, is_refused, only, reading};
use crate::{
    exchange::{Request, Response},
    facts::{Ability, Finding, UnknownParameter},
    links::Base,
    read,
    search::{self, PAGE_ROWS, Scope},
};

/// Whether a parameter that nobody knows is refused or ignored.
pub fn unknown_parameter(base: &Base) -> Probe {
    let request = Request::get("Communication").with("tern-no-such-parameter", "1").with("_count", "1");
    asking("unknown parameter", base, request.prefer(search::STRICT), |response, _| {
        let seen = match response {
            response if is_done(response) => UnknownParameter::Ignored,
            response if matches!(response.status, 400 | 422) => UnknownParameter::Refused,
            _ => return None,
        };
        Some(Finding::UnknownParameter(seen))
    })
}

/// Whether `identifier=` leaves out what doesn't carry it: a search for an identifier that nobody has.
pub fn identifier_search(base: &Base, seed: Uuid) -> Probe {
    let nobodys = Uuid::new_v5(&seed, b"an identifier that nobody has");
    let request = search::by_identity("Communication", &format!("urn:uuid:{nobodys}"));
    asking("search by identifier", base, request, |response, base| {
        found_nothing(response, base).map(Finding::IdentifierSearch)
    })
}

/// Whether `_lastUpdated=ge` leaves out what is older: a search for the far future.
pub fn since_search(base: &Base) -> Probe {
    let request = search::changes(Kind::Communication, far_future(), &Scope::default());
    asking("search by _lastUpdated", base, request, |response, base| {
        found_nothing(response, base).map(Finding::SinceSearch)
    })
}

/// Whether `_elements` is taken.
pub fn elements(base: &Base) -> Probe {
    let mut request = search::stamps(Kind::Communication, &Scope::default());
    request.query.retain(|(name, _)| name != "_count");
    asking("_elements", base, request.with("_count", "1"), |response, base| {
        taken(response, base).map(Finding::Elements)
    })
}

/// Whether a type has a history.
pub fn type_history(base: &Base) -> Probe {
    let request = search::history(Kind::Communication, far_future().unwrap_or_default());
    asking("type-level history", base, request, |response, base| taken(response, base).map(Finding::TypeHistory))
}

/// Whether the size of a page is capped, as far as the rows suffice to show it.
pub fn paging(base: &Base) -> Probe {
    let request = search::changes(Kind::Communication, None, &Scope::default());
    asking("page size", base, request, |response, base| {
        let stamps = read::stamps(response, &reading(base)).ok()?;
        let rows = u32::try_from(stamps.rows.len() + stamps.unreadable).ok()?;
        (stamps.next.is_some() && rows < PAGE_ROWS).then_some(Finding::CountCap(rows))
    })
}

/// One request, one finding.
fn asking(
    name: &'static str,
    base: &Base,
    request: Request,
    read: impl FnOnce(&Response, &Base) -> Option<Finding> + Send + 'static,
) -> Probe {
    Probe::new(name, base).then(move |_, _| vec![request]).then(move |answers, notes| {
        if let Some(finding) = only(answers).and_then(|response| read(response, &notes.base)) {
            notes.learn(finding);
        }
        Vec::new()
    })
}

/// A search that must find nothing.
fn found_nothing(response: &Response, base: &Base) -> Option<Ability> {
    match read::stamps(response, &reading(base)) {
        Ok(stamps) if is_done(response) => {
            let nothing = stamps.rows.is_empty() && stamps.unreadable == 0;
            Some(if nothing { Ability::Proven } else { Ability::Missing })
        }
        _ if is_refused(response) => Some(Ability::Missing),
        _ => None,
    }
}

/// An interaction that is offered or not.
fn taken(response: &Response, base: &Base) -> Option<Ability> {
    match read::stamps(response, &reading(base)) {
        Ok(_) if is_done(response) => Some(Ability::Proven),
        _ if is_refused(response) => Some(Ability::Missing),
        _ => None,
    }
}

/// A time that no clock error reaches.
fn far_future() -> Option<DateTime<Utc>> {
    Utc.with_ymd_and_hms(2999, 1, 1, 0, 0, 0).single()
}
