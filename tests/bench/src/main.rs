//! Speed, measured beside its limits.
//!
//! `cargo xtask bench` builds this for release and starts it where a window can open. One run prints one table:
//! what was measured, what was measured beside it in the same minute, and what it is meant to be. Times on two
//! machines, or on one machine on two days, say little; the ratio of two neighbours says whether there is anything
//! left to gain.
//!
//! ```text
//!   corpus ──> server ──HTTPS──> first-sync (a process) ──> cache ──┬─> reads ──> figures 4 to 6
//!                 │                                 raw inserts <───┘
//!                 └──> the app in its window, signed in at the practice behind the server ──> figures 7 to 10
//! ```

mod bare;
mod corpus;
mod figure;
mod member;
mod memory;
mod pulling;
mod reads;
mod server;
mod triage;
mod window;
mod words;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use chrono::Utc;
use clap::{Parser, Subcommand, ValueEnum};

use crate::{corpus::Corpus, figure::Figure};

/// What stops the measuring.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Speed, measured beside its limits.
#[derive(Debug, Parser)]
struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    /// How many messages the cache holds, one after the other
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "10000,100000,1000000")]
    messages: Vec<u64>,
    /// Write the figures as a JSON list of `{figure, value, unit, limit, aim, ok}`
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Rounds of the first sync; otherwise five, three, one: the fewer, the larger the mailbox
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Only one part of the figures
    #[arg(long, value_name = "PART")]
    only: Option<Group>,
}

/// The parts of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Group {
    /// The cache: first sync, search, reads
    Data,
    /// The window: keys, start, memory, push
    Window,
    /// Red flags, the arrival of many, a board of 100 k
    Triage,
}

/// Messages that are cached behind a measured window, where so many are asked for.
const IN_WINDOW: u64 = 100_000;

#[derive(Debug, Subcommand)]
enum Part {
    /// A member's first sync: what the table starts as a process of its own
    FirstSync(member::FirstSync),
}

#[tokio::main]
async fn main() -> ExitCode {
    let bench = Bench::parse();
    let done = match bench.part {
        Some(Part::FirstSync(first_sync)) => first_sync.run().await,
        None => table(bench).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figure::say(&format!("tern-bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn table(bench: Bench) -> Result<(), Failure> {
    let mut figures: Vec<Figure> = Vec::new();
    let (mut peaks, mut p99) = (Vec::new(), Vec::new());
    // The largest mailbox that a window is opened on.
    let in_window = bench.messages.iter().copied().filter(|many| *many <= IN_WINDOW).max();
    let (mut window, mut failed) = (Vec::new(), None);
    for &messages in &bench.messages {
        let folder = tempfile::tempdir()?;
        let shown = in_window == Some(messages) && !matches!(bench.only, Some(Group::Data | Group::Triage));
        if bench.only == Some(Group::Triage) || !shown && bench.only == Some(Group::Window) {
            continue;
        }
        figure::say(&format!("{}: making the mailbox", figure::short(messages)));
        let corpus = tokio::task::spawn_blocking(move || Corpus::make(messages, Utc::now())).await??;
        let corpus = Arc::new(corpus);
        if shown {
            // A window that does not open costs its own figures and no others.
            failed = window::measure(Arc::clone(&corpus), folder.path(), &mut window).await.err();
        }
        if bench.only == Some(Group::Window) {
            continue;
        }
        let pulled = pulling::measure(&corpus, folder.path(), bench.rounds).await?;
        drop(corpus);
        figures.extend(pulled.figures);
        peaks.push((messages, pulled.peaks_mib));
        let (cache, beside) = (pulled.cache, folder.path().to_owned());
        let read = tokio::task::spawn_blocking(move || reads::measure(&cache, messages, &beside)).await??;
        figures.extend(read.figures);
        p99.push((messages, read.p99));
    }
    if bench.only.is_none_or(|only| only == Group::Triage) {
        let folder = tempfile::tempdir()?;
        let measured = tokio::task::spawn_blocking(move || triage::measure(folder.path())).await??;
        figures.extend(measured);
    }
    figures.extend(reads::flat(&p99));
    figures.extend(pulling::flat(&peaks));
    figures.extend(window);
    if let Some(json) = &bench.json {
        std::fs::write(json, serde_json::to_vec_pretty(&figures)?)?;
    }
    figure::print(&figures)?;
    failed.map_or(Ok(()), Err)
}
