//! RFC 5545 recurrence of closures, by the crate `rrule`.
//!
//! A closure recurs in days, not in instants. So the rule is asked for dates: it runs at midnight UTC, where no day
//! has 23 hours, and each date is placed in the practice's zone afterwards like a date that was typed. That keeps
//! clock changes out of the rule, and the rule's own idea of a "local" zone (the machine's) out of Tern.
//!
//! What reaches the crate is looked at first: parts that make sense for days, in ASCII. Its parser is kind to
//! others, and not all its ways out of them are errors. `DAILY` is not among them: days on end are what a closure's
//! last day is for, and a daily rule that never has a date is the one that the crate takes longest to give up.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeZone};
use rrule::{RRule, Tz, Unvalidated};

use super::{ERA_YEARS, problem::CalendarProblem};

/// Occurrences of one rule. Every week of a century fits.
const OCCURRENCES: u16 = 6_000;

/// Bytes of one rule.
const LENGTH: usize = 200;

/// Values in one part (`BYDAY=MO,TU`).
const VALUES: usize = 31;

const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYSETPOS",
    "WKST",
];

/// The dates of a rule from its first on, up to the end of the era.
///
/// # Errors
/// [`CalendarProblem`] naming `field`, where the rule isn't one of days, gives too many, or not its first.
pub(super) fn occurrences(field: &str, rule: &str, first: NaiveDate) -> Result<Vec<NaiveDate>, CalendarProblem> {
    let wrong = |reason: String| CalendarProblem::Rule { field: field.to_owned(), reason };
    let written = for_dates(rule).map_err(|reason| wrong(reason.to_owned()))?;
    let start = Tz::UTC.from_utc_datetime(&first.and_time(NaiveTime::MIN));
    let rule: RRule<Unvalidated> = written.parse().map_err(|error: rrule::RRuleError| wrong(error.to_string()))?;
    let found = rule.build(start).map_err(|error| wrong(error.to_string()))?.all(OCCURRENCES + 1);
    if found.dates.len() > usize::from(OCCURRENCES) {
        return Err(CalendarProblem::TooMany { field: field.to_owned(), limit: usize::from(OCCURRENCES) });
    }
    let dates: Vec<NaiveDate> = found.dates.iter().map(|date| date.naive_utc().date()).collect();
    if dates.first() != Some(&first) {
        return Err(CalendarProblem::FirstNotInRule { field: field.to_owned(), first });
    }
    Ok(dates.into_iter().filter(|date| ERA_YEARS.contains(&date.year())).collect())
}

/// The rule as the crate reads it: checked part by part, ending within the era, `UNTIL` as an instant (for a
/// `DTSTART` that is a date the RFC asks for a date, and the crate for an instant).
fn for_dates(rule: &str) -> Result<String, &'static str> {
    if rule.len() > LENGTH {
        return Err("the rule is too long");
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut written = Vec::new();
    for part in rule.split(';') {
        let (name, value) = part.split_once('=').ok_or("a rule is made of NAME=VALUE, separated by semicolons")?;
        if !PARTS.contains(&name) {
            return Err("a closure recurs in days: only FREQ, INTERVAL, COUNT, UNTIL, WKST and BY… of days");
        }
        if seen.contains(&name) {
            return Err("a part of the rule is there twice");
        }
        seen.push(name);
        let plain = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, b',' | b'+' | b'-');
        if value.is_empty() || !value.bytes().all(plain) || value.split(',').count() > VALUES {
            return Err("a part of the rule has a value that it can't have");
        }
        match name {
            "FREQ" if !["WEEKLY", "MONTHLY", "YEARLY"].contains(&value) => {
                return Err("FREQ is WEEKLY, MONTHLY or YEARLY; a closure of several days has a last day");
            }
            "UNTIL" => written.push(format!("UNTIL={}", until(value)?)),
            _ => written.push(part.to_owned()),
        }
    }
    if !seen.contains(&"UNTIL") {
        // Beside a COUNT too, which the RFC would not write: or a yearly rule would be counted up to the year 8000.
        written.push(format!("UNTIL={}1231T000000Z", ERA_YEARS.end()));
    } else if seen.contains(&"COUNT") {
        return Err("COUNT and UNTIL exclude each other");
    }
    Ok(written.join(";"))
}

fn until(value: &str) -> Result<String, &'static str> {
    let date = NaiveDate::parse_from_str(value, "%Y%m%d").ok().filter(|_| value.len() == 8);
    let date = date.ok_or("UNTIL is a date, such as 20301231")?;
    Ok(format!("{}T000000Z", if date.year() > *ERA_YEARS.end() { "20991231".to_owned() } else { value.to_owned() }))
}
