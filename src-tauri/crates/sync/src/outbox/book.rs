//! The outbox as the cache keeps it: every reading and every move, each one transaction on a thread that may
//! wait for the disk.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    document::ToFile,
    emergency::Emergencies,
    ids::{MessageId, OutboxId, ThreadId, WorkItemId},
    member::Member,
    message::{Delivery, Message, Standing},
    outbox::{Intent, OutboxRow, Wedge, retimed},
    party::PartyRef,
    practice_table::TableKind,
    queue::Me,
    work_item::{WorkItem, WorkStatus},
};
use tern_store::{
    Acknowledged, AuditEntry, Cache, Emergency, Extra, KeptTable, OnServer, Placed, Reader, StoreError, Writer,
};
use tokio::task::spawn_blocking;

use super::{Lane, OutboxError};
use crate::server_time::OFFSET;

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    /// The server has it.
    Sent(Acknowledged),
    /// There is nothing left to do.
    Dropped,
    /// Again at the instant, after so many tries; it did not arrive, or could not be searched for.
    Again { at: DateTime<Utc>, attempts: u32 },
    /// It left, nobody knows whether it arrived; looked into at the instant.
    Unknown { at: DateTime<Utc>, attempts: u32 },
    /// A person decides.
    Wedged(Wedge),
}

/// Whether rows may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The cache says that they are on the wire.
    Go,
    /// One of them is not there any more as it was.
    Stay,
}

/// A message of ours and where it stands, with the server's names for everything.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) message: tern_inbox::message::Message,
    pub(super) thread: tern_inbox::message::Thread,
    /// Logical id of the thread on the server.
    pub(super) thread_id: String,
    /// `Communication/id` of what it answers.
    pub(super) in_response_to: Option<String>,
}

/// Where a file's message stands.
pub(super) enum Place {
    /// By the server's names.
    Here { thread: String, message: String },
    /// It has not come (a new cache), or is gone.
    NotHere,
    /// Not as whoever filed it saw it: taken back, in another conversation or another patient's, or with another file
    /// in its place.
    Changed,
}

/// The cache, for the outbox.
#[derive(Clone)]
pub(super) struct Book {
    pub(super) cache: Cache,
    pub(super) author: PartyRef,
}

impl Book {
    /// What the practice says of emergencies, and what somebody may have to be called for.
    pub(super) async fn emergencies(&self, now: DateTime<Utc>) -> Result<(Emergencies, Vec<Emergency>), OutboxError> {
        self.read(move |reader| Ok((reader.emergency_table()?, reader.emergencies(now)?))).await
    }

    /// Whether an emergency has no work item yet.
    pub(super) async fn has_emergency_without_work_item(&self) -> Result<bool, OutboxError> {
        self.read(|reader| reader.emergency_without_work_item()).await
    }

    /// A member, as far as they are known here.
    pub(super) async fn member(&self, who: &PartyRef) -> Result<Option<Member>, OutboxError> {
        let who = who.clone();
        self.read(move |reader| reader.member(&who)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let cache = self.cache.clone();
        Ok(spawn_blocking(move || cache.read(read)).await??)
    }

    async fn write<T: Send + 'static>(
        &self,
        now: DateTime<Utc>,
        write: impl FnOnce(&mut Writer<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let cache = self.cache.clone();
        Ok(spawn_blocking(move || cache.write(now, write)).await??)
    }

    /// What may leave now, and when the next row may.
    pub(super) async fn ready(
        &self,
        now: DateTime<Utc>,
    ) -> Result<(Vec<OutboxRow>, Option<DateTime<Utc>>), OutboxError> {
        let author = self.author.clone();
        self.read(move |reader| Ok((reader.outbox_ready(now, &author)?, reader.outbox_next_due(&author)?))).await
    }

    /// The work items that end with a reply: rows of its group that wait for nothing else. One that was on the wire
    /// when the program ended is among them: what became of it is read before the reply leaves.
    pub(super) async fn completed_by(&self, send: &OutboxRow) -> Result<Vec<OutboxRow>, OutboxError> {
        let Some(group) = send.group.clone() else { return Ok(Vec::new()) };
        let (id, thread) = (send.id.clone(), send.thread.clone());
        let rows = self.read(move |reader| reader.outbox_group(&group)).await?;
        let is_its_end = |row: &OutboxRow| {
            matches!(row.intent, Intent::Complete { .. })
                && row.thread == thread
                && matches!(row.delivery, Delivery::Queued | Delivery::Unknown)
                && row.depends_on.iter().all(|need| *need == id)
        };
        Ok(rows.into_iter().filter(is_its_end).collect())
    }

    /// Rows are about to leave: whatever is *unknown* was looked into before. Says whether they may: none does
    /// where one of them was taken back, thrown away or confirmed by its echo meanwhile.
    pub(super) async fn sending(&self, now: DateTime<Utc>, rows: &[OutboxRow]) -> Result<Leave, OutboxError> {
        let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
        self.write(now, move |writer| {
            let mut leaving = Vec::new();
            for id in &ids {
                match writer.read().outbox_row(id)?.map(|row| row.delivery) {
                    Some(Delivery::Queued) => leaving.push((id, false)),
                    Some(Delivery::Unknown) => leaving.push((id, true)),
                    _ => return Ok(Leave::Stay),
                }
            }
            for (id, looked_into) in leaving {
                if looked_into {
                    writer.outbox_not_found(id)?;
                }
                writer.outbox_sending(id)?;
            }
            Ok(Leave::Go)
        })
        .await
    }

    /// What is on the wire by the cache, with nobody `at_work` on it, broke off (the program ended, a disk was full):
    /// nobody knows whether it arrived. Whatever makes something and is unknown is searched for after `wait`, before
    /// which *not found* proves nothing.
    pub(super) async fn broke_off(
        &self,
        now: DateTime<Utc>,
        wait: TimeDelta,
        at_work: HashSet<Lane>,
    ) -> Result<(), OutboxError> {
        self.write(now, move |writer| {
            for row in writer.read().outbox()? {
                let broke_off = matches!(row.delivery, Delivery::Sending | Delivery::Unknown);
                if !broke_off || at_work.contains(&Lane::of(&row)) {
                    continue;
                }
                if row.delivery == Delivery::Sending {
                    writer.outbox_unknown(&row.id)?;
                }
                if row.intent.creates() && row.not_before < now + wait {
                    writer.outbox_retry_at(&row.id, now + wait, row.attempts)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Moves rows, all in one transaction. A row that is gone was confirmed by its echo meanwhile, or thrown
    /// away: nothing happens to it.
    pub(super) async fn settle(&self, now: DateTime<Utc>, fates: Vec<(OutboxId, Fate)>) -> Result<(), OutboxError> {
        self.write(now, move |writer| {
            for (id, fate) in fates {
                let Some(row) = writer.read().outbox_row(&id)? else { continue };
                match fate {
                    Fate::Sent(answer) => writer.outbox_acknowledged(&id, &answer)?,
                    Fate::Dropped => writer.outbox_dropped(&id)?,
                    Fate::Again { at, attempts } => writer.outbox_retry_at(&id, at, attempts)?,
                    Fate::Unknown { at, attempts } => {
                        if row.delivery == Delivery::Sending {
                            writer.outbox_unknown(&id)?;
                        }
                        writer.outbox_retry_at(&id, at, attempts)?;
                    }
                    Fate::Wedged(wedge) if row.delivery != Delivery::Wedged => {
                        // The reply itself says who has it: that is where its author looks.
                        for reply in replies_on(&writer.read(), &row)? {
                            writer.outbox_wedged(&reply, wedge.clone())?;
                        }
                        writer.outbox_wedged(&id, wedge)?;
                        writer.outbox_moot(&id)?;
                    }
                    Fate::Wedged(_) => {}
                }
            }
            Ok(())
        })
        .await
    }

    /// The server's id of a work item.
    pub(super) async fn task_id(&self, item: &WorkItemId) -> Result<String, OutboxError> {
        let item = item.clone();
        self.read(move |reader| {
            let known = reader.work_item_on_server(&item)?.and_then(|found| found.server_id);
            Ok(known.unwrap_or_else(|| item.as_str().to_owned()))
        })
        .await
    }

    /// A work item as it stands on the server, as the member may deal with it.
    pub(super) async fn freed(&self, item: &WorkItem, me: &Me, now: DateTime<Utc>) -> Result<WorkItem, OutboxError> {
        let (item, me) = (item.clone(), me.clone());
        self.read(move |reader| reader.freed(&item, &me, now)).await
    }

    /// The server's id of a message.
    pub(super) async fn message_id(&self, message: &MessageId) -> Result<String, OutboxError> {
        let message = message.clone();
        self.read(move |reader| message_id(reader, &message)).await
    }

    /// Whether the cache has a message.
    pub(super) async fn holds(&self, message: &MessageId) -> Result<bool, OutboxError> {
        let message = message.clone();
        self.read(move |reader| Ok(reader.message(&message)?.is_some())).await
    }

    /// A message of ours, ready to be put on the wire; none while its thread has not come, and where it is gone.
    pub(super) async fn letter(&self, message: &MessageId) -> Result<Option<Letter>, OutboxError> {
        let message = message.clone();
        self.read(move |reader| {
            let Some(OnServer { row: Placed { message, .. }, .. }) = reader.message(&message)? else {
                return Ok(None);
            };
            let Some(thread) = reader.thread_on_server(&message.thread)? else { return Ok(None) };
            let in_response_to = match &message.in_response_to {
                Some(answered) => Some(format!("Communication/{}", message_id(reader, answered)?)),
                None => None,
            };
            let thread_id = thread.server_id.unwrap_or_else(|| message.thread.as_str().to_owned());
            Ok(Some(Letter { message, thread: thread.row, thread_id, in_response_to }))
        })
        .await
    }

    /// A thread of ours, and the server's id of the one that it hangs on.
    pub(super) async fn new_thread(
        &self,
        thread: &tern_inbox::ids::ThreadId,
    ) -> Result<Option<(tern_inbox::message::Thread, Option<String>)>, OutboxError> {
        let thread = thread.clone();
        self.read(move |reader| {
            let Some(found) = reader.thread_on_server(&thread)? else { return Ok(None) };
            let about = match &found.row.about {
                Some(about) => {
                    let known = reader.thread_on_server(about)?.and_then(|found| found.server_id);
                    Some(known.unwrap_or_else(|| about.as_str().to_owned()))
                }
                None => None,
            };
            Ok(Some((found.row, about)))
        })
        .await
    }

    /// The work item that is to be made of a message, as the server names things; none while the message has no
    /// thread there, and where it is gone.
    pub(super) async fn new_item(&self, intent: &Intent) -> Result<Option<WorkItem>, OutboxError> {
        let Intent::Place { item, message, category, pool, urgency } = intent.clone() else { return Ok(None) };
        let now = DateTime::<Utc>::UNIX_EPOCH;
        self.read(move |reader| {
            // By now it may have got one.
            if !reader.is_unplaced(&message)? {
                return Ok(None);
            }
            let Some(found) = reader.message(&message)? else { return Ok(None) };
            let Some(server_id) = found.server_id else { return Ok(None) };
            let Some(thread) = reader.thread_on_server(&found.row.message.thread)? else { return Ok(None) };
            let thread_id = thread.server_id.unwrap_or_else(|| found.row.message.thread.as_str().to_owned());
            let practice = reader.practice()?;
            let placement = practice.sorter().place(category.as_deref(), thread.row.subject_line.reveal());
            let pool = pool.or_else(|| placement.pool.map(str::to_owned));
            let category = placement.category.map(str::to_owned);
            Ok(Some(WorkItem {
                id: item,
                thread: Some(ThreadId::from(thread_id.as_str())),
                message: Some(MessageId::from(server_id.as_str())),
                patient: thread.row.patient,
                category,
                pool,
                owner: None,
                status: WorkStatus::Requested,
                waiting_for: None,
                urgency,
                lowered: None,
                due: None,
                modified: now,
            }))
        })
        .await
    }

    /// One of the practice's tables, as it was seen last.
    pub(super) async fn kept_table(&self, kind: TableKind) -> Result<Option<KeptTable>, OutboxError> {
        self.read(move |reader| reader.practice_table(kind)).await
    }

    /// The server's ids of the thread and the message of a file.
    pub(super) async fn where_filed(&self, what: &ToFile) -> Result<Place, OutboxError> {
        let what = what.clone();
        self.read(move |reader| {
            let Some(thread) = reader.thread_on_server(&what.thread)? else { return Ok(Place::NotHere) };
            let Some(found) = reader.message(&what.file.message)? else { return Ok(Place::NotHere) };
            let message = &found.row.message;
            if thread.row.patient.as_ref() != Some(&what.patient)
                || message.thread != what.thread
                || !carries(message, &what)
            {
                return Ok(Place::Changed);
            }
            Ok(Place::Here {
                thread: thread.server_id.unwrap_or_else(|| what.thread.as_str().to_owned()),
                message: found.server_id.unwrap_or_else(|| what.file.message.as_str().to_owned()),
            })
        })
        .await
    }

    /// Queues the making of work items for messages that have none.
    pub(super) async fn place(&self, now: DateTime<Utc>) -> Result<usize, OutboxError> {
        let author = self.author.clone();
        self.write(now, move |writer| writer.place_unplaced(&author)).await
    }

    /// An entry of the audit.
    pub(super) async fn audit(&self, entry: &str) -> Result<Option<AuditEntry>, OutboxError> {
        let entry = entry.to_owned();
        self.read(move |reader| reader.audit_entry(&entry)).await
    }

    /// Second copies to be retracted.
    pub(super) async fn extras(&self) -> Result<Vec<Extra>, OutboxError> {
        self.read(|reader| reader.extras()).await
    }

    /// One of them is.
    pub(super) async fn retracted(&self, now: DateTime<Utc>, extra: &Extra) -> Result<(), OutboxError> {
        let (kind, server_id) = (extra.kind, extra.server_id.clone());
        self.write(now, move |writer| writer.extra_retracted(kind, &server_id)).await
    }

    /// Files what was read out of turn, so that the screen says who.
    pub(super) async fn file(
        &self,
        now: DateTime<Utc>,
        arrival: tern_inbox::arrival::Arrival,
    ) -> Result<(), OutboxError> {
        let page = tern_store::Page { kind: arrival.kind, arrivals: vec![arrival], cursor: None };
        self.write(now, move |writer| writer.apply_page(&page).map(drop)).await
    }

    /// Queues the renewal of every open touch's claims.
    pub(super) async fn renew(&self, now: DateTime<Utc>) -> Result<usize, OutboxError> {
        let author = self.author.clone();
        self.write(now, move |writer| {
            let mut queued = 0;
            for touch in writer.read().open_touches(&author)? {
                queued += writer.renew_touch(&touch.thread, &author)?.len();
            }
            Ok(queued)
        })
        .await
    }

    /// The clock was put right by `jump` and says `now`: what waits for time alone goes on waiting for as long, and
    /// what was dated by the wrong clock (dates before now as well, where they `may_be_wrong`) is dated anew.
    pub(super) async fn retime(
        &self,
        now: DateTime<Utc>,
        jump: TimeDelta,
        may_be_wrong: bool,
    ) -> Result<(), OutboxError> {
        let author = self.author.clone();
        self.write(now, move |writer| {
            writer.redate(&author, jump, may_be_wrong)?;
            if jump != TimeDelta::zero() {
                // With the dates, so that no start comes between.
                let offset = match writer.read().setting::<i64>(OFFSET) {
                    Err(StoreError::Json) => None,
                    other => other?,
                };
                writer.set_setting(OFFSET, &offset.unwrap_or(0).saturating_add(jump.num_milliseconds()))?;
            }
            for row in writer.read().outbox()? {
                let not_before = retimed(row.not_before, now - jump, now);
                let waits = matches!(row.delivery, Delivery::Queued | Delivery::Unknown);
                if waits && not_before != row.not_before {
                    writer.outbox_retry_at(&row.id, not_before, row.attempts)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// What only waits for its undo seconds may leave now.
    pub(super) async fn hurry(&self, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.write(now, move |writer| {
            for row in writer.read().outbox()? {
                if row.delivery == Delivery::Queued && row.attempts == 0 && row.not_before > now {
                    writer.outbox_retry_at(&row.id, now, 0)?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// Whether a message that stands carries a file at its place still.
pub(super) fn carries(message: &Message, what: &ToFile) -> bool {
    let place = usize::try_from(what.file.place).unwrap_or(usize::MAX);
    message.standing == Standing::Sent
        && message.attachments.get(place).is_some_and(|attachment| attachment.id == what.attachment)
}

/// The messages that wait for a claim and have not left.
fn replies_on(reader: &Reader<'_>, row: &OutboxRow) -> Result<Vec<OutboxId>, StoreError> {
    let (Intent::Claim { .. }, Some(thread)) = (&row.intent, &row.thread) else { return Ok(Vec::new()) };
    let waits = |other: &OutboxRow| {
        matches!(other.intent, Intent::Send { .. })
            && other.delivery == Delivery::Queued
            && other.depends_on.contains(&row.id)
    };
    Ok(reader.outbox_of_thread(thread)?.into_iter().filter(waits).map(|reply| reply.id).collect())
}

fn message_id(reader: &Reader<'_>, message: &MessageId) -> Result<String, StoreError> {
    let known = reader.message(message)?.and_then(|found| found.server_id);
    Ok(known.unwrap_or_else(|| message.as_str().to_owned()))
}
