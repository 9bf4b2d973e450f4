//! Dr Osei is away. Dr Haddad and Dr Okafor are physicians, Mia is an MA, Jo works at the front desk.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::{
    digest::{Candidate, digest},
    *,
};
use crate::{
    queue::{Queue, Situation, queues_of},
    work_item::Urgency,
};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_800_000, 0).unwrap()
}

fn hours(hours: i64) -> DateTime<Utc> {
    noon() + TimeDelta::hours(hours)
}

fn who(name: &str) -> PartyRef {
    PartyRef::new(format!("PractitionerRole/{name}"))
}

fn person(name: &str) -> PartyRef {
    PartyRef::new(format!("Practitioner/{name}"))
}

fn members() -> Vec<Member> {
    let roles = [
        ("osei", Role::Physician),
        ("haddad", Role::Physician),
        ("okafor", Role::Physician),
        ("mia", Role::Ma),
        ("jo", Role::FrontOffice),
        ("ira", Role::It),
    ];
    let member = |(name, role): (&str, Role)| Member {
        reference: who(name),
        practitioner: Some(person(name)),
        name: name.into(),
        role,
    };
    roles.into_iter().map(member).collect()
}

fn me(name: &str) -> Me {
    members().iter().find(|member| member.reference == who(name)).map(Me::of).unwrap()
}

/// From an hour ago until an hour from now, for everything.
fn coverage(id: &str, absent: &str, stand_in: &str) -> Coverage {
    Coverage {
        id: id.into(),
        absent: who(absent),
        stand_in: who(stand_in),
        from: Some(When::At(hours(-1))),
        until: Some(When::At(hours(1))),
        pools: vec![],
        validity: Validity::Planned,
    }
}

fn in_pool(pool: &str, of: Coverage) -> Coverage {
    Coverage { pools: vec![name(pool)], ..of }
}

fn name(pool: &str) -> String {
    format!("urn:practice|{pool}")
}

fn roster(coverages: &[Coverage]) -> Roster {
    Roster::new(coverages, members(), None)
}

fn pool(id: &str, responsible: Option<&str>, others: &[&str]) -> Pool {
    Pool {
        id: id.into(),
        identifier: name(id),
        name: id.to_owned(),
        members: others.iter().map(|other| who(other)).collect(),
        responsible: responsible.map(who),
        check_every_hours: None,
    }
}

fn item(pool: Option<&str>, owner: Option<&str>) -> WorkItem {
    WorkItem {
        id: "t".into(),
        thread: Some("cough".into()),
        message: None,
        patient: None,
        category: None,
        pool: pool.map(name),
        owner: owner.map(who),
        status: if owner.is_some() { WorkStatus::Accepted } else { WorkStatus::Requested },
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: noon(),
    }
}

fn has(coverages: &[Coverage], pool: Option<&str>) -> String {
    match roster(coverages).who_has(&who("osei"), pool.map(name).as_deref(), noon()) {
        Standing::Here => "here".to_owned(),
        Standing::By(who) => who.id().to_owned(),
        Standing::Nobody(gap) => format!("{gap:?}"),
    }
}

#[test]
fn a_chain_is_followed_to_whoever_is_here_and_a_circle_to_nobody() {
    let to = coverage;
    let later = |of: Coverage| Coverage { from: Some(When::At(hours(0))), ..of };
    let over = Coverage { until: Some(When::At(noon())), ..to("1", "osei", "mia") };
    let ended = Coverage { validity: Validity::Ended, ..to("1", "osei", "mia") };
    let without_ends = Coverage { from: None, until: None, ..to("1", "osei", "mia") };
    let by_person = Coverage { absent: person("osei"), stand_in: person("mia"), ..to("1", "osei", "mia") };
    for (coverages, pool, expected) in [
        (vec![], None, "here"),
        (vec![to("1", "osei", "mia")], None, "mia"),
        (vec![to("1", "osei", "mia")], Some("nurses"), "mia"),
        (vec![over], None, "here"),
        (vec![ended], None, "here"),
        (vec![without_ends], None, "mia"),
        (vec![by_person], None, "mia"),
        (vec![to("1", "osei", "haddad"), to("2", "haddad", "mia")], None, "mia"),
        (vec![to("1", "osei", "haddad"), to("2", "haddad", "osei")], None, "Loop"),
        (vec![to("1", "osei", "haddad"), to("2", "haddad", "mia"), to("3", "mia", "haddad")], None, "Loop"),
        (vec![to("1", "osei", "osei")], None, "Loop"),
        (vec![to("1", "osei", "jo")], None, "NoRight"),
        (vec![to("1", "osei", "ira")], None, "NoRight"),
        (vec![to("1", "osei", "gone")], None, "NoRight"),
        (vec![to("1", "osei", "haddad"), to("2", "haddad", "jo")], None, "NoRight"),
        (vec![in_pool("nurses", to("1", "osei", "mia"))], None, "here"),
        (vec![in_pool("nurses", to("1", "osei", "mia"))], Some("refills"), "here"),
        (vec![in_pool("nurses", to("1", "osei", "mia"))], Some("nurses"), "mia"),
        // The narrower one first, then the one that began later, then the greater id.
        (vec![in_pool("nurses", to("1", "osei", "mia")), later(to("2", "osei", "haddad"))], Some("nurses"), "mia"),
        (vec![later(to("1", "osei", "haddad")), to("2", "osei", "mia")], None, "haddad"),
        (vec![to("2", "osei", "haddad"), to("1", "osei", "mia")], None, "haddad"),
        // Somebody without the right takes nothing from somebody who has it.
        (vec![to("1", "osei", "mia"), later(to("2", "osei", "jo"))], None, "mia"),
        // A circle in one pool is none in another.
        (vec![to("1", "osei", "haddad"), in_pool("nurses", to("2", "haddad", "osei"))], Some("nurses"), "Loop"),
        (vec![to("1", "osei", "haddad"), in_pool("nurses", to("2", "haddad", "osei"))], None, "haddad"),
    ] {
        assert_eq!(has(&coverages, pool), expected, "{coverages:?} {pool:?}");
    }
}

#[test]
fn the_front_office_stands_in_for_its_own() {
    let mut roster = roster(&[coverage("1", "jo", "sam")]);
    roster.members.push(Member {
        reference: who("sam"),
        practitioner: None,
        name: "Sam".into(),
        role: Role::FrontOffice,
    });
    assert_eq!(roster.who_has(&who("jo"), None, noon()), Standing::By(who("sam")));
}

#[test]
fn an_end_is_the_first_instant_of_being_back_and_a_day_is_a_whole_one_where_the_practice_is() {
    let day = |day: u32| When::Day(NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
    let of = |until| Coverage { from: Some(day(2)), until: Some(until), ..coverage("1", "osei", "mia") };
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    for (until, zone, first, back) in [
        (day(3), Some(chrono_tz::America::Toronto), "2026-11-02T05:00:00Z", "2026-11-04T05:00:00Z"),
        (day(2), Some(chrono_tz::America::Toronto), "2026-11-02T05:00:00Z", "2026-11-03T05:00:00Z"),
        (day(3), None, "2026-11-02T00:00:00Z", "2026-11-04T00:00:00Z"),
        (When::At(at("2026-11-02T12:00:00Z")), None, "2026-11-02T00:00:00Z", "2026-11-02T12:00:00Z"),
    ] {
        let roster = Roster::new(&[of(until)], members(), zone);
        let away = |instant| roster.is_away(&who("osei"), None, instant);
        let instant = TimeDelta::microseconds(1);
        assert!(!away(at(first) - instant) && away(at(first)), "{until:?}");
        assert!(away(at(back) - instant) && !away(at(back)), "{until:?}");
    }
}

fn found(roster: &Roster, pools: &[Pool], item: &WorkItem, name: &str) -> Vec<String> {
    let situation = Situation {
        items: std::slice::from_ref(item),
        pools,
        roster,
        unreadable: false,
        unplaced: false,
        loose: Urgency::Routine,
        unsent: false,
    };
    queues_of(situation, &me(name), noon()).iter().map(Queue::key).collect()
}

/// Dr Osei answers for her own pool and works with Mia in the nurses'; alone in the labs', for which nobody answers.
fn pools() -> [Pool; 4] {
    [
        pool("osei", Some("osei"), &["osei", "okafor"]),
        pool("nurses", Some("mia"), &["mia", "osei"]),
        pool("labs", None, &["osei"]),
        pool("haddads", Some("haddad"), &[]),
    ]
}

const FOR: &str = "for:PractitionerRole/osei";

#[test]
fn whoever_stands_in_finds_what_is_the_absent_members() {
    let of = roster(&[coverage("1", "osei", "haddad")]);
    let finds = |item: WorkItem| found(&of, &pools(), &item, "haddad");
    assert_eq!(finds(item(None, Some("osei"))), [FOR, "unsorted"], "given to her");
    assert_eq!(finds(item(Some("haddads"), Some("osei"))), [FOR, "pool:haddads"]);
    assert_eq!(finds(item(Some("osei"), None)), [FOR], "she answers for it");
    assert_eq!(finds(item(Some("labs"), None)), [FOR], "nobody else is there");
    assert_eq!(finds(item(Some("nurses"), None)), [""; 0], "Mia is there");
    assert_eq!(finds(WorkItem { urgency: Urgency::Urgent, ..item(Some("osei"), None) }), [FOR, "urgent"]);
    let held = WorkItem { status: WorkStatus::InProgress, ..item(Some("osei"), Some("okafor")) };
    assert_eq!(finds(held), [""; 0], "somebody is at work on it");
    let waits = WorkItem { waiting_for: Some(WaitingFor::Patient), ..item(Some("osei"), None) };
    assert_eq!(finds(waits), [""; 0], "the patient's turn");
    assert_eq!(finds(WorkItem { status: WorkStatus::Completed, ..item(Some("osei"), None) }), [""; 0]);
    assert_eq!(found(&of, &pools(), &item(Some("osei"), None), "okafor"), ["pool:osei"], "it is nobody else's");
    assert_eq!(found(&of, &pools(), &item(Some("osei"), None), "osei"), ["mine", "pool:osei"], "and hers still");
}

#[test]
fn a_pool_that_is_named_is_one_in_which_the_absent_members_place_is_filled() {
    let of = roster(&[in_pool("nurses", coverage("1", "osei", "haddad"))]);
    let finds = |item: WorkItem| found(&of, &pools(), &item, "haddad");
    assert_eq!(finds(item(Some("nurses"), None)), [FOR], "though Mia is there");
    assert_eq!(finds(item(Some("nurses"), Some("osei"))), [FOR]);
    assert_eq!(finds(item(Some("osei"), None)), [""; 0], "not named");
    assert_eq!(finds(item(Some("labs"), None)), [""; 0]);
}

#[test]
fn where_all_who_work_in_a_pool_are_away_each_one_is_stood_in_for() {
    let of = roster(&[coverage("1", "osei", "haddad"), coverage("2", "mia", "haddad")]);
    let finds = found(&of, &pools(), &item(Some("nurses"), None), "haddad");
    assert_eq!(finds, ["for:PractitionerRole/mia", FOR]);
}

#[test]
fn where_nobody_stands_in_it_falls_to_the_person_who_answers_for_the_pool() {
    let circle = [coverage("1", "osei", "haddad"), coverage("2", "haddad", "osei")];
    let of = roster(&circle);
    assert_eq!(of.gap(&who("osei"), noon()), Some(Gap::Loop));
    let hers = item(Some("nurses"), Some("osei"));
    assert_eq!(found(&of, &pools(), &hers, "mia"), [FOR, "pool:nurses"]);
    assert_eq!(found(&of, &pools(), &hers, "haddad"), [""; 0]);
    let own = item(Some("osei"), None);
    assert_eq!(of.falls_to(&who("osei"), &own, Some(&pools()[0]), noon()), None, "she answers for it herself");
    let no_right = roster(&[coverage("1", "osei", "jo")]);
    assert_eq!(no_right.gap(&who("osei"), noon()), Some(Gap::NoRight));
    assert_eq!(found(&no_right, &pools(), &hers, "jo"), [""; 0]);
    assert_eq!(roster(&[coverage("1", "osei", "mia")]).gap(&who("osei"), noon()), None);
}

#[test]
fn what_was_given_to_the_absent_member_is_free_to_whoever_stands_in_and_to_nobody_else() {
    use crate::outbox::{Step, claim};
    let of = roster(&[coverage("1", "osei", "haddad")]);
    let hers = item(None, Some("osei"));
    let claimed = |name: &str| claim(&of.freed(&hers, None, &me(name), noon()), &me(name), noon());
    assert_eq!(claimed("haddad"), Step::Write);
    assert_eq!(claimed("okafor"), Step::Taken { by: Some(who("osei")) });
    assert_eq!(claimed("osei"), Step::Write);
}

#[test]
fn a_plan_is_warned_of_what_is_wrong_with_it() {
    let planned = coverage("new", "osei", "haddad");
    let warned = |others: &[Coverage], planned: &Coverage| roster(others).warnings(planned);
    assert_eq!(warned(&[], &planned), []);
    let backwards = Coverage { until: Some(When::At(hours(-1))), ..planned.clone() };
    assert_eq!(warned(&[], &backwards), [Warning::Backwards]);
    assert_eq!(warned(&[], &coverage("new", "osei", "osei")), [Warning::Oneself]);
    assert_eq!(warned(&[], &coverage("new", "osei", "jo")), [Warning::NoRight]);
    assert_eq!(warned(&[coverage("1", "osei", "mia")], &planned), [Warning::Overlap("1".into())]);
    assert_eq!(warned(&[coverage("new", "osei", "mia")], &planned), [], "it takes its own place");
    assert_eq!(warned(&[in_pool("nurses", coverage("1", "osei", "mia"))], &planned), [], "another scope");
    let back = coverage("1", "haddad", "osei");
    assert_eq!(warned(std::slice::from_ref(&back), &planned), [Warning::Loop]);
    assert_eq!(warned(&[in_pool("nurses", back.clone())], &planned), [Warning::Loop], "in one of the pools");
    let towards_the_end = Coverage { from: Some(When::At(noon())), ..back.clone() };
    assert_eq!(warned(&[towards_the_end], &planned), [Warning::Loop]);
    let afterwards = Coverage { from: Some(When::At(hours(1))), until: None, ..back };
    assert_eq!(warned(&[afterwards], &planned), [], "she is back by then");
}

#[test]
fn a_digest_says_what_was_closed_by_whom_what_waits_and_what_needs_the_member() {
    let away = Interval { start: hours(-5), end: hours(-1) };
    let of = |thread: &str, item: WorkItem| WorkItem { thread: Some(thread.into()), modified: hours(-2), ..item };
    let closed = |item: WorkItem| WorkItem { status: WorkStatus::Completed, ..item };
    let just_after = hours(-1) + chrono::TimeDelta::milliseconds(900);
    let items = [
        (of("closed", closed(item(Some("osei"), Some("haddad")))), false),
        (of("was-hers", closed(item(Some("nurses"), Some("haddad")))), true),
        (of("others", closed(item(Some("nurses"), Some("haddad")))), false),
        (of("by-herself", closed(item(Some("osei"), Some("osei")))), false),
        (WorkItem { modified: hours(-6), ..of("before", closed(item(Some("osei"), Some("haddad")))) }, false),
        // The server's stamp of what was dealt with is finer than what ended the absence.
        (WorkItem { modified: just_after, ..of("just-after", closed(item(Some("osei"), Some("haddad")))) }, false),
        (WorkItem { modified: noon(), ..of("since", closed(item(Some("osei"), Some("haddad")))) }, false),
        (of("waits", WorkItem { waiting_for: Some(WaitingFor::Patient), ..item(Some("osei"), None) }), false),
        (of("needs", item(Some("osei"), None)), false),
        (of("given", item(None, Some("osei"))), false),
        (of("given", closed(item(Some("osei"), Some("haddad")))), false),
        (of("taken", item(Some("osei"), Some("haddad"))), false),
    ];
    let candidates: Vec<_> = items.into_iter().map(|(item, was_mine)| Candidate { item, was_mine }).collect();
    let found = digest(away, &candidates, &pools(), &me("osei"), noon());
    let closed: Vec<_> = found.closed.into_iter().collect();
    let by_haddad = |thread: &str| (thread.into(), Some(who("haddad")));
    assert_eq!(closed, [by_haddad("closed"), by_haddad("just-after"), by_haddad("was-hers")]);
    assert_eq!(found.waiting.into_iter().collect::<Vec<_>>(), ["waits".into()]);
    assert_eq!(found.needs_me.into_iter().collect::<Vec<_>>(), ["given".into(), "needs".into()]);
}

#[test]
fn absences_that_touch_are_one_and_one_that_lasts_has_no_digest() {
    let between = |id: &str, from: i64, until: i64| Coverage {
        from: Some(When::At(hours(from))),
        until: Some(When::At(hours(until))),
        ..coverage(id, "osei", "mia")
    };
    let last = |coverages: &[Coverage]| roster(coverages).last_absence(&me("osei"), noon());
    assert_eq!(last(&[]), None);
    assert_eq!(last(&[between("1", -1, 1)]), None, "away");
    let both = [between("1", -9, -7), between("2", -5, -3), between("3", -3, -1), between("4", 3, 5)];
    assert_eq!(last(&both), Some(Interval { start: hours(-5), end: hours(-1) }));
    let ended = Coverage { validity: Validity::Ended, ..between("1", -4, -2) };
    assert_eq!(last(&[ended]), Some(Interval { start: hours(-4), end: hours(-2) }));
    assert_eq!(last(&[Coverage { validity: Validity::Void, ..between("1", -4, -2) }]), None);
    assert_eq!(roster(&both).last_absence(&me("mia"), noon()), None, "hers, nobody else's");
    // Whoever gave away one pool is at work: it hides no digest, and has none of its own.
    let one_pool =
        |id: &str, from: i64, until: i64| Coverage { pools: vec![name("nurses")], ..between(id, from, until) };
    assert_eq!(
        last(&[between("1", -4, -2), one_pool("2", -1, 9)]),
        Some(Interval { start: hours(-4), end: hours(-2) })
    );
    assert_eq!(last(&[one_pool("1", -4, -2)]), None);
}

#[test]
fn who_was_away_was_so_also_by_a_coverage_that_was_ended_early() {
    let (from, until) = (Some(When::At(hours(-3))), Some(When::At(hours(-1))));
    let ended = Coverage { validity: Validity::Ended, from, until, ..coverage("1", "osei", "mia") };
    let void = Coverage { validity: Validity::Void, ..ended.clone() };
    let was = |one: &Coverage, at| roster(std::slice::from_ref(one)).was_away(&who("osei"), None, at);
    assert!(was(&ended, hours(-2)) && !was(&ended, hours(-1)) && !was(&void, hours(-2)));
}

/// Coverages among five people, in two pools, within ten hours.
fn any_coverages() -> impl Strategy<Value = Vec<Coverage>> {
    let names = || prop::sample::select(vec!["osei", "haddad", "okafor", "mia", "jo"]);
    let pools = prop::sample::select(vec![vec![], vec![name("nurses")], vec![name("osei")]]);
    let one = (names(), names(), -5..5_i64, 1..6_i64, pools, any::<bool>());
    let coverage =
        |(absent, stand_in, from, length, pools, ended): (&str, &str, i64, i64, Vec<String>, bool)| Coverage {
            from: Some(When::At(hours(from))),
            until: Some(When::At(hours(from + length))),
            pools,
            validity: if ended { Validity::Ended } else { Validity::Planned },
            ..coverage("", absent, stand_in)
        };
    let numbered = |all: Vec<Coverage>| {
        all.into_iter().enumerate().map(|(at, one)| Coverage { id: at.to_string().as_str().into(), ..one }).collect()
    };
    prop::collection::vec(one.prop_map(coverage), 0..8).prop_map(numbered)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_stands_in_is_here_has_the_right_and_is_somebody_else(
        coverages in any_coverages(), at in -6..11_i64, pool in prop::option::of(Just(name("nurses"))),
    ) {
        let roster = roster(&coverages);
        for member in members() {
            let (absent, pool) = (&member.reference, pool.as_deref());
            match roster.who_has(absent, pool, hours(at)) {
                Standing::Here => prop_assert!(!roster.is_away(absent, pool, hours(at))),
                Standing::By(who) => {
                    prop_assert!(roster.is_away(absent, pool, hours(at)));
                    prop_assert!(!roster.is_away(&who, pool, hours(at)) && who != *absent);
                    prop_assert!(rights::may_stand_in(roster.role(&who), member.role));
                }
                Standing::Nobody(_) => prop_assert!(roster.is_away(absent, pool, hours(at))),
            }
        }
    }

    #[test]
    fn the_order_in_which_they_came_changes_nothing(coverages in any_coverages(), at in -6..11_i64) {
        let turned: Vec<_> = coverages.iter().rev().cloned().collect();
        for member in members() {
            for pool in [None, Some(name("nurses"))] {
                let has = |all: &[Coverage]| roster(all).who_has(&member.reference, pool.as_deref(), hours(at));
                prop_assert_eq!(has(&coverages), has(&turned));
            }
        }
    }

    #[test]
    fn nobody_is_away_at_the_end_of_their_only_coverage(from in -5..5_i64, length in 1..6_i64) {
        let one = Coverage {
            from: Some(When::At(hours(from))),
            until: Some(When::At(hours(from + length))),
            ..coverage("1", "osei", "mia")
        };
        let roster = roster(&[one]);
        prop_assert!(roster.is_away(&who("osei"), None, hours(from)));
        prop_assert!(!roster.is_away(&who("osei"), None, hours(from + length)));
    }

    #[test]
    fn a_plan_without_a_warning_of_a_circle_goes_round_in_none(coverages in any_coverages(), at in -6..11_i64) {
        let planned = coverage("planned", "osei", "haddad");
        let others: Vec<_> = coverages.into_iter().filter(|other| other.validity == Validity::Planned).collect();
        if !roster(&others).warnings(&planned).contains(&Warning::Loop) && planned.span(None).contains(hours(at)) {
            let all: Vec<_> = others.into_iter().chain([planned]).collect();
            for pool in [None, Some(name("nurses")), Some(name("osei"))] {
                let has = roster(&all).who_has(&who("osei"), pool.as_deref(), hours(at));
                prop_assert_ne!(has, Standing::Nobody(Gap::Loop));
            }
        }
    }
}
