//! The engine's loops, and the supervisor that begins them again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use tern_inbox::{
    arrival::Kind,
    message::Delivery,
    outbox::{Intent, OutboxRow},
};
use tern_store::{Cache, StoreError, Tag};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    task::{Id, JoinSet, spawn_blocking},
};

use crate::{
    connectivity::Connection,
    engine::Shared,
    pull::PullError,
    server::Nudge,
    status::{Index, Push},
};

/// Messages indexed in one transaction: large blocks, because the index flushes at each.
const INDEX_BLOCK: u32 = 4_000;

/// Threads looked through in one transaction for messages that no work item names.
const UNPLACED_BLOCK: u32 = 500;

/// The loops by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Loop {
    Pull,
    Clock,
    Outbox,
    Pager,
    Renewal,
    Index,
    Tally,
    Push,
}

impl Loop {
    const ALL: [Self; 8] =
        [Self::Pull, Self::Clock, Self::Outbox, Self::Pager, Self::Renewal, Self::Index, Self::Tally, Self::Push];
}

/// Whether a loop that ended is begun again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It broke off.
    Again,
    /// It is through: the engine stops, or the cache was closed.
    Done,
}

/// The supervisor.
pub(crate) struct Loops {
    shared: Arc<Shared>,
    tasks: JoinSet<Ending>,
    names: HashMap<Id, Loop>,
}

impl Loops {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, tasks: JoinSet::new(), names: HashMap::new() }
    }

    /// Runs all loops until the cache is closed. When this future is dropped, so are they.
    pub(crate) async fn supervise(mut self) {
        for name in Loop::ALL {
            self.begin(name, 0);
        }
        let mut falls = 0_u32;
        while let Some(ended) = self.tasks.join_next_with_id().await {
            let (id, ending) = match ended {
                Ok((id, ending)) => (id, ending),
                Err(error) => {
                    tracing::error!(%error, "a loop of the engine broke off");
                    (error.id(), Ending::Again)
                }
            };
            let Some(name) = self.names.remove(&id) else { continue };
            if ending == Ending::Again {
                falls = falls.saturating_add(1);
                self.begin(name, falls);
            }
        }
    }

    fn begin(&mut self, name: Loop, falls: u32) {
        let shared = Arc::clone(&self.shared);
        let task = self.tasks.spawn(async move {
            if falls > 0 {
                shared.time.sleep(shared.pace.backoff(falls.min(5), u64::from(falls))).await;
            }
            match name {
                Loop::Pull => pull(&shared).await,
                Loop::Clock => clock(&shared).await,
                Loop::Outbox => outbox(&shared).await,
                Loop::Pager => pager(&shared).await,
                Loop::Renewal => renewal(&shared).await,
                Loop::Index => index(&shared).await,
                Loop::Tally => tally(&shared).await,
                Loop::Push => push(&shared).await,
            }
        });
        self.names.insert(task.id(), name);
    }
}

/// Looks at the server, waits, looks again.
async fn pull(shared: &Shared) -> Ending {
    let mut failures = 0_u32;
    let mut met = Met::default();
    loop {
        let looked = turn(shared, &mut met).await;
        failures = if looked.is_ok() { 0 } else { failures.saturating_add(1) };
        if matches!(looked, Err(PullError::Store(StoreError::Closed))) {
            return Ending::Done;
        }
        let wait = match shared.board.connection() {
            Connection::Offline | Connection::Untrusted => shared.pace.offline(),
            _ if failures > 0 => shared.pace.backoff(failures.min(4), u64::from(failures)),
            _ => shared.pace.poll(shared.presence()),
        };
        tokio::select! {
            () = shared.wake_pull.notified() => {}
            () = shared.time.sleep(wait) => {}
        }
    }
}

/// Looks every few seconds at what time alone moved. A loop of its own: a look at the server may take as long as the
/// server likes, and somebody who is back is back.
async fn clock(shared: &Shared) -> Ending {
    loop {
        match crate::by_time::turn(&shared.cache, &shared.time).await {
            Ok(()) => {}
            Err(StoreError::Closed) => return Ending::Done,
            Err(error) => tracing::warn!(%error, "what time alone moved could not be looked at"),
        }
        shared.time.sleep(shared.pace.clock()).await;
    }
}

/// Looks on an open way at which trying the server out broke off, after which the outbox waits for it no longer.
const MOST_TRIALS: u32 = 3;

/// How well this run knows the server.
#[derive(Default)]
struct Met {
    read_again: bool,
    asked: bool,
    tried_out: bool,
    trials: u32,
}

/// One look. What an older program could not read comes first, for it needs no server. That is asked what it can do
/// before the first, and tried out, because a claim may be waiting and must not go unguarded for the length of a first
/// sync; a few requests, and none where the cache remembers.
async fn turn(shared: &Shared, met: &mut Met) -> Result<(), PullError> {
    if !met.read_again {
        crate::reread::after_an_update(&shared.cache, shared.line.server.fhir_base(), &shared.time).await?;
        met.read_again = true;
    }
    if !met.asked {
        shared.facts.ask(&shared.line).await?;
        met.asked = true;
    }
    if !met.tried_out {
        met.tried_out = try_out(shared).await?;
    }
    let looked = shared.pull.check().await;
    let is_open = matches!(shared.board.connection(), Connection::Online | Connection::Struggling);
    if !met.tried_out && is_open {
        // Not the way's fault. A server that cannot be tried out gets what was written all the same, by what it says
        // of itself.
        met.trials += 1;
        if met.trials >= MOST_TRIALS {
            met.tried_out = true;
            shared.facts.go_on_untried();
            shared.wake_outbox.notify_one();
        }
    }
    looked
}

/// Tries the server out, which opens the outbox; says whether that came to its end.
async fn try_out(shared: &Shared) -> Result<bool, PullError> {
    match crate::probe::before_the_first_write(&shared.facts, &shared.line).await {
        Ok(()) => {}
        Err(error @ PullError::Store(StoreError::Closed)) => return Err(error),
        Err(error) => {
            tracing::warn!(%error, "the server could not be tried out");
            return Ok(false);
        }
    }
    shared.facts.was_tried_out().await?;
    shared.wake_outbox.notify_one();
    Ok(true)
}

async fn outbox(shared: &Shared) -> Ending {
    match Arc::clone(&shared.outbox).run().await {
        Ok(()) => {
            shared.drained.notify_one();
            Ending::Done
        }
        Err(crate::outbox::OutboxError::Store(StoreError::Closed)) => Ending::Done,
        Err(error) => {
            tracing::error!(%error, "the outbox broke off");
            Ending::Again
        }
    }
}

/// Looks every few seconds, and at once when something arrived, whether somebody has to be called.
async fn pager(shared: &Shared) -> Ending {
    let mut changes = shared.cache.subscribe();
    loop {
        match shared.outbox.watch_emergencies().await {
            Ok(()) => {}
            Err(crate::outbox::OutboxError::Store(StoreError::Closed)) => return Ending::Done,
            Err(error) => tracing::warn!(%error, "emergencies could not be looked at"),
        }
        let tick = shared.time.sleep(shared.pace.clock());
        tokio::pin!(tick);
        loop {
            tokio::select! {
                () = &mut tick => break,
                heard = changes.recv() => match heard {
                    Ok(changed) if changed.tags.contains(&Tag::Queues) => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return Ending::Done,
                }
            }
        }
    }
}

async fn renewal(shared: &Shared) -> Ending {
    let (cache, now) = (shared.cache.clone(), shared.time.now());
    let judged = spawn_blocking(move || cache.write_bulk(now, |writer| writer.judge_anew())).await;
    if !matches!(judged, Ok(Ok(()))) {
        tracing::warn!("what waits could not be judged by the new rules");
    }
    loop {
        shared.time.sleep(shared.pace.renewal()).await;
        if let Err(error) = shared.outbox.renew().await {
            tracing::warn!(%error, "claims could not be renewed");
        }
        if let Err(error) = shared.outbox.place().await {
            tracing::warn!(%error, "messages without a work item could not be looked for");
        }
    }
}

/// Writes the text index behind everything else: after the first sync, in blocks, each a transaction of its own, so
/// that a click never waits for long.
async fn index(shared: &Shared) -> Ending {
    let mut changes = shared.cache.subscribe();
    loop {
        let mut blocks = Blocks::of(shared.cache.clone());
        loop {
            match blocks.next(shared.time.now()).await {
                Some(Ok(Left::More)) => {}
                Some(Ok(Left::Nothing)) => break,
                Some(Err(StoreError::Closed)) => return Ending::Done,
                Some(Err(error)) => {
                    tracing::warn!(%error, "the text index could not be written");
                    return Ending::Again;
                }
                None => return Ending::Again,
            }
        }
        drop(blocks);
        shared.cache.release_idle(shared.time.now());
        loop {
            match changes.recv().await {
                Ok(changed) if brings_words(&changed) => break,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Ending::Done,
            }
        }
    }
}

/// The blocks of a run, all written by one thread: the allocator keeps for each thread what a block needed at most,
/// and a block of a large index needs tens of MiB. Asked for one by one, so that whoever waits to write comes first.
struct Blocks {
    ask: mpsc::Sender<DateTime<Utc>>,
    written: mpsc::Receiver<Result<Left, StoreError>>,
}

impl Blocks {
    fn of(cache: Cache) -> Self {
        let (ask, mut asked) = mpsc::channel(1);
        let (answer, written) = mpsc::channel(1);
        spawn_blocking(move || {
            while let Some(now) = asked.blocking_recv() {
                if answer.blocking_send(index_a_block(&cache, now)).is_err() {
                    return;
                }
            }
        });
        Self { ask, written }
    }

    /// Writes the next one; nothing where the thread broke off.
    async fn next(&mut self, now: DateTime<Utc>) -> Option<Result<Left, StoreError>> {
        self.ask.send(now).await.ok()?;
        self.written.recv().await
    }
}

/// Whether there is more to index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    More,
    Nothing,
}

/// Looks first, because a commit of the index is itself a change.
fn index_a_block(cache: &Cache, now: DateTime<Utc>) -> Result<Left, StoreError> {
    let (synced, complete) = cache.read(|reader| {
        let synced = reader.cursor(Kind::Communication)?.complete && reader.cursor(Kind::Task)?.complete;
        Ok::<_, StoreError>((synced, reader.index_progress()?.complete))
    })?;
    if !synced {
        return Ok(Left::Nothing);
    }
    let unplaced = cache.write_bulk(now, |writer| writer.find_unplaced(UNPLACED_BLOCK))?;
    let complete = complete || cache.write_bulk(now, |writer| writer.index_next_block(INDEX_BLOCK))?.complete;
    Ok(if unplaced || !complete { Left::More } else { Left::Nothing })
}

/// Whether a commit may have brought words, or the end of the first sync.
fn brings_words(changes: &tern_store::Changes) -> bool {
    changes.tags.iter().any(|tag| matches!(tag, Tag::Thread(_) | Tag::AnyThread | Tag::People | Tag::Status))
}

/// Counts what the status line shows, after each commit that may have changed it.
async fn tally(shared: &Shared) -> Ending {
    let mut changes = shared.cache.subscribe();
    loop {
        let (cache, author) = (shared.cache.clone(), shared.author.clone());
        let counted = spawn_blocking(move || {
            cache.read(|reader| {
                let rows = reader.outbox()?;
                // What a person did is one thing, however many rows carry it; a claim alone is nothing done yet. What
                // a lost touch held, and could not be given back, is one of its own.
                let thing = |row: &OutboxRow| match row.intent {
                    // A stuck file stands among the documents, which have a number of their own.
                    Intent::File { .. } if row.delivery == Delivery::Wedged => None,
                    Intent::Release { .. } if row.delivery == Delivery::Wedged && row.group.is_none() => {
                        Some(row.id.clone())
                    }
                    _ => row.group.clone(),
                };
                let done = rows.iter().filter(|row| row.author == author).filter_map(|row| Some((thing(row)?, row)));
                let (stuck, waiting): (Vec<_>, Vec<_>) = done.partition(|(_, row)| row.delivery == Delivery::Wedged);
                let stuck: BTreeSet<_> = stuck.into_iter().map(|(group, _)| group).collect();
                let waiting: BTreeSet<_> =
                    waiting.into_iter().map(|(group, _)| group).filter(|group| !stuck.contains(group)).collect();
                let is_table = |row: &&OutboxRow| matches!(row.intent, Intent::Table { .. }) && row.author == author;
                let (tables, tables_waiting): (Vec<_>, Vec<_>) =
                    rows.iter().filter(is_table).partition(|row| row.delivery == Delivery::Wedged);
                let progress = reader.index_progress()?;
                let unreadable = reader.quarantined()?.len();
                let waiting = waiting.len() + tables_waiting.len();
                Ok::<_, StoreError>((waiting, stuck.len(), tables.len(), progress, unreadable))
            })
        });
        match counted.await {
            Ok(Ok((waiting, stuck, tables, progress, unreadable))) => shared.board.change(|status| {
                status.waiting = small(waiting);
                status.needs_you = small(stuck);
                status.tables_not_saved = small(tables);
                status.unreadable = small(unreadable);
                status.index = Index { indexed: progress.indexed, total: progress.total };
                if let Some(so_far) = &mut status.first_sync {
                    *so_far = u32::try_from(progress.total).unwrap_or(u32::MAX);
                }
            }),
            Ok(Err(StoreError::Closed)) => return Ending::Done,
            Ok(Err(error)) => tracing::warn!(%error, "the status could not be counted"),
            Err(_) => return Ending::Again,
        }
        loop {
            match changes.recv().await {
                Ok(changed) if concerns_status(&changed) => break,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Ending::Done,
            }
        }
    }
}

fn concerns_status(changes: &tern_store::Changes) -> bool {
    [Tag::Outbox, Tag::Status, Tag::Search].iter().any(|tag| changes.tags.contains(tag))
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

async fn push(shared: &Shared) -> Ending {
    loop {
        // An open channel is a reason to look, and no proof that the server ever speaks on it.
        if shared.line.server.nudged().await == Nudge::Heard {
            shared.board.change(|status| status.push = Push::Heard);
        }
        shared.wake_pull.notify_one();
    }
}
