//! Is this server fit for Tern? IT asks before it buys anything; `tern-agent check` prints the answer.
//!
//! ```text
//!   what it says of itself ──> reading probes ──┬─────────────────────────────────────> report
//!                                               └─ writing probes ──> the whole way ──> tidy away
//! ```
//! Believing a server's own statement would cost messages, so what Tern relies on is tried, thing by thing. Without
//! [`Depth::Writing`] nothing is written. With it, the whole way is gone by the real engine on the real cache: an
//! invented patient writes, two members race for the message, one replies, an answer is lost, a claim is lost.
//! Everything that was made is deleted in the end, also after a failure, and what can't be is named.
//!
//! Why not a simulation: what goes wrong between an engine and a server does so in what nobody thought of
//! simulating.

mod ask;
mod desk;
mod journey;
mod ledger;
mod paging;
mod probing;
mod report;
mod scene;
mod standing;
mod unsteady;
mod wording;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tern_fhir::{
    answer::{self, ReadAnswer},
    capability,
    exchange::{Request, Response},
    facts::{self, Ability, Push, ServerFacts},
    probe,
    read::{self, Reading},
    search::{self, Filter, Scope},
};
use tern_inbox::{
    arrival::{Content, Kind},
    emergency::Emergencies,
    practice_table::{PracticeTable, TableKind},
};

pub use self::report::{Finding, Fit, Report, Verdict, name};
use self::{
    ask::{Asking, Failed},
    desk::{Desk, Room},
    journey::Journey,
    ledger::Ledger,
    probing::Brought,
    scene::{Conversation, Making, People},
};
use crate::{
    clock::Clock,
    line::Line,
    server::{Server, Unanswered},
    server_time::ServerTime,
    status::Board,
};

/// What a check works with.
pub struct Parts {
    /// The connection, with credentials that may read and, for [`Depth::Writing`], write all types Tern uses.
    pub server: Arc<dyn Server>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How far it goes.
    pub depth: Depth,
    /// Nothing is waited for longer.
    pub limit: Duration,
}

/// How far a check goes.
pub enum Depth {
    /// Nothing is written.
    Reading,
    /// The whole way, by two caches in `folder`, which the caller takes away.
    Writing {
        /// An empty folder.
        folder: PathBuf,
        /// A random key for each of the two caches.
        keys: [[u8; 32]; 2],
    },
}

/// Checks a server; `progress` hears what is being done. When `stop` ends before it, what was made is tidied away
/// all the same, and the report says what was found so far.
pub async fn check(parts: &Parts, progress: &(dyn Fn(&str) + Sync), stop: impl Future<Output = ()>) -> Report {
    let time = Arc::new(ServerTime::new(Arc::clone(&parts.clock)));
    let line = Line::new(Arc::clone(&parts.server), time, Arc::new(Board::new()));
    let mut check = Check {
        parts,
        asking: Asking { line: Arc::new(line), limit: parts.limit },
        facts: ServerFacts::default(),
        learnt: Vec::new(),
        ledger: Ledger::default(),
        first: Vec::new(),
        way: Vec::new(),
        lost: false,
    };
    let gone = tokio::select! {
        gone = check.go(progress) => gone,
        () = stop => Err(Failed::Seen("stopped".to_owned())),
    };
    if let Err(failed) = gone {
        let finding = Finding::new(check.place_of(&failed), Verdict::Missing, failed.to_string());
        check.way.push(finding);
    }
    if matches!(parts.depth, Depth::Writing { .. }) {
        progress("tidying away");
    }
    check.finish().await
}

/// Whether one of them heard the push channel: both listen on the same connection, and a nudge wakes one.
async fn nudged(desks: &[Desk; 2]) -> bool {
    let [one, other] = desks;
    tokio::select! {
        true = one.has_heard() => true,
        true = other.has_heard() => true,
        else => false,
    }
}

/// Whether the practice has named where emergencies are posted to.
async fn emergencies(asking: &Asking) -> Result<Finding, Failed> {
    let identity = format!("urn:uuid:{}", TableKind::Emergencies.id());
    let response = asking.read(&search::by_identity("Library", &identity)).await?;
    let base = asking.line.server.fhir_base();
    let reading = Reading { expected: Kind::Library, base, received: asking.line.time.now() };
    let rows = read::page(&response, &reading).map(|page| page.arrivals).unwrap_or_default();
    let is_posted = rows.into_iter().any(|row| match row.content {
        Content::Table(PracticeTable { kind: TableKind::Emergencies, text }) => {
            let table: Option<Emergencies> = serde_json::from_str(&text).ok();
            table.is_some_and(|table| table.check().is_ok() && table.webhook.is_some())
        }
        _ => false,
    });
    Ok(Finding::new("emergencies", if is_posted { Verdict::Works } else { Verdict::WorksAround }, ""))
}

/// A check under way.
struct Check<'a> {
    parts: &'a Parts,
    asking: Asking,
    facts: ServerFacts,
    /// What the probes have shown, in order.
    learnt: Vec<facts::Finding>,
    ledger: Ledger,
    first: Vec<Finding>,
    way: Vec<Finding>,
    /// A probe's answer was lost.
    lost: bool,
}

impl Check<'_> {
    async fn go(&mut self, progress: &(dyn Fn(&str) + Sync)) -> Result<(), Failed> {
        progress("asking the server what it can do");
        let Some(statement) = self.meet().await? else { return Ok(()) };
        let Depth::Writing { folder, keys } = &self.parts.depth else {
            progress("trying out what it does with searches");
            return self.searches().await;
        };
        progress("trying out what it does with writes");
        let asking = self.asking.clone();
        let base = asking.line.server.fhir_base();
        let brought = asking.probe_all(|id| vec![probe::own_ids(base, id)]).await?;
        self.take(brought);
        // What is there is looked for twice, with seconds in between: so it begins first, beside everything else.
        let known = self.facts.clone();
        let together = asking.probe_all(|id| vec![probe::transaction(base, id, &known)]);
        let (together, made) = tokio::join!(together, self.people_and_messages(progress));
        let (people, conversations) = made?;
        self.take(together?);
        let scope = self.scope(&people).await?;
        let room = Room {
            folder,
            server: &self.parts.server,
            statement: &statement,
            clock: &self.parts.clock,
            scope: &scope,
            findings: &self.learnt,
            limit: self.parts.limit,
        };
        let [one, other] = &people.members;
        let desks = tokio::try_join!(Desk::open(&room, one, keys[0]), Desk::open(&room, other, keys[1]))?;
        let desks = <[_; 2]>::from(desks);
        let journey = Journey {
            asking: &asking,
            facts: &self.facts,
            ledger: &self.ledger,
            people: &people,
            conversations: &conversations,
            desks: &desks,
        };
        let findings = journey.go(progress).await;
        self.way.extend(findings);
        if self.facts.push != Push::None && !nudged(&desks).await {
            // It was offered, and nothing came.
            self.facts.learn(facts::Finding::NoPush);
        }
        for desk in desks {
            desk.leave();
        }
        Ok(())
    }

    /// What the server makes of searches: nothing is written.
    async fn searches(&mut self) -> Result<(), Failed> {
        let asking = self.asking.clone();
        let base = asking.line.server.fhir_base();
        let brought = asking.probe_all(|id| probe::reading_only(base, id)).await?;
        self.take(brought);
        let paging = paging::follow(&asking, &self.facts).await?;
        self.first.push(paging);
        let emergencies = emergencies(&asking).await?;
        self.first.push(emergencies);
        Ok(())
    }

    /// The people of the check and what they have written, beside everything else that is found out by writing.
    async fn people_and_messages(
        &mut self,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(People, [Conversation; 3]), Failed> {
        progress("trying out what it does with searches");
        self.searches().await?;
        progress("making a patient, two members and their messages");
        let (asking, facts) = (self.asking.clone(), self.facts.clone());
        let base = asking.line.server.fhir_base();
        let making = Making { asking: &asking, facts: &facts, ledger: &self.ledger, now: asking.line.time.now() };
        let people = making.people().await?;
        let by = people.members[0].reference.clone();
        let others = |id| {
            let mut probes = probe::writing(base, id, &facts, &by, making.now);
            probes.retain(|probe| probe.name() != probe::transaction(base, id, &facts).name());
            probes
        };
        let conversations = async {
            let one = || making.conversation(&people);
            tokio::try_join!(one(), one(), one())
        };
        let (brought, conversations) = tokio::join!(asking.probe_all(others), conversations);
        self.take(brought?);
        Ok((people, <[_; 3]>::from(conversations?)))
    }

    /// Reads what the server says of itself; none where it is not one that can be asked further.
    async fn meet(&mut self) -> Result<Option<Response>, Failed> {
        let request = search::metadata();
        let response = self.asking.read(&request).await?;
        if answer::to_read(&response) == ReadAnswer::NotJson || matches!(response.status, 406 | 415) {
            self.first.push(Finding::new("json", Verdict::Missing, format!("{} to JSON", response.status)));
            return Ok(None);
        }
        let Ok(stated) = capability::from_statement(&response.body) else {
            let detail = format!("no CapabilityStatement at this address (answered {})", response.status);
            self.first.push(Finding::new("address", Verdict::Missing, detail));
            return Ok(None);
        };
        self.facts = stated;
        self.learnt.push(facts::Finding::Json(Ability::Proven));
        self.facts.learn(facts::Finding::Json(Ability::Proven));
        let mut configuration = Request::get(".well-known/smart-configuration");
        configuration.accept = Some("application/json");
        if let Ok(known) = self.asking.answered(&configuration).await {
            self.facts.scopes = capability::scopes(&known.body);
        }
        let rows = Request::get("Communication").with("_count", "1");
        let allowed = self.asking.read(&rows).await?;
        if matches!(allowed.status, 401 | 403) {
            return Err(ask::refused(&rows, &allowed));
        }
        let clock = match (response.date, self.asking.line.time.minutes_off()) {
            (None, _) => Finding::new("clock", Verdict::Unknown, ""),
            (_, None) => Finding::new("clock", Verdict::Works, ""),
            (_, Some(minutes)) => Finding::new("clock", Verdict::WorksAround, format!("{minutes} minutes")),
        };
        self.first.extend([
            Finding::new("sign-in", Verdict::Works, ""),
            clock,
            Finding::new("json", Verdict::Works, ""),
        ]);
        Ok(Some(response))
    }

    /// What the two engines look at: what the check made. A server that can't narrow a search is read whole.
    async fn scope(&mut self, people: &People) -> Result<Scope, Failed> {
        let members: Vec<_> = people.members.iter().map(|member| member.reference.id()).collect();
        let wanted = [
            (Kind::Practitioner, "_id", members.join(",")),
            (Kind::PractitionerRole, "_id", people.pool_id.clone()),
            (Kind::CareTeam, "_id", people.pool_id.clone()),
            (Kind::Patient, "_id", people.patient.id().to_owned()),
            (Kind::RelatedPerson, "patient", people.patient.as_str().to_owned()),
            (Kind::Communication, "subject", people.patient.as_str().to_owned()),
            (Kind::Task, "patient", people.patient.as_str().to_owned()),
        ];
        let mut scope = Scope::default();
        let mut not_narrowed = Vec::new();
        for (kind, parameter, value) in wanted {
            let filter = Filter { kind: Some(kind), parameter: parameter.to_owned(), value };
            let alone = Scope { filters: vec![filter.clone()], ..Scope::default() };
            let response = self.asking.read(&search::changes(kind, None, &alone)).await?;
            let page: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
            let is_ours = |row: &serde_json::Value| {
                let id = row.get("id").and_then(serde_json::Value::as_str);
                id.is_none_or(|id| self.ledger.knows(&format!("{}/{id}", kind.as_str())))
            };
            let taken = response.status == 200;
            if taken {
                scope.filters.push(filter);
            }
            if !taken || !ask::entries(&page).all(is_ours) {
                not_narrowed.push(format!("{}?{parameter}", kind.as_str()));
            }
        }
        let verdict = if not_narrowed.is_empty() { Verdict::Works } else { Verdict::WorksAround };
        self.way.push(Finding::new("search-by-patient", verdict, not_narrowed.join(", ")));
        Ok(scope)
    }

    fn take(&mut self, brought: Brought) {
        for path in &brought.made {
            self.ledger.note(path, None);
        }
        for finding in &brought.findings {
            self.facts.learn(finding.clone());
        }
        self.learnt.extend(brought.findings);
        self.lost |= brought.lost;
    }

    /// What a failure is a finding about.
    fn place_of(&self, failed: &Failed) -> &'static str {
        match failed {
            Failed::Unanswered(Unanswered::Certificate(_)) => "certificate",
            Failed::Unanswered(Unanswered::NotAPractice) => "address",
            Failed::NotSignedIn | Failed::Refused { status: 401 | 403, .. } => "sign-in",
            Failed::Unanswered(_) | Failed::TooLong { .. } if self.first.is_empty() => "connection",
            _ => "whole-way",
        }
    }

    /// Tidies away and sums up.
    async fn finish(mut self) -> Report {
        let mut left = Vec::new();
        let mut findings = std::mem::take(&mut self.first);
        let met = !findings.is_empty() && self.facts.json == Ability::Proven;
        if met {
            let tried = matches!(self.parts.depth, Depth::Writing { .. });
            findings.extend(standing::findings(&self.facts, tried));
        }
        findings.append(&mut self.way);
        standing::seen_on_the_way(&mut findings);
        if met && matches!(self.parts.depth, Depth::Writing { .. }) {
            if self.lost {
                self.ledger.sweep(&self.asking).await;
            }
            let there = self.ledger.tidy(&self.asking, &self.facts).await;
            let verdict = match (there.retracted.is_empty(), there.untouched.is_empty()) {
                (true, true) if !there.unnamed => Verdict::Works,
                (true, true) => Verdict::WorksAround,
                (false, true) => Verdict::WorksAround,
                (_, false) => Verdict::Missing,
            };
            left = [there.retracted, there.untouched].concat();
            let unnamed = if there.unnamed { ", and perhaps a Binary whose name was lost with its answer" } else { "" };
            findings.push(Finding::new("tidy", verdict, format!("{} left{unnamed}", left.len())));
        }
        Report::of(findings, &self.facts, left)
    }
}
