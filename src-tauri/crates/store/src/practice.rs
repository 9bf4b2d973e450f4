//! What the practice has decided, made ready: where messages go, until when, and what raises them.
//!
//! Read from the tables whenever envelopes are filed, in the same transaction, so that what is filed and what it was
//! filed by are never of two versions. Making rules ready costs some 70 ms, so that what was made of the last texts is
//! kept: by the text itself, not by a version that a server gave it.
//!
//! A table that cannot be used is not used: the rules that come with the program, no words, no hours. What is wrong
//! with it is told ([`Practice::problem`]), and logged when it is made ready.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tern_inbox::{
    emergency::Emergencies,
    hours::{Calendar, Hours},
    practice_table::TableKind,
    red_flags::{self, PracticeRules, Scanner},
    triage::{Sorter, Triage},
};

use crate::{Reader, StoreError, table::library};

/// What the practice has decided. Cheap to clone.
#[derive(Clone)]
pub struct Practice {
    sorter: Made<Sorter>,
    hours: Made<Option<Hours>>,
    scanner: Made<Scanner>,
    emergencies: Made<Emergencies>,
}

/// Something made of a table's text, or what stands in for it.
type Made<T> = Arc<Ready<T>>;

struct Ready<T> {
    /// The text; none where the server has no such table.
    text: Option<String>,
    value: T,
    /// Why the text is not used, or what of it.
    problem: Option<String>,
}

/// The last that was made of each table: the same text makes the same.
struct Kept {
    sorter: Mutex<Option<Made<Sorter>>>,
    hours: Mutex<Option<Made<Option<Hours>>>>,
    scanner: Mutex<Option<Made<Scanner>>>,
    emergencies: Mutex<Option<Made<Emergencies>>>,
}

static KEPT: Kept = Kept {
    sorter: Mutex::new(None),
    hours: Mutex::new(None),
    scanner: Mutex::new(None),
    emergencies: Mutex::new(None),
};

impl Practice {
    /// Of the tables as they are here.
    pub(crate) fn of(connection: &Connection) -> Result<Self, StoreError> {
        let text = |kind| Ok::<_, StoreError>(library::of_kind(connection, kind)?.map(|kept| kept.table.text));
        Ok(Self {
            sorter: made(&KEPT.sorter, text(TableKind::Triage)?, TableKind::Triage, sorter),
            hours: made(&KEPT.hours, text(TableKind::Calendar)?, TableKind::Calendar, hours),
            scanner: made(&KEPT.scanner, text(TableKind::RedFlags)?, TableKind::RedFlags, scanner),
            emergencies: made(&KEPT.emergencies, text(TableKind::Emergencies)?, TableKind::Emergencies, emergencies),
        })
    }

    /// Where messages go.
    pub fn sorter(&self) -> &Sorter {
        &self.sorter.value
    }

    /// When the practice is open; none where it has not said so: then nothing is due by the clock.
    pub fn hours(&self) -> Option<&Hours> {
        self.hours.value.as_ref()
    }

    /// The rules for red flags.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner.value
    }

    /// Where emergencies are posted to.
    pub fn emergencies(&self) -> &Emergencies {
        &self.emergencies.value
    }

    /// What is wrong with a table, so that it, or a part of it, is not used.
    pub fn problem(&self, kind: TableKind) -> Option<&str> {
        match kind {
            TableKind::Triage => self.sorter.problem.as_deref(),
            TableKind::Calendar => self.hours.problem.as_deref(),
            TableKind::RedFlags => self.scanner.problem.as_deref(),
            TableKind::Emergencies => self.emergencies.problem.as_deref(),
        }
    }
}

impl Reader<'_> {
    /// What the practice has decided, as its tables are here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn practice(&self) -> Result<Practice, StoreError> {
        Practice::of(self.connection())
    }
}

/// What the text makes: what was made of it last, or made anew. Nobody waits for another's making.
fn made<T>(
    kept: &Mutex<Option<Made<T>>>,
    text: Option<String>,
    kind: TableKind,
    make: fn(Option<&str>) -> (T, Option<String>),
) -> Made<T> {
    let held = || kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(ready) = held().as_ref().filter(|ready| ready.text == text) {
        return Arc::clone(ready);
    }
    let (value, problem) = make(text.as_deref());
    if let Some(problem) = &problem {
        tracing::error!(table = kind.code(), %problem, "a table of the practice cannot be used as it stands");
    }
    let ready = Arc::new(Ready { text, value, problem });
    *held() = Some(Arc::clone(&ready));
    ready
}

fn sorter(text: Option<&str>) -> (Sorter, Option<String>) {
    let Some(text) = text else { return (Sorter::default(), None) };
    let read = serde_json::from_str::<Triage>(text).map_err(not_read);
    let sorter = read.and_then(|table| Sorter::new(&table).map_err(|problems| said(&problems)));
    sorter.map_or_else(|problem| (Sorter::default(), Some(problem)), |sorter| (sorter, None))
}

fn hours(text: Option<&str>) -> (Option<Hours>, Option<String>) {
    let Some(text) = text else { return (None, None) };
    let read = serde_json::from_str::<Calendar>(text).map_err(not_read);
    let hours = read.and_then(|calendar| Hours::new(&calendar).map_err(|problem| problem.to_string()));
    hours.map_or_else(|problem| (None, Some(problem)), |hours| (Some(hours), None))
}

fn scanner(text: Option<&str>) -> (Scanner, Option<String>) {
    let (changes, unread_parts) = text.map(PracticeRules::read).unwrap_or_default();
    let mut problems = unread_parts.problems;
    let name = text.map(digest).unwrap_or_default();
    // A pattern that cannot be read takes nothing with it but itself.
    let (scanner, unread) = Scanner::of_what_can_be_read(&changes.over(starting(), &name));
    problems.extend(unread.iter().map(ToString::to_string));
    (scanner, (!problems.is_empty()).then(|| problems.join("; ")))
}

fn emergencies(text: Option<&str>) -> (Emergencies, Option<String>) {
    let Some(text) = text else { return (Emergencies::default(), None) };
    let read = serde_json::from_str::<Emergencies>(text).map_err(not_read);
    let checked = read.and_then(|table| table.check().map(|()| table).map_err(|problem| problem.to_string()));
    checked.map_or_else(|problem| (Emergencies::default(), Some(problem)), |table| (table, None))
}

/// The rules that come with the program.
pub(crate) fn starting() -> red_flags::RuleSet {
    static STARTING: OnceLock<red_flags::RuleSet> = OnceLock::new();
    let read = || {
        red_flags::starting().unwrap_or_else(|error| {
            tracing::error!(%error, "the starting rules cannot be read");
            red_flags::RuleSet::default()
        })
    };
    STARTING.get_or_init(read).clone()
}

/// Tells one set of changes from the next, on every machine the same.
fn digest(text: &str) -> String {
    format!("{:x}", Sha256::digest(text)).chars().take(12).collect()
}

/// Where it stops being JSON of the right shape. serde's own words would quote what stands there.
fn not_read(error: serde_json::Error) -> String {
    let what = if error.is_data() { "not a table of this kind" } else { "not JSON" };
    format!("{what}: line {}, column {}", error.line(), error.column())
}

fn said<P: std::fmt::Display>(problems: &[P]) -> String {
    problems.iter().map(P::to_string).collect::<Vec<_>>().join("; ")
}
