//! Whose entry, and which: the names in the keyring.

use std::fmt;

use uuid::Uuid;

/// Whose secrets these are: one person on one server in one profile.
///
/// In the keyring an owner is the UUIDv5 of the three: short enough for Credential Manager however long the
/// server's address is, the same on every start, and it tells no name to someone who lists the entries.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Owner(Uuid);

impl Owner {
    /// `profile` names the data folder, `server` is the FHIR base URL as it was signed in to, and `fhir_user`
    /// the relative reference of who signed in (`Practitioner/7`).
    pub fn new(profile: &str, server: &str, fhir_user: &str) -> Self {
        // The unit separator occurs in none of the three, so no two owners can run together.
        Self(Uuid::new_v5(&NAMESPACE, format!("{profile}\u{1f}{server}\u{1f}{fhir_user}").as_bytes()))
    }
}

/// Ours alone: UUIDv5 of `tern.keyring` in the DNS namespace, written out so that it can never change.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d0e_d7b7_1e5e_59d9_9997_492c_f0d5_35f4);

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({})", self.0)
    }
}

/// What is kept for an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// The key of the cache file.
    CacheKey,
    /// Which generation of the refresh token counts, and how many parts it has.
    RefreshToken,
    /// One part of the refresh token, in the slot of its generation.
    RefreshTokenPart {
        /// 0 or 1: the parity of the generation.
        slot: u8,
        /// Counted from 0.
        part: u16,
    },
    /// The PIN's Argon2id verifier, a PHC string.
    Pin,
    /// How often a wrong PIN was given since the last right one, and when.
    PinTries,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CacheKey => f.write_str("cache-key"),
            Self::RefreshToken => f.write_str("refresh-token"),
            Self::RefreshTokenPart { slot, part } => write!(f, "refresh-token.{slot}.{part}"),
            Self::Pin => f.write_str("pin"),
            Self::PinTries => f.write_str("pin-tries"),
        }
    }
}

/// One named place in the keyring.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Whose.
    pub owner: Owner,
    /// What.
    pub item: Item,
}

impl Entry {
    /// The name that the keyring sees, such as `0193…-7c21/refresh-token.1.0`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.owner.0, self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRACTICE: &str = "https://practice.example/fhir";

    #[test]
    fn every_part_of_the_owner_counts() {
        let osei = Owner::new("default", PRACTICE, "Practitioner/osei");
        assert_eq!(osei, Owner::new("default", PRACTICE, "Practitioner/osei"));
        for other in [
            Owner::new("default", PRACTICE, "Practitioner/tran"),
            Owner::new("default", "https://other.example/fhir", "Practitioner/osei"),
            Owner::new("training", PRACTICE, "Practitioner/osei"),
        ] {
            assert_ne!(osei, other);
        }
    }

    #[test]
    fn the_name_of_an_entry_never_changes() {
        let owner = Owner::new("default", PRACTICE, "Practitioner/osei");
        let entry = Entry { owner, item: Item::RefreshTokenPart { slot: 1, part: 6 } };
        // A change here would lose every key that is kept today.
        assert_eq!(entry.name(), "4d4d06af-aeff-5427-bdff-f0246dd0c09b/refresh-token.1.6");
    }
}
