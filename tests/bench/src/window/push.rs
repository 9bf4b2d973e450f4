//! A change on the server to pixel: patients write at the practice, the window hears of it by push.

use std::time::{SystemTime, UNIX_EPOCH};

use tern_journeys::{PATIENCE, practice::Practice, window::Window};

use super::numbers;
use crate::{
    Failure,
    figure::{Aim, Figure, percentile},
};

/// Messages that come.
const ARRIVALS: usize = 40;

/// Notes the second animation frame after each change of the rail's counts.
const WATCH: &str = "
    const bench = window.__pixel = [];
    const element = (node) => node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    const is_rail = (change) => element(change.target)?.closest('[data-testid^=\"rail-\"]');
    new MutationObserver((changes) => {
        if (!changes.some(is_rail)) return;
        requestAnimationFrame(() => requestAnimationFrame(() =>
            bench.push(performance.timeOrigin + performance.now())));
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    return true;";

/// Lets patients write, one after the other, and waits for each on the screen.
///
/// # Errors
/// When a message never comes.
pub(super) async fn measure(window: &Window, practice: &Practice) -> Result<Figure, Failure> {
    window.see("[data-testid=status][data-connection=online]").await?;
    window.client.execute(WATCH, vec![]).await?;
    // The channel is open once a message came by it; the first ones may come by the timer.
    let began = tokio::time::Instant::now();
    while super::invoked(window, "status").await?["push"] != true {
        if began.elapsed() > PATIENCE {
            return Err("nothing is heard by push".into());
        }
        arrival(window, practice).await?;
    }
    let mut times = Vec::with_capacity(ARRIVALS);
    for _ in 0..ARRIVALS {
        times.push(arrival(window, practice).await?);
    }
    let name = "change on the server to pixel, with push, p95";
    Ok(Figure::new(name, "ms", percentile(&times, 0.95), None, Aim::AtMost(300.0)))
}

/// One message; the milliseconds from its sending to the frame that shows it.
async fn arrival(window: &Window, practice: &Practice) -> Result<f64, Failure> {
    window.client.execute("window.__pixel.length = 0; return true", vec![]).await?;
    let sent = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1e3;
    practice.arrive("A question", "Since Tuesday the cough is worse at night. Should we come by?").await?;
    window.until("return window.__pixel.length > 0", vec![], "the new message on the rail").await?;
    let shown = window.client.execute("return window.__pixel", vec![]).await?;
    numbers(&shown).first().map(|shown| shown - sent).ok_or_else(|| "no frame".into())
}
