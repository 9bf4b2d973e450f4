//! A checked calendar laid out by date, and what it gives for a few days.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;

use super::{
    Hours,
    interval::{Interval, merged, without},
    zone,
};

/// The minutes of a day, 00:00 to 24:00.
pub(super) const DAY: u16 = 24 * 60;

/// From–to in minutes since 00:00 of the day it belongs to; `to` above [`DAY`] is on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Span {
    fn on(self, zone: Tz, date: NaiveDate) -> Interval {
        Interval {
            start: zone::start(zone, zone::face(date, self.from)),
            end: zone::end(zone, zone::face(date, self.to)),
        }
    }
}

/// The calendar by date.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Monday first.
    pub(super) weekly: [Vec<Span>; 7],
    /// Sorted by date, one a date.
    pub(super) openings: Vec<(NaiveDate, Vec<Span>)>,
    /// Sorted by date, several a date; `to` is [`DAY`] at most. Rules are written out.
    pub(super) closed: Vec<(NaiveDate, Span)>,
    /// First days of closures of whole days, sorted: what tells whether a year's list was entered.
    pub(super) closures_begin: Vec<NaiveDate>,
}

impl Plan {
    fn opening(&self, date: NaiveDate) -> Option<&[Span]> {
        let at = self.openings.binary_search_by_key(&date, |(date, _)| *date).ok()?;
        self.openings.get(at).map(|(_, spans)| spans.as_slice())
    }

    fn weekly(&self, date: NaiveDate) -> &[Span] {
        &self.weekly[date.weekday().num_days_from_monday() as usize]
    }

    /// The closures of dates from first to last, both included.
    fn closed(&self, first: NaiveDate, last: NaiveDate) -> &[(NaiveDate, Span)] {
        let from = self.closed.partition_point(|(date, _)| *date < first);
        let to = self.closed.partition_point(|(date, _)| *date <= last);
        self.closed.get(from..to).unwrap_or_default()
    }

    fn closed_at_the_end_of(&self, date: NaiveDate) -> bool {
        self.closed(date, date).iter().any(|(_, span)| span.to == DAY)
    }

    /// The weekly periods that begin on a date without an opening. What lies after midnight falls away where the
    /// practice is closed at that midnight.
    fn ordinary(&self, date: NaiveDate) -> impl Iterator<Item = Span> {
        let latest = if self.closed_at_the_end_of(date) { DAY } else { 2 * DAY };
        self.weekly(date).iter().map(move |span| Span { to: span.to.min(latest), ..*span })
    }
}

/// The dates from one to another, both included.
pub(super) fn dates(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |date| *date <= last)
}

/// So many days earlier; dates lie within the era, far from where dates end.
pub(super) fn before(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(date)
}

/// So many days later.
pub(super) fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

impl Hours {
    /// The open intervals of the periods that begin on these dates, first and last included, as a list.
    pub(super) fn begun_on(&self, first: NaiveDate, last: NaiveDate) -> Vec<Interval> {
        let (mut open, mut ordinary) = (Vec::new(), Vec::new());
        for date in dates(first, last) {
            match self.plan.opening(date) {
                Some(spans) => open.extend(spans.iter().map(|span| span.on(self.zone, date))),
                None => ordinary.extend(self.plan.ordinary(date).map(|span| span.on(self.zone, date))),
            }
        }
        // A period reaches into the day after; a closure's end can lie in an hour that is there twice.
        let closed = self.plan.closed(before(first, 1), after(last, 2));
        let closed = merged(closed.iter().map(|(date, span)| span.on(self.zone, *date)).collect());
        open.extend(without(&merged(ordinary), &closed));
        merged(open)
    }
}
