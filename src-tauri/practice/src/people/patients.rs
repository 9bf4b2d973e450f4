//! Patients and who writes for them.
//!
//! The first three never change: Leo Ruiz, for whom his mother Ana writes, and two women called
//! María García. The others are drawn from the sample's names.

use super::{MEMBERS, Party, id_of, identifier, practice};
use crate::vocabulary::RECORD_NUMBER_SYSTEM;
use chrono::{Datelike, NaiveDate};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::LazyLock;
use uuid::Uuid;

/// The language that a patient prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

/// Whom a text can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum About {
    /// The one who writes.
    Myself,
    /// A child of the one who writes.
    Child,
    /// A parent of the one who writes.
    Elder,
    /// Any of these.
    #[default]
    Anybody,
}

/// The names to draw from.
#[derive(Deserialize)]
struct Names {
    women: Vec<String>,
    men: Vec<String>,
    family: Vec<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    // The file is compiled in and a test reads it; an empty list draws "Sample".
    serde_json::from_str(include_str!("../../../../assets/sample/names.json")).unwrap_or(Names {
        women: Vec::new(),
        men: Vec::new(),
        family: Vec::new(),
    })
});

/// A patient.
#[derive(Debug, Clone)]
pub(crate) struct Patient {
    id: Uuid,
    /// The name they go by.
    pub given: String,
    family: String,
    gender: &'static str,
    born: NaiveDate,
    record_number: String,
    /// The language they prefer.
    pub language: Language,
    proxy: Option<Proxy>,
}

/// Who writes for a patient.
#[derive(Debug, Clone)]
struct Proxy {
    id: Uuid,
    given: String,
    family: String,
    /// v3-RoleCode.
    relationship: (&'static str, &'static str),
}

/// Draws patient number `number` of the practice made with `seed`, as of `today`.
impl Patient {
    pub(crate) fn draw(seed: u64, number: usize, today: NaiveDate) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        // A stream for each, so that the n-th is the same however many there are.
        chance.set_stream(number as u64);
        let id = id_of(&format!("patient/{seed}/{number}"));
        let patient = |given: &str, family: &str, gender, years: i32, proxy: Option<Proxy>| Self {
            id,
            given: given.to_owned(),
            family: family.to_owned(),
            gender,
            born: years_before(today, years, number),
            record_number: format!("LFP-{:06}", 100_000 + number),
            language: Language::En,
            proxy,
        };
        let proxy = |given: &str, family: &str, relationship| Proxy {
            id: id_of(&format!("related-person/{seed}/{number}")),
            given: given.to_owned(),
            family: family.to_owned(),
            relationship,
        };
        match number {
            0 => {
                let ana = proxy("Ana", "Ruiz", ("MTH", "mother"));
                return patient("Leo", "Ruiz", "male", 6, Some(ana));
            }
            1 => return patient("María", "García", "female", 71, None),
            2 => return patient("María", "García", "female", 38, None),
            _ => {}
        }
        let years = match chance.random_range(0..100) {
            0..18 => chance.random_range(0..16),
            18..75 => chance.random_range(16..70),
            _ => chance.random_range(70..97),
        };
        let (gender, given) = draw_given(&mut chance);
        let family = draw(&NAMES.family, &mut chance);
        let written_for = match years {
            0..16 => {
                let (gender, parent) = draw_given(&mut chance);
                let relationship = match gender {
                    "female" => ("MTH", "mother"),
                    _ => ("FTH", "father"),
                };
                Some(proxy(parent, family, relationship))
            }
            80.. if chance.random_bool(0.4) => {
                let (gender, grown) = draw_given(&mut chance);
                let relationship = match gender {
                    "female" => ("DAU", "natural daughter"),
                    _ => ("SON", "natural son"),
                };
                Some(proxy(grown, family, relationship))
            }
            _ => None,
        };
        let mut drawn = patient(given, family, gender, years, written_for);
        if chance.random_bool(0.2) {
            drawn.language = Language::Fr;
        }
        drawn
    }

    /// The patient as a reference.
    pub(crate) fn party(&self) -> Party {
        Party { reference: format!("Patient/{}", self.id), display: format!("{} {}", self.given, self.family) }
    }

    /// Who writes: the proxy where there is one.
    pub(crate) fn writer(&self) -> Party {
        match &self.proxy {
            Some(proxy) => Party {
                reference: format!("RelatedPerson/{}", proxy.id),
                display: format!("{} {}", proxy.given, proxy.family),
            },
            None => self.party(),
        }
    }

    /// Patient and proxy, each once.
    pub(crate) fn parties(&self) -> Vec<Party> {
        let mut parties = vec![self.party()];
        if self.proxy.is_some() {
            parties.push(self.writer());
        }
        parties
    }

    /// Whether a text about `about` can be theirs.
    pub(crate) fn can_write(&self, about: About) -> bool {
        match about {
            About::Anybody => true,
            About::Myself => self.proxy.is_none(),
            About::Child => self.is_written_for_by(&["MTH", "FTH"]),
            About::Elder => self.is_written_for_by(&["DAU", "SON"]),
        }
    }

    fn is_written_for_by(&self, relationships: &[&str]) -> bool {
        let of = |proxy: &Proxy| relationships.contains(&proxy.relationship.0);
        self.proxy.as_ref().is_some_and(of)
    }

    /// The Patient, and the RelatedPerson where there is one.
    pub(crate) fn resources(&self) -> Vec<Value> {
        let phone = format!("555-01{:02}", self.id.as_u128() % 100);
        let language = match self.language {
            Language::En => ("en", "English"),
            Language::Fr => ("fr", "French"),
        };
        let physicians = MEMBERS.iter().filter(|member| member.role == crate::vocabulary::role::PHYSICIAN);
        let own = physicians.clone().nth(self.id.as_u128() as usize % physicians.count());
        let patient = json!({
            "resourceType": "Patient",
            "id": self.id.to_string(),
            "identifier": [
                {"system": RECORD_NUMBER_SYSTEM, "value": self.record_number},
                identifier(self.id)
            ],
            "active": true,
            "name": [
                {"use": "official", "family": self.family, "given": [self.given]},
                {"use": "usual", "text": self.given, "given": [self.given]}
            ],
            "telecom": [{"system": "phone", "value": phone, "use": "mobile"}],
            "gender": self.gender,
            "birthDate": self.born.to_string(),
            "communication": [{
                "language": {"coding": [
                    {"system": "urn:ietf:bcp:47", "code": language.0, "display": language.1}
                ]},
                "preferred": true
            }],
            "generalPractitioner": own.map(|member| member.party().json()).into_iter().collect::<Vec<_>>(),
            "managingOrganization": practice().json()
        });
        let related = self.proxy.as_ref().map(|proxy| {
            json!({
                "resourceType": "RelatedPerson",
                "id": proxy.id.to_string(),
                "identifier": [identifier(proxy.id)],
                "active": true,
                "patient": self.party().json(),
                "relationship": [{"coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                    "code": proxy.relationship.0,
                    "display": proxy.relationship.1
                }]}],
                "name": [{"use": "official", "family": proxy.family, "given": [proxy.given]}],
                "telecom": [{"system": "phone", "value": phone, "use": "mobile"}]
            })
        });
        std::iter::once(patient).chain(related).collect()
    }
}

fn draw<'a>(names: &'a [String], chance: &mut ChaCha8Rng) -> &'a str {
    names.choose(chance).map_or("Sample", String::as_str)
}

fn draw_given(chance: &mut ChaCha8Rng) -> (&'static str, &'static str) {
    match chance.random_bool(0.5) {
        true => ("female", draw(&NAMES.women, chance)),
        false => ("male", draw(&NAMES.men, chance)),
    }
}

/// A birthday `years` (and some days) ago.
fn years_before(today: NaiveDate, years: i32, number: usize) -> NaiveDate {
    let day = NaiveDate::from_yo_opt(today.year() - years, 1).unwrap_or(today);
    let days = (number as u64 * 37) % 365;
    let born = day + chrono::Days::new(days);
    // Never after today, however young.
    if born > today { born - chrono::Days::new(366) } else { born }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::default() + chrono::Days::new(20_000)
    }

    #[test]
    fn ana_writes_for_leo_and_two_are_called_maria_garcia() {
        let [leo, one, other] = [0, 1, 2].map(|n| Patient::draw(7, n, today()));
        assert_eq!(leo.party().display, "Leo Ruiz");
        assert_eq!(leo.writer().display, "Ana Ruiz");
        assert_eq!(one.party().display, other.party().display);
        assert_ne!(one.party().reference, other.party().reference);
        assert_ne!(one.born, other.born);
    }

    #[test]
    fn the_same_seed_draws_the_same_people_and_another_seed_others() {
        let names = |seed| (0..200).map(|n| Patient::draw(seed, n, today()).party().display).collect::<Vec<_>>();
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        assert!(names(1).iter().any(|name| !name.is_ascii()));
        assert!(!names(1).iter().any(|name| name.contains("Sample")));
    }

    #[test]
    fn children_have_somebody_who_writes_and_nobody_is_born_tomorrow() {
        for number in 0..500 {
            let patient = Patient::draw(3, number, today());
            assert!(patient.born <= today());
            let years = today().years_since(patient.born).unwrap_or(0);
            assert!(years >= 15 || patient.proxy.is_some(), "{years}");
        }
    }
}
