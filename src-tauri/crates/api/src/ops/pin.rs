//! The PIN of the two locks.

use zeroize::Zeroizing;

use crate::{
    dto::{ApiError, ErrorCode, SetPinRequest, SetPinResult},
    fail::Answer,
    ports::PinTried,
    program::Program,
};

/// Characters of a PIN, at least and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=12;

impl Program {
    /// Sets the PIN of whoever is signed in. Where one is set, it is asked for first: who finds the screen open
    /// makes no way in of their own. Its tries are counted as the lock screen's are.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] for one of another length; [`ErrorCode::Keyring`].
    pub async fn set_pin(&self, request: SetPinRequest) -> Answer<SetPinResult> {
        let desk = self.desk()?;
        let (old, pin) = (request.old.map(Zeroizing::new), Zeroizing::new(request.new));
        if !LENGTH.contains(&pin.chars().count()) {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        let keys = &self.parts.keys;
        let now = self.parts.clock.now();
        if keys.pin_state(&desk.account, now).await?.is_set {
            let Some(old) = old else { return Ok(SetPinResult::WrongPin) };
            match keys.try_pin(&desk.account, old, now).await? {
                PinTried::Right => {}
                PinTried::Wrong => return Ok(SetPinResult::WrongPin),
                PinTried::Wait => return Ok(SetPinResult::Wait),
                PinTried::SignInNeeded => return Ok(SetPinResult::BrowserNeeded),
            }
        }
        keys.set_pin(&desk.account, pin).await?;
        Ok(SetPinResult::Set)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        dto::{ErrorCode, SetPinRequest, SetPinResult},
        scene::{Machine, dr_osei},
    };

    fn to(old: Option<&str>, new: &str) -> SetPinRequest {
        SetPinRequest { old: old.map(str::to_owned), new: new.to_owned() }
    }

    #[tokio::test]
    async fn a_pin_is_replaced_only_by_who_knows_it() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        assert_eq!(program.set_pin(to(None, "2580")).await, Ok(SetPinResult::Set));
        for old in [None, Some(""), Some("0000")] {
            assert_eq!(program.set_pin(to(old, "1111")).await, Ok(SetPinResult::WrongPin), "{old:?}");
            assert_eq!(machine.keys.pin(&dr_osei()).as_deref(), Some("2580"));
        }
        assert_eq!(program.set_pin(to(Some("2580"), "111")).await.unwrap_err().code, ErrorCode::Invalid);
        assert_eq!(program.set_pin(to(Some("2580"), "1379")).await, Ok(SetPinResult::Set));
        assert_eq!(machine.keys.pin(&dr_osei()).as_deref(), Some("1379"));
    }
}
