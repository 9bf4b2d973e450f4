//! Rules as data: what a triage lead reads, edits and signs.

use serde::{Deserialize, Serialize};

use crate::work_item::Urgency;

/// A set of rules, as it lies in the practice's `Library`: one version, scanned with as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleSet {
    /// Version of the set; a new one rescans the open items that nobody lowered.
    #[serde(default)]
    pub version: String,
    /// What the next reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Words that stand between others without changing what is said ("really", "the"): they don't count as distance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fillers: Vec<String>,
    /// Patterns that mark what follows them as possibly negated, or as somebody else's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub negators: Vec<String>,
    /// Patterns that don't mean what their words say ("dying to know", "chest x-ray", "stroke in 2015"): no rule sees
    /// the words they cover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idioms: Vec<String>,
    /// Named lists of words, used in patterns as `@name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<Concept>,
    /// The rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl RuleSet {
    /// The set with another one's lists and rules behind its own; version and note stay.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.fillers.extend(more.fillers);
        self.negators.extend(more.negators);
        self.idioms.extend(more.idioms);
        self.concepts.extend(more.concepts);
        self.rules.extend(more.rules);
        self
    }
}

/// A named list of words and phrases that mean the same to a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Concept {
    /// Letters, digits and hyphens.
    pub name: String,
    /// Patterns, any of which is one.
    pub words: Vec<String>,
}

/// What stands in [`Rule::reviewed_by`] until a clinician has reviewed it.
pub const NOT_REVIEWED: &str = "not reviewed by a clinician yet";

/// One rule. Old versions are kept with the sets they stood in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Its name, for good.
    pub id: RuleId,
    /// Counted up by each change.
    pub version: u32,
    /// What it is about.
    pub category: Category,
    /// The language that its patterns are written in. All rules are run on all texts.
    pub language: Language,
    /// The urgency that a match raises to.
    pub raise_to: Urgency,
    /// In the grammar of [`pattern`](super::pattern); any of them is a match.
    pub patterns: Vec<String>,
    /// A match is dropped when one of these stands in the same sentence, at most twelve words away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// A match is dropped when one of these stands anywhere in the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless_anywhere: Vec<String>,
    /// Why it is so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The clinician who reviewed this version, or the words that say that none has.
    pub reviewed_by: String,
    /// Day of the last change, `YYYY-MM-DD`.
    pub date: chrono::NaiveDate,
}

/// The name of a rule, such as `en-breathing-cannot`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// Takes a name as it is written in the set.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RuleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A language that rules are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Trouble breathing.
    Breathing,
    /// Chest and heart.
    ChestHeart,
    /// Face, arm, speech.
    Stroke,
    /// Worst headache, sudden loss of vision, stiff neck with fever.
    HeadEyeNeck,
    /// Fainting, seizure, hard to wake, new confusion.
    FaintingSeizureConfusion,
    /// Bleeding that will not stop, coughed or vomited blood, black stool.
    Bleeding,
    /// Swelling of throat, tongue or face; hives with trouble breathing.
    AllergySwelling,
    /// Wanting to die, self-harm, overdose.
    SelfHarm,
    /// Harm to others, violence, abuse, unsafe at home.
    Violence,
    /// Poisoning, wrong or double dose.
    PoisoningDose,
    /// Pregnancy.
    Pregnancy,
    /// After birth, to one year.
    AfterBirth,
    /// Newborns and small children.
    NewbornChild,
    /// Shaking chills, fever on chemotherapy, spreading redness.
    Infection,
    /// Very high fever, or fever with dizziness.
    HighFever,
    /// Severe abdominal pain, cannot urinate, testicular pain.
    BellyUrine,
    /// Cannot keep fluids down, no urine for hours.
    Dehydration,
    /// One leg swollen, red or painful.
    LegClot,
    /// Very low or very high blood sugar.
    BloodSugar,
    /// Very high blood pressure.
    BloodPressure,
    /// Head injury, fall on a blood thinner, burn, chemical in the eye.
    Injury,
    /// New weakness of a leg, numb groin, loss of bladder or bowel control.
    SpineNerve,
    /// A wound that opens, pus, fever after surgery.
    WoundSurgery,
    /// Out of a medicine that must not be stopped.
    MedicineOut,
    /// Bites and needle-sticks.
    BitesNeedle,
    /// Urgent words alone: same day, never more.
    UrgentWords,
}

impl Category {
    /// Its word in the rules, such as `chest-heart`.
    pub fn code(self) -> String {
        serde_json::to_value(self).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether the words that matched may be shown on a screen that others can see.
    pub fn words_may_be_shown(self) -> bool {
        !matches!(self, Self::SelfHarm | Self::Violence)
    }

    /// The most that a rule of this category may raise to.
    pub fn ceiling(self) -> Urgency {
        if self == Self::UrgentWords { Urgency::SameDay } else { Urgency::Emergency }
    }
}
