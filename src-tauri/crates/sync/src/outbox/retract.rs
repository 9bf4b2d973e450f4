//! Second copies of something of ours: the earliest counts, the others are marked entered-in-error.
//!
//! A lost answer on a server that makes a resource twice leaves two of a message. The pull finds them by their
//! identifier and notes the later one; here it is retracted, under its version, never deleted. What another system
//! wrote is never touched, whatever identifier it carries: who sent it, and what it is called, is read anew first.
//!
//! Nobody waits for it, so it has a lane of its own: no reply stands behind a server that is slow about it. One that
//! can't be retracted now is put off, for longer each time, and for long where the server refuses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use tern_fhir::{
    answer::{ReadAnswer, to_read},
    search,
    write::{change::Current, edit::Edit},
};
use tern_inbox::outbox::Answer;
use tern_store::Extra;

use super::{Lane, Lanes, Outbox, OutboxError, Written, from_std};

/// In units of the pace: before one that the server refuses to retract is tried again.
const AFTER_A_REFUSAL: u32 = 60 * 60;

/// Second copies that could not be retracted, by their server id: when they may be tried again, and tries so far. Kept
/// in memory: after a restart the worst is one request more.
#[derive(Default)]
pub(super) struct PutOff(Mutex<HashMap<String, (DateTime<Utc>, u32)>>);

impl PutOff {
    /// Not before the instant; none where it was never put off.
    fn until(&self, extra: &Extra) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&extra.server_id).map(|(at, _)| *at)
    }

    /// Tried in vain: not before the instant that follows from the tries so far.
    fn again(&self, extra: &Extra, at: impl FnOnce(u32) -> DateTime<Utc>) {
        let mut extras = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = extras.get(&extra.server_id).map_or(0, |(_, tries)| tries.saturating_add(1));
        extras.insert(extra.server_id.clone(), (at(tries), tries));
    }

    fn forget(&self, extra: &Extra) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&extra.server_id);
    }
}

/// What became of one.
enum Outcome {
    /// Nothing is left to retract.
    Done,
    /// The server does not want it retracted.
    Refused,
    /// It could not be done now.
    NotNow,
}

impl Outbox {
    /// Begins to retract what the pull noted and may be tried now, beside everything else; says when the next may.
    pub(super) async fn start_retracting(
        self: &Arc<Self>,
        lanes: &mut Lanes,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let (later, due): (Vec<_>, Vec<_>) = self
            .book
            .extras()
            .await?
            .into_iter()
            .partition(|extra| self.put_off.until(extra).is_some_and(|until| until > now));
        if !due.is_empty() && !lanes.busy.contains(&Lane::Extras) {
            lanes.begin(Lane::Extras, Arc::clone(self).retract_extras(due));
        }
        Ok(later.iter().filter_map(|extra| self.put_off.until(extra)).min())
    }

    async fn retract_extras(self: Arc<Self>, extras: Vec<Extra>) -> Result<(), OutboxError> {
        for extra in &extras {
            match self.retract(extra).await? {
                Outcome::Done => {
                    self.book.retracted(self.time.now(), extra).await?;
                    self.put_off.forget(extra);
                }
                Outcome::Refused => {
                    let wait = from_std(self.pace.unit * AFTER_A_REFUSAL);
                    self.put_off.again(extra, |_| self.time.now() + wait);
                }
                Outcome::NotNow => {
                    let chance = extra.server_id.bytes().map(u64::from).sum();
                    let wait = |tries| from_std(self.pace.backoff(tries, chance));
                    self.put_off.again(extra, |tries| self.time.now() + wait(tries));
                }
            }
        }
        Ok(())
    }

    async fn retract(&self, extra: &Extra) -> Result<Outcome, OutboxError> {
        let Ok(response) = self.line.send(search::read(extra.kind.as_str(), &extra.server_id)).await else {
            return Ok(Outcome::NotNow);
        };
        match to_read(&response) {
            ReadAnswer::Here => {}
            ReadAnswer::Gone => return Ok(Outcome::Done),
            ReadAnswer::SignInAgain | ReadAnswer::Later { .. } => return Ok(Outcome::NotNow),
            _ => return Ok(Outcome::Refused),
        }
        let Ok(current) = Current::of_response(&response) else { return Ok(Outcome::NotNow) };
        if Edit::Retract.stands_in(current.json()) {
            return Ok(Outcome::Done);
        }
        if !self.made(current.json(), extra) {
            tracing::warn!(kind = extra.kind.as_str(), id = %extra.server_id, "not a copy of ours: left as it is");
            return Ok(Outcome::Done);
        }
        let Ok(request) = current.change(&Edit::Retract, self.facts.server().changing()) else {
            return Ok(Outcome::Done);
        };
        Ok(match self.write(request).await? {
            Written::Answered { verdict, .. } => match verdict.answer {
                Answer::Accepted => Outcome::Done,
                // Gone or not, the next read tells.
                Answer::Refused { .. } => Outcome::Refused,
                _ => Outcome::NotNow,
            },
            Written::Unanswered(_) => Outcome::NotNow,
        })
    }

    /// Whether a resource is a copy of what the member made here: under our identifier, and from the member.
    fn made(&self, resource: &serde_json::Value, extra: &Extra) -> bool {
        let ours = format!("urn:uuid:{}", extra.of);
        let mut identifiers = resource["identifier"].as_array().into_iter().flatten();
        let sender = resource["sender"]["reference"].as_str().unwrap_or_default();
        identifiers.any(|identifier| identifier["value"] == ours.as_str())
            && self.me.references.iter().any(|me| {
                // By its path, or by the whole address.
                sender.strip_suffix(me.as_str()).is_some_and(|base| base.is_empty() || base.ends_with('/'))
            })
    }
}
