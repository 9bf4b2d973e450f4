//! What a practice changes of the rules that come with the program.
//!
//! Its `Library` *red-flags* carries the difference, not the whole set: a practice that has switched one rule off gets
//! the others as they are improved. A rule of the same id takes the place of the one that came; one that is off is not
//! run, and says who decided so and why; a rule of the practice's own stands behind.
//!
//! Old versions are the server's: every change of the Library is a version of its own there.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rule::{Rule, RuleId, RuleSet};

/// The format that this program reads and writes.
pub const FORMAT: u32 = 1;

/// The practice's changes, as its `Library` carries them as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PracticeRules {
    /// [`FORMAT`].
    pub version: u32,
    /// Rules that are not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<RuleOff>,
    /// Changed rules, and the practice's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// A rule that is not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleOff {
    /// Which.
    pub rule: RuleId,
    /// Who decided it: a name.
    pub by: String,
    /// On which day.
    pub date: chrono::NaiveDate,
    /// Why.
    pub reason: String,
}

impl Default for PracticeRules {
    /// No changes.
    fn default() -> Self {
        Self { version: FORMAT, off: Vec::new(), rules: Vec::new() }
    }
}

/// What of a text cannot be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unread {
    /// Where, and that it cannot.
    pub problems: Vec<String>,
    /// Entries of rules that are off.
    off: Vec<Value>,
    /// Rules.
    rules: Vec<Value>,
}

/// As it lies in the Library, its parts unread.
#[derive(Deserialize)]
struct Parts {
    version: u32,
    #[serde(default)]
    off: Vec<Value>,
    #[serde(default)]
    rules: Vec<Value>,
}

impl PracticeRules {
    /// Reads the changes, each by itself: one that cannot be read takes no other with it, least of all a rule that
    /// somebody switched off. What is wrong is told by its place, without a word of it.
    pub fn read(text: &str) -> (Self, Unread) {
        let mut changes = Self::default();
        let only = |problem: String| Unread { problems: vec![problem], ..Unread::default() };
        let parts = match serde_json::from_str::<Parts>(text) {
            Ok(parts) if parts.version == FORMAT => parts,
            Ok(parts) => {
                return (changes, only(format!("version {} is not one that this program knows", parts.version)));
            }
            Err(error) => return (changes, only(format!("not JSON of this kind, line {}", error.line()))),
        };
        let mut unread = Unread::default();
        for (at, off) in parts.off.into_iter().enumerate() {
            match RuleOff::deserialize(&off) {
                Ok(off) => changes.off.push(off),
                Err(_) => {
                    unread.problems.push(format!("off[{at}] cannot be read"));
                    unread.off.push(off);
                }
            }
        }
        for (at, rule) in parts.rules.into_iter().enumerate() {
            match Rule::deserialize(&rule) {
                Ok(rule) => changes.rules.push(rule),
                Err(_) => {
                    unread.problems.push(format!("rules[{at}] cannot be read"));
                    unread.rules.push(rule);
                }
            }
        }
        (changes, unread)
    }

    /// The changes as they are written, with what could not be read of the former text behind them: whoever saves one
    /// rule takes no other away unseen.
    ///
    /// # Errors
    /// Never seen.
    pub fn written_with(&self, unread: &Unread) -> Result<String, serde_json::Error> {
        let mut json = serde_json::to_value(self)?;
        for (name, values) in [("off", &unread.off), ("rules", &unread.rules)] {
            if !values.is_empty() {
                match json.get_mut(name).and_then(Value::as_array_mut) {
                    Some(list) => list.extend(values.iter().cloned()),
                    None => json[name] = Value::from(values.clone()),
                }
            }
        }
        serde_json::to_string_pretty(&json)
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.off.is_empty() && self.rules.is_empty()
    }

    /// The set that is scanned with: `starting` with the changes in it. Its version names both; `changes` is the
    /// Library's version, or whatever else tells one set of changes from the next.
    pub fn over(&self, starting: RuleSet, changes: &str) -> RuleSet {
        if self.is_empty() {
            return starting;
        }
        let mut changed: HashMap<&RuleId, &Rule> = self.rules.iter().map(|rule| (&rule.id, rule)).collect();
        let is_off = |id: &RuleId| self.off.iter().any(|off| off.rule == *id);
        let mut rules = Vec::with_capacity(starting.rules.len() + self.rules.len());
        for rule in starting.rules {
            let rule = changed.remove(&rule.id).cloned().unwrap_or(rule);
            if !is_off(&rule.id) {
                rules.push(rule);
            }
        }
        // The practice's own, in the order in which they are written.
        rules.extend(self.rules.iter().filter(|rule| changed.contains_key(&rule.id) && !is_off(&rule.id)).cloned());
        RuleSet { version: format!("{}+{changes}", starting.version), rules, ..starting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        red_flags::{Category, Language},
        work_item::Urgency,
    };

    fn rule(id: &str, pattern: &str) -> Rule {
        Rule {
            id: RuleId::new(id),
            version: 1,
            category: Category::Breathing,
            language: Language::English,
            raise_to: Urgency::Urgent,
            patterns: vec![pattern.to_owned()],
            unless: Vec::new(),
            unless_anywhere: Vec::new(),
            note: String::new(),
            reviewed_by: String::new(),
            date: chrono::NaiveDate::default(),
        }
    }

    fn starting() -> RuleSet {
        RuleSet {
            version: "3".to_owned(),
            rules: vec![rule("en-a", "wheezing"), rule("en-b", "gasping"), rule("en-c", "choking")],
            ..RuleSet::default()
        }
    }

    #[test]
    fn a_changed_rule_stands_in_its_place_one_that_is_off_nowhere_and_an_own_one_behind() {
        let changes = PracticeRules {
            off: vec![RuleOff {
                rule: RuleId::new("en-b"),
                by: "Dr Amara Osei".to_owned(),
                date: chrono::NaiveDate::default(),
                reason: "of our singers".to_owned(),
            }],
            rules: vec![rule("own-1", "blue lips"), rule("en-a", "wheez*")],
            ..PracticeRules::default()
        };
        let set = changes.over(starting(), "7");
        let patterns: Vec<&str> = set.rules.iter().map(|rule| rule.patterns[0].as_str()).collect();
        assert_eq!(patterns, ["wheez*", "choking", "blue lips"]);
        assert_eq!(set.version, "3+7");
    }

    #[test]
    fn one_change_that_cannot_be_read_takes_no_other_with_it() {
        let text = r#"{"version":1,"note":"of a newer one","off":[{"rule":"en-b","by":"Dr Osei","date":"2026-03-01",
            "reason":"singers"},{"rule":"en-c"}],"rules":[{"id":"own-1","category":"horoscope"}]}"#;
        let (changes, unread) = PracticeRules::read(text);
        assert_eq!((changes.off.len(), changes.rules.len()), (1, 0));
        assert_eq!(unread.problems, ["off[1] cannot be read", "rules[0] cannot be read"]);
        let (again, still) = PracticeRules::read(&changes.written_with(&unread).expect("json"));
        assert_eq!((again, still), (changes, unread), "saving takes nothing away");
        for nothing in ["", "[]", r#"{"version":2}"#] {
            let (changes, unread) = PracticeRules::read(nothing);
            assert!(changes.is_empty() && unread.problems.len() == 1, "{nothing}");
        }
    }

    #[test]
    fn without_changes_it_is_the_set_that_came() {
        assert_eq!(PracticeRules::default().over(starting(), "7"), starting());
    }
}
