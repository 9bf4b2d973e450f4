//! `HumanName` and `ContactPoint`: which of several names and numbers is meant.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::private::PrivateText;

use super::wire::{Many, Period, Text, each, words};

/// `HumanName`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct HumanName<'a> {
    #[serde(rename = "use")]
    purpose: Option<Text<'a>>,
    text: Option<Text<'a>>,
    family: Option<Text<'a>>,
    /// With gaps: R4 writes null where a part has only extensions.
    given: Many<Option<Text<'a>>>,
    prefix: Many<Option<Text<'a>>>,
    suffix: Many<Option<Text<'a>>>,
}

/// `ContactPoint`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Telecom<'a> {
    system: Option<Text<'a>>,
    value: Option<Text<'a>>,
    #[serde(rename = "use")]
    purpose: Option<Text<'a>>,
    rank: Option<u32>,
    period: Option<Period<'a>>,
}

impl HumanName<'_> {
    /// Smaller is better for the full name.
    fn rank(&self) -> u8 {
        match words(&self.purpose) {
            Some("official") => 0,
            None => 1,
            Some("usual") => 2,
            Some("temp" | "anonymous") => 3,
            Some("nickname") => 4,
            _ => 5,
        }
    }

    fn full(&self) -> String {
        if let Some(text) = words(&self.text).filter(|text| !text.trim().is_empty()) {
            return text.to_owned();
        }
        let parts = parts(&self.prefix).chain(parts(&self.given)).chain(words(&self.family)).chain(parts(&self.suffix));
        parts.collect::<Vec<_>>().join(" ")
    }
}

fn parts<'t>(many: &'t Many<Option<Text<'_>>>) -> impl Iterator<Item = &'t str> {
    each(many).filter_map(words)
}

/// The full name as the practice writes it; empty where there is none.
pub(super) fn full(names: &Many<HumanName<'_>>) -> String {
    each(names)
        .filter(|name| !name.full().is_empty())
        .min_by_key(|name| name.rank())
        .map(HumanName::full)
        .unwrap_or_default()
}

/// How somebody wants to be addressed: the usual name or nickname, else the first given name, else the full one.
pub(super) fn preferred(names: &Many<HumanName<'_>>) -> String {
    let of = |purpose: &'static str| each(names).find(move |name| words(&name.purpose) == Some(purpose));
    let given = |name: &HumanName<'_>| parts(&name.given).next().map(str::to_owned);
    let called = of("usual").or_else(|| of("nickname"));
    called
        .and_then(|name| given(name).or_else(|| Some(name.full()).filter(|full| !full.is_empty())))
        .or_else(|| each(names).min_by_key(|name| name.rank()).and_then(given))
        .unwrap_or_else(|| full(names))
}

/// Telephone numbers that can be called at `at`, the best first: by `rank`, then mobile before the rest.
pub(super) fn phones(telecoms: &Many<Telecom<'_>>, at: DateTime<Utc>) -> Vec<PrivateText> {
    let ended = |one: &Telecom<'_>| one.period.as_ref().is_some_and(|period| period.has_ended(at));
    let mut phones: Vec<_> = each(telecoms)
        .filter(|one| words(&one.system) == Some("phone") && words(&one.purpose) != Some("old") && !ended(one))
        .filter_map(|one| {
            let order = (one.rank.unwrap_or(u32::MAX), words(&one.purpose) != Some("mobile"));
            Some((order, words(&one.value)?))
        })
        .collect();
    phones.sort_by_key(|(order, _)| *order);
    phones.into_iter().map(|(_, number)| PrivateText::from(number)).collect()
}
