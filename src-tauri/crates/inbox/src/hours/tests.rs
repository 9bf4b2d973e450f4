//! Dr Amara Osei's practice in Toronto, and others elsewhere, through weekends, holidays and clock changes.

mod calendars;
mod clocks;
mod dues;
mod oracle;
mod properties;
mod rules;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::*;

/// An instant as it is written: `2026-03-06T17:00:00-05:00`.
fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// A calendar as the server holds it, with what a test is not about filled in.
fn calendar(mut written: Value) -> Calendar {
    let fields = written.as_object_mut().unwrap();
    fields.entry("version").or_insert(json!(1));
    fields.entry("zone").or_insert(json!("America/Toronto"));
    serde_json::from_value(written).unwrap()
}

fn hours(written: Value) -> Hours {
    Hours::new(&calendar(written)).unwrap()
}

fn problem(written: Value) -> String {
    Hours::new(&calendar(written)).unwrap_err().to_string()
}

/// From–to on several weekdays.
fn on(days: &[&str], from: &str, to: &str) -> Vec<Value> {
    days.iter().map(|day| json!({"day": day, "from": from, "to": to})).collect()
}

const WEEKDAYS: [&str; 5] = ["Mon", "Tue", "Wed", "Thu", "Fri"];

/// Monday to Friday, eight to five.
fn weekdays() -> Vec<Value> {
    on(&WEEKDAYS, "08:00", "17:00")
}

fn closed_from_to(hours: &Hours, instant: &str) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let period = hours.closed_period(at(instant)).unwrap();
    (period.start, period.end)
}
