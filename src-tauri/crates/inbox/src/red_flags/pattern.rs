//! The grammar of patterns.
//!
//! A pattern is about **words**, never about letters in a row, so "ER" is not in "her". Case, accents, apostrophes,
//! hyphens, markup and stretched letters make no difference: `can't` is "cant", "CAN’T" and "can&#39;t".
//!
//! | written | matches |
//! |---|---|
//! | `short of breath` | the words, one after the other; fillers ("really", "the") may stand between |
//! | `breath*` | every word that begins so |
//! | `~seizure` | the word, and with one slip: a letter too many, missing, wrong, or two exchanged |
//! | `(leg\|calf\|lower leg)` | one of these |
//! | `can't [even] breathe` | with or without what stands in brackets |
//! | `throwing .. up` | at most three words between; `..5` at most five |
//! | `chest & (tight\|heavy)` | both, in either order, at most eight words between; `&3` at most three |
//! | `@fever` | one of the list that is called so |
//! | `<104..110>` | a number without a unit of something else, limits included; `<..3>` and `<2..>` are open |
//! | `<40.. C>` | a temperature, in °C or °F; `mg/dL` and `mmol/L` are one as well |
//! | `<180/120..>` | a blood pressure whose upper **or** lower value is as high, "185 over 95" too |
//!
//! `\|` binds least, then `&`, then `..` and the space. Each of them costs time linear in the text: what stands
//! near a word is looked for among its neighbours only.

use super::text;

/// Words between two parts of `a .. b` where no number is written.
const GAP: u32 = 3;

/// Words between two parts of `a & b` where no number is written.
const NEAR: u32 = 8;

/// The widest window that may be written.
const WIDEST: u32 = 40;

/// How deep brackets may stand in each other.
const DEEPEST: usize = 24;

/// A pattern, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    /// A word in the form in which texts are looked up.
    Word(String),
    /// Every word with this beginning.
    Prefix(String),
    /// A word, also with one slip.
    Slip(String),
    /// A number.
    Number(Number),
    /// A list by name.
    Concept {
        /// Its name.
        name: String,
        /// Where it stands in the pattern, for the error when there is no such list.
        position: usize,
    },
    /// One after the other.
    Sequence(Vec<Step>),
    /// Any of these.
    Any(Vec<Pattern>),
    /// Both, in either order.
    Near {
        /// The one.
        one: Box<Pattern>,
        /// The other.
        other: Box<Pattern>,
        /// Words between, at most.
        within: u32,
    },
}

/// A part of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// Words between it and what stands before, at most.
    pub(super) gap: u32,
    /// What it is.
    pub(super) pattern: Pattern,
    /// Whether it may be missing.
    pub(super) optional: bool,
}

/// A number with its limits, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// Of what.
    pub(super) quantity: Quantity,
    /// At least.
    pub(super) least: f64,
    /// At most.
    pub(super) most: f64,
}

/// What a number measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Quantity {
    /// No unit, or a unit of time or count.
    Bare,
    /// Degrees Celsius.
    Temperature,
    /// Milligrams of glucose per decilitre.
    Glucose,
    /// mmHg; the limits are the upper value's, this is the lower value's least.
    Pressure {
        /// Lower (diastolic) value, at least.
        diastolic: f64,
    },
}

/// Milligrams per decilitre in a millimole of glucose per litre.
pub(super) const MG_PER_DL: f64 = 18.016;

/// Why a pattern cannot be read, and where: characters from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {position}")]
pub struct PatternProblem {
    /// Characters before the place.
    pub position: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing is asked for.
    #[error("nothing to match: write a word")]
    Empty,
    /// A bracket without its other half.
    #[error("`{0}` is missing")]
    Missing(char),
    /// A character that has no meaning there.
    #[error("`{0}` does not belong here")]
    Unexpected(char),
    /// No list has this name.
    #[error("no list is called `{0}`")]
    NoSuchConcept(String),
    /// The list leads back to itself.
    #[error("the list `{0}` contains itself")]
    Circular(String),
    /// Not a number as the grammar has them.
    #[error("`<{0}>` is no number with limits, such as `<104..110>`, `<40.. C>` or `<180/120..>`")]
    Number(String),
    /// A window that is too wide.
    #[error("at most {WIDEST} words may stand between")]
    TooWide,
    /// Brackets in brackets in brackets.
    #[error("brackets stand too deep in each other")]
    TooDeep,
    /// Two rules of one name cannot be told apart on a row.
    #[error("another rule has this id")]
    SecondRule,
    /// A beginning of one letter would be nearly every word.
    #[error("`*` needs at least two letters before it")]
    TooShort,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Pattern, PatternProblem> {
    let mut parser = Parser { characters: pattern.chars().collect(), at: 0, depth: 0 };
    let read = parser.any()?;
    match parser.peek() {
        None => Ok(read),
        Some(character) => Err(parser.problem(Problem::Unexpected(character))),
    }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn problem(&self, problem: Problem) -> PatternProblem {
        PatternProblem { position: self.at, problem }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn take(&mut self, character: char) -> bool {
        self.skip_spaces();
        let there = self.peek() == Some(character);
        self.at += usize::from(there);
        there
    }

    /// A written number of words, or the usual one.
    fn window(&mut self, usual: u32) -> Result<u32, PatternProblem> {
        let start = self.at;
        while self.peek().is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
        }
        if start == self.at {
            return Ok(usual);
        }
        let written: String = self.characters[start..self.at].iter().collect();
        match written.parse() {
            Ok(words) if words <= WIDEST => Ok(words),
            _ => Err(PatternProblem { position: start, problem: Problem::TooWide }),
        }
    }

    fn any(&mut self) -> Result<Pattern, PatternProblem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.problem(Problem::TooDeep));
        }
        let first = self.near()?;
        let mut alternatives = vec![first];
        while self.take('|') {
            alternatives.push(self.near()?);
        }
        self.depth -= 1;
        Ok(one_or(alternatives, Pattern::Any))
    }

    fn near(&mut self) -> Result<Pattern, PatternProblem> {
        let mut all = self.sequence()?;
        while self.take('&') {
            let within = self.window(NEAR)?;
            all = Pattern::Near { one: Box::new(all), other: Box::new(self.sequence()?), within };
        }
        Ok(all)
    }

    fn sequence(&mut self) -> Result<Pattern, PatternProblem> {
        let mut steps: Vec<Step> = Vec::new();
        let mut gap = 0;
        loop {
            self.skip_spaces();
            match self.peek() {
                None | Some('|' | '&' | ')' | ']') => break,
                Some('.') => {
                    if self.characters.get(self.at + 1) != Some(&'.') || steps.is_empty() {
                        return Err(self.problem(Problem::Unexpected('.')));
                    }
                    self.at += 2;
                    gap = self.window(GAP)?;
                    continue;
                }
                Some('[') => {
                    self.at += 1;
                    let pattern = self.any()?;
                    if !self.take(']') {
                        return Err(self.problem(Problem::Missing(']')));
                    }
                    steps.push(Step { gap, pattern, optional: true });
                }
                Some(character) => {
                    let pattern = self.item(character)?;
                    steps.push(Step { gap, pattern, optional: false });
                }
            }
            gap = 0;
        }
        if steps.iter().all(|step| step.optional) {
            return Err(self.problem(Problem::Empty));
        }
        if let [Step { optional: false, .. }] = steps.as_slice() {
            return steps.pop().map(|step| step.pattern).ok_or_else(|| self.problem(Problem::Empty));
        }
        Ok(Pattern::Sequence(steps))
    }

    fn item(&mut self, first: char) -> Result<Pattern, PatternProblem> {
        match first {
            '(' => {
                self.at += 1;
                let pattern = self.any()?;
                if self.take(')') { Ok(pattern) } else { Err(self.problem(Problem::Missing(')'))) }
            }
            '@' => {
                let position = self.at;
                self.at += 1;
                let name = self.run(|character| character.is_alphanumeric() || character == '-');
                if name.is_empty() {
                    return Err(self.problem(Problem::Empty));
                }
                Ok(Pattern::Concept { name, position })
            }
            '<' => self.number(),
            '~' => {
                self.at += 1;
                self.word(|form| Ok(Pattern::Slip(form)))
            }
            '>' | '*' => Err(self.problem(Problem::Unexpected(first))),
            _ => self.word(|form| Ok(Pattern::Word(form))),
        }
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
        self.characters[start..self.at].iter().collect()
    }

    /// A written word, which may be several ("x-ray", "j'ai") and then may also be written as one.
    fn word(&mut self, last: impl Fn(String) -> Result<Pattern, PatternProblem>) -> Result<Pattern, PatternProblem> {
        let start = self.at;
        let written = self.run(|character| !character.is_whitespace() && !"()|[]&@~*<>.".contains(character));
        let beginning = self.peek() == Some('*');
        let forms = text::words_of(&written);
        let Some((end, before)) = forms.split_last() else {
            return Err(PatternProblem { position: start, problem: Problem::Empty });
        };
        let finish = |form: String| {
            if !beginning {
                last(form)
            } else if form.chars().count() < 2 {
                Err(PatternProblem { position: start, problem: Problem::TooShort })
            } else {
                Ok(Pattern::Prefix(form))
            }
        };
        self.at += usize::from(beginning);
        if before.is_empty() {
            return finish(end.clone());
        }
        let mut steps: Vec<Step> = before.iter().cloned().map(Pattern::Word).map(next).collect();
        steps.push(next(finish(end.clone())?));
        Ok(Pattern::Any(vec![Pattern::Sequence(steps), finish(forms.concat())?]))
    }

    fn number(&mut self) -> Result<Pattern, PatternProblem> {
        let position = self.at;
        self.at += 1;
        let written = self.run(|character| character != '>');
        if !self.take('>') {
            return Err(self.problem(Problem::Missing('>')));
        }
        let number = read_number(&written).ok_or(PatternProblem { position, problem: Problem::Number(written) })?;
        Ok(Pattern::Number(number))
    }
}

fn next(pattern: Pattern) -> Step {
    Step { gap: 0, pattern, optional: false }
}

fn one_or(mut patterns: Vec<Pattern>, many: impl Fn(Vec<Pattern>) -> Pattern) -> Pattern {
    match (patterns.pop(), patterns.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            patterns.push(last);
            many(patterns)
        }
        (None, _) => many(patterns),
    }
}

fn read_number(written: &str) -> Option<Number> {
    let (limits, unit) = match written.trim().split_once(' ') {
        Some((limits, unit)) => (limits, unit.trim().to_lowercase()),
        None => (written.trim(), String::new()),
    };
    if let Some((systolic, diastolic)) = limits.split_once('/') {
        let (diastolic, "") = diastolic.split_once("..")? else { return None };
        let (least, diastolic) = (systolic.parse().ok()?, diastolic.parse().ok()?);
        return Some(Number { quantity: Quantity::Pressure { diastolic }, least, most: f64::INFINITY });
    }
    let (least, most) = match limits.split_once("..") {
        Some((least, most)) => (least, most),
        None => (limits, limits),
    };
    let least: f64 = if least.is_empty() { f64::NEG_INFINITY } else { least.parse().ok()? };
    let most: f64 = if most.is_empty() { f64::INFINITY } else { most.parse().ok()? };
    let (quantity, canonical): (_, fn(f64) -> f64) = match unit.as_str() {
        "" => (Quantity::Bare, |value| value),
        "c" => (Quantity::Temperature, |value| value),
        "f" => (Quantity::Temperature, celsius),
        "mg/dl" => (Quantity::Glucose, |value| value),
        "mmol/l" => (Quantity::Glucose, |value| value * MG_PER_DL),
        _ => return None,
    };
    (least <= most).then(|| Number { quantity, least: canonical(least), most: canonical(most) })
}

/// Degrees Celsius of degrees Fahrenheit.
pub(super) fn celsius(fahrenheit: f64) -> f64 {
    (fahrenheit - 32.0) / 1.8
}
