//! The set that a practice starts with, from `assets/red-flags`: one file per language and category.

use super::rule::RuleSet;

const FILES: &[&str] = &[
    include_str!("../../../../../assets/red-flags/en/words.json"),
    include_str!("../../../../../assets/red-flags/fr/words.json"),
    include_str!("../../../../../assets/red-flags/en/after-birth.json"),
    include_str!("../../../../../assets/red-flags/en/allergy-swelling.json"),
    include_str!("../../../../../assets/red-flags/en/belly-urine.json"),
    include_str!("../../../../../assets/red-flags/en/bites-needle.json"),
    include_str!("../../../../../assets/red-flags/en/bleeding.json"),
    include_str!("../../../../../assets/red-flags/en/blood-pressure.json"),
    include_str!("../../../../../assets/red-flags/en/blood-sugar.json"),
    include_str!("../../../../../assets/red-flags/en/breathing.json"),
    include_str!("../../../../../assets/red-flags/en/chest-heart.json"),
    include_str!("../../../../../assets/red-flags/en/dehydration.json"),
    include_str!("../../../../../assets/red-flags/en/fainting-seizure-confusion.json"),
    include_str!("../../../../../assets/red-flags/en/head-eye-neck.json"),
    include_str!("../../../../../assets/red-flags/en/high-fever.json"),
    include_str!("../../../../../assets/red-flags/en/infection.json"),
    include_str!("../../../../../assets/red-flags/en/injury.json"),
    include_str!("../../../../../assets/red-flags/en/leg-clot.json"),
    include_str!("../../../../../assets/red-flags/en/medicine-out.json"),
    include_str!("../../../../../assets/red-flags/en/newborn-child.json"),
    include_str!("../../../../../assets/red-flags/en/poisoning-dose.json"),
    include_str!("../../../../../assets/red-flags/en/pregnancy.json"),
    include_str!("../../../../../assets/red-flags/en/self-harm.json"),
    include_str!("../../../../../assets/red-flags/en/spine-nerve.json"),
    include_str!("../../../../../assets/red-flags/en/stroke.json"),
    include_str!("../../../../../assets/red-flags/en/urgent-words.json"),
    include_str!("../../../../../assets/red-flags/en/violence.json"),
    include_str!("../../../../../assets/red-flags/en/wound-surgery.json"),
    include_str!("../../../../../assets/red-flags/fr/after-birth.json"),
    include_str!("../../../../../assets/red-flags/fr/allergy-swelling.json"),
    include_str!("../../../../../assets/red-flags/fr/belly-urine.json"),
    include_str!("../../../../../assets/red-flags/fr/bites-needle.json"),
    include_str!("../../../../../assets/red-flags/fr/bleeding.json"),
    include_str!("../../../../../assets/red-flags/fr/blood-pressure.json"),
    include_str!("../../../../../assets/red-flags/fr/blood-sugar.json"),
    include_str!("../../../../../assets/red-flags/fr/breathing.json"),
    include_str!("../../../../../assets/red-flags/fr/chest-heart.json"),
    include_str!("../../../../../assets/red-flags/fr/dehydration.json"),
    include_str!("../../../../../assets/red-flags/fr/fainting-seizure-confusion.json"),
    include_str!("../../../../../assets/red-flags/fr/head-eye-neck.json"),
    include_str!("../../../../../assets/red-flags/fr/high-fever.json"),
    include_str!("../../../../../assets/red-flags/fr/infection.json"),
    include_str!("../../../../../assets/red-flags/fr/injury.json"),
    include_str!("../../../../../assets/red-flags/fr/leg-clot.json"),
    include_str!("../../../../../assets/red-flags/fr/medicine-out.json"),
    include_str!("../../../../../assets/red-flags/fr/newborn-child.json"),
    include_str!("../../../../../assets/red-flags/fr/poisoning-dose.json"),
    include_str!("../../../../../assets/red-flags/fr/pregnancy.json"),
    include_str!("../../../../../assets/red-flags/fr/self-harm.json"),
    include_str!("../../../../../assets/red-flags/fr/spine-nerve.json"),
    include_str!("../../../../../assets/red-flags/fr/stroke.json"),
    include_str!("../../../../../assets/red-flags/fr/urgent-words.json"),
    include_str!("../../../../../assets/red-flags/fr/violence.json"),
    include_str!("../../../../../assets/red-flags/fr/wound-surgery.json"),
];

/// The starting rules, English and French. No clinician has reviewed them yet, and each says so.
///
/// # Errors
/// A file that is not what [`RuleSet`] describes; a test holds that there is none.
pub fn starting() -> Result<RuleSet, serde_json::Error> {
    joined(FILES.iter().copied())
}

/// One set of several files; version and note are those of the first that has one.
///
/// # Errors
/// The first file that is not what [`RuleSet`] describes.
pub fn joined<'a>(files: impl IntoIterator<Item = &'a str>) -> Result<RuleSet, serde_json::Error> {
    files.into_iter().try_fold(RuleSet::default(), |set, file| {
        let more: RuleSet = serde_json::from_str(file)?;
        let or = |one: &String, other: &String| if one.is_empty() { other.clone() } else { one.clone() };
        let (version, note) = (or(&set.version, &more.version), or(&set.note, &more.note));
        Ok(RuleSet { version, note, ..set.and(more) })
    })
}
