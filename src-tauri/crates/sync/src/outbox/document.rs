//! A file into the chart, in steps of which each is repeatable.
//!
//! ```text
//!   is the document there? ──yes────────────────────────────┐
//!     │ no                                                  v
//!   fetch the bytes ─> the ones that were looked at? ─> Binary ─> DocumentReference ─> Provenance ─> done
//!                          (SHA-256)                  (where they have no place of their own)
//! ```
//! Whatever breaks off in between is begun again at the first step: the ids follow from the message, so a step that was
//! done is found done. The row goes only when all of it is there. So a large file whose answer was lost, or whose
//! document was refused after its bytes had arrived, can always be finished.
//!
//! On a server that takes no ids of ours a Binary has no name by which to find it: one whose answer was lost is written
//! again, and the first stays behind with nobody naming it. The document itself is found by its identifier.

use tern_fhir::{
    answer::{ReadAnswer, to_read},
    exchange::Request,
    read::file,
    search,
    write::{
        create::{Creating, New},
        document::{self, Filed, Sums},
    },
};
use tern_inbox::{
    document::{ToFile, binary_identity, look},
    outbox::{Answer, Intent, OutboxRow, Wedge},
};
use tern_store::Acknowledged;

use super::{
    Outbox, OutboxError, Way, Written,
    book::{Fate, Place},
    create::{Found, first_of},
    item::reading_refused,
    without_answer,
};
use crate::files::{FETCH, NotFetched};

/// One step: what the server calls what was made, or what becomes of the row.
type Step<T> = Result<Result<T, Fate>, OutboxError>;

/// What stands under the document's own id.
enum Under {
    /// The document: it is filed.
    Counts,
    /// It was, and somebody marked it as entered in error.
    Retracted,
    Nothing,
    /// It can't be told.
    No(Answer),
}

impl Outbox {
    /// Files a file.
    pub(super) async fn document(&self, row: &OutboxRow) -> Result<(), OutboxError> {
        let Intent::File { what } = &row.intent else { return self.settle_one(row, Fate::Dropped).await };
        let (thread, message) = match self.book.where_filed(what).await? {
            Place::Here { thread, message } => (thread, message),
            Place::NotHere => {
                let fate = self.fate(row, Answer::Transient { retry_after: None }, Acknowledged::default());
                return self.settle_one(row, fate).await;
            }
            Place::Anothers => return self.settle_one(row, Fate::Wedged(Wedge::ChangedSince)).await,
        };
        // Taken back in the last moment.
        let Some(row) = self.taken(row).await? else { return Ok(()) };
        let fate = match self.all_of_it(&row, what, &thread, &message).await? {
            Ok(document) => Fate::Sent(Acknowledged { server_id: Some(document), ..Acknowledged::default() }),
            Err(fate) => fate,
        };
        self.settle_one(&row, fate).await
    }

    async fn all_of_it(&self, row: &OutboxRow, what: &ToFile, thread: &str, message: &str) -> Step<String> {
        let document = match self.document_there(row, what).await? {
            Ok(Some(document)) => document,
            Ok(None) => match self.bytes_and_document(row, what, thread, message).await? {
                Ok(document) => document,
                Err(fate) => return Ok(Err(fate)),
            },
            Err(fate) => return Ok(Err(fate)),
        };
        let sums = Sums { size: 0, sha_1: String::new(), sha_256: String::new() };
        let from = format!("Communication/{message}");
        let filed = Filed {
            to_file: what,
            thread: "",
            message: &from,
            content_type: "",
            sums: &sums,
            by: &row.author,
            at: self.time.now(),
        };
        let Ok(provenance) = document::provenance(&filed, &document) else { return Ok(Err(refused("value"))) };
        Ok(self.provenance(row, &provenance, &document).await?.map_or(Ok(document), Err))
    }

    /// The bytes, where they need a place of their own, and the document that names them.
    async fn bytes_and_document(&self, row: &OutboxRow, what: &ToFile, thread: &str, message: &str) -> Step<String> {
        // One file at a time, from here until it is up.
        let (fetched, _permit) = match self.line.file(&what.attachment, message, &what.patient).await {
            Ok(fetched) => fetched,
            Err(not) => return Ok(Err(self.not_fetched(row, &not))),
        };
        if fetched.sha_256 != what.sha_256 {
            // Somebody would have filed what nobody has looked at.
            return Ok(Err(Fate::Wedged(Wedge::ChangedSince)));
        }
        let title = fetched.title.as_ref().map_or("", |title| title.reveal());
        let Ok(looked) = look(&fetched.bytes, title) else { return Ok(Err(refused("file"))) };
        let (thread, from) = (format!("Communication/{thread}"), format!("Communication/{message}"));
        let sums = Sums::of(&fetched.bytes);
        let url = match fetched.source.url() {
            Some(url) => url,
            None => {
                let id = binary_identity(&what.document);
                let binary = document::binary(&id, looked.media.name, &thread, &fetched.bytes);
                drop(fetched);
                match self.step(row, &binary).await? {
                    Ok(id) => format!("Binary/{id}"),
                    Err(fate) => return Ok(Err(fate)),
                }
            }
        };
        let filed = Filed {
            to_file: what,
            thread: &thread,
            message: &from,
            content_type: looked.media.name,
            sums: &sums,
            by: &row.author,
            at: self.time.now(),
        };
        match document::document(&filed, &url) {
            Ok(new) => self.step(row, &new).await,
            Err(_) => Ok(Err(refused("value"))),
        }
    }

    /// The server's id of the document, where it is there: by this machine or another.
    async fn document_there(&self, row: &OutboxRow, what: &ToFile) -> Step<Option<String>> {
        let identity = format!("urn:uuid:{}", what.document);
        let own_ids = self.facts.server().own_ids;
        if own_ids.is_hoped() {
            match self.document_under_our_id(what).await? {
                Under::Counts => return Ok(Ok(Some(what.document.clone()))),
                // Somebody took it out of the chart, and the id is used up: a person has to know.
                Under::Retracted => return Ok(Err(Fate::Wedged(Wedge::ChangedSince))),
                Under::Nothing if own_ids.is_proven() => return Ok(Ok(None)),
                Under::Nothing => {}
                Under::No(answer) => return Ok(Err(self.fate(row, answer, Acknowledged::default()))),
            }
        }
        let request = search::by_identity("DocumentReference", &identity);
        let found = self.ids(row, request, |response| file::documents_with(response, &identity).ok()).await?;
        Ok(match found {
            Ok(found) if found.ids.is_empty() && !found.all => Err(refused("incomplete")),
            Ok(found) => Ok(found.ids.into_iter().next()),
            Err(fate) => Err(fate),
        })
    }

    async fn document_under_our_id(&self, what: &ToFile) -> Result<Under, OutboxError> {
        let response = match self.line.send(search::read("DocumentReference", &what.document)).await {
            Ok(response) => response,
            Err(unanswered) => return Ok(Under::No(without_answer(&unanswered, Way::Reading))),
        };
        Ok(match to_read(&response) {
            ReadAnswer::Here => match file::counts(&response) {
                Ok(true) => Under::Counts,
                Ok(false) => Under::Retracted,
                Err(_) => Under::No(Answer::Transient { retry_after: None }),
            },
            ReadAnswer::Gone => Under::Nothing,
            refusal => Under::No(reading_refused(&refusal, &response)),
        })
    }

    /// Who filed it. A server that keeps no such records keeps no document back: that it is filed is what matters.
    async fn provenance(&self, row: &OutboxRow, new: &New, document: &str) -> Result<Option<Fate>, OutboxError> {
        if self.facts.server().own_ids.is_proven() {
            // Whoever filed it first stays the one who did, also where a server writes over what is there.
            match self.find_by_id(new).await? {
                Found::There(_) => return Ok(None),
                Found::NotThere | Found::No(Answer::Refused { .. }) => {}
                Found::No(answer) => return Ok(Some(self.fate(row, answer, Acknowledged::default()))),
            }
        } else {
            let base = self.line.server.fhir_base();
            let request = search::provenance_of(document);
            let found = self.ids(row, request, |response| file::provenances_of(response, document, base).ok()).await?;
            match found {
                Ok(found) if !found.ids.is_empty() => return Ok(None),
                // One that cannot be searched for: twice is better than never.
                Ok(_) | Err(Fate::Wedged(_)) => {}
                Err(fate) => return Ok(Some(fate)),
            }
        }
        Ok(match self.step(row, new).await? {
            Ok(_) => None,
            Err(Fate::Wedged(wedge)) => {
                tracing::warn!(?wedge, "the server keeps no record of who filed a document");
                None
            }
            Err(fate) => Some(fate),
        })
    }

    /// Makes one resource of a row that is taken already.
    async fn step(&self, row: &OutboxRow, new: &New) -> Step<String> {
        // Whether the server takes our ids is learnt from messages, not from what it may not have at all.
        let how = match self.facts.server().creating() {
            Creating::OwnId if !self.facts.server().own_ids.is_proven() => Creating::Conditional,
            how => how,
        };
        let mut request = new.request(how);
        if new.resource_type == "Binary" {
            // As long as it may take to come, it may take to go.
            request.timeout = Some(FETCH);
        }
        let answer = match self.write(request).await? {
            Written::Unanswered(answer) => answer,
            Written::Answered { request, response, verdict } if verdict.answer == Answer::Accepted => {
                let made = match how {
                    Creating::InTransaction => first_of(&response, self.line.server.fhir_base()).unwrap_or_default(),
                    Creating::OwnId | Creating::Conditional => self.acknowledged(&request, &response),
                };
                match made.server_id {
                    Some(id) => return Ok(Ok(id)),
                    // Taken, but under which name? Looked for at the next try.
                    None => Answer::NoAnswer,
                }
            }
            Written::Answered { verdict, .. } => verdict.answer,
        };
        // 412, or a page of somebody in between: with our own id it can be seen whether it is there.
        if how == Creating::OwnId
            && matches!(answer, Answer::NoAnswer | Answer::Conflict)
            && matches!(self.find_by_id(new).await?, Found::There(_))
        {
            return Ok(Ok(new.id.clone()));
        }
        Ok(Err(self.fate(row, answer, Acknowledged::default())))
    }

    async fn ids(
        &self,
        row: &OutboxRow,
        request: Request,
        read: impl Fn(&tern_fhir::exchange::Response) -> Option<file::Found>,
    ) -> Step<file::Found> {
        let response = match self.line.send(request).await {
            Ok(response) => response,
            Err(unanswered) => {
                let answer = without_answer(&unanswered, Way::Reading);
                return Ok(Err(self.fate(row, answer, Acknowledged::default())));
            }
        };
        let answer = match to_read(&response) {
            ReadAnswer::Here => match read(&response) {
                Some(found) => return Ok(Ok(found)),
                None => Answer::Transient { retry_after: None },
            },
            refusal => reading_refused(&refusal, &response),
        };
        Ok(Err(self.fate(row, answer, Acknowledged::default())))
    }

    fn not_fetched(&self, row: &OutboxRow, not: &NotFetched) -> Fate {
        let answer = match not {
            NotFetched::Unanswered(unanswered) => without_answer(unanswered, Way::Reading),
            NotFetched::Later => Answer::Transient { retry_after: None },
            NotFetched::SignInAgain => Answer::SignInAgain,
            NotFetched::Gone => Answer::Gone,
            NotFetched::Refused(status) => Answer::Refused { status: *status, code: None },
            NotFetched::Elsewhere
            | NotFetched::TooLarge
            | NotFetched::Several
            | NotFetched::Anothers
            | NotFetched::NoFile => {
                return Fate::Wedged(Wedge::ChangedSince);
            }
        };
        self.fate(row, answer, Acknowledged::default())
    }
}

fn refused(code: &str) -> Fate {
    Fate::Wedged(Wedge::Refused { status: 0, code: Some(code.to_owned()) })
}
