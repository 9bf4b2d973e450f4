//! What this server can do, as far as it is known: read from its statement at connection, made certain by
//! probes that leave nothing behind, and corrected by what happens.
//!
//! Kept in the cache, so that a start without network still knows how to write, and how to tell a lost answer
//! from a lost reply. What was tried counts more than what a later statement says; another software at the same
//! address begins anew.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use tern_fhir::{
    answer, capability,
    exchange::Request,
    facts::{Ability, Finding, ServerFacts},
    outcome::{self, Said},
    read::NotFhir,
    search,
};
use tern_inbox::arrival::Kind;
use tern_store::{Cache, StoreError};
use tokio::task::spawn_blocking;

use crate::{connectivity::Event, line::Line, pull::PullError, server_time::ServerTime, status::Board};

/// Name of the setting that holds them.
const SETTING: &str = "server-facts";

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Whether the server was ever asked.
    asked: bool,
    /// Whether it has a statement of itself: one that had never is taken as it is.
    stated: bool,
    /// Whether what a claim or a reply depends on was tried out.
    tried_out: bool,
    server: ServerFacts,
    /// Search parameters that it refused, by type.
    refused: BTreeSet<(String, String)>,
    /// Types whose history was refused, by name. In this run: a refusal that has passed costs one request at the
    /// next start, and believing it for ever would cost a full comparison with every look.
    #[serde(skip)]
    without_history: BTreeSet<String>,
}

/// What is known, shared by everything that asks.
pub(crate) struct Facts {
    cache: Cache,
    time: Arc<ServerTime>,
    board: Arc<Board>,
    kept: Mutex<Kept>,
    /// In this run nobody waits for a trial any longer.
    untried: AtomicBool,
}

impl Facts {
    /// What the cache remembers.
    pub(crate) fn load(cache: &Cache, time: &Arc<ServerTime>, board: &Arc<Board>) -> Result<Self, StoreError> {
        let kept: Option<Kept> = match cache.read(|reader| reader.setting(SETTING)) {
            // Facts of another shape are asked for again; nothing depends on them.
            Err(StoreError::Json) => None,
            other => other?,
        };
        let facts = Self {
            cache: cache.clone(),
            time: Arc::clone(time),
            board: Arc::clone(board),
            kept: Mutex::new(kept.unwrap_or_default()),
            untried: AtomicBool::new(false),
        };
        facts.show();
        Ok(facts)
    }

    /// A copy of what is known.
    pub(crate) fn server(&self) -> ServerFacts {
        self.kept().server.clone()
    }

    /// Whether this server had a statement of itself when it was asked before.
    pub(crate) fn had_a_statement(&self) -> bool {
        self.kept().stated
    }

    /// Whether the server was asked what it can do, and that was tried out as far as it lets itself be: before,
    /// nothing is written to it.
    pub(crate) fn may_be_written_by(&self) -> bool {
        let kept = self.kept();
        kept.asked && (kept.tried_out || self.untried.load(Ordering::Relaxed))
    }

    /// What a claim or a reply depends on was tried out.
    pub(crate) async fn was_tried_out(&self) -> Result<(), StoreError> {
        self.change(|kept| kept.tried_out = true).await
    }

    /// It could not be: this run goes by what the server says of itself.
    pub(crate) fn go_on_untried(&self) {
        self.untried.store(true, Ordering::Relaxed);
    }

    /// Reads the server's statement. What was tried before stays, unless it is another software now.
    pub(crate) async fn ask(&self, line: &Line) -> Result<(), PullError> {
        let response = line.send(search::metadata()).await?;
        if matches!(response.status, 401 | 429 | 500..) {
            return Err(PullError::Refused { status: response.status, code: None });
        }
        let is_a_page = matches!(outcome::said(&response.body, response.content_type.as_deref()), Said::Html);
        let states = (200..=299).contains(&response.status) && answer::is_fhir(&response);
        if is_a_page || (!states && self.kept().stated) {
            // Somebody's in between; what the server can do is still to be asked.
            self.board.happened(Event::Failed);
            return Err(NotFhir::Html.into());
        }
        if states {
            line.has_a_statement();
        }
        // A server that says nothing of itself is tried out; silence is no reason not to read messages.
        let stated = capability::from_statement(&response.body).unwrap_or_default();
        self.change(|kept| {
            if !kept.asked || kept.server.software != stated.software {
                *kept = Kept { asked: true, server: stated, ..Kept::default() };
            } else if stated.type_history.is_hoped() {
                // Refused in an earlier run, which may have passed: one request tells.
                kept.server.type_history = stated.type_history;
            }
            kept.stated |= states;
        })
        .await?;
        Ok(())
    }

    /// Takes in something that an answer showed.
    pub(crate) async fn learn(&self, finding: Finding) -> Result<(), StoreError> {
        tracing::info!(?finding, "learnt about the server");
        self.change(|kept| kept.server.learn(finding)).await
    }

    /// Whether a type's history is worth asking for.
    pub(crate) fn has_history(&self, kind: Kind) -> bool {
        let kept = self.kept();
        kept.server.type_history.is_hoped() && !kept.without_history.contains(kind.as_str())
    }

    /// The type's history was refused.
    pub(crate) async fn has_no_history(&self, kind: Kind) -> Result<(), StoreError> {
        self.change(|kept| {
            kept.without_history.insert(kind.as_str().to_owned());
            if kind == Kind::Communication {
                kept.server.learn(Finding::TypeHistory(Ability::Missing));
            }
        })
        .await
    }

    /// A search parameter was refused.
    pub(crate) async fn refuses(&self, kind: Kind, parameter: &str) -> Result<(), StoreError> {
        tracing::info!(kind = kind.as_str(), parameter, "the server refuses a search parameter");
        self.change(|kept| {
            kept.refused.insert((kind.as_str().to_owned(), parameter.to_owned()));
        })
        .await
    }

    /// Whether it refused a search parameter before.
    pub(crate) fn is_refused(&self, kind: Kind, parameter: &str) -> bool {
        self.kept().refused.contains(&(kind.as_str().to_owned(), parameter.to_owned()))
    }

    /// The request without what the server refused before.
    pub(crate) fn without_refused(&self, kind: Kind, mut request: Request) -> Request {
        let kept = self.kept();
        request.query.retain(|(name, _)| !kept.refused.contains(&(kind.as_str().to_owned(), name.clone())));
        request
    }

    async fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), StoreError> {
        let changed = {
            let mut kept = self.kept();
            let before = kept.clone();
            change(&mut kept);
            (*kept != before).then(|| kept.clone())
        };
        let Some(changed) = changed else { return Ok(()) };
        self.show();
        let (cache, now) = (self.cache.clone(), self.time.now());
        // A thread that ended early only means that the fact is learnt again.
        spawn_blocking(move || cache.write(now, |writer| writer.set_setting(SETTING, &changed))).await.unwrap_or(Ok(()))
    }

    fn show(&self) {
        let kept = self.kept();
        let facts = kept.asked.then(|| Arc::new(kept.server.clone()));
        drop(kept);
        self.board.change(|status| status.facts = facts);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
