//! Labelled messages, read line by line; what is wrong is told with its line.

use serde::Deserialize;
use tern_inbox::work_item::Urgency;

/// A labelled message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Subject line, or nothing.
    pub(crate) subject: String,
    /// The message.
    pub(crate) text: String,
    /// What it is about; the file's name where the row does not say.
    pub(crate) category: String,
    /// The language that is stated, if one is.
    pub(crate) language: Option<String>,
    /// How it was labelled.
    pub(crate) label: Label,
}

/// What a person said of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// Urgent or not, at whatever level is asked.
    Urgent(bool),
    /// How urgent.
    Level(Urgency),
}

impl Label {
    /// Whether a message with this label should be raised to the level.
    pub(crate) fn reaches(self, at: Urgency) -> bool {
        match self {
            Self::Urgent(urgent) => urgent,
            Self::Level(level) => level >= at,
        }
    }
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    subject: Option<String>,
    text: String,
    #[serde(default, alias = "condition")]
    category: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    urgent: Option<bool>,
    #[serde(default)]
    level: Option<Urgency>,
}

/// Why a set cannot be measured on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Wrong {
    /// Not a row.
    #[error("line {line}: {source}")]
    Malformed {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A row without a label.
    #[error("line {0}: write `urgent` (true or false) or `level` (routine, same-day, urgent, emergency)")]
    NoLabel(usize),
    /// Two labels on one row.
    #[error("line {0}: has `urgent` and `level`: which one counts?")]
    TwoLabels(usize),
    /// No row at all.
    #[error("there is no message in it")]
    Empty,
}

/// Reads a set; empty lines are skipped.
pub(crate) fn read(text: &str, file: &str) -> Result<Vec<Row>, Wrong> {
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let rows: Vec<Row> = lines.map(|(line, number)| row(line, number, file)).collect::<Result<_, _>>()?;
    if rows.is_empty() { Err(Wrong::Empty) } else { Ok(rows) }
}

fn row(line: &str, number: usize, file: &str) -> Result<Row, Wrong> {
    let written: Written = serde_json::from_str(line).map_err(|source| Wrong::Malformed { line: number, source })?;
    let label = match (written.urgent, written.level) {
        (Some(urgent), None) => Label::Urgent(urgent),
        (None, Some(level)) => Label::Level(level),
        (None, None) => return Err(Wrong::NoLabel(number)),
        (Some(_), Some(_)) => return Err(Wrong::TwoLabels(number)),
    };
    Ok(Row {
        subject: written.subject.unwrap_or_default(),
        text: written.text,
        category: written.category.unwrap_or_else(|| file.to_owned()),
        language: written.language,
        label,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_label_are_read() {
        let set = "\u{feff}{\"text\":\"a\",\"urgent\":true}\n\n{\"subject\":\"s\",\"text\":\"b\",\"level\":\"same-day\",\"category\":\"c\"}\n";
        let rows = read(set, "file").unwrap();
        assert_eq!(rows[0].label, Label::Urgent(true));
        assert_eq!((rows[0].category.as_str(), rows[1].category.as_str()), ("file", "c"));
        assert!(rows[1].label.reaches(Urgency::SameDay) && !rows[1].label.reaches(Urgency::Urgent));
    }

    #[test]
    fn a_malformed_row_is_told_with_its_line() {
        for (set, told) in [
            ("{\"text\":\"a\",\"urgent\":true}\n{\"text\":", "line 2: EOF"),
            ("{\"text\":\"a\"}", "line 1: write `urgent`"),
            ("{\"text\":\"a\",\"urgent\":true,\"level\":\"urgent\"}", "line 1: has `urgent` and `level`"),
            ("{\"text\":\"a\",\"level\":\"soon\"}", "line 1: unknown variant `soon`"),
            ("\n \n", "there is no message"),
        ] {
            let wrong = read(set, "file").unwrap_err().to_string();
            assert!(wrong.starts_with(told), "{wrong}");
        }
    }
}
