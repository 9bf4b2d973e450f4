//! One page: fetched, read on a thread of its own, stored on another while the next one is on its way.

use std::{collections::HashSet, sync::Arc};

use tern_fhir::{
    exchange::{Request, Response},
    outcome,
    read::{self, Page, Reading},
};
use tern_inbox::arrival::{Arrival, Kind};
use tern_store::{Cursor, StoreError};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Pull, PullError};
use crate::kill::kill_point;

/// A page on its way into the cache.
pub(super) type Storing = JoinHandle<Result<(), StoreError>>;

impl Pull {
    /// Sends a request for rows; anything but 200 is an error.
    pub(super) async fn rows(&self, request: Request) -> Result<Response, PullError> {
        let response = self.line.send(request).await?;
        if response.status == 200 {
            return Ok(response);
        }
        Err(PullError::Refused { status: response.status, code: outcome::code(&response) })
    }

    /// Reads a page on a thread that may take its time.
    pub(super) async fn read(&self, kind: Kind, response: Response) -> Result<Page, PullError> {
        let received = response.date.unwrap_or_else(|| self.time.now());
        let base = self.line.server.fhir_base().clone();
        let page = spawn_blocking(move || read::page(&response, &Reading { expected: kind, base: &base, received }));
        Ok(page.await??)
    }

    /// Begins to store rows, with the cursor in the same transaction.
    pub(super) fn store(self: &Arc<Self>, kind: Kind, arrivals: Vec<Arrival>, cursor: Option<Cursor>) -> Storing {
        let pull = Arc::clone(self);
        let now = self.time.now();
        spawn_blocking(move || {
            kill_point!("pull.before-commit");
            let page = tern_store::Page { kind, arrivals, cursor };
            let applied = pull.cache.write_bulk(now, |writer| writer.apply_page(&page))?;
            kill_point!("pull.after-commit");
            if !applied.confirmed.is_empty() || !applied.extras.is_empty() {
                pull.outbox.notify_one();
            }
            Ok(())
        })
    }
}

/// The pages of one run: a `next` that leads back to one of them leads nowhere.
#[derive(Default)]
pub(super) struct Trail(HashSet<(String, Vec<(String, String)>)>);

impl Trail {
    /// Whether this page was not asked for before.
    pub(super) fn is_new(&mut self, request: &Request) -> bool {
        self.0.insert((request.path.clone(), request.query.clone()))
    }
}

/// Waits for a page that is being stored.
pub(super) async fn stored(storing: Option<Storing>) -> Result<(), PullError> {
    match storing {
        Some(storing) => Ok(storing.await??),
        None => Ok(()),
    }
}
