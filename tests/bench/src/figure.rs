//! A measured figure beside its limit, the table of them, and the numbers of which they are made.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use serde::Serialize;

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) figure: String,
    /// How much.
    pub(crate) value: f64,
    /// Of what.
    pub(crate) unit: &'static str,
    /// What was measured beside it, in the same unit and run.
    pub(crate) limit: Option<f64>,
    /// What it is meant to be.
    pub(crate) aim: String,
    /// Whether it is.
    pub(crate) ok: bool,
}

/// What a figure is meant to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    /// At least this share of the limit.
    OfLimit(f64),
    /// At most so many times the limit.
    TimesLimit(f64),
    /// At most this.
    AtMost(f64),
    /// At most so much more than the limit.
    Over(f64),
}

impl Figure {
    /// A figure with its aim.
    pub(crate) fn new(figure: impl Into<String>, unit: &'static str, value: f64, limit: Option<f64>, aim: Aim) -> Self {
        let beside = limit.unwrap_or(f64::NAN);
        let (aim, ok) = match aim {
            Aim::OfLimit(share) => (format!("≥ {share} × limit"), value >= share * beside),
            Aim::TimesLimit(times) => (format!("≤ {times} × limit"), value <= times * beside),
            Aim::AtMost(most) => (format!("≤ {most} {unit}"), value <= most),
            Aim::Over(more) => (format!("≤ limit + {more} {unit}"), value <= beside + more),
        };
        Self { figure: figure.into(), value, unit, limit, aim, ok }
    }
}

/// Prints the table.
///
/// # Errors
/// When nobody reads it.
pub(crate) fn print(figures: &[Figure]) -> io::Result<()> {
    let row = |figure: &Figure| {
        let by = figure.limit.map_or_else(String::new, |limit| format!("{:.2}", figure.value / limit));
        [
            figure.figure.clone(),
            number(figure.value),
            figure.unit.to_owned(),
            figure.limit.map_or_else(String::new, number),
            by,
            figure.aim.clone(),
            if figure.ok { "ok" } else { "SHORT" }.to_owned(),
        ]
    };
    let head = ["figure", "value", "unit", "limit", "value/limit", "aim", "ok"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(figures.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut out = io::stdout().lock();
    for row in &rows {
        for (place, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Words to the left, numbers to the right.
            match place {
                1 | 3 | 4 => write!(out, "{cell:>width$}  ")?,
                _ => write!(out, "{cell:<width$}  ")?,
            }
        }
        writeln!(out)?;
    }
    out.flush()
}

fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// Says what is being measured, on standard error: the table alone goes to standard output.
pub(crate) fn say(words: &str) {
    // Whoever closed it does not want to know.
    let _ = writeln!(io::stderr(), "{words}");
}

/// The value below which this share of the samples lies (nearest rank); NaN of none.
pub(crate) fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a rank")]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

/// The middle of several rounds.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 0.5)
}

/// Milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of messages are far below 2^52")]
pub(crate) fn count(many: u64) -> f64 {
    many as f64
}

/// A count for a figure's name: `10 k`, `1 M`.
pub(crate) fn short(many: u64) -> String {
    match many {
        _ if many >= 1_000_000 && many.is_multiple_of(1_000_000) => format!("{} M", many / 1_000_000),
        _ if many >= 1_000 && many.is_multiple_of(1_000) => format!("{} k", many / 1_000),
        _ => many.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_met_or_it_is_not() {
        let ok = |value, limit, aim| Figure::new("f", "ms", value, limit, aim).ok;
        assert!(ok(8.0, Some(10.0), Aim::OfLimit(0.8)) && !ok(7.9, Some(10.0), Aim::OfLimit(0.8)));
        assert!(ok(12.0, Some(10.0), Aim::TimesLimit(1.2)) && !ok(12.1, Some(10.0), Aim::TimesLimit(1.2)));
        assert!(ok(5.0, None, Aim::AtMost(5.0)) && !ok(5.1, None, Aim::AtMost(5.0)));
        assert!(ok(30.0, Some(20.0), Aim::Over(16.7)) && !ok(37.0, Some(20.0), Aim::Over(16.7)));
        // What could not be measured is not met.
        assert!(!ok(f64::NAN, Some(1.0), Aim::TimesLimit(2.0)) && !ok(1.0, None, Aim::TimesLimit(2.0)));
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let samples: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!((percentile(&samples, 0.99), median(&samples), percentile(&samples, 1.0)), (198.0, 100.0, 200.0));
        assert!(percentile(&[], 0.5).is_nan());
    }
}
