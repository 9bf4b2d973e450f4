//! A clock that stands still while anybody works, and jumps to the next appointment when nobody does.

use std::{
    pin::Pin,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tern_sync::clock::Clock;

/// Tokio's paused clock with a date on it. Only inside `#[tokio::test(start_paused = true)]` or a runtime built
/// so: time then passes when every task waits for time, and no thread works (`spawn_blocking` included).
#[derive(Debug)]
pub struct FakeClock {
    origin: DateTime<Utc>,
    started: tokio::time::Instant,
    wrong_by_ms: AtomicI64,
}

impl FakeClock {
    /// Friday, 6 March 2026, 14:00 UTC.
    pub fn friday_afternoon() -> Self {
        let origin = Utc.with_ymd_and_hms(2026, 3, 6, 14, 0, 0).single().unwrap_or_default();
        Self { origin, started: tokio::time::Instant::now(), wrong_by_ms: AtomicI64::new(0) }
    }

    /// What a good clock says.
    pub fn truth(&self) -> DateTime<Utc> {
        self.origin + TimeDelta::from_std(self.started.elapsed()).unwrap_or_default()
    }

    /// From now on this machine's clock is wrong by so much.
    pub fn is_wrong_by(&self, wrong: TimeDelta) {
        self.wrong_by_ms.store(wrong.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        self.truth() + TimeDelta::milliseconds(self.wrong_by_ms.load(Ordering::SeqCst))
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(wait))
    }
}
