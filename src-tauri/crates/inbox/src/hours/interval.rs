//! Half-open intervals of UTC instants: the start belongs to them, the end does not.
//!
//! "Lists" below are sorted, and neither overlap nor touch, which [`merged`] makes of anything.

use chrono::{DateTime, TimeDelta, Utc};

/// From `start`, included, to `end`, not included. An interval that is closed at 17:00 does not hold 17:00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    /// The first instant inside.
    pub start: DateTime<Utc>,
    /// The first instant outside.
    pub end: DateTime<Utc>,
}

impl Interval {
    /// Whether the instant lies inside.
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.start <= instant && instant < self.end
    }

    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.end - self.start
    }

    fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// A list of what lies in any of them; empty ones fall away, touching ones become one.
pub(super) fn merged(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.retain(|interval| !interval.is_empty());
    intervals.sort_unstable_by_key(|interval| interval.start);
    intervals.dedup_by(|later, earlier| {
        let one = later.start <= earlier.end;
        if one {
            earlier.end = earlier.end.max(later.end);
        }
        one
    });
    intervals
}

/// Of a list, what another list leaves.
pub(super) fn without(open: &[Interval], closed: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::with_capacity(open.len() + closed.len());
    let mut closed = closed;
    for interval in open {
        while closed.first().is_some_and(|first| first.end <= interval.start) {
            closed = &closed[1..];
        }
        let mut start = interval.start;
        for hole in closed.iter().take_while(|hole| hole.start < interval.end) {
            left.push(Interval { start, end: hole.start });
            start = hole.end;
        }
        left.push(Interval { start, end: interval.end });
    }
    left.retain(|interval| !interval.is_empty());
    left
}

/// Of a list, what lies between two instants.
pub(super) fn clipped(list: Vec<Interval>, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Interval> {
    let mut list = list;
    for interval in &mut list {
        *interval = Interval { start: interval.start.max(from), end: interval.end.min(to) };
    }
    list.retain(|interval| !interval.is_empty());
    list
}
