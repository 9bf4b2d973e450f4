//! Words that must never reach a log, an error or a crash report.

use serde::{Deserialize, Serialize};

/// Text written by or about a patient. `Debug` prints its length in bytes, never a word of it, and there is
/// no `Display`: whoever wants the words has to ask for them with [`PrivateText::reveal`].
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrivateText(String);

impl PrivateText {
    /// Wraps text as received; nothing is trimmed or changed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The words, for the screen, the wire and the cache.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The words, owned.
    pub fn into_revealed(self) -> String {
        self.0
    }

    /// Whether there is nothing to read but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl std::fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateText({} bytes)", self.0.len())
    }
}

impl From<&str> for PrivateText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for PrivateText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_the_length_and_no_word() {
        let text = PrivateText::from("tight chest since lunch");
        assert_eq!(format!("{text:?}"), "PrivateText(23 bytes)");
    }
}
