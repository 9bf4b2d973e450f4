//! A search of which every row counts.
//!
//! A server that ignores a parameter, in spite of strict handling, answers with everything: then what is searched
//! for may stand on the last page, and *not on the first* proves nothing. So `next` is followed to the end; where
//! that can't be done, the answer says so.

use std::collections::HashSet;

use tern_fhir::{
    answer::{ReadAnswer, to_read},
    exchange::Request,
    links,
    read::{self, Reading},
    search::PAGE_ROWS,
};
use tern_inbox::{
    arrival::{Arrival, Kind},
    outbox::Answer,
};

use super::{Outbox, Way, item::reading_refused, without_answer};

/// Pages that one search follows. A server that knows its parameters needs one.
const MOST_PAGES: usize = 200;

/// What a search brought.
pub(super) enum Searched {
    /// The rows that were wanted, and whether these are all that there are.
    Rows { rows: Vec<Arrival>, all: bool },
    /// This server can't be asked so.
    NotOffered(Answer),
    /// Not now.
    No(Answer),
}

impl Outbox {
    /// Searches for messages and threads; keeps the rows that are `wanted`.
    pub(super) async fn search(&self, request: Request, wanted: impl Fn(&Arrival) -> bool) -> Searched {
        let (mut rows, mut followed) = (Vec::new(), HashSet::new());
        let mut request = self.in_large_pages(request);
        for page in 0..MOST_PAGES {
            let response = match self.line.send(request).await {
                Ok(response) => response,
                Err(unanswered) => return Searched::No(without_answer(&unanswered, Way::Reading)),
            };
            match to_read(&response) {
                ReadAnswer::Here => {}
                // A cursor that is outdated, or was never any good.
                ReadAnswer::Gone | ReadAnswer::ParameterRefused { .. } | ReadAnswer::NotOffered if page > 0 => break,
                refusal @ (ReadAnswer::ParameterRefused { .. } | ReadAnswer::NotOffered) => {
                    return Searched::NotOffered(reading_refused(&refusal, &response));
                }
                refusal => return Searched::No(reading_refused(&refusal, &response)),
            }
            let received = response.date.unwrap_or_else(|| self.time.now());
            let base = self.line.server.fhir_base();
            let Ok(page) = read::page(&response, &Reading { expected: Kind::Communication, base, received }) else {
                return Searched::No(Answer::Transient { retry_after: None });
            };
            rows.extend(page.arrivals.into_iter().filter(&wanted));
            let Some(next) = page.next else { return Searched::Rows { rows, all: true } };
            let Some(onward) = links::request(&next, base).filter(|_| followed.insert(next)) else { break };
            request = onward;
        }
        Searched::Rows { rows, all: false }
    }

    /// As many rows a page as the pull asks for. A server that knows the parameter answers with one or two; on one that
    /// ignores it, pages of its own length may not come to an end within [`MOST_PAGES`].
    fn in_large_pages(&self, request: Request) -> Request {
        if self.facts.is_refused(Kind::Communication, "_count") {
            return request;
        }
        request.with("_count", PAGE_ROWS.to_string())
    }
}
