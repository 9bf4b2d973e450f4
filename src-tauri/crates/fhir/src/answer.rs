//! What a server's answer to a write means for the row that was written.
//!
//! The domain knows a handful of [`Answer`]s; HTTP and FHIR servers know more ways to say them (`3-fhir`).
//! What can't be told from the answer alone is decided after reading again, and the verdict says so.

use tern_inbox::outbox::Answer;

use crate::{
    exchange::{Method, Request, Response},
    facts::{Ability, ConditionalCreate, Finding, ServerFacts, Transaction},
    links::{self, Base},
    outcome::{self, Said},
    read::{self, Entries},
    version,
};

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// For the row.
    pub answer: Answer,
    /// Whether the answer alone tells.
    pub certainty: Certainty,
    /// What it shows about the server, beside.
    pub learned: Option<Finding>,
}

/// Whether an answer alone tells what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It does.
    Certain,
    /// A conflict, a refusal or a thing that is gone: if it is there in another version, it was a conflict
    /// ([`Verdict::after_reading`]).
    VersionTells,
}

/// What a request writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    CreateByOwnId,
    Create,
    Put,
    Patch,
    Transaction,
}

impl Write {
    fn of(request: &Request) -> Self {
        match request.method {
            Method::Patch => Self::Patch,
            Method::Post if request.path.is_empty() => Self::Transaction,
            Method::Post => Self::Create,
            Method::Put if request.if_none_match.is_some() => Self::CreateByOwnId,
            Method::Put | Method::Get | Method::Delete => Self::Put,
        }
    }
}

impl Verdict {
    fn certain(answer: Answer) -> Self {
        Self { answer, certainty: Certainty::Certain, learned: None }
    }

    /// The request was wrong for this server, which now is known: once more, another way, at once.
    fn another_way(learned: Finding) -> Self {
        let answer = Answer::Transient { retry_after: Some(chrono::Duration::zero()) };
        Self { answer, certainty: Certainty::Certain, learned: Some(learned) }
    }

    fn learning(mut self, learned: Finding) -> Self {
        self.learned = Some(learned);
        self
    }

    /// The answer, now that the resource was read again and is there: with its version unmoved it was no conflict.
    pub fn after_reading(self, version_sent: &str, version_now: &str, response: &Response) -> Answer {
        match self.certainty {
            Certainty::VersionTells if version_sent == version_now => refused(response),
            Certainty::VersionTells => Answer::Conflict,
            Certainty::Certain => self.answer,
        }
    }
}

/// What the answer to a write means. Without an answer there is nothing to read: that is the sender's to sort.
pub fn to_write(request: &Request, response: &Response, facts: &ServerFacts) -> Verdict {
    let write = Write::of(request);
    let status = response.status;
    let is_audit = request.path.starts_with("AuditEvent");
    let is_table = request.path.starts_with("Library");
    let is_file = ["Binary", "DocumentReference", "Provenance"].iter().any(|kind| request.path.starts_with(kind));
    if outcome::is_html(response.body.trim_ascii(), response.content_type.as_deref()) && !(400..500).contains(&status) {
        // A captive portal or a proxy: it says nothing about the server behind it.
        return Verdict::certain(Answer::NoAnswer);
    }
    if write == Write::Create && !is_audit && !is_table && may_be_anyones(response) {
        // Not said by the server for sure, so it may be there: it is looked for.
        return Verdict::certain(Answer::NoAnswer);
    }
    if write == Write::Transaction && may_be_anyones(response) {
        // The same of the whole. A server that takes none may say so in this way: singly, then, and searched for first.
        let verdict = Verdict::certain(Answer::NoAnswer);
        let takes_none = matches!(status, 405 | 501);
        return if takes_none { verdict.learning(Finding::Transaction(Transaction::Missing)) } else { verdict };
    }
    match status {
        200..=299 => done(write, request, response),
        401 => Verdict::certain(Answer::SignInAgain),
        429 => Verdict::certain(later(response)),
        413 => {
            let bytes = request.body.as_ref().map_or(0, |body| body.bytes.len() as u64);
            Verdict::certain(refused(response)).learning(Finding::BodyLimit(bytes))
        }
        501 | 405 | 415 if write == Write::Patch => Verdict::another_way(Finding::Patch(Ability::Missing)),
        501 | 405 if write == Write::Transaction => Verdict::another_way(Finding::Transaction(Transaction::Missing)),
        400 | 404 | 405 | 422 | 501 if is_audit && write == Write::CreateByOwnId => {
            Verdict::another_way(Finding::AuditOwnIds(Ability::Missing))
        }
        403 | 404 | 405 | 501 if is_audit => {
            Verdict::certain(refused(response)).learning(Finding::Audit(Ability::Missing))
        }
        // A server without Libraries, or without Binaries: that says nothing of how it takes messages.
        400 | 404 | 405 | 422 if (is_table || is_file) && write == Write::CreateByOwnId => {
            Verdict::certain(refused(response))
        }
        // One refusal takes back the proof and no more: with the next one it is missing. What was sent may be there
        // from before, and is searched for by its identifier first.
        404 | 405 if write == Write::CreateByOwnId && facts.own_ids.is_proven() => {
            Verdict::certain(Answer::NoAnswer).learning(Finding::OwnIds(Ability::Advertised))
        }
        404 | 405 if write == Write::CreateByOwnId => Verdict::another_way(Finding::OwnIds(Ability::Missing)),
        // Some refuse a new id as a bad request. Where it once worked it is the resource that is bad.
        400 | 422 if write == Write::CreateByOwnId && !facts.own_ids.is_proven() => {
            Verdict::another_way(Finding::OwnIds(Ability::Missing))
        }
        400 if write == Write::Transaction && facts.transaction != Transaction::RollsBack => {
            Verdict::another_way(Finding::Transaction(Transaction::Missing))
        }
        409 | 412 => conflict(write),
        400 | 422 if matches!(write, Write::Patch | Write::Transaction) => bad_patch(write, response, facts),
        // Gone, or hidden from who may not write it: reading it again tells.
        404 | 410 if matches!(write, Write::Put | Write::Patch) => {
            Verdict { answer: Answer::Gone, certainty: Certainty::VersionTells, learned: None }
        }
        503 if response.retry_after.is_some() => Verdict::certain(later(response)),
        408 | 425 => Verdict::certain(Answer::NoAnswer),
        400..=499 | 501 => Verdict::certain(refused(response)),
        // 5xx, and redirects to wherever: nobody knows whether it took effect.
        _ => Verdict::certain(Answer::NoAnswer),
    }
}

/// Whether an answer that ends something (it is gone, it is not offered) may be somebody's in between: a gateway
/// whose server is being replaced says 404 to everything, with a page, with words of its own, or with nothing. Only
/// FHIR is surely the server's own, and not every server answers in it: whoever asks has to find out
/// ([`is_fhir`]).
pub fn may_be_anyones(response: &Response) -> bool {
    matches!(response.status, 404 | 405 | 410 | 501) && !is_fhir(response)
}

/// Whether a body is FHIR: a resource, an `OperationOutcome` included, in JSON or XML.
pub fn is_fhir(response: &Response) -> bool {
    match first_look(response) {
        Said::Outcome(_) | Said::Resource(_) => true,
        Said::Other => is_fhir_xml(&response.body),
        Said::Nothing | Said::Html => false,
    }
}

/// A success; a transaction's may hide failures.
fn done(write: Write, request: &Request, response: &Response) -> Verdict {
    if write != Write::Transaction {
        // What is no FHIR comes from something in between: whoever sent it looks whether it is there.
        let answer = if says_fhir_or_nothing(response) { Answer::Accepted } else { Answer::NoAnswer };
        return Verdict::certain(answer);
    }
    match read::entries(response, read::entries_sent(request)) {
        Ok(Entries::Done) => Verdict::certain(Answer::Accepted),
        Ok(Entries::Failed) => Verdict::certain(Answer::Conflict).learning(Finding::Transaction(Transaction::HalfDone)),
        // Done without saying what (`Prefer: return=minimal`), or cut off: whoever sent it looks.
        Ok(Entries::Missing) | Err(_) => Verdict::certain(Answer::NoAnswer),
    }
}

/// Whether a success is a server's own: it names what it stored, or says nothing more (`Prefer: return=minimal`), or
/// answers with a resource.
fn says_fhir_or_nothing(response: &Response) -> bool {
    let body = response.body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&response.body).trim_ascii();
    let names_it = response.location.is_some() || response.etag.is_some();
    let is_xml = || is_fhir_xml(body);
    let is_resource = || {
        serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|resource| resource.get("resourceType").is_some())
    };
    names_it || body.is_empty() || is_resource() || is_xml()
}

fn is_fhir_xml(body: &[u8]) -> bool {
    /// The namespace of FHIR's XML.
    const FHIR_XML: &[u8] = b"http://hl7.org/fhir";
    body.windows(FHIR_XML.len()).any(|part| part == FHIR_XML)
}

/// 409 is 412: under a race some engines answer the one, some the other.
fn conflict(write: Write) -> Verdict {
    match write {
        // The id is ours alone, so what stands there is what we sent before.
        Write::CreateByOwnId => Verdict::certain(Answer::NoAnswer),
        // Several carry the identifier: the search sorts them out.
        Write::Create => {
            Verdict::certain(Answer::NoAnswer).learning(Finding::ConditionalCreate(ConditionalCreate::NotAtomic))
        }
        Write::Put | Write::Patch | Write::Transaction => Verdict::certain(Answer::Conflict),
    }
}

/// 400 or 422: a failed `test`, or something really wrong.
fn bad_patch(write: Write, response: &Response, facts: &ServerFacts) -> Verdict {
    match facts.patch.failed_test {
        Some(status) if write == Write::Patch && status != response.status => Verdict::certain(refused(response)),
        _ => Verdict { answer: Answer::Conflict, certainty: Certainty::VersionTells, learned: None },
    }
}

fn refused(response: &Response) -> Answer {
    Answer::Refused { status: response.status, code: outcome::code(response) }
}

fn later(response: &Response) -> Answer {
    let retry_after = response.retry_after.and_then(|wait| chrono::Duration::from_std(wait).ok());
    Answer::Transient { retry_after }
}

/// What a write left on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The server's logical id.
    pub server_id: String,
    /// Its version now; none where the server doesn't say.
    pub version: Option<String>,
    /// Its ETag as received.
    pub etag: Option<String>,
    /// When, by the server.
    pub at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Reads what an accepted single write left: from `Location`, the body, or the path that was asked for. None for
/// a transaction, which [`read::transaction`] reads, and for what was not accepted.
pub fn stored(request: &Request, response: &Response, base: &Base) -> Option<Stored> {
    if request.path.is_empty() || !(200..=299).contains(&response.status) {
        return None;
    }
    let body: Option<serde_json::Value> = serde_json::from_slice(&response.body).ok();
    let text = |pointer: &str| body.as_ref()?.pointer(pointer)?.as_str();
    let resource = text("/resourceType").filter(|kind| *kind != "OperationOutcome");
    let located = response.location.as_deref();
    let from_path = || links::type_and_id(&request.path).map(|(_, id)| id.to_owned());
    let from_body = || resource.and_then(|_| text("/id")).filter(|id| links::is_id(id)).map(str::to_owned);
    let server_id =
        located.and_then(|link| links::named(link, base)).map(|(_, id)| id).or_else(from_body).or_else(from_path)?;
    let version = response
        .etag
        .as_deref()
        .map(version::of_etag)
        .or_else(|| resource.and_then(|_| text("/meta/versionId")))
        .or_else(|| located.and_then(links::version));
    let at = response.last_modified.or_else(|| text("/meta/lastUpdated").and_then(read::time::instant));
    Some(Stored { server_id, version: version.map(str::to_owned), etag: response.etag.clone(), at })
}

/// What the answer to a read or search means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadAnswer {
    /// A resource or a page.
    Here,
    /// 404 or 410 for one resource; an outdated cursor for a page: begin anew.
    Gone,
    /// 400: this server doesn't take one of our parameters.
    ParameterRefused {
        /// `OperationOutcome` code.
        code: Option<String>,
    },
    /// 405, 501: it has no such interaction.
    NotOffered,
    /// 401.
    SignInAgain,
    /// 403: the role may not.
    Forbidden,
    /// 429, 5xx, a web page: later.
    Later {
        /// `Retry-After`.
        retry_after: Option<std::time::Duration>,
    },
    /// 406, or XML: no JSON to be had.
    NotJson,
}

/// Sorts the answer to a read or search.
pub fn to_read(response: &Response) -> ReadAnswer {
    let later = || ReadAnswer::Later { retry_after: response.retry_after };
    match response.status {
        200..=299 => match first_look(response) {
            // Some answer the read of a deleted resource so (12).
            Said::Outcome(_) => ReadAnswer::Gone,
            Said::Resource(_) => ReadAnswer::Here,
            Said::Other if is_xml(response) => ReadAnswer::NotJson,
            // A page for people, nothing, or half a body: the next try may bring it.
            Said::Html | Said::Nothing | Said::Other => later(),
        },
        401 => ReadAnswer::SignInAgain,
        403 => ReadAnswer::Forbidden,
        404 | 410 => ReadAnswer::Gone,
        405 | 501 => ReadAnswer::NotOffered,
        406 => ReadAnswer::NotJson,
        400 | 422 => ReadAnswer::ParameterRefused { code: outcome::code(response) },
        _ => later(),
    }
}

/// What a 200 brought. An `OperationOutcome` is short; a page of rows is not looked through twice.
fn first_look(response: &Response) -> Said {
    const LONGEST_OUTCOME: usize = 1 << 16;
    if response.body.len() > LONGEST_OUTCOME && response.body.trim_ascii_start().starts_with(b"{") {
        return Said::Resource(String::new());
    }
    outcome::said(&response.body, response.content_type.as_deref())
}

fn is_xml(response: &Response) -> bool {
    response.body.trim_ascii_start().starts_with(b"<")
}
