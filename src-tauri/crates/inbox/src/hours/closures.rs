//! Whether next year's closures were entered (rule 23).
//!
//! Holidays are entered once a year by somebody who has other things to do. A year without any is a practice that
//! promises an answer on New Year's Day.

use chrono::{DateTime, Datelike, Utc};

use super::Hours;

/// From this month on next year's closures should be there.
const WARNED_FROM_MONTH: u32 = 11;

impl Hours {
    /// Whether no closure of whole days *begins* in that year: the week from Christmas to 1 January says nothing
    /// about the year it ends in, and half days are no holidays. A closure that repeats counts for every year that
    /// it repeats in.
    pub fn lacks_closures_of(&self, year: i32) -> bool {
        let begins = &self.plan.closures_begin;
        let from = begins.partition_point(|date| date.year() < year);
        begins.get(from).is_none_or(|date| date.year() != year)
    }

    /// Next year, if it is November or December in the practice and next year lacks closures: to be warned of.
    pub fn year_without_closures(&self, now: DateTime<Utc>) -> Option<i32> {
        let today = self.date(now);
        let next = today.year() + 1;
        (today.month() >= WARNED_FROM_MONTH && self.lacks_closures_of(next)).then_some(next)
    }
}
