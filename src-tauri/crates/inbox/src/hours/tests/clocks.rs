//! Days of 23 and of 25 hours, of 23½ and 24½, a midnight that isn't there, and a date that isn't.

use super::*;

/// Whole minutes that a practice is open on a date when it is open all day.
fn minutes_of_a_day(zone: &str, from: &str, to: &str) -> i64 {
    let hours = hours(json!({"zone": zone, "weekly": on(
        &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "00:00", "24:00")}));
    assert_eq!(hours.open_intervals(at(from), at(to)).len(), 1);
    hours.working_minutes_between(at(from), at(to))
}

#[test]
fn days_are_as_long_as_the_zone_makes_them() {
    let cases = [
        ("America/Toronto", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00", 23 * 60),
        ("America/Toronto", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", 25 * 60),
        ("Australia/Lord_Howe", "2026-10-04T00:00:00+10:30", "2026-10-05T00:00:00+11:00", 23 * 60 + 30),
        ("Australia/Lord_Howe", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30", 24 * 60 + 30),
        ("Asia/Tokyo", "2026-03-08T00:00:00+09:00", "2026-03-09T00:00:00+09:00", 24 * 60),
        ("America/Phoenix", "2026-03-08T00:00:00-07:00", "2026-03-09T00:00:00-07:00", 24 * 60),
    ];
    for (zone, from, to, minutes) in cases {
        assert_eq!(minutes_of_a_day(zone, from, to), minutes, "{zone} {from}");
    }
}

#[test]
fn a_night_shift_is_as_long_as_it_is_worked() {
    let night = hours(json!({"weekly": on(&["Sat"], "22:00", "06:00")}));
    let worked = |from, to| night.working_minutes_between(at(from), at(to));
    assert_eq!(worked("2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00"), 7 * 60);
    assert_eq!(worked("2026-10-31T12:00:00-04:00", "2026-11-01T12:00:00-05:00"), 9 * 60);
    assert_eq!(worked("2026-06-06T12:00:00-04:00", "2026-06-07T12:00:00-04:00"), 8 * 60);
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    // On 5 April 2026 at 02:00 (+11) the clock goes back to 01:30 (+10:30).
    let end = hours(json!({"zone": "Australia/Lord_Howe", "weekly": on(&["Sun"], "00:00", "01:45")}));
    assert_eq!(end.next_closing(at("2026-04-05T00:00:00+11:00")), Some(at("2026-04-05T01:45:00+10:30")));
    // On 4 October 2026 at 02:00 (+10:30) it goes on to 02:30 (+11).
    let start = hours(json!({"zone": "Australia/Lord_Howe", "weekly": on(&["Sun"], "02:10", "05:00")}));
    assert_eq!(start.next_opening(at("2026-10-04T00:00:00+10:30")), Some(at("2026-10-04T02:30:00+11:00")));
}

#[test]
fn a_day_that_begins_at_one_is_closed_from_its_beginning() {
    // Havana, 8 March 2026: the clock goes from 23:59 to 01:00. And back, 1 November: 00:59 to 00:00.
    let every_day = on(&["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "00:00", "24:00");
    let hours = hours(json!({"zone": "America/Havana", "weekly": every_day,
        "closures": [{"first": "2026-03-08"}, {"first": "2026-11-01"}]}));
    assert_eq!(
        closed_from_to(&hours, "2026-03-08T12:00:00-04:00"),
        (Some(at("2026-03-08T01:00:00-04:00")), Some(at("2026-03-09T00:00:00-04:00")))
    );
    assert_eq!(
        closed_from_to(&hours, "2026-11-01T12:00:00-05:00"),
        (Some(at("2026-11-01T00:00:00-04:00")), Some(at("2026-11-02T00:00:00-05:00")))
    );
}

#[test]
fn a_date_that_a_zone_left_out_has_no_hours() {
    // Apia had no 30 December 2011, a Friday: after the 29th at midnight came the 31st.
    let hours = hours(json!({"zone": "Pacific/Apia", "weekly": weekdays(),
        "closures": [{"first": "2011-12-30"}]}));
    assert_eq!(
        closed_from_to(&hours, "2011-12-31T12:00:00+14:00"),
        (Some(at("2011-12-29T17:00:00-10:00")), Some(at("2012-01-02T08:00:00+14:00")))
    );
    let (thursday, tuesday) = (at("2011-12-29T10:00:00-10:00"), at("2012-01-03T10:00:00+14:00"));
    assert_eq!(hours.add_working_days(thursday, 2), Ok(tuesday), "Friday was none");
    assert_eq!(hours.working_minutes_between(thursday, tuesday), (7 + 9 + 2) * 60);
}
