//! A practice with people in it, and patients who write.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use tern_inbox::party::PartyKind;

use crate::{FakeClock, Practice, people};

/// An R4 instant.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A practice with everybody in it and `threads` conversations (`t0`, `t1` …), in each of which Ana has written
/// one message (`t0-m0`) that waits as a work item (`t0-w0`).
pub fn practice(clock: &Arc<FakeClock>, threads: usize) -> Arc<Practice> {
    let practice = Practice::new(Arc::clone(clock));
    for person in people::everybody() {
        practice.store(person);
    }
    for number in 0..threads {
        let thread = format!("t{number}");
        practice.store(people::thread(&thread, "Fever since Tuesday"));
        ana_writes(&practice, &thread, 0, "He has a fever since Tuesday.");
    }
    practice
}

/// Ana writes into a thread, which makes a work item.
pub fn ana_writes(practice: &Practice, thread: &str, number: usize, text: &str) {
    let sent = instant(practice.now() - TimeDelta::minutes(5));
    let message = format!("{thread}-m{number}");
    practice.store(people::message(&message, thread, people::ANA, &sent, text));
    practice.store(people::work_item(&format!("{thread}-w{number}"), thread, &message));
}

/// What the practice has written in a thread, in the order of sending; retracted ones left out.
pub fn answers(practice: &Practice, thread: &str) -> Vec<Value> {
    let part_of = format!("Communication/{thread}");
    let mut answers: Vec<_> = practice
        .all("Communication")
        .into_iter()
        .filter(|row| row["partOf"][0]["reference"] == part_of.as_str())
        .filter(|row| row["status"] != "entered-in-error")
        .filter(|row| {
            let sender = row["sender"]["reference"].as_str().unwrap_or_default();
            tern_inbox::party::PartyRef::new(sender).kind() == PartyKind::Member
        })
        .collect();
    answers.sort_by_key(|row| row["sent"].as_str().map(str::to_owned));
    answers
}

/// The text of a message.
pub fn text(message: &Value) -> &str {
    message["payload"][0]["contentString"].as_str().unwrap_or_default()
}
