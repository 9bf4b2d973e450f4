//! The left rail: queues with counts and the age of the oldest.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tern_inbox::{
    coverage::Gap,
    ids::ThreadId,
    member::Pool,
    party::PartyRef,
    queue::{Me, Queue},
    rights::{self, Deed},
};
use tern_store::{QueueCount, Reader, StoreError};

use crate::{
    dto::{ApiError, ErrorCode, QueueId, Rail, RailDocuments, RailQueue},
    fail::Answer,
    ops::away,
    program::Program,
    show,
};

/// Urgent envelopes that the tray tells apart: one that came is told from one that was dealt with.
const URGENT_KNOWN: u32 = 500;

/// Numbers for the tray.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrayCount {
    /// Envelopes in *Mine*.
    pub mine: u32,
    /// Envelopes in *Urgent*.
    pub urgent: u32,
    /// The threads in *Urgent*, by id.
    pub urgent_threads: BTreeSet<ThreadId>,
}

impl TrayCount {
    /// Whether something is urgent that was not before. Not a question of the number: while one was completed
    /// another may have come.
    pub fn has_new_urgent(&self, before: &Self) -> bool {
        !self.urgent_threads.is_subset(&before.urgent_threads)
    }
}

impl Program {
    /// The queues in the order in which they are shown: one's own, those of who is away, the pools by name, what nobody placed (for the roles
    /// that look at it), and what was answered.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`],
    /// [`crate::dto::ErrorCode::NotAllowed`], or what the cache says.
    pub async fn rail(&self) -> Answer<Rail> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let now = desk.server_now();
        let (me, counts, mut pools, absent, files) = desk
            .read(move |reader| {
                let (me, counts) = (reader.me()?, reader.counts()?);
                let absent = stood_in_for(reader, &me, &counts, now)?;
                Ok((me, counts, reader.pools()?, absent, reader.document_count()?))
            })
            .await?;
        pools.retain(|pool| me.sees_pool(pool));
        pools.sort_by(|one, other| one.name.cmp(&other.name));
        let fixed = |queue| entry(queue, None, &counts);
        let mut queues = vec![fixed(Queue::Urgent), fixed(Queue::Mine)];
        queues.extend(absent.into_iter().map(|Absent { who, name, gap }| RailQueue {
            gap: gap.map(away::gap),
            ..entry(Queue::For(who), Some(name), &counts)
        }));
        queues.extend(pools.into_iter().map(|Pool { id, name, .. }| entry(Queue::Pool(id), Some(name), &counts)));
        queues.extend(me.sees_unsorted().then(|| fixed(Queue::Unsorted)));
        queues.extend([Queue::Calls, Queue::Waiting, Queue::Unsent].map(fixed));
        let files = RailDocuments { count: files.total, oldest: files.oldest.map(|at| at.timestamp_millis()) };
        let documents = rights::may(me.role, Deed::File { documents_pool: true }).then_some(files);
        Ok(Rail { queues, documents })
    }

    /// How many wait, for the tray; also behind the screen lock, because numbers are no contents.
    ///
    /// # Errors
    /// [`ErrorCode::SignedOut`] while no engine runs, or what the cache says.
    pub async fn counts_for_tray(&self) -> Answer<TrayCount> {
        let desk = self.running_desk().ok_or_else(|| ApiError::new(ErrorCode::SignedOut))?;
        let now = desk.server_now();
        let (counts, urgent) = desk
            .read(move |reader| Ok((reader.counts()?, reader.envelopes(&Queue::Urgent, 0, URGENT_KNOWN, now)?)))
            .await?;
        let total = |queue: Queue| counts.iter().find(|count| count.queue == queue).map_or(0, |count| count.total);
        let urgent_threads = urgent.envelopes.into_iter().map(|envelope| envelope.thread).collect();
        Ok(TrayCount { mine: total(Queue::Mine), urgent: total(Queue::Urgent), urgent_threads })
    }
}

/// Somebody whose work the member has, because they are away.
struct Absent {
    who: PartyRef,
    name: String,
    gap: Option<Gap>,
}

/// For whom the member stands in, and whose work falls to them because nobody does.
fn stood_in_for(
    reader: &Reader<'_>,
    me: &Me,
    counts: &[QueueCount],
    now: DateTime<Utc>,
) -> Result<Vec<Absent>, StoreError> {
    let roster = reader.roster(now)?;
    let mut absent = roster.stood_in_for(me, now);
    let filed = counts.iter().filter(|count| count.total > 0).filter_map(|count| match &count.queue {
        Queue::For(who) => Some(who.clone()),
        _ => None,
    });
    let left: Vec<PartyRef> = filed.filter(|who| !absent.contains(who)).collect();
    let stands_in = absent.len();
    absent.extend(left);
    let named = absent.into_iter().enumerate().map(|(place, who)| {
        let name = reader.member(&who)?.map(|member| show::revealed(member.name)).unwrap_or_default();
        let gap = if place < stands_in { None } else { roster.gap(&who, now) };
        Ok(Absent { who, name, gap })
    });
    named.collect()
}

fn entry(queue: Queue, name: Option<String>, counts: &[QueueCount]) -> RailQueue {
    let count = counts.iter().find(|count| count.queue == queue);
    RailQueue {
        id: QueueId(show::queue_id(&queue)),
        name,
        count: count.map_or(0, |count| count.total),
        oldest: count.and_then(|count| Some(count.oldest?.timestamp_millis())),
        gap: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_urgent_one_that_comes_as_another_is_completed_is_new() {
        let urgent = |threads: &[&str]| TrayCount {
            urgent_threads: threads.iter().map(|thread| ThreadId::from(*thread)).collect(),
            ..TrayCount::default()
        };
        assert!(urgent(&["b", "c"]).has_new_urgent(&urgent(&["a", "b"])));
        assert!(!urgent(&["b"]).has_new_urgent(&urgent(&["a", "b"])));
        assert!(!urgent(&[]).has_new_urgent(&urgent(&[])));
    }
}
