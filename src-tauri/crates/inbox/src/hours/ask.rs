//! Open or closed: the questions.
//!
//! A question looks at the days around its instant, and where the answer isn't there, at ever longer stretches, up
//! to the horizon. Periods that touch are one, over midnight and over any number of days: only where open meets
//! closed is there a boundary.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{
    ERA_YEARS, HORIZON_DAYS, Hours,
    interval::{Interval, clipped},
    plan::{after, before},
    zone,
};

/// Days in the first stretch that is looked at: a week, and a bit for the weekend that follows it.
const FIRST_STRETCH_DAYS: i64 = 9;

/// The closed time around an instant, everything that touches made one: a weekend and the holiday after it are one
/// closed period, and so one automatic reply (rule 24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClosedPeriod {
    /// The closing it begins with; none where the practice wasn't open within the horizon before.
    pub start: Option<DateTime<Utc>>,
    /// The opening it ends with; none where the practice doesn't open within the horizon after: closed until
    /// further notice.
    pub end: Option<DateTime<Utc>>,
}

impl Hours {
    /// Whether the practice is open at the instant. At the instant of opening it is, at that of closing no more.
    pub fn is_open(&self, instant: DateTime<Utc>) -> bool {
        in_era(instant) == instant && self.near(instant, instant).iter().any(|open| open.contains(instant))
    }

    /// The open intervals between two instants, merged and cut at both; none where `to` is not after `from`. `to`
    /// is taken for the horizon after `from` where it lies beyond.
    pub fn open_intervals(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Interval> {
        let (from, to) = (in_era(from), in_era(to).min(horizon_after(from)));
        if to <= from {
            return Vec::new();
        }
        clipped(self.near(from, to), from, to)
    }

    /// The first opening after the instant; while open, the one after the next closing. None within the horizon:
    /// closed until further notice, or open without end.
    pub fn next_opening(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut open_until = instant;
        for open in self.open_from(instant) {
            if open.start > open_until {
                return Some(open.start);
            }
            open_until = open.end;
        }
        None
    }

    /// The first closing after the instant; while closed, the one after the next opening. None within the horizon:
    /// closed until further notice, or open without end.
    pub fn next_closing(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut run: Option<DateTime<Utc>> = None;
        for open in self.open_from(instant) {
            match run {
                Some(end) if open.start > end => return Some(end),
                _ => run = Some(open.end),
            }
        }
        run.filter(|end| *end < horizon_after(instant))
    }

    /// The closed period that the instant lies in; none while the practice is open.
    pub fn closed_period(&self, instant: DateTime<Utc>) -> Option<ClosedPeriod> {
        (!self.is_open(instant))
            .then(|| ClosedPeriod { start: self.last_closing(instant), end: self.next_opening(instant) })
    }

    /// The closing that the closed instant follows.
    fn last_closing(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let instant = in_era(instant);
        let earliest = in_era(instant - TimeDelta::days(i64::from(HORIZON_DAYS)));
        let (mut to, mut days) = (instant, FIRST_STRETCH_DAYS);
        while to > earliest {
            let from = (to - TimeDelta::days(days)).max(earliest);
            if let Some(last) = clipped(self.near(from, to), from, to).last() {
                return Some(last.end);
            }
            (to, days) = (from, days * 4);
        }
        None
    }

    /// The open intervals from the instant to the horizon after it, in order, the first one cut at the instant. One
    /// that runs over the end of a stretch comes in pieces that touch.
    pub(super) fn open_from(&self, instant: DateTime<Utc>) -> impl Iterator<Item = Interval> {
        let latest = horizon_after(instant);
        let (mut from, mut days) = (in_era(instant), FIRST_STRETCH_DAYS);
        std::iter::from_fn(move || {
            (from < latest).then(|| {
                let to = (from + TimeDelta::days(days)).min(latest);
                let open = clipped(self.near(from, to), from, to);
                (from, days) = (to, days * 4);
                open
            })
        })
        .flatten()
    }

    /// The open intervals of all periods that can reach between the two instants; right between them, and not
    /// necessarily outside. A period reaches into the day after its own, a clock change a bit further, and a date
    /// that a zone left out another day.
    fn near(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Interval> {
        self.begun_on(before(self.date(from), 2), after(self.date(to), 1))
    }

    /// The practice's date at the instant.
    pub(super) fn date(&self, instant: DateTime<Utc>) -> NaiveDate {
        zone::local(self.zone, in_era(instant)).date()
    }
}

/// The instant, or the edge of the era that it lies beyond.
pub(super) fn in_era(instant: DateTime<Utc>) -> DateTime<Utc> {
    let midnight = |year| NaiveDate::from_ymd_opt(year, 1, 1).map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let first = midnight(*ERA_YEARS.start()).unwrap_or(instant);
    let last = midnight(*ERA_YEARS.end() + 1).map_or(instant, |end| end - TimeDelta::nanoseconds(1));
    instant.clamp(first.min(last), last)
}

/// How far questions about the instant look.
pub(super) fn horizon_after(instant: DateTime<Utc>) -> DateTime<Utc> {
    in_era(in_era(instant) + TimeDelta::days(i64::from(HORIZON_DAYS)))
}
