//! Key press to painted frame.
//!
//! A listener in the page takes the key's own time (`event.timeStamp`: when the window got it), looks at every
//! animation frame whether what the key does can be seen, and takes the time of the frame after that: by then the
//! frame with the change has been handed to the compositor. Beside it, the same with a key that nothing listens to
//! and nothing to wait for: what the page's clockwork alone costs.

use fantoccini::key::Key;
use serde_json::json;
use tern_journeys::window::Window;

use super::numbers;
use crate::{
    Failure,
    figure::{Aim, Figure, percentile, say, short},
};

/// Presses of a kind.
const PRESSES: usize = 100;
/// Touches that are started and closed.
const TOUCHES: usize = 20;
/// A frame of a display at 60 Hz, in milliseconds.
const FRAME: f64 = 16.7;

/// The listener; `measure(what)` says what of the page the next keys change.
const LISTENER: &str = "
    const pane = () => document.querySelector('[data-testid=pane]');
    const seen = {
        nothing: () => null,
        selection: () => document.querySelector('[data-testid=list]')?.getAttribute('aria-activedescendant'),
        pane: () => pane()?.dataset.state,
        open: () => pane()?.dataset.state === 'open',
    };
    const bench = window.__bench = { what: 'nothing', times: [] };
    window.addEventListener('keydown', (event) => {
        const look = seen[bench.what];
        const before = look();
        const frame = () => requestAnimationFrame(() => {
            if (bench.what === 'nothing' || look() !== before) {
                requestAnimationFrame(() => bench.times.push(performance.now() - event.timeStamp));
            } else if (performance.now() - event.timeStamp < 10000) {
                frame();
            }
        });
        frame();
    }, { capture: true });
    return true;";

/// Measures keys in a window that shows envelopes.
///
/// # Errors
/// When a key changes nothing.
pub(super) async fn measure(window: &Window, messages: u64) -> Result<Vec<Figure>, Failure> {
    say("window: keys");
    // Where there is enough to walk over and to start.
    window.see("[data-testid=rail-mine]").await?.click().await?;
    window.see("[data-testid^=envelope-]").await?;
    window.client.execute(LISTENER, vec![]).await?;
    let empty = presses(window, "nothing", PRESSES, |_| 'x').await?;
    let walk = presses(window, "selection", 2 * PRESSES, |n| if n % 20 < 10 { 'j' } else { 'k' }).await?;
    let (mut taken, mut opened, mut next) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..2 * TOUCHES {
        let first = n % 2 == 0;
        let what = if first { "pane" } else { "open" };
        let times = press(window, what, Key::Enter.into()).await?;
        if first {
            taken.push(times)
        } else {
            opened.push(times)
        }
        window.see("[data-testid=pane][data-state=open]").await?;
        next.push(press(window, "pane", 'e').await?);
        window.see("[data-testid=pane][data-state=envelope]").await?;
    }
    let size = short(messages);
    let limit = percentile(&empty, 0.95);
    say(&format!(
        "window: Start until the claim is answered and the text is there: median {:.0} ms, p95 {:.0} ms",
        percentile(&opened, 0.5),
        percentile(&opened, 0.95)
    ));
    let figure = |name: &str, samples: &[f64]| {
        Figure::new(
            format!("{name} to painted frame, p95, {size} cached (limit: an empty handler)"),
            "ms",
            percentile(samples, 0.95),
            Some(limit),
            Aim::Over(FRAME),
        )
    };
    Ok(vec![figure("j, k", &walk), figure("Start", &taken), figure("next, after an outcome", &next)])
}

async fn presses(window: &Window, what: &str, many: usize, key: fn(usize) -> char) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::with_capacity(many);
    for n in 0..many {
        times.push(press(window, what, key(n)).await?);
    }
    Ok(times)
}

/// Presses a key and waits for its frame; the milliseconds between.
async fn press(window: &Window, what: &str, key: char) -> Result<f64, Failure> {
    let begin = "window.__bench.what = arguments[0]; window.__bench.times = []; return true";
    window.client.execute(begin, vec![json!(what)]).await?;
    window.press(key).await?;
    window.until("return window.__bench.times.length > 0", vec![], &format!("the frame of {what}")).await?;
    let times = window.client.execute("return window.__bench.times", vec![]).await?;
    numbers(&times).first().copied().ok_or_else(|| "no time".into())
}
