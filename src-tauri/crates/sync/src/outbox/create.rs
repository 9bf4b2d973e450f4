//! Making something on the server once: a message, a thread, a coverage, an entry of the audit.
//!
//! A create that may have arrived is searched for before it is made again: by its own id where the server takes
//! ours, else by its identifier. Where a search was seen to lag behind a write, it is made only when twice that
//! lag is over: before that, *not found* proves nothing.
//!
//! Why no marker is written behind it and waited for, which would prove more: on a server that takes our ids, or
//! creates under a condition in a transaction, a create that is repeated makes nothing twice, whatever a search
//! missed. On the others a marker would be one more resource that can be lost in the same way, on a server that
//! cannot be asked what it has; and what it would prevent is put right anyway: a person's second copy is found by
//! the pull and retracted within a look ([`super::retract`]), in the thread where its author stands. A machine that
//! writes by itself has nobody to see that, so a marker is owed before automatic replies are armed.

use tern_fhir::{
    answer::{self, ReadAnswer, to_read},
    exchange::{Request, Response},
    facts::{Ability, Finding},
    links::Base,
    read, search, version,
    write::{
        audit::{self, Deed, Entry},
        communication, coverage,
        create::{Creating, New},
        emergency, task,
    },
};
use tern_inbox::{
    arrival::{Arrival, Content},
    message::Delivery,
    outbox::{Answer, Intent, OutboxRow, Wedge},
};
use tern_store::Acknowledged;

use super::{Outbox, OutboxError, Way, Written, book::Fate, item::reading_refused, search::Searched, without_answer};

/// What a search for something of ours found.
pub(super) enum Found {
    /// It is there: the earliest, where there are several.
    There(Acknowledged),
    /// It is not there.
    NotThere,
    /// It could not be searched for now.
    No(Answer),
}

impl Outbox {
    /// A thread or an audit entry.
    pub(super) async fn create(&self, row: &OutboxRow) -> Result<(), OutboxError> {
        let new = match self.new_resource(row).await? {
            Ok(new) => new,
            Err(fate) => return self.settle_one(row, fate).await,
        };
        // Its id is every machine's: one that another made, and somebody has worked on since, is never written over.
        let may_be_there = row.delivery == Delivery::Unknown || matches!(row.intent, Intent::Place { .. });
        if may_be_there && let Some(fate) = self.look_for(row, &new).await? {
            return self.settle_one(row, nobodys(row, fate)).await;
        }
        match self.make(row, &new).await? {
            Some(fate) => self.settle_one(row, nobodys(row, fate)).await,
            None => Ok(()),
        }
    }

    /// Makes it; the row's fate, or none where it was taken back in the last moment.
    pub(super) async fn make(&self, row: &OutboxRow, new: &New) -> Result<Option<Fate>, OutboxError> {
        let Some(row) = self.taken(row).await? else { return Ok(None) };
        let how = match row.intent {
            Intent::Audit { .. } => self.facts.server().auditing(),
            // Whether the server takes our ids is learnt from messages, not from what it may not have at all.
            Intent::Table { .. } if !self.facts.server().own_ids.is_proven() => Creating::Conditional,
            _ => self.facts.server().creating(),
        };
        match self.write(new.request(how)).await? {
            Written::Unanswered(answer) => Ok(Some(self.fate(&row, answer, Acknowledged::default()))),
            Written::Answered { request, response, verdict } => {
                if verdict.answer == Answer::Accepted {
                    self.proven(how).await?;
                }
                if matches!(row.intent, Intent::Audit { .. }) {
                    self.audited(&verdict.answer).await?;
                    if matches!(verdict.answer, Answer::Refused { .. }) {
                        // It stays here, in the chain; Settings says that the server takes none.
                        return Ok(Some(Fate::Dropped));
                    }
                }
                let acknowledged = match how {
                    Creating::InTransaction => first_of(&response, self.line.server.fhir_base()).unwrap_or_default(),
                    Creating::OwnId | Creating::Conditional => self.acknowledged(&request, &response),
                };
                if verdict.answer == Answer::Accepted && acknowledged.server_id.is_none() {
                    // Taken, but under which name? The search says.
                    return Ok(Some(self.fate(&row, Answer::NoAnswer, acknowledged)));
                }
                Ok(Some(self.fate(&row, verdict.answer, acknowledged)))
            }
        }
    }

    /// After an unknown outcome: the fate of a row whose resource was found or could not be searched for; none
    /// where it is surely not there.
    pub(super) async fn look_for(&self, row: &OutboxRow, new: &New) -> Result<Option<Fate>, OutboxError> {
        if new.identity.is_none() && self.facts.server().auditing() != Creating::OwnId {
            // An audit entry that can't be searched for: twice is better than never.
            return Ok(None);
        }
        let found = self.find(new).await?;
        Ok(match found {
            // Somebody may have changed it since: the pull brings it as it stands.
            Found::There(acknowledged) if matches!(row.intent, Intent::Cover { .. } | Intent::Serve { .. }) => {
                Some(self.fate(row, Answer::Found, Acknowledged { version: None, ..acknowledged }))
            }
            Found::There(acknowledged) => Some(self.fate(row, Answer::Found, acknowledged)),
            Found::No(answer) => Some(match self.fate(row, answer, Acknowledged::default()) {
                Fate::Again { at, attempts } => Fate::Unknown { at, attempts },
                // It was the search that was refused: of what was sent, nothing is known still.
                Fate::Wedged(_) => Fate::Wedged(Wedge::OutcomeUnknown),
                fate => fate,
            }),
            Found::NotThere => None,
        })
    }

    /// Searches for something of ours.
    pub(super) async fn find(&self, new: &New) -> Result<Found, OutboxError> {
        let own_ids = self.facts.server().own_ids;
        if own_ids.is_hoped() {
            match self.find_by_id(new).await? {
                // Where own ids are sure, there is no other place to look.
                Found::NotThere if own_ids.is_proven() || new.identity.is_none() => return Ok(Found::NotThere),
                Found::NotThere => {}
                found => return Ok(found),
            }
        }
        self.find_by_identity(new).await
    }

    pub(super) async fn find_by_id(&self, new: &New) -> Result<Found, OutboxError> {
        let response = match self.line.send(search::read(new.resource_type, &new.id)).await {
            Ok(response) => response,
            Err(unanswered) => return Ok(Found::No(without_answer(&unanswered, Way::Reading))),
        };
        Ok(match to_read(&response) {
            ReadAnswer::Here => Found::There(Acknowledged {
                server_id: Some(new.id.clone()),
                version: response.etag.as_deref().map(version::of_etag).map(str::to_owned),
                updated: response.last_modified,
            }),
            ReadAnswer::Gone => Found::NotThere,
            refusal => Found::No(reading_refused(&refusal, &response)),
        })
    }

    async fn find_by_identity(&self, new: &New) -> Result<Found, OutboxError> {
        let Some(identity) = &new.identity else { return Ok(Found::NotThere) };
        // A server that ignores the parameter answers with everything: only what carries it counts.
        let carries = |arrival: &Arrival| arrival.identity.as_deref() == Some(identity.as_str());
        let (ours, all) = match self.search(search::by_identity(new.resource_type, identity), carries).await {
            Searched::Rows { rows, all } => (rows, all),
            Searched::NotOffered(answer) | Searched::No(answer) => return Ok(Found::No(answer)),
        };
        let first = ours.into_iter().min_by_key(|arrival| (arrival.last_updated, arrival.server_id.clone()));
        Ok(match first {
            Some(first) => Found::There(known(first)),
            None if all => Found::NotThere,
            // It may stand on a page that can't be had.
            None => Found::No(Answer::Refused { status: 200, code: Some("incomplete".to_owned()) }),
        })
    }

    /// What a single write left.
    pub(super) fn acknowledged(&self, request: &Request, response: &Response) -> Acknowledged {
        answer::stored(request, response, self.line.server.fhir_base()).map_or_else(Acknowledged::default, |stored| {
            Acknowledged { server_id: Some(stored.server_id), version: stored.version, updated: stored.at }
        })
    }

    /// It worked, so it can be counted on.
    async fn proven(&self, how: Creating) -> Result<(), OutboxError> {
        if how == Creating::OwnId && !self.facts.server().own_ids.is_proven() {
            self.facts.learn(Finding::OwnIds(Ability::Proven)).await?;
        }
        Ok(())
    }

    /// What the server's answer to an AuditEvent says of the next ones. Signing out keeps the file where the server
    /// takes none.
    async fn audited(&self, answer: &Answer) -> Result<(), OutboxError> {
        let seen = match answer {
            Answer::Accepted => Ability::Proven,
            Answer::Refused { status: 403 | 404 | 405 | 410 | 501, .. } => Ability::Missing,
            _ => return Ok(()),
        };
        if self.facts.server().audit != seen {
            self.facts.learn(Finding::Audit(seen)).await?;
        }
        Ok(())
    }

    /// What a row makes; its fate where that can't be put on the wire.
    async fn new_resource(&self, row: &OutboxRow) -> Result<Result<New, Fate>, OutboxError> {
        let gone = Ok(Err(Fate::Dropped));
        let unwritable = || Fate::Wedged(Wedge::Refused { status: 0, code: Some("value".to_owned()) });
        match &row.intent {
            Intent::OpenThread { thread } => {
                let Some((thread, about)) = self.book.new_thread(thread).await? else { return gone };
                let about = about.map(|about| format!("Communication/{about}"));
                Ok(communication::thread(&thread, about.as_deref()).map_err(|_| unwritable()))
            }
            Intent::Place { .. } => {
                let Some(item) = self.book.new_item(&row.intent).await? else { return gone };
                let by = Some(&row.author).filter(|author| !author.as_str().is_empty());
                Ok(task::work_item(&item, by, self.time.now()).map_err(|_| Fate::Dropped))
            }
            Intent::Cover { coverage: of, base: None } => {
                Ok(coverage::coverage(of, &row.author, self.time.now()).map_err(|_| unwritable()))
            }
            Intent::Serve { duty } => Ok(emergency::duty(duty, &row.author, self.time.now()).map_err(|_| unwritable())),
            Intent::Audit { entry } => {
                if !self.facts.server().audit.is_hoped() {
                    return gone;
                }
                let Some(entry) = self.book.audit(entry).await? else { return gone };
                let Some(deed) = deed(&entry.action) else { return gone };
                let what = Entry {
                    id: &entry.id,
                    deed,
                    at: entry.at,
                    by: &entry.author,
                    what: entry.subject.as_deref(),
                    patient: None,
                };
                Ok(audit::event(&what).map_err(|_| Fate::Dropped))
            }
            _ => gone,
        }
    }
}

/// A work item that the server refuses to make needs nobody: the message stands in *Unsorted* all the same, and it is
/// asked for again later.
fn nobodys(row: &OutboxRow, fate: Fate) -> Fate {
    match (&row.intent, fate) {
        (Intent::Place { .. }, Fate::Wedged(wedge)) => {
            tracing::warn!(?wedge, "the server made no work item for a message");
            Fate::Dropped
        }
        (_, fate) => fate,
    }
}

/// What the first entry of a transaction became.
pub(super) fn first_of(response: &Response, base: &Base) -> Option<Acknowledged> {
    entries_of(response, base).into_iter().next().map(|(_, acknowledged)| acknowledged)
}

/// What became of each entry of a transaction, and whether it took effect.
pub(super) fn entries_of(response: &Response, base: &Base) -> Vec<(bool, Acknowledged)> {
    read::transaction(response, base)
        .unwrap_or_default()
        .into_iter()
        .map(|written| {
            let done = written.is_done();
            (
                done,
                Acknowledged { server_id: written.server_id, version: written.version, updated: written.last_modified },
            )
        })
        .collect()
}

fn known(arrival: Arrival) -> Acknowledged {
    let is_row = !matches!(arrival.content, Content::Deleted);
    Acknowledged {
        server_id: Some(arrival.server_id).filter(|_| is_row),
        version: Some(arrival.version),
        updated: arrival.last_updated,
    }
}

/// The deed of an audit entry's code. A code that has none stays in the local chain.
fn deed(action: &str) -> Option<Deed> {
    [
        Deed::View,
        Deed::Peek,
        Deed::Send,
        Deed::Note,
        Deed::Route,
        Deed::Close,
        Deed::PutBack,
        Deed::File,
        Deed::FileUnseen,
        Deed::FileNotNeeded,
        Deed::HaveIt,
        Deed::Undo,
        Deed::SendAnyway,
        Deed::Export,
        Deed::Settings,
        Deed::SignIn,
        Deed::SignOut,
    ]
    .into_iter()
    .find(|deed| deed.code() == action)
}
