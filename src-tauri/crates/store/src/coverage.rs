//! Who is away and who stands in, as the cache knows it: read for every envelope that is filed, changed through the
//! outbox, and looked at by the clock, because a coverage begins and ends without anybody writing anything.
//!
//! A change is one row of the outbox with all of it in it. Until the server has it, nobody is away by it: the others
//! work by the former plan. A second change of the same coverage takes the place of the first while that has not left,
//! and keeps what the first was based on: a plan that was made and changed before it left is made once, as changed.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use tern_inbox::{
    coverage::{
        Coverage, Roster, Validity, When,
        digest::{Candidate, news_of},
    },
    hours::{Hours, Interval},
    ids::CoverageId,
    member::Member,
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    queue::{self, Me, Queue},
    work_item::WorkItem,
};

use crate::{
    Acknowledged, Practice, Reader, StoreError, Tag, Writer,
    table::{Meta, coverage, outbox as rows, pool, work_item},
};

/// What was in force when everything was filed last.
const IN_FORCE: &str = "coverages-in-force";

/// What was over longer ago than this is nobody's turn and nobody's news: it is not looked at any more, or every commit
/// of a practice's tenth year would read ten years of holidays.
const REMEMBERED_FOR: TimeDelta = TimeDelta::days(60);

/// Who is away and who stands in, about `now`. Asked for with every commit that files something: where nobody is ever
/// away, that is one look at an empty table.
pub(crate) fn roster(connection: &Connection, practice: &Practice, now: DateTime<Utc>) -> Result<Roster, StoreError> {
    if !coverage::any(connection)? {
        return Ok(Roster::default());
    }
    let coverages = coverage::not_over(connection, now - REMEMBERED_FOR)?;
    let members: Vec<Member> = Reader::new(connection).members()?;
    Ok(Roster::new(&coverages, members, practice.hours().map(Hours::zone)))
}

impl Reader<'_> {
    /// Who is away and who stands in, was within the last sixty days, or will be.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn roster(&self, now: DateTime<Utc>) -> Result<Roster, StoreError> {
        roster(self.connection(), &self.practice()?, now)
    }

    /// A work item as `me` may deal with it at `now`: what was given to somebody for whom they stand in is free to them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn freed(&self, item: &WorkItem, me: &Me, now: DateTime<Utc>) -> Result<WorkItem, StoreError> {
        if item.owner.is_none() || !coverage::any(self.connection())? {
            return Ok(item.clone());
        }
        let pools = pool::all(self.connection())?;
        Ok(self.roster(now)?.freed(item, queue::pool_of(item, &pools), me, now))
    }

    /// The member's changes of coverages that the server does not have, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverage_changes(&self, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let mut changes = rows::all(self.connection())?;
        changes.retain(|row| row.author == *author && row.intent.coverage().is_some());
        Ok(changes)
    }

    /// Whether somebody went or came back by time alone since everything was filed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coverage_has_turned(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let filed: Vec<CoverageId> = match self.setting(IN_FORCE) {
            Err(StoreError::Json) => return Ok(true),
            filed => filed?.unwrap_or_default(),
        };
        Ok(filed != self.roster(now)?.in_force(now))
    }

    /// Work items that a digest of an absence may speak of: those dealt with since it began, what is the member's or
    /// waits now, and what changed hands meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn digest_candidates(&self, away: Interval) -> Result<Vec<Candidate>, StoreError> {
        let (me, news) = (self.me()?, news_of(away));
        let mut found = work_item::closed_since(self.connection(), away.start)?;
        for queue in [Queue::Mine, Queue::Waiting] {
            found.extend(work_item::open_in(self.connection(), &queue.key())?);
        }
        let listed: BTreeSet<_> = found.iter().map(|(item, _)| item.id.clone()).collect();
        let changed_hands = work_item::changed_hands_since(self.connection(), away.start)?;
        found.extend(changed_hands.into_iter().filter(|(item, _)| !listed.contains(&item.id)));
        let was_mine = |former: &Option<(PartyRef, DateTime<Utc>)>| {
            former.as_ref().is_some_and(|(owner, until)| me.is(owner) && news.contains(*until))
        };
        Ok(found.into_iter().map(|(item, former)| Candidate { was_mine: was_mine(&former), item }).collect())
    }
}

impl Writer<'_> {
    /// Queues a coverage: another plan of the version `base`, or a new one.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while the change before is on its way.
    pub fn save_coverage(
        &mut self,
        coverage: &Coverage,
        base: Option<&str>,
        author: &PartyRef,
    ) -> Result<(), StoreError> {
        self.discard_coverage(&coverage.id, author)?;
        let intent = Intent::Cover { coverage: coverage.clone(), base: base.map(str::to_owned) };
        let row = self.draft_row(None, author, intent, self.now());
        self.outbox_add(&[row])
    }

    /// Queues the end of a coverage, now. One that has not left is given up, and nothing of it ever leaves.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while the change before is on its way.
    pub fn end_coverage(&mut self, id: &CoverageId, author: &PartyRef) -> Result<(), StoreError> {
        self.discard_coverage(id, author)?;
        if coverage::find(self.connection(), id.as_str())?.is_none() {
            return Ok(());
        }
        let intent = Intent::EndCoverage { coverage: id.clone(), at: self.now() };
        let row = self.draft_row(None, author, intent, self.now());
        self.outbox_add(&[row])
    }

    /// Gives up the member's change of a coverage that the server does not have; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while it is on its way.
    pub fn discard_coverage(&mut self, id: &CoverageId, author: &PartyRef) -> Result<(), StoreError> {
        for row in self.read().coverage_changes(author)? {
            if row.intent.coverage() != Some(id) {
                continue;
            }
            if matches!(row.delivery, Delivery::Sending | Delivery::Unknown) {
                return Err(StoreError::HasLeft);
            }
            self.remove_row(&row)?;
        }
        Ok(())
    }

    /// The server has a change: it is in force here too, and the pull finds nothing new.
    pub(crate) fn coverage_written(&mut self, intent: &Intent, answer: &Acknowledged) -> Result<(), StoreError> {
        let (Some(server_id), Some(version)) = (&answer.server_id, &answer.version) else { return Ok(()) };
        let written = match intent {
            Intent::Cover { coverage, .. } => {
                Coverage { id: server_id.as_str().into(), validity: Validity::Planned, ..coverage.clone() }
            }
            Intent::EndCoverage { coverage: id, at } => {
                let kept = coverage::all(self.connection())?.into_iter().find(|kept| kept.coverage.id == *id);
                let Some(kept) = kept else { return Ok(()) };
                let zone = self.read().practice()?.hours().map(Hours::zone);
                let span = kept.coverage.span(zone);
                if span.start > *at {
                    Coverage { validity: Validity::Void, ..kept.coverage }
                } else {
                    let until = if span.end > *at { Some(When::At(*at)) } else { kept.coverage.until };
                    Coverage { validity: Validity::Ended, until, ..kept.coverage }
                }
            }
            _ => return Ok(()),
        };
        let updated = answer.updated.map(crate::column::micros);
        coverage::put(self.connection(), &written, Meta { server_id, version, updated, identity: None })?;
        self.coverage_changed()
    }

    /// Everything is filed by who is away, and time alone finds nothing left to do.
    pub(crate) fn coverage_changed(&mut self) -> Result<(), StoreError> {
        let in_force = self.read().roster(self.now())?.in_force(self.now());
        self.set_setting(IN_FORCE, &in_force)?;
        self.changes.add(Tag::Coverage);
        self.changes.add(Tag::Queues);
        self.touch_all_envelopes();
        Ok(())
    }

    /// Whether whoever has a work item on the server is who had it before, once it is as in `item`. Not where the one
    /// before is away: what whoever stands in answers, or puts back, stays what was the absent member's.
    pub(crate) fn remembers_owner(&self, key: &str, item: &WorkItem) -> Result<bool, StoreError> {
        if !coverage::any(self.connection())? {
            return Ok(true);
        }
        let Some(former) = work_item::former_behind_owner(self.connection(), key)? else { return Ok(true) };
        let roster = self.read().roster(item.modified)?;
        Ok(!roster.was_away(&former, item.pool.as_deref(), item.modified))
    }

    /// Files everything anew where somebody went or came back by time alone. Called every few seconds, behind
    /// [`Reader::coverage_has_turned`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn turn_coverage(&mut self) -> Result<(), StoreError> {
        self.coverage_changed()
    }

    /// A member's role decides for whom they may stand in: with somebody away, everything is filed by it.
    pub(crate) fn member_changed(&mut self) -> Result<(), StoreError> {
        self.changes.add(Tag::People);
        if coverage::any(self.connection())? {
            self.coverage_changed()?;
        }
        Ok(())
    }

    /// A coverage that is gone from the server, or no coverage any more: whoever it made absent is here.
    pub(crate) fn forget_coverage(&mut self, id: &str) -> Result<(), StoreError> {
        if coverage::remove(self.connection(), id)? {
            self.coverage_changed()?;
        }
        Ok(())
    }
}
