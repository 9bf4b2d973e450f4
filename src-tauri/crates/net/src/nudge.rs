//! The push channel: a websocket over which the server says "something may have changed".
//!
//! ```text
//!   GET metadata ──▶ no websocket ──▶ silent for an hour: the engine polls
//!        │ websocket
//!        ▼
//!   POST Subscription (one a type) ──▶ refused ──▶ silent for an hour
//!        │ ids
//!        ▼                                    nothing heard, closed, nearly run out
//!   connect, bind ──▶ opened ──▶ listen ────────────────────────────────────────────┐
//!        ▲                          │ ping ──▶ heard                                │
//!        └──────── back-off ◀───────┴───────────────────────────────────────────────┘
//! ```
//! A nudge is a permit, not a message: however many pings come before the engine looks, it looks once. A channel that
//! was opened is a reason to look as well, because what happened before was not heard; it is told apart from what the
//! server said ([`Nudge`]), because a socket that opens and stays silent for ever is no push.
//!
//! A web page, in answer to whatever was asked, is somebody's in between and says nothing of the server: that is
//! asked again soon. Even a clear no is asked about again after a while, because servers are upgraded and proxies
//! put right while a program runs for weeks.
//!
//! The socket is reqwest's connection, upgraded: one TLS configuration, one proxy, one place that holds the
//! token. It goes to the base's origin whatever host the server names.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{SinkExt, StreamExt};
use reqwest::{StatusCode, Upgraded, header};
use tern_fhir::{
    capability,
    exchange::{Method, Request, Response},
    facts::Push,
    outcome::{self, Said},
    subscription::{self, Frame},
};
use tern_sync::server::{Nudge, Unanswered};
use tokio::{
    sync::Notify,
    task::AbortHandle,
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{connection::Wire, unanswered};

/// The server may forget a subscription after this: a machine that never comes back leaves nothing behind.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// A channel is made anew this long after it began, well before its subscriptions run out.
const RENEW: Duration = Duration::from_secs(23 * 3600);

/// A server that has no channel, or won't give us one, is asked again after this.
const ASK_AGAIN: Duration = Duration::from_secs(3600);

/// Silence after which we ask whether the other end is still there, and again after which it isn't.
const SILENCE: Duration = Duration::from_secs(45);

/// From the request to the open socket.
const CONNECT: Duration = Duration::from_secs(20);

/// The largest frame, in bytes: `ping` and an id, or a notification bundle without resources.
const LARGEST: usize = 256 * 1024;

/// The push channel of one connection. It starts when somebody first waits for it, and ends with the connection.
pub(crate) struct PushChannel {
    wire: Wire,
    permit: Permit,
    task: Mutex<Option<AbortHandle>>,
    subscriptions: Subscriptions,
}

/// Leave to look, and whether the server spoke since the last.
#[derive(Clone, Default)]
struct Permit(Arc<(Notify, AtomicBool)>);

impl Permit {
    fn give(&self, nudge: Nudge) {
        let (permit, heard) = &*self.0;
        if nudge == Nudge::Heard {
            heard.store(true, Ordering::SeqCst);
        }
        permit.notify_one();
    }

    async fn taken(&self) -> Nudge {
        let (permit, heard) = &*self.0;
        permit.notified().await;
        if heard.swap(false, Ordering::SeqCst) { Nudge::Heard } else { Nudge::Opened }
    }
}

/// Ids of our subscriptions on the server; none before the first connection and after one that bound none.
#[derive(Clone, Default)]
struct Subscriptions(Arc<Mutex<Vec<String>>>);

impl Subscriptions {
    fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, id: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes them back. One that can't be deleted runs out by itself.
    async fn withdraw(&self, wire: &Wire) {
        for id in self.take() {
            if let Err(unanswered) = wire.send(&Request::new(Method::Delete, format!("Subscription/{id}"))).await {
                tracing::debug!(%unanswered, "a subscription stays until it runs out");
            }
        }
    }
}

impl PushChannel {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, permit: Permit::default(), task: Mutex::new(None), subscriptions: Subscriptions::default() }
    }

    /// Ends at the next nudge, or at once if one came since the last.
    pub(crate) async fn nudged(&self) -> Nudge {
        {
            let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
            if task.is_none() {
                let subscriptions = self.subscriptions.clone();
                let channel = Channel { wire: self.wire.clone(), permit: self.permit.clone(), subscriptions };
                *task = Some(tokio::spawn(channel.run()).abort_handle());
            }
        }
        self.permit.taken().await
    }

    /// Ends the channel and takes its subscriptions back.
    pub(crate) async fn close(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
        self.subscriptions.withdraw(&self.wire).await;
    }
}

impl Drop for PushChannel {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// Why a channel ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// This server has none, or won't give us one.
    NoChannel,
    /// It was there and broke, or could not be made just now.
    Broken,
}

impl From<Unanswered> for Ended {
    fn from(_: Unanswered) -> Self {
        Self::Broken
    }
}

type Socket = WebSocketStream<Upgraded>;

struct Channel {
    wire: Wire,
    permit: Permit,
    subscriptions: Subscriptions,
}

impl Channel {
    async fn run(self) {
        let back_off = || {
            ExponentialBuilder::default()
                .with_jitter()
                .with_min_delay(Duration::from_secs(1))
                .with_max_delay(Duration::from_secs(60))
                .without_max_times()
                .build()
        };
        let mut delays = back_off();
        loop {
            let mut heard = false;
            if self.once(&mut heard).await == Ended::NoChannel {
                tracing::info!("no push channel here");
                self.subscriptions.withdraw(&self.wire).await;
                tokio::time::sleep(ASK_AGAIN).await;
                continue;
            }
            if heard {
                delays = back_off();
            } else {
                // Perhaps the server has forgotten them.
                self.subscriptions.take();
            }
            tokio::time::sleep(delays.next().unwrap_or(Duration::from_secs(60))).await;
        }
    }

    /// One connection from beginning to end. `heard` says whether the server ever spoke of our subscriptions.
    async fn once(&self, heard: &mut bool) -> Ended {
        let begun = Instant::now();
        match self.open().await {
            Ok(socket) => {
                tracing::debug!("the push channel is open");
                let ended = self.listen(socket, begun + RENEW, heard).await;
                tracing::debug!(?ended, "the push channel has ended");
                if begun.elapsed() >= RENEW {
                    self.subscriptions.take();
                }
                ended
            }
            Err(ended) => ended,
        }
    }

    async fn open(&self) -> Result<Socket, Ended> {
        let metadata = self.wire.send(&Request::get("metadata")).await?;
        if metadata.status != 200 || is_page(&metadata) {
            return Err(refused(&metadata));
        }
        let facts = capability::from_statement(&metadata.body).map_err(|_| Ended::NoChannel)?;
        let Push::Websocket { path } = facts.push else { return Err(Ended::NoChannel) };
        if self.subscriptions.ids().len() < subscription::NUDGED_BY.len() {
            self.subscribe(metadata.date.unwrap_or_else(Utc::now)).await?;
        }
        timeout(CONNECT, self.connect(&path)).await.map_err(|_| Ended::Broken)?
    }

    async fn subscribe(&self, now: DateTime<Utc>) -> Result<(), Ended> {
        self.subscriptions.take();
        for kind in subscription::NUDGED_BY {
            let answer = self.wire.send(&subscription::request(kind, now + LIFE)).await?;
            if !matches!(answer.status, 200 | 201) || is_page(&answer) {
                return Err(refused(&answer));
            }
            let located = answer.location.as_deref().and_then(|location| self.wire.base.reference(location));
            let id = located.map(|(_, id)| id).or_else(|| own_id(&answer.body)).ok_or(Ended::NoChannel)?;
            self.subscriptions.add(id);
        }
        Ok(())
    }

    /// Upgrades a connection (RFC 6455, 4.1).
    async fn connect(&self, path: &str) -> Result<Socket, Ended> {
        let key = generate_key();
        let mut token = self.wire.session.bearer(None).await?;
        let mut response = self.upgrade(path, &key, &token).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            token = self.wire.session.bearer(Some(&token)).await?;
            response = self.upgrade(path, &key, &token).await?;
        }
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(temporary(response.status().as_u16()));
        }
        let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT).map(header::HeaderValue::as_bytes);
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(Ended::NoChannel);
        }
        let stream = response.upgrade().await.map_err(|_| Ended::Broken)?;
        let limits = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(limits)).await;
        for id in self.subscriptions.ids() {
            socket.send(Message::text(subscription::bind(&id))).await.map_err(|_| Ended::Broken)?;
        }
        Ok(socket)
    }

    async fn upgrade(&self, path: &str, key: &str, token: &crate::Token) -> Result<reqwest::Response, Ended> {
        let request = self
            .wire
            .http
            .sockets()
            .get(self.wire.base.on_this_origin(path))
            .bearer_auth(token.expose())
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, key);
        Ok(request.send().await.map_err(|error| unanswered::sort(&error))?)
    }

    /// Listens until the channel breaks or `until`.
    async fn listen(&self, mut socket: Socket, until: Instant, heard: &mut bool) -> Ended {
        self.permit.give(Nudge::Opened);
        let ids = self.subscriptions.ids();
        let mut asked = false;
        loop {
            let patience = (Instant::now() + SILENCE).min(until);
            let Ok(frame) = timeout_at(patience, socket.next()).await else {
                if asked || Instant::now() >= until || socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return Ended::Broken;
                }
                asked = true;
                continue;
            };
            asked = false;
            match frame {
                Some(Ok(Message::Text(text))) => match Frame::of(&text) {
                    Frame::Bound(id) => *heard |= ids.contains(&id),
                    Frame::Ping(id) => {
                        *heard |= ids.contains(&id);
                        self.permit.give(Nudge::Heard);
                    }
                    // Another dialect: something was said, so look.
                    Frame::Other => self.permit.give(Nudge::Heard),
                },
                Some(Ok(Message::Binary(_))) => self.permit.give(Nudge::Heard),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ended::Broken,
            }
        }
    }
}

/// A page for people, where a resource was to be.
fn is_page(response: &Response) -> bool {
    matches!(outcome::said(&response.body, response.content_type.as_deref()), Said::Html)
}

/// Whether another try may soon bring what this answer refused. A page that claims success is nobody's refusal; one
/// that comes with 404 or 405 is how many a server says no.
fn refused(response: &Response) -> Ended {
    if (200..300).contains(&response.status) && is_page(response) {
        return Ended::Broken;
    }
    temporary(response.status)
}

/// Whether another try may soon bring what this status refused: it speaks of the moment, or of what lies in between.
fn temporary(status: u16) -> Ended {
    match status {
        300..=399 | 407 | 408 | 425 | 429 | 500 | 502.. => Ended::Broken,
        _ => Ended::NoChannel,
    }
}

/// The id in a resource that was sent back.
fn own_id(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Identified {
        id: String,
    }
    serde_json::from_slice::<Identified>(body).ok().map(|resource| resource.id)
}
