//! Office hours: when the practice is open, and what follows from it.
//!
//! A practice writes a [`Calendar`]: its zone, its weekly periods, its closures, the days on which it opens
//! nevertheless. [`Hours`] is that calendar checked. It answers every question about time that the inbox has: is it
//! open, when does it open next, which closed period is this (one automatic reply each), when is a message due.
//!
//! ```text
//!   Calendar ──Hours::new──> Hours ──> is_open, next_opening, next_closing, closed_period, open_intervals
//!   (JSON, as written)  │      │  └──> add_working_minutes, add_working_days, working_minutes_between
//!                       │      └─────> due
//!                       └──> CalendarProblem (names the field)
//! ```
//!
//! How it works. What is written is local time of the practice's zone; what is asked and answered are UTC instants.
//! Every written boundary is placed on the UTC line once, by one rule for the days on which clocks change (`zone`);
//! from there on all is arithmetic of half-open intervals: **openings, and of the weekly periods what no closure
//! takes away**. Nothing is computed ahead: a question looks at the few days it is about. A calendar that changes
//! has nothing to invalidate, and a question costs microseconds.
//!
//! Why not minute by minute in local time: the hour that is there twice would be open and closed at once. Why not a
//! table of all intervals: a century of them for each calendar that somebody tries out in the editor.
//!
//! **Bounds.** A calendar speaks of the years 2000 to 2099 ([`ERA_YEARS`]): the zone tables end there. An instant
//! outside is taken for the nearest inside, so that a message with a broken date is overdue and not lost. No
//! question looks further than [`HORIZON_DAYS`] from its instant. How many periods, closures and dates a calendar
//! may hold is limited too (`check`, `recurrence`), so nothing that a server sends makes a question hang.

mod ask;
mod calendar;
mod change;
mod check;
mod closures;
mod due;
mod interval;
mod plan;
mod problem;
mod recurrence;
mod working;
mod zone;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

pub use ask::ClosedPeriod;
pub use calendar::{Calendar, Closure, FORMAT, LocalTime, NotATime, Opening, Period, WeeklyPeriod};
pub use change::change_applies_from;
pub use due::{Due, DueBasis, Turnaround, URGENT_WORKING_MINUTES, counts_at, due};
pub use interval::Interval;
pub use problem::CalendarProblem;
pub use working::NotWithinHorizon;

use plan::Plan;

/// The years that a calendar may speak of, and that questions are answered for.
pub const ERA_YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

/// Days from an instant within which a question looks for its answer: ten years.
pub const HORIZON_DAYS: u32 = 3_653;

/// Every zone that a calendar may name, by its IANA name.
pub fn zones() -> impl Iterator<Item = &'static str> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
}

/// Where the hours come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoursSource {
    /// The practice's own calendar, from its server.
    Practice,
    /// The server has no calendar: Monday to Friday, 08:00 to 17:00. The screen says that it is an assumption.
    Assumed,
}

/// The first instant of a day in a zone.
pub fn start_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    zone::start(zone, zone::face(day, 0))
}

/// A calendar that was checked, ready to be asked. Cheap to ask, about as large as its calendar.
#[derive(Clone, Debug)]
pub struct Hours {
    zone: Tz,
    source: HoursSource,
    plan: Plan,
}

impl Hours {
    /// Checks a practice's calendar.
    ///
    /// # Errors
    /// [`CalendarProblem`], which names the first field that is wrong. A calendar is taken as a whole or not at
    /// all: half a calendar would be open on a day the practice believes closed.
    pub fn new(calendar: &Calendar) -> Result<Self, CalendarProblem> {
        Ok(Self { zone: check::zone(calendar)?, source: HoursSource::Practice, plan: check::plan(calendar)? })
    }

    /// The hours of a practice whose server has no calendar ([`Calendar::assumed`]), marked as an assumption.
    ///
    /// # Errors
    /// [`CalendarProblem::UnknownZone`]. The zone is never assumed: nobody's machine knows the practice's.
    pub fn assumed(zone: &str) -> Result<Self, CalendarProblem> {
        Ok(Self { source: HoursSource::Assumed, ..Self::new(&Calendar::assumed(zone))? })
    }

    /// Whose hours they are.
    pub fn source(&self) -> HoursSource {
        self.source
    }

    /// The practice's zone, in which its times are shown.
    pub fn zone(&self) -> Tz {
        self.zone
    }
}
