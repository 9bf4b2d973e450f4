//! A server whose clock is off (17), so that a weekend can be played on a Wednesday.
//!
//! What the server stamps is shifted on its way out: `Date`, `Last-Modified`, `meta.lastUpdated`,
//! `entry.response.lastModified`, and the instants inside paging links. What the client gives back of it is
//! shifted in: `_lastUpdated`, `_since`, `_at`, `If-Modified-Since`, `meta.lastUpdated` of a PUT. What people
//! stamp themselves (`sent`, `period`) is theirs and stays.
//!
//! An instant keeps its zone and the digits of its fraction. A date without a time (`ge2026-05-01`) is taken as
//! its first instant in UTC.

use axum::http::header::{DATE, IF_MODIFIED_SINCE, LAST_MODIFIED};
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;

use crate::exchange::{Answer, Kind, Request};
use crate::links;
use crate::payload::{Object, map_text};
use crate::query;
use crate::quirk::Quirk;
use crate::quirks::Quirks;
use crate::scene::Scene;

const SEARCHED: [&str; 3] = ["_lastUpdated", "_since", "_at"];
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Where `now` comes from; tests give their own.
pub trait Time: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTime;

impl Time for SystemTime {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Shifts what the client gives back.
pub(crate) fn request(scene: &Scene<'_>, request: &mut Request) {
    let Some(offset) = scene.quirks.offset(Quirk::Clock) else { return };
    let inward = -offset;
    scene.play(Quirk::Clock, || {
        let mut changed =
            request.edit_params(&mut |query| query.map(|name, value| shift_parameter(name, value, inward)));
        if let Some(new) = request.header("if-modified-since").and_then(|value| shift_http_date(value, inward))
            && let Ok(new) = new.parse()
        {
            request.headers.insert(IF_MODIFIED_SINCE, new);
            changed = true;
        }
        if matches!(scene.interaction.kind, Kind::Create | Kind::Update) {
            changed |= request.body.edit_resources(|resource| shift_meta(resource, inward));
        }
        changed
    });
}

/// Shifts what the server stamps.
pub(crate) fn response(scene: &Scene<'_>, answer: &mut Answer) {
    let Some(offset) = scene.quirks.offset(Quirk::Clock) else { return };
    scene.play(Quirk::Clock, || {
        let mut changed = answer.map_header(LAST_MODIFIED, |value| shift_http_date(value, offset));
        changed |= answer.body.edit_resources(|resource| {
            let mut changed = shift_meta(resource, offset);
            changed |= links::edit_page_links(resource, &|url| shift_link(url, offset));
            changed
        });
        changed
            | answer
                .edit_entry_responses(|response| map_text(response, "lastModified", |text| shift_instant(text, offset)))
    });
}

/// Shifts `Date`, and writes one where the upstream sent none: the proxy's own server would add the true one.
pub(crate) fn stamp(quirks: &Quirks, now: DateTime<Utc>, answer: &mut Answer) {
    let Some(offset) = quirks.offset(Quirk::Clock) else { return };
    let stamped = answer.header("date").and_then(|value| shift_http_date(value, offset));
    let date = stamped.unwrap_or_else(|| http_date(now + Duration::seconds(offset)));
    answer.set_header(DATE, &date);
}

fn shift_meta(resource: &mut Object, seconds: i64) -> bool {
    match resource.get_mut("meta") {
        Some(Value::Object(meta)) => map_text(meta, "lastUpdated", |text| shift_instant(text, seconds)),
        _ => false,
    }
}

fn shift_parameter(name: &str, value: &str, seconds: i64) -> Option<String> {
    if !SEARCHED.contains(&name) {
        return None;
    }
    let shifted: Option<Vec<String>> = value
        .split(',')
        .map(|one| {
            let prefix = one.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (prefix, instant) = one.split_at(prefix);
            Some(format!("{prefix}{}", shift_instant(instant, seconds)?))
        })
        .collect();
    Some(shifted?.join(","))
}

fn shift_link(url: &str, seconds: i64) -> Option<String> {
    let (path, mut query) = query::split(url);
    query.map(|name, value| shift_parameter(name, value, seconds)).then(|| query::join(path, &query))
}

/// Shifts a FHIR instant, dateTime or date; none for what is none of them.
pub(crate) fn shift_instant(text: &str, seconds: i64) -> Option<String> {
    let by = Duration::seconds(seconds);
    let Some((date, time)) = text.split_once('T') else {
        return Some(format!("{}T00:00:00Z", first_day(text)?)).and_then(|text| shift_instant(&text, seconds));
    };
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = clock.split_at(clock.find('.').unwrap_or(clock.len()));
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let local = NaiveDateTime::parse_from_str(&format!("{date}T{clock}"), "%Y-%m-%dT%H:%M:%S").ok()?;
    let shifted = local.checked_add_signed(by)?;
    Some(format!("{}{fraction}{zone}", shifted.format("%Y-%m-%dT%H:%M:%S")))
}

fn first_day(text: &str) -> Option<NaiveDate> {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    NaiveDate::parse_from_str(&full, "%Y-%m-%d").ok()
}

/// The instant that `meta.lastUpdated` names.
pub(crate) fn last_updated(resource: &Value) -> Option<DateTime<Utc>> {
    let text = resource.pointer("/meta/lastUpdated")?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc())
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, HTTP_DATE).ok().map(|local| local.and_utc())
}

fn http_date(instant: DateTime<Utc>) -> String {
    instant.format(HTTP_DATE).to_string()
}

fn shift_http_date(text: &str, seconds: i64) -> Option<String> {
    parse_http_date(text)?.checked_add_signed(Duration::seconds(seconds)).map(http_date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_keep_their_zone_and_fraction() {
        let cases = [
            ("2026-03-01T10:00:00.120Z", 3_600, "2026-03-01T11:00:00.120Z"),
            ("2026-03-01T23:30:00+05:30", 3_600, "2026-03-02T00:30:00+05:30"),
            ("2026-03-01T10:00:00.000001-08:00", -36_000, "2026-03-01T00:00:00.000001-08:00"),
            ("2024-02-29", 86_400, "2024-03-01T00:00:00Z"),
            ("2024", -1, "2023-12-31T23:59:59Z"),
        ];
        for (before, seconds, after) in cases {
            assert_eq!(shift_instant(before, seconds).as_deref(), Some(after), "{before}");
        }
        assert_eq!(shift_instant("yesterday", 1), None);
    }

    #[test]
    fn parameters_keep_their_prefix() {
        assert_eq!(
            shift_parameter("_lastUpdated", "ge2026-03-01T10:00:00Z", -3_600).as_deref(),
            Some("ge2026-03-01T09:00:00Z")
        );
        assert_eq!(shift_parameter("sent", "ge2026-03-01", 1), None);
    }

    #[test]
    fn dates_of_http_are_shifted() {
        assert_eq!(
            shift_http_date("Sun, 06 Nov 1994 08:49:37 GMT", 86_400).as_deref(),
            Some("Mon, 07 Nov 1994 08:49:37 GMT")
        );
    }

    proptest! {
        #[test]
        fn in_and_out_again_is_the_same(at in 0_i64..4_000_000_000, seconds in -300_000_000_i64..300_000_000) {
            let text = DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%dT%H:%M:%S.250Z").to_string();
            let there = shift_instant(&text, seconds).unwrap();
            prop_assert_eq!(shift_instant(&there, -seconds), Some(text));
        }
    }
}
