//! Red flags of what waits: the rules' findings in a patient's words raise what is shown, on every machine, whatever
//! the server says of urgency and whether or not anybody could tell it.
//!
//! Scanned is what is open, when its envelope is written, and never the past: a mailbox of ten years has a few hundred
//! open threads. What was found is kept beside the message with the hash of the text, and looked up as long as text
//! and rules are the same.

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

/// What is scanned of a message: none where it is not here, or somebody of the practice wrote it.
struct Words {
    body: PrivateText,
    titles: Vec<PrivateText>,
}

impl Words {
    fn of(connection: &Connection, id: &str) -> Result<Option<Self>, StoreError> {
        let Some(body) = message::words_of_others(connection, id)? else { return Ok(None) };
        Ok(Some(Self { body, titles: attachment::titles(connection, id)? }))
    }

    fn scanned<T>(&self, subject: &str, language: Option<&str>, with: impl FnOnce(&Scanned<'_>) -> T) -> T {
        let titles: Vec<&str> = self.titles.iter().map(PrivateText::reveal).collect();
        with(&Scanned { subject, body: self.body.reveal(), attachment_titles: &titles, language })
    }
}

/// The text of a message, by which a person's lowering names it.
pub(crate) fn text_of(connection: &Connection, id: &str, subject: &str) -> Result<Option<TextHash>, StoreError> {
    Ok(Words::of(connection, id)?.map(|words| words.scanned(subject, None, TextHash::of)))
}

/// A message, scanned; none where it is not here, or somebody of the practice wrote it.
pub(crate) fn of_message(
    connection: &Connection,
    scanner: &Scanner,
    id: &str,
    subject: &str,
    language: Option<&str>,
) -> Result<Option<Flagged>, StoreError> {
    let Some(words) = Words::of(connection, id)? else { return Ok(None) };
    let text = words.scanned(subject, language, TextHash::of);
    // What is known of a language says whether anything of the text was scanned.
    let rules = format!("{}|{}", scanner.version(), language.unwrap_or_default());
    if let Some(findings) = known(connection, id, text.as_str(), &rules)? {
        return Ok(Some(Flagged { findings, text }));
    }
    let findings = words.scanned(subject, language, |scanned| scanner.scan(scanned));
    connection
        .prepare_cached("INSERT OR REPLACE INTO red_flag (message, text, rules, findings) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, text.as_str(), rules, json(&findings)?])?;
    Ok(Some(Flagged { findings, text }))
}

/// A message as other rules would see it: nothing of it is kept.
pub(crate) fn tried(
    connection: &Connection,
    scanner: &Scanner,
    id: &str,
    subject: &str,
) -> Result<Option<Findings>, StoreError> {
    let words = Words::of(connection, id)?;
    Ok(words.map(|words| words.scanned(subject, None, |scanned| scanner.scan(scanned))))
}

/// What could not be read, as it came: its strings are scanned, each a sentence of its own; where it is not even JSON,
/// all of it.
pub(crate) fn of_raw(scanner: &Scanner, raw: &str) -> Flagged {
    let mut words = String::new();
    match serde_json::from_str(raw) {
        Ok(json) => strings(&json, &mut words),
        Err(_) => raw.clone_into(&mut words),
    }
    let scanned = Scanned { body: &words, ..Scanned::default() };
    Flagged { findings: scanner.scan(&scanned), text: TextHash::of(&scanned) }
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
