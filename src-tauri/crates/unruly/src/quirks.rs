//! A set of quirks, as a person writes it: `etag-weak,count-cap=20,clock=+36h,drop-after=once@POST:Task`.
//!
//! Two quirks that can't both be true of one server ([`crate::conflicting`]) are refused when the list is
//! read, rather than left for one to win silently. Faults may stand in a list several times, each with a
//! target of its own; traits only once. [`Quirks`] prints the list that it was read from, in the table's order,
//! so a seeded combination can be named in a report and typed again.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::covering::conflicting;
use crate::fault::Fault;
use crate::quirk::{Quirk, Takes, UnknownQuirk};

/// What stands after a quirk's `=`, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Nothing,
    Number(u64),
    Status(u16),
    Offset(i64),
    Names(Vec<String>),
    Text(String),
    Fault(Fault),
}

/// The quirks in force, each with its setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quirks(BTreeMap<Quirk, Vec<Setting>>);

/// Why a list of quirks can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuirksError {
    /// A name that is not in the table.
    #[error(transparent)]
    Unknown(#[from] UnknownQuirk),
    /// A value that the quirk doesn't understand.
    #[error("`{quirk}` does not understand `{value}`")]
    Value {
        /// The quirk.
        quirk: Quirk,
        /// What stood after its `=`.
        value: String,
    },
    /// A trait named twice.
    #[error("`{0}` stands twice in the list")]
    Repeated(Quirk),
    /// Two that can't both be true of one server.
    #[error("`{0}` and `{1}` can't both be true of one server")]
    Conflicting(Quirk, Quirk),
}

impl Quirks {
    /// No quirk: a clean pass-through.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One quirk with its default setting.
    #[must_use]
    pub fn only(quirk: Quirk) -> Self {
        Self(BTreeMap::from([(quirk, vec![default_setting(quirk)])]))
    }

    /// Whether none is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a quirk is in force.
    #[must_use]
    pub fn contains(&self, quirk: Quirk) -> bool {
        self.0.contains_key(&quirk)
    }

    /// The quirks in force, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = Quirk> + '_ {
        self.0.keys().copied()
    }

    /// Adds a quirk with its default setting, unless it is in the set.
    ///
    /// # Errors
    /// When it conflicts with one in the set.
    pub fn add(&mut self, quirk: Quirk) -> Result<(), QuirksError> {
        self.insert(quirk, default_setting(quirk))
    }

    fn insert(&mut self, quirk: Quirk, setting: Setting) -> Result<(), QuirksError> {
        if let Some(other) = self.iter().find(|other| conflicting(*other, quirk)) {
            return Err(QuirksError::Conflicting(other, quirk));
        }
        let settings = self.0.entry(quirk).or_default();
        if !settings.is_empty() && !matches!(setting, Setting::Fault(_)) {
            return Err(QuirksError::Repeated(quirk));
        }
        settings.push(setting);
        Ok(())
    }

    fn setting(&self, quirk: Quirk) -> Option<&Setting> {
        self.0.get(&quirk)?.first()
    }

    pub(crate) fn number(&self, quirk: Quirk) -> Option<u64> {
        match self.setting(quirk)? {
            Setting::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn status(&self, quirk: Quirk) -> Option<u16> {
        match self.setting(quirk)? {
            Setting::Status(status) => Some(*status),
            _ => None,
        }
    }

    pub(crate) fn offset(&self, quirk: Quirk) -> Option<i64> {
        match self.setting(quirk)? {
            Setting::Offset(seconds) => Some(*seconds),
            _ => None,
        }
    }

    pub(crate) fn names(&self, quirk: Quirk) -> Option<&[String]> {
        match self.setting(quirk)? {
            Setting::Names(names) => Some(names),
            _ => None,
        }
    }

    pub(crate) fn text(&self, quirk: Quirk) -> Option<&str> {
        match self.setting(quirk)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Every fault in force with the quirk that it belongs to.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (Quirk, &Fault)> {
        self.0.iter().flat_map(|(quirk, settings)| {
            settings.iter().filter_map(|setting| match setting {
                Setting::Fault(fault) => Some((*quirk, fault)),
                _ => None,
            })
        })
    }
}

fn default_setting(quirk: Quirk) -> Setting {
    match quirk.takes() {
        Takes::Nothing => Setting::Nothing,
        Takes::Rows(number) | Takes::Bytes(number) | Takes::Milliseconds(number) => Setting::Number(number),
        Takes::Status(statuses) => Setting::Status(statuses.first().copied().unwrap_or(400)),
        Takes::Offset(seconds) => Setting::Offset(seconds),
        Takes::Names(names) => Setting::Names(names.iter().map(|name| (*name).to_owned()).collect()),
        Takes::Text(text) => Setting::Text(text.to_owned()),
        Takes::Fault => Setting::Fault(Fault::by_default()),
        Takes::Delay(millis) => Setting::Fault(Fault {
            trigger: crate::fault::Trigger::Probability(1.0),
            number: Some(millis),
            target: None,
        }),
    }
}

fn parse_setting(quirk: Quirk, value: &str) -> Option<Setting> {
    match quirk.takes() {
        Takes::Nothing => None,
        Takes::Rows(_) => value.parse().ok().filter(|rows| *rows > 0).map(Setting::Number),
        Takes::Bytes(_) => parse_scaled(value, &[("KB", 1_000), ("MB", 1_000_000)]).map(Setting::Number),
        Takes::Milliseconds(_) => parse_scaled(value, &[("ms", 1), ("s", 1_000)]).map(Setting::Number),
        Takes::Status(statuses) => {
            let status = value.parse().ok()?;
            statuses.contains(&status).then_some(Setting::Status(status))
        }
        Takes::Offset(_) => parse_offset(value).map(Setting::Offset),
        Takes::Names(_) => {
            let names: Vec<_> = value.split('|').map(str::to_owned).collect();
            names.iter().all(|name| !name.is_empty()).then_some(Setting::Names(names))
        }
        Takes::Text(_) => (!value.is_empty()).then(|| Setting::Text(value.to_owned())),
        Takes::Fault => Fault::parse(value).map(Setting::Fault),
        Takes::Delay(_) => Fault::parse_delay(value).map(Setting::Fault),
    }
}

fn parse_scaled(value: &str, units: &[(&str, u64)]) -> Option<u64> {
    for (unit, scale) in units {
        if let Some(number) = value.strip_suffix(unit) {
            return number.parse::<u64>().ok()?.checked_mul(*scale);
        }
    }
    value.parse().ok()
}

/// Reads `+36h`, `-90s`, `+1d12h` to seconds.
fn parse_offset(value: &str) -> Option<i64> {
    let (sign, mut rest) = match value.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => (1, value),
    };
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let (unit, tail) = tail.split_at_checked(1)?;
        let scale = match unit {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(scale)?)?;
        rest = tail;
    }
    // Ten years either way: enough for any weekend, and no date arithmetic can overflow.
    (seconds <= 3_650 * 86_400).then_some(sign * seconds)
}

impl FromStr for Quirks {
    type Err = QuirksError;

    /// Reads a comma-separated list; spaces and empty items are allowed.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut quirks = Self::none();
        for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, value) = match item.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (item, None),
            };
            let quirk: Quirk = name.parse()?;
            let setting = match value {
                None => default_setting(quirk),
                Some(value) => {
                    parse_setting(quirk, value).ok_or_else(|| QuirksError::Value { quirk, value: value.to_owned() })?
                }
            };
            quirks.insert(quirk, setting)?;
        }
        Ok(quirks)
    }
}

impl fmt::Display for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (quirk, settings) in &self.0 {
            for setting in settings {
                write!(f, "{separator}{quirk}")?;
                separator = ",";
                match setting {
                    Setting::Nothing => {}
                    Setting::Names(names) if names.is_empty() => {}
                    Setting::Names(names) => write!(f, "={}", names.join("|"))?,
                    Setting::Number(number) => write!(f, "={number}")?,
                    Setting::Status(status) => write!(f, "={status}")?,
                    Setting::Offset(seconds) => write!(f, "={seconds:+}s")?,
                    Setting::Text(text) => write!(f, "={text}")?,
                    Setting::Fault(fault) if *quirk == Quirk::Delay => {
                        f.write_str("=")?;
                        fault.display_delay(f)?;
                    }
                    Setting::Fault(fault) => write!(f, "={fault}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Quirks {
        list.parse().unwrap()
    }

    #[test]
    fn every_quirk_reads_back_from_what_it_prints() {
        for quirk in Quirk::ALL {
            let quirks = Quirks::only(*quirk);
            assert_eq!(read(&quirks.to_string()), quirks);
        }
        let list = "count-cap=7,clock=-90s,delay=50:0.5@GET:Task,drop-after=0.05,drop-after=once@POST:Communication,status-429=3x:30";
        assert_eq!(read(list).to_string(), list);
    }

    #[test]
    fn units_are_understood() {
        assert_eq!(read("clock=+1d12h").offset(Quirk::Clock), Some(36 * 3600));
        assert_eq!(read("clock=-15m").offset(Quirk::Clock), Some(-900));
        assert_eq!(read("body-limit=2MB").number(Quirk::BodyLimit), Some(2_000_000));
        assert_eq!(read("late-visible=2s").number(Quirk::LateVisible), Some(2_000));
    }

    #[test]
    fn a_bad_list_says_what_is_wrong() {
        let error = |list: &str| list.parse::<Quirks>().unwrap_err();
        assert!(matches!(error("etag-wake"), QuirksError::Unknown(_)));
        assert!(matches!(error("count-cap=0"), QuirksError::Value { quirk: Quirk::CountCap, .. }));
        assert!(matches!(error("clock=soon"), QuirksError::Value { .. }));
        assert!(matches!(error("etag-weak=1"), QuirksError::Value { .. }));
        assert_eq!(error("no-total,no-total"), QuirksError::Repeated(Quirk::NoTotal));
        assert_eq!(error("etag-weak,etag-strong"), QuirksError::Conflicting(Quirk::EtagWeak, Quirk::EtagStrong));
    }
}
