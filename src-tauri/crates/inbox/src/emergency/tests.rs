use proptest::prelude::*;

use super::*;
use crate::{
    member::{Member, Role},
    private::PrivateText,
    work_item::WorkStatus,
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
}

fn osei() -> PartyRef {
    PartyRef::new("PractitionerRole/osei")
}

fn haddad() -> PartyRef {
    PartyRef::new("PractitionerRole/haddad")
}

fn mia() -> PartyRef {
    PartyRef::new("PractitionerRole/mia")
}

fn alarm() -> Alarm {
    Alarm::of(&"t1".into(), "t1")
}

fn lease(by: &str) -> AlarmEvent {
    AlarmEvent::Lease { by: by.to_owned() }
}

fn posted(by: &str, to: Option<PartyRef>) -> AlarmEvent {
    AlarmEvent::Posted { by: by.to_owned(), to }
}

fn taken(by: PartyRef) -> AlarmEvent {
    AlarmEvent::Taken { by }
}

fn duty(who: PartyRef, from: i64, until: i64) -> Duty {
    let id = format!("{who}-{from}").as_str().into();
    Duty { id, who, from: Some(When::At(at(from))), until: Some(When::At(at(until))), is_over: false }
}

fn pool(responsible: Option<PartyRef>) -> Pool {
    Pool {
        id: "nurses".into(),
        identifier: "p|nurses".to_owned(),
        name: "Nurses".to_owned(),
        members: vec![mia()],
        responsible,
        check_every_hours: None,
    }
}

fn item() -> WorkItem {
    WorkItem {
        id: "t1".into(),
        thread: None,
        message: None,
        patient: None,
        category: None,
        pool: None,
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Emergency,
        lowered: None,
        due: None,
        modified: at(0),
    }
}

#[test]
fn two_machines_come_to_the_same_alarm() {
    assert_eq!(identity("7"), identity("7"));
    assert_ne!(identity("7"), identity("8"));
}

#[test]
fn every_move_is_drawn_or_refused() {
    let states = {
        let due = alarm();
        let calling = due.on(&lease("m"), at(0)).unwrap();
        let called = calling.on(&posted("m", Some(osei())), at(0)).unwrap();
        let held = called.on(&taken(osei()), at(0)).unwrap();
        let over = called.on(&AlarmEvent::Dealt, at(0)).unwrap();
        [("due", due), ("calling", calling), ("called", called), ("held", held), ("over", over)]
    };
    let events = [
        ("lease", lease("m")),
        ("posted", posted("m", None)),
        ("not posted", AlarmEvent::NotPosted { by: "m".to_owned() }),
        ("refused", AlarmEvent::Refused { by: "m".to_owned(), to: Some(haddad()) }),
        ("posted by another", posted("n", None)),
        ("taken", taken(osei())),
        ("taken by another", taken(haddad())),
        ("dealt", AlarmEvent::Dealt),
        ("again", AlarmEvent::Again),
    ];
    let drawn = |state: &Alarm, event: &AlarmEvent| match state.on(event, at(1)) {
        Ok(next) => match next.state(at(1)) {
            State::Due => "due",
            State::Calling(_) => "calling",
            State::Called(_) => "called",
            State::Held(_) => "held",
            State::Over => "over",
        },
        Err(NoSuchMove::HeldBy(_)) => "held by another",
        Err(NoSuchMove::NotDrawn) => "-",
    };
    let table: Vec<String> = states
        .iter()
        .map(|(name, state)| {
            let row: Vec<_> = events.iter().map(|(what, event)| format!("{what}: {}", drawn(state, event))).collect();
            format!("{name} | {}", row.join(" | "))
        })
        .collect();
    let expected = [
        "due | lease: calling | posted: - | not posted: - | refused: - | posted by another: - | taken: held | taken by another: held \
         | dealt: over | again: -",
        "calling | lease: - | posted: called | not posted: due | refused: due | posted by another: - | taken: held | taken by another: \
         held | dealt: over | again: -",
        "called | lease: - | posted: - | not posted: - | refused: - | posted by another: - | taken: held | taken by another: held | \
         dealt: over | again: -",
        "held | lease: - | posted: - | not posted: - | refused: - | posted by another: - | taken: held | taken by another: held by \
         another | dealt: over | again: -",
        "over | lease: - | posted: - | not posted: - | refused: - | posted by another: - | taken: - | taken by another: - | dealt: - | \
         again: due",
    ];
    assert_eq!(table, expected);
}

#[test]
fn a_machine_that_died_half_way_keeps_nobody_from_calling() {
    let calling = alarm().on(&lease("closed laptop"), at(0)).unwrap();
    assert_eq!(calling.state(at(59)), State::Calling(at(60)));
    assert_eq!(calling.on(&lease("other"), at(59)), Err(NoSuchMove::NotDrawn));
    let other = calling.on(&lease("other"), at(60)).unwrap();
    assert_eq!(other.on(&posted("closed laptop", None), at(61)), Err(NoSuchMove::NotDrawn), "the lease is another's");
}

#[test]
fn where_the_gateway_does_not_know_somebody_the_next_person_is_called_at_once() {
    let chain = [osei(), haddad()];
    let calling = alarm().on(&lease("m"), at(0)).unwrap();
    let refused = calling.on(&AlarmEvent::Refused { by: "m".to_owned(), to: Some(osei()) }, at(1)).unwrap();
    assert_eq!(next(Some(&refused), true, &chain, at(1)), Next::Call(Some(haddad())));
    assert_eq!(refused.pages, 0, "nobody heard anything yet");
}

#[test]
fn the_next_person_is_called_after_five_minutes_and_in_the_end_everybody_again_and_again() {
    let chain = [osei(), haddad()];
    let (mut standing, mut now, mut heard) = (alarm(), 0, Vec::new());
    for _ in 0..4 {
        let Next::Call(to) = next(Some(&standing), true, &chain, at(now)) else { panic!("nobody is called") };
        standing = standing.on(&lease("m"), at(now)).unwrap().on(&posted("m", to.clone()), at(now)).unwrap();
        heard.push(to);
        assert_eq!(next(Some(&standing), true, &chain, at(now + 299)), Next::Wait(at(now + 300)));
        now += 300;
    }
    assert_eq!(heard, [Some(osei()), Some(haddad()), None, None]);
    assert_eq!(standing.pages, 4);
}

#[test]
fn who_has_it_is_asked_again_after_five_minutes_and_then_the_next_one_is_called() {
    let chain = [osei(), haddad()];
    let called = alarm().on(&lease("m"), at(0)).unwrap().on(&posted("m", Some(osei())), at(0)).unwrap();
    let held = called.on(&taken(osei()), at(60)).unwrap();
    assert_eq!(next(Some(&held), true, &chain, at(301)), Next::Wait(at(360)), "she has it");
    let kept = held.on(&taken(osei()), at(350)).unwrap();
    assert_eq!(next(Some(&kept), true, &chain, at(649)), Next::Wait(at(650)));
    assert_eq!(next(Some(&kept), true, &chain, at(650)), Next::Call(Some(haddad())), "and said so no more");
    assert_eq!(kept.on(&taken(haddad()), at(400)), Err(NoSuchMove::HeldBy(osei())));
}

#[test]
fn a_claim_a_route_and_a_call_to_be_made_stop_nothing() {
    assert!(rings(&item()));
    let claimed = WorkItem { owner: Some(osei()), status: WorkStatus::InProgress, ..item() };
    let routed = WorkItem { pool: Some("p|nurses".to_owned()), ..item() };
    let to_call = WorkItem { waiting_for: Some(WaitingFor::Call), ..item() };
    assert!(rings(&claimed) && rings(&routed) && rings(&to_call));
    let answered = WorkItem { waiting_for: Some(WaitingFor::Patient), ..item() };
    let visit = WorkItem { waiting_for: Some(WaitingFor::Visit), ..item() };
    let done = WorkItem { status: WorkStatus::Completed, ..item() };
    let lowered = WorkItem { urgency: Urgency::Urgent, ..item() };
    assert!(!rings(&answered) && !rings(&visit) && !rings(&done) && !rings(&lowered));
}

#[test]
fn what_is_dealt_with_ends_and_what_is_urgent_once_more_begins_with_the_first_person() {
    let chain = [osei(), haddad()];
    let called = alarm().on(&lease("m"), at(0)).unwrap().on(&posted("m", Some(osei())), at(0)).unwrap();
    assert_eq!(next(Some(&called), false, &chain, at(1)), Next::End);
    let over = called.on(&AlarmEvent::Dealt, at(1)).unwrap();
    assert_eq!(next(Some(&over), false, &chain, at(2)), Next::Nothing);
    assert_eq!(next(Some(&over), true, &chain, at(2)), Next::Again);
    let again = over.on(&AlarmEvent::Again, at(2)).unwrap();
    assert_eq!(next(Some(&again), true, &chain, at(2)), Next::Call(Some(osei())));
    assert_eq!((again.pages, &again.id), (1, &over.id), "its next page is no repeat of the first");
    assert_eq!(next(None, true, &chain, at(0)), Next::Make);
    assert_eq!(next(None, false, &chain, at(0)), Next::Nothing);
}

#[test]
fn whoever_is_on_duty_is_called_first_and_then_whoever_answers_for_the_pool() {
    let duties = [duty(haddad(), 10, 1000), duty(osei(), 0, 1000), duty(mia(), -1000, 0)];
    let here = Roster::default();
    assert_eq!(chain(&duties, Some(&pool(Some(mia()))), &here, at(20)), [osei(), haddad(), mia()]);
    assert_eq!(chain(&duties, Some(&pool(Some(osei()))), &here, at(20)), [osei(), haddad()], "each once");
    assert_eq!(chain(&[], None, &here, at(20)), [], "then everybody at once");
    let ended = Duty { is_over: true, ..duty(osei(), 0, 1000) };
    assert_eq!(chain(&[ended], None, &here, at(20)), []);
}

#[test]
fn for_whoever_is_away_the_one_who_stands_in_is_called() {
    let member = |reference: PartyRef, role| Member {
        practitioner: None,
        name: PrivateText::from(reference.to_string()),
        reference,
        role,
    };
    let members = vec![member(osei(), Role::Physician), member(haddad(), Role::Physician)];
    let away = crate::coverage::Coverage {
        id: "c".into(),
        absent: osei(),
        stand_in: haddad(),
        from: Some(When::At(at(0))),
        until: Some(When::At(at(500))),
        pools: Vec::new(),
        validity: crate::coverage::Validity::Planned,
    };
    let roster = Roster::new(&[away], members, None);
    let duties = [duty(osei(), 0, 1000)];
    assert_eq!(chain(&duties, None, &roster, at(100)), [haddad()]);
    assert_eq!(chain(&duties, None, &roster, at(600)), [osei()]);
}

#[test]
fn a_table_is_posted_to_over_https_or_on_this_machine() {
    let table = |webhook: &str| Emergencies { webhook: Some(webhook.to_owned()), ..Emergencies::default() };
    for good in ["https://pager.example/tern", "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x"] {
        assert_eq!(table(good).check(), Ok(()), "{good}");
    }
    assert_eq!(table("http://pager.example/").check(), Err(EmergenciesProblem::NotSecure));
    assert_eq!(table("http://localhost.pager.example/").check(), Err(EmergenciesProblem::NotSecure));
    assert_eq!(table("ftp://pager.example/").check(), Err(EmergenciesProblem::NotSecure));
    assert_eq!(table("https://me:secret@pager.example/").check(), Err(EmergenciesProblem::Password));
    assert_eq!(table("pager").check(), Err(EmergenciesProblem::NotAnAddress));
    assert_eq!(table("mailto:a@b.example").check(), Err(EmergenciesProblem::NotAnAddress));
    assert_eq!(Emergencies::default().check(), Ok(()));
    let newer = Emergencies { version: 2, ..Emergencies::default() };
    assert_eq!(newer.check(), Err(EmergenciesProblem::UnknownVersion { found: 2 }));
}

#[test]
fn nobody_is_called_for_what_lay_there_before_there_was_anywhere_to_call() {
    let table = Emergencies { since: Some(at(0)), webhook: Some("https://pager.example/".to_owned()), version: 1 };
    assert_eq!(table.webhook_for(at(-1)), None);
    assert!(table.webhook_for(at(0)).is_some());
    assert_eq!(Emergencies::default().webhook_for(at(0)), None);
}

/// What happens at a minute of a night.
#[derive(Clone, Debug)]
enum Happens {
    Nothing,
    /// A machine looks; its post arrives, or it dies before it could.
    Looks {
        arrives: bool,
    },
    /// "I have it".
    Taken(u8),
    Dealt,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        2 => Just(Happens::Nothing),
        6 => any::<bool>().prop_map(|arrives| Happens::Looks { arrives }),
        1 => (0_u8..3).prop_map(Happens::Taken),
        1 => Just(Happens::Dealt),
    ]
}

proptest! {
    /// While machines look every few seconds and some of their posts arrive, nobody ever waits longer than the next
    /// person's five minutes, a holder's five, and a broken lease; and nobody is called while somebody has it.
    #[test]
    fn somebody_is_called_in_time_whatever_happens(night in prop::collection::vec(happens(), 1..400)) {
        let chain = [osei(), haddad(), mia()];
        let (mut standing, mut quiet_since) = (alarm(), at(0));
        for (step, what) in night.into_iter().enumerate() {
            let now = at(i64::try_from(step).unwrap() * 20);
            match what {
                Happens::Nothing => {}
                Happens::Looks { arrives } => match next(Some(&standing), true, &chain, now) {
                    Next::Call(to) => {
                        prop_assert!(standing.holder(now).is_none());
                        let leased = standing.on(&lease("m"), now).unwrap();
                        standing = if arrives {
                            quiet_since = now;
                            leased.on(&posted("m", to), now).unwrap()
                        } else {
                            leased
                        };
                    }
                    Next::Wait(until) => {
                        prop_assert!(until > now);
                        prop_assert!(until - now <= TimeDelta::minutes(NEXT_AFTER_MINUTES), "never longer than that");
                    }
                    other => prop_assert!(false, "{other:?}"),
                },
                Happens::Taken(who) => {
                    if let Ok(next) = standing.on(&taken(chain[usize::from(who)].clone()), now) {
                        standing = next;
                        quiet_since = now;
                    }
                }
                Happens::Dealt => {
                    let over = standing.on(&AlarmEvent::Dealt, now).unwrap();
                    prop_assert_eq!(next(Some(&over), false, &chain, now), Next::Nothing);
                }
            }
            // With nobody called and nobody having it for long, somebody is due or on the wire.
            if now - quiet_since >= TimeDelta::minutes(NEXT_AFTER_MINUTES) {
                prop_assert!(matches!(standing.state(now), State::Due | State::Calling(_)), "{:?}", standing.state(now));
            }
        }
    }
}
