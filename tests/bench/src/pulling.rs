//! Figures 1 to 3: a first sync against raw inserts, the text index against raw FTS5, and memory.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use crate::{
    Failure, bare,
    corpus::Corpus,
    figure::{Aim, Figure, count, median, say, short},
    member::Synced,
    memory,
    server::Server,
};

/// What the rounds at one size leave.
pub(crate) struct Pulled {
    /// Rows of the table.
    pub(crate) figures: Vec<Figure>,
    /// The last round's cache.
    pub(crate) cache: PathBuf,
    /// The most memory of a round, in MiB: of the first sync, and with the index behind it.
    pub(crate) peaks_mib: [f64; 2],
}

/// Rounds at a size: a minute each is enough, however large.
fn usual_rounds(messages: u64) -> usize {
    match messages {
        0..=20_000 => 5,
        20_001..=200_000 => 3,
        _ => 1,
    }
}

/// Syncs and indexes a mailbox several times, the limits after each.
///
/// # Errors
/// When a process or a file fails.
pub(crate) async fn measure(corpus: &Arc<Corpus>, folder: &Path, rounds: Option<usize>) -> Result<Pulled, Failure> {
    let size = short(corpus.messages);
    let server = Server::start(Arc::clone(corpus), folder, None)?;
    let cache = folder.join("cache.tern");
    let (mut ours, mut bare_rows) = (Vec::new(), Vec::new());
    let (mut indexed, mut bare_index) = (Vec::new(), Vec::new());
    let (mut synced_mib, mut indexed_mib) = (Vec::new(), Vec::new());
    let rounds = rounds.unwrap_or_else(|| usual_rounds(corpus.messages));
    for round in 1..=rounds {
        say(&format!("{size}: first sync and its limits, round {round} of {rounds}"));
        remove(&cache)?;
        let synced = first_sync(&server, &cache).await?;
        if synced.messages != corpus.messages {
            return Err(format!("{} of {} messages came", synced.messages, corpus.messages).into());
        }
        ours.push(count(synced.messages) / synced.sync_seconds);
        indexed.push(synced.index_seconds);
        synced_mib.push(synced.sync_mib);
        indexed_mib.push(synced.peak_mib);
        let beside = folder.join("bare.db");
        let mut bare_cpu = Vec::new();
        for (limit, times) in [(bare::insert_rows as Bare, &mut bare_rows), (bare::index_texts, &mut bare_index)] {
            remove(&beside)?;
            let (from, to) = (cache.clone(), beside.clone());
            let before = memory::cpu_seconds()?;
            times.push(tokio::task::spawn_blocking(move || limit(&from, &to)).await??.as_secs_f64());
            bare_cpu.push(memory::cpu_seconds()? - before);
        }
        // On a machine that does something else as well, this says more than the clock does. The limits' time
        // holds the reading of what they write.
        say(&format!(
            "{size}: processor seconds: first sync {:.1} (limit {:.1}), index {:.1} (limit {:.1})",
            synced.sync_cpu_seconds,
            bare_cpu.first().copied().unwrap_or(f64::NAN),
            synced.index_cpu_seconds,
            bare_cpu.last().copied().unwrap_or(f64::NAN)
        ));
        remove(&beside)?;
    }
    let limit = count(corpus.messages) / median(&bare_rows);
    let figures = vec![
        Figure::new(
            format!("first sync over HTTPS, {size}"),
            "messages/s",
            median(&ours),
            Some(limit),
            Aim::OfLimit(0.8),
        ),
        Figure::new(
            format!("everything searchable after it, {size}"),
            "s",
            median(&indexed),
            Some(median(&bare_index)),
            Aim::TimesLimit(1.2),
        ),
    ];
    Ok(Pulled { figures, cache, peaks_mib: [median(&synced_mib), median(&indexed_mib)] })
}

/// Where there is only one size to look at: the page caches are the most of it, and they have their sizes.
const MOST_MIB: f64 = 150.0;

type Bare = fn(&Path, &Path) -> Result<std::time::Duration, Failure>;

/// The memory of the largest first sync beside that of the smallest.
pub(crate) fn flat(sizes: &[(u64, [f64; 2])]) -> Vec<Figure> {
    let (Some(smallest), Some(largest)) = (sizes.first(), sizes.last()) else { return Vec::new() };
    let beside = if sizes.len() > 1 { format!(" (limit: {})", short(smallest.0)) } else { String::new() };
    let names = ["peak memory of a first sync", "peak memory with the text index behind it"];
    names
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let limit = (sizes.len() > 1).then_some(smallest.1[place]);
            let aim = limit.map_or(Aim::AtMost(MOST_MIB), |_| Aim::TimesLimit(1.2));
            Figure::new(format!("{name}, {}{beside}", short(largest.0)), "MiB", largest.1[place], limit, aim)
        })
        .collect()
}

async fn first_sync(server: &Server, cache: &Path) -> Result<Synced, Failure> {
    let output = tokio::process::Command::new(std::env::current_exe()?)
        .args(["first-sync", "--base", &server.base_url, "--ca"])
        .arg(&server.ca_file)
        .arg("--cache")
        .arg(cache)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        return Err(format!("the first sync ended with {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Removes a database and what lies beside it.
fn remove(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().ok_or("a file in a folder")?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name in UTF-8")?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|found| found.starts_with(name)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
