use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::UrgencyLevel;

/// How one of the practice's tables stands: on the server, and what of the member's own is on its way there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TableState {
    /// The version that the content is; none where the server has no such table yet. A change is made to this version
    /// and to no other.
    pub base: Option<String>,
    /// When the server's was last changed, UTC milliseconds.
    #[ts(type = "number | null")]
    pub updated: Option<i64>,
    /// The member's role may change it.
    pub may_edit: bool,
    /// What is wrong with the server's, so that it is not used as it stands.
    pub problem: Option<String>,
    /// What became of the member's last change.
    pub saving: TableSaving,
}

/// What became of a change of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum TableSaving {
    /// There is none that the server does not have.
    Saved,
    /// It waits for the server. The content shown is the changed one.
    Queued,
    /// Somebody else changed the table meanwhile: theirs is in force, the member's own is kept as the content shown,
    /// until it is saved over theirs or given up.
    Overtaken,
    /// The server refused it; kept as the content shown.
    Refused,
}

/// How much time a category has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TurnaroundTime {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: TurnaroundUnit,
}

/// What a turnaround is counted in: of the practice's office hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum TurnaroundUnit {
    /// Minutes during which the practice is open.
    WorkingMinutes,
    /// The same time of day, so many working days later.
    WorkingDays,
}

/// A pool that a category can go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PoolName {
    /// `system|value`, by which the table names it.
    pub identifier: String,
    /// "Nurse triage".
    pub name: String,
}

/// Which words in a subject line make which category, and where each category goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TriageContent {
    /// The time of every category that has none of its own.
    pub turnaround: TurnaroundTime,
    /// Categories. Codes that the catalogue words (`category.<code>`), or the practice's own.
    pub categories: Vec<CategoryRow>,
    /// Words, in the order in which they are tried: the first that is found counts.
    pub words: Vec<SubjectWords>,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CategoryRow {
    /// Its code.
    pub code: String,
    /// [`PoolName::identifier`] of where it goes; none is *Unsorted*.
    pub pool: Option<String>,
    /// Its own time.
    pub turnaround: Option<TurnaroundTime>,
}

/// Subject-line words of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SubjectWords {
    /// [`CategoryRow::code`].
    pub category: String,
    /// Words or phrases, in any case and with or without accents; `refill*` is every word that begins so.
    pub words: Vec<String>,
}

/// The triage table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TriageTable {
    /// How it stands.
    pub state: TableState,
    /// What it says.
    pub content: TriageContent,
    /// The pools that there are.
    pub pools: Vec<PoolName>,
}

/// A change of the triage table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TriageSaveRequest {
    /// What it shall say.
    pub content: TriageContent,
    /// [`TableState::base`] of what was edited.
    pub base: Option<String>,
}

/// What the last messages would become by a table.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TriagePreview {
    /// Messages looked at: the last 500 of patients.
    pub messages: u32,
    /// Messages of each category, before and after; the row without a code is *Unsorted*. By code.
    pub counts: Vec<PreviewCount>,
    /// The first hundred that would become something else.
    pub changed: Vec<PreviewRow>,
}

/// A category in a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PreviewCount {
    /// Its code; none is *Unsorted*.
    pub category: Option<String>,
    /// By the table in force.
    pub before: u32,
    /// By the changed one.
    pub after: u32,
}

/// A message in a preview. Has a subject line, as the list has, and no body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PreviewRow {
    /// The subject line.
    pub subject_line: String,
    /// When it was sent, UTC milliseconds.
    #[ts(type = "number")]
    pub sent: i64,
    /// Category by the table in force.
    pub before: Option<String>,
    /// Category by the changed one.
    pub after: Option<String>,
    /// The word that decides it by the changed one.
    pub word: Option<String>,
}

/// The red-flag rules in force, and where each comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RedFlagTable {
    /// How the practice's changes stand.
    pub state: TableState,
    /// By category, language and id; those switched off as well.
    pub rules: Vec<RedFlagRule>,
    /// Every category's code, worded by the catalogue (`red-flag.category.<code>`), in the rules' order.
    pub categories: Vec<String>,
}

/// A rule as the editor shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RedFlagRule {
    /// `en-breathing-cannot`.
    pub id: String,
    /// Counted up by each change; the program counts.
    pub version: u32,
    /// Code of its category.
    pub category: String,
    /// `en` or `fr`.
    pub language: String,
    /// What a match raises to.
    pub raise_to: UrgencyLevel,
    /// Patterns in the rules' grammar, any of which is a match.
    pub patterns: Vec<String>,
    /// Patterns that drop a match when they stand near it.
    pub unless: Vec<String>,
    /// Patterns that drop a match when they stand anywhere in the message.
    pub unless_anywhere: Vec<String>,
    /// Why it is so.
    pub note: String,
    /// The clinician who reviewed this version; empty where nobody has.
    pub reviewed_by: String,
    /// Day of the last change, `YYYY-MM-DD`; the program writes it.
    pub date: String,
    /// Where it comes from.
    pub origin: RuleOrigin,
    /// It is not used. Says who switched it off, and why.
    pub off: Option<RuleOff>,
    /// Messages that it matched and that were dealt with since, as far as this machine reaches back.
    pub judged: u32,
    /// Of these, those that a person lowered: false alarms.
    pub lowered: u32,
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum RuleOrigin {
    /// One of those that come with Tern, as it came.
    Starting,
    /// One of those, changed by the practice.
    Changed,
    /// The practice's own.
    Own,
}

/// Why a rule is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RuleOff {
    /// Who decided it; a name.
    pub by: String,
    /// When, `YYYY-MM-DD`; the program writes it.
    pub date: String,
    /// Why; not empty.
    pub reason: String,
}

/// A change of the red-flag rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RedFlagSaveRequest {
    /// Every rule that differs from the one that comes with Tern, the practice's own, and those that are off.
    pub rules: Vec<RedFlagRule>,
    /// [`TableState::base`] of what was edited.
    pub base: Option<String>,
}

/// What the last messages would become by changed rules.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RedFlagPreview {
    /// Messages looked at: the last 500 of patients.
    pub messages: u32,
    /// Messages raised to each urgency, from same day on, before and after.
    pub levels: Vec<PreviewLevel>,
    /// The first hundred that would be raised otherwise.
    pub changed: Vec<PreviewRaise>,
    /// What is wrong with the rules; nothing is saved while there is any.
    pub problems: Vec<RuleProblemRow>,
}

/// An urgency in a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PreviewLevel {
    /// Which.
    pub level: UrgencyLevel,
    /// By the rules in force.
    pub before: u32,
    /// By the changed ones.
    pub after: u32,
}

/// A message in a preview of red flags. Has a subject line and at most sixty characters that matched, as the list has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PreviewRaise {
    /// The subject line.
    pub subject_line: String,
    /// When it was sent, UTC milliseconds.
    #[ts(type = "number")]
    pub sent: i64,
    /// By the rules in force.
    pub before: UrgencyLevel,
    /// By the changed ones.
    pub after: UrgencyLevel,
    /// The rule that decides it by the changed ones.
    pub rule: Option<String>,
    /// The words that matched; none where they may not be shown.
    pub words: Option<String>,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RuleProblemRow {
    /// Id of the rule; none where it is a list.
    pub rule: Option<String>,
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it and where, in English.
    pub problem: String,
}

/// The practice's office hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HoursTable {
    /// How they stand.
    pub state: TableState,
    /// What they say. Where the server has none, a Monday to Friday of which nothing is in force.
    pub content: HoursContent,
    /// Every zone that can be chosen, by its IANA name.
    pub zones: Vec<String>,
}

/// Office hours and closures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HoursContent {
    /// `America/Toronto`; empty where nobody has said.
    pub zone: String,
    /// The ordinary week.
    pub weekly: Vec<OpenPeriod>,
    /// Days on which the practice is closed although the week says open.
    pub closures: Vec<ClosureRow>,
}

/// From–to on every such weekday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OpenPeriod {
    /// 0 is Monday, 6 Sunday: the day on which it begins.
    pub day: u8,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`; not after `from`: on the next day.
    pub to: String,
}

/// Days on which the practice is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ClosureRow {
    /// "Labour Day".
    pub name: String,
    /// `YYYY-MM-DD`.
    pub first: String,
    /// `YYYY-MM-DD`, included; none is one day.
    pub last: Option<String>,
    /// `HH:MM` from which it holds, of each of the days; none is midnight.
    pub from: Option<String>,
    /// `HH:MM` until which it holds; none is the day's end.
    pub to: Option<String>,
    /// RFC 5545 recurrence of the first day, shown and kept as it is; edited with the calendar.
    pub rule: Option<String>,
}

/// A change of the office hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HoursSaveRequest {
    /// What they shall say.
    pub content: HoursContent,
    /// [`TableState::base`] of what was edited.
    pub base: Option<String>,
}

/// Whether a change of a table was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum TableSaved {
    /// It is on its way to the server, and in force once it has arrived there.
    Queued,
    /// It is wrong: nothing was saved.
    Wrong {
        /// What is wrong, each with the field or rule that it is in, in English.
        problems: Vec<RuleProblemRow>,
    },
}

/// Which of the practice's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum TableKind {
    /// Subject-line words, categories, pools, turnaround.
    Triage,
    /// Red-flag rules.
    RedFlags,
    /// Office hours and closures.
    Calendar,
    /// Where emergencies are posted to.
    Emergencies,
}

/// What to do with a change of the member's that the server does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TableDiscardRequest {
    /// Whose.
    pub table: TableKind,
}
