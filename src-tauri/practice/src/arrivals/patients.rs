//! What patients do: write, write again, open what they got.

use crate::{
    Error,
    conversation::{Message, Progress, Thread, instant, photo, work_item},
    engine::Engine,
    people::{Party, Patient},
    photo as picture,
    seed::{Size, put_entry, transaction},
    words::{Text, Words},
};
use axum::http::Method;
use chrono::{DateTime, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Mutex;
use uuid::Uuid;

/// Entries in one transaction, when many write at once.
const ENTRIES: usize = 500;
/// Of what they write by themselves, how often a photo comes along though the text names none.
const PHOTO: f64 = 0.05;

/// What somebody wrote.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Arrived {
    /// `Communication/…`
    thread: String,
    /// `Communication/…`
    message: String,
    /// `Task/…`
    task: String,
    /// `Patient/…`
    patient: String,
}

/// The patients, as those who do things.
#[derive(Clone)]
pub(crate) struct Patients {
    engine: Engine,
    size: Size,
    pub(super) words: Arc<Words>,
    /// What decides, for whatever they do.
    pub(super) chance: Arc<Mutex<ChaCha8Rng>>,
}

impl Patients {
    pub(crate) fn new(engine: Engine, size: Size, words: Arc<Words>) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(size.seed);
        // Beyond the streams of patients and threads.
        chance.set_stream(1 << 50);
        Self { engine, size, words, chance: Arc::new(Mutex::new(chance)) }
    }

    /// The patient called `name`: a reference, an id, or the name as shown.
    pub(crate) fn called(&self, name: &str, now: DateTime<Utc>) -> Option<Patient> {
        let id = name.strip_prefix("Patient/").unwrap_or(name);
        (0..self.size.patients.max(3)).map(|number| self.size.patient(number, now)).find(|patient| {
            let party = patient.party();
            party.display == name || party.reference.strip_prefix("Patient/") == Some(id)
        })
    }

    /// Somebody, or `patient`, and something for them to write.
    pub(crate) async fn draw(&self, patient: Option<Patient>) -> (Patient, Text) {
        let mut chance = self.chance.lock().await;
        let number = chance.random_range(0..self.size.patients.max(3));
        let patient = patient.unwrap_or_else(|| self.size.patient(number, Utc::now()));
        let mut text = self.words.draw(&patient, &mut chance);
        text.photo |= chance.random_bool(PHOTO);
        (patient, text)
    }

    /// `count` messages from anybody about anything, each in a thread of its own.
    pub(crate) async fn anybody_writes(&self, count: usize) -> Result<Vec<Arrived>, Error> {
        let mut arrived = Vec::with_capacity(count);
        let mut entries = Vec::new();
        for _ in 0..count {
            let now = Utc::now();
            let (patient, text) = self.draw(None).await;
            let (made, resources) = self.begin(patient, &text, now).await;
            arrived.push(made);
            entries.extend(resources.into_iter().map(put_entry));
            if entries.len() >= ENTRIES {
                transaction(&self.engine, std::mem::take(&mut entries)).await?;
            }
        }
        transaction(&self.engine, entries).await?;
        Ok(arrived)
    }

    /// `patient` writes `text` in a new thread.
    pub(crate) async fn writes(&self, patient: Patient, text: &Text) -> Result<Arrived, Error> {
        let (arrived, resources) = self.begin(patient, text, Utc::now()).await;
        let entries = resources.into_iter().map(put_entry).collect();
        transaction(&self.engine, entries).await?;
        Ok(arrived)
    }

    async fn begin(&self, patient: Patient, text: &Text, now: DateTime<Utc>) -> (Arrived, Vec<Value>) {
        let (subject_line, body) = text.of(&patient);
        let writer = patient.writer();
        let thread = Thread {
            id: Uuid::now_v7(),
            patient,
            category: text.category.clone(),
            subject_line,
            opener: writer.clone(),
            members: Vec::new(),
            opened: now,
        };
        let mut resources = vec![thread.resource()];
        let mut attachment = None;
        if text.photo {
            match picture::draw(&mut *self.chance.lock().await) {
                Ok(png) => {
                    let id = Uuid::now_v7();
                    resources.push(photo(id, &thread, &writer, now, &png));
                    attachment = Some(id);
                }
                Err(error) => tracing::warn!(%error, "a photo could not be drawn"),
            }
        }
        let message = message(&thread, writer, body, None, attachment, now);
        let (arrived, written) = incoming(&thread, &message, &text.priority);
        resources.extend(written);
        (arrived, resources)
    }

    /// Writes again in the thread `id`, which must be a patient's.
    pub(crate) async fn writes_again(
        &self,
        thread: &str,
        text: String,
        in_response_to: Option<Uuid>,
    ) -> Result<Option<Arrived>, Error> {
        let id = thread.strip_prefix("Communication/").unwrap_or(thread);
        let found = self.engine.request(Method::GET, &format!("/Communication/{id}"), None).await?;
        let now = Utc::now();
        let Some(thread) = self.thread_of(&found, now) else {
            return Ok(None);
        };
        let writer = thread.patient.writer();
        let message = message(&thread, writer, text, in_response_to, None, now);
        let (arrived, resources) = incoming(&thread, &message, "routine");
        let entries = resources.into_iter().map(put_entry).collect();
        transaction(&self.engine, entries).await?;
        Ok(Some(arrived))
    }

    /// A stored thread as what its work items need of it.
    fn thread_of(&self, found: &Value, now: DateTime<Utc>) -> Option<Thread> {
        let text = |pointer: &str| found.pointer(pointer).and_then(Value::as_str);
        if found.get("partOf").is_some() {
            return None;
        }
        let patient = self.called(text("/subject/reference")?, now)?;
        Some(Thread {
            id: Uuid::try_parse(text("/id")?).ok()?,
            opener: patient.writer(),
            patient,
            category: text("/category/0/coding/0/code").unwrap_or(crate::vocabulary::category::OTHER).to_owned(),
            subject_line: text("/topic/text").unwrap_or_default().to_owned(),
            members: Vec::new(),
            opened: now,
        })
    }

    /// The patient opens a message: `received` says when.
    pub(crate) async fn reads(&self, communication: &str) -> Result<Value, Error> {
        let id = communication.strip_prefix("Communication/").unwrap_or(communication);
        let patch = json!([{"op": "add", "path": "/received", "value": instant(Utc::now())}]);
        let path = format!("/Communication/{id}");
        self.engine.request(Method::PATCH, &path, Some(&patch)).await
    }

    /// Messages to patients written since `since` that nobody read; with the latest stamp seen.
    pub(super) async fn unread_since(&self, since: DateTime<Utc>) -> Result<(Vec<Value>, DateTime<Utc>), Error> {
        let stamp = instant(since);
        let path = format!("/Communication?_lastUpdated=ge{stamp}&_sort=_lastUpdated&_count=500");
        let page = self.engine.request(Method::GET, &path, None).await?;
        let mut latest = since;
        let mut unread = Vec::new();
        for resource in page["entry"].as_array().into_iter().flatten().map(|e| &e["resource"]) {
            let updated = resource.pointer("/meta/lastUpdated").and_then(Value::as_str);
            if let Some(at) = updated.and_then(|at| DateTime::parse_from_rfc3339(at).ok()) {
                latest = latest.max(at.with_timezone(&Utc));
            }
            if is_unread_by_patient(resource) {
                unread.push(resource.clone());
            }
        }
        Ok((unread, latest))
    }
}

/// Whether a Communication is a message that went to a patient and was not opened.
fn is_unread_by_patient(resource: &Value) -> bool {
    let is_patients = |party: &Value| {
        party["reference"].as_str().is_some_and(|r| r.starts_with("Patient/") || r.starts_with("RelatedPerson/"))
    };
    resource.get("partOf").is_some()
        && resource.get("received").is_none()
        && resource["status"] == "completed"
        && !is_patients(&resource["sender"])
        && resource["recipient"].as_array().is_some_and(|all| all.iter().any(is_patients))
}

fn message(
    thread: &Thread,
    sender: Party,
    text: String,
    in_response_to: Option<Uuid>,
    attachment: Option<Uuid>,
    sent: DateTime<Utc>,
) -> Message {
    Message {
        id: Uuid::now_v7(),
        text,
        sender,
        recipients: vec![thread.pool().party()],
        sent,
        received: None,
        in_response_to,
        attachment,
    }
}

/// A patient's message and its work item.
fn incoming(thread: &Thread, message: &Message, priority: &str) -> (Arrived, [Value; 2]) {
    let task = work_item(thread, message, priority, &Progress::Requested);
    let arrived = Arrived {
        thread: format!("Communication/{}", thread.id),
        message: format!("Communication/{}", message.id),
        task: format!("Task/{}", task["id"].as_str().unwrap_or_default()),
        patient: thread.patient.party().reference,
    };
    (arrived, [message.resource(thread), task])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_went_to_a_patient_and_was_not_opened_is_unread() {
        let reply = json!({
            "status": "completed", "partOf": [{}],
            "sender": {"reference": "PractitionerRole/1"},
            "recipient": [{"reference": "Patient/1"}]
        });
        assert!(is_unread_by_patient(&reply));
        let spoilt = |name: &str, value: Value| {
            let mut other = reply.clone();
            other[name] = value;
            other
        };
        for other in [
            spoilt("received", json!("2020-01-01T00:00:00Z")),
            spoilt("status", json!("entered-in-error")),
            spoilt("sender", json!({"reference": "RelatedPerson/1"})),
            spoilt("recipient", json!([{"reference": "PractitionerRole/2"}])),
        ] {
            assert!(!is_unread_by_patient(&other), "{other}");
        }
    }
}
