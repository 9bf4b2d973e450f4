//! Failures on the way, from a seed.
//!
//! Each fault throws dice of its own, so adding one to a list doesn't move the others, and the same seed and
//! order of requests fail in the same places. Side by side, requests come in any order; what a seed fixes then
//! is how many fail, not which.

use std::sync::Mutex;

use axum::body::Bytes;
use axum::http::Method;
use axum::http::header::RETRY_AFTER;
use chacha20::ChaCha8Rng;
use hyper::body::{Body, Frame, SizeHint};
use rand::{RngExt, SeedableRng};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::exchange::Answer;
use crate::fault::{Fault, Trigger};
use crate::forms::error_page;
use crate::quirk::Quirk;
use crate::quirks::Quirks;
use crate::scene::lock;

const PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>Guest network</h1><p>Accept the terms to go on.</p></body></html>\n";

/// The faults in force, with their dice and how often they may strike yet.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    quirk: Quirk,
    fault: Fault,
    /// Strikes left; none means that the dice decide.
    left: Option<u32>,
    dice: ChaCha8Rng,
}

/// A request, as far as a fault looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) relative: Option<&'a str>,
    pub(crate) fhir: bool,
}

/// A fault that struck, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Struck(pub(crate) Option<u64>);

impl Faults {
    pub(crate) fn new(quirks: &Quirks, seed: u64) -> Self {
        let armed = quirks.faults().enumerate().map(|(place, (quirk, fault))| {
            let of_its_own = ((quirk as u64) << 32) | place as u64;
            Armed {
                quirk,
                fault: fault.clone(),
                left: match fault.trigger {
                    Trigger::Times(times) => Some(times),
                    Trigger::Probability(_) => None,
                },
                dice: ChaCha8Rng::seed_from_u64(seed ^ of_its_own),
            }
        });
        Self(Mutex::new(armed.collect()))
    }

    /// Whether a fault strikes this request.
    pub(crate) fn strike(&self, quirk: Quirk, call: Call<'_>) -> Option<Struck> {
        lock(&self.0)
            .iter_mut()
            .filter(|armed| armed.quirk == quirk)
            .find_map(|armed| armed.strikes(call).then_some(Struck(armed.fault.number)))
    }
}

impl Armed {
    fn strikes(&mut self, call: Call<'_>) -> bool {
        let meant = match &self.fault.target {
            Some(target) => target.matches(call.method, call.path, call.relative),
            None => call.fhir,
        };
        if !meant {
            return false;
        }
        match (&mut self.left, self.fault.trigger) {
            (Some(0), _) => false,
            (Some(left), _) => {
                *left -= 1;
                true
            }
            (None, Trigger::Probability(probability)) => self.dice.random_bool(probability),
            (None, Trigger::Times(_)) => false,
        }
    }
}

/// The answer of a fault that answers.
pub(crate) fn answer(quirk: Quirk, struck: Struck) -> Answer {
    let page = |status| Answer::html(status, error_page(status));
    let mut answer = match quirk {
        Quirk::Status429 => Answer::refusal(429, "throttled", "Too many requests"),
        Quirk::Status500 => Answer::refusal(500, "exception", "Internal error"),
        Quirk::Status503 => page(503),
        Quirk::Status504 => page(504),
        _ => Answer::html(200, PORTAL.to_owned()),
    };
    let seconds = struck.0.or((quirk == Quirk::Status429).then_some(1));
    if let Some(seconds) = seconds.filter(|_| matches!(quirk, Quirk::Status429 | Quirk::Status503)) {
        answer.set_header(RETRY_AFTER, &seconds.to_string());
    }
    answer
}

/// A body that promises its whole length and breaks off in the middle.
#[derive(Debug)]
pub(crate) struct HalfBody {
    half: Option<Bytes>,
    length: u64,
    flushed: bool,
}

/// What a broken-off body ends with.
#[derive(Debug, thiserror::Error)]
#[error("the body was broken off by the quirk half-body")]
pub(crate) struct BrokenOff;

impl HalfBody {
    pub(crate) fn of(bytes: &Bytes) -> Self {
        Self { half: Some(bytes.slice(..bytes.len() / 2)), length: bytes.len() as u64, flushed: false }
    }
}

impl Body for HalfBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.flushed {
            // One pause, in which the server sends what it has: otherwise nothing at all would arrive.
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(BrokenOff)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(list: &str, seed: u64) -> Vec<bool> {
        let faults = Faults::new(&list.parse().unwrap(), seed);
        let call = Call { method: &Method::POST, path: "/fhir/Task", relative: Some("Task"), fhir: true };
        (0..200).map(|_| faults.strike(Quirk::DropAfter, call).is_some()).collect()
    }

    #[test]
    fn a_seed_fixes_which_requests_fail() {
        let failed = strikes("drop-after=0.3", 7);
        assert_eq!(failed, strikes("drop-after=0.3", 7));
        assert_ne!(failed, strikes("drop-after=0.3", 8));
        let count = failed.iter().filter(|failed| **failed).count();
        assert!((30..90).contains(&count), "{count} of 200");
    }

    #[test]
    fn once_is_once() {
        let failed = strikes("drop-after=once@POST:Task,drop-after=2x", 1);
        assert_eq!(failed.iter().filter(|failed| **failed).count(), 3);
        assert!(failed[..3].iter().all(|failed| *failed));
    }

    #[test]
    fn sign_in_fails_only_when_it_is_named() {
        let token = Call { method: &Method::POST, path: "/auth/token", relative: None, fhir: false };
        let faults = |list: &str| Faults::new(&list.parse().unwrap(), 1);
        assert_eq!(faults("drop-before=always").strike(Quirk::DropBefore, token), None);
        assert!(faults("drop-before=always@POST:/auth/token").strike(Quirk::DropBefore, token).is_some());
    }
}
