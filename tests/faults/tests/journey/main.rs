//! The fault journey: replies by two members under drops, delays, 5xx, outages, kills and restarts.
//!
//! `TERN_FAULTS_REPLIES` (200) says how many at least, `TERN_FAULTS_SEED` repeats a run's dice (processes run side
//! by side, so a seed fixes what is drawn, not which request it meets), `TERN_PRACTICE` names the sample practice's
//! program. Nothing is waited for by the clock: time only gives up on what doesn't come.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rand::{
    RngExt as _, SeedableRng as _, TryRng as _,
    rngs::{ChaCha8Rng, SysRng},
};
use tern_faults::orders::{Job, Orders, Said};
use tern_journeys::{Failure, practice::Practice, road::Road};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

mod ledger;
mod machine;
mod weather;

use ledger::Ledger;
use machine::{KILL_POINTS, Machine};

/// Without a word from anybody for so long, the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two changes of the weather.
const WEATHER: Duration = Duration::from_millis(400);

/// Messages of a patient in a thread that one member answers alone, and in one that both do.
const ALONE: usize = 4;
const SHARED: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reply_whose_claim_held_arrives_once_and_none_is_lost() -> Result<(), Failure> {
    let wanted = number("TERN_FAULTS_REPLIES")?.unwrap_or(200);
    let seed = match number("TERN_FAULTS_SEED")? {
        Some(seed) => seed,
        None => u64::from(SysRng.try_next_u32()?),
    };
    println!("faults: {wanted} replies, seed {seed} (TERN_FAULTS_SEED={seed} repeats its dice)");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    // Kept where it fails: caches and logs say what happened.
    let mut dir = tempfile::tempdir()?;
    dir.disable_cleanup(true);
    println!("faults: in {}", dir.path().display());
    let program = practice_program();
    let few = ["--patients", "8", "--threads", "1", "--seed", "7"];
    let practice = Practice::start(&program, &dir.path().join("practice"), &few).await?;
    let road = Road::seeded(&practice.ready, &dir.path().join("road"), "", seed)?;

    let (desks, mut later) = scene(&practice, &road, dir.path(), usize::try_from(wanted)?, &mut dice).await?;
    let (said, mut heard) = unbounded_channel();
    let began = Instant::now();
    let kills = u32::try_from(wanted)? / 16;
    let mut machines = tokio::task::JoinSet::new();
    for orders in &desks {
        let home = orders.cache.parent().ok_or("a cache lies in a folder")?.to_owned();
        let machine = Machine { orders: orders.clone(), home, seed: dice.random(), kills };
        machines.spawn(machine.run(said.clone()));
    }
    drop(said);
    let promised = play(&practice, &road, &mut later, &mut heard, &mut dice).await?;
    let mut deaths: BTreeMap<&str, u32> = BTreeMap::new();
    while let Some(ended) = machines.join_next().await {
        for (place, times) in ended?? {
            *deaths.entry(place).or_default() += times;
        }
    }

    let ledger = Ledger::draw(&practice, &desks, &promised).await?;
    let applied = road.weather().applied();
    let Ledger { replies, acknowledged, wedged, behind, retracted, completed, offences } = &ledger;
    println!(
        "faults: {replies} replies, {acknowledged} acknowledged, {wedged} wedged (+{behind} behind them), {} kills, \
         {} faults, {retracted} duplicates retracted, {completed} work items completed, {:.0} s; seed {seed}",
        deaths.values().sum::<u32>(),
        applied.values().sum::<u64>(),
        began.elapsed().as_secs_f64(),
    );
    println!("faults: died at {deaths:?}; struck {applied:?}");
    if !offences.is_empty() {
        return Err(format!("seed {seed}, see {}:\n  {}", dir.path().display(), offences.join("\n  ")).into());
    }
    assert!(*replies as u64 >= wanted, "{replies} of {wanted} replies were written");
    assert!(applied.values().sum::<u64>() > 0, "nothing went wrong: nothing was shown");
    assert!(kills == 0 || !deaths.is_empty(), "nobody died: nothing was shown");
    // Enough deaths for each of the two to go through all places.
    if usize::try_from(kills)? >= KILL_POINTS.len() {
        let missed: Vec<_> = KILL_POINTS.iter().filter(|(place, _)| !deaths.contains_key(place)).collect();
        assert!(missed.is_empty(), "nobody died at {missed:?}");
    }
    dir.disable_cleanup(false);
    Ok(())
}

/// Two desks, and what patients will write later. The first message of every thread is there.
async fn scene(
    practice: &Practice,
    road: &Road,
    dir: &Path,
    wanted: usize,
    dice: &mut ChaCha8Rng,
) -> Result<(Vec<Orders>, VecDeque<String>), Failure> {
    // Four fifths by one member alone, and at least one reply in each thread that both have.
    let shared = threads(practice, wanted.div_ceil(5)).await?;
    let alone = wanted.div_ceil(10);
    let mut later: VecDeque<String> = shared.iter().cloned().collect();
    let mut desks = Vec::new();
    for role in ["physician", "ma"] {
        let own = threads(practice, alone).await?;
        for _ in 1..ALONE {
            later.extend(own.iter().cloned());
        }
        let mut jobs: Vec<_> = shared.iter().map(|thread| (thread, SHARED)).collect();
        jobs.extend(own.iter().map(|thread| (thread, ALONE)));
        let mut job = |(thread, messages): (&String, usize)| Job {
            thread: thread.clone(),
            messages,
            hasty: (1..=messages).filter(|_| dice.random_bool(0.4)).collect(),
        };
        let home = dir.join(role);
        std::fs::create_dir_all(&home)?;
        desks.push(Orders {
            base_url: road.base_url.clone(),
            ca_file: road.ca_file.clone(),
            client_id: practice.ready.backend.client_id.clone(),
            client_secret: practice.ready.backend.client_secret.clone(),
            cache: home.join("cache"),
            member: practice.account(role)?.practitioner_role.clone(),
            threads: jobs.into_iter().map(&mut job).collect(),
        });
    }
    Ok((desks, later))
}

/// So many threads in which a patient wrote once.
async fn threads(practice: &Practice, count: usize) -> Result<Vec<String>, Failure> {
    let mut threads = Vec::new();
    for n in 0..count {
        let arrived = practice.arrive("A cough", &format!("It is day {n} and the cough is still there.")).await?;
        let reference = arrived["arrived"][0]["thread"].as_str().ok_or("no thread")?;
        threads.push(reference.trim_start_matches("Communication/").to_owned());
    }
    Ok(threads)
}

/// Until both members are done: weather changes, and where somebody replied the patient writes again, while the
/// reply may still be on its way. Returns the replies that were promised.
async fn play(
    practice: &Practice,
    road: &Road,
    later: &mut VecDeque<String>,
    heard: &mut UnboundedReceiver<Said>,
    dice: &mut ChaCha8Rng,
) -> Result<BTreeSet<String>, Failure> {
    let weather = road.weather();
    let mut promised = BTreeSet::new();
    let mut last_word = Instant::now();
    let mut change = tokio::time::interval(WEATHER);
    loop {
        let writes = tokio::select! {
            word = heard.recv() => match word {
                None => break,
                Some(Said::Done) => None,
                Some(Said::Replied { message, thread }) => {
                    last_word = Instant::now();
                    let fresh = promised.insert(message);
                    later.iter().position(|next| fresh && *next == thread)
                }
            },
            _ = change.tick() => {
                weather::turns(&weather, dice)?;
                if last_word.elapsed() > PATIENCE {
                    return Err(format!("nothing happens any more: {} replies so far", promised.len()).into());
                }
                // Nobody's turn: somebody writes all the same.
                (last_word.elapsed() > WEATHER && !later.is_empty()).then_some(0)
            }
        };
        if let Some(thread) = writes.and_then(|place| later.remove(place)) {
            practice.writes_again(&format!("Communication/{thread}"), "It got worse since this morning.").await?;
        }
    }
    weather::clears(&weather)?;
    Ok(promised)
}

fn number(name: &str) -> Result<Option<u64>, Failure> {
    match std::env::var(name) {
        Ok(text) => text.parse().map(Some).map_err(|_| format!("{name} is no number: {text}").into()),
        Err(_) => Ok(None),
    }
}

/// `TERN_PRACTICE`, or where `cargo xtask setup` builds it.
fn practice_program() -> PathBuf {
    std::env::var_os("TERN_PRACTICE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src-tauri/practice/target/debug/tern-practice"),
        PathBuf::from,
    )
}
