//! What people write: the sample's own words (`assets/sample`), or a file's.

use crate::{
    Error,
    conversation::subject_line,
    people::{About, Language, Patient},
    vocabulary::category,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::{collections::BTreeMap, io::BufRead, path::Path};

/// A patient's message.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Text {
    /// Code of [`category`].
    pub category: String,
    /// R4 `Task.priority`.
    #[serde(default = "routine")]
    pub priority: String,
    #[serde(default)]
    about: About,
    language: Language,
    /// The subject line; made of the first words where it is empty.
    #[serde(default)]
    pub subject: String,
    /// May name the patient as `{name}`.
    pub text: String,
    /// Whether a photo comes with it.
    #[serde(default)]
    pub photo: bool,
}

fn routine() -> String {
    "routine".to_owned()
}

impl Text {
    /// A message as somebody else put it, in no category in particular.
    pub(crate) fn foreign(subject: &str, text: &str) -> Self {
        Self {
            category: category::QUESTION.to_owned(),
            priority: routine(),
            about: About::Anybody,
            language: Language::En,
            subject: subject.to_owned(),
            text: text.to_owned(),
            photo: false,
        }
    }

    /// The subject line and the text as `patient`'s.
    pub(crate) fn of(&self, patient: &Patient) -> (String, String) {
        let named = |words: &str| words.replace("{name}", &patient.given);
        let text = named(&self.text);
        let subject = match self.subject.trim() {
            "" => subject_line(&text),
            // Somebody's subject can be as long as their message.
            subject => subject_line(&named(subject)),
        };
        (subject, text)
    }
}

#[derive(Debug, Deserialize)]
struct Staff {
    /// By category.
    replies: BTreeMap<String, Vec<String>>,
    /// What the practice writes first.
    openings: Vec<Opening>,
    /// What patients answer to a reply.
    answers: Vec<String>,
    /// What patients add before anybody has answered.
    afterthoughts: Vec<String>,
}

/// A message that the practice begins with.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Opening {
    /// Code of [`category`].
    pub category: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Everything there is to say.
#[derive(Debug)]
pub(crate) struct Words {
    texts: Vec<Text>,
    staff: BTreeMap<&'static str, Staff>,
}

impl Words {
    /// The sample's own words; with a file, the patients' come from there.
    ///
    /// Each line of the file is a JSON object with `text` and, perhaps, `subject`; lines without
    /// text are left out.
    ///
    /// # Errors
    /// When the file cannot be read, a line is no such object, or there is no text at all.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Error> {
        let texts = match file {
            Some(path) => from_file(path)?,
            None => own()?,
        };
        let staff = [
            ("en", include_str!("../../../assets/sample/staff.en.json")),
            ("fr", include_str!("../../../assets/sample/staff.fr.json")),
        ];
        let staff =
            staff.into_iter().map(|(language, json)| Ok((language, parse(json)?))).collect::<Result<_, Error>>()?;
        Ok(Self { texts, staff })
    }

    /// Something for `patient` to write: in their language, about whom it can be.
    pub(crate) fn draw(&self, patient: &Patient, chance: &mut ChaCha8Rng) -> Text {
        let mut drawn = None;
        // A draw that does not fit is drawn again; most fit, so this is quick.
        for _ in 0..200 {
            drawn = self.texts.choose(chance);
            let fits = |text: &&Text| {
                let is_theirs = text.language == patient.language || text.language == Language::En;
                // An English text from a French patient comes now and then, as in life.
                let is_likely = text.language == patient.language || chance.random_bool(0.1);
                patient.can_write(text.about) && is_theirs && is_likely
            };
            if let Some(text) = drawn.filter(fits) {
                return text.clone();
            }
        }
        drawn.cloned().unwrap_or_else(|| Text::foreign("", "Hello"))
    }

    /// A member's reply.
    pub(crate) fn reply(&self, patient: &Patient, category: &str, chance: &mut ChaCha8Rng) -> String {
        let staff = self.staff(patient);
        let of_category = staff.and_then(|staff| staff.replies.get(category));
        let any = staff.and_then(|staff| staff.replies.get(category::OTHER));
        let replies = of_category.or(any);
        replies
            .and_then(|replies| replies.choose(chance))
            .map_or_else(|| "…".to_owned(), |text| text.replace("{name}", &patient.given))
    }

    /// What a patient answers to a reply.
    pub(crate) fn answer(&self, patient: &Patient, chance: &mut ChaCha8Rng) -> String {
        drawn(self.staff(patient).map(|staff| &staff.answers), chance)
    }

    /// What a patient adds before anybody has answered.
    pub(crate) fn afterthought(&self, patient: &Patient, chance: &mut ChaCha8Rng) -> String {
        drawn(self.staff(patient).map(|staff| &staff.afterthoughts), chance)
    }

    /// What the practice writes first.
    pub(crate) fn opening(&self, patient: &Patient, chance: &mut ChaCha8Rng) -> Option<Opening> {
        self.staff(patient)?.openings.choose(chance).cloned()
    }

    fn staff(&self, patient: &Patient) -> Option<&Staff> {
        let language = match patient.language {
            Language::En => "en",
            Language::Fr => "fr",
        };
        self.staff.get(language)
    }
}

fn drawn(texts: Option<&Vec<String>>, chance: &mut ChaCha8Rng) -> String {
    texts.and_then(|texts| texts.choose(chance)).map_or_else(|| "…".to_owned(), String::clone)
}

fn own() -> Result<Vec<Text>, Error> {
    let mut texts: Vec<Text> = parse(include_str!("../../../assets/sample/messages.en.json"))?;
    let french: Vec<Text> = parse(include_str!("../../../assets/sample/messages.fr.json"))?;
    texts.extend(french);
    Ok(texts)
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|e| Error::Content { path: "assets/sample".into(), reason: e.to_string() })
}

/// What patients choose in a portal for a file's texts, row by row: so that every pool has something to do.
const CHOSEN: [&str; 5] =
    [category::QUESTION, category::RESULTS, category::QUESTION, category::REFILLS, category::RESULTS];

fn from_file(path: &Path) -> Result<Vec<Text>, Error> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        subject: Option<String>,
        #[serde(default)]
        text: Option<String>,
    }
    let file = std::fs::File::open(path).map_err(Error::file("cannot read", path))?;
    let mut texts = Vec::new();
    for (number, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.map_err(Error::file("cannot read", path))?;
        if line.trim().is_empty() {
            continue;
        }
        // The parser's words would quote what stands there, and that is a patient's.
        let row: Row = serde_json::from_str(&line).map_err(|_| Error::Content {
            path: path.to_owned(),
            reason: format!("line {} is no object with subject and text", number + 1),
        })?;
        if let Some(text) = row.text.filter(|text| !text.trim().is_empty()) {
            let chosen = CHOSEN[number % CHOSEN.len()];
            texts.push(Text { category: chosen.to_owned(), ..Text::foreign(&row.subject.unwrap_or_default(), &text) });
        }
    }
    if texts.is_empty() {
        return Err(Error::Content { path: path.to_owned(), reason: "it holds no text".to_owned() });
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use std::collections::BTreeSet;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn the_samples_own_words_are_many_varied_and_whole() -> Outcome {
        let words = Words::open(None)?;
        let distinct: BTreeSet<&str> = words.texts.iter().map(|t| t.text.as_str()).collect();
        assert!(distinct.len() >= 120, "{}", distinct.len());
        assert_eq!(distinct.len(), words.texts.len(), "none twice");
        for of in category::ALL {
            let count = words.texts.iter().filter(|t| t.category == of).count();
            assert!(count >= 5, "{of}: {count}");
            for language in ["en", "fr"] {
                let replies = words.staff[language].replies.get(of);
                assert!(replies.is_some_and(|r| !r.is_empty()), "{language} {of}");
            }
        }
        for text in &words.texts {
            assert!(category::ALL.contains(&text.category.as_str()), "{}", text.category);
            let priorities = ["routine", "urgent", "asap", "stat"];
            assert!(priorities.contains(&text.priority.as_str()), "{}", text.priority);
            assert!(text.subject.chars().count() <= 60, "{}", text.subject);
        }
        for priority in ["urgent", "asap", "stat"] {
            assert!(words.texts.iter().any(|t| t.priority == priority));
        }
        assert!(words.texts.iter().filter(|t| t.language == Language::Fr).count() >= 15);
        Ok(())
    }

    #[test]
    fn a_file_gives_the_texts_and_what_it_lacks_is_made_up_for() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("m.jsonl");
        std::fs::write(
            &path,
            "{\"subject\": \"\", \"text\": \"my ear hurts\"}\n\n{\"id\": 1, \"text\": \"second\"}\n{\"subject\": \"no text\"}\n",
        )?;
        let words = Words::open(Some(&path))?;
        assert_eq!(words.texts.len(), 2);
        let leo = Patient::draw(1, 0, chrono::NaiveDate::default());
        let (subject, text) = words.texts[0].of(&leo);
        assert_eq!((subject.as_str(), text.as_str()), ("my ear hurts", "my ear hurts"));
        Ok(())
    }

    #[test]
    fn a_line_that_is_no_object_is_named_and_not_quoted() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("m.jsonl");
        std::fs::write(&path, "{\"text\": \"fine\"}\nsecret words\n")?;
        let Err(refused) = Words::open(Some(&path)) else {
            return Err("it was taken".into());
        };
        assert!(refused.to_string().contains("line 2"));
        assert!(!refused.to_string().contains("secret"));
        Ok(())
    }

    #[test]
    fn nobody_writes_about_a_child_they_do_not_have() -> Outcome {
        let words = Words::open(None)?;
        let maria = Patient::draw(1, 1, chrono::NaiveDate::default());
        let mut chance = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..300 {
            let text = words.draw(&maria, &mut chance);
            assert!(maria.can_write(text.about), "{}", text.text);
        }
        Ok(())
    }
}
