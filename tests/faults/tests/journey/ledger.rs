//! What each cache says of its replies, laid beside what the server has.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;
use tern_faults::{
    member,
    orders::{Orders, words},
};
use tern_inbox::{ids::ThreadId, message::Delivery, party::PartyRef};
use tern_journeys::{Failure, practice::Practice};
use tern_store::StoreError;

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) replies: usize,
    pub(crate) acknowledged: usize,
    pub(crate) wedged: usize,
    /// Behind a wedged one of the same thread.
    pub(crate) behind: usize,
    /// Extra copies that the engine marked entered-in-error.
    pub(crate) retracted: usize,
    pub(crate) completed: usize,
    /// What must not be.
    pub(crate) offences: Vec<String>,
}

/// A reply as its member's cache has it.
struct Reply {
    id: String,
    identity: String,
    text: String,
    number: usize,
    /// What waits for it; none where the server has it.
    waits: Option<Delivery>,
}

/// A thread as the server has it.
struct Thread {
    messages: Vec<Value>,
    tasks: Vec<Value>,
}

impl Ledger {
    /// Compares every cache with the server; `promised` are the replies of which a member's process said that
    /// they were written.
    pub(crate) async fn draw(
        practice: &Practice,
        desks: &[Orders],
        promised: &BTreeSet<String>,
    ) -> Result<Self, Failure> {
        let mut ledger = Self::default();
        let mut threads = BTreeMap::new();
        for job in desks.iter().flat_map(|orders| &orders.threads) {
            if !threads.contains_key(&job.thread) {
                threads.insert(job.thread.clone(), on_server(practice, &job.thread).await?);
            }
        }
        let mut kept = BTreeSet::new();
        let mut arrived = BTreeSet::new();
        for orders in desks {
            for job in &orders.threads {
                let replies = in_cache(&orders.cache, &orders.member, &job.thread)?;
                kept.extend(replies.iter().map(|reply| reply.id.clone()));
                arrived
                    .extend(replies.iter().filter(|reply| reply.waits.is_none()).map(|reply| reply.identity.clone()));
                ledger.compare(orders, &job.thread, &replies, &threads[&job.thread]);
            }
        }
        for lost in promised.difference(&kept) {
            ledger.offences.push(format!("{lost} was written and is in no cache"));
        }
        for (id, thread) in &threads {
            ledger.tasks(id, thread);
            for message in thread.messages.iter().filter(|message| of_member(message) && stands(message)) {
                if !identities(message).any(|identity| arrived.contains(identity)) {
                    ledger
                        .offences
                        .push(format!("{id}: {} is there and no cache says that it was sent", message["id"]));
                }
            }
        }
        Ok(ledger)
    }

    /// One member's replies in one thread.
    fn compare(&mut self, orders: &Orders, thread: &str, replies: &[Reply], server: &Thread) {
        let mut order = Vec::new();
        for reply in replies {
            self.replies += 1;
            let name = format!("{} in {thread}, reply {}", orders.member, reply.number);
            let copies: Vec<_> =
                server.messages.iter().filter(|message| identities(message).any(|own| own == reply.identity)).collect();
            let standing: Vec<_> = copies.iter().copied().filter(|message| stands(message)).collect();
            self.retracted += copies.len() - standing.len();
            if reply.text != words(&orders.member, thread, reply.number) {
                self.offences.push(format!("{name}: the cache has other words"));
            }
            let wanted = usize::from(reply.waits.is_none());
            if standing.len() != wanted {
                let says = reply.waits;
                self.offences.push(format!("{name}: {} times on the server, the cache says {says:?}", standing.len()));
            }
            match reply.waits {
                None => self.acknowledged += 1,
                Some(Delivery::Wedged) => self.wedged += 1,
                Some(Delivery::Queued) if replies.iter().any(|other| other.waits == Some(Delivery::Wedged)) => {
                    self.behind += 1;
                }
                Some(other) => self.offences.push(format!("{name}: left {other:?}")),
            }
            if let Some(message) = standing.first() {
                if message["payload"][0]["contentString"].as_str() != Some(&reply.text) {
                    self.offences.push(format!("{name}: the server has other words"));
                }
                let (stored, sent) = (at(&message["meta"]["lastUpdated"]), at(&message["sent"]));
                order.push((stored, sent));
                let reference = format!("Communication/{}", message["id"].as_str().unwrap_or_default());
                let ends = server.tasks.iter().filter(|task| outputs(task).any(|output| output == reference)).count();
                if ends != 1 {
                    self.offences.push(format!("{name}: {ends} work items end with it"));
                }
            }
        }
        if !order.is_sorted_by_key(|(stored, _)| *stored) || !order.is_sorted_by_key(|(_, sent)| *sent) {
            self.offences.push(format!("{} in {thread}: replies out of order: {order:?}", orders.member));
        }
    }

    /// A work item is completed only where its reply is there, by whoever completed it.
    fn tasks(&mut self, thread: &str, server: &Thread) {
        for task in server.tasks.iter().filter(|task| task["status"] == "completed") {
            self.completed += 1;
            let there = outputs(task).any(|output| {
                server.messages.iter().any(|message| {
                    stands(message)
                        && output.strip_prefix("Communication/") == message["id"].as_str()
                        && message["sender"]["reference"] == task["owner"]["reference"]
                })
            });
            if !there {
                self.offences.push(format!("{thread}: Task {} is completed and its reply is not there", task["id"]));
            }
        }
    }
}

fn in_cache(path: &Path, member: &str, thread: &str) -> Result<Vec<Reply>, StoreError> {
    let cache = member::open(path, member)?;
    let me = PartyRef::new(member);
    let view = cache.read(|reader| reader.thread(&ThreadId::from(thread), &me))?;
    let mut replies = Vec::new();
    for placed in view.map(|view| view.messages).unwrap_or_default() {
        let message = placed.message;
        if message.sender.as_ref().is_none_or(|sender| sender.reference != me) {
            continue;
        }
        let row = cache.read(|reader| reader.outbox_of_message(&message.id))?;
        replies.push(Reply {
            id: message.id.as_str().to_owned(),
            identity: message.identity.clone().unwrap_or_default(),
            text: message.text.reveal().to_owned(),
            number: replies.len() + 1,
            waits: row.map(|row| row.delivery),
        });
    }
    Ok(replies)
}

async fn on_server(practice: &Practice, thread: &str) -> Result<Thread, Failure> {
    let messages = practice.search(&format!("Communication?part-of=Communication/{thread}&_count=500")).await?;
    let tasks = practice.search(&format!("Task?focus=Communication/{thread}&_count=500")).await?;
    Ok(Thread { messages, tasks })
}

fn of_member(message: &Value) -> bool {
    message["sender"]["reference"].as_str().is_some_and(|sender| sender.starts_with("PractitionerRole/"))
}

fn stands(message: &Value) -> bool {
    message["status"] != "entered-in-error"
}

fn identities(message: &Value) -> impl Iterator<Item = &str> {
    message["identifier"].as_array().into_iter().flatten().filter_map(|identifier| identifier["value"].as_str())
}

fn outputs(task: &Value) -> impl Iterator<Item = &str> {
    task["output"].as_array().into_iter().flatten().filter_map(|output| output["valueReference"]["reference"].as_str())
}

fn at(instant: &Value) -> Option<chrono::DateTime<chrono::FixedOffset>> {
    chrono::DateTime::parse_from_rfc3339(instant.as_str()?).ok()
}
