//! Patients who keep writing: over the day, at the pace asked for, and what they do with answers.
//!
//! Chance decides (a Poisson process by the practice's seed): when the next message comes, who
//! writes it, how long until an answer is read, whether it is answered. Reading sets `received`,
//! which is what this practice's server means by *opened*.

mod patients;

pub(crate) use patients::{Arrived, Patients};

use crate::Error;
use chrono::Utc;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;
use uuid::Uuid;

/// Of what they read, how much patients answer.
const ANSWERED: f64 = 0.3;

/// How fast the day goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// Mean seconds between messages.
    gap: f64,
    /// Mean seconds until an answer is read.
    reading: f64,
}

impl Pace {
    /// `per_hour` messages; none at all for zero or less.
    pub(crate) fn per_hour(per_hour: f64) -> Option<Self> {
        (per_hour > 0.0 && per_hour.is_finite()).then(|| {
            let gap = 3_600.0 / per_hour;
            Self {
                gap,
                // A drill at high speed reads fast; nobody takes longer than half an hour.
                reading: (gap * 2.0).clamp(5.0, 1_800.0),
            }
        })
    }

    /// How often to look for answers.
    fn look(&self) -> Duration {
        Duration::from_secs_f64((self.reading / 5.0).clamp(1.0, 15.0))
    }
}

/// An exponentially distributed time, as a Poisson process has between its events.
fn wait(mean_seconds: f64, chance: &mut ChaCha8Rng) -> Duration {
    let uniform: f64 = chance.random_range(0.0..1.0);
    Duration::from_secs_f64(-mean_seconds * (1.0 - uniform).ln())
}

/// What will be read, and when.
type ToRead = BTreeMap<(Instant, String), Value>;

/// Goes on until it is aborted; what fails is logged and tried at the next turn.
pub(crate) async fn keep_writing(patients: Patients, pace: Pace) {
    let mut since = Utc::now();
    let mut seen = std::collections::BTreeSet::new();
    let mut to_read = ToRead::new();
    let mut look = tokio::time::interval(pace.look());
    let mut next = Instant::now() + wait(pace.gap, &mut *patients.chance.lock().await);
    loop {
        let done = tokio::select! {
            () = tokio::time::sleep_until(next) => {
                next = Instant::now() + wait(pace.gap, &mut *patients.chance.lock().await);
                patients.anybody_writes(1).await.map(drop)
            }
            _ = look.tick() => async {
                let (unread, latest) = patients.unread_since(since).await?;
                since = latest;
                for message in unread {
                    let id = message["id"].as_str().unwrap_or_default().to_owned();
                    if seen.insert(id.clone()) {
                        let after = wait(pace.reading, &mut *patients.chance.lock().await);
                        to_read.insert((Instant::now() + after, id), message);
                    }
                }
                read_what_is_due(&patients, &mut to_read).await
            }.await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a patient could not do what they wanted");
        }
    }
}

async fn read_what_is_due(patients: &Patients, to_read: &mut ToRead) -> Result<(), Error> {
    while let Some(entry) = to_read.first_entry() {
        if entry.key().0 > Instant::now() {
            break;
        }
        let ((_, id), message) = entry.remove_entry();
        patients.reads(&id).await?;
        let thread = message.pointer("/partOf/0/reference").and_then(Value::as_str);
        let answer = {
            let chance = &mut *patients.chance.lock().await;
            let patient = message
                .pointer("/subject/reference")
                .and_then(Value::as_str)
                .and_then(|reference| patients.called(reference, Utc::now()));
            patient.filter(|_| chance.random_bool(ANSWERED)).map(|patient| patients.words.answer(&patient, chance))
        };
        if let (Some(thread), Some(answer)) = (thread, answer) {
            let before = Uuid::try_parse(&id).ok();
            patients.writes_again(thread, answer, before).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn nobody_writes_at_no_pace_and_waits_come_out_at_their_mean() {
        assert_eq!(Pace::per_hour(0.0), None);
        assert_eq!(Pace::per_hour(-1.0), None);
        assert_eq!(Pace::per_hour(f64::NAN), None);
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let rounds = 20_000;
        let total: f64 = (0..rounds).map(|_| wait(60.0, &mut chance).as_secs_f64()).sum();
        let mean = total / f64::from(rounds);
        assert!((57.0..63.0).contains(&mean), "{mean}");
    }
}
