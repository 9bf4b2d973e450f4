use chrono::{DateTime, Duration, TimeZone, Utc};

use super::*;
use crate::{
    ids::WorkItemId,
    message::{Authorship, Message, Standing},
    party::Party,
    private::PrivateText,
    queue::Me,
    work_item::{Urgency, WorkItem, WorkStatus},
};

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 6, 14, 2, 0).single().expect("an instant")
}

fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    now() - Duration::minutes(minutes)
}

fn osei() -> Me {
    Me { references: vec![PartyRef::new(ME), PartyRef::new(ME_AS_A_PERSON)], ..Me::default() }
}

const ME: &str = "PractitionerRole/osei";
const ME_AS_A_PERSON: &str = "Practitioner/amara";
const MIA: &str = "PractitionerRole/mia";

fn item(status: WorkStatus, owner: Option<&str>, modified: DateTime<Utc>) -> WorkItem {
    WorkItem {
        id: WorkItemId::new("leo-fever"),
        thread: Some(ThreadId::new("leo")),
        message: None,
        patient: None,
        category: None,
        pool: None,
        owner: owner.map(PartyRef::new),
        status,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified,
    }
}

fn taken() -> Step {
    Step::Taken { by: Some(PartyRef::new(MIA)) }
}

fn ended(by: Option<&str>) -> Step {
    Step::Ended { by: by.map(PartyRef::new) }
}

#[test]
fn what_a_claim_a_renewal_a_release_and_an_end_do_about_every_state_of_a_work_item() {
    use Step::{Settled, Write};
    use WorkStatus::{Accepted, Cancelled, Completed, InProgress, Requested};
    let lost = || Step::Taken { by: None };
    // status, owner, minutes since its last change; claim, renew, release, complete
    let table = [
        (Requested, None, 1, Write, lost(), Settled, Write),
        (Requested, Some(ME), 1, Write, Write, Write, Write),
        (Requested, Some(MIA), 1, taken(), taken(), Settled, taken()),
        (Accepted, Some(ME_AS_A_PERSON), 90, Write, Write, Write, Write),
        (Accepted, Some(MIA), 90, taken(), taken(), Settled, taken()),
        (InProgress, None, 1, Write, lost(), Settled, Write),
        (InProgress, Some(ME), 1, Settled, Write, Write, Write),
        (InProgress, Some(ME_AS_A_PERSON), 5, Settled, Write, Write, Write),
        (InProgress, Some(ME), 6, Write, Write, Write, Write),
        (InProgress, Some(MIA), 5, taken(), taken(), Settled, taken()),
        (InProgress, Some(MIA), 6, Write, lost(), Settled, Write),
        (Completed, Some(ME), 1, ended(Some(ME)), ended(Some(ME)), Settled, Settled),
        (Completed, Some(MIA), 1, ended(Some(MIA)), ended(Some(MIA)), Settled, ended(Some(MIA))),
        (Cancelled, None, 1, ended(None), ended(None), Settled, ended(None)),
    ];
    for (status, owner, minutes, claims, renews, releases, completes) in table {
        let item = item(status, owner, minutes_ago(minutes));
        let row = format!("{status:?} {owner:?} {minutes} min");
        assert_eq!(claim(&item, &osei(), now()), claims, "claim: {row}");
        assert_eq!(renew(&item, &osei(), now()), renews, "renew: {row}");
        assert_eq!(release(&item, &osei()), releases, "release: {row}");
        assert_eq!(complete(&item, &osei(), now()), completes, "complete: {row}");
    }
}

fn message(sender: &str, sent: DateTime<Utc>) -> Message {
    Message {
        id: MessageId::new(format!("{sender}-{sent}")),
        thread: ThreadId::new("leo"),
        identity: None,
        sender: Some(Party { reference: PartyRef::new(sender), display: PrivateText::default() }),
        recipients: Vec::new(),
        sent,
        received: None,
        text: "drink plenty".into(),
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: Vec::new(),
    }
}

#[test]
fn a_reply_waits_for_its_author_when_somebody_else_of_the_practice_answered_since() {
    let began = minutes_ago(10);
    let since = |messages: &[Message]| answered_since(messages, began, &osei());
    let answered =
        |by: &str, minutes| Some(Wedge::AnsweredSince { by: Some(PartyRef::new(by)), at: minutes_ago(minutes) });

    assert_eq!(since(&[]), None);
    assert_eq!(since(&[message(MIA, minutes_ago(11))]), None, "before the touch began");
    assert_eq!(since(&[message(ME, minutes_ago(2)), message(ME_AS_A_PERSON, minutes_ago(1))]), None, "my own");
    assert_eq!(since(&[message("Patient/leo", minutes_ago(2))]), None, "the patient wrote again");
    assert_eq!(since(&[message("RelatedPerson/ana", minutes_ago(2))]), None, "the proxy wrote again");
    assert_eq!(since(&[Message { authorship: Authorship::Automatic, ..message(MIA, now()) }]), None);
    assert_eq!(since(&[Message { standing: Standing::Retracted, ..message(MIA, now()) }]), None);
    assert_eq!(since(&[message(MIA, minutes_ago(10))]), answered(MIA, 10), "the same instant counts");
    assert_eq!(since(&[message(MIA, minutes_ago(4)), message(MIA, minutes_ago(3))]), answered(MIA, 3));
    assert_eq!(since(&[message("Organization/practice", minutes_ago(3))]), answered("Organization/practice", 3));
}

fn row(intent: Intent, attempts: u32) -> OutboxRow {
    OutboxRow {
        id: OutboxId::new("1"),
        thread: Some(ThreadId::new("leo")),
        author: PartyRef::new(ME),
        intent,
        delivery: Delivery::Sending,
        not_before: now(),
        depends_on: Vec::new(),
        group: None,
        attempts,
        wedged: None,
    }
}

#[test]
fn what_follows_from_every_answer() {
    let sends = || Intent::Send { message: MessageId::new("m"), touch_began: None };
    let claims = || Intent::Claim { item: WorkItemId::new("w") };
    let refused = || Answer::Refused { status: 422, code: Some("invalid".into()) };
    let wedged = || Next::Wedge(Wedge::Refused { status: 422, code: Some("invalid".into()) });
    let minute = Some(Duration::minutes(1));
    let table = [
        (Answer::Accepted, Next::Done, Next::Done),
        (Answer::Found, Next::Done, Next::Done),
        (Answer::Offline, Next::WaitForNetwork, Next::WaitForNetwork),
        (Answer::SignInAgain, Next::WaitForSignIn, Next::WaitForSignIn),
        (
            Answer::Transient { retry_after: minute },
            Next::RetryLater { at_least: minute },
            Next::RetryLater { at_least: minute },
        ),
        (Answer::NoAnswer, Next::SearchFirst, Next::Reread),
        (Answer::Conflict, Next::Reread, Next::Reread),
        (refused(), wedged(), wedged()),
        (Answer::Gone, Next::Wedge(Wedge::Gone), Next::Wedge(Wedge::Gone)),
    ];
    for (answer, after_send, after_claim) in table {
        assert_eq!(after_answer(&row(sends(), 0), answer.clone()), after_send, "send: {answer:?}");
        assert_eq!(after_answer(&row(claims(), 0), answer.clone()), after_claim, "claim: {answer:?}");
    }
}

#[test]
fn only_tries_that_reached_the_server_are_counted_to_the_end() {
    let tired = row(Intent::Send { message: MessageId::new("m"), touch_began: None }, MOST_ATTEMPTS);
    for answer in [Answer::Transient { retry_after: None }, Answer::NoAnswer, Answer::Conflict] {
        assert_eq!(after_answer(&tired, answer), Next::Wedge(Wedge::OutcomeUnknown));
    }
    for (answer, next) in [
        (Answer::Offline, Next::WaitForNetwork),
        (Answer::SignInAgain, Next::WaitForSignIn),
        (Answer::Found, Next::Done),
    ] {
        assert_eq!(after_answer(&tired, answer), next);
    }
    let item = || "t".into();
    for intent in [
        Intent::Claim { item: item() },
        Intent::Renew { item: item() },
        Intent::Release { item: item() },
        Intent::Complete { item: item(), reply: None },
    ] {
        let tired = row(intent, MOST_ATTEMPTS);
        for answer in [Answer::Transient { retry_after: None }, Answer::NoAnswer, Answer::Conflict] {
            let next = after_answer(&tired, answer);
            assert!(!matches!(next, Next::Wedge(_)), "nobody could free it: {:?} {next:?}", tired.intent);
        }
    }
}

#[test]
fn a_clock_that_is_put_right_neither_shortens_the_undo_seconds_nor_stops_anything_for_a_day() {
    let undo = Duration::seconds(10);
    for wrong in [Duration::days(1), Duration::days(-1), Duration::minutes(3)] {
        let before = now() + wrong;
        assert_eq!(retimed(before + undo, before, now()), now() + undo, "{wrong}: still ten seconds");
        assert!(retimed(before - undo, before, now()) <= now(), "{wrong}: what was due stays due");
    }
    // Dated by the server's clock before a restart, and met by a machine that is a day behind.
    let behind = now() - Duration::days(1);
    assert_eq!(retimed(now() + undo, behind, now()), now());
}

#[test]
fn what_a_clock_that_was_ahead_dated_began_no_later_than_by_either_clock() {
    let (minute, day) = (Duration::minutes(1), Duration::days(1));
    let tomorrow = now() + day - minute;
    assert_eq!(redated(tomorrow, now(), -day, false), now() - minute, "a minute ago");
    assert_eq!(redated(tomorrow, now(), Duration::zero(), false), now(), "nobody knows how wrong it was");
    assert_eq!(redated(now() - minute, now(), -day, true), now() - minute - day, "either clock's");
    for (jump, may_be_wrong) in [(-day, false), (day, true), (Duration::zero(), true)] {
        assert_eq!(redated(now() - minute, now(), jump, may_be_wrong), now() - minute, "{jump}");
    }
}

#[test]
fn a_move_is_made_on_what_its_member_saw_and_never_under_anothers_hands() {
    use Step::{Settled, Write};
    use WorkStatus::{Accepted, Completed, InProgress, Requested};
    let nurses = || Some("nurses".to_owned());
    let seen = Seen { pool: nurses(), owner: None, urgency: Urgency::SameDay, waiting_for: None };
    let to_refills = Move::Pool { pool: "refills".to_owned() };
    let to_mia = Move::Member { member: PartyRef::new(MIA) };
    let sooner = Move::Urgency { urgency: Urgency::Urgent, lowered: None };
    let later = Move::Urgency { urgency: Urgency::Routine, lowered: None };
    let second = || Step::Taken { by: None };
    // status, owner, pool, urgency; to another pool, to Mia, sooner, later
    let table = [
        (Requested, None, nurses(), Urgency::SameDay, Write, Write, Write, Write),
        (Requested, None, Some("refills".to_owned()), Urgency::SameDay, Settled, second(), Write, Write),
        (Requested, None, Some("desk".to_owned()), Urgency::SameDay, second(), second(), Write, Write),
        (Requested, None, nurses(), Urgency::Emergency, Write, Write, Settled, second()),
        (Requested, None, nurses(), Urgency::Urgent, Write, Write, Settled, second()),
        (Requested, None, nurses(), Urgency::Routine, Write, Write, Write, Settled),
        (Accepted, Some(MIA), nurses(), Urgency::SameDay, taken(), Settled, Write, Write),
        (InProgress, Some(MIA), nurses(), Urgency::SameDay, taken(), Settled, Write, Write),
        (InProgress, Some(ME), nurses(), Urgency::SameDay, Write, Write, Write, Write),
        (
            Completed,
            Some(MIA),
            nurses(),
            Urgency::SameDay,
            ended(Some(MIA)),
            ended(Some(MIA)),
            ended(Some(MIA)),
            ended(Some(MIA)),
        ),
    ];
    for (status, owner, pool, urgency, routes, gives, raises, lowers) in table {
        let item = WorkItem { pool, urgency, ..item(status, owner, minutes_ago(1)) };
        let row = format!("{status:?} {owner:?} {:?} {urgency:?}", item.pool);
        for (change, expected) in [(&to_refills, routes), (&to_mia, gives), (&sooner, raises), (&later, lowers)] {
            assert_eq!(relocate(&item, change, &seen, &osei(), now()), expected, "{change:?}: {row}");
        }
    }
}

#[test]
fn a_claim_that_lapsed_holds_no_move_up() {
    let seen = Seen { pool: None, owner: Some(PartyRef::new(MIA)), urgency: Urgency::Routine, waiting_for: None };
    let left = item(WorkStatus::InProgress, Some(MIA), minutes_ago(6));
    let change = Move::Pool { pool: "refills".to_owned() };
    assert_eq!(relocate(&left, &change, &seen, &osei(), now()), Step::Write);
}
