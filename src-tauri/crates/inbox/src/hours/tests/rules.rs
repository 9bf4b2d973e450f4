//! The rules of time for automatic replies, by their numbers.

use super::*;

// Rule 18
#[test]
fn the_practices_zone_decides_and_no_other() {
    let toronto = hours(json!({"weekly": weekdays()}));
    let paris = hours(json!({"zone": "Europe/Paris", "weekly": weekdays()}));
    let noon_in_toronto = at("2026-03-04T12:00:00-05:00"); // six in the evening in Paris
    assert!(toronto.is_open(noon_in_toronto));
    assert!(!paris.is_open(noon_in_toronto));
}

// Rule 18
#[test]
fn a_change_applies_when_no_closed_period_of_either_calendar_is_running() {
    let (toronto, vancouver) =
        (hours(json!({"weekly": weekdays()})), hours(json!({"zone": "America/Vancouver", "weekly": weekdays()})));
    let saturday = at("2026-03-14T10:00:00-04:00");
    // Monday's eight o'clock of Vancouver, when Toronto has been open for three hours.
    assert_eq!(change_applies_from(&toronto, &vancouver, saturday), at("2026-03-16T08:00:00-07:00"));
    assert_eq!(change_applies_from(&vancouver, &toronto, saturday), at("2026-03-16T08:00:00-07:00"));

    let early = hours(json!({"weekly": weekdays(), "closures": [{"first": "2026-03-13", "from": "15:00"}]}));
    let friday_at_two = at("2026-03-13T14:00:00-04:00");
    assert_eq!(change_applies_from(&toronto, &early, friday_at_two), friday_at_two, "both are open: at once");

    let never = hours(json!({}));
    assert_eq!(change_applies_from(&never, &toronto, saturday), saturday, "nothing to wait for");
}

// Rule 19
#[test]
fn open_at_the_second_of_opening_and_closed_at_that_of_closing() {
    let hours = hours(json!({"weekly": weekdays()}));
    assert!(!hours.is_open(at("2026-03-06T07:59:59-05:00")));
    assert!(hours.is_open(at("2026-03-06T08:00:00-05:00")));
    assert!(hours.is_open(at("2026-03-06T16:59:59-05:00")));
    assert!(!hours.is_open(at("2026-03-06T17:00:00-05:00")));
    assert_eq!(hours.next_closing(at("2026-03-06T08:00:00-05:00")), Some(at("2026-03-06T17:00:00-05:00")));
    assert_eq!(hours.next_opening(at("2026-03-06T17:00:00-05:00")), Some(at("2026-03-09T08:00:00-04:00")));
    assert_eq!(hours.next_opening(at("2026-03-06T08:00:00-05:00")), Some(at("2026-03-09T08:00:00-04:00")));
}

// Rule 20
#[test]
fn a_message_counts_when_it_was_sent_or_else_last_updated() {
    let (sent, updated) = (at("2026-03-06T16:59:00-05:00"), at("2026-03-06T17:01:00-05:00"));
    assert_eq!(counts_at(Some(sent), Some(updated)), Some(sent));
    assert_eq!(counts_at(None, Some(updated)), Some(updated));
    assert_eq!(counts_at(None, None), None);
}

// Rule 21
#[test]
fn periods_cross_midnight_come_several_a_day_and_last_whole_days() {
    let mut weekly = on(&["Mon"], "08:00", "12:00");
    weekly.extend(on(&["Mon"], "13:00", "17:00"));
    weekly.extend(on(&["Fri"], "20:00", "02:00"));
    weekly.extend(on(&["Sun"], "00:00", "24:00"));
    let hours = hours(json!({"weekly": weekly}));
    for (instant, open) in [
        ("2026-06-01T11:59:00-04:00", true),
        ("2026-06-01T12:30:00-04:00", false),
        ("2026-06-01T13:00:00-04:00", true),
        ("2026-06-05T23:59:59-04:00", true),
        ("2026-06-06T01:59:59-04:00", true),
        ("2026-06-06T02:00:00-04:00", false),
        ("2026-06-07T00:00:00-04:00", true),
        ("2026-06-07T23:59:59-04:00", true),
        ("2026-06-08T00:00:00-04:00", false),
    ] {
        assert_eq!(hours.is_open(at(instant)), open, "{instant}");
    }
}

// Rule 21
#[test]
fn a_week_without_a_break_is_open_without_end() {
    let hours = hours(json!({"weekly": on(&["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "00:00", "24:00")}));
    let now = at("2026-06-05T23:59:59-04:00");
    assert!(hours.is_open(now));
    assert_eq!(hours.closed_period(now), None);
    assert_eq!((hours.next_opening(now), hours.next_closing(now)), (None, None));
}

// Rule 22
#[test]
fn a_time_that_is_skipped_is_the_first_instant_after() {
    // On 8 March 2026 Toronto's clock goes from 01:59 to 03:00.
    let hours = hours(json!({"weekly": [
        {"day": "Sun", "from": "02:30", "to": "04:00"},
        {"day": "Sat", "from": "22:00", "to": "02:15"},
    ]}));
    let (first_after, four) = (at("2026-03-08T03:00:00-04:00"), at("2026-03-08T04:00:00-04:00"));
    let saturday = at("2026-03-07T22:00:00-05:00");
    assert_eq!(
        hours.open_intervals(saturday, at("2026-03-09T00:00:00-04:00")),
        [Interval { start: saturday, end: four }],
        "Saturday's end and Sunday's start are one instant, so they touch"
    );
    assert!(hours.is_open(first_after));
}

// Rule 22
#[test]
fn a_time_that_is_there_twice_is_the_earlier_for_a_start_and_the_later_for_an_end() {
    // On 1 November 2026 Toronto's clock goes from 01:59 EDT back to 01:00 EST.
    let start = hours(json!({"weekly": [{"day": "Sun", "from": "01:30", "to": "09:00"}]}));
    assert_eq!(start.next_opening(at("2026-11-01T00:00:00-04:00")), Some(at("2026-11-01T01:30:00-04:00")));
    let end = hours(json!({"weekly": [{"day": "Sat", "from": "22:00", "to": "01:30"}]}));
    assert_eq!(end.next_closing(at("2026-10-31T22:00:00-04:00")), Some(at("2026-11-01T01:30:00-05:00")));
    assert!(end.is_open(at("2026-11-01T01:45:00-04:00")), "the clock will show 01:30 once more");
}

// Rule 23
#[test]
fn closures_take_days_and_half_days_away_and_an_opening_wins() {
    let hours = hours(json!({
        "weekly": weekdays(),
        "closures": [
            {"name": "Family Day", "first": "2026-02-16"},
            {"name": "Staff meeting", "first": "2026-02-18", "from": "12:00"},
            {"name": "Winter break", "first": "2026-12-24", "last": "2027-01-03"},
        ],
        "openings": [
            {"name": "Flu clinic", "date": "2026-12-29", "periods": [{"from": "09:00", "to": "12:00"}]},
            {"name": "Late opening", "date": "2026-02-20", "periods": [{"from": "10:00", "to": "19:00"}]},
        ],
    }));
    for (instant, open) in [
        ("2026-02-16T10:00:00-05:00", false),
        ("2026-02-18T11:59:59-05:00", true),
        ("2026-02-18T12:00:00-05:00", false),
        ("2026-12-28T10:00:00-05:00", false),
        ("2026-12-29T08:59:59-05:00", false),
        ("2026-12-29T09:00:00-05:00", true),
        ("2026-12-29T12:00:00-05:00", false),
        ("2026-02-20T09:00:00-05:00", false),
        ("2026-02-20T18:30:00-05:00", true),
    ] {
        assert_eq!(hours.is_open(at(instant)), open, "{instant}");
    }
}

// Rule 23
#[test]
fn who_is_closed_on_friday_evening_does_not_come_in_at_midnight() {
    let night = on(&["Fri"], "20:00", "02:00");
    let closed_friday = hours(json!({"weekly": night, "closures": [{"first": "2026-06-05"}]}));
    assert!(!closed_friday.is_open(at("2026-06-06T00:30:00-04:00")));
    let closed_saturday = hours(json!({"weekly": night, "closures": [{"first": "2026-06-06"}]}));
    assert!(closed_saturday.is_open(at("2026-06-05T23:59:59-04:00")));
    assert!(!closed_saturday.is_open(at("2026-06-06T00:00:00-04:00")));
    let afternoon = hours(json!({"weekly": night, "closures": [{"first": "2026-06-05", "to": "21:00"}]}));
    assert!(afternoon.is_open(at("2026-06-06T00:30:00-04:00")));
}

// Rule 23
#[test]
fn from_november_on_it_warns_of_a_year_without_closures() {
    let once = hours(json!({"weekly": weekdays(), "closures": [
        {"name": "Winter break", "first": "2026-12-24", "last": "2027-01-03"},
        {"name": "Staff meeting", "first": "2027-05-05", "from": "12:00"},
    ]}));
    assert!(!once.lacks_closures_of(2026));
    assert!(once.lacks_closures_of(2027), "a break that only ends there and half a day say nothing about 2027");
    assert_eq!(once.year_without_closures(at("2026-10-31T23:59:59-04:00")), None);
    assert_eq!(once.year_without_closures(at("2026-11-01T00:00:00-04:00")), Some(2027));
    assert_eq!(once.year_without_closures(at("2026-12-31T23:59:59-05:00")), Some(2027));
    let yearly = json!([{"first": "2026-09-07", "rule": "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO"}]);
    let yearly = hours(json!({"weekly": weekdays(), "closures": yearly}));
    assert_eq!(yearly.year_without_closures(at("2026-11-22T00:00:00-05:00")), None);
}

// Rule 24
#[test]
fn a_weekend_and_the_holiday_after_it_are_one_closed_period() {
    let hours = hours(json!({"weekly": weekdays(), "closures": [
        {"name": "Labour Day", "first": "2026-09-07", "rule": "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO"},
    ]}));
    let whole = (Some(at("2026-09-04T17:00:00-04:00")), Some(at("2026-09-08T08:00:00-04:00")));
    for instant in ["2026-09-04T17:00:00-04:00", "2026-09-06T12:00:00-04:00", "2026-09-07T23:00:00-04:00"] {
        assert_eq!(closed_from_to(&hours, instant), whole, "{instant}");
    }
    let next_year = (Some(at("2027-09-03T17:00:00-04:00")), Some(at("2027-09-07T08:00:00-04:00")));
    assert_eq!(closed_from_to(&hours, "2027-09-06T12:00:00-04:00"), next_year);
    assert_eq!(hours.closed_period(at("2026-09-08T08:00:00-04:00")), None);
}

// Rule 24
#[test]
fn years_end_is_no_boundary_and_29_february_is_a_day() {
    let hours = hours(json!({"weekly": weekdays(), "closures": [
        {"first": "2027-12-31", "last": "2028-01-03"},
        {"name": "Leap day", "first": "2024-02-29", "rule": "FREQ=YEARLY"},
    ]}));
    let new_year = (Some(at("2027-12-30T17:00:00-05:00")), Some(at("2028-01-04T08:00:00-05:00")));
    assert_eq!(closed_from_to(&hours, "2027-12-31T23:59:59-05:00"), new_year);
    assert_eq!(closed_from_to(&hours, "2028-01-01T00:00:00-05:00"), new_year);
    assert!(!hours.is_open(at("2028-02-29T10:00:00-05:00")), "a Tuesday");
    assert!(hours.is_open(at("2027-03-01T10:00:00-05:00")), "there is no 29 February in 2027");
    assert!(hours.is_open(at("2028-02-28T10:00:00-05:00")) && hours.is_open(at("2028-03-01T10:00:00-05:00")));
}

// Rule 24
#[test]
fn closed_until_further_notice_has_no_end() {
    let never = hours(json!({}));
    assert_eq!(closed_from_to(&never, "2026-09-06T12:00:00-04:00"), (None, None));
    let last_day = json!({"openings": [{"date": "2026-09-04", "periods": [{"from": "09:00", "to": "12:00"}]}]});
    assert_eq!(
        closed_from_to(&hours(last_day), "2026-09-06T12:00:00-04:00"),
        (Some(at("2026-09-04T12:00:00-04:00")), None)
    );
}
