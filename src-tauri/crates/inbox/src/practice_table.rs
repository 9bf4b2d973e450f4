//! The practice's tables: what it decides once, for everybody.
//!
//! Each is one `Library` on the server, with a JSON document in it: what becomes of a subject line ([`crate::triage`]),
//! which words raise ([`crate::red_flags::PracticeRules`]), when the practice is open ([`crate::hours::Calendar`]), where
//! emergencies are posted to ([`crate::emergency::Emergencies`]). Every
//! machine reads the same one; a triage lead changes it, under the version that was edited.
//!
//! A document that cannot be read changes nothing: what comes with the program stands in for it, and the screen says so.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// Subject-line words, categories, pools, turnaround: [`Triage`](crate::triage::Triage).
    Triage,
    /// What the practice changed of the red-flag rules: [`PracticeRules`](crate::red_flags::PracticeRules).
    RedFlags,
    /// Office hours and closures: [`Calendar`](crate::hours::Calendar).
    Calendar,
    /// Where emergencies are posted to: [`Emergencies`](crate::emergency::Emergencies).
    Emergencies,
}

impl TableKind {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Triage, Self::RedFlags, Self::Calendar, Self::Emergencies];

    /// Its code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::RedFlags => "red-flags",
            Self::Calendar => "calendar",
            Self::Emergencies => "emergencies",
        }
    }

    /// The table of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The id that every machine gives it: version 5 of `practice-table|code` under the URL namespace (RFC 9562). As an
    /// identifier it is `urn:uuid:` and this.
    pub fn id(self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("practice-table|{}", self.code()).as_bytes())
    }
}

/// A table as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticeTable {
    /// Which.
    pub kind: TableKind,
    /// JSON, as somebody wrote it: read by who uses it.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_machines_that_write_the_first_table_write_the_same_one() {
        let ids: Vec<_> = TableKind::ALL.iter().map(|kind| kind.id().to_string()).collect();
        assert_eq!(ids[0], TableKind::Triage.id().to_string());
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        assert!(TableKind::ALL.iter().all(|kind| TableKind::of_code(kind.code()) == Some(*kind)));
        assert_eq!(TableKind::of_code("prices"), None);
    }
}
