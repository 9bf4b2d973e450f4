//! What the minutes of a block are offered: what waits for the member, in the order to work in, as far as it fits.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Utc};
use tern_inbox::{
    block::{self, Candidate},
    envelope::Envelope,
    handling::Usual,
    ids::ThreadId,
    queue::{Me, Queue},
    rights::Deed,
    work_item::Urgency,
};
use tern_store::{Reader, StoreError};

use crate::{
    dto::{BlockOffer, BlockOffers, BlockRequest, PassedOver},
    fail::Answer,
    handling::usual_of,
    program::Program,
    rights::Case,
    show,
};

/// Envelopes of each queue that are looked at: more than anybody ends in a block.
const LOOKED_AT: u32 = 100;

/// Envelopes that are named; the rest is counted.
const NAMED: usize = 6;

impl Program {
    /// What is offered in the minutes that are left: of *Urgent*, of what is the member's and of the pools they work in,
    /// whatever nobody else is on and the member may start.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`],
    /// [`crate::dto::ErrorCode::NotAllowed`], or what the cache says.
    pub async fn block_offers(&self, request: BlockRequest) -> Answer<BlockOffers> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let now = desk.server_now();
        let author = desk.member.reference.clone();
        let passed_over: HashMap<ThreadId, Urgency> = request
            .passed_over
            .into_iter()
            .map(|PassedOver { thread, urgency }| (ThreadId::new(thread), show::urgency_of(urgency)))
            .collect();
        let (waiting, usual) = desk
            .read(move |reader| {
                let waiting = startable(reader, &passed_over, now)?;
                let usual = usual_of(reader, &author, &waiting)?;
                Ok((waiting, usual))
            })
            .await?;
        let mut waiting: VecDeque<(Envelope, Usual)> = waiting.into_iter().zip(usual).collect();
        let of_hand = |thread: &str| waiting.iter().position(|(envelope, _)| envelope.thread.as_str() == thread);
        let held = request.under_hand.as_deref().and_then(of_hand).and_then(|place| waiting.remove(place));
        let held_minutes = held.as_ref().map_or(0, |(_, usual)| usual.minutes);
        let candidates: Vec<Candidate> = waiting
            .iter()
            .map(|(envelope, usual)| Candidate { urgency: envelope.urgency, minutes: usual.minutes })
            .collect();
        let filled = block::fill(&candidates, request.minutes.saturating_sub(held_minutes));
        let row = |place: usize| {
            let (envelope, usual) = waiting.get(place)?.clone();
            Some(show::envelope(envelope, usual, &desk, now))
        };
        let of_hand = held.as_ref().map(|(_, usual)| usual.minutes).filter(|minutes| *minutes <= request.minutes);
        let besides = filled.offers.iter().filter(|offer| offer.fits).filter_map(|offer| candidates.get(offer.place));
        let fitting: Vec<u32> = of_hand.into_iter().chain(besides.map(|candidate| candidate.minutes)).collect();
        let named = filled.offers.iter().take(NAMED);
        Ok(BlockOffers {
            offers: named.filter_map(|offer| Some(BlockOffer { row: row(offer.place)?, fits: offer.fits })).collect(),
            fitting: many(fitting.len()),
            minutes: fitting.iter().sum(),
            beyond: many(filled.offers.len() + usize::from(held.is_some()) - fitting.len()),
            left_out: filled.left_out.first().and_then(|place| row(*place)),
            left_out_count: many(filled.left_out.len()),
            under_hand: held.map(|(envelope, usual)| BlockOffer {
                fits: usual.minutes <= request.minutes,
                row: show::envelope(envelope, usual, &desk, now),
            }),
        })
    }
}

fn many(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What waits for the member and can be started, each once, in the order to work in.
fn startable(
    reader: &Reader<'_>,
    passed_over: &HashMap<ThreadId, Urgency>,
    now: DateTime<Utc>,
) -> Result<Vec<Envelope>, StoreError> {
    let me = reader.me()?;
    let mut known = HashSet::new();
    let mut waiting = Vec::new();
    for queue in queues_of_a_block(reader, &me, now)? {
        for envelope in reader.envelopes(&queue, 0, LOOKED_AT, now)?.envelopes {
            let was_passed_over = passed_over.get(&envelope.thread).is_some_and(|then| envelope.urgency <= *then);
            // A call or a visit is somebody's to make: what is said of it here, is said already.
            let is_handed_on = envelope.waiting_for.is_some();
            if was_passed_over || is_handed_on || !known.insert(envelope.thread.clone()) {
                continue;
            }
            let case = Case::of(reader, &envelope.thread, now)?;
            if !case.is_anothers(now) && case.may_start().is_ok() {
                waiting.push(envelope);
            }
        }
    }
    waiting.sort_by_key(order);
    Ok(waiting)
}

/// As in every queue: most urgent, due first, longest waiting.
fn order(envelope: &Envelope) -> impl Ord + use<> {
    let due = envelope.due.unwrap_or(DateTime::<Utc>::MAX_UTC);
    (std::cmp::Reverse(envelope.urgency), due, envelope.waiting_since)
}

fn queues_of_a_block(reader: &Reader<'_>, me: &Me, now: DateTime<Utc>) -> Result<Vec<Queue>, StoreError> {
    let mut pools = reader.pools()?;
    pools.retain(|pool| me.works_in(pool));
    // What is somebody's who is away is the member's too.
    let absent = reader.roster(now)?.stood_in_for(me, now).into_iter().map(Queue::For);
    Ok([Queue::Urgent, Queue::Mine]
        .into_iter()
        .chain(absent)
        .chain(pools.into_iter().map(|pool| Queue::Pool(pool.id)))
        .collect())
}
