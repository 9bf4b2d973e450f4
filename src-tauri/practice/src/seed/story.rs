//! The conversations of the last weeks, each drawn from a stream of chance of its own: how it went, and the
//! resources that tell it.

use super::Size;
use crate::{
    conversation::{Message, Progress, Thread, photo, work_item},
    people::{self, Party, Patient, id_of},
    photo as picture,
    words::Words,
};
use chrono::{DateTime, Duration, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// How a seeded conversation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// The patient wrote and waits.
    Waiting,
    /// The patient wrote, and wrote again.
    WroteAgain,
    /// A member replied.
    Answered,
    /// A member replied, the patient said thanks, and somebody closed that.
    Thanked,
    /// The practice wrote first, and nobody read it yet.
    Unread,
}

impl Story {
    fn draw(chance: &mut ChaCha8Rng) -> Self {
        match chance.random_range(0..100) {
            0..58 => Self::Waiting,
            58..68 => Self::WroteAgain,
            68..84 => Self::Answered,
            84..94 => Self::Thanked,
            _ => Self::Unread,
        }
    }

    /// Hours ago, at most, that it began.
    const fn oldest_hours(self) -> i64 {
        match self {
            Self::Waiting | Self::WroteAgain => 72,
            Self::Unread => 24 * 14,
            Self::Answered | Self::Thanked => 24 * 60,
        }
    }
}

/// Thread number `number` with its messages, work items and photos.
pub(super) fn conversation(size: Size, number: usize, words: &Words, now: DateTime<Utc>) -> Vec<Value> {
    let mut chance = ChaCha8Rng::seed_from_u64(size.seed);
    // Beyond the streams that the patients are drawn from.
    chance.set_stream((1 << 40) + number as u64);
    let chance = &mut chance;
    let id = |part: &str| id_of(&format!("thread/{}/{number}/{part}", size.seed));
    let patient = match number {
        // The first is always Ana's, for Leo.
        0 => size.patient(0, now),
        _ => size.patient(chance.random_range(0..size.patients.max(3)), now),
    };
    let story = if number == 0 { Story::Waiting } else { Story::draw(chance) };
    let opened = now - Duration::seconds(chance.random_range(300..story.oldest_hours() * 3600));
    let after = |from: DateTime<Utc>, minutes: i64| (from + Duration::minutes(minutes)).min(now);

    if story == Story::Unread
        && let Some(opening) = words.opening(&patient, chance)
    {
        return practice_wrote(&patient, &opening, opened, chance, &id);
    }
    let text = words.draw(&patient, chance);
    let (subject_line, body) = text.of(&patient);
    let writer = patient.writer();
    let mut thread = Thread {
        id: id("thread"),
        patient,
        category: text.category.clone(),
        subject_line,
        opener: writer.clone(),
        members: Vec::new(),
        opened,
    };
    let mut made = Vec::new();
    let attachment = text.photo.then(|| id("photo"));
    if let Some(attachment) = attachment {
        match picture::draw(chance) {
            Ok(png) => made.push(photo(attachment, &thread, &writer, opened, &png)),
            Err(error) => tracing::warn!(%error, "a photo could not be drawn"),
        }
    }
    let to_practice = vec![thread.pool().party()];
    let first = Message {
        id: id("first"),
        text: body,
        sender: writer.clone(),
        recipients: to_practice.clone(),
        sent: opened,
        received: None,
        in_response_to: None,
        attachment: attachment.filter(|_| !made.is_empty()),
    };
    let again = |before: &Message, text: String, minutes| Message {
        id: id("again"),
        text,
        sender: writer.clone(),
        recipients: to_practice.clone(),
        sent: after(before.sent, minutes),
        received: None,
        in_response_to: Some(before.id),
        attachment: None,
    };
    match story {
        Story::Waiting | Story::Unread => {
            made.push(work_item(&thread, &first, &text.priority, &Progress::Requested));
            made.push(first.resource(&thread));
        }
        Story::WroteAgain => {
            let minutes = chance.random_range(10..600);
            let second = again(&first, words.afterthought(&thread.patient, chance), minutes);
            for (message, priority) in [(&first, text.priority.as_str()), (&second, "routine")] {
                made.push(work_item(&thread, message, priority, &Progress::Requested));
                made.push(message.resource(&thread));
            }
        }
        Story::Answered | Story::Thanked => {
            let by = thread.pool().member(chance.random_range(0..5));
            thread.members.push(by.clone());
            let replied = after(opened, chance.random_range(20..2_000));
            let is_read = story == Story::Thanked || chance.random_bool(0.7);
            let reply = Message {
                id: id("reply"),
                text: words.reply(&thread.patient, &thread.category, chance),
                sender: by.clone(),
                recipients: thread.patient.parties(),
                sent: replied,
                received: is_read.then(|| after(replied, chance.random_range(1..900))),
                in_response_to: Some(first.id),
                attachment: None,
            };
            let progress = Progress::Replied { by: by.clone(), reply: reply.id, at: replied };
            made.push(work_item(&thread, &first, &text.priority, &progress));
            made.push(first.resource(&thread));
            made.push(reply.resource(&thread));
            if story == Story::Thanked {
                let minutes = chance.random_range(900..3_000);
                let thanks = again(&reply, words.answer(&thread.patient, chance), minutes);
                let closed = Progress::Closed { by, at: after(thanks.sent, 90) };
                made.push(work_item(&thread, &thanks, "routine", &closed));
                made.push(thanks.resource(&thread));
            }
        }
    }
    // The thread goes before what is in it.
    made.insert(0, thread.resource());
    made
}

/// A thread that a member began.
fn practice_wrote(
    patient: &Patient,
    opening: &crate::words::Opening,
    opened: DateTime<Utc>,
    chance: &mut ChaCha8Rng,
    id: &dyn Fn(&str) -> uuid::Uuid,
) -> Vec<Value> {
    let pool = people::Pool::of_category(&opening.category);
    let by: Party = pool.member(chance.random_range(0..5));
    let thread = Thread {
        id: id("thread"),
        patient: patient.clone(),
        category: opening.category.clone(),
        subject_line: opening.subject.clone(),
        opener: by.clone(),
        members: vec![by.clone()],
        opened,
    };
    let message = Message {
        id: id("first"),
        text: opening.text.clone(),
        sender: by,
        recipients: patient.parties(),
        sent: opened,
        received: None,
        in_response_to: None,
        attachment: None,
    };
    vec![thread.resource(), message.resource(&thread)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::collections::BTreeSet;

    fn size() -> Size {
        Size { seed: 7, patients: 24, threads: 300 }
    }

    fn all(now: DateTime<Utc>) -> Result<Vec<Value>, Error> {
        let words = Words::open(None)?;
        Ok((0..size().threads).flat_map(|number| conversation(size(), number, &words, now)).collect())
    }

    #[test]
    fn the_same_seed_tells_the_same_stories() -> Result<(), Error> {
        let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
        assert_eq!(all(now)?, all(now)?);
        Ok(())
    }

    #[test]
    fn every_id_is_used_once_and_every_incoming_message_has_its_work_item() -> Result<(), Error> {
        let all = all(DateTime::UNIX_EPOCH + Duration::days(20_000))?;
        let ids: BTreeSet<&str> = all.iter().filter_map(|r| r["id"].as_str()).collect();
        assert_eq!(ids.len(), all.len());
        let is_incoming = |message: &&Value| {
            let sender = message.pointer("/sender/reference").and_then(Value::as_str);
            message["partOf"].is_array() && sender.is_some_and(|s| !s.starts_with("PractitionerRole/"))
        };
        let incoming: BTreeSet<String> = all
            .iter()
            .filter(is_incoming)
            .map(|m| format!("Communication/{}", m["id"].as_str().unwrap_or_default()))
            .collect();
        let worked: BTreeSet<String> = all
            .iter()
            .filter(|r| r["resourceType"] == "Task")
            .filter_map(|t| t.pointer("/input/0/valueReference/reference")?.as_str())
            .map(str::to_owned)
            .collect();
        assert!(incoming.len() > 200);
        assert_eq!(incoming, worked);
        Ok(())
    }

    #[test]
    fn nothing_happens_in_the_future() -> Result<(), Error> {
        let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
        let latest = crate::conversation::instant(now);
        for resource in all(now)? {
            for at in ["sent", "received", "authoredOn", "lastModified"] {
                if let Some(at) = resource[at].as_str() {
                    assert!(at <= latest.as_str(), "{at}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn there_is_a_bit_of_everything() -> Result<(), Error> {
        let all = all(DateTime::UNIX_EPOCH + Duration::days(20_000))?;
        let has = |wanted: fn(&Value) -> bool| all.iter().any(wanted);
        assert!(has(|r| r["resourceType"] == "DocumentReference"));
        assert!(has(|r| r["priority"] == "stat"));
        assert!(has(|r| r["status"] == "completed" && r["output"].is_array()));
        assert!(has(|r| r["status"] == "completed" && r["owner"].is_object() && r["output"].is_null()));
        assert!(has(|r| r["received"].is_string()));
        Ok(())
    }
}
