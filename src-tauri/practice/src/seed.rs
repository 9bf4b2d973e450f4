//! What the practice holds on its first day: people, pools, and conversations of the last weeks.
//!
//! Everything is written by transactions of 500 entries that PUT their own ids, so that a start
//! that was interrupted is simply repeated. The Organization comes last: where it is, the seed is
//! whole.

mod story;

use crate::{
    Error,
    engine::Engine,
    people::{self, Patient},
    words::Words,
};
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use story::conversation;

/// Entries in one transaction: Helios' throughput is level from here on.
const ENTRIES: usize = 500;

/// How much there is, and by which chance. Kept beside the database: a practice stays as it was
/// made, whatever the next start asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Where chance begins.
    pub seed: u64,
    /// Patients; at least the three that never change.
    pub patients: usize,
    /// Threads.
    pub threads: usize,
}

impl Size {
    /// Patient number `number`, counted round.
    pub(crate) fn patient(&self, number: usize, now: DateTime<Utc>) -> Patient {
        Patient::draw(self.seed, number % self.patients.max(3), now.date_naive())
    }
}

/// Writes the practice into `engine`, unless it is there.
pub(crate) async fn plant(engine: &Engine, size: Size, words: &Words, now: DateTime<Utc>) -> Result<(), Error> {
    let organization = people::practice().reference;
    match engine.request(Method::GET, &format!("/{organization}"), None).await {
        Ok(_) => return Ok(()),
        Err(Error::Refused { status: StatusCode::NOT_FOUND | StatusCode::GONE, .. }) => {}
        Err(other) => return Err(other),
    }
    tracing::info!(patients = size.patients, threads = size.threads, "seeding");
    let mut sowing = Sowing { engine, entries: Vec::with_capacity(ENTRIES) };
    for resource in people::staff(now) {
        sowing.put(resource).await?;
    }
    for number in 0..size.patients.max(3) {
        for resource in size.patient(number, now).resources() {
            sowing.put(resource).await?;
        }
    }
    for number in 0..size.threads {
        for resource in conversation(size, number, words, now) {
            sowing.put(resource).await?;
        }
    }
    sowing.put(people::organization()).await?;
    sowing.flush().await
}

/// Entries on their way.
struct Sowing<'a> {
    engine: &'a Engine,
    entries: Vec<Value>,
}

impl Sowing<'_> {
    async fn put(&mut self, resource: Value) -> Result<(), Error> {
        self.entries.push(put_entry(resource));
        if self.entries.len() < ENTRIES {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let entries = std::mem::take(&mut self.entries);
        transaction(self.engine, entries).await
    }
}

/// One resource, written under its own id.
pub(crate) fn put_entry(resource: Value) -> Value {
    let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
    let url = format!("{}/{}", text("resourceType"), text("id"));
    json!({
        "fullUrl": format!("urn:uuid:{}", text("id")),
        "resource": resource,
        "request": {"method": "PUT", "url": url}
    })
}

/// All of `entries` or none.
pub(crate) async fn transaction(engine: &Engine, entries: Vec<Value>) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    engine.request(Method::POST, "/", Some(&bundle)).await.map(drop)
}
