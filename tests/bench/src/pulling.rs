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
    /// The most memory of a round, in MiB.
    pub(crate) peak_mib: f64,
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
    let mut peaks = Vec::new();
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
        peaks.push(synced.peak_mib);
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
    Ok(Pulled { figures, cache, peak_mib: median(&peaks) })
}

type Bare = fn(&Path, &Path) -> Result<std::time::Duration, Failure>;

/// The memory of the largest first sync beside that of the smallest.
pub(crate) fn flat(peaks: &[(u64, f64)]) -> Option<Figure> {
    let (smallest, largest) = (peaks.first()?, peaks.last()?);
    let limit = (peaks.len() > 1).then_some(smallest.1);
    let aim = if limit.is_some() { Aim::TimesLimit(1.2) } else { Aim::AtMost(200.0) };
    let name = if limit.is_some() {
        format!("peak memory of a first sync and its index, {} (limit: {})", short(largest.0), short(smallest.0))
    } else {
        format!("peak memory of a first sync and its index, {}", short(largest.0))
    };
    Some(Figure::new(name, "MiB", largest.1, limit, aim))
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
