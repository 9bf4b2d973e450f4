//! What is scanned, and what was found in it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::rule::{Category, RuleId};
use crate::{private::PrivateText, work_item::Urgency};

/// The most characters of a match that a row shows.
pub const SHOWN_CHARACTERS: usize = 60;

/// What is scanned of a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scanned<'a> {
    /// The thread's subject line.
    pub subject: &'a str,
    /// The message, as received: markup and entities are dealt with here.
    pub body: &'a str,
    /// Titles of its attachments.
    pub attachment_titles: &'a [&'a str],
    /// The language that the patient states (BCP 47, `Patient.communication`), if any.
    pub language: Option<&'a str>,
}

/// A part of what was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The subject line.
    Subject,
    /// The message.
    Body,
    /// The title of the attachment with this index.
    Attachment(usize),
}

impl Scanned<'_> {
    /// The original text of a part; empty when there is no such attachment.
    pub fn part(&self, part: Part) -> &str {
        match part {
            Part::Subject => self.subject,
            Part::Body => self.body,
            Part::Attachment(index) => self.attachment_titles.get(index).copied().unwrap_or_default(),
        }
    }
}

/// Bytes of the original text, for highlighting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// In which part.
    pub part: Part,
    /// Which bytes; they begin and end between characters.
    pub bytes: Range<usize>,
}

/// Whether a match may be said not to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Negation {
    /// Nothing speaks for it.
    None,
    /// "no …", "my father's …": it raises all the same, and a person reads it.
    Possible,
}

/// One rule that matched, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Which rule.
    pub rule: RuleId,
    /// In which version.
    pub version: u32,
    /// What the rule is about.
    pub category: Category,
    /// What it raises to.
    pub level: Urgency,
    /// The words, at most sixty characters; none for self-harm, violence and abuse.
    pub words: Option<PrivateText>,
    /// Whether it may be negated.
    pub negation: Negation,
    /// The words that the pattern asked for, in the original text, in order.
    pub places: Vec<Place>,
}

/// Whether the text could be judged at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scan {
    /// In a language that rules know.
    #[default]
    Scanned,
    /// In another one. The rules were run, and that they found nothing says even less than usual.
    NotScanned,
}

/// What a scan found. Nothing found is not safety.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Version of the set.
    pub set_version: String,
    /// Highest level first, then in the order of the text.
    pub matches: Vec<Match>,
    /// Whether the language was one of the rules'.
    pub scan: Scan,
}

impl Findings {
    /// The highest level that a rule raises to; routine when none matched.
    pub fn level(&self) -> Urgency {
        self.matches.iter().map(|found| found.level).max().unwrap_or_default()
    }
}

/// The words of a match for a row: whole words, at most sixty characters, what was left out as "…".
pub(super) fn words_for_a_row(pieces: &[&str], whole: &str) -> String {
    let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = tidy(whole);
    if whole.chars().count() <= SHOWN_CHARACTERS && !whole.contains('<') {
        return whole;
    }
    let mut row = String::new();
    for piece in pieces {
        let piece = tidy(piece);
        let mut joined = row.clone();
        if !joined.is_empty() {
            joined.push_str(" … ");
        }
        joined.push_str(&piece);
        if joined.chars().count() > SHOWN_CHARACTERS {
            break;
        }
        row = joined;
    }
    if row.is_empty() {
        row = whole.chars().take(SHOWN_CHARACTERS - 1).chain(['…']).collect();
    }
    row
}
