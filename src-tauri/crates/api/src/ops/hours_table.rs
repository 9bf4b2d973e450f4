//! Office hours and closures: looked at and changed.

use chrono::{NaiveDate, Weekday};
use tern_inbox::{
    hours::{self, Calendar, Closure, FORMAT, Hours, LocalTime, WeeklyPeriod},
    practice_table::TableKind,
    rights::Deed,
};

use crate::{
    dto::{ClosureRow, HoursContent, HoursSaveRequest, HoursTable, OpenPeriod, RuleProblemRow, TableSaved},
    fail::Answer,
    program::Program,
    tables::{json, wrong},
};

impl Program {
    /// The office hours.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked), or what the cache says.
    pub async fn hours_table(&self) -> Answer<HoursTable> {
        let desk = self.desk()?;
        let standing = desk.table(TableKind::Calendar).await?;
        Ok(HoursTable {
            content: content(calendar(standing.shown.as_deref())),
            state: standing.state,
            zones: hours::zones().map(str::to_owned).collect(),
        })
    }

    /// Queues a change of the office hours. What the screen does not show of the calendar stays as it is.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed) but for a triage lead, or what the cache says.
    pub async fn hours_save(&self, request: HoursSaveRequest) -> Answer<TableSaved> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let standing = desk.table(TableKind::Calendar).await?;
        let read = match changed(calendar(standing.in_force.as_deref()), request.content) {
            Ok(read) => read,
            Err(problems) => return Ok(TableSaved::Wrong { problems }),
        };
        if let Err(problem) = Hours::new(&read) {
            return Ok(TableSaved::Wrong { problems: vec![wrong(&problem)] });
        }
        desk.save_table(TableKind::Calendar, json(&read)?, request.base).await
    }
}

/// The calendar of a text. Where there is none, the ordinary week, in no zone: nobody's machine knows the practice's.
fn calendar(text: Option<&str>) -> Calendar {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| Calendar::assumed(""))
}

fn content(calendar: Calendar) -> HoursContent {
    let period = |period: WeeklyPeriod| OpenPeriod {
        day: u8::try_from(period.day.num_days_from_monday()).unwrap_or_default(),
        from: period.from.to_string(),
        to: period.to.to_string(),
    };
    let closure = |closure: Closure| ClosureRow {
        name: closure.name,
        first: closure.first.to_string(),
        last: closure.last.map(|last| last.to_string()),
        from: closure.from.map(|from| from.to_string()),
        to: closure.to.map(|to| to.to_string()),
        rule: closure.rule,
    };
    HoursContent {
        zone: calendar.zone,
        weekly: calendar.weekly.into_iter().map(period).collect(),
        closures: calendar.closures.into_iter().map(closure).collect(),
    }
}

/// The calendar with the screen's week and closures in it.
fn changed(calendar: Calendar, content: HoursContent) -> Result<Calendar, Vec<RuleProblemRow>> {
    let mut problems = Vec::new();
    let mut weekly = Vec::new();
    for (at, row) in content.weekly.iter().enumerate() {
        match (Weekday::try_from(row.day), time(&row.from), time(&row.to)) {
            (Ok(day), Some(from), Some(to)) => weekly.push(WeeklyPeriod { day, from, to }),
            _ => problems.push(wrong(&format!("weekly[{at}]: {}", hours::NotATime))),
        }
    }
    let mut closures = Vec::new();
    for (at, row) in content.closures.into_iter().enumerate() {
        match closure(row) {
            Some(closure) => closures.push(closure),
            None => problems.push(wrong(&format!("closures[{at}]: a date is YYYY-MM-DD, a time HH:MM"))),
        }
    }
    if problems.is_empty() {
        Ok(Calendar { version: FORMAT, zone: content.zone, weekly, closures, ..calendar })
    } else {
        Err(problems)
    }
}

fn closure(row: ClosureRow) -> Option<Closure> {
    let date = |text: &str| text.parse::<NaiveDate>().ok();
    let optional = |text: Option<String>| text.filter(|text| !text.is_empty());
    Some(Closure {
        name: row.name,
        first: date(&row.first)?,
        last: optional(row.last).map_or(Some(None), |last| date(&last).map(Some))?,
        from: optional(row.from).map_or(Some(None), |from| time(&from).map(Some))?,
        to: optional(row.to).map_or(Some(None), |to| time(&to).map(Some))?,
        rule: row.rule,
    })
}

fn time(text: &str) -> Option<LocalTime> {
    LocalTime::try_from(text.to_owned()).ok()
}
