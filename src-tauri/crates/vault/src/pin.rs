//! The PIN: its verifier, and how many wrong ones are borne.
//!
//! A PIN is four to a dozen digits, so the verifier alone would fall to anyone who can read the keyring: it
//! keeps a colleague from a screen left alone, not the operating system's administrator. What it does is make
//! each try cost something (Argon2id, RFC 9106) and let there be few of them ([`allowance`]). After too many
//! only the practice's sign-in opens, which also resets the PIN.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::secret::Secret;

/// Wrong PINs that cost nothing but the typing.
const FREE: u32 = 3;

/// Wrong PINs after which no PIN is taken any more.
pub const MOST_TRIES: u32 = 10;

/// The first wait; it doubles with every further wrong PIN.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);

/// 64 MiB in three passes, RFC 9106's second recommendation on one lane: about a fifth of a second. Tests of
/// this crate use the least there is, as they run unoptimised.
const COST: (u32, u32, u32) = if cfg!(test) { (8, 1, 1) } else { (64 * 1024, 3, 1) };

/// Wrong PINs since the last right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub failures: u32,
    /// When the last was given, by this machine's clock.
    pub last: Option<DateTime<Utc>>,
}

/// Whether a PIN is taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Yes.
    Now,
    /// Not before this moment.
    From(DateTime<Utc>),
    /// No more: the practice's sign-in opens, and sets a new PIN.
    SignIn,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The right PIN; the count starts again.
    Right,
    /// A wrong one; when the next is taken.
    Wrong(Allowance),
    /// Not looked at: too early, or too many.
    Refused(Allowance),
}

/// Whether a PIN is taken at `now`, after these tries.
///
/// A clock that was turned back makes nobody wait longer than one whole wait from now; one turned forward gains
/// a try, not more tries: they are counted.
pub fn allowance(tries: Tries, now: DateTime<Utc>) -> Allowance {
    if tries.failures >= MOST_TRIES {
        return Allowance::SignIn;
    }
    let (Some(doublings), Some(last)) = (tries.failures.checked_sub(FREE), tries.last) else {
        return Allowance::Now;
    };
    let until = last.min(now) + FIRST_WAIT * 2_i32.pow(doublings);
    if until <= now { Allowance::Now } else { Allowance::From(until) }
}

impl Tries {
    /// After one more wrong PIN.
    pub(crate) fn failed(self, now: DateTime<Utc>) -> Self {
        Self { failures: self.failures.saturating_add(1), last: Some(now) }
    }

    /// Kept as count and Unix seconds.
    pub(crate) fn to_secret(self) -> Secret {
        let last = self.last.map_or(0, |last| last.timestamp());
        Secret::new(format!("{} {last}", self.failures))
    }

    /// Reads what [`to_secret`](Self::to_secret) wrote. Anything else counts as too many tries: whoever
    /// overwrites the count gains nothing by it.
    pub(crate) fn from_secret(text: &Secret) -> Self {
        let read = || {
            let (failures, last) = text.expose().split_once(' ')?;
            let last = DateTime::from_timestamp(last.parse().ok()?, 0)?;
            Some(Self { failures: failures.parse().ok()?, last: Some(last) })
        };
        read().unwrap_or(Self { failures: MOST_TRIES, last: None })
    }
}

/// What is kept instead of the PIN: an Argon2id PHC string. Slow on purpose; not for an async thread.
///
/// # Errors
/// None where the operating system has no random numbers.
pub(crate) fn verifier(pin: &Secret) -> Option<Secret> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).ok()?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(pin.expose().as_bytes());
    Some(Secret::new(hash.ok()?.to_string()))
}

/// Whether `pin` is the one that `verifier` was made of. Slow on purpose; not for an async thread.
///
/// None where the verifier is no PHC string.
pub(crate) fn matches(pin: &Secret, verifier: &Secret) -> Option<bool> {
    let hash = PasswordHash::new(verifier.expose()).ok()?;
    Some(Argon2::default().verify_password(pin.expose().as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_900_000_000 + seconds, 0).unwrap()
    }

    fn after(failures: u32) -> Tries {
        Tries { failures, last: Some(at(0)) }
    }

    #[test]
    fn three_wrong_pins_are_free_then_each_doubles_the_wait_and_the_tenth_was_the_last() {
        let waits: Vec<_> = (0..=11)
            .map(|failures| match allowance(after(failures), at(0)) {
                Allowance::Now => "now".to_owned(),
                Allowance::From(until) => (until - at(0)).num_seconds().to_string(),
                Allowance::SignIn => "sign in".to_owned(),
            })
            .collect();
        assert_eq!(waits, ["now", "now", "now", "30", "60", "120", "240", "480", "960", "1920", "sign in", "sign in"]);
    }

    #[test]
    fn the_wait_ends_on_the_second() {
        assert_eq!(allowance(after(4), at(59)), Allowance::From(at(60)));
        assert_eq!(allowance(after(4), at(60)), Allowance::Now);
    }

    #[test]
    fn a_clock_turned_back_by_a_year_makes_nobody_wait_a_year() {
        let year = 365 * 86_400;
        assert_eq!(allowance(after(3), at(-year)), Allowance::From(at(30 - year)));
    }

    #[test]
    fn a_count_that_was_tampered_with_opens_nothing() {
        for text in ["", "0", "-1 0", "x 0", "0 x"] {
            assert_eq!(allowance(Tries::from_secret(&Secret::from(text)), at(0)), Allowance::SignIn, "{text}");
        }
    }

    #[test]
    fn the_verifier_knows_its_pin_and_no_other() {
        let verifier = verifier(&Secret::from("2580")).unwrap();
        assert!(verifier.expose().starts_with("$argon2id$v=19$"));
        assert!(!verifier.expose().contains("2580"));
        assert_eq!(matches(&Secret::from("2580"), &verifier), Some(true));
        assert_eq!(matches(&Secret::from("2581"), &verifier), Some(false));
        assert_eq!(matches(&Secret::from("2580"), &Secret::from("rubbish")), None);
    }

    proptest! {
        #[test]
        fn more_failures_never_open_earlier(failures in 0_u32..12, later in 0_i64..4_000) {
            let rank = |allowance| match allowance {
                Allowance::Now => at(i64::from(i32::MIN)),
                Allowance::From(until) => until,
                Allowance::SignIn => at(i64::from(i32::MAX)),
            };
            prop_assert!(
                rank(allowance(after(failures), at(later))) <= rank(allowance(after(failures + 1), at(later)))
            );
        }

        #[test]
        fn tries_survive_their_way_through_the_keyring(failures in 0_u32..20, seconds in 0_i64..1_000_000) {
            let tries = Tries { failures, last: Some(at(seconds)) };
            prop_assert_eq!(Tries::from_secret(&tries.to_secret()), tries);
        }
    }
}
