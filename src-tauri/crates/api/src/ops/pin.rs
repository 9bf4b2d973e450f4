//! The PIN of the two locks.

use zeroize::Zeroizing;

use crate::{
    dto::{ApiError, ErrorCode, PinRequest},
    fail::Answer,
    program::Program,
};

/// Characters of a PIN, at least and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=12;

impl Program {
    /// Sets the PIN of whoever is signed in.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] for one of another length; [`ErrorCode::Keyring`].
    pub async fn set_pin(&self, request: PinRequest) -> Answer<()> {
        let desk = self.desk()?;
        let pin = Zeroizing::new(request.pin);
        if !LENGTH.contains(&pin.chars().count()) {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        Ok(self.parts.keys.set_pin(&desk.account, pin).await?)
    }
}
