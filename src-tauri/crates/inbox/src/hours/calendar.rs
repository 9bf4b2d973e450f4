//! The calendar as the practice writes it: what the `Library` *calendar* carries as JSON.
//!
//! All times are wall-clock times of [`Calendar::zone`], to the minute. **What wins over what**, for any minute:
//!
//! 1. An **opening** of its date. It wins over a closure of the same day, because it is the later and the more
//!    particular word: closures come from lists and rules made for years, an opening is entered for one date by
//!    somebody who knows about the closure ("holiday, but we are here from nine to noon").
//! 2. A **closure** takes away every minute it names.
//! 3. The **weekly periods**. On a date with an opening none begins: the opening says all of that day's hours, so
//!    that it can also shorten an ordinary day.
//!
//! A period belongs to the day on which it begins, with what of it lies after midnight. If a closure holds at that
//! midnight, the rest does not take place either: who is closed on Friday evening does not come in at midnight.

use std::fmt;

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// The format number that this program reads and writes.
pub const FORMAT: u32 = 1;

/// Office hours, closures and openings of a practice.
///
/// A field that is not known here is an error in the whole: two machines that understand a calendar half each would
/// promise different times. A reader that wants to say "made by a newer Tern" looks at `version` alone first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// [`FORMAT`]. Raised by every change to these types.
    pub version: u32,
    /// IANA name of the practice's zone, such as `America/Toronto`, spelt as the IANA does.
    pub zone: String,
    /// The ordinary week. Several a day; they may touch, not overlap. None at all is a practice that is only open
    /// by its openings.
    #[serde(default)]
    pub weekly: Vec<WeeklyPeriod>,
    /// Days and hours on which the practice is closed although the week says open. They may overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<Closure>,
    /// Dates with hours of their own. One a date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<Opening>,
}

/// From–to on every such weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyPeriod {
    /// The day on which it begins (`Mon` … `Sun`).
    pub day: Weekday,
    /// Opening.
    pub from: LocalTime,
    /// Closing, no longer open then. Not after `from`: on the next day.
    pub to: LocalTime,
}

/// From–to on the date of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Opening.
    pub from: LocalTime,
    /// Closing, no longer open then. Not after `from`: on the next day.
    pub to: LocalTime,
}

/// Whole days, or the same hours of each of them; once, or repeating.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// What it is called on screen and in the reply ("Labour Day").
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// First day; with a rule, the first day of its first occurrence (`DTSTART`).
    pub first: NaiveDate,
    /// Last day, included; without one it is `first` alone. With a rule it gives the length of every occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<NaiveDate>,
    /// For a half day: closed from this time on, of each of the days. Without it from 00:00.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LocalTime>,
    /// For a half day: closed until this time, of each of the days. Without it until 24:00.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<LocalTime>,
    /// RFC 5545 recurrence rule of the first days, such as `FREQ=YEARLY;BYMONTH=9;BYDAY=1MO`, without `RRULE:`.
    /// In days only: `FREQ` is `WEEKLY`, `MONTHLY` or `YEARLY`, no `BYHOUR` and smaller; `UNTIL` is a date. `first` has to
    /// be one of its days, as the RFC asks of `DTSTART`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// The hours of one date, instead of what the week and the closures say ("open today").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// What it is called on screen ("Flu clinic").
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The date on which its periods begin.
    pub date: NaiveDate,
    /// At least one; a day without any is a closure.
    pub periods: Vec<Period>,
}

impl Calendar {
    /// What is assumed where the server has no calendar: Monday to Friday, 08:00 to 17:00, no closures.
    /// [`Hours::assumed`](super::Hours::assumed) marks it as such.
    pub fn assumed(zone: &str) -> Self {
        use Weekday::{Fri, Mon, Thu, Tue, Wed};
        let period = |day| WeeklyPeriod { day, from: LocalTime(8 * 60), to: LocalTime(17 * 60) };
        Self {
            version: FORMAT,
            zone: zone.to_owned(),
            weekly: [Mon, Tue, Wed, Thu, Fri].map(period).into(),
            closures: vec![],
            openings: vec![],
        }
    }
}

/// A time of day to the minute, `00:00` to `24:00`; written `HH:MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalTime(u16);

/// Text that is no time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day: write HH:MM, from 00:00 to 24:00")]
pub struct NotATime;

impl LocalTime {
    /// 00:00.
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00, the end of a day.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// Hours 0 to 24, minutes 0 to 59.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        let minutes = hour.checked_mul(60)?.checked_add(minute)?;
        (minute < 60 && minutes <= Self::END_OF_DAY.0).then_some(Self(minutes))
    }

    /// Minutes since 00:00 on the wall clock, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for LocalTime {
    type Error = NotATime;

    fn try_from(text: String) -> Result<Self, NotATime> {
        let two = |digits: &str| match digits.as_bytes() {
            [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => digits.parse::<u16>().ok(),
            _ => None,
        };
        let (hour, minute) = text.split_once(':').ok_or(NotATime)?;
        two(hour).zip(two(minute)).and_then(|(hour, minute)| Self::new(hour, minute)).ok_or(NotATime)
    }
}

impl From<LocalTime> for String {
    fn from(time: LocalTime) -> Self {
        time.to_string()
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
