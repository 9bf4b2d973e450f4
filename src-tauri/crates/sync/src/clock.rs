//! Time as an argument: the machine's clock, and how far the server's is from it.

use chrono::{DateTime, Utc};

/// Where the engine gets its time from; a test gives it a fake one.
pub trait Clock: Send + Sync + 'static {
    /// The machine's idea of now.
    fn now(&self) -> DateTime<Utc>;

    /// Ends after `wait` on this clock.
    fn sleep(&self, wait: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn sleep(&self, wait: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(wait))
    }
}
