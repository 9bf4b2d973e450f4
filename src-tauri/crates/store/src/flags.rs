//! Red flags of what waits: the rules' findings in a patient's words raise what is shown, on every machine, whatever
//! the server says of urgency and whether or not anybody could tell it.
//!
//! Scanned is what is open, when its envelope is written, and never the past: a mailbox of ten years has a few hundred
//! open threads. What was found is kept beside the message with the hash of the text, and looked up as long as text
//! and rules are the same.

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use tern_inbox::{
    private::PrivateText,
    red_flags::{self, Findings, Lowered, Match, Scanned, Scanner, TextHash},
    work_item::Urgency,
};

use crate::{
    StoreError,
    column::json,
    table::{attachment, message},
};

/// The rules by which this program judges.
fn rules() -> &'static Scanner {
    static RULES: OnceLock<Scanner> = OnceLock::new();
    RULES.get_or_init(|| {
        let set = red_flags::starting().unwrap_or_else(|error| {
            tracing::error!(%error, "the starting rules cannot be read");
            red_flags::RuleSet::default()
        });
        let (scanner, problems) = Scanner::of_what_can_be_read(&set);
        for problem in problems {
            tracing::error!(%problem, "a rule cannot be read: the others are used");
        }
        scanner
    })
}

/// Version of the rules by which this program judges.
pub(crate) fn version() -> &'static str {
    rules().version()
}

/// What was found in a text, and in which.
pub(crate) struct Flagged {
    pub(crate) findings: Findings,
    pub(crate) text: TextHash,
}

impl Flagged {
    /// The urgency that is shown for it: see [`red_flags::shown`].
    pub(crate) fn raises(&self, server: Urgency, lowered: Option<&Lowered>) -> Urgency {
        red_flags::shown(server, &self.findings, &self.text, lowered)
    }

    /// Whether a person has said that this text is less urgent than the rules say.
    pub(crate) fn is_lowered(&self, lowered: Option<&Lowered>) -> bool {
        lowered.is_some_and(|lowered| lowered.text_hash == self.text)
    }
}

/// A message, scanned; none where it is not here, or somebody of the practice wrote it.
pub(crate) fn of_message(
    connection: &Connection,
    id: &str,
    subject: &str,
    language: Option<&str>,
) -> Result<Option<Flagged>, StoreError> {
    let Some(body) = message::words_of_others(connection, id)? else { return Ok(None) };
    let titles = attachment::titles(connection, id)?;
    let titles: Vec<&str> = titles.iter().map(PrivateText::reveal).collect();
    let scanned = Scanned { subject, body: body.reveal(), attachment_titles: &titles, language };
    let text = TextHash::of(&scanned);
    let version = rules().version();
    if let Some(findings) = known(connection, id, text.as_str(), version)? {
        return Ok(Some(Flagged { findings, text }));
    }
    let findings = rules().scan(&scanned);
    connection
        .prepare_cached("INSERT OR REPLACE INTO red_flag (message, text, rules, findings) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, text.as_str(), version, json(&findings)?])?;
    Ok(Some(Flagged { findings, text }))
}

/// What could not be read, as it came: its strings are scanned, each a sentence of its own; where it is not even JSON,
/// all of it.
pub(crate) fn of_raw(raw: &str) -> Flagged {
    let mut words = String::new();
    match serde_json::from_str(raw) {
        Ok(json) => strings(&json, &mut words),
        Err(_) => raw.clone_into(&mut words),
    }
    let scanned = Scanned { body: &words, ..Scanned::default() };
    Flagged { findings: rules().scan(&scanned), text: TextHash::of(&scanned) }
}

fn strings(json: &Value, into: &mut String) {
    match json {
        Value::String(text) => {
            into.push_str(text);
            into.push_str(".\n");
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn known(connection: &Connection, id: &str, text: &str, rules: &str) -> Result<Option<Findings>, StoreError> {
    let kept: Option<String> = connection
        .prepare_cached("SELECT findings FROM red_flag WHERE message = ?1 AND text = ?2 AND rules = ?3")?
        .query_row([id, text, rules], |row| row.get(0))
        .optional()?;
    // One that an older program wrote otherwise is found anew.
    Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()))
}

/// The matches that an envelope says: those that made it as urgent as it is, highest first, each rule once.
pub(crate) fn said(matches: impl IntoIterator<Item = Match>) -> Vec<Match> {
    let mut said: Vec<Match> = Vec::new();
    for found in matches {
        if !said.iter().any(|before| before.rule == found.rule) {
            said.push(Match { places: Vec::new(), ..found });
        }
    }
    said.sort_by_key(|found| std::cmp::Reverse(found.level));
    // What one rule keeps off a shared screen another must not show: "took thirty pills" is poisoning, too.
    if said.iter().any(|found| !found.category.words_may_be_shown()) {
        said.iter_mut().for_each(|found| found.words = None);
    }
    said
}
