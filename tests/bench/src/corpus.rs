//! A practice's mailbox as the pages that a FHIR server answers with, made before anybody measures.
//!
//! One year of conversations: a patient writes, a member replies, the patient says thanks. Every patient's message
//! has its work item; those of the newest threads are open. Rows come in the order of `meta.lastUpdated`, a
//! thousand to a page of about a megabyte, with ids as random as a server's.

use std::collections::HashMap;

use axum::body::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};
use serde_json::{Value, json};
use tern_fhir::vocabulary as v;

use crate::{Failure, words::Vocabulary};

/// Rows of a page: what the engine asks for.
const PAGE: usize = 1_000;
/// Messages of a thread.
const TURNS: u64 = 3;
/// Threads until a reply, and until the thanks: other conversations go on meanwhile.
const LATER: [u64; 3] = [0, 5, 40];
/// Open threads at most: what a practice has on its desks, however long its past.
const OPEN: u64 = 2_000;
/// Days over which the messages lie.
const DAYS: i64 = 365;

/// The pools by the codes that the sample practice knows them by, and what goes into each.
const POOLS: [(&str, &str); 5] = [
    ("nurse-triage", "question"),
    ("refills", "refills"),
    ("front-desk", "appointment"),
    ("documents", "form"),
    ("dr-osei", "results"),
];

const GIVEN: [&str; 12] =
    ["Leo", "Ana", "Noor", "Émile", "Sofia", "Tariq", "Wanjiru", "Björn", "Mei", "Luis", "Zoë", "Ivan"];
const FAMILY: [&str; 12] = [
    "Ruiz", "Okafor", "Lindgren", "Haddad", "Nakamura", "Tremblay", "Silva", "Kowalski", "Ndiaye", "Moreau", "Singh",
    "Varga",
];

/// The member who is signed in.
pub(crate) const MEMBER: &str = "PractitionerRole/osei";

/// The pages by type, and how many messages are in them.
pub(crate) struct Corpus {
    pages: HashMap<&'static str, Vec<Bytes>>,
    /// Messages, threads not counted.
    pub(crate) messages: u64,
}

impl Corpus {
    /// Makes a mailbox of `messages` that ends at `now`.
    ///
    /// # Errors
    /// When a page cannot be written as JSON.
    pub(crate) fn make(messages: u64, now: DateTime<Utc>) -> Result<Self, Failure> {
        let mut making = Making { words: Vocabulary::new()?, chance: ChaCha8Rng::seed_from_u64(7), messages, now };
        let mut pages = HashMap::new();
        for (kind, rows) in [
            ("Practitioner", making.practitioners()),
            ("PractitionerRole", making.roles()),
            ("CareTeam", making.pools()),
            ("RelatedPerson", Vec::new()),
        ] {
            let mut book = Book::of(kind);
            rows.iter().try_for_each(|row| book.add(row))?;
            pages.insert(kind, book.close());
        }
        let mut patients = Book::of("Patient");
        for number in 0..making.patients() {
            patients.add(&making.patient(number))?;
        }
        pages.insert("Patient", patients.close());
        let (mut communications, mut tasks) = (Book::of("Communication"), Book::of("Task"));
        for slot in 0..messages {
            let message = making.slot(slot);
            if message.turn == 0 {
                communications.add(&making.thread(&message))?;
            }
            communications.add(&making.message(&message))?;
            if message.turn != 1 {
                tasks.add(&making.task(&message))?;
            }
        }
        pages.insert("Communication", communications.close());
        pages.insert("Task", tasks.close());
        Ok(Self { pages, messages })
    }

    /// Page `number` of a type; none where there are not so many, or nothing of the type.
    pub(crate) fn page(&self, kind: &str, number: usize) -> Option<Bytes> {
        self.pages.get(kind)?.get(number).cloned()
    }

    /// Whether the mailbox answers for this type.
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.pages.contains_key(kind)
    }

    /// One resource as it was made, for a read by id: looked for page by page.
    pub(crate) fn find(&self, kind: &str, id: &str) -> Option<Value> {
        let needle = format!("\"id\":\"{id}\"");
        let page = self
            .pages
            .get(kind)?
            .iter()
            .rev()
            .find(|page| page.windows(needle.len()).any(|window| window == needle.as_bytes()))?;
        let bundle: Value = serde_json::from_slice(page).ok()?;
        let entries = bundle["entry"].as_array()?;
        entries.iter().map(|entry| &entry["resource"]).find(|resource| resource["id"] == id).cloned()
    }
}

/// A `searchset` that is being written.
struct Book {
    kind: &'static str,
    pages: Vec<Bytes>,
    entries: Vec<u8>,
    rows: usize,
}

impl Book {
    fn of(kind: &'static str) -> Self {
        Self { kind, pages: Vec::new(), entries: Vec::new(), rows: 0 }
    }

    fn add(&mut self, resource: &Value) -> Result<(), Failure> {
        if self.rows == PAGE {
            // Only the path of a `next` counts.
            let next = format!("https://127.0.0.1/fhir/{}?_page={}", self.kind, self.pages.len() + 1);
            self.turn(Some(&next));
        }
        if self.rows > 0 {
            self.entries.push(b',');
        }
        let (kind, id) = (self.kind, resource["id"].as_str().unwrap_or_default());
        self.entries.extend_from_slice(
            format!("{{\"fullUrl\":\"https://127.0.0.1/fhir/{kind}/{id}\",\"resource\":").as_bytes(),
        );
        serde_json::to_writer(&mut self.entries, resource)?;
        self.entries.extend_from_slice(b",\"search\":{\"mode\":\"match\"}}");
        self.rows += 1;
        Ok(())
    }

    fn turn(&mut self, next: Option<&str>) {
        let links = next.map_or(json!([]), |next| json!([{"relation": "next", "url": next}]));
        let mut page =
            format!("{{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"link\":{links},\"entry\":[").into_bytes();
        page.append(&mut self.entries);
        page.extend_from_slice(b"]}");
        self.pages.push(page.into());
        self.rows = 0;
    }

    fn close(mut self) -> Vec<Bytes> {
        self.turn(None);
        self.pages
    }
}

/// One message's place.
struct Slot {
    number: u64,
    thread: u64,
    turn: u64,
    sent: DateTime<Utc>,
}

struct Making {
    words: Vocabulary,
    chance: ChaCha8Rng,
    messages: u64,
    now: DateTime<Utc>,
}

impl Making {
    fn threads(&self) -> u64 {
        self.messages.div_ceil(TURNS)
    }

    fn patients(&self) -> u64 {
        (self.threads() / 4).max(20)
    }

    fn slot(&self, number: u64) -> Slot {
        let turn = number % TURNS;
        let place = number / TURNS;
        let later = LATER.get(usize::try_from(turn).unwrap_or(0)).copied().unwrap_or(0);
        let step = TimeDelta::days(DAYS).num_milliseconds() / i64::try_from(self.messages).unwrap_or(1).max(1);
        let behind = i64::try_from(self.messages - number).unwrap_or(0);
        let sent = self.now - TimeDelta::milliseconds(step * behind) - TimeDelta::hours(1);
        Slot { number, thread: place.checked_sub(later).unwrap_or(place), turn, sent }
    }

    fn patient_of(&self, thread: u64) -> u64 {
        mixed(6, thread) % self.patients()
    }

    fn practitioners(&self) -> Vec<Value> {
        vec![json!({
            "resourceType": "Practitioner", "id": "amara-osei", "meta": self.meta(self.start()),
            "name": [{"use": "official", "prefix": ["Dr"], "given": ["Amara"], "family": "Osei"}]
        })]
    }

    fn roles(&self) -> Vec<Value> {
        vec![json!({
            "resourceType": "PractitionerRole", "id": "osei", "meta": self.meta(self.start()), "active": true,
            "practitioner": {"reference": "Practitioner/amara-osei", "display": "Dr Amara Osei"},
            "code": [{"coding": [{"system": v::ROLE_SYSTEM, "code": v::role::PHYSICIAN}]}]
        })]
    }

    fn pools(&self) -> Vec<Value> {
        let pool = |(code, _): &(&str, &str)| {
            json!({
                "resourceType": "CareTeam", "id": code, "meta": self.meta(self.start()), "status": "active",
                "name": code, "identifier": [{"system": v::POOL_SYSTEM, "value": code}],
                "category": [{"coding": [{"system": v::CARE_TEAM_CATEGORY_SYSTEM, "code": v::POOL_CATEGORY}]}],
                "participant": [{
                    "role": [{"coding": [{"system": v::PARTICIPANT_ROLE_SYSTEM, "code": v::RESPONSIBLE}]}],
                    "member": {"reference": MEMBER}
                }]
            })
        };
        POOLS.iter().map(pool).collect()
    }

    fn patient(&mut self, number: u64) -> Value {
        let given = GIVEN[self.chance.random_range(0..GIVEN.len())];
        let family = FAMILY[self.chance.random_range(0..FAMILY.len())];
        json!({
            "resourceType": "Patient", "id": id(1, number), "meta": self.meta(self.start()),
            "identifier": [{"system": v::RECORD_NUMBER_SYSTEM, "value": format!("R-{number}")}],
            "name": [{"use": "official", "given": [given], "family": format!("{family}-{}", self.words.draw(&mut self.chance))}],
            "birthDate": format!("19{:02}-0{}-1{}", number % 90 + 10, number % 9 + 1, number % 10)
        })
    }

    fn thread(&mut self, slot: &Slot) -> Value {
        let patient = format!("Patient/{}", id(1, self.patient_of(slot.thread)));
        let length = self.chance.random_range(2..8);
        json!({
            "resourceType": "Communication", "id": id(2, slot.thread), "meta": self.meta(slot.sent),
            "status": "in-progress", "category": [category(slot.thread)],
            "topic": {"text": self.words.text(length, &mut self.chance)},
            "subject": {"reference": patient}, "sent": instant(slot.sent),
            "sender": {"reference": patient, "display": "Leo Ruiz"},
            "recipient": [{"reference": patient}, {"reference": MEMBER, "display": "Dr Amara Osei"}]
        })
    }

    fn message(&mut self, slot: &Slot) -> Value {
        let patient = format!("Patient/{}", id(1, self.patient_of(slot.thread)));
        let from_patient = slot.turn != 1;
        let (sender, recipient) = if from_patient { (patient.as_str(), MEMBER) } else { (MEMBER, patient.as_str()) };
        // Short ones are common, long ones not rare: sixty words in the mean.
        let length = 10 + self.chance.random_range(0..60) + self.chance.random_range(0..41);
        let own = id(3, slot.number);
        json!({
            "resourceType": "Communication", "id": own, "meta": self.meta(slot.sent),
            "identifier": [{"system": v::URI_SYSTEM, "value": format!("urn:uuid:{own}")}],
            "partOf": [{"reference": format!("Communication/{}", id(2, slot.thread))}],
            "status": "completed", "category": [category(slot.thread)],
            "subject": {"reference": patient}, "sent": instant(slot.sent),
            "sender": {"reference": sender, "display": if from_patient { "Leo Ruiz" } else { "Dr Amara Osei" }},
            "recipient": [{"reference": recipient}],
            "payload": [{"contentString": self.words.text(length, &mut self.chance)}]
        })
    }

    fn task(&mut self, slot: &Slot) -> Value {
        let open = slot.turn == 0 && slot.thread + OPEN.min(self.threads() / 5) >= self.threads();
        let priority = match self.chance.random_range(0..100) {
            0..88 => "routine",
            88..97 => "urgent",
            97..99 => "asap",
            _ => "stat",
        };
        let (pool, work) = pool_of(slot.thread);
        let own = id(4, slot.number);
        let mut task = json!({
            "resourceType": "Task", "id": own, "meta": self.meta(slot.sent),
            "identifier": [{"system": v::URI_SYSTEM, "value": format!("urn:uuid:{own}")}],
            "status": if open { "requested" } else { "completed" }, "intent": "order", "priority": priority,
            "code": {"coding": [
                {"system": v::TASK_CODE_SYSTEM, "code": v::WORK_ITEM},
                {"system": v::CATEGORY_SYSTEM, "code": work}
            ]},
            "focus": {"reference": format!("Communication/{}", id(2, slot.thread))},
            "for": {"reference": format!("Patient/{}", id(1, self.patient_of(slot.thread)))},
            "authoredOn": instant(slot.sent), "lastModified": instant(slot.sent),
            "performerType": [{"coding": [{"system": v::POOL_SYSTEM, "code": pool}]}],
            "restriction": {"period": {"end": instant(slot.sent + TimeDelta::days(2))}},
            "input": [{
                "type": {"coding": [{"system": v::TASK_PART_SYSTEM, "code": v::INPUT_MESSAGE}]},
                "valueReference": {"reference": format!("Communication/{}", id(3, slot.number))}
            }]
        });
        if !open {
            task["owner"] = json!({"reference": MEMBER, "display": "Dr Amara Osei"});
        }
        task
    }

    fn start(&self) -> DateTime<Utc> {
        self.now - TimeDelta::days(DAYS + 1)
    }

    fn meta(&self, updated: DateTime<Utc>) -> Value {
        json!({"versionId": "1", "lastUpdated": instant(updated)})
    }
}

fn category(thread: u64) -> Value {
    json!({"coding": [{"system": v::CATEGORY_SYSTEM, "code": pool_of(thread).1}]})
}

fn pool_of(thread: u64) -> (&'static str, &'static str) {
    let place = usize::try_from(mixed(5, thread)).unwrap_or(0) % POOLS.len();
    POOLS[place]
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The id of a kind's number: the same each time, in no order.
fn id(kind: u64, number: u64) -> String {
    let bits = u128::from(mixed(kind, number)) << 64 | u128::from(mixed(kind + 100, number));
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}

/// SplitMix64's last step (public domain, S. Vigna): well spread and repeatable.
fn mixed(kind: u64, number: u64) -> u64 {
    let mut z = number.wrapping_add(kind << 40).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(corpus: &Corpus, kind: &str) -> Vec<Value> {
        let pages = (0..).map_while(|number| corpus.page(kind, number));
        pages
            .flat_map(|page| {
                let bundle: Value = serde_json::from_slice(&page).unwrap();
                bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone()).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn every_message_has_its_thread_and_every_patients_message_its_work_item() {
        let now = DateTime::from_timestamp(1_772_800_000, 0).unwrap();
        let corpus = Corpus::make(3_000, now).unwrap();
        let communications = rows(&corpus, "Communication");
        let (messages, threads): (Vec<_>, Vec<_>) = communications.iter().partition(|row| row.get("partOf").is_some());
        assert_eq!((messages.len(), threads.len()), (3_000, 1_000));
        let known: std::collections::HashSet<String> =
            threads.iter().map(|row| format!("Communication/{}", row["id"].as_str().unwrap())).collect();
        assert!(messages.iter().all(|row| known.contains(row["partOf"][0]["reference"].as_str().unwrap())));
        let tasks = rows(&corpus, "Task");
        assert_eq!(tasks.len(), 2_000);
        assert_eq!(tasks.iter().filter(|task| task["status"] == "requested").count(), 200);
        let stamps: Vec<_> = communications.iter().map(|row| row["meta"]["lastUpdated"].as_str().unwrap()).collect();
        assert!(stamps.is_sorted(), "the order of a page is that of lastUpdated");
        let id = tasks[1_234]["id"].as_str().unwrap();
        assert_eq!(corpus.find("Task", id).as_ref(), Some(&tasks[1_234]));
    }
}
