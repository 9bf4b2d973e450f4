//! The left rail: queues with counts and the age of the oldest.

use tern_inbox::{member::Pool, queue::Queue};
use tern_store::QueueCount;

use crate::{
    dto::{QueueId, Rail, RailQueue},
    fail::Answer,
    program::Program,
    rights::Deed,
    show,
};

/// Numbers for the tray.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrayCount {
    /// Envelopes in *Mine*.
    pub mine: u32,
    /// Envelopes in *Urgent*.
    pub urgent: u32,
}

impl Program {
    /// The queues in the order in which they are shown: one's own, the pools by name, what nobody placed, and
    /// what was answered.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`],
    /// [`crate::dto::ErrorCode::NotAllowed`], or what the cache says.
    pub async fn rail(&self) -> Answer<Rail> {
        let desk = self.desk()?;
        desk.may(Deed::Read)?;
        let me = desk.me();
        let (counts, mut pools) = desk.read(|reader| Ok((reader.counts()?, reader.pools()?))).await?;
        pools.retain(|pool| desk.sees_all_pools() || pool.members.iter().any(|member| me.is(member)));
        pools.sort_by(|one, other| one.name.cmp(&other.name));
        let fixed = |queue| entry(queue, None, &counts);
        let mut queues = vec![fixed(Queue::Urgent), fixed(Queue::Mine)];
        queues.extend(pools.into_iter().map(|Pool { id, name, .. }| entry(Queue::Pool(id), Some(name), &counts)));
        queues.extend([fixed(Queue::Unsorted), fixed(Queue::Waiting), fixed(Queue::Unsent)]);
        Ok(Rail { queues })
    }

    /// How many wait, for the tray; also behind the screen lock, because numbers are no contents.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn counts_for_tray(&self) -> Answer<TrayCount> {
        let Some(desk) = self.running_desk() else { return Ok(TrayCount::default()) };
        let counts = desk.read(|reader| reader.counts()).await?;
        let total = |queue: Queue| counts.iter().find(|count| count.queue == queue).map_or(0, |count| count.total);
        Ok(TrayCount { mine: total(Queue::Mine), urgent: total(Queue::Urgent) })
    }
}

fn entry(queue: Queue, name: Option<String>, counts: &[QueueCount]) -> RailQueue {
    let count = counts.iter().find(|count| count.queue == queue);
    RailQueue {
        id: QueueId(show::queue_id(&queue)),
        name,
        count: count.map_or(0, |count| count.total),
        oldest: count.and_then(|count| Some(count.oldest?.timestamp_millis())),
    }
}
