//! The hours against a brute-force oracle: for each minute, what the wall clock shows is looked up in the calendar.
//!
//! The oracle shares nothing with the hours but the calendar's types and the zones' offsets. It never asks where a
//! wall-clock time lies on the UTC line; it only knows, for a minute, what the clock shows then, has shown before
//! and will show after. Rule 22 in those words: a period has begun when the clock has shown its start or later; it
//! has not ended while the clock will still show a time before its end, or that end once more. Rules of closures
//! are written out by hand.
//!
//! Ten years in ten zones. Not every one of the five million minutes each, which would take a debug build minutes,
//! but: every seventh; every one between two sevenths that differ; every one within two days of a clock change and
//! on the days around each closure and opening. What that can miss is an interval shorter than seven minutes far
//! from all of these, and no period of the calendar is shorter than ten.

use chrono::{Datelike, NaiveDate, Offset, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;

use super::*;

/// The minute of the UTC line, or of a wall clock, since 1970.
type Minute = i64;

const DAY: Minute = 1440;

/// 2020 to 2029: from, and not included to.
const YEARS: (&str, &str) = ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z");

/// Nights, half days, whole days, nights over the usual hour of clock changes, and closures that cut into it.
fn nasty(zone: &str) -> Calendar {
    let mut weekly = on(&["Mon", "Tue", "Wed", "Fri"], "08:00", "12:00");
    weekly.extend(on(&["Mon", "Tue", "Wed"], "13:00", "17:00"));
    weekly.extend(on(&["Thu"], "00:00", "24:00"));
    weekly.extend(on(&["Fri"], "17:00", "02:00"));
    weekly.extend(on(&["Sat"], "22:00", "02:30"));
    weekly.extend(on(&["Sun"], "02:40", "06:00"));
    weekly.extend(on(&["Sun"], "20:00", "00:00"));
    calendar(json!({
        "zone": zone,
        "weekly": weekly,
        "closures": [
            {"first": "2021-12-24", "last": "2022-01-02"},
            {"first": "2023-06-16", "from": "12:00"},
            {"first": "2023-06-23", "from": "18:00", "to": "23:30"},
            {"first": "2024-02-29", "to": "10:30"},
            {"first": "2026-04-04", "last": "2026-04-05", "from": "00:10", "to": "01:50"},
            {"first": "2020-09-07", "rule": "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO"},
            {"first": "2020-01-08", "from": "13:00", "to": "15:00", "rule": "FREQ=MONTHLY;BYDAY=2WE"},
            {"first": "2020-01-05", "from": "01:10", "to": "01:40", "rule": "FREQ=WEEKLY"},
        ],
        "openings": [
            {"date": "2021-12-27", "periods": [{"from": "10:00", "to": "12:00"}]},
            {"date": "2022-05-07", "periods": [{"from": "09:00", "to": "11:00"}, {"from": "21:00", "to": "03:00"}]},
            {"date": "2025-11-02", "periods": [{"from": "00:30", "to": "01:30"}]},
            {"date": "2026-03-08", "periods": [{"from": "02:10", "to": "02:50"}, {"from": "08:00", "to": "24:00"}]},
            {"date": "2027-12-24", "periods": [{"from": "23:00", "to": "01:00"}]},
        ],
    }))
}

/// The rules of `nasty`, by hand.
fn falls_on(rule: &str, date: NaiveDate) -> bool {
    match rule {
        "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO" => date.month() == 9 && date.day() <= 7 && date.weekday() == Weekday::Mon,
        "FREQ=MONTHLY;BYDAY=2WE" => (8..=14).contains(&date.day()) && date.weekday() == Weekday::Wed,
        "FREQ=WEEKLY" => date.weekday() == Weekday::Sun,
        other => panic!("{other} is not written out"),
    }
}

/// From–to on the wall clock, in minutes since 1970 there.
type Face = (Minute, Minute);

/// What the calendar says of one date.
#[derive(Default)]
struct Page {
    openings: Vec<Face>,
    closed: Vec<Face>,
    weekly: Vec<Face>,
}

/// The calendar day by day, from a day before the first minute.
struct Pages {
    first: i64,
    pages: Vec<Page>,
}

impl Pages {
    fn new(calendar: &Calendar, from: Minute, to: Minute) -> Self {
        let first = from.div_euclid(DAY) - 3;
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let page = |day: i64| {
            let (date, midnight) = (epoch + TimeDelta::days(day), day * DAY);
            let face = |from: LocalTime, to: LocalTime| {
                let (from, to) = (i64::from(from.minutes()), i64::from(to.minutes()));
                (midnight + from, midnight + if to <= from { to + DAY } else { to })
            };
            let mut page = Page::default();
            for closure in &calendar.closures {
                let last = closure.last.unwrap_or(closure.first);
                let falls = match &closure.rule {
                    Some(rule) => date >= closure.first && falls_on(rule, date),
                    None => closure.first <= date && date <= last,
                };
                if falls {
                    let (from, to) = (closure.from, closure.to);
                    page.closed.push(face(from.unwrap_or(LocalTime::MIDNIGHT), to.unwrap_or(LocalTime::END_OF_DAY)));
                }
            }
            let closed_at_its_end = page.closed.iter().any(|(_, to)| *to == midnight + DAY);
            match calendar.openings.iter().find(|opening| opening.date == date) {
                Some(opening) => page.openings.extend(opening.periods.iter().map(|p| face(p.from, p.to))),
                None => {
                    for period in calendar.weekly.iter().filter(|period| period.day == date.weekday()) {
                        let (from, to) = face(period.from, period.to);
                        page.weekly.push((from, if closed_at_its_end { to.min(midnight + DAY) } else { to }));
                    }
                }
            }
            page
        };
        Self { first, pages: (first..to.div_euclid(DAY) + 3).map(page).collect() }
    }

    fn open(&self, clock: Clock) -> bool {
        let inside = |faces: &[Face]| faces.iter().any(|face| clock.within(*face));
        // A period reaches into the next day; only around a clock change can the days beside these matter.
        let today = (clock.shows.div_euclid(DAY) - self.first) as usize;
        let pages = if clock.is_plain() { &self.pages[today - 1..=today] } else { &self.pages[today - 2..=today + 1] };
        pages.iter().any(|page| inside(&page.openings))
            || (pages.iter().any(|page| inside(&page.weekly)) && !pages.iter().any(|page| inside(&page.closed)))
    }
}

/// What a wall clock shows at a minute, and around it.
#[derive(Clone, Copy)]
struct Clock {
    shows: Minute,
    /// The latest time it has shown until now.
    has_shown: Minute,
    /// The earliest time it will show, now or later.
    will_show: Minute,
    /// The earliest time it will show after this minute.
    will_show_after: Minute,
}

impl Clock {
    /// Whether it shows each time once, here.
    fn is_plain(self) -> bool {
        (self.has_shown, self.will_show, self.will_show_after) == (self.shows, self.shows, self.shows + 1)
    }

    fn within(self, (from, to): Face) -> bool {
        self.has_shown >= from && (self.will_show < to || self.will_show_after <= to)
    }
}

/// A zone as stretches of one offset: from which minute on, and the offset in minutes.
struct Stretches(Vec<(Minute, Minute)>);

impl Stretches {
    fn new(zone: Tz, from: Minute, to: Minute) -> Self {
        let offset = |minute: Minute| {
            let instant = DateTime::from_timestamp(minute * 60, 0).unwrap();
            let seconds = zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc();
            assert_eq!(seconds % 60, 0, "these years know no offsets in seconds");
            i64::from(seconds / 60)
        };
        let mut stretches = vec![(from, offset(from))];
        // No zone changes twice within half a day.
        for noon in (from..to).step_by(720) {
            if offset(noon) != offset(noon + 720) {
                let change = (noon..=noon + 720).find(|minute| offset(*minute) != offset(noon)).unwrap();
                stretches.push((change, offset(change)));
            }
        }
        Self(stretches)
    }

    fn clock(&self, minute: Minute) -> Clock {
        let at = self.0.partition_point(|(from, _)| *from <= minute) - 1;
        let shows = minute + self.0[at].1;
        let before = (at > 0).then(|| self.0[at].0 - 1 + self.0[at - 1].1);
        let next = self.0.get(at + 1).map(|(from, offset)| (*from, from + offset));
        let after = if next.is_some_and(|(from, _)| from == minute + 1) { None } else { Some(shows + 1) };
        let next = next.map_or(Minute::MAX, |(_, shows)| shows);
        Clock {
            shows,
            has_shown: before.map_or(shows, |before| before.max(shows)),
            will_show: shows.min(next),
            will_show_after: after.map_or(next, |after| after.min(next)),
        }
    }
}

/// The minutes that are compared in any case, in order.
fn minutes(stretches: &Stretches, calendar: &Calendar, from: Minute, to: Minute) -> Vec<Minute> {
    let dense = |around: Minute| (around - 2 * DAY).max(from)..(around + 2 * DAY).min(to);
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let dates = calendar.openings.iter().map(|opening| opening.date);
    let dates = dates.chain(calendar.closures.iter().flat_map(|closure| [Some(closure.first), closure.last]).flatten());
    let mut minutes: Vec<Minute> = (from..to).step_by(7).collect();
    minutes.extend(stretches.0.iter().flat_map(|(change, _)| dense(*change)));
    minutes.extend(dates.flat_map(|date| dense((date - epoch).num_days() * DAY)));
    minutes.sort_unstable();
    minutes.dedup();
    minutes
}

/// Compares, and gives the number of minutes compared.
fn compare(zone: Tz, calendar: &Calendar, years: (&str, &str)) -> usize {
    let (start, end) = (at(years.0), at(years.1));
    let (from, to) = (start.timestamp() / 60, end.timestamp() / 60);
    let hours = Hours::new(calendar).unwrap();
    let intervals = hours.open_intervals(start, end);
    let (stretches, pages) = (Stretches::new(zone, from - 3 * DAY, to + 3 * DAY), Pages::new(calendar, from, to));
    // In seconds, and instants only where something is to be said: this loop runs a million times a zone.
    let seconds: Vec<_> = intervals.iter().map(|open| (open.start.timestamp(), open.end.timestamp())).collect();
    let mut upcoming = seconds.as_slice();
    let (mut compared, mut last) = (0, None);
    let mut check = |minute: Minute, expected: bool| {
        let second = minute * 60;
        while let [(_, end), later @ ..] = upcoming
            && *end <= second
        {
            upcoming = later;
        }
        let said = matches!(upcoming, [(start, _), ..] if *start <= second);
        if said != expected || compared % 997 == 0 {
            let instant = DateTime::from_timestamp(second, 0).unwrap();
            assert_eq!(said, expected, "{zone}: {instant}, there {}", instant.with_timezone(&zone));
            assert_eq!(hours.is_open(instant), expected, "{zone}: is_open {instant}");
        }
        compared += 1;
    };
    for minute in minutes(&stretches, calendar, from, to) {
        let open = pages.open(stretches.clock(minute));
        if let Some((before, was_open)) = last
            && was_open != open
        {
            (before + 1..minute).for_each(|between| check(between, pages.open(stretches.clock(between))));
        }
        check(minute, open);
        last = Some((minute, open));
    }
    for edge in intervals.iter().flat_map(|interval| [interval.start, interval.end]).step_by(37) {
        let (second, minute) = (TimeDelta::seconds(1), edge.timestamp() / 60);
        let clock = |minute| pages.open(stretches.clock(minute));
        if edge > start && edge < end {
            assert_eq!(hours.is_open(edge - second), clock(minute - 1), "{zone}: a second before {edge}");
            assert_eq!(hours.is_open(edge), clock(minute), "{zone}: {edge}");
            assert_eq!(hours.is_open(edge + second), clock(minute), "{zone}: a second after {edge}");
        }
    }
    compared
}

/// One test a zone, so that they run side by side and say which one it was.
macro_rules! ten_years_in {
    ($($name:ident: $zone:ident,)*) => {$(
        #[test]
        fn $name() {
            let zone = Tz::$zone;
            assert!(compare(zone, &nasty(zone.name()), YEARS) > 750_000);
        }
    )*};
}

ten_years_in! {
    ten_years_on_lord_howe: Australia__Lord_Howe,
    ten_years_in_st_johns: America__St_Johns,
    ten_years_in_kathmandu: Asia__Kathmandu,
    ten_years_in_casablanca: Africa__Casablanca,
    ten_years_in_toronto: America__Toronto,
    ten_years_in_paris: Europe__Paris,
    ten_years_in_apia: Pacific__Apia,
    ten_years_on_the_chatham_islands: Pacific__Chatham,
    ten_years_in_phoenix: America__Phoenix,
    ten_years_in_havana: America__Havana,
}

#[test]
fn the_oracle_can_be_wrong() {
    // Compared with another calendar it must fail, or it compares nothing.
    let zone = Tz::America__Toronto;
    let mut other = nasty(zone.name());
    other.closures.remove(3);
    let pages = |calendar: &Calendar| {
        let from = at("2024-02-28T00:00:00Z").timestamp() / 60;
        let (stretches, pages) =
            (Stretches::new(zone, from, from + 3 * DAY), Pages::new(calendar, from, from + 3 * DAY));
        (from..from + 3 * DAY).map(|minute| pages.open(stretches.clock(minute))).collect::<Vec<_>>()
    };
    let differing = pages(&nasty(zone.name())).iter().zip(pages(&other)).filter(|(a, b)| *a != b).count();
    assert_eq!(differing, 10 * 60 + 30, "Thursday 29 February is open all day, but closed until 10:30");
}
