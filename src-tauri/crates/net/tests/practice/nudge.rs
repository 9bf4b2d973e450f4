//! The push channel, against a websocket that behaves in each way.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::json;
use tern_net::{Connection, FhirBase, Http, Token};
use tern_sync::server::{Nudge, Server};
use tokio::sync::{broadcast, mpsc};

use crate::ca::Ca;

/// A server with, or without, a push channel.
struct Pushing {
    /// What it says to whoever is connected; `None` hangs up.
    say: broadcast::Sender<Option<&'static str>>,
    /// What clients said.
    heard: mpsc::UnboundedSender<String>,
    capable: bool,
    subscriptions: AtomicUsize,
    refuses: Option<StatusCode>,
    /// So many requests are answered with a proxy's page and 200.
    pages: AtomicUsize,
    tokens: Mutex<Vec<String>>,
}

struct Scene {
    server: Arc<Pushing>,
    heard: mpsc::UnboundedReceiver<String>,
    connection: Connection,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn with(capable: bool, refuses: Option<StatusCode>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::new(&folder);
        let (heard, hears) = mpsc::unbounded_channel();
        let server = Arc::new(Pushing {
            say: broadcast::channel(16).0,
            heard,
            capable,
            subscriptions: AtomicUsize::new(0),
            refuses,
            pages: AtomicUsize::new(0),
            tokens: Mutex::default(),
        });
        let router = Router::new()
            .route("/fhir/metadata", get(metadata))
            .route("/fhir/Subscription", post(subscribe))
            .route("/socket", any(socket))
            .with_state(Arc::clone(&server));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base = FhirBase::parse(&format!("https://{}/fhir", listener.local_addr().unwrap())).unwrap();
        let serving = axum_server::from_tcp_rustls(listener, ca.server(&["127.0.0.1"])).unwrap();
        tokio::spawn(serving.serve(router.into_make_service()));
        let http = Http::new(&base, Some(&ca.file)).unwrap();
        Self {
            server,
            heard: hears,
            connection: Connection::with_token(base, http, Token::from("fixed")),
            _folder: folder,
        }
    }

    /// Waits until both subscriptions are bound.
    async fn bound(&mut self) -> [String; 2] {
        [self.heard.recv().await.unwrap(), self.heard.recv().await.unwrap()]
    }

    /// Whether a nudge is there without waiting for one.
    fn is_nudged(&self) -> bool {
        let mut nudged = self.connection.nudged();
        let waker = std::task::Waker::noop();
        nudged.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready()
    }
}

/// A proxy's page, while there is one left.
fn page(server: &Pushing) -> Option<Response> {
    let left = server.pages.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    left.is_ok().then(|| Html("<h1>Please sign in to the network</h1>").into_response())
}

async fn metadata(State(server): State<Arc<Pushing>>) -> Response {
    if server.pages.load(Ordering::SeqCst) % 2 == 0
        && let Some(page) = page(&server)
    {
        return page;
    }
    let socket = json!([{
        "url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket",
        // Behind a reverse proxy, it thinks it is somebody else.
        "valueUri": "wss://internal.example:9/socket?v=1",
    }]);
    let rest = json!([{
        "mode": "server",
        "extension": if server.capable { socket } else { json!([]) },
        "resource": [{"type": "Subscription"}],
    }]);
    Json(json!({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest})).into_response()
}

async fn subscribe(State(server): State<Arc<Pushing>>) -> Response {
    if let Some(page) = page(&server) {
        return page;
    }
    if let Some(status) = server.refuses {
        return status.into_response();
    }
    let id = server.subscriptions.fetch_add(1, Ordering::SeqCst) + 1;
    let location = format!("http://localhost/fhir/Subscription/s{id}/_history/1");
    (StatusCode::CREATED, [(header::LOCATION, location)]).into_response()
}

async fn socket(State(server): State<Arc<Pushing>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let token = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    server.tokens.lock().unwrap().extend(token);
    // Listens before anybody can know that the socket is open.
    let say = server.say.subscribe();
    upgrade.on_upgrade(move |stream| talk(server, stream, say))
}

async fn talk(server: Arc<Pushing>, mut stream: WebSocket, mut say: broadcast::Receiver<Option<&'static str>>) {
    loop {
        tokio::select! {
            frame = stream.recv() => match frame {
                Some(Ok(Message::Text(text))) => {
                    let id = text.strip_prefix("bind ").unwrap();
                    stream.send(Message::text(format!("bound {id}"))).await.unwrap();
                    server.heard.send(text.to_string()).unwrap();
                }
                Some(Ok(_)) => {}
                _ => return,
            },
            said = say.recv() => match said {
                Ok(Some(text)) => stream.send(Message::text(text)).await.unwrap(),
                _ => return,
            },
        }
    }
}

#[tokio::test]
async fn a_ping_nudges_and_the_token_stays_on_our_origin() {
    let mut scene = Scene::with(true, None).await;
    // Opening it is a reason to look: what happened before went unheard.
    assert_eq!(scene.connection.nudged().await, Nudge::Opened);
    assert_eq!(scene.bound().await, ["bind s1", "bind s2"]);
    scene.server.say.send(Some("ping s1")).unwrap();
    assert_eq!(scene.connection.nudged().await, Nudge::Heard);
    assert!(!scene.is_nudged(), "one ping, one nudge");
    assert_eq!(*scene.server.tokens.lock().unwrap(), ["Bearer fixed"]);
}

#[tokio::test]
async fn many_pings_before_anybody_looks_are_one_nudge() {
    let mut scene = Scene::with(true, None).await;
    scene.connection.nudged().await;
    scene.bound().await;
    for text in ["ping s1", "ping s2", "ping s1"] {
        scene.server.say.send(Some(text)).unwrap();
    }
    // The hang-up comes after them, and the new connection binds again: so all were read by then.
    scene.server.say.send(None).unwrap();
    scene.bound().await;
    assert_eq!(scene.connection.nudged().await, Nudge::Heard);
    assert!(!scene.is_nudged());
}

#[tokio::test]
async fn a_channel_that_breaks_comes_back_and_nudges_with_the_same_subscriptions() {
    let mut scene = Scene::with(true, None).await;
    scene.connection.nudged().await;
    let before = scene.bound().await;
    scene.server.say.send(None).unwrap();
    assert_eq!(scene.connection.nudged().await, Nudge::Opened, "nothing was said");
    assert_eq!(scene.bound().await, before);
    assert_eq!(scene.server.subscriptions.load(Ordering::SeqCst), 2, "no new ones");
}

#[tokio::test]
async fn a_page_in_between_turns_nothing_off() {
    // The first for the CapabilityStatement, the second for the Subscription.
    let mut scene = Scene::with(true, None).await;
    scene.server.pages.store(2, Ordering::SeqCst);
    assert_eq!(scene.connection.nudged().await, Nudge::Opened);
    scene.bound().await;
    assert_eq!(scene.server.pages.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn without_a_channel_there_is_silence() {
    for (capable, refuses) in [(false, None), (true, Some(StatusCode::METHOD_NOT_ALLOWED))] {
        let scene = Scene::with(capable, refuses).await;
        let waiting = tokio::spawn({
            let connection = scene.connection.clone();
            async move { connection.nudged().await }
        });
        // Long enough for the channel to be asked for over real TLS; it never ends, however long one waits.
        let ended = tokio::time::timeout(std::time::Duration::from_millis(500), waiting).await;
        assert!(ended.is_err(), "a nudge out of nothing");
        assert!(scene.server.tokens.lock().unwrap().is_empty(), "no socket was opened");
    }
}
