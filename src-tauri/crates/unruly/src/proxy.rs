//! The proxy itself: one request through faults, quirks and links, and its answer back.
//!
//! ```text
//! client ─► faults without effect ─► origins inward ─► prepare ─► upstream
//! client ◄─ faults after effect   ◄─ origins outward ◄─ present ◄─ perform
//! ```
//!
//! *prepare* changes or refuses the request, *perform* has it done (walking pages, aging reads, splitting
//! transactions), *present* gives the answer the server's forms. An answer that a quirk gave goes through
//! *present* as well: a refused AuditEvent on a server with HTML errors is an HTML page. A fault's answer
//! doesn't: it comes from something on the way that knows nothing of FHIR.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::watch;

use crate::exchange::{Answer, Interaction, Kind, Request};
use crate::faults::Faults;
use crate::links::Origins;
use crate::paging::{self, LastRows};
use crate::quirk::Quirk;
use crate::quirks::{Quirks, QuirksError};
use crate::scene::{Scene, Tally};
use crate::time::{SystemTime, Time};
use crate::transaction;
use crate::upstream::{Unanswered, Upstream};
use crate::visibility::Snapshots;
use crate::writes::{Passage, Underway};
use crate::{capabilities, content, deletion, forms, params, patch, refusals, scopes, subscriptions, time, versions};
use crate::{visibility, writes};

/// The quirks in force, and the faults armed by them.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) quirks: Quirks,
    pub(crate) faults: Faults,
}

/// A proxy that makes a FHIR server differ and fail. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Unruly(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) upstream: Upstream,
    in_force: RwLock<Arc<InForce>>,
    seed: u64,
    time: Box<dyn Time>,
    pub(crate) offline: watch::Sender<bool>,
    pub(crate) tally: Tally,
    last_rows: LastRows,
    versions: versions::Versions,
    underway: Underway,
    deleted: deletion::Deleted,
    snapshots: Snapshots,
}

impl Unruly {
    /// Stands before `upstream` with these quirks; `seed` fixes the random faults.
    #[must_use]
    pub fn new(upstream: Upstream, quirks: Quirks, seed: u64) -> Self {
        Self::with_time(upstream, quirks, seed, SystemTime)
    }

    /// As [`Unruly::new`], with a clock of one's own.
    #[must_use]
    pub fn with_time(upstream: Upstream, quirks: Quirks, seed: u64, time: impl Time) -> Self {
        let faults = Faults::new(&quirks, seed);
        Self(Arc::new(Inner {
            upstream,
            in_force: RwLock::new(Arc::new(InForce { quirks, faults })),
            seed,
            time: Box::new(time),
            offline: watch::Sender::new(false),
            tally: Tally::default(),
            last_rows: LastRows::default(),
            versions: versions::Versions::default(),
            underway: Underway::default(),
            deleted: deletion::Deleted::default(),
            snapshots: Snapshots::default(),
        }))
    }

    /// The way to change it while it runs.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(self.clone())
    }
}

/// Changes a running proxy.
#[derive(Clone)]
pub struct Handle(Unruly);

impl Handle {
    /// Puts other quirks in force, for requests that begin from now on. Faults start anew from the seed.
    pub fn set(&self, quirks: Quirks) {
        let inner = &self.0.0;
        let faults = Faults::new(&quirks, inner.seed);
        *inner.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(InForce { quirks, faults });
        inner.snapshots.forget();
    }

    /// As [`Handle::set`], from a list.
    ///
    /// # Errors
    /// When the list can't be read; the quirks in force stay then.
    pub fn set_list(&self, list: &str) -> Result<(), QuirksError> {
        list.parse().map(|quirks| self.set(quirks))
    }

    /// The quirks in force.
    #[must_use]
    pub fn quirks(&self) -> Quirks {
        self.0.0.in_force().quirks.clone()
    }

    /// Takes the server off the network, or back: offline, every connection closes without an answer.
    pub fn offline(&self, offline: bool) {
        self.0.0.offline.send_replace(offline);
    }

    /// Whether the server is off the network.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        *self.0.0.offline.borrow()
    }

    /// How often each quirk changed something since the start: a test that wants a difference can see that
    /// there was one.
    #[must_use]
    pub fn applied(&self) -> BTreeMap<Quirk, u64> {
        self.0.0.tally.counts()
    }
}

impl Inner {
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A fault's answer: it knows nothing of FHIR, but the clock is the server's.
    pub(crate) fn struck(&self, quirks: &Quirks, mut answer: Answer) -> Answer {
        time::stamp(quirks, self.time.now(), &mut answer);
        answer
    }

    /// One request to the upstream with the quirks in force, and the answer with the client's origin in it.
    pub(crate) async fn exchange(&self, quirks: &Quirks, origins: &Origins, mut request: Request) -> Answer {
        let base = &self.upstream.base;
        let interaction = Interaction::of(&request.method, base.relative(&request.path));
        let scene = Scene { quirks, interaction: &interaction, tally: &self.tally };
        origins.inward(&mut request);
        let performed = if interaction.is(Kind::Bundle) {
            self.perform_bundle(&scene, &mut request).await
        } else {
            self.perform(&scene, &mut request).await
        };
        let mut answer = performed.unwrap_or_else(|error| {
            tracing::warn!(%error, "no answer from the upstream");
            Answer::refusal(502, "transient", "The upstream did not answer")
        });
        self.present(&scene, &request, &mut answer);
        if interaction.is_fhir() {
            let disguised = origins.disguise(quirks, &mut answer);
            for quirk in [Quirk::LinksOtherHost, Quirk::LinksLocalhost, Quirk::LinksHttp] {
                scene.play(quirk, || disguised);
            }
        }
        origins.outward(&mut answer);
        answer
    }

    /// Changes the request, or refuses it. The passage must outlive the answer.
    async fn prepare(&self, scene: &Scene<'_>, request: &mut Request) -> Result<Prepared, Unanswered> {
        scopes::request(scene, request);
        if !scene.interaction.is_fhir() {
            return Ok(Prepared::Go(None));
        }
        if let Some(answer) = refusals::request(scene, request) {
            return Ok(Prepared::Answered(answer));
        }
        if let Some(answer) = params::request(scene, request) {
            return Ok(Prepared::Answered(answer));
        }
        time::request(scene, request);
        versions::request(scene, &self.versions, request);
        content::request(scene, &self.upstream.base, request);
        subscriptions::request(scene, request);
        paging::request(scene, request);
        let passage = writes::conditions(scene, &self.underway, &self.upstream, request).await?;
        Ok(match writes::creates(scene, &self.upstream, request).await? {
            Some(answer) => Prepared::Answered(answer),
            None => Prepared::Go(passage),
        })
    }

    /// Has a single request done.
    async fn perform(&self, scene: &Scene<'_>, request: &mut Request) -> Result<Answer, Unanswered> {
        let _passage = match self.prepare(scene, request).await? {
            Prepared::Go(passage) => passage,
            Prepared::Answered(answer) => return Ok(answer),
        };
        if let Some(answer) = writes::unchanged(scene, &self.upstream, request).await? {
            return Ok(answer);
        }
        let now = self.time.now();
        if let Some(answer) = self.snapshots.recall(scene, now, request) {
            return Ok(answer);
        }
        let mut answer = match paging::offset_page(scene, request) {
            Some(Err(refusal)) => return Ok(*refusal),
            Some(Ok(page)) => self.walk(request, page).await?,
            None => self.upstream.send(request.clone()).await?,
        };
        patch::response(scene, &self.upstream, request, &mut answer).await?;
        deletion::response(scene, &self.deleted, &mut answer);
        visibility::response(scene, &self.upstream, now, request, &mut answer).await?;
        self.snapshots.keep(scene, now, request, &answer);
        Ok(answer)
    }

    /// Walks the upstream's pages up to the one that is wanted by offset.
    async fn walk(&self, request: &Request, page: paging::OffsetPage) -> Result<Answer, Unanswered> {
        let mut answer = self.upstream.send(paging::first_of_walk(request, page)).await?;
        if answer.status != StatusCode::OK {
            return Ok(answer);
        }
        let mut rows = Vec::new();
        let mut next = collect(&mut answer, &mut rows);
        while paging::matched(&rows) < page.wanted()
            && let Some(url) = next
        {
            let mut further = self.upstream.send(request.sibling(&url)).await?;
            if further.status != StatusCode::OK {
                return Ok(further);
            }
            next = collect(&mut further, &mut rows);
        }
        answer.body.edit(|bundle| {
            let Some(bundle) = bundle.as_object_mut() else { return false };
            paging::offset_bundle(bundle, rows, page, request, &self.upstream.base.origin);
            true
        });
        Ok(answer)
    }

    /// Has a batch or transaction done.
    async fn perform_bundle(&self, scene: &Scene<'_>, request: &mut Request) -> Result<Answer, Unanswered> {
        let kind = transaction::bundle_type(&mut request.body);
        let base = &self.upstream.base;
        let outer = request.clone();
        let steps = request.body.json().and_then(|bundle| transaction::steps(bundle, &outer, base));
        let touched = scene.quirks.iter().any(|quirk| !quirk.is_fault());
        let (Some(kind @ ("batch" | "transaction")), Some(steps), true) = (kind.as_deref(), steps, touched) else {
            return self.perform(scene, request).await;
        };
        if let Some(answer) = refusals::request(scene, request) {
            return Ok(answer);
        }
        if kind == "batch" || scene.play(Quirk::TransactionHalf, || true) {
            return self.perform_apart(scene, kind, steps).await;
        }
        let mut passages = Vec::new();
        for mut step in steps {
            let interaction = Interaction::of(&step.request.method, base.relative(&step.request.path));
            let of_step = Scene { interaction: &interaction, ..*scene };
            match self.prepare(&of_step, &mut step.request).await? {
                // One entry refused rolls back all.
                Prepared::Answered(answer) => return Ok(answer),
                Prepared::Go(passage) => passages.extend(passage),
            }
            request.body.edit(|bundle| {
                let entry = bundle.get_mut("entry").and_then(|entries| entries.get_mut(step.index));
                entry
                    .and_then(Value::as_object_mut)
                    .is_some_and(|entry| transaction::write_back(entry, step.request, base))
            });
        }
        self.upstream.send(request.clone()).await
    }

    /// Executes entries one by one, going on after failures.
    async fn perform_apart(
        &self,
        scene: &Scene<'_>,
        kind: &str,
        mut steps: Vec<transaction::Step>,
    ) -> Result<Answer, Unanswered> {
        let base = &self.upstream.base;
        let mut entries = vec![Value::Null; steps.len()];
        let mut known = HashMap::new();
        transaction::in_order(&mut steps);
        for mut step in steps {
            transaction::resolve(&mut step, &known);
            let interaction = Interaction::of(&step.request.method, base.relative(&step.request.path));
            let of_step = Scene { interaction: &interaction, ..*scene };
            let mut answer = self.perform(&of_step, &mut step.request).await?;
            if answer.status.is_success()
                && let (Some(full_url), Some(became)) = (&step.full_url, transaction::became(&answer, &step, base))
            {
                known.insert(full_url.clone(), became);
            }
            if let Some(entry) = entries.get_mut(step.index) {
                *entry = transaction::response_entry(&mut answer, &step.request.method);
            }
        }
        Ok(transaction::response_bundle(kind, entries))
    }

    /// Gives an answer the forms of this server. Locations take their form while versions still have the
    /// upstream's names; what is shifted in time is shifted after whatever compares times.
    fn present(&self, scene: &Scene<'_>, request: &Request, answer: &mut Answer) {
        if scene.interaction.is_fhir() {
            paging::response(scene, request, &self.last_rows, answer);
            refusals::response(scene, answer);
            capabilities::response(scene, answer);
            content::response(scene, &self.upstream.base, answer);
            forms::response(scene, &self.upstream.base, answer);
            versions::response(scene, &self.versions, answer);
            time::response(scene, answer);
        }
        scopes::response(scene, answer);
        time::stamp(scene.quirks, self.time.now(), answer);
    }
}

enum Prepared {
    Go(Option<Passage>),
    Answered(Answer),
}

/// Takes the rows out of a page; gives the path of the next.
fn collect(page: &mut Answer, rows: &mut Vec<Value>) -> Option<String> {
    let bundle = page.body.json()?;
    rows.extend(bundle.get("entry").and_then(Value::as_array).into_iter().flatten().cloned());
    paging::next_link(bundle).map(paging::path_and_query)
}
