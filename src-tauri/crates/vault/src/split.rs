//! One long text over several entries, changed in one step.
//!
//! ```text
//! refresh-token        "8 3 2874"     generation, parts, length: written last, so it is what makes parts count
//! refresh-token.0.0 ┐
//! refresh-token.0.1 ├ generation 8 (even: slot 0)
//! refresh-token.0.2 ┘
//! refresh-token.1.0   generation 9, being written (odd: slot 1); worth nothing until the head says 9
//! ```
//! Whoever is killed anywhere between two writes leaves the old text or the new one, whole.
//!
//! Parts are written upwards from 0 and removed downwards to 0, so those that exist always count up from 0
//! without a gap: what a killed write left behind is found by reading until there is none, and cleared away by
//! the next one. Two processes must not write at the same time; `tern-net` holds a file lock around it.

use crate::{
    entry::{Entry, Item, Owner},
    secret::Secret,
    vault::{Vault, VaultError},
};

/// The longest part, in UTF-16 units: Credential Manager stores UTF-16 and holds 2,560 bytes an entry.
pub const PART: usize = 1_200;

/// Parts at most: 1.2 million characters. Whoever sends a longer token means harm.
const PARTS_AT_MOST: usize = 1_000;

/// What the head entry says of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    generation: u64,
    parts: u16,
    /// Of the whole text, in bytes.
    length: usize,
}

impl Head {
    fn slot(self) -> u8 {
        u8::from(self.generation % 2 == 1)
    }

    fn to_secret(self) -> Secret {
        Secret::new(format!("{} {} {}", self.generation, self.parts, self.length))
    }

    fn parse(text: &Secret) -> Option<Self> {
        let mut words = text.expose().split(' ');
        let head = Self {
            generation: words.next()?.parse().ok()?,
            parts: words.next()?.parse().ok()?,
            length: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(head)
    }
}

/// Reads the refresh token of `owner`.
///
/// # Errors
/// [`VaultError::NotFound`] where none was ever written or the keyring was emptied, [`VaultError::Damaged`]
/// where a part is missing or of another length; what the vault says.
pub(crate) async fn read(vault: &dyn Vault, owner: &Owner) -> Result<Secret, VaultError> {
    let head = head(vault, owner).await?;
    let mut text = zeroize::Zeroizing::new(String::with_capacity(head.length.min(PART * PARTS_AT_MOST)));
    for number in 0..head.parts {
        match vault.read(part(owner, head.slot(), number)).await {
            Ok(piece) => text.push_str(piece.expose()),
            Err(VaultError::NotFound) => return Err(VaultError::Damaged),
            Err(error) => return Err(error),
        }
    }
    if text.len() != head.length {
        return Err(VaultError::Damaged);
    }
    Ok(Secret::new(std::mem::take(&mut text)))
}

/// Puts `text` in the place of the old one. Where it fails, or never comes to an end, the old one stands.
///
/// # Errors
/// What the vault says; [`VaultError::Failed`] for a text of more than 1.2 million characters. After
/// [`VaultError::TimedOut`] either of the two may stand.
pub(crate) async fn write(vault: &dyn Vault, owner: &Owner, text: &Secret) -> Result<(), VaultError> {
    let pieces = split(text.expose());
    let parts = u16::try_from(pieces.len()).map_err(|_| VaultError::Failed)?;
    if pieces.len() > PARTS_AT_MOST {
        return Err(VaultError::Failed);
    }
    let old = match head(vault, owner).await {
        Ok(head) => Some(head),
        // A head that nobody can read: its text is lost already.
        Err(VaultError::NotFound | VaultError::Damaged) => None,
        Err(error) => return Err(error),
    };
    let generation = old.map_or(1, |old| old.generation.wrapping_add(1));
    let new = Head { generation, parts, length: text.expose().len() };

    for (number, piece) in (0..parts).zip(pieces) {
        vault.write(part(owner, new.slot(), number), Secret::from(piece)).await?;
    }
    truncate(vault, owner, new.slot(), parts).await?;
    vault.write(Entry { owner: owner.clone(), item: Item::RefreshToken }, new.to_secret()).await?;

    // From here the new text counts; an old one that stays is cleared away by the next write.
    if let Err(error) = truncate(vault, owner, 1 - new.slot(), 0).await {
        tracing::debug!(%error, "old parts stay in the keyring for now");
    }
    Ok(())
}

/// Removes everything, the head first: half a token is never one.
///
/// # Errors
/// What the vault says.
pub(crate) async fn remove(vault: &dyn Vault, owner: &Owner) -> Result<(), VaultError> {
    vault.remove(Entry { owner: owner.clone(), item: Item::RefreshToken }).await?;
    truncate(vault, owner, 0, 0).await?;
    truncate(vault, owner, 1, 0).await
}

async fn head(vault: &dyn Vault, owner: &Owner) -> Result<Head, VaultError> {
    let text = vault.read(Entry { owner: owner.clone(), item: Item::RefreshToken }).await?;
    Head::parse(&text).ok_or(VaultError::Damaged)
}

/// Leaves the first `keep` parts of a slot.
async fn truncate(vault: &dyn Vault, owner: &Owner, slot: u8, keep: u16) -> Result<(), VaultError> {
    let mut end = keep;
    loop {
        match vault.read(part(owner, slot, end)).await {
            Ok(_) | Err(VaultError::Damaged) => end = end.checked_add(1).ok_or(VaultError::Failed)?,
            Err(VaultError::NotFound) => break,
            Err(error) => return Err(error),
        }
    }
    for number in (keep..end).rev() {
        vault.remove(part(owner, slot, number)).await?;
    }
    Ok(())
}

fn part(owner: &Owner, slot: u8, part: u16) -> Entry {
    Entry { owner: owner.clone(), item: Item::RefreshTokenPart { slot, part } }
}

/// Cuts a text into pieces of at most [`PART`] UTF-16 units, never through a character.
fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut units) = (0, 0);
    for (at, character) in text.char_indices() {
        if units + character.len_utf16() > PART {
            pieces.push(&text[start..at]);
            (start, units) = (at, 0);
        }
        units += character.len_utf16();
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::memory::MemoryVault;

    fn osei() -> Owner {
        Owner::new("default", "https://practice.example/fhir", "Practitioner/osei")
    }

    /// A token of `length` characters that differs from one of another `letter` in every part.
    fn token(letter: char, length: usize) -> Secret {
        Secret::new(std::iter::repeat_n(letter, length).collect())
    }

    #[tokio::test]
    async fn a_token_of_eight_thousand_characters_comes_back_whole() {
        let vault = MemoryVault::new();
        write(&vault, &osei(), &token('a', 8_000)).await.unwrap();
        assert_eq!(read(&vault, &osei()).await, Ok(token('a', 8_000)));
        assert_eq!(vault.len(), 8, "seven parts and the head");
    }

    #[tokio::test]
    async fn rotation_leaves_nothing_of_the_old_token() {
        let vault = MemoryVault::new();
        for (letter, length) in [('a', 5_000), ('b', 100), ('c', 2_500), ('d', 0)] {
            write(&vault, &osei(), &token(letter, length)).await.unwrap();
            assert_eq!(read(&vault, &osei()).await, Ok(token(letter, length)));
            assert_eq!(vault.len(), length.div_ceil(PART) + 1);
        }
        remove(&vault, &osei()).await.unwrap();
        assert_eq!(vault.len(), 0);
        assert_eq!(read(&vault, &osei()).await, Err(VaultError::NotFound));
    }

    /// Kills the write of a new token after each number of changes, for each history that leaves other parts
    /// lying about; then starts again.
    #[tokio::test]
    async fn killed_between_any_two_writes_the_old_token_or_the_new_one_is_there() {
        for (old, new) in [(0, 8_000), (8_000, 100), (100, 8_000), (3_000, 3_000)] {
            let mut outlived = false;
            for kill_after in 0.. {
                let vault = MemoryVault::new();
                write(&vault, &osei(), &token('x', 5_000)).await.unwrap();
                write(&vault, &osei(), &token('o', old)).await.unwrap();

                vault.stop_after(kill_after);
                let finished = write(&vault, &osei(), &token('n', new)).await.is_ok();
                let killed = vault.restart();

                let kept = read(&vault, &osei()).await.unwrap();
                if finished {
                    assert_eq!(kept, token('n', new), "killed after {kill_after}");
                } else {
                    assert_eq!(kept, token('o', old), "killed after {kill_after}");
                }
                // Whatever was left behind, the next rotation clears it away.
                write(&vault, &osei(), &token('z', 2_000)).await.unwrap();
                assert_eq!(vault.len(), 3, "killed after {kill_after}");
                if !killed {
                    outlived = true;
                    break;
                }
            }
            assert!(outlived);
        }
    }

    #[tokio::test]
    async fn a_missing_part_is_damage_not_a_shorter_token() {
        let vault = MemoryVault::new();
        write(&vault, &osei(), &token('a', 3_000)).await.unwrap();
        vault.remove(part(&osei(), 1, 1)).await.unwrap();
        assert_eq!(read(&vault, &osei()).await, Err(VaultError::Damaged));
        write(&vault, &osei(), &token('b', 3_000)).await.unwrap();
        assert_eq!(read(&vault, &osei()).await, Ok(token('b', 3_000)), "signing in again mends it");
    }

    #[tokio::test]
    async fn a_head_that_nobody_wrote_is_damage() {
        for text in ["", "8", "8 3", "8 3 x", "8 3 1 1", "-1 1 1"] {
            let vault = MemoryVault::new();
            vault.write(Entry { owner: osei(), item: Item::RefreshToken }, Secret::from(text)).await.unwrap();
            assert_eq!(read(&vault, &osei()).await, Err(VaultError::Damaged), "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_short_enough_and_make_the_text_again(text in "\\PC{0,4000}") {
            let pieces = split(&text);
            prop_assert_eq!(pieces.concat(), text.as_str());
            for piece in pieces {
                prop_assert!(!piece.is_empty());
                prop_assert!(piece.encode_utf16().count() <= PART);
            }
        }
    }
}
