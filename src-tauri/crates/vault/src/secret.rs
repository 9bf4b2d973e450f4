//! Values that cannot be printed, and are wiped from memory when dropped.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A text that nobody may see: a token, a PIN, a verifier. `Debug` prints no word of it; there is no `Display`,
/// no `Serialize`, and comparing two takes as long for a near miss as for a hit.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller keeps no copy.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the one line that sends or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The 32 random bytes that the cache file is encrypted with (SQLCipher's raw key).
#[derive(Clone)]
pub struct CacheKey(Zeroizing<[u8; Self::BYTES]>);

impl CacheKey {
    /// Length of the key, in bytes.
    pub const BYTES: usize = 32;

    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// Where the operating system has none to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// A key from elsewhere: a recovery, a test.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one line that opens the cache.
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// As kept in the keyring: 64 hexadecimal digits.
    pub(crate) fn to_hex(&self) -> Secret {
        let mut hex = String::with_capacity(2 * Self::BYTES);
        for byte in self.0.iter() {
            for nibble in [byte >> 4, byte & 0xf] {
                hex.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        Secret::new(hex)
    }

    /// Reads what [`to_hex`](Self::to_hex) wrote; none for anything else.
    pub(crate) fn from_hex(hex: &Secret) -> Option<Self> {
        let digits = hex.expose().as_bytes();
        if digits.len() != 2 * Self::BYTES {
            return None;
        }
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self(bytes))
    }
}

impl PartialEq for CacheKey {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_slice(), other.0.as_slice())
    }
}

impl Eq for CacheKey {}

impl Zeroize for CacheKey {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(..)")
    }
}

/// Equality that doesn't stop at the first difference.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        let token = Secret::from("canary-token");
        let key = CacheKey::from_bytes([0xca; 32]);
        assert_eq!(format!("{token:?} {key:?}"), "Secret(..) CacheKey(..)");
    }

    #[test]
    fn a_cache_key_survives_its_way_through_the_keyring() {
        let key = CacheKey::generate().unwrap();
        assert_eq!(CacheKey::from_hex(&key.to_hex()), Some(key));
    }

    #[test]
    fn two_generated_keys_differ() {
        assert_ne!(CacheKey::generate().unwrap(), CacheKey::generate().unwrap());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(CacheKey::from_hex(&Secret::from(text)), None, "{text}");
        }
    }
}
