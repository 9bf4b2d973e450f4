use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    arrival::Kind,
    private::PrivateText,
    work_item::{Urgency, WaitingFor},
};

fn second(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_800_000 + second, 0).unwrap()
}

/// A resource of ours at a version, last updated at that second; what it says does not matter to the plan.
fn arrival(version: &str, at: Option<i64>, content: Content) -> Arrival {
    Arrival {
        kind: Kind::Task,
        server_id: "srv".to_owned(),
        version: version.to_owned(),
        last_updated: at.map(second),
        identity: Some("urn:uuid:1".to_owned()),
        content,
    }
}

fn readable() -> Content {
    Content::WorkItem(item())
}

fn unreadable() -> Content {
    Content::Unreadable { raw: PrivateText::from("{"), problem: "cut off".to_owned() }
}

fn item() -> WorkItem {
    WorkItem {
        id: "t".into(),
        thread: Some("cough".into()),
        message: None,
        patient: None,
        category: None,
        pool: None,
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: second(0),
    }
}

/// What is here: the server's id and the version, if it has them.
fn known(server_id: Option<&str>, version: Option<&str>, at: i64) -> Known {
    Known {
        key: "key".to_owned(),
        server_id: server_id.map(str::to_owned),
        version: version.map(str::to_owned),
        updated: version.map(|_| second(at)),
        first_updated: server_id.map(|_| second(at)),
        ours: true,
    }
}

fn stamp(version: &str, at: i64) -> Option<Stamp> {
    Some(Stamp { version: version.to_owned(), updated: Some(second(at)) })
}

fn here(version: &str, at: i64) -> Facts {
    Facts { by_id: Some(known(Some("srv"), Some(version), at)), ..Facts::default() }
}

fn nothing() -> Facts {
    Facts::default()
}

fn made_here() -> Facts {
    Facts { by_identity: Some(known(None, None, 0)), ..Facts::default() }
}

/// A copy is here under another server id, first seen at the second.
fn copied(at: i64) -> Facts {
    Facts { by_identity: Some(known(Some("other"), Some("1"), at)), ..Facts::default() }
}

/// A row of somebody else's under the same identity, first seen at the second.
fn of_another(at: i64) -> Facts {
    Facts { by_identity: Some(Known { ours: false, ..known(Some("other"), Some("1"), at) }), ..Facts::default() }
}

fn key() -> String {
    "key".to_owned()
}

#[test]
fn each_arrival_has_one_answer() {
    use Decision as D;
    let quarantined = || Facts { quarantined: stamp("2", 2), ..Facts::default() };
    let deleted = || Facts { deleted: stamp("2", 2), ..Facts::default() };
    let table: Vec<(&str, Arrival, Facts, Decision)> = vec![
        ("new", arrival("1", Some(1), readable()), nothing(), D::Insert),
        ("new, none of ours", arrival("1", Some(1), Content::NotOurs), nothing(), D::Drop(Dropped::NotOurs)),
        ("newer", arrival("2", Some(2), readable()), here("1", 1), D::Replace { key: key() }),
        ("the same again", arrival("1", Some(1), readable()), here("1", 1), D::Drop(Dropped::Repeat)),
        ("older", arrival("1", Some(1), readable()), here("2", 2), D::Drop(Dropped::Older)),
        ("older by number, same instant", arrival("9", Some(2), readable()), here("10", 2), D::Drop(Dropped::Older)),
        ("newer by number, no instant", arrival("10", None, readable()), here("9", 2), D::Replace { key: key() }),
        ("opaque, same instant", arrival("b7", Some(2), readable()), here("a1", 2), D::Replace { key: key() }),
        (
            "acknowledged, echo to come",
            arrival("1", Some(1), readable()),
            Facts {
                by_id: Some(Known { version: None, updated: None, ..known(Some("srv"), Some("1"), 1) }),
                ..Facts::default()
            },
            D::Replace { key: key() },
        ),
        (
            "echo under our own id",
            arrival("1", Some(1), readable()),
            Facts { by_id: Some(known(None, None, 0)), ..Facts::default() },
            D::Confirm { key: key() },
        ),
        ("echo by identity", arrival("1", Some(1), readable()), made_here(), D::Confirm { key: key() }),
        ("echo that cannot be read", arrival("1", Some(1), unreadable()), made_here(), D::Confirm { key: key() }),
        ("a later copy", arrival("1", Some(5), readable()), copied(1), D::Extra { of: key() }),
        (
            "an earlier copy",
            arrival("1", Some(1), readable()),
            copied(5),
            D::TakeOver { key: key(), extra: "other".to_owned() },
        ),
        ("copies of one instant, by id", arrival("1", Some(5), readable()), copied(5), D::Extra { of: key() }),
        ("a copy without a time", arrival("1", None, readable()), copied(5), D::Extra { of: key() }),
        (
            "an earlier copy, known as extra",
            arrival("1", Some(1), readable()),
            Facts { extra: true, ..copied(5) },
            D::Extra { of: key() },
        ),
        (
            "two foreign rows with one identifier are two rows",
            arrival("1", Some(5), readable()),
            of_another(1),
            D::Insert,
        ),
        ("whichever of them is earlier", arrival("1", Some(1), readable()), of_another(5), D::Insert),
        ("unreadable, new", arrival("1", Some(1), unreadable()), nothing(), D::Quarantine { key: None }),
        ("unreadable, newer", arrival("2", Some(2), unreadable()), here("1", 1), D::Quarantine { key: Some(key()) }),
        ("unreadable, older", arrival("1", Some(1), unreadable()), here("2", 2), D::Drop(Dropped::Older)),
        ("unreadable again", arrival("2", Some(2), unreadable()), quarantined(), D::Drop(Dropped::Repeat)),
        ("unreadable, older than that", arrival("1", Some(1), unreadable()), quarantined(), D::Drop(Dropped::Older)),
        ("readable after an update", arrival("2", Some(2), readable()), quarantined(), D::Insert),
        (
            "none of ours after an update",
            arrival("2", Some(2), Content::NotOurs),
            quarantined(),
            D::Remove { key: None },
        ),
        (
            "none of ours any more",
            arrival("2", Some(2), Content::NotOurs),
            here("1", 1),
            D::Remove { key: Some(key()) },
        ),
        ("deleted", arrival("2", Some(2), Content::Deleted), here("1", 1), D::Remove { key: Some(key()) }),
        (
            "deleted, no version of its own",
            arrival("1", None, Content::Deleted),
            here("1", 1),
            D::Remove { key: Some(key()) },
        ),
        (
            "deleted before it was made again",
            arrival("2", Some(2), Content::Deleted),
            here("3", 3),
            D::Drop(Dropped::Older),
        ),
        ("deleted, never here", arrival("2", Some(2), Content::Deleted), nothing(), D::Remove { key: None }),
        ("a stale read of what is deleted", arrival("1", Some(1), readable()), deleted(), D::Drop(Dropped::Deleted)),
        ("made again after its deletion", arrival("3", Some(3), readable()), deleted(), D::Insert),
    ];
    for (name, arrival, facts, expected) in table {
        assert_eq!(decide(&arrival, &facts), expected, "{name}");
    }
}

fn osei() -> PartyRef {
    PartyRef::new("PractitionerRole/osei")
}

fn mia() -> PartyRef {
    PartyRef::new("PractitionerRole/mia")
}

fn write(intent: Intent, delivery: Delivery) -> Pending {
    Pending { intent, author: osei(), made: second(60), delivery }
}

fn claim() -> Intent {
    Intent::Claim { item: "t".into() }
}

fn complete() -> Intent {
    Intent::Complete { item: "t".into(), reply: None }
}

#[test]
fn our_writes_lie_over_the_servers_row_in_their_order() {
    let queued = Delivery::Queued;
    let claimed = shown(&item(), &[write(claim(), queued)]);
    assert_eq!((&claimed.owner, claimed.status, claimed.modified), (&Some(osei()), WorkStatus::InProgress, second(60)));
    let done = shown(&item(), &[write(claim(), queued), write(complete(), Delivery::Sending)]);
    assert_eq!(done.status, WorkStatus::Completed);
    let back = shown(&item(), &[write(claim(), queued), write(Intent::Release { item: "t".into() }, queued)]);
    assert_eq!((back.owner, back.status), (None, WorkStatus::Requested));
    assert_eq!(shown(&item(), &[]), item());
}

#[test]
fn a_wedged_write_shows_the_servers_row() {
    assert_eq!(shown(&item(), &[write(claim(), Delivery::Wedged)]), item());
}

#[test]
fn somebody_elses_live_claim_is_shown_over_ours_and_a_lapsed_one_is_not() {
    let mias = WorkItem { owner: Some(mia()), status: WorkStatus::InProgress, ..item() };
    assert_eq!(shown(&mias, &[write(claim(), Delivery::Unknown)]), mias);
    let left = WorkItem { modified: second(60) - TimeDelta::minutes(6), ..mias };
    assert_eq!(shown(&left, &[write(claim(), Delivery::Queued)]).owner, Some(osei()));
}

#[test]
fn what_is_dealt_with_on_the_server_stays_so() {
    let closed = WorkItem { status: WorkStatus::Completed, waiting_for: Some(WaitingFor::Call), ..item() };
    assert_eq!(shown(&closed, &[write(claim(), Delivery::Queued)]), closed);
}
