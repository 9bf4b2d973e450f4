//! What holds for every calendar: ordinary ones, and ones that nobody in their right mind would write.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta, Weekday};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::work_item::Urgency;

const ZONES: [&str; 8] = [
    "America/Toronto",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Europe/Paris",
    "Pacific/Chatham",
    "America/Havana",
];

fn weekday() -> impl Strategy<Value = Weekday> {
    (0u8..7).prop_map(|day| Weekday::try_from(day).unwrap())
}

/// A date of 2025 to 2027.
fn date() -> impl Strategy<Value = NaiveDate> {
    (0u64..1095).prop_map(|days| NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + Days::new(days))
}

/// An instant of those years, to the second.
fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..1095 * 86_400).prop_map(|seconds| at("2025-01-01T00:00:00Z") + TimeDelta::seconds(seconds))
}

fn time(range: std::ops::Range<u16>) -> impl Strategy<Value = LocalTime> {
    range.prop_map(|minutes| LocalTime::new(minutes / 60, minutes % 60).unwrap())
}

/// The periods of a day, none of which reaches another's: night until two, morning, afternoon, evening.
fn day() -> impl Strategy<Value = Vec<(LocalTime, LocalTime)>> {
    let morning = (time(125..500), time(501..720));
    let afternoon = (time(720..900), time(901..1200));
    let night = (time(1201..1439), time(0..120));
    (option::of(morning), option::weighted(0.8, afternoon), option::weighted(0.2, night))
        .prop_map(|(morning, afternoon, night)| [morning, afternoon, night].into_iter().flatten().collect())
}

fn closure() -> impl Strategy<Value = Closure> {
    let half = prop_oneof![
        3 => Just((None, None)),
        1 => time(1..1440).prop_map(|to| (None, Some(to))),
        1 => time(1..1440).prop_map(|from| (Some(from), None)),
    ];
    let rule = option::weighted(0.2, select(vec!["FREQ=YEARLY", "FREQ=WEEKLY;INTERVAL=3", "FREQ=MONTHLY;COUNT=9"]));
    (date(), 0u64..12, half, rule).prop_map(|(first, days, (from, to), rule)| Closure {
        name: String::new(),
        first,
        last: (days > 0).then(|| first + Days::new(days)),
        from,
        to,
        rule: rule.map(str::to_owned),
    })
}

/// A calendar that a practice could have. Openings keep clear of midnight; what they may do there is the oracle's.
fn ordinary() -> impl Strategy<Value = Hours> {
    let openings = vec((date(), time(125..600), time(601..1439)), 0..5);
    (select(ZONES.to_vec()), vec(day(), 7), vec(closure(), 0..6), openings).prop_map(
        |(zone, days, closures, openings)| {
            let week =
                [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
            let period = |day| move |(from, to)| WeeklyPeriod { day, from, to };
            let weekly = week.into_iter().zip(days).flat_map(|(day, periods)| periods.into_iter().map(period(day)));
            let openings: BTreeMap<_, _> =
                openings.into_iter().map(|(date, from, to)| (date, Period { from, to })).collect();
            let opening = |(date, period)| Opening { name: String::new(), date, periods: vec![period] };
            Hours::new(&Calendar {
                version: FORMAT,
                zone: zone.to_owned(),
                weekly: weekly.collect(),
                closures,
                openings: openings.into_iter().map(opening).collect(),
            })
            .unwrap()
        },
    )
}

const A_MOMENT: TimeDelta = TimeDelta::nanoseconds(1);

/// Open, or the closing of open time.
fn is_open_or_closing(hours: &Hours, instant: DateTime<Utc>) -> bool {
    hours.is_open(instant) || hours.is_open(instant - A_MOMENT)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn minutes_that_were_added_are_there_between(hours in ordinary(), from in instant(), minutes in 0u32..20_000) {
        if let Ok(due) = hours.add_working_minutes(from, minutes) {
            prop_assert!(due >= from);
            prop_assert!(is_open_or_closing(&hours, due), "{due} is inside a closure");
            prop_assert_eq!(hours.working_minutes_between(from, due), i64::from(minutes));
        }
    }

    #[test]
    fn later_or_longer_is_never_due_earlier(
        hours in ordinary(), from in instant(), later in 0i64..400_000, minutes in 0u32..5_000, more in 0u32..5_000,
        days in 0u16..6,
    ) {
        let after = from + TimeDelta::seconds(later);
        if let (Ok(one), Ok(other)) = (hours.add_working_minutes(from, minutes), hours.add_working_minutes(after, minutes)) {
            prop_assert!(one <= other);
            prop_assert!(hours.add_working_minutes(from, minutes + more).map_or(true, |longer| longer >= one));
        }
        if let (Ok(one), Ok(other)) = (hours.add_working_days(from, days), hours.add_working_days(after, days)) {
            prop_assert!(one >= from && one <= other, "{one} {other}");
            prop_assert!(is_open_or_closing(&hours, one), "{one} is inside a closure");
            prop_assert!(hours.add_working_days(from, days + 1).map_or(true, |longer| longer >= one));
        }
    }

    #[test]
    fn a_closed_period_holds_its_instant_and_nothing_open(hours in ordinary(), instant in instant()) {
        let Some(period) = hours.closed_period(instant) else {
            prop_assert!(hours.is_open(instant));
            return Ok(());
        };
        prop_assert!(!hours.is_open(instant));
        if let (Some(start), Some(end)) = (period.start, period.end) {
            prop_assert!(start <= instant && instant < end);
            prop_assert!(hours.is_open(start - A_MOMENT) && !hours.is_open(start));
            prop_assert!(hours.is_open(end) && !hours.is_open(end - A_MOMENT));
            prop_assert_eq!(hours.open_intervals(start, end), []);
            prop_assert_eq!(hours.closed_period(start), Some(period));
            prop_assert_eq!(hours.closed_period(end - A_MOMENT), Some(period));
        }
    }

    #[test]
    fn openings_and_closings_are_the_edges_of_the_intervals(hours in ordinary(), from in instant()) {
        let intervals = hours.open_intervals(from, from + TimeDelta::days(20));
        let (first, last) = (from, from + TimeDelta::days(20));
        prop_assert!(intervals.windows(2).all(|pair| pair[0].end < pair[1].start));
        let intervals: Vec<_> = intervals.iter().filter(|cut| cut.start > first && cut.end < last).collect();
        for interval in &intervals {
            prop_assert!(hours.is_open(interval.start) && hours.is_open(interval.end - A_MOMENT));
        }
        for pair in intervals.windows(2) {
            prop_assert_eq!(hours.next_closing(pair[0].start), Some(pair[0].end));
            prop_assert_eq!(hours.next_opening(pair[0].start), Some(pair[1].start));
            prop_assert_eq!(hours.next_opening(pair[0].end), Some(pair[1].start));
            prop_assert_eq!(hours.next_closing(pair[0].end), Some(pair[1].end));
        }
    }

    #[test]
    fn raising_an_urgency_never_makes_more_time(hours in ordinary(), sent in instant(), minutes in 0u32..3_000, days in 0u16..5) {
        for turnaround in [Turnaround::WorkingMinutes(minutes), Turnaround::WorkingDays(days)] {
            let at = |urgency| due(sent, turnaround, urgency, None, &hours);
            let rising = [Urgency::Routine, Urgency::SameDay, Urgency::Urgent, Urgency::Emergency].map(at);
            for pair in rising.windows(2) {
                if let [Ok(lower), Ok(higher)] = pair {
                    prop_assert!(higher.at <= lower.at && higher.at >= sent);
                }
            }
        }
    }

    #[test]
    fn a_change_never_cuts_a_closed_period(before in ordinary(), after in ordinary(), changed in instant()) {
        let from = change_applies_from(&before, &after, changed);
        prop_assert!(from >= changed);
        prop_assert!(from == changed || (before.is_open(from) && after.is_open(from)));
        let both = |instant| before.is_open(instant) && after.is_open(instant);
        prop_assert!(from == changed || !both(changed));
    }
}

/// Any dates there are, mostly near the edges of everything.
fn any_date() -> impl Strategy<Value = NaiveDate> {
    prop_oneof![
        4 => date(),
        1 => select(vec![NaiveDate::MIN, NaiveDate::MAX, NaiveDate::from_ymd_opt(2000, 1, 1).unwrap(),
            NaiveDate::from_ymd_opt(2099, 12, 31).unwrap(), NaiveDate::from_ymd_opt(2011, 12, 30).unwrap()]),
    ]
}

fn any_time() -> impl Strategy<Value = LocalTime> {
    time(0..1441)
}

/// Rules made of parts that exist, with values that may not.
fn any_rule() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        select(vec!["INTERVAL", "COUNT"]).prop_flat_map(|name| (0u32..70_000).prop_map(move |n| format!("{name}={n}"))),
        select(vec!["BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"]).prop_flat_map(|name| {
            vec(-400i32..400, 1..4).prop_map(move |values| {
                let values: Vec<String> = values.iter().map(i32::to_string).collect();
                format!("{name}={}", values.join(","))
            })
        }),
        select(vec!["BYMONTH", "BYMONTHDAY", "BYSETPOS"])
            .prop_flat_map(|name| (1i32..13).prop_map(move |value| format!("{name}={value}"))),
        vec((option::of(-54i32..54), select(vec!["MO", "TU", "WE", "FR", "SU"])), 1..4).prop_map(|days| {
            let day = |(nth, day): (Option<i32>, &str)| nth.map_or(day.to_owned(), |nth| format!("{nth}{day}"));
            format!("BYDAY={}", days.into_iter().map(day).collect::<Vec<_>>().join(","))
        }),
        select(vec!["WKST=SU", "UNTIL=20300101", "UNTIL=20251301", "UNTIL=99999999"]).prop_map(str::to_owned),
    ];
    let rule = (select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), vec(part, 0..4))
        .prop_map(|(freq, parts)| [vec![format!("FREQ={freq}")], parts].concat().join(";"));
    prop_oneof![9 => rule, 1 => any::<String>(), 1 => "[A-Z=;,0-9é+-]{0,40}"]
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let weekly =
        vec((weekday(), any_time(), any_time()).prop_map(|(day, from, to)| WeeklyPeriod { day, from, to }), 0..4);
    let closure =
        (any_date(), option::of(any_date()), option::of(any_time()), option::of(any_time()), option::of(any_rule()))
            .prop_map(|(first, last, from, to, rule)| Closure { name: String::new(), first, last, from, to, rule });
    let period = (any_time(), any_time()).prop_map(|(from, to)| Period { from, to });
    let opening =
        (any_date(), vec(period, 0..3)).prop_map(|(date, periods)| Opening { name: String::new(), date, periods });
    let zone = prop_oneof![9 => select(ZONES.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    (0u32..20, zone, weekly, vec(closure, 0..3), vec(opening, 0..3)).prop_map(
        |(version, zone, weekly, closures, openings)| Calendar {
            version: if version == 0 { 2 } else { FORMAT },
            zone,
            weekly,
            closures,
            openings,
        },
    )
}

fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    prop_oneof![
        4 => instant(),
        1 => select(vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, at("2000-01-01T00:00:00Z"),
            at("2099-12-31T23:59:59Z"), at("2100-01-01T00:00:00Z")]),
    ]
}

/// Asks everything; the answers are the other properties' business.
fn ask(hours: &Hours, from: DateTime<Utc>, to: DateTime<Utc>) {
    hours.is_open(from);
    hours.closed_period(from);
    hours.next_closing(from);
    hours.open_intervals(from, to);
    hours.year_without_closures(from);
    for turnaround in [Turnaround::WorkingMinutes(u32::MAX), Turnaround::WorkingDays(u16::MAX), Turnaround::default()] {
        let _ = due(from, turnaround, Urgency::Urgent, None, hours);
    }
    assert!(change_applies_from(hours, hours, from) >= from);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn every_calendar_is_refused_by_name_or_answers(calendar in any_calendar(), from in any_instant(), to in any_instant()) {
        match Hours::new(&calendar) {
            Ok(hours) => ask(&hours, from, to),
            Err(problem) => prop_assert!(problem.to_string().len() > 10),
        }
    }

}

proptest! {
    // Fewer, for a rule may take the crate a tenth of a second to give up.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn every_rule_is_refused_by_name_or_has_its_dates(rule in any_rule(), first in any_date()) {
        if let Ok(dates) = recurrence::occurrences("rule", &rule, first) {
            prop_assert!(dates.windows(2).all(|pair| pair[0] < pair[1]), "{}", rule);
            prop_assert!(dates.len() <= 6_000);
        }
    }
}
