//! What every quirk may look at: the list in force, the interaction, and the tally of what was done.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::exchange::Interaction;
use crate::quirk::Quirk;
use crate::quirks::Quirks;

/// How often each quirk changed something: a test that expects a difference can see that there was one.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<Quirk, u64>>);

impl Tally {
    pub(crate) fn note(&self, quirk: Quirk) {
        *lock(&self.0).entry(quirk).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> BTreeMap<Quirk, u64> {
        lock(&self.0).clone()
    }
}

/// A lock whose holder panicked still holds good values: every change under it is a single step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One exchange, as the quirks see it.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) quirks: &'a Quirks,
    pub(crate) interaction: &'a Interaction,
    pub(crate) tally: &'a Tally,
}

impl Scene<'_> {
    pub(crate) fn on(&self, quirk: Quirk) -> bool {
        self.quirks.contains(quirk)
    }

    /// Lets a quirk act if it is in force, and notes whether it changed something.
    pub(crate) fn play(&self, quirk: Quirk, act: impl FnOnce() -> bool) -> bool {
        let acted = self.on(quirk) && act();
        if acted {
            self.tally.note(quirk);
        }
        acted
    }

    /// Refuses with a quirk's status.
    pub(crate) fn refuse(&self, quirk: Quirk, code: &str, text: &str) -> crate::exchange::Answer {
        self.tally.note(quirk);
        let status = self.quirks.status(quirk).unwrap_or(400);
        crate::exchange::Answer::refusal(status, code, text)
    }
}
