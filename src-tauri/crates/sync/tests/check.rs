//! IT checks a server: on the practice in memory, which means what it says, and differs where a quirk says so.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{sync::Arc, time::Duration};

use tern_fhir::{
    exchange::{Method, Request, Response},
    links::Base,
};
use tern_sync::{
    check::{Depth, Finding, Fit, Parts, Report, Verdict, check},
    clock::Clock,
    server::{Answering, NotPaged, Nudge, Page, Server, Unanswered},
};
use tern_testkit::{Connection, FakeClock, Practice, Quirk, scene};

const KINDS: [&str; 8] =
    ["Practitioner", "PractitionerRole", "CareTeam", "Patient", "Communication", "Task", "Binary", "DocumentReference"];

/// Where members were asked to do what they do.
const WAY: [&str; 9] =
    ["thread", "race", "reply", "lost-answer", "stale-version", "lost-claim", "route", "attachment", "correction"];

fn practice() -> (Arc<FakeClock>, Arc<Practice>) {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 2);
    (clock, practice)
}

fn parts(server: Arc<dyn Server>, clock: &Arc<FakeClock>, depth: Depth) -> Parts {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Parts { server, clock, depth, limit: Duration::from_secs(60) }
}

async fn checked(server: Arc<dyn Server>, clock: &Arc<FakeClock>, stop: impl Future<Output = ()>) -> Report {
    let home = tempfile::tempdir().expect("a directory");
    let depth = Depth::Writing { folder: home.path().to_owned(), keys: [[1; 32], [2; 32]] };
    check(&parts(server, clock, depth), &|_| {}, stop).await
}

fn rows(practice: &Practice) -> Vec<(String, String)> {
    let name = |row: serde_json::Value| (row["resourceType"].to_string(), row["id"].to_string());
    KINDS.iter().flat_map(|kind| practice.in_order_of_creation(kind)).map(name).collect()
}

fn finding<'a>(report: &'a Report, id: &str) -> &'a Finding {
    report.findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("nothing about {id}: {report:?}"))
}

#[tokio::test(start_paused = true)]
async fn the_whole_way_is_gone_and_nothing_is_left_behind() {
    let (clock, practice) = practice();
    let before = rows(&practice);
    let report = checked(Connection::new(&practice), &clock, std::future::pending()).await;
    for id in WAY.into_iter().chain(["own-ids", "versions", "patch", "transaction", "history", "audit", "tidy"]) {
        assert_eq!(finding(&report, id).verdict, Verdict::Works, "{id}: {}", finding(&report, id).detail);
    }
    assert_eq!(finding(&report, "push").verdict, Verdict::WorksAround, "none is offered here");
    assert_eq!((report.fit, &report.left_behind), (Fit::WithWorkArounds, &Vec::new()));
    assert_eq!(rows(&practice), before);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_differs_is_worked_around_and_tidied_up_too() {
    for quirk in [
        Quirk::RefusesOwnIds,
        Quirk::NoHistory,
        Quirk::NoTransactions,
        Quirk::HalfTransactions,
        Quirk::IgnoresIfNoneExist,
        Quirk::NoPatch,
        Quirk::PatchIgnoresIfMatch,
        Quirk::NoAudit,
        Quirk::SmallPages,
    ] {
        let (clock, practice) = practice();
        practice.differs([quirk]);
        let before = rows(&practice);
        let report = checked(Connection::new(&practice), &clock, std::future::pending()).await;
        for id in WAY {
            assert_eq!(finding(&report, id).verdict, Verdict::Works, "{quirk:?} {id}: {}", finding(&report, id).detail);
        }
        assert_ne!(report.fit, Fit::NotFit, "{quirk:?}");
        assert_eq!(rows(&practice), before, "{quirk:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_leave_to_write_nothing_is_written() {
    let (clock, practice) = practice();
    let before = rows(&practice);
    let connection = Connection::new(&practice);
    let parts = parts(Arc::clone(&connection) as _, &clock, Depth::Reading);
    let report = check(&parts, &|_| {}, std::future::pending()).await;
    assert_eq!(finding(&report, "since-search").verdict, Verdict::Works);
    assert_eq!(finding(&report, "versions").verdict, Verdict::Unknown);
    assert!(connection.log().iter().all(|line| line.starts_with("GET ")), "{:?}", connection.log());
    assert_eq!(rows(&practice), before);
}

#[tokio::test(start_paused = true)]
async fn stopped_half_way_it_tidies_away_what_it_made() {
    let (clock, practice) = practice();
    let before = rows(&practice);
    let somebody_claims = async {
        let claimed = || practice.all("Task").iter().any(|task| task["owner"].is_object());
        while !claimed() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let report = checked(Connection::new(&practice), &clock, somebody_claims).await;
    assert_eq!(finding(&report, "whole-way").verdict, Verdict::Missing);
    assert_eq!(report.fit, Fit::NotFit);
    assert_eq!(rows(&practice), before);
}

/// A way that spoils what goes over it.
struct Spoilt<F>(Arc<Connection>, F);

impl<F: Fn(&mut Request) -> Result<(), Unanswered> + Send + Sync + 'static> Server for Spoilt<F> {
    fn send(&self, mut request: Request) -> Answering<'_, Result<Response, Unanswered>> {
        match (self.1)(&mut request) {
            Ok(()) => self.0.send(request),
            Err(unanswered) => Box::pin(async { Err(unanswered) }),
        }
    }

    fn fhir_base(&self) -> &Base {
        self.0.fhir_base()
    }

    fn page(&self, page: Page) -> Answering<'_, Result<(), NotPaged>> {
        self.0.page(page)
    }

    fn nudged(&self) -> Answering<'_, Nudge> {
        self.0.nudged()
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_last_writer_wins_it_is_not_fit() {
    let (clock, practice) = practice();
    practice.differs([Quirk::NoPatch]);
    let before = rows(&practice);
    let last_writer_wins = Spoilt(Connection::new(&practice), |request: &mut Request| {
        if request.method == Method::Put {
            request.if_match = None;
        }
        Ok(())
    });
    let report = checked(Arc::new(last_writer_wins), &clock, std::future::pending()).await;
    assert_eq!(report.fit, Fit::NotFit);
    assert_eq!(finding(&report, "versions").verdict, Verdict::Missing);
    // Either both were told that the message is theirs, or the second took it from the first.
    let lost = |id| report.findings.iter().any(|finding| finding.id == id && finding.verdict == Verdict::Missing);
    assert!(lost("race") || lost("stale-version"), "{report:?}");
    assert_eq!(rows(&practice), before);
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_way_is_named() {
    let mut advice = std::collections::HashSet::new();
    for (unanswered, id) in [
        (Unanswered::Offline, "connection"),
        (Unanswered::SignInAgain, "sign-in"),
        (Unanswered::NotAPractice, "address"),
        (Unanswered::Certificate("nobody we trust has issued it".into()), "certificate"),
    ] {
        let (clock, practice) = practice();
        let way = Spoilt(Connection::new(&practice), move |_: &mut Request| Err(unanswered.clone()));
        let report = checked(Arc::new(way), &clock, std::future::pending()).await;
        assert_eq!(report.fit, Fit::NotFit);
        assert_eq!(report.findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), [id]);
        assert!(!report.findings[0].consequence.is_empty());
        assert!(advice.insert(report.findings[0].consequence), "{id}: what to do is its own");
    }
}
