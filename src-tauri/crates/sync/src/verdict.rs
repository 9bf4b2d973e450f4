//! How a server stands to what Tern relies on: *works*, *worked around*, *missing*, thing by thing.
//!
//! The ids are worded by whoever shows them (the settings, `tern-agent check`); the consequence of each stands
//! in their catalogues.

use tern_fhir::facts::{Ability, ConditionalCreate, Push, ServerFacts, Transaction};

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// As Tern likes it.
    Works,
    /// Another way is used, and costs something.
    WorksAround,
    /// Not there, and nothing stands in for it.
    Missing,
    /// Not tried yet.
    Unknown,
}

/// Each thing that Tern relies on, by id, in the order in which it is shown.
pub fn verdicts(facts: Option<&ServerFacts>) -> Vec<(&'static str, Verdict)> {
    let unknown = ServerFacts::default();
    let facts = facts.unwrap_or(&unknown);
    vec![
        ("json", or_missing(facts.json)),
        ("own-ids", or_around(facts.own_ids)),
        ("conditional-create", conditional_create(facts)),
        ("versions", versions(facts)),
        ("transaction", transaction(facts)),
        ("history", or_around(facts.type_history)),
        ("identifier-search", or_missing(facts.identifier_search)),
        ("since-search", or_missing(facts.since_search)),
        ("push", push(facts)),
        ("audit", or_around(facts.audit)),
    ]
}

fn or_missing(ability: Ability) -> Verdict {
    match ability {
        Ability::Proven | Ability::Advertised => Verdict::Works,
        Ability::Missing => Verdict::Missing,
        Ability::Unknown => Verdict::Unknown,
    }
}

fn or_around(ability: Ability) -> Verdict {
    match or_missing(ability) {
        Verdict::Missing => Verdict::WorksAround,
        other => other,
    }
}

/// Own ids make every create repeatable, so the condition is only the second best way.
fn conditional_create(facts: &ServerFacts) -> Verdict {
    match facts.conditional_create {
        ConditionalCreate::Atomic => Verdict::Works,
        ConditionalCreate::Unknown => Verdict::Unknown,
        ConditionalCreate::NotAtomic | ConditionalCreate::Ignored if facts.creates_once() => Verdict::WorksAround,
        ConditionalCreate::NotAtomic => Verdict::WorksAround,
        ConditionalCreate::Ignored => Verdict::Missing,
    }
}

/// Whether only one of two people wins a race.
fn versions(facts: &ServerFacts) -> Verdict {
    let patch = facts.patch.honours_if_match;
    match (facts.versions_hold(), patch, facts.put_if_match) {
        (true, Ability::Proven, _) => Verdict::Works,
        (true, ..) => Verdict::WorksAround,
        (false, Ability::Missing, Ability::Missing) => Verdict::Missing,
        (false, ..) => Verdict::Unknown,
    }
}

fn transaction(facts: &ServerFacts) -> Verdict {
    match facts.transaction {
        Transaction::RollsBack => Verdict::Works,
        Transaction::Unknown => Verdict::Unknown,
        _ => Verdict::WorksAround,
    }
}

fn push(facts: &ServerFacts) -> Verdict {
    match &facts.push {
        Push::None => Verdict::WorksAround,
        Push::Websocket { .. } => Verdict::Works,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_claimed_of_a_server_that_nobody_asked() {
        let claims = |verdict: &Verdict| *verdict == Verdict::Works || *verdict == Verdict::Missing;
        assert!(!verdicts(None).iter().any(|(_, verdict)| claims(verdict)));
    }

    #[test]
    fn a_server_without_own_ids_is_worked_around() {
        let facts = ServerFacts { own_ids: Ability::Missing, ..ServerFacts::default() };
        assert!(verdicts(Some(&facts)).contains(&("own-ids", Verdict::WorksAround)));
    }
}
