//! Recall, precision, and what was missed.

use super::rows::Row;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use tern_inbox::red_flags::{Findings, Scan};
use tern_inbox::work_item::Urgency;

/// Lengths in characters below which messages are counted together.
const LENGTHS: [(usize, &str); 3] = [(80, "under 80"), (300, "80 to 299"), (usize::MAX, "300 and more")];

/// How many came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    true_positives: usize,
    false_positives: usize,
    false_negatives: usize,
    true_negatives: usize,
}

impl Counts {
    fn add(&mut self, should: bool, raised: bool) {
        let count = match (should, raised) {
            (true, true) => &mut self.true_positives,
            (true, false) => &mut self.false_negatives,
            (false, true) => &mut self.false_positives,
            (false, false) => &mut self.true_negatives,
        };
        *count += 1;
    }

    /// Messages that should be raised.
    pub(crate) fn positives(self) -> usize {
        self.true_positives + self.false_negatives
    }

    /// Messages that should not.
    pub(crate) fn negatives(self) -> usize {
        self.false_positives + self.true_negatives
    }

    /// Of those that should be raised, the share that was; 1 where there were none.
    pub(crate) fn recall(self) -> f64 {
        share(self.true_positives, self.positives())
    }

    /// Of those that were raised, the share that should be; 1 where there were none.
    pub(crate) fn precision(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    let float = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    if whole == 0 { 1.0 } else { float(part) / float(whole) }
}

/// A message that came out wrong.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Wrong {
    category: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    text: String,
    /// The rules that matched, with their levels.
    rules: Vec<String>,
}

/// What came out.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    at: Urgency,
    all: Counts,
    not_scanned: usize,
    by_category: BTreeMap<String, Counts>,
    by_length: [Counts; LENGTHS.len()],
    misses: Vec<Wrong>,
    false_alarms: Vec<Wrong>,
}

/// The same, for other programs.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'m> {
    at: Urgency,
    #[serde(flatten)]
    all: Counts,
    recall: f64,
    precision: f64,
    not_scanned: usize,
    by_category: &'m BTreeMap<String, Counts>,
    by_length: BTreeMap<&'static str, Counts>,
    misses: &'m [Wrong],
    false_alarms: &'m [Wrong],
}

impl Measured {
    /// Counts scanned rows; one counts as raised from `at` on.
    pub(crate) fn new(scanned: impl IntoIterator<Item = (Row, Findings)>, at: Urgency) -> Self {
        let mut measured = Self {
            at,
            all: Counts::default(),
            not_scanned: 0,
            by_category: BTreeMap::new(),
            by_length: [Counts::default(); LENGTHS.len()],
            misses: Vec::new(),
            false_alarms: Vec::new(),
        };
        for (row, findings) in scanned {
            measured.add(row, &findings);
        }
        measured
    }

    fn add(&mut self, row: Row, findings: &Findings) {
        let (should, raised) = (row.label.reaches(self.at), findings.level() >= self.at);
        self.all.add(should, raised);
        self.not_scanned += usize::from(findings.scan == Scan::NotScanned);
        self.by_category.entry(row.category.clone()).or_default().add(should, raised);
        let length = row.subject.chars().count() + row.text.chars().count();
        if let Some(at) = LENGTHS.iter().position(|(below, _)| length < *below) {
            self.by_length[at].add(should, raised);
        }
        if should != raised {
            let mut rules: Vec<String> = findings
                .matches
                .iter()
                .map(|found| {
                    let words = found.words.as_ref().map_or("", |words| words.reveal());
                    format!("{} {:?} \u{201c}{words}\u{201d}", found.rule, found.level)
                })
                .collect();
            rules.dedup();
            let wrong = Wrong { category: row.category, subject: row.subject, text: row.text, rules };
            if should { self.misses.push(wrong) } else { self.false_alarms.push(wrong) }
        }
    }

    /// Everything.
    pub(crate) fn all(&self) -> Counts {
        self.all
    }

    /// By category.
    pub(crate) fn by_category(&self) -> &BTreeMap<String, Counts> {
        &self.by_category
    }

    /// For `--json`.
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            at: self.at,
            all: self.all(),
            recall: self.all().recall(),
            precision: self.all().precision(),
            not_scanned: self.not_scanned,
            by_category: self.by_category(),
            by_length: LENGTHS.iter().map(|(_, name)| *name).zip(self.by_length).collect(),
            misses: &self.misses,
            false_alarms: &self.false_alarms,
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<28} {:>7} {:>7} {:>9} {:>7} {:>12}",
            "", "should", "raised", "precision", "recall", "false alarms"
        )?;
        let mut row = |name: &str, counts: Counts| {
            writeln!(
                f,
                "{name:<28} {:>7} {:>7} {:>9.3} {:>7.3} {:>5} of {:>3}",
                counts.positives(),
                counts.true_positives + counts.false_positives,
                counts.precision(),
                counts.recall(),
                counts.false_positives,
                counts.negatives(),
            )
        };
        for (category, counts) in &self.by_category {
            row(category, *counts)?;
        }
        for ((_, length), counts) in LENGTHS.iter().zip(self.by_length) {
            row(&format!("{length} characters"), counts)?;
        }
        row("all", self.all)?;
        if self.not_scanned > 0 {
            writeln!(f, "{} in a language that no rule knows", self.not_scanned)?;
        }
        for (head, list) in [("missed", &self.misses), ("false alarms", &self.false_alarms)] {
            writeln!(f, "\n{head}: {}", list.len())?;
            for wrong in list {
                let subject = if wrong.subject.is_empty() { String::new() } else { format!("[{}] ", wrong.subject) };
                writeln!(f, "  {}: {subject}{}", wrong.category, wrong.text.replace('\n', " / "))?;
                if !wrong.rules.is_empty() {
                    writeln!(f, "      {}", wrong.rules.join("; "))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_they_say() {
        let mut counts = Counts::default();
        for (should, raised) in [(true, true), (true, true), (true, false), (false, true), (false, false)] {
            counts.add(should, raised);
        }
        assert!((counts.recall() - 2.0 / 3.0).abs() < 1e-9 && (counts.precision() - 2.0 / 3.0).abs() < 1e-9);
        assert!((Counts::default().recall() - 1.0).abs() < 1e-9, "nothing to find is all found");
    }
}
