//! Trying out what a server does, where believing it would cost a message.
//!
//! A probe is a sequence of steps: each reads the answers to the last requests, notes what they show, and says
//! what to send next. It sends nothing itself, so the engine (once, at connection) and `tern-agent check` drive
//! the same ones:
//!
//! ```text
//!   step([]) ──> Send(requests) ──> (sent side by side) ──> step(answers) ──> … ──> Done {findings, tidy}
//! ```
//! What a writing probe makes is a Communication that is entered-in-error from the start, tagged `check`,
//! without patient, text or reader. It asks to be deleted at the end; where a server doesn't delete, what stays
//! is nobody's and is read as nothing.

mod changing;
mod creating;
mod limits;
mod reading;
mod together;

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::json;
use tern_inbox::{arrival::Kind, party::PartyRef};
use uuid::Uuid;

use crate::{
    answer,
    exchange::{Method, Request, Response},
    facts::{Finding, ServerFacts},
    links::Base,
    read::{self, Reading},
    search,
    vocabulary::{CHECK, TAG_SYSTEM, URI_SYSTEM},
    write::create::{Creating, New},
};

pub use reading::{elements, identifier_search, paging, since_search, type_history, unknown_parameter};

/// What a probe wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these side by side, `after` a wait, and come back with their answers in the same order; none for
    /// a request that brought no answer.
    Send {
        /// The requests.
        requests: Vec<Request>,
        /// Wait before sending.
        after: Duration,
    },
    /// The end.
    Done {
        /// What was learnt; nothing where the answers didn't tell.
        findings: Vec<Finding>,
        /// Deletes what the probe made; their answers don't matter.
        tidy: Vec<Request>,
    },
}

/// Answers to the requests of the last step.
pub type Answers<'a> = &'a [Option<Response>];

type Act = Box<dyn FnOnce(Answers<'_>, &mut Notes) -> Vec<Request> + Send>;

/// One question to a server.
pub struct Probe {
    name: &'static str,
    steps: VecDeque<(Duration, Act)>,
    notes: Notes,
}

/// What a probe has learnt and made so far.
struct Notes {
    base: Base,
    findings: Vec<Finding>,
    made: Vec<String>,
    /// `Type/id` of the resource that the probe works on.
    subject: Option<String>,
    /// An ETag or version to come back to.
    version: Option<String>,
    /// Milliseconds waited for something so far.
    waited: u64,
}

impl Probe {
    fn new(name: &'static str, base: &Base) -> Self {
        let notes = Notes {
            base: base.clone(),
            findings: Vec::new(),
            made: Vec::new(),
            subject: None,
            version: None,
            waited: 0,
        };
        Self { name, steps: VecDeque::new(), notes }
    }

    /// Adds a step; one that sends nothing ends the probe.
    fn then(self, act: impl FnOnce(Answers<'_>, &mut Notes) -> Vec<Request> + Send + 'static) -> Self {
        self.after(Duration::ZERO, act)
    }

    /// Adds a step whose requests wait a while.
    fn after(
        mut self,
        wait: Duration,
        act: impl FnOnce(Answers<'_>, &mut Notes) -> Vec<Request> + Send + 'static,
    ) -> Self {
        self.steps.push_back((wait, Box::new(act)));
        self
    }

    /// What is asked, for logs and reports.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Takes the answers to the last requests (none at the beginning) and says what comes next.
    pub fn step(&mut self, answers: Answers<'_>) -> Step {
        if let Some((after, act)) = self.steps.pop_front() {
            let requests = act(answers, &mut self.notes);
            if !requests.is_empty() {
                return Step::Send { requests, after };
            }
            self.steps.clear();
        }
        let mut made = std::mem::take(&mut self.notes.made);
        made.sort();
        made.dedup();
        let tidy = made.into_iter().map(|path| Request::new(Method::Delete, path)).collect();
        Step::Done { findings: std::mem::take(&mut self.notes.findings), tidy }
    }
}

impl Notes {
    fn learn(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Notes what an accepted create left, to be tidied away; `Type/id`.
    fn keep(&mut self, request: &Request, response: &Response) -> Option<String> {
        let kind = request.path.split('/').next().filter(|kind| !kind.is_empty()).unwrap_or("Communication").to_owned();
        let stored = answer::stored(request, response, &self.base)?;
        let path = format!("{kind}/{}", stored.server_id);
        self.made.push(path.clone());
        self.version = stored.version;
        Some(path)
    }

    /// What carries the identifier in the answer to a search for it, all noted to be tidied away. **Nothing else**:
    /// a server that ignores the parameter answers with everybody's messages, and what is noted here is deleted.
    fn rows(&mut self, response: &Response, identity: &str) -> Option<Vec<String>> {
        let page = read::page(response, &reading(&self.base)).ok()?;
        let carry = page.arrivals.into_iter().filter(|row| row.identity.as_deref() == Some(identity));
        let paths: Vec<_> = carry.map(|row| format!("Communication/{}", row.server_id)).collect();
        self.made.extend(paths.iter().cloned());
        Some(paths)
    }
}

/// Waits before a search looks for what was just written, one after the other.
const LOOKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_millis(2_000),
    Duration::from_millis(5_000),
];

/// Probes that only read: safe at any time, with any role.
pub fn reading_only(base: &Base, seed: Uuid) -> Vec<Probe> {
    vec![
        unknown_parameter(base),
        identifier_search(base, seed),
        since_search(base),
        elements(base),
        type_history(base),
        paging(base),
    ]
}

/// Whether the server takes our own ids. Runs before the other writing ones, which use the answer.
pub fn own_ids(base: &Base, seed: Uuid) -> Probe {
    creating::own_ids(base, seed)
}

/// Whether a transaction rolls back, which a reply depends on.
pub fn transaction(base: &Base, seed: Uuid, facts: &ServerFacts) -> Probe {
    together::transaction(base, seed, facts.creating())
}

/// How something is created once on a server that refuses our ids, and how late a search finds it.
pub fn creating(base: &Base, seed: Uuid, facts: &ServerFacts) -> Vec<Probe> {
    vec![
        creating::found_again(base, seed, facts.creating()),
        creating::conditional(base, seed),
        creating::conditional_in_transaction(base, seed),
    ]
}

/// Whether a version guards a change, which a claim depends on: only one of two people may win it.
pub fn changing(base: &Base, seed: Uuid, facts: &ServerFacts) -> Vec<Probe> {
    let how = facts.creating();
    vec![changing::put(base, seed, how), changing::patch(base, seed, how)]
}

/// The other probes that write. `by` and `at` are who and when the audit says it was.
pub fn writing(base: &Base, seed: Uuid, facts: &ServerFacts, by: &PartyRef, at: DateTime<Utc>) -> Vec<Probe> {
    let how = facts.creating();
    let mut probes = creating(base, seed, facts);
    probes.extend(changing(base, seed, facts));
    probes.push(transaction(base, seed, facts));
    probes.push(limits::audit(base, seed, how, by, at));
    probes.push(limits::body(base, seed, how));
    probes
}

/// The identifier of what a probe makes, and the search for it.
fn looked_for(new: &New) -> (String, Request) {
    let identity = format!("urn:uuid:{}", new.id);
    let look = search::by_identity("Communication", &identity);
    (identity, look)
}

/// A resource that is nobody's: entered in error from the start.
fn nobodys(seed: Uuid, name: &str) -> New {
    let id = Uuid::new_v5(&seed, name.as_bytes()).to_string();
    let identity = format!("urn:uuid:{id}");
    let json = json!({
        "resourceType": "Communication",
        "meta": { "tag": [{ "system": TAG_SYSTEM, "code": CHECK }] },
        "identifier": [{ "system": URI_SYSTEM, "value": identity }],
        "status": "entered-in-error",
    });
    New { resource_type: "Communication", id, identity: Some(identity), json }
}

/// Inside a transaction, a single request would be one too many.
fn singly(how: Creating) -> Creating {
    match how {
        Creating::InTransaction => Creating::Conditional,
        single => single,
    }
}

fn reading(base: &Base) -> Reading<'_> {
    // Only ids and counts are read by probes, so the date is never used.
    Reading { expected: Kind::Communication, base, received: DateTime::UNIX_EPOCH }
}

/// The one answer of a step that sent one request.
fn only(answers: Answers<'_>) -> Option<&Response> {
    answers.first()?.as_ref()
}

fn is_done(response: &Response) -> bool {
    (200..300).contains(&response.status) && !crate::outcome::is_html(&response.body, response.content_type.as_deref())
}

/// Refused for good, and not for want of rights or for trouble on the way.
fn is_refused(response: &Response) -> bool {
    matches!(response.status, 400 | 404 | 405 | 406 | 415 | 422 | 501)
}

fn is_conflict(response: &Response) -> bool {
    matches!(response.status, 409 | 412)
}
