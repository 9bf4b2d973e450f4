//! The two locks.
//!
//! ```text
//!            idle N min, key                  M hours, suspend, sign-out of the system
//!   Open ───────────────────> screen lock ─────────────────────────────> deep lock
//!    ^ <──────── PIN, browser ────┘                                          │
//!    └───────────────────────── PIN, browser (file opened anew) ─────────────┘
//! ```
//! *Screen lock*: contents leave the page and the window, the engine goes on. *Deep lock*: what is ready is
//! sent (ten seconds at most), the engine stops, the key is wiped and the file closed. Drafts are in the file
//! all the while, so they survive both.

use chrono::{DateTime, Duration, Utc};

use crate::dto::{LockKind, Settings};

/// Which lock is due at `now`: idle minutes count from the last key or pointer, deep hours from the last
/// unlock or activity, whichever is later; a clock that jumped far ahead is a machine that slept.
pub(crate) fn due(now: DateTime<Utc>, last_activity: DateTime<Utc>, settings: &Settings) -> Option<LockKind> {
    let idle = now - last_activity;
    if idle >= Duration::hours(settings.deep_lock_hours.into()) {
        Some(LockKind::Deep)
    } else if idle >= Duration::minutes(settings.screen_lock_minutes.into()) {
        Some(LockKind::Screen)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use tern_sync::clock::Clock as _;

    use super::*;
    use crate::scene::Machine;

    #[test]
    fn idle_minutes_lock_the_screen_and_hours_the_file() {
        let settings = Settings { screen_lock_minutes: 10, deep_lock_hours: 8, ..Settings::default() };
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for (minutes, expected) in [
            (0, None),
            (9, None),
            (10, Some(LockKind::Screen)),
            (479, Some(LockKind::Screen)),
            (480, Some(LockKind::Deep)),
        ] {
            assert_eq!(due(start + Duration::minutes(minutes), start, &settings), expected, "{minutes} minutes");
        }
        // A clock turned back locks nothing by itself.
        assert_eq!(due(start - Duration::hours(9), start, &settings), None);
    }

    #[tokio::test]
    async fn a_clock_put_back_puts_no_lock_off() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        let minutes = Duration::minutes(program.settings().screen_lock_minutes.into());
        let put_back = machine.clock.now() - Duration::days(1);
        machine.clock.set(put_back);
        assert_eq!(program.lock_if_due().await, None);
        assert!(program.desk().is_ok());
        machine.clock.set(put_back + minutes);
        assert_eq!(program.lock_if_due().await, None);
        assert!(program.screen_locked_desk().is_some());
    }
}
