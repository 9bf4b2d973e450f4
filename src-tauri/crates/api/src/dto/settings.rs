use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person may set. Kept in the profile, outside the cache: the sign-in screen needs theme and language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Settings {
    /// Light, dark, high contrast, or the system's.
    pub theme: Theme,
    /// The language of the screen.
    pub language: Language,
    /// Seconds within which an outcome can be undone: 0 to 30.
    pub undo_seconds: u32,
    /// Idle minutes until the screen lock: 1 to 120.
    pub screen_lock_minutes: u32,
    /// Hours until the deep lock: 1 to 24.
    pub deep_lock_hours: u32,
    /// Lock deeply before the machine goes to sleep, where it says so in time (Linux: logind).
    pub deep_lock_on_sleep: bool,
    /// Keys that differ from the registry's.
    pub keys: Vec<KeyBinding>,
    /// Notify when an urgent message arrives, without text.
    pub notify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            language: Language::System,
            undo_seconds: 10,
            screen_lock_minutes: 10,
            deep_lock_hours: 8,
            deep_lock_on_sleep: false,
            keys: Vec::new(),
            notify: true,
        }
    }
}

/// The look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Theme {
    /// As the system says.
    System,
    /// Warm paper.
    Light,
    /// Blue-black.
    Dark,
    /// 7:1.
    HighContrast,
}

/// The language of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Language {
    /// As the system says.
    System,
    /// English.
    En,
    /// French.
    Fr,
}

/// A key for an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct KeyBinding {
    /// Id in the registry, such as `reply.send`.
    pub action: String,
    /// Such as `mod+enter`, `j`, `?`.
    pub keys: String,
}

/// One thing that Tern relies on, as this server does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ServerFact {
    /// Id, worded by the catalogue: `conditional-create`, `transaction`, `patch`, `history`, `push`, …
    pub fact: String,
    /// How it stands.
    pub verdict: FactVerdict,
}

/// Works, worked around, missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum FactVerdict {
    /// As Tern likes it.
    Works,
    /// Another way is used.
    WorksAround,
    /// Not there, and the consequence is said.
    Missing,
    /// Not tried yet.
    Unknown,
}
