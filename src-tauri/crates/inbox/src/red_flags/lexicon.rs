//! The words that patterns ask for, looked up once for every different word of a text.

use std::collections::{BTreeSet, HashMap};

use super::text::Word;

/// Words shorter than this are taken as written: one slip would make another word of them.
const SHORTEST_WITH_SLIP: usize = 5;

/// Number of a word, a beginning or a word with slips that some pattern asks for.
pub(super) type Atom = u32;

#[derive(Clone, Debug, Default)]
pub(super) struct Lexicon {
    words: HashMap<String, Atom>,
    beginnings: HashMap<String, Atom>,
    lengths: BTreeSet<usize>,
    slips: HashMap<String, Atom>,
    /// Each word with slips, also without each one of its letters.
    shortened: HashMap<String, Vec<String>>,
    atoms: Atom,
}

impl Lexicon {
    pub(super) fn word(&mut self, form: &str) -> Atom {
        number(&mut self.words, &mut self.atoms, form)
    }

    pub(super) fn beginning(&mut self, form: &str) -> Atom {
        self.lengths.insert(form.len());
        number(&mut self.beginnings, &mut self.atoms, form)
    }

    pub(super) fn slip(&mut self, form: &str) -> Atom {
        if form.chars().count() < SHORTEST_WITH_SLIP {
            return self.word(form);
        }
        if !self.slips.contains_key(form) {
            for shorter in shortened(form).chain([form.to_owned()]) {
                self.shortened.entry(shorter).or_default().push(form.to_owned());
            }
        }
        number(&mut self.slips, &mut self.atoms, form)
    }

    /// What a word of a text is.
    pub(super) fn atoms_of(&self, word: &Word) -> BTreeSet<Atom> {
        let mut found = BTreeSet::new();
        for form in [Some(&word.form), word.unstretched.as_ref()].into_iter().flatten() {
            self.add(form, &mut found);
        }
        found
    }

    fn add(&self, form: &str, found: &mut BTreeSet<Atom>) {
        let known = self.words.get(form);
        found.extend(known);
        for length in self.lengths.iter().take_while(|length| **length <= form.len()) {
            found.extend(form.get(..*length).and_then(|beginning| self.beginnings.get(beginning)));
        }
        if let Some(atom) = self.slips.get(form) {
            found.insert(*atom);
        } else if known.is_none() && (SHORTEST_WITH_SLIP - 1..=24).contains(&form.chars().count()) {
            for shorter in shortened(form).chain([form.to_owned()]) {
                for meant in self.shortened.get(&shorter).into_iter().flatten() {
                    if one_slip(form, meant) {
                        found.extend(self.slips.get(meant));
                    }
                }
            }
        }
    }
}

fn number(map: &mut HashMap<String, Atom>, atoms: &mut Atom, form: &str) -> Atom {
    if let Some(atom) = map.get(form) {
        return *atom;
    }
    let atom = *atoms;
    *atoms += 1;
    map.insert(form.to_owned(), atom);
    atom
}

/// The word without each one of its letters.
fn shortened(form: &str) -> impl Iterator<Item = String> {
    form.char_indices().map(|(at, letter)| [&form[..at], &form[at + letter.len_utf8()..]].concat())
}

/// Whether one letter too many, missing or wrong, or two exchanged, make the one of the other. The first letter holds:
/// it is the one that people get right, and "bleeding" is not "pleading".
fn one_slip(written: &str, meant: &str) -> bool {
    let (written, meant): (Vec<char>, Vec<char>) = (written.chars().collect(), meant.chars().collect());
    if written.first() != meant.first() {
        return false;
    }
    let same = written.iter().zip(&meant).take_while(|(one, other)| one == other).count();
    let (one, other) = (&written[same..], &meant[same..]);
    match (one, other) {
        ([], [] | [_]) | ([_], []) => true,
        ([a, b, one @ ..], [c, d, other @ ..]) if a == d && b == c && one == other => true,
        ([_, one @ ..], [_, other @ ..]) if one == other => true,
        ([_, one @ ..], other) if one == other => true,
        (one, [_, other @ ..]) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_and_no_more() {
        for written in ["seizure", "seizur", "seizzure", "siezure", "seisure", "seizures"] {
            assert!(one_slip(written, "seizure"), "{written}");
        }
        for written in ["seizeur", "size", "leisure", "ceizure", "seis"] {
            assert!(!one_slip(written, "seizure"), "{written}");
        }
    }

    #[test]
    fn a_word_that_is_known_is_no_slip_of_another() {
        let mut lexicon = Lexicon::default();
        let (breast, breath) = (lexicon.word("breast"), lexicon.slip("breath"));
        let of = |form: &str| lexicon.atoms_of(&Word { form: form.to_owned(), unstretched: None });
        assert_eq!(of("breast"), BTreeSet::from([breast]));
        assert_eq!(of("braeth"), BTreeSet::from([breath]));
        assert_eq!(of("breath"), BTreeSet::from([breath]));
    }
}
