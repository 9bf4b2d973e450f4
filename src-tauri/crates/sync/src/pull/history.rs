//! Incremental sync by the type's history: cheap, and it knows deletions.

use std::sync::Arc;

use tern_fhir::search;
use tern_inbox::arrival::Kind;
use tern_store::Cursor;

use super::{
    Pull, PullError,
    page::{Trail, stored},
};

/// How far a history was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Followed {
    /// All of it is stored and the cursor stands behind it.
    ToTheEnd,
    /// The server has none, or none of this type, or its pages lead nowhere.
    NotOffered,
}

impl Pull {
    /// Newest first: what is stored page by page is complete only with the last one, so only that moves the
    /// cursor. A run that breaks off is simply begun again; its rows are here already and are dropped.
    pub(super) async fn follow_history(self: &Arc<Self>, kind: Kind, cursor: Cursor) -> Result<Followed, PullError> {
        let Some(since) = Self::start(cursor.position) else { return Ok(Followed::NotOffered) };
        let mut newest = cursor.position;
        let mut storing = None;
        let mut trail = Trail::default();
        let mut next = Some(search::history(kind, since));
        while let Some(request) = next.take() {
            if !trail.is_new(&request) {
                stored(storing.take()).await?;
                return Ok(Followed::NotOffered);
            }
            let response = match self.rows(request).await {
                Err(PullError::Refused { status: 400 | 403 | 404 | 405 | 501, .. }) => {
                    stored(storing.take()).await?;
                    self.facts.has_no_history(kind).await?;
                    return Ok(Followed::NotOffered);
                }
                other => other?,
            };
            let page = self.read(kind, response).await?;
            let stamps = || page.arrivals.iter().filter_map(|arrival| arrival.last_updated);
            newest = stamps().max().max(newest);
            // A server that ignores `_since` lists everything that ever was: the rest is older still.
            let is_past = stamps().min().is_some_and(|oldest| oldest < since);
            let onward = page.next.as_deref().filter(|_| !is_past).and_then(|link| self.line.server.relative(link));
            let is_end = is_past || page.next.is_none();
            stored(storing.take()).await?;
            let cursor = match is_end {
                false => cursor.clone(),
                true => Cursor { position: newest, ..cursor.clone() },
            };
            storing = Some(self.store(kind, page.arrivals, Some(cursor)));
            if !is_end && onward.is_none() {
                // There is more, at an address where nobody may be asked.
                stored(storing.take()).await?;
                return Ok(Followed::NotOffered);
            }
            next = onward;
        }
        stored(storing).await?;
        Ok(Followed::ToTheEnd)
    }
}
