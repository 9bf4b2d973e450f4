//! Whether a text is in a language that rules are written in.
//!
//! Every rule is run on every text; this only marks a text as *not scanned* when no rule could have known its words.
//! So the test is light: a text of some length in which next to no word is among the commonest of English or French is
//! in neither. Words that other languages share ("la", "no", "in", "so") say nothing and are in no list. A short text
//! says too little; there the language that the patient states decides.

use super::finding::Scan;
use super::text::{Prepared, Word};

/// Words from which a text speaks for itself.
const ENOUGH: usize = 8;

/// One common word in so many, at least: prose has one in three, a hurried note one in six.
const ONE_IN: usize = 10;

/// Words of another script, one in so many, and no rule could know them.
const FOREIGN_ONE_IN: usize = 2;

const ENGLISH: &[&str] = &[
    "the", "i", "my", "is", "and", "to", "of", "it", "for", "have", "has", "had", "with", "that", "this", "you", "she",
    "her", "his", "not", "but", "been", "from", "im", "ive", "its", "are", "can", "cant", "dont", "what", "if", "just",
    "we", "they", "since", "when", "need", "get", "got", "your", "he", "him", "hes", "shes", "still", "down", "up",
    "out", "now", "today", "after", "will", "would", "could", "should", "did", "does", "by", "about", "there", "them",
    "feel", "feeling", "went", "wont", "doesnt", "didnt", "isnt", "pain", "please", "pls", "thanks", "help", "hello",
    "again", "week", "weeks", "days", "day", "morning", "night", "last", "too", "like", "who", "how", "any", "back",
    "off", "over", "more", "some", "then", "which", "were", "because", "took", "take", "old", "blood", "going", "gone",
    "keeps", "hurts", "month", "months", "year", "years",
];
const FRENCH: &[&str] = &[
    "et", "je", "j", "ai", "jai", "mon", "mes", "est", "elle", "pas", "qui", "d", "au", "aux", "pour", "avec", "dans",
    "depuis", "sur", "ce", "c", "sa", "ses", "vous", "suis", "ca", "plus", "mais", "ou", "par", "fait", "tres",
    "bonjour", "aussi", "bien", "faire", "peut", "peux", "avoir", "sont", "etait", "ete", "cette", "ces", "nous",
    "notre", "votre", "leur", "comme", "tout", "tous", "rien", "encore", "matin", "soir", "hier", "jours", "heures",
    "svp", "merci", "docteur", "ans", "pu", "pis", "chu", "chez", "sans", "apres", "avant", "quand", "donc", "meme",
    "prendre", "puis", "dois", "douleur", "fievre", "semaines", "semaine", "tantot", "jambe", "bebe", "fille", "fils",
    "mari", "mere", "pere", "une", "du", "l", "n", "qu",
];

/// Whether the rules know the language.
pub(super) fn known(prepared: &Prepared, stated: Option<&str>) -> Scan {
    let kinds: Vec<Kind> = prepared.vocabulary.iter().map(kind).collect();
    let count = |wanted: &[Kind]| {
        let of = |token: &&super::text::Token| kinds.get(token.word as usize).is_some_and(|kind| wanted.contains(kind));
        prepared.tokens.iter().filter(of).count()
    };
    let foreign = count(&[Kind::Foreign]);
    let words = foreign + count(&[Kind::English, Kind::French, Kind::Other]);
    let is_known = if words > 0 && foreign * FOREIGN_ONE_IN >= words {
        false
    } else if words >= ENOUGH {
        count(&[Kind::English, Kind::French]) * ONE_IN >= words
    } else {
        stated.is_none_or(|stated| {
            let primary = stated.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
            matches!(primary.as_str(), "" | "en" | "fr")
        })
    };
    if is_known { Scan::Scanned } else { Scan::NotScanned }
}

/// What a word says about the language of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    English,
    French,
    /// Letters of another script.
    Foreign,
    /// Nothing.
    Other,
    /// A number.
    None,
}

fn kind(word: &Word) -> Kind {
    let form = word.form.as_str();
    match form.chars().next() {
        Some(first) if !first.is_alphabetic() => Kind::None,
        Some(first) if !first.is_ascii() => Kind::Foreign,
        _ if ENGLISH.contains(&form) => Kind::English,
        _ if FRENCH.contains(&form) => Kind::French,
        _ => Kind::Other,
    }
}
