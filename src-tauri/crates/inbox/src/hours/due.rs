//! Until when a message has to be dealt with.
//!
//! | urgency | due |
//! |---|---|
//! | routine | sent + the category's turnaround |
//! | same day | the end of that day's office hours; sent after them, of the next working day's |
//! | urgent | one working hour after it was sent |
//! | emergency | at once |
//!
//! Each at the latest when the one above it would be: raising an urgency never makes more time. Urgent is an hour
//! because that is about as long as a practice that works in blocks can leave a claim to the person it belongs to;
//! outside office hours it runs from the next opening, and who is on duty hears of it by the red-flag rules, not by
//! a due time. What the server itself says wins over all of it: somebody there decided.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Hours, HoursSource, NotWithinHorizon};
use crate::work_item::Urgency;

/// Working minutes in which an urgent message is due.
pub const URGENT_WORKING_MINUTES: u32 = 60;

/// How long the practice takes for a category at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turnaround {
    /// Open minutes ([`Hours::add_working_minutes`]).
    WorkingMinutes(u32),
    /// The same time of day, so many working days later ([`Hours::add_working_days`]).
    WorkingDays(u16),
}

impl Default for Turnaround {
    /// Two working days.
    fn default() -> Self {
        Self::WorkingDays(2)
    }
}

/// An instant, and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Due {
    /// Until then.
    pub at: DateTime<Utc>,
    /// Why then.
    pub basis: DueBasis,
}

/// What a due time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueBasis {
    /// The server's own value.
    Server,
    /// An emergency: no hours are asked.
    Emergency,
    /// Office hours, the practice's or assumed ones.
    Hours(HoursSource),
}

/// The instant at which a message counts: when it was sent, or where the server doesn't say, when it was last
/// updated there (rule 20). Never when a machine received it.
pub fn counts_at(sent: Option<DateTime<Utc>>, last_updated: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    sent.or(last_updated)
}

/// Until when a message that counts at `sent` is to be dealt with.
///
/// # Errors
/// [`NotWithinHorizon`] where the hours don't give an answer. An emergency and a server's own value always have one.
pub fn due(
    sent: DateTime<Utc>,
    turnaround: Turnaround,
    urgency: Urgency,
    server_own: Option<DateTime<Utc>>,
    hours: &Hours,
) -> Result<Due, NotWithinHorizon> {
    if let Some(at) = server_own {
        return Ok(Due { at, basis: DueBasis::Server });
    }
    if urgency == Urgency::Emergency {
        return Ok(Due { at: sent, basis: DueBasis::Emergency });
    }
    let mut at = match turnaround {
        Turnaround::WorkingMinutes(minutes) => hours.add_working_minutes(sent, minutes),
        Turnaround::WorkingDays(days) => hours.add_working_days(sent, days),
    };
    if urgency >= Urgency::SameDay {
        at = earlier(at, hours.end_of_working_day(sent));
    }
    if urgency >= Urgency::Urgent {
        at = earlier(at, hours.add_working_minutes(sent, URGENT_WORKING_MINUTES));
    }
    Ok(Due { at: at?, basis: DueBasis::Hours(hours.source()) })
}

type Answer = Result<DateTime<Utc>, NotWithinHorizon>;

/// The earlier of two, or the one there is.
fn earlier(one: Answer, other: Answer) -> Answer {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok(one.min(other)),
        (one, other) => one.or(other),
    }
}
