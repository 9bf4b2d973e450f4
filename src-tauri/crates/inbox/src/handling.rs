//! How long a touch takes: from the person's own, by category.
//!
//! What counts is time with the hand on it: the gaps between one sign of activity in the window and the next, as long
//! as none is over [`IDLE_AFTER_SECONDS`]. Reading counts while somebody scrolls; a telephone call, a lunch, a lock or
//! a sleeping machine does not. The times stay on the machine.
//!
//! The estimate is the 75th percentile, not the mean: whoever has eight minutes left asks what they will surely end,
//! and one long letter must not make every refill look long. Of the last fifty touches, because people get quicker.
//! With fewer than five it is a stated default, and the screen says so.

use chrono::{DateTime, Utc};

/// Without a sign of activity for longer, nobody is taken to be at work.
pub const IDLE_AFTER_SECONDS: i64 = 60;

/// Touches that an estimate looks back on.
pub const LOOKED_AT: u32 = 50;

/// Touches that an estimate needs.
const NEEDED: usize = 5;

/// Minutes that a touch usually takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Whole minutes, at least one.
    pub minutes: u32,
    /// There are too few touches of the person's own.
    pub is_default: bool,
}

/// What a category usually takes, by the seconds that the person's last touches of it took.
pub fn usual(category: Option<&str>, seconds: &[u32]) -> Usual {
    if seconds.len() < NEEDED {
        return Usual { minutes: default_minutes(category), is_default: true };
    }
    let mut sorted = seconds.to_vec();
    sorted.sort_unstable();
    // Nearest rank.
    let rank = (sorted.len() * 3).div_ceil(4);
    let seconds = sorted.get(rank - 1).copied().unwrap_or_default();
    Usual { minutes: seconds.div_ceil(60).max(1), is_default: false }
}

fn default_minutes(category: Option<&str>) -> u32 {
    match category {
        Some("refills" | "appointment") => 2,
        Some("billing" | "referral") => 3,
        Some("results" | "form") => 6,
        _ => 4,
    }
}

/// Milliseconds at work that a sign of activity at `now` adds, after one at `before`. A clock that was put back, or
/// on, adds none.
pub fn active_millis(before: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let gap = (now - before).num_milliseconds();
    if (0..=IDLE_AFTER_SECONDS * 1000).contains(&gap) { gap } else { 0 }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn fewer_than_five_are_a_default_and_five_are_not() {
        let default = |seconds: &[u32]| usual(Some("refills"), seconds).is_default;
        assert!(default(&[]) && default(&[60; 4]) && !default(&[60; 5]));
        assert_eq!(usual(Some("refills"), &[]).minutes, 2);
        assert_eq!(usual(None, &[]).minutes, 4);
    }

    #[test]
    fn three_of_four_were_no_longer_and_one_long_letter_does_not_count() {
        let minutes = |seconds: &[u32]| usual(None, seconds).minutes;
        assert_eq!(minutes(&[30, 40, 50, 60, 3_600]), 1);
        assert_eq!(minutes(&[61, 61, 61, 61, 61]), 2);
        assert_eq!(minutes(&[60, 120, 180, 240, 300, 360, 420, 480]), 6);
        assert_eq!(minutes(&[0; 5]), 1);
    }

    #[test]
    fn a_minute_counts_and_what_is_longer_does_not() {
        let noon = DateTime::UNIX_EPOCH + TimeDelta::hours(12);
        let after = |millis| active_millis(noon, noon + TimeDelta::milliseconds(millis));
        assert_eq!([after(0), after(5_200), after(60_000), after(60_001), after(-1)], [0, 5_200, 60_000, 0, 0]);
    }
}
