//! Probes: what each finds on a server of each kind, and that nothing is left behind.

use tern_fhir::{
    facts::{Ability, ConditionalCreate, DeletedAs, EtagForm, Finding, ServerFacts, Transaction, UnknownParameter},
    probe,
    write::{change::Changing, create::Creating},
};
use uuid::Uuid;

use crate::{
    scene::{base, dr_osei, now},
    server::{Manners, Server},
};

fn seed() -> Uuid {
    Uuid::from_u128(7)
}

/// All that a connection and a check try, one after the other.
fn tried_out(manners: Manners) -> ServerFacts {
    let mut server = Server::with(manners);
    let mut facts = ServerFacts::default();
    let first = server.asked(probe::own_ids(&base(), seed()));
    first.into_iter().for_each(|finding| facts.learn(finding));
    let rest = probe::reading_only(&base(), seed()).into_iter().chain(probe::writing(
        &base(),
        seed(),
        &facts,
        &dr_osei(),
        now(),
    ));
    for probe in rest.collect::<Vec<_>>() {
        // A megabyte more or less matters only where it is counted.
        if probe.name() == "large bodies" && manners.body_limit.is_none() {
            continue;
        }
        server.asked(probe).into_iter().for_each(|finding| facts.learn(finding));
    }
    assert_eq!(server.left(), Vec::<&String>::new(), "all is tidied away");
    facts
}

#[test]
fn a_good_server_is_found_good() {
    let facts = tried_out(Manners { refuses_parameters: true, ..Manners::default() });
    insta::assert_json_snapshot!(facts);
    assert_eq!((facts.creating(), facts.changing()), (Creating::OwnId, Changing::Patch));
    assert!(facts.goes_together() && facts.creates_once() && facts.versions_hold());
}

#[test]
fn own_ids_refused_are_worked_around_by_the_transaction_or_the_header() {
    for status in [400, 404, 405] {
        let facts = tried_out(Manners { refuses_new_ids: Some(status), ..Manners::default() });
        assert_eq!(facts.own_ids, Ability::Missing);
        assert_eq!(facts.creating(), Creating::InTransaction);
        assert!(facts.creates_once());
        let without = Manners { refuses_new_ids: Some(status), no_transactions: Some(405), ..Manners::default() };
        assert_eq!(tried_out(without).creating(), Creating::Conditional);
    }
}

#[test]
fn conditional_creates_are_told_apart() {
    let of = |manners| {
        let facts = tried_out(manners);
        (facts.conditional_create, facts.conditional_in_transaction)
    };
    use ConditionalCreate::{Atomic, Ignored, NotAtomic, Unknown};
    assert_eq!(of(Manners::default()), (Atomic, Atomic));
    assert_eq!(of(Manners { not_atomic: true, ..Manners::default() }), (NotAtomic, NotAtomic));
    assert_eq!(of(Manners { ignores_if_none_exist: true, ..Manners::default() }), (Ignored, Ignored));
    assert_eq!(of(Manners { no_transactions: Some(400), ..Manners::default() }), (Atomic, Unknown));
    let never_once = Manners { not_atomic: true, refuses_new_ids: Some(404), ..Manners::default() };
    assert!(!tried_out(never_once).creates_once());
}

#[test]
fn guards_that_guard_nothing_are_found_out() {
    let facts = tried_out(Manners { put_ignores_if_match: true, ..Manners::default() });
    assert_eq!(facts.put_if_match, Ability::Missing);
    assert!(facts.versions_hold(), "the test of the patch holds");
    let facts = tried_out(Manners { patch_ignores_if_match: true, failed_test: Some(400), ..Manners::default() });
    assert_eq!((facts.patch.honours_if_match, facts.patch.failed_test), (Ability::Missing, Some(400)));
    assert!(facts.versions_hold());
    for status in [405, 501] {
        let facts = tried_out(Manners { no_patch: Some(status), ..Manners::default() });
        assert_eq!((facts.patch.supported, facts.changing()), (Ability::Missing, Changing::Put));
        assert!(facts.versions_hold());
    }
    // An engine that patches what it stored, where the version isn't: the test always fails, the header holds.
    let blind = Manners { patches_without_version: true, ..Manners::default() };
    let facts = tried_out(blind);
    assert_eq!((facts.patch.supported, facts.patch.tests_version), (Ability::Proven, Ability::Missing));
    assert_eq!(facts.changing(), Changing::Put);
    assert!(facts.versions_hold());
    let facts = tried_out(Manners { put_ignores_if_match: true, ..blind });
    assert_eq!(facts.changing(), Changing::PatchByHeader);
    assert!(facts.versions_hold());
    let neither = tried_out(Manners { no_patch: Some(405), put_ignores_if_match: true, ..Manners::default() });
    assert!(!neither.versions_hold());
    let versionless = tried_out(Manners { no_versions: true, ..Manners::default() });
    assert_eq!((versionless.put_if_match, versionless.etag), (Ability::Missing, EtagForm::Missing));
}

#[test]
fn a_transaction_is_believed_only_when_it_rolled_back() {
    let of = |manners| tried_out(manners).transaction;
    assert_eq!(of(Manners::default()), Transaction::RollsBack);
    assert_eq!(of(Manners { half_transactions: true, ..Manners::default() }), Transaction::HalfDone);
    let refused = Manners { half_transactions: true, refuses_new_ids: Some(404), ..Manners::default() };
    assert_eq!(of(refused), Transaction::HalfDone);
    for status in [400, 405, 501] {
        assert_eq!(of(Manners { no_transactions: Some(status), ..Manners::default() }), Transaction::Missing);
    }
}

#[test]
fn searches_that_ignore_what_they_are_asked_are_found_out() {
    let mut server = Server::with(Manners { ignores_parameters: true, page_rows: Some(1), ..Manners::default() });
    // Somebody's rows are there: without any, nothing can be told.
    server.holds(&["one", "two"]);
    let mut facts = ServerFacts::default();
    for probe in probe::reading_only(&base(), seed()) {
        server.asked(probe).into_iter().for_each(|finding| facts.learn(finding));
    }
    assert_eq!(facts.unknown_parameter, UnknownParameter::Ignored);
    assert_eq!((facts.identifier_search, facts.since_search), (Ability::Missing, Ability::Missing));
    assert_eq!(facts.count_cap, Some(1));
}

#[test]
fn nobody_elses_rows_are_tidied_away_where_a_search_answers_with_everything() {
    for refuses_new_ids in [None, Some(404)] {
        let mut server = Server::with(Manners { ignores_parameters: true, refuses_new_ids, ..Manners::default() });
        server.holds(&["one", "two"]);
        let mut facts = ServerFacts::default();
        let first = server.asked(probe::own_ids(&base(), seed()));
        first.into_iter().for_each(|finding| facts.learn(finding));
        for probe in probe::writing(&base(), seed(), &facts, &dr_osei(), now()) {
            if probe.name() != "large bodies" {
                server.asked(probe).into_iter().for_each(|finding| facts.learn(finding));
            }
        }
        assert_eq!(server.left(), ["Communication/one", "Communication/two"]);
        assert_eq!(facts.transaction, Transaction::RollsBack);
        assert_eq!(facts.identifier_search, Ability::Missing, "found among everybody's is not found by a search");
    }
}

#[test]
fn what_is_missing_beside_is_found_too() {
    for status in [404, 405, 501] {
        assert_eq!(
            tried_out(Manners { no_history: Some(status), ..Manners::default() }).type_history,
            Ability::Missing
        );
    }
    assert_eq!(tried_out(Manners { no_audit: Some(405), ..Manners::default() }).audit, Ability::Missing);
    let by_post = tried_out(Manners { audit_by_post: true, ..Manners::default() });
    assert_eq!((by_post.audit, by_post.auditing()), (Ability::Proven, Creating::Conditional));
    let limited = tried_out(Manners { body_limit: Some(1_000_000), ..Manners::default() });
    assert!(limited.body_limit.is_some_and(|bytes| bytes > 1_000_000));
    for (status, seen) in [(410, DeletedAs::Gone), (404, DeletedAs::NotFound), (200, DeletedAs::Ok)] {
        assert_eq!(tried_out(Manners { deleted_as: Some(status), ..Manners::default() }).deleted_as, seen);
    }
}

#[test]
fn rows_that_show_late_are_waited_for_and_the_wait_is_noted() {
    let late = |searches| {
        let mut server = Server::with(Manners { late_by_searches: searches, ..Manners::default() });
        let mut facts = ServerFacts::default();
        let probe = probe::writing(&base(), seed(), &facts, &dr_osei(), now()).remove(0);
        server.asked(probe).into_iter().for_each(|finding| facts.learn(finding));
        (facts.identifier_search, facts.late_by_ms)
    };
    assert_eq!(late(0), (Ability::Proven, None));
    assert_eq!(late(2), (Ability::Proven, Some(1_000)));
    assert_eq!(late(9), (Ability::Missing, None));
}

#[test]
fn without_an_answer_nothing_is_learnt() {
    let facts = tried_out(Manners { is_down: true, ..Manners::default() });
    assert_eq!(facts, ServerFacts::default());
}

#[test]
fn untried_a_server_is_written_to_in_the_way_that_every_server_has() {
    let untried = ServerFacts::default();
    assert_eq!((untried.creating(), untried.changing()), (Creating::OwnId, Changing::Put));
    assert!(!untried.goes_together() && !untried.creates_once() && !untried.versions_hold());
}

#[test]
fn facts_outlive_a_restart_and_an_update() {
    let mut facts = ServerFacts::default();
    facts.learn(Finding::OwnIds(Ability::Proven));
    facts.learn(Finding::BodyLimit(2_000_000));
    facts.learn(Finding::BodyLimit(1_000_000));
    facts.learn(Finding::BodyLimit(3_000_000));
    assert_eq!(facts.body_limit, Some(1_000_000));
    let kept = serde_json::to_string(&facts).expect("JSON");
    assert_eq!(serde_json::from_str::<ServerFacts>(&kept).expect("facts"), facts);
    assert_eq!(serde_json::from_str::<ServerFacts>("{}").expect("facts"), ServerFacts::default());
}
