//! `cargo xtask redflags`: how well the rules for red flags do, on messages that somebody labelled.
//!
//! A row of a set is `{"text": …, "subject"?: …, "category"?: …}` with either `"urgent": true | false` or
//! `"level": "routine" | "same-day" | "urgent" | "emergency"`, one JSON object a line. It counts as raised when the
//! rules raise it to the level of `--at` or higher.

mod measured;
mod rows;

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::say;
use clap::{Args, ValueEnum};
use measured::Measured;
use rows::Row;
use std::fs;
use std::path::{Path, PathBuf};
use tern_inbox::red_flags::{Scanned, Scanner, starting};
use tern_inbox::work_item::Urgency;

/// Measure the rules for red flags on labelled messages.
#[derive(Debug, Args)]
pub(crate) struct RedFlags {
    /// Labelled messages, one JSON object a line; without it, the project's own in tests/red-flags/messages
    #[arg(long, value_name = "FILE.jsonl")]
    set: Option<PathBuf>,
    /// The level from which a message counts as raised
    #[arg(long, value_enum, default_value_t = At::Urgent)]
    at: At,
    /// Rules to measure instead of those that a practice starts with: a folder of JSON files
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// A level of urgency that rules raise to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum At {
    /// To be dealt with today
    SameDay,
    /// Before everything that is not urgent
    Urgent,
    /// Now
    Emergency,
}

impl At {
    fn urgency(self) -> Urgency {
        match self {
            Self::SameDay => Urgency::SameDay,
            Self::Urgent => Urgency::Urgent,
            Self::Emergency => Urgency::Emergency,
        }
    }
}

impl RedFlags {
    /// Scans every row and prints what came out.
    pub(crate) fn run(self, checkout: &Checkout) -> Result {
        let rows = match &self.set {
            Some(file) => read(file)?,
            None => own(checkout)?,
        };
        let scanner = scanner(self.rules.as_deref())?;
        let measured = measure(&scanner, rows, self.at.urgency());
        if self.json {
            let json =
                serde_json::to_string_pretty(&measured.report()).map_err(|error| Error::other(error.to_string()))?;
            say::line(&json);
        } else {
            say::line(&measured.to_string());
        }
        Ok(())
    }
}

fn measure(scanner: &Scanner, rows: Vec<Row>, at: Urgency) -> Measured {
    let scan = |row: Row| {
        let scanned =
            Scanned { subject: &row.subject, body: &row.text, language: row.language.as_deref(), ..Scanned::default() };
        let findings = scanner.scan(&scanned);
        (row, findings)
    };
    Measured::new(rows.into_iter().map(scan), at)
}

fn scanner(rules: Option<&Path>) -> Result<Scanner> {
    let set = match rules {
        None => starting().map_err(|error| Error::other(format!("the starting rules: {error}")))?,
        Some(folder) => {
            let files = files_below(folder, "json")?;
            let texts = files.iter().map(|file| read_file(file)).collect::<Result<Vec<String>>>()?;
            starting::joined(texts.iter().map(String::as_str))
                .map_err(|error| Error::other(format!("{}: {error}", folder.display())))?
        }
    };
    Scanner::new(&set).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::other(format!("rules that cannot be read:\n  {}", told.join("\n  ")))
    })
}

/// The project's own messages.
fn own(checkout: &Checkout) -> Result<Vec<Row>> {
    let files = files_below(&checkout.at("tests/red-flags/messages"), "jsonl")?;
    let rows: Vec<Vec<Row>> = files.iter().map(|file| read(file)).collect::<Result<_>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn read(file: &Path) -> Result<Vec<Row>> {
    let category = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    rows::read(&read_file(file)?, category).map_err(|wrong| Error::other(format!("{}: {wrong}", file.display())))
}

fn read_file(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(Error::file("read", file))
}

/// Files with this ending in a folder and those below it, by name.
fn files_below(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file("read", folder))? {
        let path = entry.map_err(Error::file("read", folder))?.path();
        if path.is_dir() {
            found.extend(files_below(&path, ending)?);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tern_inbox::red_flags::{Category, RuleSet};

    fn own_measured(at: Urgency) -> Measured {
        let rows = own(&Checkout::here().unwrap()).unwrap();
        measure(&scanner(None).unwrap(), rows, at)
    }

    /// Urgent words alone are for the same day and never more; everything else is measured where it matters.
    #[test]
    fn nine_of_ten_are_raised_in_every_category() {
        let (urgent, same_day) = (own_measured(Urgency::Urgent), own_measured(Urgency::SameDay));
        let mut short = Vec::new();
        for (category, counts) in urgent.by_category() {
            let counts = if category == "urgent-words" { same_day.by_category()["urgent-words"] } else { *counts };
            assert!(counts.positives() >= 20, "{category}: {} positives are too few to measure by", counts.positives());
            assert!(counts.negatives() >= 20, "{category}: {} negatives are too few to measure by", counts.negatives());
            if counts.recall() < 0.9 {
                short.push(format!("{category}: {:.2}", counts.recall()));
            }
        }
        assert!(urgent.by_category().len() >= 26, "a category has no messages");
        assert!(short.is_empty(), "recall below 0.9: {}", short.join(", "));
    }

    #[test]
    fn of_what_is_raised_to_urgent_no_more_than_one_in_seven_was_not() {
        let precision = own_measured(Urgency::Urgent).all().precision();
        assert!(precision >= 0.85, "{precision:.3}");
    }

    #[test]
    fn every_rule_says_who_reviewed_it_and_stands_under_its_language() {
        let set: RuleSet = starting().unwrap();
        let languages: std::collections::BTreeSet<_> =
            set.rules.iter().map(|rule| (rule.category, rule.language)).collect();
        for rule in &set.rules {
            assert!(!rule.reviewed_by.is_empty(), "{}", rule.id);
            let urgent_words = rule.category == Category::UrgentWords;
            assert!(!urgent_words || rule.raise_to <= Urgency::SameDay, "{}", rule.id);
        }
        assert_eq!(languages.len(), 52, "26 categories, English and French");
    }
}
