//! Wall-clock time of the practice's zone on the UTC line, and back.
//!
//! On two days of the year that is not one to one (rule 22). A time that the clock skips is taken for the first
//! instant after the gap, as start and as end. A time that the clock shows twice is the earlier one as a start and
//! the later one as an end: a written period is never shorter than its words, and patients are not told "closed" in
//! an hour of which the door says "open".

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// What the practice's clock shows. The instant is inside the era, where no zone can overflow.
pub(super) fn local(zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&zone).naive_local()
}

/// The wall-clock time that lies `minutes` after 00:00 of a date, on the clock's face. 1440 and more are of the
/// next day.
pub(super) fn face(date: NaiveDate, minutes: u16) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minutes))
}

/// Where a period begins that is written to begin at this time.
pub(super) fn start(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    place(zone, local, |earlier, _| earlier)
}

/// Where a period ends that is written to end at this time.
pub(super) fn end(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    place(zone, local, |_, later| later)
}

fn place(zone: Tz, local: NaiveDateTime, choose: fn(DateTime<Utc>, DateTime<Utc>) -> DateTime<Utc>) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(instant) => instant.to_utc(),
        MappedLocalTime::Ambiguous(one, other) => {
            let (one, other) = (one.to_utc(), other.to_utc());
            choose(one.min(other), one.max(other))
        }
        MappedLocalTime::None => match GapInfo::new(&local, &zone).and_then(|gap| gap.end) {
            Some(first_after) => first_after.to_utc(),
            // A gap that never ends is in no zone; the zone's first offset is as good an answer as any.
            None => local.and_utc(),
        },
    }
}
