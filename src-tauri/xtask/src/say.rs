//! What the tasks themselves print: one place, because printing is a program's privilege here.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program's own output")]

use std::fmt::Display;
use std::io::Write as _;
use std::time::Duration;

/// One line.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// The head of a step, above its own output. Flushed, because what follows comes from another
/// process.
pub(crate) fn head(number: usize, of: usize, name: &str, takes: &str) {
    let takes = if takes.is_empty() { String::new() } else { format!(" ({takes})") };
    println!("\n── {number}/{of} {name}{takes}");
    // A closed pipe shows at the next line; nothing is lost by going on.
    let _ = std::io::stdout().flush();
}

/// An error, where errors go.
pub(crate) fn trouble(error: &dyn Display) {
    eprintln!("xtask: {error}");
}

/// A duration for reading: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 10 {
        format!("{:.1} s", duration.as_secs_f32())
    } else if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_for_reading() {
        for (millis, shown) in [(40, "0.0 s"), (1_250, "1.2 s"), (12_900, "12 s"), (185_000, "3 min 05 s")] {
            assert_eq!(duration(Duration::from_millis(millis)), shown);
        }
    }
}
