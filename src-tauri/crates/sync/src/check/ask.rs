//! How the check asks: an answer is waited for, and a write whose answer was lost is looked for before it is sent
//! again, so that a bad connection is not taken for a bad server.

use std::{sync::Arc, time::Duration};

use tern_fhir::{
    answer::{self, ReadAnswer},
    exchange::{Request, Response},
    facts::{Ability, ServerFacts},
    outcome::{self, Said},
    search,
    write::{
        NotWritable,
        change::Current,
        create::{Creating, New},
        edit::{Edit, NotEditable},
    },
};
use tern_inbox::outbox::Answer;
use tern_store::StoreError;

use crate::{line::Line, server::Unanswered};

/// Tries of one question.
const TRIES: u32 = 8;

/// Before the second try; doubled with each.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Why a step of the check came to nothing. Holds no text of a message and no URL.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Unanswered(Unanswered),
    #[error("the server is there and does not take these credentials")]
    NotSignedIn,
    #[error("{what}: the server answered {status} ({})", code.as_deref().unwrap_or("no code"))]
    Refused { what: String, status: u16, code: Option<String> },
    #[error("{0}")]
    Seen(String),
    #[error("waited {} s for {what}", limit.as_secs())]
    TooLong { what: &'static str, limit: Duration },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NotWritable(#[from] NotWritable),
    #[error(transparent)]
    NotEditable(#[from] NotEditable),
    #[error("a thread of the check ended early")]
    Ended(#[from] tokio::task::JoinError),
}

impl From<Unanswered> for Failed {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            // Nobody had a session that could have ended.
            Unanswered::SignInAgain => Self::NotSignedIn,
            unanswered => Self::Unanswered(unanswered),
        }
    }
}

/// Asks over one line.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) line: Arc<Line>,
    /// No question is asked for longer.
    pub(super) limit: Duration,
}

impl Asking {
    /// Sends something that changes nothing until it is answered by the server itself: not by trouble on the way.
    pub(super) async fn read(&self, request: &Request) -> Result<Response, Failed> {
        self.within_limit("an answer", self.read_again_and_again(request)).await
    }

    async fn read_again_and_again(&self, request: &Request) -> Result<Response, Failed> {
        let mut last = Failed::Unanswered(Unanswered::Lost);
        for attempt in 0..TRIES {
            self.rest(attempt).await;
            match self.line.send(request.clone()).await {
                Ok(response) => match answer::to_read(&response) {
                    ReadAnswer::SignInAgain => return Err(Unanswered::SignInAgain.into()),
                    ReadAnswer::Later { .. } => last = refused(request, &response),
                    _ => return Ok(response),
                },
                Err(unanswered @ (Unanswered::Lost | Unanswered::Offline)) => last = unanswered.into(),
                Err(unanswered) => return Err(unanswered.into()),
            }
        }
        Err(last)
    }

    /// A resource that has to be there.
    pub(super) async fn resource(&self, path: &str) -> Result<Response, Failed> {
        let request = Request::get(path);
        let response = self.read(&request).await?;
        match answer::to_read(&response) {
            ReadAnswer::Here => Ok(response),
            _ => Err(refused(&request, &response)),
        }
    }

    /// Makes something, once where that can be told.
    pub(super) async fn create(&self, new: &New, facts: &ServerFacts) -> Result<Created, Failed> {
        self.within_limit("something to be stored", self.create_once(new, facts)).await
    }

    async fn create_once(&self, new: &New, facts: &ServerFacts) -> Result<Created, Failed> {
        let base = self.line.server.fhir_base();
        let mut own_id = facts.own_ids != Ability::Missing;
        let mut copies = Copies::One;
        let mut last = Failed::Unanswered(Unanswered::Lost);
        for attempt in 0..TRIES {
            self.rest(attempt).await;
            if attempt > 0
                && let Some(path) = self.find(new, own_id).await?
            {
                return Ok(Created { path, copies });
            }
            let request = new.request(if own_id { Creating::OwnId } else { Creating::Conditional });
            let response = match self.line.send(request.clone()).await {
                Ok(response) => response,
                Err(unanswered @ (Unanswered::Lost | Unanswered::Offline)) => {
                    if !own_id && new.identity.is_none() {
                        copies = Copies::PerhapsMore;
                    }
                    last = unanswered.into();
                    continue;
                }
                Err(unanswered) => return Err(unanswered.into()),
            };
            last = refused(&request, &response);
            match answer::to_write(&request, &response, facts).answer {
                // Some take own ids for one type and not for the next.
                answer if own_id && answer != Answer::Accepted && matches!(response.status, 404 | 405) => {
                    own_id = false;
                }
                Answer::Accepted => {
                    if let Some(stored) = answer::stored(&request, &response, base) {
                        let path = format!("{}/{}", new.resource_type, stored.server_id);
                        return Ok(Created { path, copies });
                    }
                }
                Answer::Refused { .. } if own_id && !facts.own_ids.is_proven() => own_id = false,
                Answer::Refused { .. } | Answer::SignInAgain | Answer::Gone => return Err(last),
                Answer::Transient { .. } if own_id && matches!(response.status, 400 | 404 | 405 | 422) => {
                    own_id = false;
                }
                _ => {}
            }
        }
        Err(last)
    }

    /// Looks for something that may have been made.
    async fn find(&self, new: &New, own_id: bool) -> Result<Option<String>, Failed> {
        if own_id {
            let response = self.read(&search::read(new.resource_type, &new.id)).await?;
            let there = answer::to_read(&response) == ReadAnswer::Here;
            return Ok(there.then(|| format!("{}/{}", new.resource_type, new.id)));
        }
        match &new.identity {
            Some(identity) => {
                Ok(self.carrying(new.resource_type, identity).await?.into_iter().next().map(|it| it.path))
            }
            None => Ok(None),
        }
    }

    /// Everything that carries an identifier of ours, as far as one page shows it. Rows are looked at, because some
    /// servers answer with everything.
    pub(super) async fn carrying(&self, resource_type: &str, identity: &str) -> Result<Vec<Carrying>, Failed> {
        let mut found = Vec::new();
        let mut next = Some(search::by_identity(resource_type, identity));
        // A server that ignores the parameter has the rest on further pages.
        for _ in 0..20 {
            let Some(request) = next.take() else { break };
            let response = self.read(&request).await?;
            let page: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
            found.extend(entries(&page).filter(|row| carries(row, identity)).filter_map(Carrying::of));
            next = link(&page, "next").and_then(|link| self.line.server.relative(link));
        }
        found.sort_by(|one, other| one.path.cmp(&other.path));
        found.dedup_by(|one, other| one.path == other.path);
        Ok(found)
    }

    /// Makes an edit under the version that is there, and looks at it again after a lost answer or a conflict.
    pub(super) async fn edit(&self, path: &str, edit: &Edit<'_>, facts: &ServerFacts) -> Result<(), Failed> {
        let mut last = Failed::Unanswered(Unanswered::Lost);
        for attempt in 0..TRIES {
            self.rest(attempt).await;
            let current = Current::of_response(&self.resource(path).await?)?;
            if edit.stands_in(current.json()) {
                return Ok(());
            }
            let request = current.change(edit, facts.changing())?;
            match self.line.send(request.clone()).await {
                Ok(response) => match answer::to_write(&request, &response, facts).answer {
                    Answer::Accepted => return Ok(()),
                    _ => last = refused(&request, &response),
                },
                Err(unanswered @ (Unanswered::Lost | Unanswered::Offline)) => last = unanswered.into(),
                Err(unanswered) => return Err(unanswered.into()),
            }
        }
        Err(last)
    }

    /// Sends until the server answers, whatever it says; only for what may arrive more than once.
    pub(super) async fn answered(&self, request: &Request) -> Result<Response, Failed> {
        let mut last = Failed::Unanswered(Unanswered::Lost);
        for attempt in 0..TRIES {
            self.rest(attempt).await;
            match self.line.send(request.clone()).await {
                Ok(response) if matches!(response.status, 429 | 500 | 502..=599) => last = refused(request, &response),
                // A page for people: something on the way spoke, and not the server.
                Ok(response) if response.status < 300 && is_a_page(&response) => last = refused(request, &response),
                Ok(response) => return Ok(response),
                Err(unanswered @ (Unanswered::Lost | Unanswered::Offline)) => last = unanswered.into(),
                Err(unanswered) => return Err(unanswered.into()),
            }
        }
        Err(last)
    }

    /// Gives up after the limit.
    pub(super) async fn within_limit<T>(
        &self,
        what: &'static str,
        asked: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, Failed> {
        let too_long = Err(Failed::TooLong { what, limit: self.limit });
        tokio::time::timeout(self.limit, asked).await.unwrap_or(too_long)
    }

    /// Before the same is looked at again.
    pub(super) async fn look_again(&self) {
        self.rest(2).await;
    }

    async fn rest(&self, attempt: u32) {
        if attempt > 0 {
            self.line.time.sleep(FIRST_WAIT * 2_u32.pow(attempt.min(5))).await;
        }
    }
}

/// What a create left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Created {
    /// `Type/id`.
    pub(super) path: String,
    /// Whether that is all.
    pub(super) copies: Copies,
}

/// Whether a create left more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    /// One.
    One,
    /// An answer was lost, and what has no identifier can't be searched for.
    PerhapsMore,
}

/// A row that carries an identifier of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carrying {
    /// `Type/id`.
    pub(super) path: String,
    /// `status`.
    pub(super) status: String,
}

impl Carrying {
    fn of(row: &serde_json::Value) -> Option<Self> {
        let text = |name: &str| row.get(name).and_then(serde_json::Value::as_str);
        let path = format!("{}/{}", text("resourceType")?, text("id")?);
        Some(Self { path, status: text("status").unwrap_or_default().to_owned() })
    }
}

fn is_a_page(response: &Response) -> bool {
    outcome::said(&response.body, response.content_type.as_deref()) == Said::Html
}

pub(super) fn refused(request: &Request, response: &Response) -> Failed {
    let what = format!("{} {}", request.method.as_str(), request.path.split('/').next().unwrap_or_default());
    Failed::Refused { what, status: response.status, code: outcome::code(response) }
}

/// The resources of a page.
pub(super) fn entries(page: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    let entries = page.get("entry").and_then(serde_json::Value::as_array);
    entries.into_iter().flatten().filter_map(|entry| entry.get("resource"))
}

/// A link of a page.
pub(super) fn link<'a>(page: &'a serde_json::Value, relation: &str) -> Option<&'a str> {
    let links = page.get("link").and_then(serde_json::Value::as_array);
    let is = |link: &&serde_json::Value| link.get("relation").and_then(serde_json::Value::as_str) == Some(relation);
    links.into_iter().flatten().find(is)?.get("url")?.as_str()
}

fn carries(row: &serde_json::Value, identity: &str) -> bool {
    let identifiers = row.get("identifier").and_then(serde_json::Value::as_array).into_iter().flatten();
    identifiers.filter_map(|one| one.get("value")?.as_str()).any(|value| value == identity)
}
