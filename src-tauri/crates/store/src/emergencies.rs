//! Emergencies, as the cache knows them: what somebody may have to be called for, who is on duty, and how far each has
//! been told. Read every few seconds, so each question is a look at an index that holds next to nothing.

use chrono::{DateTime, Utc};
use tern_inbox::{
    emergency::{self, Alarm, Duty, Emergencies},
    ids::{DutyId, ThreadId, WorkItemId},
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    queue,
};

use crate::{
    Acknowledged, Reader, StoreError, Tag, Writer,
    table::{Meta, alarm, duty, message, outbox as rows, pool, work_item},
};

const EMERGENCIES: &str = "SELECT id, coalesce(server_id, id) FROM work_item WHERE open = 1 AND urgency = 3";

const WITHOUT_A_WORK_ITEM: &str = "SELECT 1 FROM queue_entry AS q JOIN unplaced AS u ON u.thread = q.thread
     WHERE q.queue = 'urgent' AND q.rank = -3";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[
    ("what somebody may have to be called for", EMERGENCIES),
    ("an emergency that has no work item", WITHOUT_A_WORK_ITEM),
];

/// A work item that somebody may have to be called for, or had to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The work item.
    pub item: WorkItemId,
    /// Its id on the server: every machine knows it, and its alarm, by that.
    pub server_id: String,
    /// The thread that it is about.
    pub thread: Option<ThreadId>,
    /// Whether somebody has to be called: [`emergency::rings`].
    pub rings: bool,
    /// When its message was sent; when it was changed last, where that is not here.
    pub sent: DateTime<Utc>,
    /// How far it has been told, as the server has it.
    pub alarm: Option<Alarm>,
    /// Who is called, in this order: [`emergency::chain`].
    pub chain: Vec<PartyRef>,
}

impl Reader<'_> {
    /// What the practice says of emergencies.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn emergency_table(&self) -> Result<Emergencies, StoreError> {
        Ok(self.practice()?.emergencies().clone())
    }

    /// What somebody may have to be called for at `now` (server time), and whatever has been told and is not over yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn emergencies(&self, now: DateTime<Utc>) -> Result<Vec<Emergency>, StoreError> {
        let connection = self.connection();
        let mut waiting: Vec<(String, String)> = {
            let mut statement = connection.prepare_cached(EMERGENCIES)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for told in alarm::open(connection)? {
            if !waiting.iter().any(|(_, server_id)| server_id == told.item.as_str()) {
                let key = work_item::find(connection, told.item.as_str())?.map_or(String::new(), |known| known.key);
                waiting.push((key, told.item.as_str().to_owned()));
            }
        }
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let (duties, pools, roster) = (self.duties(now)?, pool::all(connection)?, self.roster(now)?);
        let mut found = Vec::with_capacity(waiting.len());
        for (key, server_id) in waiting {
            let alarm = alarm::of_item(connection, &server_id)?;
            let Some(item) = work_item::get(connection, &key)? else {
                // What it was about is gone: nobody need come.
                let gone = Emergency {
                    item: key.as_str().into(),
                    server_id,
                    thread: None,
                    rings: false,
                    sent: now,
                    alarm,
                    chain: Vec::new(),
                };
                found.push(gone);
                continue;
            };
            let sent = match &item.message {
                Some(id) => message::head(connection, id.as_str())?.map(|head| head.sent),
                None => None,
            };
            found.push(Emergency {
                rings: emergency::rings(&item),
                sent: sent.unwrap_or(item.modified),
                chain: emergency::chain(&duties, queue::pool_of(&item, &pools), &roster, now),
                thread: item.thread.clone(),
                item: item.id,
                server_id,
                alarm,
            });
        }
        Ok(found)
    }

    /// Whether an emergency has no work item yet, so that nobody can be called for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn emergency_without_work_item(&self) -> Result<bool, StoreError> {
        Ok(self.connection().prepare_cached(WITHOUT_A_WORK_ITEM)?.exists([])?)
    }

    /// Who is on duty at `now`, or will be.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn duties(&self, now: DateTime<Utc>) -> Result<Vec<Duty>, StoreError> {
        duty::not_over(self.connection(), now)
    }

    /// The member's changes of duties that the server does not have, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn duty_changes(&self, author: &PartyRef) -> Result<Vec<OutboxRow>, StoreError> {
        let mut changes = rows::all(self.connection())?;
        changes.retain(|row| row.author == *author && row.intent.duty().is_some());
        Ok(changes)
    }
}

impl Writer<'_> {
    /// Queues a duty; it is in force once the server has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn serve(&mut self, duty: &Duty, author: &PartyRef) -> Result<(), StoreError> {
        let row = self.draft_row(None, author, Intent::Serve { duty: duty.clone() }, self.now());
        self.outbox_add(&[row])
    }

    /// Queues the end of a duty, now. One that has not left is given up, and nothing of it ever leaves.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while the change before is on its way.
    pub fn end_duty(&mut self, id: &DutyId, author: &PartyRef) -> Result<(), StoreError> {
        self.discard_duty(id, author)?;
        if duty::find(self.connection(), id.as_str())?.is_none() {
            return Ok(());
        }
        let intent = Intent::EndDuty { duty: id.clone(), at: self.now() };
        let row = self.draft_row(None, author, intent, self.now());
        self.outbox_add(&[row])
    }

    /// Gives up the member's change of a duty that the server does not have; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while it is on its way.
    pub fn discard_duty(&mut self, id: &DutyId, author: &PartyRef) -> Result<(), StoreError> {
        for row in self.read().duty_changes(author)? {
            if row.intent.duty() != Some(id) {
                continue;
            }
            if matches!(row.delivery, Delivery::Sending | Delivery::Unknown) {
                return Err(StoreError::HasLeft);
            }
            self.remove_row(&row)?;
        }
        Ok(())
    }

    /// The server has a change of a duty: it is in force here too.
    pub(crate) fn duty_written(&mut self, intent: &Intent, answer: &Acknowledged) -> Result<(), StoreError> {
        let (Some(server_id), Some(version)) = (&answer.server_id, &answer.version) else { return Ok(()) };
        let written = match intent {
            Intent::Serve { duty } => Duty { id: server_id.as_str().into(), ..duty.clone() },
            Intent::EndDuty { duty: id, .. } => match duty::get(self.connection(), id.as_str())? {
                Some(duty) => Duty { is_over: true, ..duty },
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let updated = answer.updated.map(crate::column::micros);
        duty::put(self.connection(), &written, Meta { server_id, version, updated, identity: None })?;
        self.changes.add(Tag::Emergencies);
        Ok(())
    }

    /// A Task arrived as one of these: it is nothing else any more.
    pub(crate) fn put_duty(&mut self, duty: &Duty, meta: Meta<'_>) -> Result<(), StoreError> {
        self.become_another(meta.server_id)?;
        duty::put(self.connection(), duty, meta)?;
        self.changes.add(Tag::Emergencies);
        Ok(())
    }

    /// As for a duty.
    pub(crate) fn put_alarm(&mut self, alarm: &Alarm, meta: Meta<'_>) -> Result<(), StoreError> {
        self.become_another(meta.server_id)?;
        alarm::put(self.connection(), alarm, meta)?;
        self.changes.add(Tag::Emergencies);
        Ok(())
    }

    fn become_another(&mut self, key: &str) -> Result<(), StoreError> {
        self.remove_work_item(key)?;
        self.forget_coverage(key)?;
        self.forget_emergency(key)
    }

    /// What is gone from the server, or is something else now.
    pub(crate) fn forget_emergency(&mut self, key: &str) -> Result<(), StoreError> {
        if duty::remove(self.connection(), key)? | alarm::remove(self.connection(), key)? {
            self.changes.add(Tag::Emergencies);
        }
        Ok(())
    }
}
