//! Until when: working minutes, working days, urgencies.

use super::*;
use crate::work_item::Urgency;

/// Mornings and afternoons, Wednesday only a morning.
fn practice() -> Hours {
    let mut weekly = on(&WEEKDAYS, "08:00", "12:00");
    weekly.extend(on(&["Mon", "Tue", "Thu", "Fri"], "13:00", "17:00"));
    hours(json!({"weekly": weekly, "closures": [{"name": "Labour Day", "first": "2026-09-07"}]}))
}

#[test]
fn working_minutes_pass_only_while_it_is_open() {
    let hours = practice();
    for (from, minutes, to) in [
        ("2026-09-01T09:00:00-04:00", 60, "2026-09-01T10:00:00-04:00"),
        ("2026-09-01T11:30:00-04:00", 60, "2026-09-01T13:30:00-04:00"), // over lunch
        ("2026-09-01T11:00:00-04:00", 60, "2026-09-01T12:00:00-04:00"), // to the closing, not to the next opening
        ("2026-09-04T16:59:30-04:00", 1, "2026-09-08T08:00:30-04:00"),  // over the long weekend, to the second
        ("2026-09-05T12:00:00-04:00", 0, "2026-09-08T08:00:00-04:00"),
        ("2026-09-01T09:00:00-04:00", 0, "2026-09-01T09:00:00-04:00"),
    ] {
        assert_eq!(hours.add_working_minutes(at(from), minutes), Ok(at(to)), "{from} + {minutes}");
    }
    let week = (at("2026-09-04T16:00:00-04:00"), at("2026-09-08T09:30:00-04:00"));
    assert_eq!(hours.working_minutes_between(week.0, week.1), 60 + 90);
    assert_eq!(hours.working_minutes_between(week.1, week.0), 0);
}

#[test]
fn two_working_days_are_the_same_time_two_open_days_later() {
    let hours = practice();
    for (sent, due) in [
        ("2026-09-03T10:15:00-04:00", "2026-09-08T10:15:00-04:00"), // Thursday: Friday, and Tuesday after the holiday
        ("2026-09-07T20:00:00-04:00", "2026-09-09T12:00:00-04:00"), // holiday evening: all of Tuesday and Wednesday
        ("2026-09-08T08:00:00-04:00", "2026-09-09T12:00:00-04:00"), // the same, as it opens
        ("2026-09-08T08:00:01-04:00", "2026-09-10T08:00:01-04:00"),
        ("2026-09-14T16:00:00-04:00", "2026-09-16T12:00:00-04:00"), // Wednesday has no afternoon
        ("2026-09-08T12:30:00-04:00", "2026-09-10T12:00:00-04:00"), // in the lunch hour
    ] {
        assert_eq!(hours.add_working_days(at(sent), 2), Ok(at(due)), "{sent}");
    }
}

#[test]
fn a_working_day_keeps_its_time_of_day_when_clocks_change() {
    let hours = hours(json!({"weekly": weekdays()}));
    let friday = at("2026-03-06T10:15:00-05:00");
    assert_eq!(hours.add_working_days(friday, 1), Ok(at("2026-03-09T10:15:00-04:00")));
}

#[test]
fn a_night_shift_is_of_the_day_on_which_it_begins() {
    let hours = hours(json!({"weekly": on(&["Mon", "Wed", "Fri"], "20:00", "02:00")}));
    let tuesday_at_one = at("2026-06-02T01:00:00-04:00");
    assert_eq!(hours.add_working_days(tuesday_at_one, 1), Ok(at("2026-06-04T01:00:00-04:00")));
    assert_eq!(hours.end_of_working_day(tuesday_at_one), Ok(at("2026-06-02T02:00:00-04:00")));
}

fn due_at(sent: &str, urgency: Urgency) -> DateTime<Utc> {
    due(at(sent), Turnaround::default(), urgency, None, &practice()).unwrap().at
}

#[test]
fn urgency_decides_until_when() {
    let monday = "2026-09-14T10:15:00-04:00";
    assert_eq!(due_at(monday, Urgency::Routine), at("2026-09-16T10:15:00-04:00"));
    assert_eq!(due_at(monday, Urgency::SameDay), at("2026-09-14T17:00:00-04:00"), "lunch doesn't end the day");
    assert_eq!(due_at(monday, Urgency::Urgent), at("2026-09-14T11:15:00-04:00"));
    assert_eq!(due_at(monday, Urgency::Emergency), at(monday));

    let evening = "2026-09-14T18:00:00-04:00";
    assert_eq!(due_at(evening, Urgency::SameDay), at("2026-09-15T17:00:00-04:00"));
    assert_eq!(due_at(evening, Urgency::Urgent), at("2026-09-15T09:00:00-04:00"));
    assert_eq!(due_at(evening, Urgency::Emergency), at(evening), "an emergency doesn't wait for the morning");

    let before_closing = "2026-09-14T16:50:00-04:00";
    assert_eq!(due_at(before_closing, Urgency::SameDay), at("2026-09-14T17:00:00-04:00"));
    assert_eq!(due_at(before_closing, Urgency::Urgent), at("2026-09-14T17:00:00-04:00"), "never after same day");
}

#[test]
fn the_servers_own_value_wins_and_the_basis_is_said() {
    let (sent, own) = (at("2026-09-14T10:15:00-04:00"), at("2026-09-20T00:00:00Z"));
    let assumed = Hours::assumed("America/Toronto").unwrap();
    let basis = |urgency, own, hours: &Hours| due(sent, Turnaround::default(), urgency, own, hours).unwrap();
    for urgency in [Urgency::Routine, Urgency::Emergency] {
        assert_eq!(basis(urgency, Some(own), &practice()), Due { at: own, basis: DueBasis::Server });
    }
    assert_eq!(basis(Urgency::Emergency, None, &assumed).basis, DueBasis::Emergency);
    assert_eq!(basis(Urgency::Routine, None, &practice()).basis, DueBasis::Hours(HoursSource::Practice));
    assert_eq!(
        basis(Urgency::Routine, None, &assumed),
        Due { at: at("2026-09-16T10:15:00-04:00"), basis: DueBasis::Hours(HoursSource::Assumed) }
    );
}

#[test]
fn a_calendar_that_never_opens_says_so() {
    let never = hours(json!({}));
    let sent = at("2026-09-14T10:15:00-04:00");
    assert_eq!(never.add_working_minutes(sent, 0), Err(NotWithinHorizon));
    assert_eq!(never.add_working_days(sent, 2), Err(NotWithinHorizon));
    assert_eq!(due(sent, Turnaround::default(), Urgency::Urgent, None, &never), Err(NotWithinHorizon));
    assert_eq!(due(sent, Turnaround::default(), Urgency::Emergency, None, &never).unwrap().at, sent);
    assert_eq!(practice().add_working_minutes(sent, u32::MAX), Err(NotWithinHorizon));
    assert_eq!(practice().add_working_days(sent, u16::MAX), Err(NotWithinHorizon));
}

#[test]
fn a_turnaround_is_written_in_words() {
    let text = |turnaround: Turnaround| serde_json::to_string(&turnaround).unwrap();
    assert_eq!(text(Turnaround::WorkingMinutes(240)), r#"{"working-minutes":240}"#);
    assert_eq!(text(Turnaround::default()), r#"{"working-days":2}"#);
}
