//! A file into the chart, in steps of which each is repeatable.
//!
//! ```text
//!   is the document there? ──yes, this patient's and these bytes─────────────────────┐
//!     │ no                                                                           v
//!   does the message stand? ─> the bytes that were looked at? ─> Binary ─> DocumentReference ─> Provenance ─> done
//! ```
//! Whatever breaks off in between is begun again at the first step: the ids follow from the message and the bytes, so a
//! step that was done is found done. The row goes only when all of it is there. So a large file whose answer was lost, or
//! whose document was refused after its bytes had arrived, can always be finished.
//!
//! Nothing is believed that can be read. A filing may have waited for days: the message and its conversation are read
//! before anything is made of them, and the document afterwards. One that stands under our id and is another patient's,
//! entered in error, or of other bytes is not ours, and a person decides. The bytes are written as a Binary of our own
//! even where they have one: whoever owns that may change it after it was filed.
//!
//! On a server that takes no ids of ours a Binary has no name by which to find it: one whose answer was lost is written
//! again, and the first stays behind with nobody naming it. The document itself is found by its identifier.

use tern_fhir::{
    answer::{ReadAnswer, to_read},
    exchange::{Request, Response},
    read::{
        self, Reading,
        file::{self, InChart},
    },
    search,
    write::{
        create::{Creating, New},
        document::{self, Filed, Sums},
    },
};
use tern_inbox::{
    arrival::{Content, Kind},
    document::{ToFile, binary_identity, look},
    message::Thread,
    outbox::{Answer, Intent, OutboxRow, Wedge},
};
use tern_store::Acknowledged;

use super::{
    Outbox, OutboxError, Way, Written,
    book::{Fate, Place, carries},
    create::{Found, first_of},
    item::reading_refused,
    without_answer,
};
use crate::files::{FETCH, NotFetched};

/// One step: what the server calls what was made, or what becomes of the row.
type Step<T> = Result<Result<T, Fate>, OutboxError>;

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
            // Never sent: nothing of it can be there.
            Place::Changed if row.attempts == 0 => {
                return self.settle_one(row, Fate::Wedged(Wedge::ChangedSince)).await;
            }
            Place::Changed => return self.changed_on_its_way(row, what).await,
        };
        // Taken back in the last moment.
        let Some(row) = self.taken(row).await? else { return Ok(()) };
        let fate = match self.all_of_it(&row, what, &thread, &message).await? {
            Ok(document) => Fate::Sent(Acknowledged { server_id: Some(document), ..Acknowledged::default() }),
            Err(fate) => fate,
        };
        self.settle_one(&row, fate).await
    }

    /// The message changed while a filing was tried: it may have arrived before, and whoever gives it up would believe
    /// that the chart does not have it.
    async fn changed_on_its_way(&self, row: &OutboxRow, what: &ToFile) -> Result<(), OutboxError> {
        let Some(row) = self.taken(row).await? else { return Ok(()) };
        let fate = match self.document_there(&row, what).await? {
            Ok(Some(document)) => Fate::Sent(Acknowledged { server_id: Some(document), ..Acknowledged::default() }),
            Ok(None) => Fate::Wedged(Wedge::ChangedSince),
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
        let (from, by) = (format!("Communication/{message}"), (&row.author, self.time.now()));
        let Ok(provenance) = document::provenance(what, &document, &from, by) else { return Ok(Err(refused("value"))) };
        Ok(self.provenance(row, &provenance, &document).await?.map_or(Ok(document), Err))
    }

    /// The bytes, where they need a place of their own, and the document that names them.
    async fn bytes_and_document(&self, row: &OutboxRow, what: &ToFile, thread: &str, message: &str) -> Step<String> {
        if let Some(fate) = self.still_stands(row, what, thread, message).await? {
            return Ok(Err(fate));
        }
        // One file at a time, from here until it is up.
        let (fetched, _permit) = match self.line.file(&what.attachment, (message, thread), &what.patient).await {
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
        let id = binary_identity(&what.document);
        let binary = document::binary(&id, looked.media.name, &thread, &fetched.bytes);
        drop(fetched);
        let url = match self.step(row, &binary).await? {
            Ok(id) => format!("Binary/{id}"),
            Err(fate) => return Ok(Err(fate)),
        };
        drop(binary);
        let filed = Filed {
            to_file: what,
            thread: &thread,
            message: &from,
            content_type: looked.media.name,
            sums: &sums,
            at: self.time.now(),
        };
        let Ok(new) = document::document(&filed, &url) else { return Ok(Err(refused("value"))) };
        let document = match self.step(row, &new).await? {
            Ok(document) => document,
            Err(fate) => return Ok(Err(fate)),
        };
        // What was there already under our name answers as if it had been made.
        Ok(match self.document_of(row, &document).await? {
            Ok(Some(there)) if there.is(what) => Ok(document),
            Ok(Some(_)) => Err(Fate::Wedged(Wedge::ChangedSince)),
            Ok(None) => Err(self.fate(row, Answer::Transient { retry_after: None }, Acknowledged::default())),
            Err(fate) => Err(fate),
        })
    }

    /// Whether the server has the message and its conversation as whoever filed saw them: what the cache knows of them
    /// may be as old as the filing. None where it has.
    async fn still_stands(
        &self,
        row: &OutboxRow,
        what: &ToFile,
        thread: &str,
        message: &str,
    ) -> Result<Option<Fate>, OutboxError> {
        let is_theirs = |thread: &Thread| thread.patient.as_ref() == Some(&what.patient);
        let changed = Ok(Some(Fate::Wedged(Wedge::ChangedSince)));
        match self.communication(row, message).await? {
            Err(fate) => return Ok(Some(fate)),
            Ok(Some(Content::Message { message, flat_thread })) if carries(&message, what) => match flat_thread {
                // It is a conversation by itself, or its beginning is another message; no other says whose it is.
                Some(flat) => return if is_theirs(&flat) { Ok(None) } else { changed },
                None if message.thread.as_str() == thread => {}
                None => return changed,
            },
            Ok(_) => return changed,
        }
        match self.communication(row, thread).await? {
            Err(fate) => Ok(Some(fate)),
            Ok(Some(Content::Thread(thread))) if is_theirs(&thread) => Ok(None),
            Ok(Some(Content::Message { flat_thread: Some(flat), .. })) if is_theirs(&flat) => Ok(None),
            Ok(_) => changed,
        }
    }

    /// A message or a thread as the server has it; none where it is gone.
    async fn communication(&self, row: &OutboxRow, id: &str) -> Step<Option<Content>> {
        let base = self.line.server.fhir_base();
        self.read_of(row, search::read("Communication", id), |response| {
            let received = response.date.unwrap_or_else(|| self.time.now());
            read::one(response, &Reading { expected: Kind::Communication, base, received })
                .ok()
                .map(|arrival| arrival.content)
        })
        .await
    }

    /// A document as it stands; none where there is none.
    async fn document_of(&self, row: &OutboxRow, id: &str) -> Step<Option<InChart>> {
        let base = self.line.server.fhir_base();
        self.read_of(row, search::read("DocumentReference", id), |response| file::document_of(response, base).ok())
            .await
    }

    /// The server's id of the document, where it is there: by this machine or another.
    async fn document_there(&self, row: &OutboxRow, what: &ToFile) -> Step<Option<String>> {
        let identity = format!("urn:uuid:{}", what.document);
        let own_ids = self.facts.server().own_ids;
        if own_ids.is_hoped() {
            match self.document_of(row, &what.document).await? {
                Ok(Some(there)) if there.is(what) => return Ok(Ok(Some(there.id))),
                Ok(Some(_)) => return Ok(Err(Fate::Wedged(Wedge::ChangedSince))),
                Ok(None) if own_ids.is_proven() => return Ok(Ok(None)),
                Ok(None) => {}
                Err(fate) => return Ok(Err(fate)),
            }
        }
        let (request, base) = (search::by_identity("DocumentReference", &identity), self.line.server.fhir_base());
        let found = self.found(row, request, |page| file::documents_with(page, &identity, base).ok()).await?;
        Ok(match found {
            Ok(found) => match found.ids.iter().find(|there| there.is(what)) {
                Some(there) => Ok(Some(there.id.clone())),
                None if !found.ids.is_empty() => Err(Fate::Wedged(Wedge::ChangedSince)),
                None if !found.all => Err(refused("incomplete")),
                None => Ok(None),
            },
            Err(fate) => Err(fate),
        })
    }

    /// Who filed it. A server that keeps no such records keeps no document back: that it is filed is what matters. One
    /// that is there is left: it may be another's, who filed it first.
    async fn provenance(&self, row: &OutboxRow, new: &New, document: &str) -> Result<Option<Fate>, OutboxError> {
        let own_ids = self.facts.server().own_ids;
        if own_ids.is_hoped() {
            match self.find_by_id(new).await? {
                Found::There(_) => return Ok(None),
                Found::NotThere | Found::No(Answer::Refused { .. } | Answer::Gone) => {}
                Found::No(answer) => return Ok(Some(self.fate(row, answer, Acknowledged::default()))),
            }
        }
        if !own_ids.is_proven() {
            let base = self.line.server.fhir_base();
            let request = search::provenance_of(document);
            let found = self.found(row, request, |page| file::provenances_of(page, document, base).ok()).await?;
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
            // As long as it was to come.
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
        if how == Creating::OwnId && matches!(answer, Answer::NoAnswer | Answer::Conflict) {
            let is_there = match new.resource_type {
                "Binary" => self.has_bytes(new).await,
                _ => matches!(self.find_by_id(new).await?, Found::There(_)),
            };
            if is_there {
                return Ok(Ok(new.id.clone()));
            }
        }
        Ok(Err(self.fate(row, answer, Acknowledged::default())))
    }

    /// Whether the server has a Binary of ours. It may hand it out as itself, which is no resource to look at, and takes
    /// as long as it took to come; whatever stands under an id that follows from the bytes is those bytes.
    async fn has_bytes(&self, new: &New) -> bool {
        let mut request = search::read(new.resource_type, &new.id);
        request.timeout = Some(FETCH);
        let response = self.line.send(request).await;
        response.is_ok_and(|response| {
            let is_page = response.content_type.as_deref().is_some_and(|kind| kind.contains("html"));
            (200..300).contains(&response.status) && !is_page && !response.body.is_empty()
        })
    }

    /// A page of what was searched for.
    async fn found<T>(&self, row: &OutboxRow, request: Request, read: impl Fn(&Response) -> Option<T>) -> Step<T> {
        Ok(match self.read_of(row, request, read).await? {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(self.fate(row, Answer::Gone, Acknowledged::default())),
            Err(fate) => Err(fate),
        })
    }

    /// What a reading brings; none for what is gone.
    async fn read_of<T>(
        &self,
        row: &OutboxRow,
        request: Request,
        read: impl Fn(&Response) -> Option<T>,
    ) -> Step<Option<T>> {
        let response = match self.line.send(request).await {
            Ok(response) => response,
            Err(unanswered) => {
                let answer = without_answer(&unanswered, Way::Reading);
                return Ok(Err(self.fate(row, answer, Acknowledged::default())));
            }
        };
        let answer = match to_read(&response) {
            ReadAnswer::Here => match read(&response) {
                Some(found) => return Ok(Ok(Some(found))),
                None => Answer::Transient { retry_after: None },
            },
            ReadAnswer::Gone => return Ok(Ok(None)),
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
            | NotFetched::Anothers
            | NotFetched::NoFile
            | NotFetched::Several => return Fate::Wedged(Wedge::ChangedSince),
        };
        self.fate(row, answer, Acknowledged::default())
    }
}

fn refused(code: &str) -> Fate {
    Fate::Wedged(Wedge::Refused { status: 0, code: Some(code.to_owned()) })
}
