//! What a check found, in words for whoever installs Tern.

use serde::Serialize;
use tern_fhir::facts::ServerFacts;

use super::wording;
pub use crate::verdict::Verdict;

/// One thing that Tern relies on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, such as `own-ids` or `race`.
    pub id: &'static str,
    /// How it stands.
    #[serde(serialize_with = "verdict_name")]
    pub verdict: Verdict,
    /// What that means for the practice, in English.
    pub consequence: &'static str,
    /// What was seen; blank where the verdict says it all. Numbers, codes and versions, never text of a message.
    pub detail: String,
}

/// The sum of all findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Everything works, or is worked around at no price.
    Fit,
    /// Tern works here, and something is slower, later or not to be had.
    WithWorkArounds,
    /// Something is missing without which messages could be lost or answered twice.
    NotFit,
}

/// All that a check has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The sum.
    pub fit: Fit,
    /// The server's software, as it calls itself.
    pub software: Option<String>,
    /// One by one, in the order in which they are shown.
    pub findings: Vec<Finding>,
    /// What holds on every server and has to be known.
    pub notes: Vec<&'static str>,
    /// `Type/id` of what the check made and the server would not delete.
    pub left_behind: Vec<String>,
}

/// What a finding weighs in the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Nothing,
    ACost,
    Everything,
}

/// Findings without which Tern is not fit.
const ESSENTIAL: &[&str] = &[
    "connection",
    "address",
    "certificate",
    "sign-in",
    "json",
    "fhir-version",
    "versions",
    "whole-way",
    "race",
    "reply",
    "lost-answer",
    "stale-version",
    "lost-claim",
    "route",
];

/// Findings whose work-around costs nobody anything: another way is as good.
const FREE: &[&str] =
    &["conditional-create", "patch", "unknown-parameter", "elements", "paging", "deletion", "scopes", "emergencies"];

impl Finding {
    /// A finding with its consequence from the table of words.
    pub fn new(id: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { id, verdict, consequence: wording::consequence(id, verdict), detail: detail.into() }
    }

    fn weight(&self) -> Weight {
        match self.verdict {
            Verdict::Works | Verdict::Unknown => Weight::Nothing,
            Verdict::Missing if ESSENTIAL.contains(&self.id) => Weight::Everything,
            Verdict::WorksAround if FREE.contains(&self.id) => Weight::Nothing,
            Verdict::WorksAround | Verdict::Missing => Weight::ACost,
        }
    }
}

impl Report {
    /// The report of these findings.
    pub fn of(findings: Vec<Finding>, facts: &ServerFacts, left_behind: Vec<String>) -> Self {
        let fit = match findings.iter().map(Finding::weight).max() {
            None | Some(Weight::Nothing) => Fit::Fit,
            Some(Weight::ACost) => Fit::WithWorkArounds,
            Some(Weight::Everything) => Fit::NotFit,
        };
        Self { fit, software: facts.software.clone(), findings, notes: wording::NOTES.to_vec(), left_behind }
    }
}

/// The verdict as it is written.
pub fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::WorksAround => "works around",
        Verdict::Missing => "missing",
        Verdict::Unknown => "unknown",
    }
}

fn verdict_name<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&name(*verdict).replace(' ', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(findings: &[(&'static str, Verdict)]) -> Fit {
        let findings = findings.iter().map(|(id, verdict)| Finding::new(id, *verdict, "")).collect();
        Report::of(findings, &ServerFacts::default(), Vec::new()).fit
    }

    #[test]
    fn the_worst_finding_decides() {
        for (findings, sum) in [
            (&[("json", Verdict::Works), ("read-receipts", Verdict::Unknown)][..], Fit::Fit),
            (&[("patch", Verdict::WorksAround)], Fit::Fit),
            (&[("push", Verdict::WorksAround), ("json", Verdict::Works)], Fit::WithWorkArounds),
            (&[("audit", Verdict::Missing)], Fit::WithWorkArounds),
            (&[("push", Verdict::WorksAround), ("json", Verdict::Missing)], Fit::NotFit),
            (&[("race", Verdict::Missing)], Fit::NotFit),
        ] {
            assert_eq!(fit(findings), sum, "{findings:?}");
        }
    }
}
