//! Whether a text is in a language that rules are written in.
//!
//! Every rule is run on every text; this only marks a text as *not scanned* when no rule could have known its words.
//! So the test is light: how many of the words are among the commonest of English or French. A short text says too
//! little, there the language that the patient states decides.

use super::finding::Scan;
use super::text::Prepared;

/// Words from which a text speaks for itself.
const ENOUGH: usize = 8;

/// One common word in so many, at least: prose has one in two or three.
const ONE_IN: usize = 8;

/// Letters of another script, one in so many of the words, and no rule could know them.
const FOREIGN_ONE_IN: usize = 2;

const ENGLISH: &[&str] = &[
    "the", "i", "my", "is", "and", "to", "a", "of", "it", "in", "for", "have", "has", "had", "was", "with", "that",
    "this", "you", "me", "she", "he", "her", "his", "not", "but", "been", "be", "so", "on", "at", "from", "im", "ive",
    "its", "are", "do", "can", "cant", "dont", "what", "if", "or", "just", "am", "we", "they", "since", "when", "need",
    "get", "your",
];
const FRENCH: &[&str] = &[
    "le", "la", "les", "de", "du", "des", "un", "une", "et", "je", "j", "ai", "mon", "ma", "mes", "est", "il", "elle",
    "pas", "que", "qui", "ne", "n", "d", "l", "a", "en", "au", "aux", "pour", "avec", "dans", "depuis", "sur", "ce",
    "c", "me", "m", "son", "sa", "ses", "vous", "suis", "ca", "plus", "mais", "ou", "se", "s", "si", "par", "fait",
    "tres", "bonjour",
];

/// Words in which English and French share a common word with their neighbours, and which then say nothing.
const SHARED: &[&str] =
    &["a", "me", "de", "la", "en", "un", "una", "no", "se", "es", "que", "il", "si", "ma", "su", "mi"];

/// Whether the rules know the language.
pub(super) fn known(prepared: &Prepared, stated: Option<&str>) -> Scan {
    let forms = || prepared.tokens.iter().filter_map(|token| prepared.vocabulary.get(token.word as usize));
    let words = forms().filter(|word| word.form.starts_with(char::is_alphabetic)).count();
    let foreign =
        forms().filter(|word| word.form.starts_with(|first: char| first.is_alphabetic() && !first.is_ascii())).count();
    let is_known = if words > 0 && foreign * FOREIGN_ONE_IN >= words {
        false
    } else if words >= ENOUGH {
        let of = |common: &[&str]| {
            forms().filter(|word| common.contains(&word.form.as_str()) && !SHARED.contains(&word.form.as_str())).count()
        };
        of(ENGLISH).max(of(FRENCH)) * ONE_IN >= words
    } else {
        stated.is_none_or(|stated| {
            let primary = stated.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
            primary.is_empty() || primary == "en" || primary == "fr"
        })
    };
    if is_known { Scan::Scanned } else { Scan::NotScanned }
}
