//! When a changed calendar, or a changed zone, begins to count (rule 18).
//!
//! A closed period is what a patient gets one reply in. Were a change to take effect in the middle of one, the
//! period would have another beginning than it had when the reply was sent, and the patient would get a second one.
//! So a change waits until the practice is open by the old calendar and by the new: then no closed period of either
//! is running. While it is open by both, as when somebody enters at two that it closes at three today, that is at
//! once. Entered while closed ("open today after all"), it counts for due times, and for automatic replies after
//! the running period; the screen shows from when.

use chrono::{DateTime, Utc};

use super::Hours;

/// The instant from which automatic replies are judged by `after`, after it was changed from `before` at
/// `changed_at`. That instant itself, where the two are never open together within the horizon: there is no later
/// time to wait for.
pub fn change_applies_from(before: &Hours, after: &Hours, changed_at: DateTime<Utc>) -> DateTime<Utc> {
    let (mut old, mut new) = (before.open_from(changed_at).peekable(), after.open_from(changed_at).peekable());
    while let (Some(a), Some(b)) = (old.peek(), new.peek()) {
        let both = a.start.max(b.start);
        if both < a.end.min(b.end) {
            return both;
        }
        if a.end <= b.end {
            old.next();
        } else {
            new.next();
        }
    }
    changed_at
}
