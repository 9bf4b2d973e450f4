//! What a message is about, whose it is, until when: the practice's table, and how it is read.
//!
//! In this order: the category that the portal sent; else the practice's **subject-line words**, the first row of the
//! table of which a word stands in the subject line; else nothing, and the message is *Unsorted*, which is a pool like
//! any other, with somebody who answers for it. A category has a pool and a turnaround.
//!
//! Why subject lines alone and not the text: a list of words that decides by a whole letter sends a letter about a
//! daughter's fever that ends "and I need a refill" to the front desk. What the text says only ever raises
//! ([`crate::red_flags`]).

use serde::{Deserialize, Serialize};

use crate::{hours::Turnaround, red_flags::words_of};

/// The format that this program reads and writes.
pub const FORMAT: u32 = 1;

/// Rows of a table at most, and words of a row: more is a mistake, and each is tried on each message.
const MOST: usize = 500;

/// The longest turnaround: each row of the list asks for its own.
const LONGEST_DAYS: u16 = 366;
const LONGEST_MINUTES: u32 = 60 * 10 * 366;

/// The table as the practice writes it: what the `Library` *triage* carries as JSON.
///
/// A field that is not known is an error in the whole: two machines that understand a table half each would send the
/// same message to two pools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Triage {
    /// [`FORMAT`].
    pub version: u32,
    /// The time of every category that has none of its own.
    #[serde(default)]
    pub turnaround: Turnaround,
    /// Categories.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// Subject-line words, tried in this order.
    #[serde(default)]
    pub words: Vec<Words>,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Category {
    /// Its code, such as `refills`.
    pub code: String,
    /// `system|value` of the pool that it goes to; none is *Unsorted*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Its own time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnaround: Option<Turnaround>,
}

/// Subject-line words of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Words {
    /// [`Category::code`].
    pub category: String,
    /// Words and phrases. Case, accents and punctuation don't count; `refill*` is every word that begins so.
    pub words: Vec<String>,
}

/// Why a table cannot be used. Names the row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriageProblem {
    /// Made by a newer program.
    #[error("version {found} is not one that this program knows")]
    UnknownVersion {
        /// Its number.
        found: u32,
    },
    /// Too many rows.
    #[error("{field}: more than {MOST}")]
    TooMany {
        /// Where.
        field: String,
    },
    /// Not a code: letters, digits, hyphens.
    #[error("{field}: a code has small letters, digits and hyphens, at most 40")]
    NotACode {
        /// Where.
        field: String,
    },
    /// The same category twice.
    #[error("{field}: this category stands there twice")]
    Twice {
        /// Where.
        field: String,
    },
    /// Words of a category that is not in the table.
    #[error("{field}: there is no such category")]
    NoSuchCategory {
        /// Where.
        field: String,
    },
    /// Nothing that could be found in a subject line.
    #[error("{field}: no word")]
    NoWord {
        /// Where.
        field: String,
    },
    /// No time at all, or more than a year.
    #[error("{field}: a turnaround is at least one minute or day, and at most a year of them")]
    NoTime {
        /// Where.
        field: String,
    },
}

/// What a message becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement<'t> {
    /// Code of its category; none is *Unsorted*.
    pub category: Option<&'t str>,
    /// `system|value` of its pool; none is *Unsorted*.
    pub pool: Option<&'t str>,
    /// The word of the table that decided, as written there; none where the portal did, or nothing.
    pub word: Option<&'t str>,
}

/// A table made ready. Cheap to ask: a subject line has ten words, and each row is tried on them.
#[derive(Clone, Debug, Default)]
pub struct Sorter {
    table: Triage,
    /// Beside [`Triage::words`].
    forms: Vec<Vec<Vec<Form>>>,
}

/// A word of a phrase, as it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    word: String,
    is_beginning: bool,
}

impl Form {
    fn is(&self, word: &str) -> bool {
        if self.is_beginning { word.starts_with(&self.word) } else { word == self.word }
    }
}

impl Default for Triage {
    /// A table that places nothing: two working days for everything.
    fn default() -> Self {
        Self { version: FORMAT, turnaround: Turnaround::default(), categories: Vec::new(), words: Vec::new() }
    }
}

impl Sorter {
    /// Checks a table and makes it ready.
    ///
    /// # Errors
    /// Everything that is wrong with it. A table is taken as a whole or not at all.
    pub fn new(table: &Triage) -> Result<Self, Vec<TriageProblem>> {
        let problems = problems(table);
        if !problems.is_empty() {
            return Err(problems);
        }
        let forms = table.words.iter().map(|row| row.words.iter().map(|phrase| forms(phrase)).collect()).collect();
        Ok(Self { table: table.clone(), forms })
    }

    /// The table.
    pub fn table(&self) -> &Triage {
        &self.table
    }

    /// What a message becomes. `portal` is the category that it came with; one that the table does not have stays as it
    /// is, without a pool.
    pub fn place<'t>(&'t self, portal: Option<&'t str>, subject_line: &str) -> Placement<'t> {
        if let Some(code) = portal {
            return Placement { category: Some(code), pool: self.pool(code), word: None };
        }
        let subject = words_of(subject_line);
        for (row, phrases) in self.table.words.iter().zip(&self.forms) {
            if let Some(at) = phrases.iter().position(|phrase| stands_in(phrase, &subject)) {
                let word = row.words.get(at).map(String::as_str);
                return Placement { category: Some(&row.category), pool: self.pool(&row.category), word };
            }
        }
        Placement { category: None, pool: None, word: None }
    }

    /// How much time a category has.
    pub fn turnaround(&self, category: Option<&str>) -> Turnaround {
        self.category(category).and_then(|category| category.turnaround).unwrap_or(self.table.turnaround)
    }

    fn pool(&self, code: &str) -> Option<&str> {
        self.category(Some(code))?.pool.as_deref()
    }

    fn category(&self, code: Option<&str>) -> Option<&Category> {
        self.table.categories.iter().find(|category| Some(category.code.as_str()) == code)
    }
}

fn stands_in(phrase: &[Form], subject: &[String]) -> bool {
    !phrase.is_empty()
        && subject.windows(phrase.len()).any(|words| phrase.iter().zip(words).all(|(form, word)| form.is(word)))
}

/// A phrase as it is looked for: by the same rules by which a subject line is read.
fn forms(phrase: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    for written in phrase.split_whitespace() {
        let (written, is_beginning) = written.strip_suffix('*').map_or((written, false), |start| (start, true));
        forms.extend(words_of(written).into_iter().map(|word| Form { word, is_beginning: false }));
        if let Some(last) = forms.last_mut().filter(|_| is_beginning) {
            last.is_beginning = true;
        }
    }
    forms
}

fn problems(table: &Triage) -> Vec<TriageProblem> {
    use TriageProblem as Problem;
    if table.version != FORMAT {
        return vec![Problem::UnknownVersion { found: table.version }];
    }
    let mut problems = Vec::new();
    for (field, count) in [("categories", table.categories.len()), ("words", table.words.len())] {
        if count > MOST {
            problems.push(Problem::TooMany { field: field.to_owned() });
        }
    }
    if !problems.is_empty() {
        return problems;
    }
    if is_no_time(table.turnaround) {
        problems.push(Problem::NoTime { field: "turnaround".to_owned() });
    }
    for (at, category) in table.categories.iter().enumerate() {
        let field = format!("categories[{at}]");
        if !is_code(&category.code) {
            problems.push(Problem::NotACode { field });
        } else if table.categories[..at].iter().any(|before| before.code == category.code) {
            problems.push(Problem::Twice { field });
        } else if category.turnaround.is_some_and(is_no_time) {
            problems.push(Problem::NoTime { field });
        }
    }
    for (at, row) in table.words.iter().enumerate() {
        let field = format!("words[{at}]");
        if row.words.len() > MOST {
            problems.push(Problem::TooMany { field });
        } else if !table.categories.iter().any(|category| category.code == row.category) {
            problems.push(Problem::NoSuchCategory { field });
        } else if row.words.is_empty() || row.words.iter().any(|phrase| forms(phrase).is_empty()) {
            problems.push(Problem::NoWord { field });
        }
    }
    problems
}

fn is_no_time(turnaround: Turnaround) -> bool {
    match turnaround {
        Turnaround::WorkingMinutes(minutes) => !(1..=LONGEST_MINUTES).contains(&minutes),
        Turnaround::WorkingDays(days) => !(1..=LONGEST_DAYS).contains(&days),
    }
}

fn is_code(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !code.is_empty() && code.len() <= 40 && code.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DESK: &str = "https://tern.health/fhir/CodeSystem/pool|front-desk";
    const REFILLS: &str = "https://tern.health/fhir/CodeSystem/pool|refills";

    fn category(code: &str, pool: Option<&str>, turnaround: Option<Turnaround>) -> Category {
        Category { code: code.to_owned(), pool: pool.map(str::to_owned), turnaround }
    }

    fn words(category: &str, words: &[&str]) -> Words {
        Words { category: category.to_owned(), words: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    fn table() -> Triage {
        Triage {
            categories: vec![
                category("refills", Some(REFILLS), Some(Turnaround::WorkingDays(1))),
                category("appointment", Some(DESK), None),
                category("form", None, None),
            ],
            words: vec![
                words("refills", &["refill*", "running low on", "renouvellement"]),
                words("appointment", &["appointment", "rendez-vous", "check-up"]),
            ],
            ..Triage::default()
        }
    }

    fn placed(portal: Option<&str>, subject: &str) -> (Option<String>, Option<String>) {
        let sorter = Sorter::new(&table()).expect("a good table");
        let placement = sorter.place(portal, subject);
        (placement.category.map(str::to_owned), placement.word.map(str::to_owned))
    }

    #[test]
    fn the_first_word_of_the_table_that_is_found_decides() {
        let by = |subject| placed(None, subject);
        let is = |category: &str, word: &str| (Some(category.to_owned()), Some(word.to_owned()));
        assert_eq!(by("REFILLS, please"), is("refills", "refill*"));
        assert_eq!(by("Appointment about a refill"), is("refills", "refill*"), "by the table's order, not the line's");
        assert_eq!(by("I am running low on insulin"), is("refills", "running low on"));
        assert_eq!(by("Renouvèlement? Non: RENOUVELLEMENT"), is("refills", "renouvellement"));
        assert_eq!(by("Rendez vous du 3"), is("appointment", "rendez-vous"));
        assert_eq!(by("A checkup"), (None, None));
        assert_eq!(by("Prefilled form"), (None, None), "not within a word");
        assert_eq!(by(""), (None, None));
    }

    #[test]
    fn what_the_portal_says_wins_over_the_words() {
        assert_eq!(placed(Some("form"), "A refill"), (Some("form".to_owned()), None));
        let sorter = Sorter::new(&table()).expect("a good table");
        assert_eq!(sorter.place(Some("refills"), "").pool, Some(REFILLS));
        assert_eq!(sorter.place(Some("of-the-portals-own"), "").pool, None);
    }

    #[test]
    fn a_category_has_its_own_time_or_the_tables() {
        let sorter = Sorter::new(&table()).expect("a good table");
        assert_eq!(sorter.turnaround(Some("refills")), Turnaround::WorkingDays(1));
        assert_eq!(sorter.turnaround(Some("appointment")), Turnaround::WorkingDays(2));
        assert_eq!(sorter.turnaround(None), Turnaround::WorkingDays(2));
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let mut table = table();
        table.categories.push(category("refills", None, None));
        table.categories.push(category("Billing!", None, None));
        table.categories.push(category("slow", None, Some(Turnaround::WorkingDays(0))));
        table.words.push(words("billing", &["bill"]));
        table.words.push(words("form", &["...", "form"]));
        table.words.push(words("form", &[]));
        let field = |at: &str| at.to_owned();
        assert_eq!(
            Sorter::new(&table).expect_err("wrong"),
            [
                TriageProblem::Twice { field: field("categories[3]") },
                TriageProblem::NotACode { field: field("categories[4]") },
                TriageProblem::NoTime { field: field("categories[5]") },
                TriageProblem::NoSuchCategory { field: field("words[2]") },
                TriageProblem::NoWord { field: field("words[3]") },
                TriageProblem::NoWord { field: field("words[4]") },
            ]
        );
        let newer = Triage { version: 2, ..Triage::default() };
        assert_eq!(Sorter::new(&newer).expect_err("newer"), [TriageProblem::UnknownVersion { found: 2 }]);
    }

    #[test]
    fn it_is_written_and_read_as_it_was() {
        let json = serde_json::to_string(&table()).expect("json");
        assert_eq!(serde_json::from_str::<Triage>(&json).expect("read"), table());
        assert!(serde_json::from_str::<Triage>(r#"{"version":1,"pools":[]}"#).is_err(), "a field nobody knows");
    }

    proptest! {
        #[test]
        fn any_subject_line_is_placed_and_the_same_way_in_any_case(subject in ".{0,80}") {
            let sorter = Sorter::new(&table()).expect("a good table");
            let here = sorter.place(None, &subject);
            prop_assert_eq!(here.category, sorter.place(None, &format!("  {subject}  ")).category);
        }
    }
}
