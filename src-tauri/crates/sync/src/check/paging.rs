//! Whether pages lead to the end, on rows that are there anyway.

use std::collections::HashSet;

use tern_fhir::{
    facts::{Ability, ServerFacts},
    read::{self, Reading},
    search,
};
use tern_inbox::arrival::Kind;

use super::{
    ask::{Asking, Failed},
    report::{Finding, Verdict},
};

/// Rows asked for in a page.
const ROWS: &str = "40";

/// Pages that are followed; a large practice has more, and these show how they hang together.
const PAGES: usize = 8;

/// Follows `next` through the rows of a type.
pub(super) async fn follow(asking: &Asking, facts: &ServerFacts) -> Result<Finding, Failed> {
    let mut request = search::stamps(Kind::Communication, &search::Scope::default());
    request.query.retain(|(name, _)| name != "_count" && (name != "_elements" || facts.elements != Ability::Missing));
    let mut next = Some(request.with("_count", ROWS));
    let (mut seen, mut repeated, mut pages) = (HashSet::new(), 0_usize, 0_usize);
    while let Some(request) = next.take() {
        let response = asking.read(&request).await?;
        let reading = Reading {
            expected: Kind::Communication,
            base: asking.line.server.fhir_base(),
            received: response.date.unwrap_or_else(|| asking.line.time.now()),
        };
        let Ok(page) = read::stamps(&response, &reading) else {
            let detail = format!("page {} was answered {}", pages + 1, response.status);
            let verdict = if pages == 0 { Verdict::Unknown } else { Verdict::WorksAround };
            return Ok(Finding::new("paging", verdict, detail));
        };
        pages += 1;
        for row in page.rows {
            repeated += usize::from(!seen.insert(row.server_id));
        }
        let Some(link) = page.next.filter(|_| pages < PAGES) else { break };
        match asking.line.server.relative(&link).filter(|next| *next != request) {
            Some(onward) => next = Some(onward),
            None => return Ok(Finding::new("paging", Verdict::WorksAround, format!("page {pages} leads nowhere"))),
        }
    }
    let mut detail = format!("{} rows on {pages} pages", seen.len());
    if repeated > 0 {
        detail.push_str(&format!(", {repeated} repeated"));
    }
    Ok(Finding::new("paging", Verdict::Works, detail))
}
