//! What to do with what arrived: decided here, carried out by `store` in the transaction that moves the cursor.
//!
//! A server repeats itself: runs overlap, rows become visible late, an old version may be read after a new
//! one, a reply that we sent comes back under an id that we have never seen, and a lost answer may have left
//! two copies of it. [`decide`] looks at one arrival, at what is already here under its id and under its
//! identity, and says what follows. It never fails, and the same arrival twice is never stored twice, so a
//! page can be repeated after a crash at any point.
//!
//! What may be called a second copy: only what has the identity of something that was made here. An identity is a
//! UUID that another system may put on several resources (one order, two tasks): such rows are rows of their own,
//! because hiding one, and marking it entered-in-error, takes a patient's work item from everybody.
//!
//! Why a row that could not be read never replaces one that could: the old words are still true of the
//! moment in which they were sent, and an empty row would hide a message.
//!
//! [`shown`] is the other half: what the screen shows of a work item while writes of ours are on their way.

use chrono::{DateTime, Utc};

use crate::{
    arrival::{Arrival, Content},
    message::Delivery,
    moves::Move,
    outbox::Intent,
    party::PartyRef,
    work_item::{WorkItem, WorkStatus},
};

/// What the cache knows about one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Local key.
    pub key: String,
    /// The server's id; none while the row was only made here.
    pub server_id: Option<String>,
    /// The version whose content is here.
    pub version: Option<String>,
    /// `meta.lastUpdated` of that version.
    pub updated: Option<DateTime<Utc>>,
    /// `meta.lastUpdated` when the row was first seen on the server: what tells which of two copies is older.
    pub first_updated: Option<DateTime<Utc>>,
    /// Whether it was made here: a message that a member wrote in this cache, a thread that one opened. Never a work
    /// item, which Tern does not make.
    pub ours: bool,
}

/// A version that is remembered without its content: of a deletion, or of a row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `meta.versionId`.
    pub version: String,
    /// `meta.lastUpdated`.
    pub updated: Option<DateTime<Utc>>,
}

/// Everything that [`decide`] may look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The row under the arrival's server id.
    pub by_id: Option<Known>,
    /// The row that was made here under its identity.
    pub by_identity: Option<Known>,
    /// That it was deleted before.
    pub deleted: Option<Stamp>,
    /// That it stands in quarantine.
    pub quarantined: Option<Stamp>,
    /// That it is a second copy of something of ours.
    pub extra: bool,
}

/// What follows from an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing changes.
    Drop(Dropped),
    /// A new row.
    Insert,
    /// A newer version of the row with this key.
    Replace {
        /// Local key.
        key: String,
    },
    /// Our own write came back: the row learns its server id, and the outbox row that made it is done.
    Confirm {
        /// Local key.
        key: String,
    },
    /// A second copy of something of ours, to be retracted; the first one stays.
    Extra {
        /// Local key of the one that counts.
        of: String,
    },
    /// The arrival is the older copy and counts from now on; the one that counted is the extra.
    TakeOver {
        /// Local key.
        key: String,
        /// Server id of the copy to be retracted.
        extra: String,
    },
    /// Cannot be read: kept as it came, the row with this key stays as it was.
    Quarantine {
        /// Local key of the previous good row.
        key: Option<String>,
    },
    /// Gone, or none of ours any more.
    Remove {
        /// Local key, where it was here.
        key: Option<String>,
    },
}

/// Why an arrival changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// This version is here already.
    Repeat,
    /// A newer version is here already.
    Older,
    /// It was deleted since.
    Deleted,
    /// Not a resource that the inbox uses.
    NotOurs,
}

/// What to do with one arrival.
pub fn decide(arrival: &Arrival, facts: &Facts) -> Decision {
    if facts.deleted.as_ref().is_some_and(|gone| !is_newer(arrival, &gone.version, gone.updated)) {
        return Decision::Drop(Dropped::Deleted);
    }
    match (&facts.by_id, &facts.by_identity) {
        (Some(known), _) => on_known(arrival, known, facts),
        (None, Some(known)) if known.ours && arrival.content != Content::Deleted => on_identity(arrival, known, facts),
        _ => on_unknown(arrival, facts),
    }
}

/// The row under the arrival's own server id.
fn on_known(arrival: &Arrival, known: &Known, facts: &Facts) -> Decision {
    let key = known.key.clone();
    if known.server_id.is_none() {
        // Made here under an id that the server accepted: this is its echo.
        return match arrival.content {
            Content::Deleted => Decision::Remove { key: Some(key) },
            _ => Decision::Confirm { key },
        };
    }
    if let Some(version) = &known.version {
        if *version == arrival.version && arrival.content != Content::Deleted {
            return Decision::Drop(Dropped::Repeat);
        }
        if !is_newer(arrival, version, known.updated) {
            return Decision::Drop(Dropped::Older);
        }
    }
    match arrival.content {
        Content::Deleted | Content::NotOurs => Decision::Remove { key: Some(key) },
        Content::Unreadable { .. } => quarantine(arrival, Some(key), facts),
        _ => Decision::Replace { key },
    }
}

/// The row of ours under the arrival's identity, when its server id is new to us.
fn on_identity(arrival: &Arrival, known: &Known, facts: &Facts) -> Decision {
    let key = known.key.clone();
    let Some(other) = &known.server_id else { return Decision::Confirm { key } };
    let readable = !matches!(arrival.content, Content::Unreadable { .. } | Content::NotOurs);
    let arrived = (arrival.last_updated, arrival.server_id.as_str());
    if readable && !facts.extra && earlier(arrived, (known.first_updated, other)) {
        Decision::TakeOver { key, extra: other.clone() }
    } else {
        Decision::Extra { of: key }
    }
}

fn on_unknown(arrival: &Arrival, facts: &Facts) -> Decision {
    match arrival.content {
        Content::Deleted => Decision::Remove { key: None },
        // What was in quarantine and turns out to be none of ours leaves it.
        Content::NotOurs if facts.quarantined.is_some() => Decision::Remove { key: None },
        Content::NotOurs => Decision::Drop(Dropped::NotOurs),
        Content::Unreadable { .. } => quarantine(arrival, None, facts),
        _ => Decision::Insert,
    }
}

fn quarantine(arrival: &Arrival, key: Option<String>, facts: &Facts) -> Decision {
    match &facts.quarantined {
        Some(stamp) if stamp.version == arrival.version => Decision::Drop(Dropped::Repeat),
        Some(stamp) if !is_newer(arrival, &stamp.version, stamp.updated) => Decision::Drop(Dropped::Older),
        _ => Decision::Quarantine { key },
    }
}

/// Of two copies the earlier (lastUpdated, id) counts; one without a time is the later.
fn earlier(a: (Option<DateTime<Utc>>, &str), b: (Option<DateTime<Utc>>, &str)) -> bool {
    (a.0.unwrap_or(DateTime::<Utc>::MAX_UTC), a.1) < (b.0.unwrap_or(DateTime::<Utc>::MAX_UTC), b.1)
}

/// Whether an arrival is newer than a version that is here. `lastUpdated` decides; within one instant
/// numeric versions do; an opaque version that differs counts as newer, since servers answer in order far
/// more often than not, and the full comparison of the day finds the rest.
fn is_newer(arrival: &Arrival, version: &str, updated: Option<DateTime<Utc>>) -> bool {
    if let (Some(theirs), Some(ours)) = (arrival.last_updated, updated)
        && theirs != ours
    {
        return theirs > ours;
    }
    match (arrival.version.parse::<u64>(), version.parse::<u64>()) {
        (Ok(theirs), Ok(ours)) => theirs > ours || (theirs == ours && arrival.content == Content::Deleted),
        _ => arrival.version != version || arrival.content == Content::Deleted,
    }
}

/// A write of ours to a work item that the server has not confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What it writes.
    pub intent: Intent,
    /// Whose it is.
    pub author: PartyRef,
    /// When it was made, in the server's time as far as it is known.
    pub made: DateTime<Utc>,
    /// How far it has got.
    pub delivery: Delivery,
}

/// What the screen shows of a work item: the server's row with our pending writes laid over it, oldest
/// first. A write that stands wedged shows nothing, and a claim gives way to somebody who holds the item.
pub fn shown(server: &WorkItem, pending: &[Pending]) -> WorkItem {
    let mut item = server.clone();
    for write in pending.iter().filter(|write| write.delivery != Delivery::Wedged) {
        apply(&mut item, write);
    }
    item
}

fn apply(item: &mut WorkItem, write: &Pending) {
    let others = item.owner.as_ref().is_some_and(|owner| *owner != write.author);
    let held_by_other = others && item.status == WorkStatus::InProgress;
    let is_for_anybody = matches!(write.intent, Intent::Move { change: Move::Urgency { .. }, .. });
    if !item.status.is_open() || held_by_other && !is_for_anybody && item.hold_is_alive(write.made) {
        return;
    }
    match write.intent {
        Intent::Claim { .. } => {
            item.owner = Some(write.author.clone());
            item.status = WorkStatus::InProgress;
            item.modified = item.modified.max(write.made);
        }
        Intent::Renew { .. } => item.modified = item.modified.max(write.made),
        Intent::Release { .. } => {
            item.owner = None;
            item.status = WorkStatus::Requested;
        }
        Intent::Complete { .. } => item.status = WorkStatus::Completed,
        Intent::Move { ref change, .. } => relocate(item, change, write.made),
        Intent::OpenThread { .. }
        | Intent::Send { .. }
        | Intent::Place { .. }
        | Intent::Table { .. }
        | Intent::Cover { .. }
        | Intent::EndCoverage { .. }
        | Intent::Serve { .. }
        | Intent::EndDuty { .. }
        | Intent::File { .. }
        | Intent::Audit { .. } => {}
    }
}

fn relocate(item: &mut WorkItem, change: &Move, made: DateTime<Utc>) {
    match change {
        Move::Pool { pool } => {
            item.pool = Some(pool.clone());
            item.owner = None;
            item.status = WorkStatus::Requested;
            item.waiting_for = None;
        }
        Move::Member { member } => {
            item.waiting_for = None;
            item.owner = Some(member.clone());
            item.status = WorkStatus::Accepted;
        }
        Move::Urgency { urgency, lowered } => {
            item.urgency = *urgency;
            if lowered.is_some() {
                item.lowered.clone_from(lowered);
            }
        }
        Move::Await { what, pool } => {
            item.waiting_for = Some(*what);
            item.owner = None;
            item.status = WorkStatus::Requested;
            if let Some(pool) = pool {
                item.pool = Some(pool.clone());
            }
        }
    }
    // A claim that is kept by its holder must not look older than it is, nor a moved item younger than the move.
    if !matches!(change, Move::Urgency { .. }) {
        item.modified = item.modified.max(made);
    }
}

impl WorkItem {
    /// Whether a claim on it has not lapsed at `now` (server time).
    fn hold_is_alive(&self, now: DateTime<Utc>) -> bool {
        matches!(self.hold(now), crate::work_item::Hold::Held { .. })
    }
}

#[cfg(test)]
mod tests;
