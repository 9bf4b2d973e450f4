//! Red flags: words in a message that raise its urgency.
//!
//! A patient who writes "cant get my breath" at eleven at night does not tick *emergency*. So the words of every
//! message (subject, body, titles of attachments) are held against **rules** that a triage lead can read and change.
//! A rule may only raise; a person lowers, with a reason, for that text. No match is never called safe. It is not a
//! diagnosis and no substitute for a nurse, and a clinician has to review every threshold before real use.
//!
//! ```text
//! text ──prepare──> words ──find──> spans ──join──> matches ──> Findings ──> raised(urgency, findings)
//!       tags, entities,    each word     sequences, both-of     rule, level, words,
//!       NFKC, case,        looked up     within N words,        possible negation,
//!       apostrophes        once          idioms, `unless`       ranges of the original
//! ```
//!
//! Why not a list of phrases: people do not write in phrases. Of 62 emergencies 35 good phrases find 20. Why not one
//! regular expression per rule: "one of these words within eight words of one of those" is a product of the two
//! lists, hundreds of them are slow, and nobody can review one. Why not a model: a clinician cannot read it, two
//! machines must answer the same, and it has to work offline. So a pattern is a small grammar over *words*
//! ([`pattern`]), a text is looked up word by word once, and what a rule costs is what its words cost: linear in the
//! text, without any back-tracking.
//!
//! Negation marks and does not cancel ("no chest pain", "my father's chest pain"): those who read decide. What a
//! practice may do is narrow a rule with `unless`, which stands with name and date in the rule.

pub mod finding;
pub mod language;
pub mod lowering;
pub mod pattern;
pub mod practice;
pub mod rule;
pub mod scan;
pub mod starting;

mod compile;
mod lexicon;
mod markup;
mod measure;
mod spans;
mod text;

pub use compile::{RuleProblem, Where};
pub use finding::{Findings, Match, Negation, Part, Place, Scan, Scanned};
pub use lowering::{Lowered, TextHash, raised, shown};
pub use pattern::PatternProblem;
pub use practice::{PracticeRules, RuleOff};
pub use rule::{Category, Concept, Language, Rule, RuleId, RuleSet};
pub use scan::Scanner;
pub use starting::starting;
pub(crate) use text::words_of;
