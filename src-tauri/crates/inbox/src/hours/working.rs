//! Time that passes only while the practice is open.
//!
//! **Working minutes** are open minutes as they pass: an hour that the clock shows twice counts twice, one that it
//! skips not at all.
//!
//! **Working days** are counted as people count them: what comes on Monday at 10:15 and has two working days is due
//! on Wednesday at 10:15. Not twice the minutes of an average day: in a practice with a short Friday that would be
//! due at hours nobody can explain. What comes while it is closed counts from the next opening; so Monday evening's
//! message has all of Tuesday and all of Wednesday, and is due when Wednesday closes. Where the time of day is not
//! open on the day it falls on (a half day, a lunch hour), it is due at the closing before: a promise is kept early
//! rather than broken.
//!
//! Results are open instants or closings, never inside a closed period: "by 17:00" is a time that people meet.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{
    HORIZON_DAYS, Hours,
    ask::in_era,
    interval::Interval,
    plan::{after, before, dates},
    zone,
};

/// There is not that much open time within the horizon: the calendar never opens, or the turnaround is absurd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the practice is not open long enough within ten years from then; look at its office hours")]
pub struct NotWithinHorizon;

/// A date with open time of its own.
struct WorkingDay {
    date: NaiveDate,
    /// Of the periods that begin on it, with what lies after midnight. Not empty.
    open: Vec<Interval>,
    /// The last of its closings.
    end: DateTime<Utc>,
}

impl Hours {
    /// The instant by which so many minutes of open time have passed since `from`. At a closing where they end
    /// exactly there. None to wait is `from` itself while open, else the next opening.
    ///
    /// # Errors
    /// [`NotWithinHorizon`].
    pub fn add_working_minutes(&self, from: DateTime<Utc>, minutes: u32) -> Result<DateTime<Utc>, NotWithinHorizon> {
        let mut left = TimeDelta::minutes(i64::from(minutes));
        for open in self.open_from(from) {
            if left <= open.length() {
                return Ok(open.start + left);
            }
            left -= open.length();
        }
        Err(NotWithinHorizon)
    }

    /// Whole minutes of open time between two instants, 0 where `to` is not after `from`. Nothing beyond the
    /// horizon after `from` is counted.
    pub fn working_minutes_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        let open = self.open_intervals(from, to);
        open.iter().fold(TimeDelta::zero(), |sum, open| sum + open.length()).num_minutes()
    }

    /// The same time of day so many working days later, as the module says. With 0: `from` while open, else the
    /// next opening.
    ///
    /// # Errors
    /// [`NotWithinHorizon`].
    pub fn add_working_days(&self, from: DateTime<Utc>, days: u16) -> Result<DateTime<Utc>, NotWithinHorizon> {
        let from = self.add_working_minutes(from, 0)?;
        if days == 0 {
            return Ok(from);
        }
        let mut upcoming = self.working_days(from).skip_while(|day| !day.open.iter().any(|open| open.contains(from)));
        let first = upcoming.next().ok_or(NotWithinHorizon)?;
        let time_of_day = zone::local(self.zone, from) - first.date.and_time(NaiveTime::MIN);
        let (mut day_before, mut day) = (first.end, None);
        for _ in 0..days {
            day_before = day.as_ref().map_or(day_before, |day: &WorkingDay| day.end);
            day = Some(upcoming.next().ok_or(NotWithinHorizon)?);
        }
        let day = day.ok_or(NotWithinHorizon)?;
        let at = zone::end(self.zone, day.date.and_time(NaiveTime::MIN) + time_of_day);
        let begun = day.open.iter().rev().find(|open| open.start < at);
        Ok(begun.map_or(day_before, |open| at.min(open.end)).max(from))
    }

    /// The end of the office hours of the day that is running, or else of the next working day. A lunch hour
    /// doesn't end a day; where one day's hours touch the next one's, each day ends with its own.
    ///
    /// # Errors
    /// [`NotWithinHorizon`].
    pub fn end_of_working_day(&self, from: DateTime<Utc>) -> Result<DateTime<Utc>, NotWithinHorizon> {
        let from = in_era(from);
        self.working_days(from).map(|day| day.end).find(|end| *end > from).ok_or(NotWithinHorizon)
    }

    /// The working days from a bit before the instant to the horizon after it.
    fn working_days(&self, from: DateTime<Utc>) -> impl Iterator<Item = WorkingDay> {
        let today = self.date(from);
        dates(before(today, 2), after(today, u64::from(HORIZON_DAYS))).filter_map(|date| {
            let open = self.begun_on(date, date);
            let end = open.last()?.end;
            Some(WorkingDay { date, open, end })
        })
    }
}
