//! Changing who stands in, and ending that or a duty: read what stands there, and write only over what was planned anew; an end counts whatever
//! was planned.
//!
//! Making one is a create like any other ([`super::create`]). A plan is decided on one version: of two who plan at once
//! the second is told, and decides again on what stands there. Ending is not: whoever is back is back, whatever somebody
//! wrote since, so that an end is made again under each version until it stands.

use tern_fhir::{
    answer::{self, Certainty, ReadAnswer, to_read},
    exchange::Response,
    read::{self, Reading},
    search,
    write::{change::Current, edit::Edit},
};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    outbox::{Answer, Intent, OutboxRow, Wedge},
};
use tern_store::Acknowledged;

use super::{Outbox, OutboxError, Way, Written, book::Fate, item::reading_refused, without_answer};

/// Times a moved version is read again at once.
const AT_ONCE: usize = 3;

/// A coverage as it stands on the server.
struct Standing {
    current: Current,
    arrival: Arrival,
}

/// What reading it brought.
enum Look {
    There(Box<Standing>),
    Gone,
    /// It could not be read now, or is nothing that can be changed.
    No(Answer),
}

/// What one reading and one write came to.
enum Turn {
    Fate(Fate),
    /// The version moved in between.
    Moved,
    /// The row was taken back meanwhile, and nothing left.
    Went,
}

impl Outbox {
    /// Plans a coverage anew, or ends it.
    pub(super) async fn plan(&self, row: &OutboxRow) -> Result<(), OutboxError> {
        for _ in 0..AT_ONCE {
            match self.plan_once(row).await? {
                Turn::Fate(fate) => return self.settle_one(row, fate).await,
                Turn::Moved => {}
                Turn::Went => return Ok(()),
            }
        }
        let fate = self.fate(row, Answer::Conflict, Acknowledged::default());
        self.settle_one(row, fate).await
    }

    async fn plan_once(&self, row: &OutboxRow) -> Result<Turn, OutboxError> {
        let at = self.time.now();
        let (edit, id, base) = match &row.intent {
            Intent::Cover { coverage, base } => (Edit::Cover { coverage, at }, coverage.id.as_str(), base.as_deref()),
            Intent::EndCoverage { coverage, at } => (Edit::EndCoverage { at: *at }, coverage.as_str(), None),
            Intent::EndDuty { duty, at } => (Edit::EndCoverage { at: *at }, duty.as_str(), None),
            _ => return Ok(Turn::Fate(Fate::Dropped)),
        };
        let standing = match self.look_at_coverage(id).await? {
            Look::There(standing) => standing,
            Look::Gone => {
                self.coverage_is_gone(id).await?;
                // Whoever is gone from the plan is back all the same.
                let ends = matches!(row.intent, Intent::EndCoverage { .. } | Intent::EndDuty { .. });
                return Ok(Turn::Fate(if ends { Fate::Dropped } else { Fate::Wedged(Wedge::Gone) }));
            }
            Look::No(answer) => return Ok(Turn::Fate(self.fate(row, answer, Acknowledged::default()))),
        };
        let Standing { current, arrival } = *standing;
        let acknowledged = |version: Option<String>| Acknowledged {
            server_id: Some(arrival.server_id.clone()),
            version,
            updated: arrival.last_updated,
        };
        if edit.stands_in(current.json()) {
            return Ok(Turn::Fate(Fate::Sent(acknowledged(Some(arrival.version.clone())))));
        }
        if base.is_some_and(|base| base != arrival.version) {
            self.book.file(at, arrival).await?;
            return Ok(Turn::Fate(Fate::Wedged(Wedge::ChangedSince)));
        }
        let Ok(request) = current.change(&edit, self.facts.server().changing()) else {
            let wedge = Wedge::Refused { status: 0, code: Some("structure".to_owned()) };
            return Ok(Turn::Fate(Fate::Wedged(wedge)));
        };
        let Some(row) = self.taken(row).await? else { return Ok(Turn::Went) };
        Ok(match self.write(request).await? {
            Written::Unanswered(answer) => Turn::Fate(self.unsure(&row, answer, acknowledged(None))),
            Written::Answered { request, response, verdict } => {
                let answer = match verdict.certainty {
                    Certainty::Certain => verdict.answer,
                    // A failed test or a bad request: the version tells.
                    Certainty::VersionTells => match self.look_at_coverage(id).await? {
                        Look::There(now) => verdict.after_reading(&arrival.version, &now.arrival.version, &response),
                        Look::Gone => Answer::Gone,
                        Look::No(answer) => answer,
                    },
                };
                if answer == Answer::Conflict {
                    // Back into the queue, in the cache too: the next try decides anew.
                    self.settle_one(&row, Fate::Again { at, attempts: row.attempts }).await?;
                    return Ok(Turn::Moved);
                }
                let stored = answer::stored(&request, &response, self.line.server.fhir_base());
                let version = stored.and_then(|stored| stored.version);
                let updated = response.last_modified;
                Turn::Fate(self.unsure(&row, answer, Acknowledged { updated, ..acknowledged(version) }))
            }
        })
    }

    async fn look_at_coverage(&self, id: &str) -> Result<Look, OutboxError> {
        let response = match self.line.send(search::read("Task", id)).await {
            Ok(response) => response,
            Err(unanswered) => return Ok(Look::No(without_answer(&unanswered, Way::Reading))),
        };
        Ok(match to_read(&response) {
            ReadAnswer::Here => self.coverage_of(&response),
            ReadAnswer::Gone => Look::Gone,
            refusal => Look::No(reading_refused(&refusal, &response)),
        })
    }

    fn coverage_of(&self, response: &Response) -> Look {
        let received = response.date.unwrap_or_else(|| self.time.now());
        let base = self.line.server.fhir_base();
        let arrival = read::one(response, &Reading { expected: Kind::Task, base, received });
        match (arrival, Current::of_response(response)) {
            (Ok(arrival), Ok(current)) => match arrival.content {
                Content::Coverage(_) | Content::Duty(_) => Look::There(Box::new(Standing { current, arrival })),
                // What was edited into something else is none any more.
                Content::NotOurs | Content::Deleted | Content::WorkItem(_) | Content::Alarm(_) => Look::Gone,
                _ => Look::No(Answer::Refused { status: response.status, code: Some("structure".to_owned()) }),
            },
            // Half a body, or a proxy's page: the next try may bring it.
            _ => Look::No(Answer::Transient { retry_after: None }),
        }
    }

    /// What was planned is gone: somebody decided that, and this machine knows it from now on.
    async fn coverage_is_gone(&self, id: &str) -> Result<(), OutboxError> {
        let arrival = Arrival {
            kind: Kind::Task,
            server_id: id.to_owned(),
            version: "gone".to_owned(),
            last_updated: None,
            identity: None,
            content: Content::Deleted,
        };
        self.book.file(self.time.now(), arrival).await
    }
}
