//! One subscriber's socket.

use super::{Nudges, written::Written};
use crate::{audit::allowed, engine::Engine, smart::access::AccessTokens};
use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, Method},
    response::Response,
};
use futures::{SinkExt, StreamExt};
use helios_auth::FhirOperation;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// How often a silent socket is asked whether it still lives.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Subscriptions bound on one socket.
const MOST_BOUND: usize = 32;
/// Largest frame of a client's, in bytes: `bind` and an id.
const LARGEST_FRAME: usize = 1024;

/// What a socket needs.
#[derive(Clone)]
pub(super) struct Socket {
    nudges: Nudges,
    engine: Engine,
    access: Arc<AccessTokens>,
}

impl Socket {
    pub(super) fn new(nudges: Nudges, engine: Engine, access: Arc<AccessTokens>) -> Self {
        Self { nudges, engine, access }
    }
}

/// `GET /websocket`: the upgrade carries a token that may read Subscriptions.
pub(super) async fn connect(State(socket): State<Socket>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    match allowed(&socket.access, &headers, "Subscription", FhirOperation::Read) {
        Ok(_) => upgrade.max_message_size(LARGEST_FRAME).on_upgrade(move |stream| serve(socket, stream)),
        Err(refused) => *refused,
    }
}

/// What the client may say.
fn bind(text: &str) -> Option<&str> {
    let id = text.trim().strip_prefix("bind ")?.trim();
    let id = id.strip_prefix("Subscription/").unwrap_or(id);
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    is_id.then_some(id)
}

/// The type that a Subscription's criteria name.
fn criteria_type(criteria: &str) -> Option<&str> {
    criteria.split('?').next().map(|of| of.trim_start_matches('/')).filter(|of| !of.is_empty())
}

async fn serve(socket: Socket, stream: WebSocket) {
    let mut written = socket.nudges.written.subscribe();
    let (mut out, mut inward) = stream.split();
    let mut bound: BTreeMap<String, String> = BTreeMap::new();
    let mut keep_alive = tokio::time::interval(KEEP_ALIVE);
    loop {
        let frames = tokio::select! {
            said = inward.next() => match said {
                Some(Ok(Message::Text(text))) => match bind(&text) {
                    Some(id) => match socket.subscription_type(id).await {
                        Some(of) if bound.len() < MOST_BOUND => {
                            bound.insert(id.to_owned(), of);
                            vec![Message::text(format!("bound {id}"))]
                        }
                        // R4 has no word for this; a client that waits for `bound` sees it.
                        Some(_) | None => vec![Message::text(format!("unbound {id}"))],
                    },
                    None => Vec::new(),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Vec::new(),
            },
            first = written.recv() => {
                let mut of = match first {
                    Ok(first) => vec![first],
                    Err(RecvError::Lagged(_)) => vec![Written::Any],
                    Err(RecvError::Closed) => return,
                };
                // What waits together becomes one ping.
                loop {
                    match written.try_recv() {
                        Ok(next) => of.push(next),
                        Err(TryRecvError::Lagged(_)) => of.push(Written::Any),
                        Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                    }
                }
                pings(&bound, &of)
            }
            _ = keep_alive.tick() => vec![Message::Ping(Default::default())],
        };
        for frame in frames {
            if out.send(frame).await.is_err() {
                return;
            }
        }
    }
}

fn pings(bound: &BTreeMap<String, String>, written: &[Written]) -> Vec<Message> {
    let touches = |of: &str| {
        written.iter().any(|written| match written {
            Written::Type(written) => written == of,
            Written::Any => true,
        })
    };
    bound.iter().filter(|(_, of)| touches(of)).map(|(id, _)| Message::text(format!("ping {id}"))).collect()
}

impl Socket {
    /// The type an active websocket Subscription watches.
    async fn subscription_type(&self, id: &str) -> Option<String> {
        let path = format!("/Subscription/{id}");
        let found = self.engine.request(Method::GET, &path, None).await.ok()?;
        let is_ours = found["status"] == "active" && found.pointer("/channel/type")?.as_str() == Some("websocket");
        is_ours.then(|| criteria_type(found["criteria"].as_str()?).map(str::to_owned)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bind_with_an_id_is_understood() {
        assert_eq!(bind("bind abc-1"), Some("abc-1"));
        assert_eq!(bind(" bind Subscription/abc \n"), Some("abc"));
        for other in ["bind", "bind ", "bind a b", "bind ../Patient", "hello", ""] {
            assert_eq!(bind(other), None, "{other}");
        }
    }

    #[test]
    fn the_criteria_name_their_type() {
        assert_eq!(criteria_type("Communication?"), Some("Communication"));
        assert_eq!(criteria_type("/Task?status=requested"), Some("Task"));
        assert_eq!(criteria_type("?"), None);
    }

    #[test]
    fn a_subscription_is_pinged_once_for_all_that_waited() {
        let bound =
            BTreeMap::from([("s1".to_owned(), "Task".to_owned()), ("s2".to_owned(), "Communication".to_owned())]);
        let task = || Written::Type("Task".into());
        assert_eq!(pings(&bound, &[task(), task()]).len(), 1);
        assert_eq!(pings(&bound, &[Written::Any]).len(), 2);
        assert_eq!(pings(&bound, &[Written::Type("Patient".into())]).len(), 0);
    }
}
