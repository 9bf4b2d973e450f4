//! What became of the member's work while they were away: shown when they are back, until they have seen it.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use tern_inbox::{coverage::digest::digest, ids::ThreadId, party::PartyRef, queue::Queue, rights::Deed};
use tern_store::{Reader, StoreError};

use crate::{
    dto::{AwayDigest, DigestDismissRequest, DigestPart, DigestRow, QueueId},
    fail::Answer,
    program::Program,
    show,
};

/// Up to when the member has seen what became of their work, UTC ms.
const SEEN: &str = "digest-seen";

/// An absence that is over for so long is no news.
const NEWS_FOR: TimeDelta = TimeDelta::days(14);

/// Rows of each part at most: whoever was away for months reads the queues.
const MOST_ROWS: usize = 200;

impl Program {
    /// What became of the member's work while they were away last; none while they are away, and once they have seen
    /// it.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed),
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked),
    /// [`ErrorCode::SignedOut`](crate::dto::ErrorCode::SignedOut), or what the cache says.
    pub async fn digest(&self) -> Answer<Option<AwayDigest>> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let now = desk.server_now();
        desk.read(move |reader| {
            let me = reader.me()?;
            let Some(away) = reader.roster(now)?.last_absence(&me, now) else { return Ok(None) };
            let seen = match reader.setting::<i64>(SEEN) {
                Err(StoreError::Json) => None,
                seen => seen?,
            };
            let until = away.end.timestamp_millis();
            if now - away.end > NEWS_FOR || seen.is_some_and(|seen| seen >= until) {
                return Ok(None);
            }
            let found = digest(away, &reader.digest_candidates(away)?, &reader.pools()?, &me, now);
            let closed = found.closed.iter().take(MOST_ROWS).map(|(thread, by)| row(reader, thread, by.as_ref(), None));
            let open = |threads: &BTreeSet<ThreadId>, queue: &Queue| -> Result<DigestPart, StoreError> {
                let rows = threads.iter().take(MOST_ROWS).map(|thread| row(reader, thread, None, Some(queue)));
                Ok(DigestPart { total: count(threads.len()), rows: rows.collect::<Result<_, _>>()? })
            };
            Ok(Some(AwayDigest {
                from: (away.start > chrono::DateTime::UNIX_EPOCH).then(|| away.start.timestamp_millis()),
                until,
                closed: DigestPart { total: count(found.closed.len()), rows: closed.collect::<Result<_, _>>()? },
                waiting: open(&found.waiting, &Queue::Waiting)?,
                needs_you: open(&found.needs_me, &Queue::Mine)?,
            }))
        })
        .await
    }

    /// The member has seen what became of their work up to an instant.
    ///
    /// # Errors
    /// As [`Program::digest`].
    pub async fn digest_dismiss(&self, request: DigestDismissRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        desk.write(move |writer| writer.set_setting(SEEN, &request.until)).await?;
        self.tell(["coverage"], []);
        Ok(())
    }
}

fn count(threads: usize) -> u32 {
    u32::try_from(threads).unwrap_or(u32::MAX)
}

fn row(
    reader: &Reader<'_>,
    thread: &ThreadId,
    by: Option<&PartyRef>,
    queue: Option<&Queue>,
) -> Result<DigestRow, StoreError> {
    let found = reader.thread_on_server(thread)?.map(|found| found.row);
    let patient = match found.as_ref().and_then(|thread| thread.patient.as_ref()) {
        Some(patient) => reader.patient(patient)?,
        None => None,
    };
    let by = match by {
        Some(by) => reader.member(by)?.map(|member| show::revealed(member.name)).filter(|name| !name.is_empty()),
        None => None,
    };
    Ok(DigestRow {
        thread: thread.to_string(),
        patient_name: patient.map(|patient| show::revealed(patient.name)).unwrap_or_default(),
        subject_line: found.map(|thread| show::revealed(thread.subject_line)).unwrap_or_default(),
        by,
        queue: queue.map(|queue| QueueId(show::queue_id(queue))),
    })
}
