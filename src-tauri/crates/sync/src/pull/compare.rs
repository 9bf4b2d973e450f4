//! The full comparison: every id and version of the server against the cache's, in both directions.
//!
//! It finds what no feed of changes brought: deletions on a server without history, rows that became visible too
//! late, a restored backup. What the server has and the cache hasn't is read; what the cache has and the server
//! hasn't is asked for by itself before it is believed gone, because a listing that leaves a row out must not
//! cost a message.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tern_fhir::{
    answer::{ReadAnswer, to_read},
    read::{self, Reading, Stamp},
    search,
};
use tern_inbox::arrival::{Arrival, Content, Kind};
use tern_store::Cursor;
use tokio::task::spawn_blocking;

use super::{
    Pull, PullError,
    page::{Trail, stored},
};

/// Rows that differ, read one by one; more than that, and the kind is pulled anew from its beginning.
///
/// Why the whole kind, and not a thousand reads: that much never differs by chance, but after a restored backup, an
/// import with old dates, or a gap, where which rows are affected is not to be trusted either. Pulled anew, it costs
/// pages instead of single exchanges, memory stays flat, rows that are here in that version are dropped before they
/// touch anything, and the cursor is kept with each page. It happens once for such an event and at most daily,
/// because the comparison counts as made when it begins.
const MOST_SINGLE_READS: usize = 200;

/// How much is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What the cache has and the server hasn't.
    Deletions,
    /// And what the server has that the cache hasn't, or has in another version.
    BothWays,
}

/// How much of what differs was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    /// All of it, or as much as this server lets be known.
    Whole,
    /// More is gone than is asked for at once: the next look goes on.
    InPart,
}

/// Whether the server has a row that the cache hasn't, or another version of it.
fn differs(stamp: &Stamp, here: &HashMap<String, Option<String>>) -> bool {
    match here.get(&stamp.server_id) {
        None => true,
        Some(None) => false,
        Some(Some(version)) => stamp.version.as_ref().is_some_and(|there| there != version),
    }
}

impl Pull {
    /// Compares a kind when its time has come: in both directions daily; where there is no history to learn
    /// deletions from, for these alone more often.
    pub(super) async fn compare_when_due(self: &Arc<Self>, kind: Kind) -> Result<(), PullError> {
        let cursor = self.cursor(kind).await?;
        if !cursor.complete {
            return Ok(());
        }
        let now = self.time.now();
        let Some(compared) = cursor.compared else {
            // The first sync has just read everything.
            return stored(Some(self.store(kind, Vec::new(), Some(Cursor { compared: Some(now), ..cursor })))).await;
        };
        let is_past =
            |since: DateTime<Utc>, every: Duration| now - since >= TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
        if is_past(compared, self.pace.comparison()) {
            return self.compare(kind, cursor, Depth::BothWays).await.map(drop);
        }
        let looked = self.deletions_looked_for(kind).unwrap_or(compared);
        if !self.facts.has_history(kind)
            && is_past(looked, self.pace.comparison_without_history())
            && self.compare(kind, cursor, Depth::Deletions).await? == Compared::Whole
        {
            self.note_deletions_looked_for(kind, now);
        }
        Ok(())
    }

    async fn compare(self: &Arc<Self>, kind: Kind, cursor: Cursor, depth: Depth) -> Result<Compared, PullError> {
        // Taken before the listing: what comes in meanwhile is nobody's loss.
        let began = self.time.now();
        let here = self.versions_here(kind).await?;
        let Some(there) = self.listed(kind).await? else { return Ok(Compared::Whole) };
        let changed: Vec<&String> = match depth {
            Depth::Deletions => Vec::new(),
            Depth::BothWays => there.values().filter(|stamp| differs(stamp, &here)).map(|row| &row.server_id).collect(),
        };
        let missing: Vec<&String> = here.keys().filter(|id| !there.contains_key(*id)).collect();
        if changed.len() > MOST_SINGLE_READS {
            tracing::info!(kind = kind.as_str(), rows = changed.len(), "much differs: pulling anew");
            let anew = Cursor { compared: Some(began), position: None, ..cursor };
            return self.follow_changes(kind, anew).await.map(|()| Compared::Whole);
        }
        let mut arrivals = Vec::new();
        for id in changed.into_iter().chain(missing.iter().copied().take(MOST_SINGLE_READS)) {
            arrivals.extend(self.as_it_stands(kind, id).await?);
        }
        // Where none of those was gone, the listing leaves rows out, and the next look would get no further.
        let some_went = arrivals.iter().any(|arrival| matches!(arrival.content, Content::Deleted));
        let compared = match missing.len() > MOST_SINGLE_READS && some_went {
            true => Compared::InPart,
            false => Compared::Whole,
        };
        let cursor = match (depth, compared) {
            (Depth::BothWays, Compared::Whole) => Cursor { compared: Some(began), ..cursor },
            _ => cursor,
        };
        stored(Some(self.store(kind, arrivals, Some(cursor)))).await?;
        Ok(compared)
    }

    /// The server's ids and versions that the cache holds.
    async fn versions_here(&self, kind: Kind) -> Result<HashMap<String, Option<String>>, PullError> {
        let cache = self.cache.clone();
        Ok(spawn_blocking(move || cache.read(|reader| reader.versions(kind))).await??)
    }

    /// Everything that the server lists; none where a page can't be trusted.
    async fn listed(&self, kind: Kind) -> Result<Option<HashMap<String, Stamp>>, PullError> {
        let mut there = HashMap::new();
        let mut next = Some(self.facts.without_refused(kind, search::stamps(kind, &self.scope)));
        let mut trail = Trail::default();
        while let Some(request) = next.take() {
            if !trail.is_new(&request) {
                return Ok(None);
            }
            let response = match self.rows(request).await {
                Ok(response) => response,
                Err(PullError::Refused { status: 400..=499, .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            let received = response.date.unwrap_or_else(|| self.time.now());
            let base = self.line.server.fhir_base().clone();
            let page =
                spawn_blocking(move || read::stamps(&response, &Reading { expected: kind, base: &base, received }))
                    .await??;
            if page.unreadable > 0 {
                return Ok(None);
            }
            next = page.next.as_deref().and_then(|link| self.line.server.relative(link));
            if page.next.is_some() && next.is_none() {
                return Ok(None);
            }
            there.extend(page.rows.into_iter().map(|row| (row.server_id.clone(), row)));
        }
        Ok(Some(there))
    }

    /// A single resource as it stands now, or its deletion; none where it can't be read at the moment.
    async fn as_it_stands(&self, kind: Kind, id: &str) -> Result<Option<Arrival>, PullError> {
        let response = self.line.send(search::read(kind.as_str(), id)).await?;
        match to_read(&response) {
            ReadAnswer::Here => {
                let received = response.date.unwrap_or_else(|| self.time.now());
                let base = self.line.server.fhir_base();
                Ok(read::one(&response, &Reading { expected: kind, base, received }).ok())
            }
            ReadAnswer::Gone => Ok(Some(Arrival {
                kind,
                server_id: id.to_owned(),
                version: "deleted".to_owned(),
                last_updated: None,
                identity: None,
                content: Content::Deleted,
            })),
            _ => Ok(None),
        }
    }
}
