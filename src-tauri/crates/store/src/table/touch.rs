//! Touches: from Start to one outcome, and how long each took. The times stay on the machine.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{
    ids::{MessageId, OutboxId, ThreadId, WorkItemId},
    party::PartyRef,
    private::PrivateText,
    touch::{Lost, Outcome, Touch},
};

use crate::{
    Reader, StoreError,
    column::{Columns, Word, json, micros, micros_of},
    table::work_item,
};

/// One touch of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchRow {
    pub(crate) n: i64,
    /// What is touched.
    pub thread: ThreadId,
    /// By whom.
    pub author: PartyRef,
    /// Category at the start.
    pub category: Option<String>,
    /// Where it stands.
    pub state: Touch,
    /// When it was started.
    pub started: DateTime<Utc>,
    /// When it was ended.
    pub ended: Option<DateTime<Utc>>,
    /// How.
    pub outcome: Option<Outcome>,
    /// Who has it instead, where the claim was lost.
    pub lost: Option<Lost>,
    /// The work items that were on screen: the only ones that an outcome completes.
    pub items: Vec<WorkItemId>,
    /// The outbox rows of its end.
    pub group: Option<OutboxId>,
    /// The reply that ended it.
    pub message: Option<MessageId>,
    /// The draft that its end put away, for undo.
    pub kept_draft: Option<PrivateText>,
    /// How many outbox rows its end made: when one is gone, it has left.
    pub(crate) row_count: usize,
    /// Seconds with focus and activity.
    pub active_seconds: u32,
}

impl TouchRow {
    /// The claim was lost, and the person has not left what is on screen: it says who has it instead.
    pub fn is_lost(&self) -> bool {
        self.state == Touch::Waiting && self.ended.is_none() && self.lost.is_some()
    }

    /// Its end was taken back.
    pub(crate) fn clear_end(&mut self) {
        self.ended = None;
        self.outcome = None;
        self.group = None;
        self.message = None;
        self.kept_draft = None;
        self.row_count = 0;
    }
}

macro_rules! columns {
    () => {
        "n, thread, author, category, state, started, ended, outcome, items, grouped, message, kept_draft,
         active_seconds, row_count, lost"
    };
}

const LATEST: &str =
    concat!("SELECT ", columns!(), " FROM touch WHERE thread = ?1 AND author = ?2 ORDER BY n DESC LIMIT 1");
const HANDLED: &str = "SELECT active_seconds, outcome FROM touch
     WHERE state = 'ended' AND author = ?1 AND category IS ?2 ORDER BY n DESC LIMIT ?3";
const OF_GROUP: &str = concat!("SELECT ", columns!(), " FROM touch WHERE grouped = ?1");

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] =
    &[("latest touch", LATEST), ("touch of a group", OF_GROUP), ("how long touches took", HANDLED)];

fn read(row: &Row<'_>) -> rusqlite::Result<TouchRow> {
    Ok(TouchRow {
        n: row.get(0)?,
        thread: row.id(1)?,
        author: row.party_ref(2)?,
        category: row.get(3)?,
        state: row.word(4)?,
        started: row.at(5)?,
        ended: row.at_opt(6)?,
        outcome: row.json_opt(7)?,
        items: row.json(8)?,
        group: row.id_opt(9)?,
        message: row.id_opt(10)?,
        kept_draft: row.private_opt(11)?,
        active_seconds: row.get(12)?,
        row_count: usize::try_from(row.get::<_, i64>(13)?).unwrap_or_default(),
        lost: row.json_opt(14)?,
    })
}

pub(crate) fn latest(connection: &Connection, thread: &str, author: &str) -> Result<Option<TouchRow>, StoreError> {
    Ok(connection.prepare_cached(LATEST)?.query_row([thread, author], read).optional()?)
}

pub(crate) fn of_group(connection: &Connection, group: &OutboxId) -> Result<Option<TouchRow>, StoreError> {
    Ok(connection.prepare_cached(OF_GROUP)?.query_row([group.as_str()], read).optional()?)
}

/// A new touch; its number is given by the table.
pub(crate) fn insert(connection: &Connection, touch: &TouchRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO touch (thread, author, category, state, started, items, active_seconds)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            touch.thread.as_str(),
            touch.author.as_str(),
            touch.category,
            touch.state.word(),
            micros(touch.started),
            json(&touch.items)?,
            touch.active_seconds,
        ])?;
    Ok(())
}

/// It began at another instant: the clock that it was read from was put right.
pub(crate) fn began(connection: &Connection, touch: &TouchRow, at: DateTime<Utc>) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE touch SET started = ?2 WHERE n = ?1")?.execute(params![touch.n, micros(at)])?;
    Ok(())
}

/// The person was at work on whatever they started last and have not ended.
pub(crate) fn active(connection: &Connection, author: &str, seconds: u32) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE touch SET active_seconds = active_seconds + ?2
             WHERE n = (SELECT n FROM touch WHERE author = ?1 AND state = 'started' ORDER BY n DESC LIMIT 1)",
        )?
        .execute(params![author, seconds])?;
    Ok(())
}

/// One that never was.
pub(crate) fn remove(connection: &Connection, touch: &TouchRow) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM touch WHERE n = ?1")?.execute([touch.n])?;
    Ok(())
}

/// Writes what moves.
pub(crate) fn update(connection: &Connection, touch: &TouchRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE touch SET state = ?2, ended = ?3, outcome = ?4, items = ?5, grouped = ?6, message = ?7,
                kept_draft = ?8, row_count = ?9, lost = ?10
             WHERE n = ?1",
        )?
        .execute(params![
            touch.n,
            touch.state.word(),
            micros_of(touch.ended),
            touch.outcome.as_ref().map(json).transpose()?,
            json(&touch.items)?,
            touch.group.as_ref().map(OutboxId::as_str),
            touch.message.as_ref().map(MessageId::as_str),
            touch.kept_draft.as_ref().map(PrivateText::reveal),
            i64::try_from(touch.row_count).unwrap_or_default(),
            touch.lost.as_ref().map(json).transpose()?,
        ])?;
    Ok(())
}

impl Reader<'_> {
    /// The member's latest touch of a thread; none where it was never started here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn touch(&self, thread: &ThreadId, author: &PartyRef) -> Result<Option<TouchRow>, StoreError> {
        latest(self.connection(), thread.as_str(), author.as_str())
    }

    /// The member's latest touch of what a work item stands in: its thread, or itself where it names none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn touch_of_item(&self, item: &WorkItemId, author: &PartyRef) -> Result<Option<TouchRow>, StoreError> {
        match work_item::envelope_of(self.connection(), item.as_str())? {
            Some(envelope) => latest(self.connection(), &envelope, author.as_str()),
            None => Ok(None),
        }
    }

    /// Seconds at work of the member's last touches of a category that dealt with something, the latest first; at most
    /// so many are looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn handling_seconds(
        &self,
        author: &PartyRef,
        category: Option<&str>,
        looked_at: u32,
    ) -> Result<Vec<u32>, StoreError> {
        let mut statement = self.connection().prepare_cached(HANDLED)?;
        let rows = statement.query_map(params![author.as_str(), category, looked_at], |row| {
            Ok((row.get::<_, u32>(0)?, row.json_opt::<Outcome>(1)?))
        })?;
        let mut seconds = Vec::new();
        for row in rows {
            let (took, outcome) = row?;
            // One that nobody moved a hand in was ended from elsewhere, or by an older program.
            if took > 0 && outcome.is_some_and(|outcome| outcome.completes()) {
                seconds.push(took);
            }
        }
        Ok(seconds)
    }

    /// The member's touches that were started and not ended, the latest first: what comes up again after a
    /// restart. Only the latest of a thread counts: an outcome ends that one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_touches(&self, author: &PartyRef) -> Result<Vec<TouchRow>, StoreError> {
        let mut statement = self.connection().prepare_cached(concat!(
            "SELECT ",
            columns!(),
            " FROM touch WHERE state = 'started' AND author = ?1 AND NOT EXISTS (SELECT 1 FROM touch AS later
                 WHERE later.thread = touch.thread AND later.author = touch.author AND later.n > touch.n)
             ORDER BY n DESC"
        ))?;
        let rows = statement.query_map([author.as_str()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
