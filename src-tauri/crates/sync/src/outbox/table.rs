//! Changing one of the practice's tables: read what stands there, and write only over what was edited.
//!
//! A table is one document for everybody, and whoever edits it looks at one version. Of two who save at once the
//! second has decided on something that is no longer so: their change stands wedged with its text until they write it
//! over the other one or give it up. Nothing is merged: half of each of two triage tables is nobody's.

use chrono::{DateTime, Utc};
use tern_fhir::{
    answer::{self, Certainty, ReadAnswer, to_read},
    exchange::Response,
    read::{self, Reading},
    search,
    write::{change::Current, edit::Edit, library},
};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    message::Delivery,
    outbox::{Answer, Intent, OutboxRow, Wedge},
    practice_table::PracticeTable,
};
use tern_store::Acknowledged;

use super::{Outbox, OutboxError, Way, Written, book::Fate, create::Found, item::reading_refused, without_answer};

/// Times a moved version is read again at once.
const AT_ONCE: usize = 3;

/// A table as it stands on the server.
struct Standing {
    current: Current,
    version: String,
    server_id: String,
    updated: Option<DateTime<Utc>>,
    /// It is one of our tables as it stands, whether or not its text can be used.
    is_table: bool,
}

/// What one reading and one write came to.
enum Turn {
    Fate(Fate),
    /// It was made, by this machine or another: what stands there tells.
    Made,
    /// The version moved in between.
    Moved,
    /// The row was taken back meanwhile, and nothing left.
    Went,
}

/// What reading it brought.
enum Look {
    There(Box<Standing>),
    NotThere,
    /// It could not be read now, or is nothing that can be changed.
    No(Fate),
}

impl Outbox {
    /// Writes a table, or makes it.
    pub(super) async fn table(&self, row: &OutboxRow) -> Result<(), OutboxError> {
        let Intent::Table { table, base, text } = &row.intent else {
            return self.settle_one(row, Fate::Dropped).await;
        };
        let table = PracticeTable { kind: *table, text: text.clone() };
        let mut row = row.clone();
        let mut made = false;
        for _ in 0..AT_ONCE {
            let turn = match self.look_at_table(&row, &table).await? {
                Look::There(standing) => self.change_table(&row, &table, base.as_deref(), &standing).await?,
                // Taken, and not to be seen yet: looked for later.
                Look::NotThere if made => Turn::Fate(self.fate(&row, Answer::NoAnswer, Acknowledged::default())),
                Look::NotThere if base.is_some() => {
                    self.gone(&table).await?;
                    Turn::Fate(Fate::Wedged(Wedge::ChangedSince))
                }
                Look::NotThere => match self.make(&row, &library::library(&table, self.time.now())).await? {
                    // A server may answer a conditional create with what another machine made a moment before: what
                    // stands there tells.
                    Some(Fate::Sent(_)) => Turn::Made,
                    Some(fate) => Turn::Fate(fate),
                    None => Turn::Went,
                },
                Look::No(fate) => Turn::Fate(fate),
            };
            match turn {
                Turn::Fate(fate) => return self.settle_one(&row, fate).await,
                Turn::Went => return Ok(()),
                Turn::Made => made = true,
                Turn::Moved => {
                    // Back into the queue: what stands there now decides.
                    self.settle_one(&row, Fate::Again { at: self.time.now(), attempts: row.attempts }).await?;
                    row.delivery = Delivery::Queued;
                }
            }
        }
        let fate = self.fate(&row, Answer::Conflict, Acknowledged::default());
        self.settle_one(&row, fate).await
    }

    /// What was edited is gone: somebody decided that, and this machine knows it from now on.
    async fn gone(&self, table: &PracticeTable) -> Result<(), OutboxError> {
        let Some(kept) = self.book.kept_table(table.kind).await? else { return Ok(()) };
        let arrival = Arrival {
            kind: Kind::Library,
            server_id: kept.server_id,
            version: "gone".to_owned(),
            last_updated: None,
            identity: None,
            content: Content::Deleted,
        };
        self.book.file(self.time.now(), arrival).await
    }

    async fn look_at_table(&self, row: &OutboxRow, table: &PracticeTable) -> Result<Look, OutboxError> {
        let kept = self.book.kept_table(table.kind).await?;
        let id = match &kept {
            Some(kept) => kept.server_id.clone(),
            // Never seen here: another machine may have made it a moment ago.
            None => match self.find(&library::library(table, self.time.now())).await? {
                Found::There(known) => match known.server_id {
                    Some(id) => id,
                    None => return Ok(Look::No(self.fate(row, Answer::NoAnswer, Acknowledged::default()))),
                },
                Found::NotThere => return Ok(Look::NotThere),
                Found::No(answer) => return Ok(Look::No(self.fate(row, answer, Acknowledged::default()))),
            },
        };
        let response = match self.line.send(search::read("Library", &id)).await {
            Ok(response) => response,
            Err(unanswered) => {
                let answer = without_answer(&unanswered, Way::Reading);
                return Ok(Look::No(self.fate(row, answer, Acknowledged::default())));
            }
        };
        Ok(match to_read(&response) {
            ReadAnswer::Here => match self.standing(row, &response) {
                // A copy from before what was edited says nothing of how things stand.
                Look::There(now)
                    if kept.is_some_and(|kept| now.version != kept.version && is_before(now.updated, kept.updated)) =>
                {
                    Look::No(self.fate(row, Answer::Transient { retry_after: None }, Acknowledged::default()))
                }
                look => look,
            },
            ReadAnswer::Gone => Look::NotThere,
            refusal => {
                let answer = reading_refused(&refusal, &response);
                Look::No(self.fate(row, answer, Acknowledged::default()))
            }
        })
    }

    fn standing(&self, row: &OutboxRow, response: &Response) -> Look {
        let received = response.date.unwrap_or_else(|| self.time.now());
        let base = self.line.server.fhir_base();
        let arrival = read::one(response, &Reading { expected: Kind::Library, base, received });
        match (arrival, Current::of_response(response)) {
            (Ok(arrival), Ok(current)) => match arrival.content {
                Content::Deleted => Look::NotThere,
                content => Look::There(Box::new(Standing {
                    version: arrival.version,
                    server_id: arrival.server_id,
                    updated: arrival.last_updated,
                    is_table: matches!(content, Content::Table(_)),
                    current,
                })),
            },
            // Half a body, or a proxy's page: the next try may bring it.
            _ => Look::No(self.fate(row, Answer::Transient { retry_after: None }, Acknowledged::default())),
        }
    }

    /// Writes over the version that was edited.
    async fn change_table(
        &self,
        row: &OutboxRow,
        table: &PracticeTable,
        base: Option<&str>,
        standing: &Standing,
    ) -> Result<Turn, OutboxError> {
        let edit = Edit::Table { text: &table.text, at: self.time.now() };
        let acknowledged = |version: Option<String>| Acknowledged {
            server_id: Some(standing.server_id.clone()),
            version,
            updated: standing.updated,
        };
        if edit.stands_in(standing.current.json()) {
            return Ok(Turn::Fate(Fate::Sent(acknowledged(Some(standing.version.clone())))));
        }
        // One that somebody retired was none when it was edited: it is put back into use.
        let was_none = base.is_none() && !standing.is_table;
        if base != Some(standing.version.as_str()) && !was_none {
            return Ok(Turn::Fate(Fate::Wedged(Wedge::ChangedSince)));
        }
        let Ok(request) = standing.current.change(&edit, self.facts.server().changing()) else {
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
                    Certainty::VersionTells => match self.look_at_table(&row, table).await? {
                        Look::There(now) => verdict.after_reading(&standing.version, &now.version, &response),
                        Look::NotThere => Answer::Gone,
                        Look::No(fate) => return Ok(Turn::Fate(fate)),
                    },
                };
                if answer == Answer::Conflict {
                    return Ok(Turn::Moved);
                }
                let stored = answer::stored(&request, &response, self.line.server.fhir_base());
                let version = stored.and_then(|stored| stored.version);
                let updated = response.last_modified;
                Turn::Fate(self.unsure(&row, answer, Acknowledged { updated, ..acknowledged(version) }))
            }
        })
    }

    /// A change that may have arrived is looked into before it is tried again.
    pub(super) fn unsure(&self, row: &OutboxRow, answer: Answer, acknowledged: Acknowledged) -> Fate {
        let unsure = answer == Answer::NoAnswer;
        match self.fate(row, answer, acknowledged) {
            Fate::Again { at, attempts } if unsure => Fate::Unknown { at, attempts },
            fate => fate,
        }
    }
}

/// Whether one stamp is surely before another.
fn is_before(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one < other)
}
