//! From text as received to words that can be compared.
//!
//! Tags go, entities are decoded, compatibility forms are decomposed (NFKC's equivalence) and marks dropped, case is
//! folded, letters written three times or more are written twice, and apostrophes vanish inside English words
//! ("can't" and "cant" are one) and divide French ones ("j'ai" is two). Each word keeps its bytes in the original.
//!
//! **Distance** is counted in words that say something: fillers ("really", "the") add nothing, the end of a line adds
//! one, the end of a sentence four. So what stands in two sentences is far apart, and still in reach of a wide window.

use std::collections::{HashMap, HashSet};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::finding::{Part, Scanned};
use super::markup::{self, Markup};

/// What the end of a sentence adds to a distance.
const SENTENCE: u32 = 4;

/// A word longer than this, in bytes, is nobody's: it is kept as a token and matches nothing.
const LONGEST_WORD: usize = 64;

/// Before an apostrophe: the French words that lose their vowel there.
const ELIDED: &[&str] =
    &["l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quelqu", "presqu"];

/// One word of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Which word of the vocabulary.
    pub(super) word: u32,
    /// In which part.
    pub(super) part: Part,
    /// First byte in the original.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
    /// Words that say something, up to its beginning: the distance between two words is this of the later, less
    /// [`Token::after`] of the earlier.
    pub(super) before: u32,
    /// The same, up to its end.
    pub(super) after: u32,
    /// Number of its sentence.
    pub(super) sentence: u32,
    /// Whether a slash stands between it and the word before: `185/120`.
    pub(super) after_slash: bool,
}

/// A form that occurs in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it is looked up.
    pub(super) form: String,
    /// With stretched letters written once: "helllp" is "hellp" and "help".
    pub(super) unstretched: Option<String>,
}

/// A text, word by word.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// In the order of the text: subject, body, titles.
    pub(super) tokens: Vec<Token>,
    /// The different words.
    pub(super) vocabulary: Vec<Word>,
}

/// Prepares everything that is scanned of a message.
pub(super) fn prepare(scanned: &Scanned<'_>, fillers: &HashSet<String>) -> Prepared {
    let mut reader = Reader::new(fillers);
    reader.read(Part::Subject, scanned.subject);
    reader.read(Part::Body, scanned.body);
    for (index, title) in scanned.attachment_titles.iter().enumerate() {
        reader.read(Part::Attachment(index), title);
    }
    reader.prepared
}

/// The words of a pattern, by the same rules as those of a text.
pub(crate) fn words_of(pattern: &str) -> Vec<String> {
    let none = HashSet::new();
    let mut reader = Reader::new(&none);
    reader.read(Part::Body, pattern);
    let Prepared { tokens, vocabulary } = reader.prepared;
    tokens.iter().filter_map(|token| vocabulary.get(token.word as usize)).map(|word| word.form.clone()).collect()
}

/// The number that a word is, if it is one: `104`, `38.5`, and the small ones that people spell out.
pub(super) fn number(form: &str) -> Option<f64> {
    if form.starts_with(|first: char| first.is_ascii_digit()) {
        return form.parse().ok();
    }
    let spelt: &[&[&str]] = &[
        &["zero"],
        &["one", "un", "une"],
        &["two", "deux"],
        &["three", "trois"],
        &["four", "quatre"],
        &["five", "cinq"],
        &["six"],
        &["seven", "sept"],
        &["eight", "huit"],
        &["nine", "neuf"],
        &["ten", "dix"],
        &["eleven", "onze"],
        &["twelve", "douze"],
    ];
    spelt.iter().zip(0_u32..).find(|(names, _)| names.contains(&form)).map(|(_, value)| f64::from(value))
}

/// Between two words.
#[derive(Clone, Copy, Debug, Default)]
struct Between {
    dots: u32,
    lines: u32,
    ends: bool,
    slash: bool,
}

impl Between {
    fn ends_sentence(self) -> bool {
        self.ends || self.dots == 1 || self.lines > 1
    }
}

struct Reader<'f> {
    prepared: Prepared,
    known: HashMap<String, u32>,
    filler: Vec<bool>,
    fillers: &'f HashSet<String>,
    part: Part,
    word: String,
    start: usize,
    end: usize,
    /// A character after which a word may go on.
    pending: Option<char>,
    between: Between,
    position: u32,
    sentence: u32,
}

impl<'f> Reader<'f> {
    fn new(fillers: &'f HashSet<String>) -> Self {
        Self {
            prepared: Prepared::default(),
            known: HashMap::new(),
            filler: Vec::new(),
            fillers,
            part: Part::Subject,
            word: String::new(),
            start: 0,
            end: 0,
            pending: None,
            between: Between::default(),
            position: 0,
            sentence: 0,
        }
    }

    fn read(&mut self, part: Part, text: &str) {
        self.part = part;
        self.between = Between { ends: true, ..Between::default() };
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let end = at + character.len_utf8();
            match character {
                '<' => match markup::tag(&text[at..]) {
                    Markup::Inline(bytes) => {
                        at += bytes;
                        continue;
                    }
                    Markup::Block(bytes) => {
                        self.finish();
                        self.between.ends = true;
                        at += bytes;
                        continue;
                    }
                    Markup::Text => self.character(character, at, end),
                },
                '&' => {
                    if let Some((bytes, decoded)) = markup::entity(&text[at..]) {
                        for character in decoded.chars() {
                            self.character(character, at, at + bytes);
                        }
                        at += bytes;
                        continue;
                    }
                    self.character(character, at, end);
                }
                _ => self.character(character, at, end),
            }
            at = end;
        }
        self.finish();
    }

    /// One character of the text, which came from these bytes.
    fn character(&mut self, character: char, start: usize, end: usize) {
        match character {
            'a'..='z' | '0'..='9' => self.letter(character, start, end),
            'A'..='Z' => self.letter(character.to_ascii_lowercase(), start, end),
            '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '\u{00b4}' | '`' | '\u{2032}' => self.joint('\''),
            // Ordinal sign and ring above, written for the degree sign; soft hyphen and what has no width.
            '\u{00ba}' | '\u{02da}' => self.divide(' '),
            '\u{00ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => {}
            '\u{0153}' | '\u{0152}' => self.letters("oe", start, end),
            '\u{00e6}' | '\u{00c6}' => self.letters("ae", start, end),
            _ if character.is_ascii() => self.divide(character),
            _ => {
                for character in std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)) {
                    for character in character.to_lowercase() {
                        if character.is_alphanumeric() {
                            self.letter(character, start, end);
                        } else {
                            self.divide(character);
                        }
                    }
                }
            }
        }
    }

    fn letters(&mut self, letters: &str, start: usize, end: usize) {
        for letter in letters.chars() {
            self.letter(letter, start, end);
        }
    }

    fn letter(&mut self, letter: char, start: usize, end: usize) {
        let number = self.word.ends_with(|last: char| last.is_ascii_digit())
            && self.word.starts_with(|first: char| first.is_ascii_digit());
        match self.pending.take() {
            Some('.' | ',') if number && letter.is_ascii_digit() => self.word.push('.'),
            Some('\'') if ELIDED.contains(&self.word.as_str()) => self.finish(),
            Some('\'') | None => {}
            Some(other) => {
                self.finish();
                self.note(other);
            }
        }
        // "104f", "2am", "3yo": a number and its unit.
        if number && !self.word.is_empty() && !letter.is_ascii_digit() {
            self.finish();
        }
        if self.word.is_empty() {
            self.start = start;
        }
        self.end = end;
        if self.word.len() < LONGEST_WORD {
            self.word.push(letter);
        }
    }

    /// A character across which a word may go on.
    fn joint(&mut self, joint: char) {
        if self.word.is_empty() || self.pending.is_some() {
            self.divide(joint);
        } else {
            self.pending = Some(joint);
        }
    }

    /// A character between words.
    fn divide(&mut self, character: char) {
        if matches!(character, '.' | ',')
            && self.word.ends_with(|last: char| last.is_ascii_digit())
            && self.pending.is_none()
        {
            self.pending = Some(character);
            return;
        }
        self.finish();
        if matches!(character, '%' | '$' | '\u{20ac}' | '\u{a3}') {
            self.start = self.end;
            self.word.push(character);
            self.finish();
        }
        self.note(character);
    }

    fn note(&mut self, character: char) {
        match character {
            '.' => self.between.dots += 1,
            '\n' | '\u{2028}' | '\u{2029}' => self.between.lines += 1,
            '!' | '?' | ';' => self.between.ends = true,
            '/' => self.between.slash = true,
            _ => {}
        }
    }

    /// The word ends here.
    fn finish(&mut self) {
        let pending = self.pending.take();
        if !self.word.is_empty() {
            let word = self.enter();
            let between = std::mem::take(&mut self.between);
            if between.ends_sentence() {
                self.sentence += 1;
                self.position += SENTENCE;
            } else if between.lines > 0 || between.dots > 1 {
                self.position += 1;
            }
            let before = self.position;
            if !self.filler.get(word as usize).copied().unwrap_or_default() {
                self.position += 1;
            }
            self.prepared.tokens.push(Token {
                word,
                part: self.part,
                start: self.start,
                end: self.end,
                before,
                after: self.position,
                sentence: self.sentence,
                after_slash: between.slash,
            });
            self.word.clear();
        }
        if let Some(pending) = pending {
            self.note(pending);
        }
    }

    /// The number of the word in the vocabulary.
    fn enter(&mut self) -> u32 {
        if let Some(word) = self.known.get(&self.word) {
            return *word;
        }
        let numeric = self.word.starts_with(|first: char| first.is_ascii_digit());
        let (form, unstretched) = if numeric { (self.word.clone(), None) } else { unstretch(&self.word) };
        let filler = self.fillers.contains(&form)
            || unstretched.as_ref().is_some_and(|unstretched| self.fillers.contains(unstretched));
        let word = u32::try_from(self.prepared.vocabulary.len()).unwrap_or(u32::MAX);
        self.prepared.vocabulary.push(Word { form, unstretched });
        self.filler.push(filler);
        self.known.insert(self.word.clone(), word);
        word
    }
}

/// Letters written three times or more, written twice; and once, where there were any.
fn unstretch(word: &str) -> (String, Option<String>) {
    let (mut twice, mut once, mut stretched) = (String::new(), String::new(), false);
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut run = 1;
        while letters.next_if_eq(&letter).is_some() {
            run += 1;
        }
        stretched |= run > 2;
        twice.extend(std::iter::repeat_n(letter, run.min(2)));
        once.extend(std::iter::repeat_n(letter, if run > 2 { 1 } else { run }));
    }
    (twice, stretched.then_some(once))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_markup_make_no_difference() {
        for text in [
            "I can't breathe",
            "i CANT  breathe",
            "I can\u{2019}t <b>brea</b>the",
            "I can&#39;t breathe",
            "I cant breathe\u{200b}",
        ] {
            assert_eq!(words_of(text), ["i", "cant", "breathe"], "{text}");
        }
        assert_eq!(
            words_of("J\u{2019}ai de la fi\u{e8}vre, 38,5\u{b0}C"),
            ["j", "ai", "de", "la", "fievre", "38.5", "c"]
        );
        assert_eq!(words_of("104.2F. 185/120, x-ray"), ["104.2", "f", "185", "120", "x", "ray"]);
        assert_eq!(words_of("c\u{153}ur \u{fb01}vre"), ["coeur", "fivre"]);
        assert_eq!(words_of("helllllp soooon"), ["hellp", "soon"]);
    }

    #[test]
    fn a_word_keeps_its_bytes() {
        let body = "\u{e9}t\u{e9} <b>can&#39;t</b> now";
        let prepared = prepare(&Scanned { body, ..Scanned::default() }, &HashSet::new());
        let words: Vec<&str> = prepared.tokens.iter().map(|token| &body[token.start..token.end]).collect();
        assert_eq!(words, ["\u{e9}t\u{e9}", "can&#39;t", "now"]);
    }

    #[test]
    fn the_end_of_a_sentence_is_far_away_and_a_filler_is_nowhere() {
        let fillers = HashSet::from(["really".to_owned()]);
        let prepared = prepare(&Scanned { body: "it hurts. really bad... no\nyes", ..Scanned::default() }, &fillers);
        let between: Vec<u32> = prepared.tokens.windows(2).map(|pair| pair[1].before - pair[0].after).collect();
        assert_eq!(between, [0, 4, 0, 1, 1]);
        let (it, bad) = (&prepared.tokens[0], &prepared.tokens[3]);
        assert_eq!(bad.before - it.after, 5, "the sentence's end and \"hurts\"");
    }
}
