//! What can be wrong with a calendar.

use chrono::NaiveDate;

/// Why a calendar cannot be used. `field` is its path in the JSON (`weekly[3].to`), counted from 0, so that the
/// editor can put the cursor there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarProblem {
    /// Written by a program that knows more than this one.
    #[error("version: format {found} is not known here; update Tern on this machine")]
    UnknownVersion {
        /// What it says.
        found: u32,
    },
    /// No such zone in the IANA database that this program has.
    #[error("zone: there is no zone of this name; choose one such as America/Toronto")]
    UnknownZone,
    /// From and to are the same, or begin at 24:00.
    #[error("{field}: the period is empty; a whole day is 00:00 to 24:00")]
    EmptyPeriod {
        /// Where.
        field: String,
    },
    /// Two periods share minutes.
    #[error("{field} overlaps {other}; make them one, or let one end where the other begins")]
    Overlap {
        /// The later one.
        field: String,
        /// The earlier one.
        other: String,
    },
    /// The last day, or the hour until which it is closed, is not after the first.
    #[error("{field}: the end is before the start")]
    EndBeforeStart {
        /// Where.
        field: String,
    },
    /// A date that no calendar speaks of ([`ERA_YEARS`](super::ERA_YEARS)).
    #[error("{field}: {date} is not within the years 2000 to 2099")]
    DateOutOfRange {
        /// Where.
        field: String,
        /// The date.
        date: NaiveDate,
    },
    /// An opening without a period.
    #[error("{field}: an opening needs its hours; a day without any is a closure")]
    EmptyOpening {
        /// Where.
        field: String,
    },
    /// Two openings of one date: which of them holds?
    #[error("{field}: {other} has the same date; put all periods of a date into one opening")]
    SameDate {
        /// The later one in the list.
        field: String,
        /// The earlier one.
        other: String,
    },
    /// A recurrence rule that cannot be used.
    #[error("{field}: {reason}")]
    Rule {
        /// Where.
        field: String,
        /// Why, in words about the rule.
        reason: String,
    },
    /// The first day is not a day of the rule; RFC 5545 leaves open what that means.
    #[error("{field}: {first} is not a day of the rule; begin with its first one")]
    FirstNotInRule {
        /// Where.
        field: String,
        /// The first day.
        first: NaiveDate,
    },
    /// More than a calendar may hold.
    #[error("{field}: more than {limit}")]
    TooMany {
        /// What there is too much of.
        field: String,
        /// How many there may be.
        limit: usize,
    },
}
