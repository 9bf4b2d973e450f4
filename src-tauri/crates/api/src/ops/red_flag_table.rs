//! The rules for red flags: looked at, tried on the last messages, changed with name and date.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use tern_inbox::{
    practice_table::TableKind,
    private::PrivateText,
    red_flags::{
        self, Match, PracticeRules, Rule, RuleId, RuleOff, RuleSet, Scanner, Where, practice::FORMAT,
        rule::NOT_REVIEWED,
    },
    rights::Deed,
    work_item::Urgency,
};
use tern_store::Reader;

use crate::{
    dto::{
        self, ApiError, ErrorCode, PreviewLevel, PreviewRaise, RedFlagPreview, RedFlagRule, RedFlagSaveRequest,
        RedFlagTable, RuleOrigin, RuleProblemRow, TableSaved, UrgencyLevel,
    },
    fail::Answer,
    program::Program,
    show,
    tables::{LATELY, MOST_CHANGED, Read, count, wrong},
};

/// Rules that a practice may change or add: more is a mistake.
const MOST_RULES: usize = 1_000;

impl Program {
    /// Every rule, and where it comes from.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked), or what the cache says.
    pub async fn red_flag_table(&self) -> Answer<RedFlagTable> {
        let desk = self.desk()?;
        let standing = desk.table(TableKind::RedFlags).await?;
        let changes = in_text(standing.shown.as_deref());
        let precision = desk.read(|reader| reader.precision()).await?;
        let mut rules = rules(&starting(), &changes);
        for rule in &mut rules {
            if let Some(counted) = precision.get(&RuleId::new(rule.id.clone())) {
                (rule.judged, rule.lowered) = (counted.judged, counted.lowered);
            }
        }
        Ok(RedFlagTable { state: standing.state, rules, categories: categories() })
    }

    /// Queues a change of the rules.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed) but for a triage lead, or what the cache says.
    pub async fn red_flag_save(&self, request: RedFlagSaveRequest) -> Answer<TableSaved> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let standing = desk.table(TableKind::RedFlags).await?;
        let today = desk.server_now().date_naive();
        let changes = match changes(request.rules, &in_text(standing.in_force.as_deref()), today) {
            Ok(changes) => changes,
            Err(problems) => return Ok(TableSaved::Wrong { problems }),
        };
        let problems = tokio::task::spawn_blocking({
            let changes = changes.clone();
            move || scanner(&changes).1
        })
        .await?;
        if !problems.is_empty() {
            return Ok(TableSaved::Wrong { problems });
        }
        let unread = standing.in_force.as_deref().map(PracticeRules::read).unwrap_or_default().1;
        let text = changes.written_with(&unread).map_err(|error| ApiError::because(ErrorCode::Internal, error))?;
        desk.save_table(TableKind::RedFlags, text, request.base).await
    }

    /// What the last messages would be raised to.
    ///
    /// # Errors
    /// As [`Program::red_flag_save`].
    pub async fn red_flag_preview(&self, request: RedFlagSaveRequest) -> Answer<RedFlagPreview> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let today = desk.server_now().date_naive();
        let changes = match changes(request.rules, &PracticeRules::default(), today) {
            Ok(changes) => changes,
            Err(problems) => {
                return Ok(RedFlagPreview { messages: 0, levels: Vec::new(), changed: Vec::new(), problems });
            }
        };
        let preview = desk.read(move |reader| preview(reader, &changes)).await?;
        self.still_shown(&desk)?;
        Ok(preview)
    }
}

fn preview(reader: &Reader<'_>, changes: &PracticeRules) -> Read<RedFlagPreview> {
    let practice = reader.practice()?;
    let (tried, problems) = scanner(changes);
    let messages = reader.lately(LATELY)?;
    let mut levels: HashMap<Urgency, (u32, u32)> = HashMap::new();
    let mut changed = Vec::new();
    for message in &messages {
        let found = |scanner| Ok::<_, tern_store::StoreError>(reader.scanned_by(scanner, message)?.unwrap_or_default());
        let (before, after) = (found(practice.scanner())?, found(&tried)?);
        levels.entry(before.level()).or_default().0 += 1;
        levels.entry(after.level()).or_default().1 += 1;
        if before.level() != after.level() && changed.len() < MOST_CHANGED {
            let highest: Option<&Match> = after.matches.first();
            changed.push(PreviewRaise {
                subject_line: message.subject_line.reveal().to_owned(),
                sent: message.sent.timestamp_millis(),
                before: show::urgency(before.level()),
                after: show::urgency(after.level()),
                rule: highest.map(|found| found.rule.to_string()),
                words: highest.and_then(|found| found.words.as_ref()).map(PrivateText::reveal).map(str::to_owned),
            });
        }
    }
    let level = |level| {
        let (before, after) = levels.get(&level).copied().unwrap_or_default();
        PreviewLevel { level: show::urgency(level), before, after }
    };
    Ok(RedFlagPreview {
        messages: count(messages.len()),
        levels: [Urgency::Emergency, Urgency::Urgent, Urgency::SameDay].map(level).into(),
        changed,
        problems,
    })
}

/// The changes of a text, as far as they can be read: what cannot is told beside.
fn in_text(text: Option<&str>) -> PracticeRules {
    text.map(|text| PracticeRules::read(text).0).unwrap_or_default()
}

fn starting() -> RuleSet {
    red_flags::starting().unwrap_or_default()
}

fn scanner(changes: &PracticeRules) -> (Scanner, Vec<RuleProblemRow>) {
    let (scanner, problems) = Scanner::of_what_can_be_read(&changes.over(starting(), "tried"));
    let row = |problem: &red_flags::RuleProblem| RuleProblemRow {
        rule: match &problem.place {
            Where::Rule(id) => Some(id.to_string()),
            _ => None,
        },
        pattern: problem.pattern.clone(),
        problem: problem.problem.to_string(),
    };
    (scanner, problems.iter().map(row).collect())
}

/// Every rule of the program and of the practice, as the editor shows it.
fn rules(starting: &RuleSet, changes: &PracticeRules) -> Vec<RedFlagRule> {
    let came: HashMap<&RuleId, &Rule> = starting.rules.iter().map(|rule| (&rule.id, rule)).collect();
    let changed: HashMap<&RuleId, &Rule> = changes.rules.iter().map(|rule| (&rule.id, rule)).collect();
    let off: HashMap<&RuleId, &RuleOff> = changes.off.iter().map(|off| (&off.rule, off)).collect();
    let own = changes.rules.iter().filter(|rule| !came.contains_key(&rule.id));
    let mut rows: Vec<RedFlagRule> = starting
        .rules
        .iter()
        .chain(own)
        .map(|rule| {
            let origin = match (came.contains_key(&rule.id), changed.contains_key(&rule.id)) {
                (true, true) => RuleOrigin::Changed,
                (true, false) => RuleOrigin::Starting,
                (false, _) => RuleOrigin::Own,
            };
            row(changed.get(&rule.id).copied().unwrap_or(rule), origin, off.get(&rule.id).copied())
        })
        .collect();
    rows.sort_by(|one, other| {
        (&one.category, &one.language, &one.id).cmp(&(&other.category, &other.language, &other.id))
    });
    rows
}

fn row(rule: &Rule, origin: RuleOrigin, off: Option<&RuleOff>) -> RedFlagRule {
    RedFlagRule {
        id: rule.id.to_string(),
        version: rule.version,
        category: rule.category.code(),
        language: code(&rule.language),
        raise_to: show::urgency(rule.raise_to),
        patterns: rule.patterns.clone(),
        unless: rule.unless.clone(),
        unless_anywhere: rule.unless_anywhere.clone(),
        note: rule.note.clone(),
        reviewed_by: Some(rule.reviewed_by.clone()).filter(|by| by != NOT_REVIEWED).unwrap_or_default(),
        date: rule.date.to_string(),
        origin,
        off: off.map(|off| dto::RuleOff { by: off.by.clone(), date: off.date.to_string(), reason: off.reason.clone() }),
        judged: 0,
        lowered: 0,
    }
}

/// The practice's changes that the editor's rows are. A rule that says something new is a new version of today; one
/// that is as it came is no change.
fn changes(
    rows: Vec<RedFlagRule>,
    in_force: &PracticeRules,
    today: NaiveDate,
) -> Result<PracticeRules, Vec<RuleProblemRow>> {
    if rows.len() > MOST_RULES {
        return Err(vec![wrong(&format!("more than {MOST_RULES} rules"))]);
    }
    let starting = starting();
    let mut changes = PracticeRules { version: FORMAT, ..PracticeRules::default() };
    let mut problems = Vec::new();
    for row in rows {
        let id = RuleId::new(row.id.clone());
        let came = starting.rules.iter().find(|rule| rule.id == id);
        let before = in_force.rules.iter().find(|rule| rule.id == id).or(came);
        if let Some(off) = &row.off {
            match switched_off(&id, off, in_force, today) {
                Ok(off) => changes.off.push(off),
                Err(problem) => problems.push(of_rule(&row, problem)),
            }
        }
        match rule(&row, before, today) {
            Ok(rule) if Some(&rule) == came => {}
            Ok(rule) => changes.rules.push(rule),
            Err(problem) => problems.push(of_rule(&row, problem)),
        }
    }
    if problems.is_empty() { Ok(changes) } else { Err(problems) }
}

fn of_rule(row: &RedFlagRule, problem: &str) -> RuleProblemRow {
    RuleProblemRow { rule: Some(row.id.clone()), pattern: String::new(), problem: problem.to_owned() }
}

fn switched_off(
    id: &RuleId,
    off: &dto::RuleOff,
    in_force: &PracticeRules,
    today: NaiveDate,
) -> Result<RuleOff, &'static str> {
    let (by, reason) = (off.by.trim(), off.reason.trim());
    if by.is_empty() || reason.is_empty() {
        return Err("a rule is switched off by somebody, for a reason: give both");
    }
    let date = match in_force.off.iter().find(|before| before.rule == *id) {
        Some(before) if before.by == by && before.reason == reason => before.date,
        _ => today,
    };
    Ok(RuleOff { rule: id.clone(), by: by.to_owned(), date, reason: reason.to_owned() })
}

fn rule(row: &RedFlagRule, before: Option<&Rule>, today: NaiveDate) -> Result<Rule, &'static str> {
    let lines = |patterns: &[String]| {
        patterns.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    let rule = Rule {
        id: RuleId::new(row.id.trim()),
        version: before.map_or(1, |before| before.version),
        category: named(&row.category).ok_or("there is no such category")?,
        language: named(&row.language).ok_or("there is no such language")?,
        raise_to: show::urgency_of(row.raise_to),
        patterns: lines(&row.patterns),
        unless: lines(&row.unless),
        unless_anywhere: lines(&row.unless_anywhere),
        note: row.note.trim().to_owned(),
        reviewed_by: match row.reviewed_by.trim() {
            "" => NOT_REVIEWED.to_owned(),
            by => by.to_owned(),
        },
        date: before.map_or(today, |before| before.date),
    };
    if rule.patterns.is_empty() {
        return Err("a rule needs a pattern; one that is not to be used is switched off");
    }
    if row.raise_to == UrgencyLevel::Routine {
        return Err("a rule raises at least to same day");
    }
    if rule.id.as_str().is_empty() {
        return Err("a rule needs a name");
    }
    Ok(match before {
        Some(before) if *before != rule => Rule { version: before.version.saturating_add(1), date: today, ..rule },
        _ => rule,
    })
}

fn categories() -> Vec<String> {
    let mut codes: Vec<String> = starting().rules.iter().map(|rule| rule.category.code()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What a word of the rules names.
fn named<T: DeserializeOwned>(code: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(code)).ok()
}

fn code<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date")
    }

    fn shown() -> Vec<RedFlagRule> {
        rules(&starting(), &PracticeRules::default())
    }

    #[test]
    fn rules_as_they_came_are_no_change() {
        let changes = changes(shown(), &PracticeRules::default(), today()).expect("good rules");
        assert!(changes.is_empty(), "{} rules", changes.rules.len());
    }

    #[test]
    fn a_changed_rule_is_a_new_version_of_today_and_stays_it() {
        let mut row = shown().swap_remove(0);
        row.patterns.push("whistling".to_owned());
        row.reviewed_by = "Dr Amara Osei".to_owned();
        let once = changes(vec![row.clone()], &PracticeRules::default(), today()).expect("good");
        assert_eq!((once.rules[0].version, once.rules[0].date), (row.version + 1, today()));
        let later = today().succ_opt().expect("tomorrow");
        let again = changes(rules(&starting(), &once), &once, later).expect("good");
        assert_eq!(again, once, "nothing was changed the day after");
    }

    #[test]
    fn nobody_switches_a_rule_off_without_a_name_and_a_reason() {
        let mut row = shown().swap_remove(0);
        row.off = Some(dto::RuleOff { by: "Dr Amara Osei".to_owned(), date: String::new(), reason: " ".to_owned() });
        let problems = changes(vec![row.clone()], &PracticeRules::default(), today()).expect_err("no reason");
        assert_eq!(problems[0].rule.as_deref(), Some(row.id.as_str()));
        row.off = Some(dto::RuleOff { reason: "twice".to_owned(), ..row.off.expect("set") });
        let changes = changes(vec![row], &PracticeRules::default(), today()).expect("good");
        assert_eq!((changes.off.len(), changes.rules.len()), (1, 0));
        assert_eq!(changes.off[0].date, today());
    }

    #[test]
    fn a_rule_that_says_nothing_is_refused() {
        let mut row = shown().swap_remove(0);
        row.patterns = vec![" ".to_owned()];
        assert!(changes(vec![row.clone()], &PracticeRules::default(), today()).is_err());
        row.patterns = vec!["wheezing".to_owned()];
        row.category = "horoscope".to_owned();
        assert!(changes(vec![row], &PracticeRules::default(), today()).is_err());
    }
}
