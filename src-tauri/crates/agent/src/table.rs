//! The report as a table for people.

use std::fmt::Write as _;

use tern_api::check::{Fit, Report, Verdict, name};

/// Writes it.
pub(crate) fn of(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Server: {}", report.software.as_deref().unwrap_or("says no name"));
    for finding in &report.findings {
        let detail = if finding.detail.is_empty() { String::new() } else { format!(" [{}]", finding.detail) };
        let _ = writeln!(
            text,
            "{:<13} {:<19} {}{detail}",
            name(finding.verdict),
            finding.id,
            if finding.consequence.is_empty() { "-" } else { finding.consequence }
        );
    }
    for note in &report.notes {
        let _ = writeln!(text, "note          {note}");
    }
    for path in &report.left_behind {
        let _ = writeln!(text, "left behind   {path}");
    }
    let _ = writeln!(text, "\n{}", sum(report));
    text
}

fn sum(report: &Report) -> String {
    let missing = report.findings.iter().filter(|finding| finding.verdict == Verdict::Missing);
    // The whole way begins with a thread.
    let read_only = !report.findings.iter().any(|finding| finding.id == "thread");
    match report.fit {
        Fit::Fit | Fit::WithWorkArounds if read_only => {
            "Fit, as far as reading shows. --write goes the whole way.".to_owned()
        }
        Fit::Fit => "Fit.".to_owned(),
        Fit::WithWorkArounds => "Fit, with work-arounds that cost something.".to_owned(),
        Fit::NotFit => {
            format!("Not fit: {}.", missing.map(|finding| finding.id).collect::<Vec<_>>().join(", "))
        }
    }
}
