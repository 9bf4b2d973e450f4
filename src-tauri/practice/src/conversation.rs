//! The shapes of a conversation on the wire, exactly as `3-fhir.md` draws them: thread, message,
//! work item, attached photo. Pure: what goes in comes out as JSON.

use crate::{
    people::{Party, Patient, Pool, identifier, practice_id},
    vocabulary::{
        CATEGORY_SYSTEM, INPUT_MESSAGE, OUTPUT_REPLY, TASK_CODE_SYSTEM, TASK_PART_SYSTEM, WORK_ITEM, work_item_identity,
    },
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use uuid::Uuid;

/// An R4 instant, in UTC and milliseconds.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A thread: `Communication` without `partOf` and `payload`.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub id: Uuid,
    pub patient: Patient,
    /// Code of `vocabulary::category`.
    pub category: String,
    pub subject_line: String,
    /// Who opened it.
    pub opener: Party,
    /// Members who wrote in it.
    pub members: Vec<Party>,
    pub opened: DateTime<Utc>,
}

impl Thread {
    /// The pool it is worked in.
    pub(crate) fn pool(&self) -> &'static Pool {
        Pool::of_category(&self.category)
    }

    /// The Communication; `recipient` names everybody, the opener too.
    pub(crate) fn resource(&self) -> Value {
        let mut recipients = self.patient.parties();
        recipients.push(self.pool().party());
        for member in &self.members {
            if !recipients.contains(member) {
                recipients.push(member.clone());
            }
        }
        json!({
            "resourceType": "Communication",
            "id": self.id.to_string(),
            "identifier": [identifier(self.id)],
            "status": "in-progress",
            "category": [category(&self.category)],
            "medium": [medium()],
            "subject": self.patient.party().json(),
            "topic": {"text": self.subject_line},
            "sent": instant(self.opened),
            "sender": self.opener.json(),
            "recipient": recipients.iter().map(Party::json).collect::<Vec<_>>()
        })
    }
}

/// A message in a thread.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub id: Uuid,
    pub text: String,
    pub sender: Party,
    pub recipients: Vec<Party>,
    pub sent: DateTime<Utc>,
    /// When the patient read it; only messages to patients have it.
    pub received: Option<DateTime<Utc>>,
    pub in_response_to: Option<Uuid>,
    /// A DocumentReference sent along.
    pub attachment: Option<Uuid>,
}

impl Message {
    /// The Communication, part of `thread`.
    pub(crate) fn resource(&self, thread: &Thread) -> Value {
        let mut payload = vec![json!({"contentString": self.text})];
        if let Some(attachment) = self.attachment {
            payload.push(json!({"contentReference": {
                "reference": format!("DocumentReference/{attachment}"),
                "type": "DocumentReference"
            }}));
        }
        let mut message = json!({
            "resourceType": "Communication",
            "id": self.id.to_string(),
            "identifier": [identifier(self.id)],
            "partOf": [{"reference": format!("Communication/{}", thread.id)}],
            "status": "completed",
            "category": [category(&thread.category)],
            "medium": [medium()],
            "subject": thread.patient.party().json(),
            "sent": instant(self.sent),
            "sender": self.sender.json(),
            "recipient": self.recipients.iter().map(Party::json).collect::<Vec<_>>(),
            "payload": payload
        });
        if let Some(received) = self.received {
            message["received"] = json!(instant(received));
        }
        if let Some(before) = self.in_response_to {
            message["inResponseTo"] = json!([{"reference": format!("Communication/{before}")}]);
        }
        message
    }
}

/// How far a work item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nobody has taken it.
    Requested,
    /// Somebody replied.
    Replied {
        /// Who.
        by: Party,
        /// With which message.
        reply: Uuid,
        /// When.
        at: DateTime<Utc>,
    },
    /// Somebody closed it: no reply was needed.
    Closed {
        /// Who.
        by: Party,
        /// When.
        at: DateTime<Utc>,
    },
}

/// The work item of one incoming message: a `Task`.
///
/// Until when it is due, the practice's tables say. `priority` is R4's: `routine`, `urgent` (the same day), `asap` (urgent), `stat` (emergency).
pub(crate) fn work_item(thread: &Thread, message: &Message, priority: &str, progress: &Progress) -> Value {
    let practice = practice_id().urn().to_string();
    let message_identity = message.id.urn().to_string();
    let id = work_item_identity(&practice, &message_identity, &thread.category);
    let pool = thread.pool();
    let mut task = json!({
        "resourceType": "Task",
        "id": id.to_string(),
        "identifier": [identifier(id)],
        "status": "requested",
        "intent": "order",
        "priority": priority,
        "code": {"coding": [
            {"system": TASK_CODE_SYSTEM, "code": WORK_ITEM},
            {"system": CATEGORY_SYSTEM, "code": thread.category}
        ]},
        "focus": {"reference": format!("Communication/{}", thread.id)},
        "for": thread.patient.party().json(),
        "authoredOn": instant(message.sent),
        "lastModified": instant(message.sent),
        "requester": message.sender.json(),
        "performerType": [pool.performer_type()],
        "input": [{
            "type": {"coding": [{"system": TASK_PART_SYSTEM, "code": INPUT_MESSAGE}]},
            "valueReference": {"reference": format!("Communication/{}", message.id)}
        }]
    });
    let (by, at, reply) = match progress {
        Progress::Requested => return task,
        Progress::Replied { by, reply, at } => (by, at, Some(reply)),
        Progress::Closed { by, at } => (by, at, None),
    };
    task["status"] = json!("completed");
    task["owner"] = by.json();
    task["lastModified"] = json!(instant(*at));
    if let Some(reply) = reply {
        task["output"] = json!([{
            "type": {"coding": [{"system": TASK_PART_SYSTEM, "code": OUTPUT_REPLY}]},
            "valueReference": {"reference": format!("Communication/{reply}")}
        }]);
    }
    task
}

/// A photo that a patient sent: a `DocumentReference` that carries the bytes itself, because
/// Helios takes no raw Binary.
pub(crate) fn photo(id: Uuid, thread: &Thread, author: &Party, sent: DateTime<Utc>, png: &[u8]) -> Value {
    json!({
        "resourceType": "DocumentReference",
        "id": id.to_string(),
        "identifier": [identifier(id)],
        "status": "current",
        "subject": thread.patient.party().json(),
        "date": instant(sent),
        "author": [author.json()],
        "content": [{"attachment": {
            "contentType": "image/png",
            "title": "photo.png",
            "creation": instant(sent),
            "size": png.len(),
            "hash": BASE64_STANDARD.encode(Sha1::digest(png)),
            "data": BASE64_STANDARD.encode(png)
        }}],
        "context": {"related": [{"reference": format!("Communication/{}", thread.id)}]}
    })
}

/// The subject line a message without one gets: its first words, at most 60 characters.
pub(crate) fn subject_line(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut line = String::new();
    for word in text.split_whitespace() {
        let is_first = line.is_empty();
        let longer = line.chars().count() + word.chars().count() + usize::from(!is_first);
        if longer > LONGEST {
            if is_first {
                line = word.chars().take(LONGEST - 1).collect();
            }
            // There is room: a line that could not grow is shorter than the longest.
            if line.chars().count() < LONGEST {
                line.push('…');
            }
            break;
        }
        if !is_first {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

fn category(code: &str) -> Value {
    json!({"coding": [{"system": CATEGORY_SYSTEM, "code": code}]})
}

fn medium() -> Value {
    json!({"coding": [{
        "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode",
        "code": "ELECTRONIC"
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_subject_is_called_by_its_first_words() {
        for (text, line) in [("My knee hurts", "My knee hurts"), ("  two\n lines ", "two lines"), ("", "")] {
            assert_eq!(subject_line(text), line);
        }
        for long in [
            "The new tablets make me so dizzy in the mornings that I have to hold on to the bed",
            &"x".repeat(100),
            &"é ".repeat(80),
            &format!("{} and more", "y".repeat(60)),
        ] {
            let line = subject_line(long);
            assert!(line.chars().count() <= 60, "{line}");
            assert!(long.starts_with(line.trim_end_matches('…').trim_end()), "{line}");
        }
    }
}
