//! Text to measure with: nobody's, but shaped like somebody's.
//!
//! How fast text is indexed and searched depends on how often words repeat. The commonest words here are those of
//! the sample practice's own messages, in the order of their frequency there; behind them comes a long tail of
//! words that are only made of syllables. A word is drawn by Zipf's law, so that few are everywhere and many are
//! rare, as in any language. Everything follows from a seed.

use std::collections::HashMap;

use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};
use serde_json::Value;

use crate::Failure;

/// What patients write at the sample practice.
const SAMPLES: [&str; 2] =
    [include_str!("../../../assets/sample/messages.en.json"), include_str!("../../../assets/sample/messages.fr.json")];

/// Different words in all: what a practice's mailbox of some years holds.
const WORDS: usize = 30_000;

/// Zipf's law with Mandelbrot's offset: the commonest words are less far apart than 1/rank.
const OFFSET: f64 = 2.7;

const SYLLABLES: [&str; 24] = [
    "ba", "ce", "dor", "fi", "gal", "hu", "ken", "lo", "mar", "ni", "pol", "qua", "ri", "sem", "ta", "ul", "ven", "wo",
    "xi", "yor", "zan", "bri", "cla", "ste",
];

/// Words with how often each is used.
pub(crate) struct Vocabulary {
    words: Vec<String>,
    /// Sum of the weights up to each word.
    up_to: Vec<f64>,
}

impl Vocabulary {
    /// All words, by frequency.
    ///
    /// # Errors
    /// When the sample messages are none.
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut words = of_samples()?;
        let mut seen: std::collections::HashSet<String> = words.iter().cloned().collect();
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        while words.len() < WORDS {
            let length = chance.random_range(2..5);
            let word: String = (0..length).map(|_| SYLLABLES[chance.random_range(0..SYLLABLES.len())]).collect();
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
        let mut sum = 0.0;
        let mut up_to = Vec::with_capacity(words.len());
        let mut rank = OFFSET;
        for _ in &words {
            rank += 1.0;
            sum += 1.0 / rank;
            up_to.push(sum);
        }
        Ok(Self { words, up_to })
    }

    /// A word, the common ones more often.
    pub(crate) fn draw(&self, chance: &mut ChaCha8Rng) -> &str {
        let whole = self.up_to.last().copied().unwrap_or(1.0);
        let place = chance.random_range(0.0..whole);
        let rank = self.up_to.partition_point(|sum| *sum <= place);
        self.words.get(rank).map_or("", String::as_str)
    }

    /// `length` words as sentences.
    pub(crate) fn text(&self, length: usize, chance: &mut ChaCha8Rng) -> String {
        let mut text = String::with_capacity(length * 7);
        let mut begins = true;
        for place in 0..length {
            let word = self.draw(chance);
            if begins {
                let mut letters = word.chars();
                text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                text.push_str(letters.as_str());
            } else {
                text.push_str(word);
            }
            begins = place + 1 == length || chance.random_bool(0.1);
            text.push_str(if begins { ". " } else { " " });
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// Two hundred things that a person types: words over the whole range of frequency, beginnings of two to four
    /// letters, and a word with the beginning of a common one behind it.
    pub(crate) fn queries(&self) -> Vec<String> {
        let mut chance = ChaCha8Rng::seed_from_u64(2);
        let last = self.words.len() - 1;
        let mut queries = Vec::with_capacity(200);
        for place in 0..200_u32 {
            // Each word of the range as likely as its logarithm: the first ten as often as the last ten thousand.
            let rank = |chance: &mut ChaCha8Rng| {
                let power: f64 = chance.random_range(0.0..4.4);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank, cut on purpose")]
                let rank = 10_f64.powf(power) as usize;
                rank.min(last)
            };
            let word = &self.words[rank(&mut chance)];
            let letters = chance.random_range(2..5);
            let beginning = |word: &str| word.chars().take(letters).collect::<String>();
            queries.push(match place % 5 {
                0..=2 => word.clone(),
                3 => beginning(word),
                _ => format!("{word} {}", beginning(&self.words[chance.random_range(0..100)])),
            });
        }
        queries
    }
}

/// The words of the sample messages, the commonest first.
fn of_samples() -> Result<Vec<String>, Failure> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for sample in SAMPLES {
        let messages: Vec<Value> = serde_json::from_str(sample)?;
        for text in messages.iter().filter_map(|message| message["text"].as_str()) {
            for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    let mut words: Vec<(String, usize)> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(words.into_iter().map(|(word, _)| word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_says_the_same_and_few_words_are_common() {
        let words = Vocabulary::new().unwrap();
        let text = |seed| words.text(2_000, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
        let mut counts: HashMap<String, usize> = HashMap::new();
        for word in text(7).split(' ') {
            *counts.entry(word.trim_end_matches('.').to_lowercase()).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        assert!(most > 20 && counts.values().filter(|count| **count == 1).count() > 300, "{most}");
    }

    #[test]
    fn two_hundred_queries_with_real_words_among_them() {
        let words = Vocabulary::new().unwrap();
        let queries = words.queries();
        assert_eq!(queries.len(), 200);
        let real = of_samples().unwrap();
        assert!(queries.iter().filter(|query| real.contains(query)).count() > 50);
    }
}
