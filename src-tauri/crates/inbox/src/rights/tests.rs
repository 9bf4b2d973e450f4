//! The table once more, cell by cell, in the order in which the practice reads it.

use super::*;
use crate::work_item::{Urgency, WorkStatus};

const ROLES: [Role; 7] =
    [Role::Physician, Role::Nurse, Role::Ma, Role::FrontOffice, Role::TriageLead, Role::It, Role::Unknown];

const FREE: Wording = Wording::Free;
const TEMPLATE: Wording = Wording::Template;
const CLINICAL: Sort = Sort::Clinical;
const ADMIN: Sort = Sort::Administrative;

/// `y` where the role may, `-` where not: physician, nurse, MA, front office, triage lead, IT, unknown.
#[rustfmt::skip]
const TABLE: [(&str, Deed); 28] = [
    ("y y y y y - y", Deed::Read),

    ("y y y - y - -", Deed::Start { sort: CLINICAL }),
    ("y y y y y - -", Deed::Start { sort: ADMIN }),
    ("y y - - y - -", Deed::Reply { sort: CLINICAL, wording: FREE }),
    ("y y y - y - -", Deed::Reply { sort: CLINICAL, wording: TEMPLATE }),
    ("y y y y y - -", Deed::Reply { sort: ADMIN, wording: FREE }),
    ("y y y y y - -", Deed::Reply { sort: ADMIN, wording: TEMPLATE }),

    ("y y y y y - -", Deed::Route { own_pool: true }),
    ("y y y - y - -", Deed::Route { own_pool: false }),
    ("y y y y y - -", Deed::Claim { own_pool: true }),
    ("y y y - y - -", Deed::Claim { own_pool: false }),
    ("y y y y y - -", Deed::Call { own_pool: true }),
    ("y y y - y - -", Deed::Call { own_pool: false }),

    ("y y y y y - -", Deed::RaiseUrgency),
    ("y y - - y - -", Deed::LowerUrgency),

    ("y y y y y - -", Deed::File { documents_pool: true }),
    ("y y y - y - -", Deed::File { documents_pool: false }),

    ("- y y y y - -", Deed::LetterToMany),

    ("y y y y y - -", Deed::Retract { own: true }),
    ("- - - - y - -", Deed::Retract { own: false }),

    ("y y y y y - -", Deed::OwnSettings),
    ("- - - - y - -", Deed::OthersAbsence),
    ("- - - - y - -", Deed::PracticeTables),
    ("y y - - y y -", Deed::KillSwitch),

    ("- - - - y y -", Deed::ReadAudit),
    ("- - - - - y -", Deed::Diagnostics),
    ("- - - - - y -", Deed::ServerCheck),
    ("- - - - - y -", Deed::Policy),
];

#[test]
fn every_cell_is_as_the_practice_reads_it() {
    for (cells, deed) in TABLE {
        let cells: Vec<&str> = cells.split(' ').collect();
        assert_eq!(cells.len(), ROLES.len());
        for (role, cell) in ROLES.into_iter().zip(cells) {
            assert_eq!(may(role, deed), cell == "y", "{role:?} {deed:?}");
        }
    }
}

#[test]
fn what_no_category_says_is_clinical() {
    for category in ["refills", "results", "question", "other", "internal", "of a later version"] {
        assert_eq!(Sort::of(Some(category)), CLINICAL, "{category}");
    }
    assert_eq!(Sort::of(None), CLINICAL);
    for category in ["appointment", "referral", "form", "billing"] {
        assert_eq!(Sort::of(Some(category)), ADMIN, "{category}");
    }
}

#[test]
fn one_clinical_item_that_is_open_makes_the_thread_clinical() {
    let item = |category: &str, status| WorkItem {
        id: "t".into(),
        thread: Some("visit".into()),
        message: None,
        patient: None,
        category: Some(category.to_owned()),
        pool: None,
        owner: None,
        status,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: chrono::DateTime::UNIX_EPOCH,
    };
    let open = |category| item(category, WorkStatus::Requested);
    let dealt_with = |category| item(category, WorkStatus::Completed);
    assert_eq!(Sort::of_thread(&[open("appointment"), open("billing")], None), ADMIN);
    assert_eq!(Sort::of_thread(&[open("appointment"), open("question")], None), CLINICAL);
    assert_eq!(Sort::of_thread(&[open("appointment"), dealt_with("question")], None), ADMIN);
    assert_eq!(Sort::of_thread(&[dealt_with("appointment")], None), CLINICAL, "its thread says nothing");
    let thread = Thread {
        id: "visit".into(),
        subject_line: "A visit".into(),
        patient: None,
        category: Some("appointment".to_owned()),
        opener: None,
        participants: vec![],
        audience: crate::message::Audience::Patient,
        about: None,
    };
    assert_eq!(Sort::of_thread(&[dealt_with("question")], Some(&thread)), ADMIN);
}

#[test]
fn a_machine_of_it_keeps_people_of_the_practice_and_nobody_elses_data() {
    let kept: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| caches(Role::It, *kind)).collect();
    assert_eq!(kept, [Kind::Practitioner, Kind::PractitionerRole, Kind::CareTeam, Kind::Library]);
    for role in ROLES.into_iter().filter(|role| *role != Role::It) {
        assert!(Kind::ALL.into_iter().all(|kind| caches(role, kind)), "{role:?}");
    }
}

#[test]
fn the_front_office_stands_in_for_nobody_who_deals_with_clinical_messages() {
    let may = |stand_in| ROLES.map(|absent| if may_stand_in(stand_in, absent) { "y" } else { "-" }).join(" ");
    for role in [Role::Physician, Role::Nurse, Role::Ma, Role::TriageLead] {
        assert_eq!(may(role), "y y y y y y y", "{role:?}");
    }
    assert_eq!(may(Role::FrontOffice), "- - - y - y -");
    assert_eq!(may(Role::It), "- - - - - - -");
    assert_eq!(may(Role::Unknown), "- - - - - - -");
}
