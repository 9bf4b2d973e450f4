//! Process start to envelopes on screen, and what the running program holds, beside a window with nothing in it.
//!
//! Both programs are opened in turns by the same driver, and both pages mark the second animation frame after what
//! they have to show was there. The start is the process's own, as the kernel noted it.

use std::{path::Path, time::Duration};

use tern_journeys::window::Window;

use super::{Desk, numbers};
use crate::{
    Failure,
    figure::{Aim, Figure, median, say, short},
    memory,
};

/// Times that each program is opened.
const ROUNDS: usize = 5;
/// Until a program that has shown what it has does nothing any more.
const SETTLED: Duration = Duration::from_secs(3);

/// When the page's mark was set, in milliseconds since 1970.
const MARKED: &str =
    "return performance.getEntriesByName('envelopes').map(mark => performance.timeOrigin + mark.startTime)";

/// One opening.
struct Opened {
    /// Milliseconds until it showed what it has.
    start: f64,
    /// MiB of all its processes.
    memory: f64,
}

/// Opens both programs in turns.
///
/// # Errors
/// When one does not open or shows nothing.
pub(super) async fn measure(desk: &Desk<'_>, messages: u64) -> Result<Vec<Figure>, Failure> {
    let (mut ours, mut empty) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        say(&format!("window: start and memory, round {round} of {ROUNDS}"));
        ours.push(opened(desk, &desk.programs.app).await?);
        empty.push(opened(desk, &desk.programs.empty).await?);
    }
    let middle = |rounds: &[Opened], of: fn(&Opened) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let size = short(messages);
    Ok(vec![
        Figure::new(
            format!("process start to envelopes, {size} cached (limit: an empty window)"),
            "ms",
            middle(&ours, |one| one.start),
            Some(middle(&empty, |one| one.start)),
            Aim::TimesLimit(1.15),
        ),
        Figure::new(
            format!("memory of all processes (PSS), {size} cached (limit: an empty window)"),
            "MiB",
            middle(&ours, |one| one.memory),
            Some(middle(&empty, |one| one.memory)),
            Aim::TimesLimit(1.25),
        ),
    ])
}

async fn opened(desk: &Desk<'_>, program: &Path) -> Result<Opened, Failure> {
    let window = desk.window(program).await?;
    let shown = shown(&window).await?;
    let profile = desk.profile.to_str().ok_or("a path in UTF-8")?;
    let process = memory::process_of(program, profile)?;
    let start = shown - memory::started_at(process)?;
    tokio::time::sleep(SETTLED).await;
    let memory = memory::pss_mib(process)?;
    if program == desk.programs.app {
        window.quit().await?;
    } else {
        // It knows no word to quit by, and closing the session leaves it there.
        std::process::Command::new("kill").arg(process.to_string()).status()?;
    }
    Ok(Opened { start, memory })
}

async fn shown(window: &Window) -> Result<f64, Failure> {
    window.until("return performance.getEntriesByName('envelopes').length > 0", vec![], "something on screen").await?;
    let marks = window.client.execute(MARKED, vec![]).await?;
    numbers(&marks).first().copied().ok_or_else(|| "no mark".into())
}
