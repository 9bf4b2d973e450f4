//! One client's way to the practice in memory, and what goes wrong on it.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tern_fhir::{
    exchange::{Method, Request, Response},
    links::Base,
};
use tern_sync::server::{Answering, NotPaged, Nudge, Page, Server, Unanswered};
use tokio::sync::Notify;

use crate::practice::{Practice, answer};

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody there: it never arrives.
    Offline,
    /// It never arrives, and the sender cannot know that.
    LostBefore,
    /// It takes effect, and the answer never arrives.
    LostAfter,
    /// It takes effect so late that the sender has given up waiting.
    Late(Duration),
    /// The sender dies before it arrives: the request hangs, and [`Connection::died`] says so.
    DieBefore,
    /// The sender dies after it took effect.
    DieAfter,
    /// Answered with this status, without effect.
    Status(u16),
    /// Answered with this status, although it took effect.
    StatusAfter(u16),
    /// Half a body.
    HalfABody,
    /// A page for people, with 200: somebody in between.
    WebPage,
    /// Answered with 200 and a Bundle without entries, without effect.
    EmptyBundle,
}

/// Decides what happens to each request.
pub type Weather = Box<dyn FnMut(&Request) -> Option<Fault> + Send>;

/// A member's connection.
pub struct Connection {
    practice: Arc<Practice>,
    base: Base,
    weather: Mutex<Weather>,
    died: Notify,
    dead: AtomicBool,
    sent: Mutex<Vec<String>>,
    nudge: Notify,
    speaks: AtomicBool,
    webhook: Mutex<Result<(), NotPaged>>,
}

impl Connection {
    /// A connection on which nothing goes wrong yet.
    ///
    /// # Panics
    /// Never: the address is one.
    #[expect(clippy::expect_used, reason = "a constant that is an address")]
    pub fn new(practice: &Arc<Practice>) -> Arc<Self> {
        Arc::new(Self {
            practice: Arc::clone(practice),
            base: Base::of_url("https://practice.example/fhir").expect("an address"),
            weather: Mutex::new(Box::new(|_| None)),
            died: Notify::new(),
            dead: AtomicBool::new(false),
            sent: Mutex::new(Vec::new()),
            nudge: Notify::new(),
            speaks: AtomicBool::new(false),
            webhook: Mutex::new(Ok(())),
        })
    }

    /// From now on, this is asked about each request.
    pub fn weather(&self, weather: impl FnMut(&Request) -> Option<Fault> + Send + 'static) {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(weather);
    }

    /// The faults strike the next requests of the method whose path starts so, one each.
    pub fn next(&self, method: Method, path: &'static str, faults: impl IntoIterator<Item = Fault>) {
        let mut faults: VecDeque<Fault> = faults.into_iter().collect();
        self.weather(move |request| {
            let meant = request.method == method && request.path.starts_with(path);
            if meant { faults.pop_front() } else { None }
        });
    }

    /// Waits until a [`Fault::DieBefore`] or [`Fault::DieAfter`] struck: the test then drops the engine.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// Whether one of those struck since this was last asked.
    pub fn somebody_died(&self) -> bool {
        self.dead.swap(false, Ordering::SeqCst)
    }

    /// What comes of a page that this machine posts from now on.
    pub fn webhook(&self, answers: Result<(), NotPaged>) {
        *self.webhook.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    }

    /// The push channel is open, and silent.
    pub fn opens_push(&self) {
        self.nudge.notify_one();
    }

    /// "Something changed."
    pub fn nudge(&self) {
        self.speaks.store(true, Ordering::SeqCst);
        self.nudge.notify_one();
    }

    /// Method and path of every request so far, with the type of a search's parameters' names.
    pub fn log(&self) -> Vec<String> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, request: &Request) -> Option<Fault> {
        let names: Vec<_> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
        let line = format!("{} {}{query}", request.method.as_str(), request.path);
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        (self.weather.lock().unwrap_or_else(PoisonError::into_inner))(request)
    }
}

impl Server for Connection {
    fn send(&self, request: Request) -> Answering<'_, Result<Response, Unanswered>> {
        Box::pin(async move {
            // A request is never answered within the poll that sent it.
            tokio::task::yield_now().await;
            match self.note(&request) {
                None => Ok(self.practice.handle(&request)),
                Some(Fault::Offline) => Err(Unanswered::Offline),
                Some(Fault::LostBefore) => Err(Unanswered::Lost),
                Some(Fault::LostAfter) => {
                    self.practice.handle(&request);
                    Err(Unanswered::Lost)
                }
                Some(Fault::Late(after)) => {
                    let practice = Arc::clone(&self.practice);
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        practice.handle(&request);
                    });
                    Err(Unanswered::Lost)
                }
                Some(Fault::DieBefore) => {
                    self.dead.store(true, Ordering::SeqCst);
                    self.died.notify_one();
                    pending().await
                }
                Some(Fault::DieAfter) => {
                    self.practice.handle(&request);
                    self.dead.store(true, Ordering::SeqCst);
                    self.died.notify_one();
                    pending().await
                }
                Some(Fault::Status(status)) => Ok(answer(status, None, self.practice.now())),
                Some(Fault::StatusAfter(status)) => {
                    self.practice.handle(&request);
                    Ok(answer(status, None, self.practice.now()))
                }
                Some(Fault::WebPage) => {
                    let mut response = answer(200, None, self.practice.now());
                    response.content_type = Some("text/html".to_owned());
                    response.body = b"<!DOCTYPE html><h1>Please sign in to the network</h1>".to_vec();
                    Ok(response)
                }
                Some(Fault::EmptyBundle) => {
                    let bundle = serde_json::json!({ "resourceType": "Bundle", "type": "transaction-response" });
                    Ok(answer(200, Some(&bundle), self.practice.now()))
                }
                Some(Fault::HalfABody) => {
                    let mut response = self.practice.handle(&request);
                    response.body.truncate(response.body.len() / 2);
                    Ok(response)
                }
            }
        })
    }

    fn page(&self, page: Page) -> Answering<'_, Result<(), NotPaged>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let answers = *self.webhook.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.is_ok() {
                self.practice.pager().took(page);
            }
            answers
        })
    }

    fn fhir_base(&self) -> &Base {
        &self.base
    }

    fn nudged(&self) -> Answering<'_, Nudge> {
        Box::pin(async {
            self.nudge.notified().await;
            if self.speaks.swap(false, Ordering::SeqCst) { Nudge::Heard } else { Nudge::Opened }
        })
    }
}
