//! How often, how soon again: every wait of the engine, in one place, so that a test can shorten them all.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The engine's waits. All of them are counted in units: a second, or what a test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// What everybody else calls a second.
    pub unit: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { unit: Duration::from_secs(1) }
    }
}

/// Whether somebody is at the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// A person is working.
    Working,
    /// Nobody has touched a key for a while.
    Away,
}

/// Units after the last key press in which somebody counts as working.
const WORKING_FOR: u32 = 120;

impl Pace {
    /// Until the server is asked again without a nudge: 5 s while somebody is working, else 15 s.
    pub fn poll(&self, presence: Presence) -> Duration {
        self.unit * if presence == Presence::Working { 5 } else { 15 }
    }

    /// Between two looks at what time alone moved: whoever is back finds it within that.
    pub fn clock(&self) -> Duration {
        self.unit * 5
    }

    /// How long after a key press somebody counts as working.
    pub fn working_for(&self) -> Duration {
        self.unit * WORKING_FOR
    }

    /// Between two renewals of an open touch's claim.
    pub fn renewal(&self) -> Duration {
        self.unit * 60 * u32::try_from(tern_inbox::work_item::CLAIM_RENEWED_EVERY_MINUTES).unwrap_or(2)
    }

    /// Until a way that was gone is tried again by itself; a nudge, a key or `wake` is sooner.
    pub fn offline(&self) -> Duration {
        self.unit * 5
    }

    /// Between two full comparisons.
    pub fn comparison(&self) -> Duration {
        self.unit * 24 * 60 * 60
    }

    /// Between two comparisons where the server has no history to learn deletions from.
    pub fn comparison_without_history(&self) -> Duration {
        self.unit * 30 * 60
    }

    /// Before try number `attempts` + 1: 1, 2, 4 … 60 units, and up to as much again by chance, so that four
    /// hundred machines don't come back together. `jitter` is the row's own.
    pub fn backoff(&self, attempts: u32, jitter: u64) -> Duration {
        let longest = self.unit * 60;
        ExponentialBuilder::default()
            .with_min_delay(self.unit)
            .with_max_delay(longest)
            .with_factor(2.0)
            .without_max_times()
            .with_jitter()
            .with_jitter_seed(jitter.wrapping_add(u64::from(attempts)))
            .build()
            // Beyond the longest delay all are alike.
            .nth(usize::try_from(attempts.min(8)).unwrap_or(8))
            .unwrap_or(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_off_doubles_up_to_a_minute_and_is_spread_by_as_much_again() {
        let pace = Pace::default();
        for (attempts, seconds) in [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (39, 60)] {
            for jitter in 0..50 {
                let wait = pace.backoff(attempts, jitter);
                let least = Duration::from_secs(seconds);
                assert!(wait >= least && wait <= least * 2, "{attempts}: {wait:?}");
            }
        }
        assert_ne!(pace.backoff(3, 1), pace.backoff(3, 2));
        assert_eq!(pace.backoff(3, 1), pace.backoff(3, 1));
    }

    #[test]
    fn a_test_counts_in_its_own_unit() {
        let pace = Pace { unit: Duration::from_millis(1) };
        assert_eq!(pace.poll(Presence::Working), Duration::from_millis(5));
        assert_eq!(pace.renewal(), Duration::from_millis(120));
    }
}
