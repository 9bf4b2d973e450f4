//! Places at which a fault test can make the process die, by name.
//!
//! With the feature `kill-points` off (always, but in `tests/faults`) the macro expands to nothing. With it on,
//! `TERN_KILL_AT=outbox.after-send:3` aborts the process when that place is reached for the third time, as
//! `kill -9` would: no destructor runs, nothing is flushed.
//!
//! | name | between |
//! |---|---|
//! | `pull.before-commit` | a page was read, nothing is stored |
//! | `pull.after-commit` | rows and cursor are stored, nobody was told |
//! | `outbox.before-taken` | a row is ready, the cache doesn't say so yet |
//! | `outbox.before-send` | the cache says *sending*, nothing has left |
//! | `outbox.after-send` | the server has answered, the cache doesn't know |
//! | `outbox.after-commit` | the cache knows |

/// Dies here when the environment asks for it.
#[cfg(feature = "kill-points")]
macro_rules! kill_point {
    ($name:literal) => {
        $crate::kill::reached($name)
    };
}

/// Nothing.
#[cfg(not(feature = "kill-points"))]
macro_rules! kill_point {
    ($name:literal) => {};
}

pub(crate) use kill_point;

/// What `TERN_KILL_AT` asks for: a name, and at which visit (from 1).
#[cfg(feature = "kill-points")]
struct KillAt {
    name: String,
    visits_left: std::sync::atomic::AtomicI64,
}

#[cfg(feature = "kill-points")]
pub(crate) fn reached(name: &str) {
    use std::sync::{OnceLock, atomic::Ordering};

    static KILL_AT: OnceLock<Option<KillAt>> = OnceLock::new();
    let wanted = KILL_AT.get_or_init(|| {
        let text = std::env::var("TERN_KILL_AT").ok()?;
        let (name, nth) = text.split_once(':').unwrap_or((&text, "1"));
        Some(KillAt { name: name.to_owned(), visits_left: std::sync::atomic::AtomicI64::new(nth.parse().ok()?) })
    });
    if let Some(wanted) = wanted
        && wanted.name == name
        && wanted.visits_left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::process::abort();
    }
}
