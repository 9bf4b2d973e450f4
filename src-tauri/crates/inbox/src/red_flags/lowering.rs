//! Rules raise, people lower: which urgency is shown in the end.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::finding::{Findings, Scanned};
use crate::{party::PartyRef, private::PrivateText, work_item::Urgency};

/// SHA-256 of everything that was scanned, in lower-case hex: what a lowering holds for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextHash(String);

impl TextHash {
    /// Of subject, body and titles. Each is preceded by its length, so that no two divisions of the same words are one.
    pub fn of(scanned: &Scanned<'_>) -> Self {
        let mut digest = Sha256::new();
        let parts = [scanned.subject, scanned.body].into_iter().chain(scanned.attachment_titles.iter().copied());
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Takes a hash as the Task's extension spells it.
    pub fn from_hex(hex: impl Into<String>) -> Self {
        Self(hex.into().to_ascii_lowercase())
    }

    /// Lower-case hex, 64 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's word that a text is less urgent than the rules say. It lies on the Task, for all desktops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lowered {
    /// Who.
    pub by: PartyRef,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// For which text.
    pub text_hash: TextHash,
    /// Why.
    pub reason: PrivateText,
}

/// The urgency after the rules: never lower than `now`.
pub fn raised(now: Urgency, findings: &Findings) -> Urgency {
    now.max(findings.level())
}

/// The urgency that is shown: the server's, raised by what was found, unless a person has lowered this very text.
/// Then the server's own holds, which that person set. A new text is judged anew.
pub fn shown(server: Urgency, findings: &Findings, text: &TextHash, lowered: Option<&Lowered>) -> Urgency {
    match lowered {
        Some(lowered) if lowered.text_hash == *text => server,
        _ => raised(server, findings),
    }
}
