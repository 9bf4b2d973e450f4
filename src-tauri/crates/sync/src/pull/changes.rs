//! The first sync, and every later one on a server without history: what changed since, oldest first.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tern_fhir::{exchange::Request, read::Page, search};
use tern_inbox::arrival::Kind;
use tern_store::Cursor;

use super::{
    Pull, PullError,
    page::{Storing, Trail, stored},
};

/// Where one run stands.
struct Run {
    kind: Kind,
    cursor: Cursor,
    /// The highest stamp seen.
    newest: Option<DateTime<Utc>>,
    /// The stamp of the last row.
    last: Option<DateTime<Utc>>,
    /// Every row so far was at or after the one before it.
    ordered: bool,
    storing: Option<Storing>,
}

/// How a chain of pages ended.
enum Chain {
    /// With a page that has no `next`.
    Complete,
    /// `next` failed or led back: begin again behind what was seen.
    Broken,
}

impl Pull {
    /// Follows the changes of a kind to the end. Where the chain of pages breaks (offset paging beyond 10,000,
    /// an expired cursor, a `next` that leads back), it begins anew at the last stamp seen; where that doesn't
    /// get any further, the kind is given up for now, and what was stored stays.
    pub(super) async fn follow_changes(self: &Arc<Self>, kind: Kind, cursor: Cursor) -> Result<(), PullError> {
        let newest = cursor.position;
        let mut run = Run { kind, cursor, newest, last: None, ordered: true, storing: None };
        let mut since = Self::start(run.newest);
        loop {
            match self.follow_chain(&mut run, since).await? {
                Chain::Complete => return Ok(()),
                Chain::Broken => {
                    stored(run.storing.take()).await?;
                    // No overlap here: this run has just seen those rows.
                    if !run.ordered || run.newest <= since {
                        return Err(PullError::Stuck);
                    }
                    tracing::info!(kind = kind.as_str(), "paging broke off; beginning again behind it");
                    since = run.newest;
                    run.last = None;
                }
            }
        }
    }

    async fn follow_chain(self: &Arc<Self>, run: &mut Run, since: Option<DateTime<Utc>>) -> Result<Chain, PullError> {
        let mut request = self.first(run.kind, since).await?;
        let Some((mut response, first)) = request.take() else {
            // The server doesn't have the type at all: then there is nothing of it.
            run.cursor.complete = true;
            stored(Some(self.store(run.kind, Vec::new(), Some(run.cursor.clone())))).await?;
            return Ok(Chain::Complete);
        };
        let mut trail = Trail::default();
        trail.is_new(&first);
        loop {
            let page = self.read(run.kind, response).await?;
            run.look_at(&page);
            let onward = page.next.as_deref().and_then(|link| self.line.server.relative(link));
            let is_last = page.next.is_none();
            run.advance(is_last);
            stored(run.storing.take()).await?;
            run.storing = Some(self.store(run.kind, page.arrivals, Some(run.cursor.clone())));
            let Some(next) = onward.filter(|next| trail.is_new(next)) else {
                stored(run.storing.take()).await?;
                return Ok(if is_last { Chain::Complete } else { Chain::Broken });
            };
            // Fetched while the page before is being stored.
            response = match self.rows(next).await {
                Err(PullError::Refused { status: 400..=499, .. }) => return Ok(Chain::Broken),
                other => other?,
            };
        }
    }

    /// The first page, leaving out what this server refuses: a 400 may be about any parameter, so they are
    /// given up one by one, the least needed first, and what was found is remembered. None where the server
    /// does not know the type.
    async fn first(
        &self,
        kind: Kind,
        since: Option<DateTime<Utc>>,
    ) -> Result<Option<(tern_fhir::exchange::Response, Request)>, PullError> {
        let whole = search::changes(kind, since, &self.scope);
        let known = self.facts.without_refused(kind, whole.clone());
        match self.rows(known.clone()).await {
            Ok(response) => return Ok(Some((response, known))),
            Err(PullError::Refused { status: 404, .. }) => return Ok(None),
            Err(PullError::Refused { status: 400, .. }) => {}
            Err(error) => return Err(error),
        }
        let mut last = PullError::Stuck;
        for parameter in ["_count", "_sort", "_lastUpdated", "identifier"] {
            let request = without(&known, parameter);
            if request == known {
                continue;
            }
            match self.rows(request.clone()).await {
                Ok(response) => {
                    self.facts.refuses(kind, parameter).await?;
                    return Ok(Some((response, request)));
                }
                Err(error @ PullError::Refused { status: 400, .. }) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }
}

/// The request without a parameter.
pub(crate) fn without(request: &Request, parameter: &str) -> Request {
    let mut request = request.clone();
    request.query.retain(|(name, _)| name != parameter);
    request
}

impl Run {
    fn look_at(&mut self, page: &Page) {
        for stamp in page.arrivals.iter().filter_map(|arrival| arrival.last_updated) {
            self.ordered &= self.last.is_none_or(|last| stamp >= last);
            self.last = Some(stamp);
            self.newest = self.newest.max(Some(stamp));
        }
    }

    /// With each page where the rows come in order, else only at the end: a restart in between must not leave
    /// anything out.
    fn advance(&mut self, is_last: bool) {
        if is_last || self.ordered {
            self.cursor.position = self.newest;
        }
        self.cursor.complete |= is_last;
    }
}
