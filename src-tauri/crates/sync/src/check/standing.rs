//! From what was learnt about a server to findings: how it stands to what Tern relies on.

use tern_fhir::facts::{Ability, ConditionalCreate, DeletedAs, Scopes, ServerFacts, Transaction, UnknownParameter};

use super::{
    report::{Finding, Verdict},
    wording,
};
use crate::verdict;

/// The findings of a server's facts, in the order in which they are shown; `tried` by writing, too.
pub(super) fn findings(facts: &ServerFacts, tried: bool) -> Vec<Finding> {
    let known = verdict::verdicts(Some(facts));
    let verdict = |id: &str| known.iter().find(|(known, _)| *known == id).map_or(Verdict::Unknown, |(_, v)| *v);
    let mut findings = vec![fhir_version(facts), scopes(facts)];
    findings.push(Finding::new("since-search", verdict("since-search"), ""));
    findings.push(Finding::new("identifier-search", identifier_search(facts), ""));
    findings.push(unknown_parameter(facts));
    findings.push(Finding::new("elements", or_around(facts.elements), ""));
    findings.push(Finding::new("history", verdict("history"), ""));
    findings.push(Finding::new("own-ids", verdict("own-ids"), ""));
    findings.push(Finding::new("conditional-create", verdict("conditional-create"), conditional(facts)));
    findings.push(versions(facts));
    findings.push(Finding::new("patch", patch(facts), patch_detail(facts)));
    findings.push(Finding::new("transaction", verdict("transaction"), transaction(facts)));
    findings.push(Finding::new("push", verdict("push"), ""));
    findings.push(Finding::new("audit", verdict("audit"), ""));
    findings.push(Finding::new("large-bodies", large_bodies(facts, tried), limit(facts)));
    findings.push(deletion(facts));
    findings.extend(
        facts
            .late_by_ms
            .map(|late| Finding::new("late", Verdict::WorksAround, format!("seen {late} ms after the write"))),
    );
    findings.push(Finding::new("read-receipts", Verdict::Unknown, ""));
    for finding in findings.iter_mut().filter(|finding| tried && finding.verdict == Verdict::Unknown) {
        finding.consequence = wording::tried_in_vain(finding.id);
    }
    findings
}

/// What the facts left open and the whole way has shown.
pub(super) fn seen_on_the_way(findings: &mut [Finding]) {
    let works = |id: &str| findings.iter().any(|finding| finding.id == id && finding.verdict == Verdict::Works);
    let versions_hold = works("race") && works("stale-version");
    let open = |finding: &&mut Finding| finding.id == "versions" && finding.verdict == Verdict::Unknown;
    if let Some(versions) = findings.iter_mut().find(open).filter(|_| versions_hold) {
        *versions = Finding::new("versions", Verdict::Works, "seen on the whole way");
    }
}

fn fhir_version(facts: &ServerFacts) -> Finding {
    let version = facts.fhir_version.as_deref().unwrap_or_default();
    let verdict = match version {
        "" => Verdict::Unknown,
        _ if version.starts_with("4.0") => Verdict::Works,
        // R4B changed nothing that Tern uses.
        _ if version.starts_with("4.1") || version.starts_with("4.3") => Verdict::WorksAround,
        _ => Verdict::Missing,
    };
    Finding::new("fhir-version", verdict, version)
}

fn scopes(facts: &ServerFacts) -> Finding {
    let (verdict, detail) = match facts.scopes {
        Scopes::V2 => (Verdict::Works, "SMART v2"),
        Scopes::V1 => (Verdict::WorksAround, "SMART v1"),
        Scopes::Unknown => (Verdict::Unknown, ""),
    };
    Finding::new("scopes", verdict, detail)
}

/// With own ids nothing has to be searched for.
fn identifier_search(facts: &ServerFacts) -> Verdict {
    or_missing(facts.identifier_search)
}

fn unknown_parameter(facts: &ServerFacts) -> Finding {
    let verdict = match facts.unknown_parameter {
        UnknownParameter::Refused => Verdict::Works,
        UnknownParameter::Ignored => Verdict::WorksAround,
        UnknownParameter::Unknown => Verdict::Unknown,
    };
    Finding::new("unknown-parameter", verdict, "")
}

fn conditional(facts: &ServerFacts) -> &'static str {
    match facts.conditional_create {
        ConditionalCreate::Atomic => "one stored",
        ConditionalCreate::NotAtomic => "several stored",
        ConditionalCreate::Ignored => "the condition is not looked at",
        ConditionalCreate::Unknown => "",
    }
}

/// Both ways of changing count: what belongs together goes by PUT inside a transaction, so a PUT without a guard is
/// none at all, whatever a patch does.
fn versions(facts: &ServerFacts) -> Finding {
    let verdict = match (facts.put_if_match, facts.versions_hold()) {
        (Ability::Missing, _) => Verdict::Missing,
        (Ability::Proven, true) => Verdict::Works,
        (_, true) => Verdict::WorksAround,
        (_, false) => Verdict::Unknown,
    };
    let detail = match facts.put_if_match {
        Ability::Proven => "If-Match guards a PUT",
        Ability::Missing => "a PUT under an outdated version was taken",
        _ => "",
    };
    Finding::new("versions", verdict, detail)
}

fn patch(facts: &ServerFacts) -> Verdict {
    let known = facts.patch;
    match (known.supported, known.tests_version, known.honours_if_match) {
        (Ability::Missing, ..) | (Ability::Proven, Ability::Missing, _) => Verdict::WorksAround,
        (Ability::Proven, Ability::Proven, _) => Verdict::Works,
        _ => Verdict::Unknown,
    }
}

fn patch_detail(facts: &ServerFacts) -> String {
    let known = facts.patch;
    let mut words = Vec::new();
    if known.supported == Ability::Missing {
        words.push("not taken".to_owned());
    }
    if known.tests_version == Ability::Missing {
        words.push("meta.versionId can't be tested".to_owned());
    }
    if known.honours_if_match == Ability::Missing {
        words.push("If-Match is ignored".to_owned());
    }
    words.extend(known.failed_test.map(|status| format!("a failed test is {status}")));
    words.join(", ")
}

fn transaction(facts: &ServerFacts) -> &'static str {
    match facts.transaction {
        Transaction::RollsBack => "rolls back",
        Transaction::HalfDone => "half of it stays done",
        Transaction::Missing => "none taken",
        Transaction::Unknown => "",
    }
}

/// A probe says only what was refused.
fn large_bodies(facts: &ServerFacts, tried: bool) -> Verdict {
    match facts.body_limit {
        Some(_) => Verdict::WorksAround,
        None if tried => Verdict::Works,
        None => Verdict::Unknown,
    }
}

fn limit(facts: &ServerFacts) -> String {
    facts.body_limit.map(|bytes| format!("{bytes} bytes were refused")).unwrap_or_default()
}

fn deletion(facts: &ServerFacts) -> Finding {
    let (verdict, detail) = match facts.deleted_as {
        DeletedAs::Gone => (Verdict::Works, "410"),
        DeletedAs::NotFound => (Verdict::Works, "404"),
        DeletedAs::Ok => (Verdict::WorksAround, "200 with an OperationOutcome"),
        DeletedAs::Unknown => (Verdict::Unknown, ""),
    };
    Finding::new("deletion", verdict, detail)
}

fn or_missing(ability: Ability) -> Verdict {
    match ability {
        Ability::Proven => Verdict::Works,
        Ability::Missing => Verdict::Missing,
        Ability::Unknown | Ability::Advertised => Verdict::Unknown,
    }
}

fn or_around(ability: Ability) -> Verdict {
    match or_missing(ability) {
        Verdict::Missing => Verdict::WorksAround,
        other => other,
    }
}
