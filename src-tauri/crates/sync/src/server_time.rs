//! What time it is at the server: the machine's clock plus how far the server's is from it.
//!
//! Every due time and every claim is judged by the server's clock, because two machines must come to the same.
//! It is read from the `Date` header of each answer (RFC 9110), which counts whole seconds, so differences
//! below two seconds are taken for none and small wavering moves nothing.
//!
//! How far it was off in the last run is kept ([`OFFSET`]), so that a clock which stays wrong is put right once, and not
//! at each start with what was dated rightly meanwhile.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::clock::Clock;

/// Below this, the clocks agree as far as the header can tell.
const RESOLUTION_MS: i64 = 2_000;

/// Above this, a person is told.
const WARN_ABOVE_MINUTES: i64 = 2;

/// The setting that keeps the offset by which everything in the cache is dated: milliseconds, positive where this
/// machine is behind. Moved in the transaction that dates it anew.
pub(crate) const OFFSET: &str = "clock-offset-ms";

/// The server's clock, as well as this machine can know it.
pub(crate) struct ServerTime {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    jumped: Notify,
}

/// What moves together.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    offset_ms: i64,
    /// How far the offset has moved since it was last asked for.
    jumped_ms: i64,
    /// Whether the server has answered anything, be it without a date.
    told: bool,
}

impl ServerTime {
    /// Starts with the machine's clock.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self::off_by(clock, TimeDelta::zero())
    }

    /// Starts with the machine's clock and how far the server's was from it in the last run.
    pub(crate) fn off_by(clock: Arc<dyn Clock>, offset: TimeDelta) -> Self {
        let known = Known { offset_ms: offset.num_milliseconds(), ..Known::default() };
        Self { clock, known: Mutex::new(known), jumped: Notify::new() }
    }

    /// Now, at the server.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::milliseconds(self.known().offset_ms)
    }

    /// Now, at this machine: for what only this machine compares (undo seconds, next tries).
    pub(crate) fn here(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Ends after `wait`.
    pub(crate) async fn sleep(&self, wait: Duration) {
        self.clock.sleep(wait).await;
    }

    /// Learns from an answer's `Date`; the request left at `sent`, by this machine's clock.
    ///
    /// The date was written somewhere between `sent` and now, so an answer that took long says little: what is
    /// known stays unless the answer rules it out. Otherwise time would jump back and forth on a slow way, and a
    /// later reply could bear an earlier time than the one before it.
    pub(crate) fn learn(&self, date: Option<DateTime<Utc>>, sent: DateTime<Utc>) {
        let now = self.clock.now();
        let mut known = self.known();
        if !std::mem::replace(&mut known.told, true) {
            self.jumped.notify_one();
        }
        let Some(date) = date else { return };
        let possible = (date - now).num_milliseconds()..=(date - sent).num_milliseconds();
        if possible.contains(&known.offset_ms) {
            return;
        }
        let middle = sent + (now - sent) / 2;
        let measured = (date - middle).num_milliseconds();
        let next = if measured.abs() < RESOLUTION_MS { 0 } else { measured };
        let moved = next - known.offset_ms;
        if moved.abs() >= RESOLUTION_MS {
            *known = Known { offset_ms: next, jumped_ms: known.jumped_ms + moved, ..*known };
            drop(known);
            self.jumped.notify_one();
        }
    }

    /// Whether the server was heard of in this run: before, nobody knows how far this clock is from its.
    pub(crate) fn is_told(&self) -> bool {
        self.known().told
    }

    /// Ends when this clock was told, or put right, since the last time; one waits for it.
    pub(crate) async fn jumped(&self) {
        self.jumped.notified().await;
    }

    /// By how much this clock was put right since this was last asked: whatever waits for an instant that was read
    /// from it before has to be timed anew.
    pub(crate) fn take_jump(&self) -> Option<TimeDelta> {
        let jumped = std::mem::take(&mut self.known().jumped_ms);
        (jumped != 0).then(|| TimeDelta::milliseconds(jumped))
    }

    /// What waits could not be timed anew after all: the jump is still to be taken.
    pub(crate) fn put_back(&self, jump: TimeDelta) {
        self.known().jumped_ms += jump.num_milliseconds();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds by which this machine is behind the server (negative: ahead).
    pub(crate) fn offset_ms(&self) -> i64 {
        self.known().offset_ms
    }

    /// Minutes by which this machine is behind the server (negative: ahead), where a person should know.
    pub(crate) fn minutes_off(&self) -> Option<i32> {
        let minutes = self.known().offset_ms / 60_000;
        (minutes.abs() >= WARN_ABOVE_MINUTES).then(|| i32::try_from(minutes).unwrap_or(i32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::Pin, sync::Mutex};

    use chrono::TimeZone as _;

    use super::*;

    struct Stopped(Mutex<DateTime<Utc>>);

    impl Clock for Stopped {
        fn now(&self) -> DateTime<Utc> {
            *self.0.lock().expect("not poisoned")
        }

        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(std::future::pending())
        }
    }

    fn at(second: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 6, 14, 0, second).single().expect("an instant")
    }

    fn clock_at(now: DateTime<Utc>) -> ServerTime {
        ServerTime::new(Arc::new(Stopped(Mutex::new(now))))
    }

    #[test]
    fn whole_seconds_of_the_header_are_no_difference() {
        let time = clock_at(at(10));
        time.learn(Some(at(9)), at(10));
        assert_eq!(time.now(), at(10));
        assert_eq!(time.minutes_off(), None);
    }

    #[test]
    fn a_clock_that_is_a_day_off_is_corrected_and_said() {
        let time = clock_at(at(10));
        time.learn(Some(at(10) + TimeDelta::days(1)), at(10));
        assert_eq!(time.now(), at(10) + TimeDelta::days(1));
        assert_eq!(time.minutes_off(), Some(24 * 60));
        time.learn(Some(at(11) + TimeDelta::days(1)), at(10));
        assert_eq!(time.now(), at(10) + TimeDelta::days(1), "wavering moves nothing");
        time.learn(Some(at(10)), at(10));
        assert_eq!(time.minutes_off(), None, "set right again");
    }

    #[test]
    fn an_answer_that_took_long_is_judged_by_its_middle() {
        let time = clock_at(at(40));
        time.learn(Some(at(20)), at(0));
        assert_eq!(time.now(), at(40));
    }

    #[test]
    fn a_slow_answer_moves_nothing_that_it_does_not_rule_out() {
        let time = clock_at(at(10));
        // Twelve seconds on the way, all of them there or all of them back.
        let left = at(10) - TimeDelta::seconds(12);
        for date in [left, at(10)] {
            time.learn(Some(date), left);
            assert_eq!(time.now(), at(10), "{date}");
        }
        time.learn(Some(at(20)), left);
        assert_eq!(time.now(), at(26), "the server's clock is ahead in any case");
    }

    #[test]
    fn a_jump_that_many_answers_tell_of_at_once_is_one() {
        let day = TimeDelta::days(1);
        for round in 0..500 {
            let (time, together) = (clock_at(at(10)), std::sync::Barrier::new(4));
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        together.wait();
                        time.learn(Some(at(10) + day), at(10));
                    });
                }
            });
            assert_eq!(time.take_jump(), Some(day), "{round}");
        }
    }

    #[test]
    fn a_jump_that_could_not_be_followed_is_taken_again_with_what_came_since() {
        let time = clock_at(at(10));
        time.learn(Some(at(40)), at(10));
        let jump = time.take_jump().expect("a jump");
        time.learn(Some(at(20)), at(10));
        time.put_back(jump);
        assert_eq!(time.take_jump(), Some(TimeDelta::seconds(10)));
        assert_eq!(time.take_jump(), None);
    }

    #[test]
    fn two_minutes_are_worth_a_word() {
        let time = clock_at(at(0));
        time.learn(Some(at(0) - TimeDelta::seconds(119)), at(0));
        assert_eq!(time.minutes_off(), None);
        time.learn(Some(at(0) - TimeDelta::seconds(125)), at(0));
        assert_eq!(time.minutes_off(), Some(-2));
        time.learn(None, at(0));
        assert_eq!(time.minutes_off(), Some(-2));
    }
}
