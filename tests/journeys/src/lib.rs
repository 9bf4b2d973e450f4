//! The real window, driven as a person would.
//!
//! A journey starts a sample practice, opens Tern's window on a profile of its own through WebKitWebDriver,
//! signs in through a stand-in for the browser, works by keyboard, and looks at the practice's server from the
//! other side. Nothing is waited for by the clock: a journey waits for what it can see, and gives up after a
//! stated time.

#[cfg(target_os = "linux")]
pub mod bus;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod driver;
#[cfg(target_os = "linux")]
pub mod logind;
pub mod practice;
pub mod road;
pub mod traces;
pub mod window;

/// What stops a journey.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Seconds after which something that was waited for counts as not coming.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
