//! FHIR's `instant` and `dateTime`: complete with any offset, or only a year, a month, a day.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveDateTime, Utc};
use tern_inbox::coverage::When;

/// The instant, or the first one of a partial date. A time without an offset, which R4 forbids and servers
/// send, counts as UTC.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    if text.contains('T') {
        return ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), form).ok())
            .map(|at| at.and_utc());
    }
    Some(start_of_day(days(text)?.0))
}

/// The last instant that a `Period.end` includes: a day's end is its last second, not its first.
pub fn end(text: &str) -> Option<DateTime<Utc>> {
    match days(text.trim()) {
        Some((_, next)) => start_of_day(next).checked_sub_signed(chrono::Duration::seconds(1)),
        None => instant(text),
    }
}

/// The start of a period as it was written: an instant, or the first day of what a date means.
pub fn from(text: &str) -> Option<When> {
    days(text.trim()).map(|(first, _)| When::Day(first)).or_else(|| instant(text).map(When::At))
}

/// The end of a period as it was written: an instant, or the last day of what a date means.
pub fn until(text: &str) -> Option<When> {
    match days(text.trim()) {
        Some((_, next)) => next.pred_opt().map(When::Day),
        None => instant(text).map(When::At),
    }
}

/// A whole day; none for a year or a month alone.
pub fn day(text: &str) -> Option<NaiveDate> {
    if text.len() == 10 { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

/// The first day that a date means, and the first after it.
fn days(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !digits(text) {
        return None;
    }
    let (first, next) = match text.len() {
        4 => {
            let first = NaiveDate::from_ymd_opt(text.parse().ok()?, 1, 1)?;
            (first, first.checked_add_months(Months::new(12)))
        }
        7 => {
            let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
            (first, first.checked_add_months(Months::new(1)))
        }
        _ => {
            let first = day(text)?;
            (first, first.checked_add_days(Days::new(1)))
        }
    };
    Some((first, next?))
}

fn start_of_day(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_and_offset_is_an_instant() {
        for (text, at) in [
            ("2026-01-02T10:00:00.250Z", "2026-01-02T10:00:00.250Z"),
            ("2026-01-02T10:00:00-05:00", "2026-01-02T15:00:00Z"),
            ("2026-01-02T10:00:00.123456789+05:45", "2026-01-02T04:15:00.123456789Z"),
            ("2026-01-02T10:00:00", "2026-01-02T10:00:00Z"),
            ("2026-01-02T10:00Z", "2026-01-02T10:00:00Z"),
            ("2026-01-02", "2026-01-02T00:00:00Z"),
            ("2026-02", "2026-02-01T00:00:00Z"),
            ("2026", "2026-01-01T00:00:00Z"),
        ] {
            let at = DateTime::parse_from_rfc3339(at).expect("rfc 3339").to_utc();
            assert_eq!(instant(text), Some(at), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "2026-02-30", "20260102", "99999-01-01", "2026-1-2"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn the_end_of_a_day_is_its_last_second() {
        for (text, at) in [
            ("2026-01-02", "2026-01-02T23:59:59Z"),
            ("2026-02", "2026-02-28T23:59:59Z"),
            ("2026", "2026-12-31T23:59:59Z"),
            ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z"),
        ] {
            assert_eq!(end(text), Some(DateTime::parse_from_rfc3339(at).expect("rfc 3339").to_utc()), "{text}");
        }
    }

    #[test]
    fn a_partial_birth_date_is_no_day() {
        assert_eq!(day("1984-03-05"), NaiveDate::from_ymd_opt(1984, 3, 5));
        assert_eq!(day("1984-03"), None);
        assert_eq!(day("1984"), None);
    }
}
