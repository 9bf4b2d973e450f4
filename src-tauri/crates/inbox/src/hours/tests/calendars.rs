//! What may be written into a calendar, and what is said about the rest.

use super::*;

#[test]
fn a_calendar_is_written_as_it_is_read() {
    let written = json!({
        "version": 1,
        "zone": "America/Toronto",
        "weekly": [{"day": "Mon", "from": "08:00", "to": "12:00"}, {"day": "Fri", "from": "17:00", "to": "02:00"},
            {"day": "Sun", "from": "00:00", "to": "24:00"}],
        "closures": [
            {"name": "Winter break", "first": "2026-12-24", "last": "2027-01-03"},
            {"name": "Staff meeting", "first": "2026-10-07", "from": "12:00", "to": "15:30"},
            {"name": "Labour Day", "first": "2026-09-07", "rule": "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO"},
        ],
        "openings": [{"name": "Flu clinic", "date": "2026-12-29", "periods": [{"from": "09:00", "to": "12:00"}]}],
    });
    let calendar: Calendar = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&calendar).unwrap(), written);
    Hours::new(&calendar).unwrap();
}

#[test]
fn text_that_is_no_calendar_is_refused_by_its_reader() {
    for wrong in [
        json!({"version": 1, "zone": "UTC", "closings": []}),
        json!({"version": 1, "zone": "UTC", "weekly": [{"day": "Mon", "from": "8:00", "to": "12:00"}]}),
        json!({"version": 1, "zone": "UTC", "weekly": [{"day": "Mon", "from": "08:00", "to": "24:01"}]}),
        json!({"version": 1, "zone": "UTC", "weekly": [{"day": "Mon", "from": "08:60", "to": "12:00"}]}),
        json!({"version": 1, "zone": "UTC", "weekly": [{"day": "Mon", "from": "+8:00", "to": "12:00"}]}),
        json!({"version": 1, "zone": "UTC", "closures": [{"first": "2027-02-29"}]}),
        json!({"version": -1, "zone": "UTC"}),
    ] {
        assert!(serde_json::from_value::<Calendar>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_problem_names_its_field() {
    let period = |from: &str, to: &str| json!([{"day": "Mon", "from": from, "to": to}]);
    let closure = |closure: Value| json!({"closures": [{"first": "2026-01-01"}, closure]});
    let cases = [
        (json!({"version": 2}), "version: format 2"),
        (json!({"zone": "Mars/Olympus"}), "zone: "),
        (json!({"zone": "america/toronto"}), "zone: "),
        (json!({"weekly": period("08:00", "08:00")}), "weekly[0]: the period is empty"),
        (json!({"weekly": period("24:00", "08:00")}), "weekly[0]: the period is empty"),
        (closure(json!({"first": "2026-05-02", "last": "2026-05-01"})), "closures[1].last: the end is before"),
        (closure(json!({"first": "2026-05-02", "last": "2027-05-03"})), "closures[1].last: more than 366"),
        (closure(json!({"first": "2026-05-02", "from": "12:00", "to": "12:00"})), "closures[1].to: the end is before"),
        (closure(json!({"first": "1999-12-31"})), "closures[1].first: 1999-12-31 is not within"),
        (closure(json!({"first": "+262142-12-31"})), "closures[1].first: +262142-12-31 is not within"),
        (json!({"openings": [{"date": "2100-01-01", "periods": []}]}), "openings[0].date: 2100-01-01 is not"),
        (json!({"openings": [{"date": "2026-01-01", "periods": []}]}), "openings[0].periods: an opening needs"),
    ];
    for (written, expected) in cases {
        let said = problem(written.clone());
        assert!(said.starts_with(expected), "{written}: {said}");
    }
    let morning = json!([{"from": "09:00", "to": "12:00"}]);
    let opening = json!({"date": "2026-01-01", "periods": morning});
    assert!(problem(json!({"openings": [opening, opening]})).starts_with("openings[1]: openings[0] has the same date"));
    let many: Vec<Value> = (0..2_001).map(|_| json!({"first": "2026-01-01"})).collect();
    assert_eq!(problem(json!({"closures": many})), "closures: more than 2000");
}

#[test]
fn periods_may_touch_but_not_overlap_around_the_week_either() {
    let two = |one: (&str, &str, &str), other: (&str, &str, &str)| {
        let period = |(day, from, to): (&str, &str, &str)| json!({"day": day, "from": from, "to": to});
        Hours::new(&calendar(json!({"weekly": [period(one), period(other)]}))).map(|_| ())
    };
    let overlap =
        |field: &str, other: &str| Err(CalendarProblem::Overlap { field: field.to_owned(), other: other.to_owned() });
    assert_eq!(two(("Mon", "08:00", "12:00"), ("Mon", "12:00", "17:00")), Ok(()));
    assert_eq!(two(("Mon", "08:00", "12:01"), ("Mon", "12:00", "17:00")), overlap("weekly[1]", "weekly[0]"));
    assert_eq!(two(("Tue", "01:00", "09:00"), ("Mon", "20:00", "02:00")), overlap("weekly[0]", "weekly[1]"));
    assert_eq!(two(("Mon", "01:00", "09:00"), ("Sun", "20:00", "02:00")), overlap("weekly[0]", "weekly[1]"));
    assert_eq!(two(("Mon", "02:00", "09:00"), ("Sun", "20:00", "02:00")), Ok(()));
    assert_eq!(two(("Mon", "08:00", "12:00"), ("Mon", "08:00", "12:00")), overlap("weekly[1]", "weekly[0]"));
    let opening = json!([{"date": "2026-01-01", "periods": [
        {"from": "20:00", "to": "02:00"}, {"from": "09:00", "to": "20:01"}]}]);
    assert!(
        problem(json!({"openings": opening})).starts_with("openings[0].periods[0] overlaps openings[0].periods[1]")
    );
}

/// What a rule of a closure says, or the dates of its first days.
fn dates_of(first: &str, rule: &str) -> Result<Vec<String>, String> {
    let closures = json!([{"first": first, "rule": rule}]);
    let hours = Hours::new(&calendar(json!({"closures": closures}))).map_err(|problem| problem.to_string())?;
    Ok(hours.plan.closures_begin.iter().map(ToString::to_string).collect())
}

#[test]
fn rules_are_rfc_5545_in_days() {
    for (first, rule, expected) in [
        ("2026-09-07", "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO;COUNT=3", ["2026-09-07", "2027-09-06", "2028-09-04"]),
        ("2026-10-12", "FREQ=YEARLY;BYMONTH=10;BYDAY=2MO;UNTIL=20281231", ["2026-10-12", "2027-10-11", "2028-10-09"]),
        // Victoria Day: the Monday before 25 May.
        (
            "2026-05-18",
            "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=18,19,20,21,22,23,24;BYDAY=MO;COUNT=3",
            ["2026-05-18", "2027-05-24", "2028-05-22"],
        ),
        ("2024-02-29", "FREQ=YEARLY;UNTIL=20320229", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("2026-01-30", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("2026-01-07", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20260204", ["2026-01-07", "2026-01-21", "2026-02-04"]),
    ] {
        assert_eq!(dates_of(first, rule).unwrap(), expected, "{rule}");
    }
    assert_eq!(dates_of("2026-12-25", "FREQ=YEARLY").unwrap().last().unwrap(), "2099-12-25");
    assert_eq!(dates_of("2098-12-25", "FREQ=YEARLY;UNTIL=99991231").unwrap(), ["2098-12-25", "2099-12-25"]);
    assert_eq!(dates_of("2098-12-25", "FREQ=YEARLY;COUNT=50").unwrap(), ["2098-12-25", "2099-12-25"]);
}

#[test]
fn a_closure_of_several_days_repeats_with_its_length() {
    let hours = hours(json!({"weekly": weekdays(), "closures": [
        {"first": "2026-12-24", "last": "2027-01-01", "rule": "FREQ=YEARLY"},
        {"first": "2026-01-07", "from": "13:00", "rule": "FREQ=MONTHLY;BYDAY=1WE"},
    ]}));
    assert!(!hours.is_open(at("2028-12-29T10:00:00-05:00")) && hours.is_open(at("2028-12-22T10:00:00-05:00")));
    assert!(!hours.is_open(at("2028-06-07T13:00:00-04:00")) && hours.is_open(at("2028-06-07T12:00:00-04:00")));
}

#[test]
fn a_rule_that_cannot_be_used_is_named_with_its_reason() {
    for rule in [
        "",
        "RRULE:FREQ=YEARLY",
        "FREQ=HOURLY",
        "FREQ=DAILY",
        "FREQ=SECONDLY;COUNT=10",
        "FREQ=YEARLY;BYHOUR=8",
        "FREQ=YEARLY;BYEASTER=-2",
        "FREQ=YEARLY;FREQ=DAILY",
        "FREQ=YEARLY;COUNT=3;UNTIL=20301231",
        "FREQ=YEARLY;UNTIL=20301231T000000Z",
        "FREQ=YEARLY;UNTIL=20301301",
        "FREQ=YEARLY;BYDAY=é1",
        "FREQ=YEARLY;BYDAY=XX",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=WEEKLY;BYMONTHDAY=3",
        "BYDAY=MO",
    ] {
        let said = dates_of("2026-09-07", rule).unwrap_err();
        assert!(said.starts_with("closures[0].rule: "), "{rule}: {said}");
    }
    let long = format!("FREQ=YEARLY;BYYEARDAY={}", vec!["1"; 100].join(","));
    assert_eq!(dates_of("2026-01-01", &long).unwrap_err(), "closures[0].rule: the rule is too long");
    assert_eq!(
        dates_of("2026-01-01", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH").unwrap_err(),
        "closures[0].rule: more than 6000"
    );
    for rule in ["FREQ=YEARLY;BYMONTH=9;BYDAY=2MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;INTERVAL=0"] {
        let said = dates_of("2026-09-07", rule).unwrap_err();
        assert!(said.contains("2026-09-07 is not a day of the rule"), "{rule}: {said}");
    }
}

#[test]
fn without_a_calendar_weekdays_from_eight_to_five_are_assumed_and_marked() {
    let assumed = Hours::assumed("America/Toronto").unwrap();
    assert_eq!((assumed.source(), assumed.zone()), (HoursSource::Assumed, chrono_tz::America::Toronto));
    assert!(assumed.is_open(at("2026-03-06T16:59:59-05:00")) && !assumed.is_open(at("2026-03-06T17:00:00-05:00")));
    assert!(!assumed.is_open(at("2026-03-07T12:00:00-05:00")));
    assert_eq!(hours(json!({})).source(), HoursSource::Practice);
    assert_eq!(Hours::assumed("here").unwrap_err(), CalendarProblem::UnknownZone);
}

#[test]
fn an_instant_outside_the_era_has_an_answer_too() {
    let hours = hours(json!({"weekly": weekdays()}));
    for instant in [DateTime::<Utc>::MIN_UTC, at("1970-01-01T00:00:00Z"), at("1999-12-31T23:59:59Z")] {
        assert!(!hours.is_open(instant));
        assert_eq!(hours.next_opening(instant), Some(at("2000-01-03T08:00:00-05:00")));
        assert_eq!(hours.add_working_minutes(instant, 60), Ok(at("2000-01-03T09:00:00-05:00")));
        assert!(hours.closed_period(instant).is_some_and(|period| period.start.is_none()));
    }
    for instant in [at("2100-01-01T00:00:00Z"), DateTime::<Utc>::MAX_UTC] {
        assert!(!hours.is_open(instant));
        assert_eq!((hours.next_opening(instant), hours.next_closing(instant)), (None, None));
        assert_eq!(hours.add_working_days(instant, 2), Err(NotWithinHorizon));
        assert!(hours.closed_period(instant).is_some_and(|period| period.end.is_none()));
    }
    let century = hours.open_intervals(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    assert_eq!(century.last().unwrap().end.date_naive().to_string(), "2009-12-31", "the horizon, not the century");
}
