//! Tokens as values that cannot be printed, and the port to where the refresh token is kept.

use std::fmt;

use tern_sync::server::Answering;
use zeroize::Zeroizing;

/// An access or refresh token, a client's secret. `Debug` prints no word of it; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes the text over; the caller keeps no copy.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the one line that sends or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Where the refresh token of one account is kept between two refreshes: the OS keyring, put behind this by
/// the program. Two processes that share it share the file lock of their connections too.
pub trait RefreshTokens: Send + Sync + 'static {
    /// The token; none where there never was one, or what is there is not whole. Then a person signs in again.
    fn read(&self) -> Answering<'_, Result<Option<Token>, Unkept>>;

    /// Keeps the token in the place of the old one. Killed anywhere, the old or the new one stands, whole.
    fn write(&self, token: Token) -> Answering<'_, Result<(), Unkept>>;
}

/// The keyring is locked, missing, or does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keyring is locked or missing")]
pub struct Unkept;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", Token::from("canary")), "Token(..)");
    }
}
