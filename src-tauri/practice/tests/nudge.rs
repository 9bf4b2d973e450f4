//! Nudges over a real websocket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scene;

use futures::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use scene::{Scene, open, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

type Socket = WebSocketStream<TlsStream<TcpStream>>;

fn subscription(criteria: &str, channel: &str) -> Value {
    json!({
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "to see new messages at once",
        "criteria": criteria,
        "channel": {"type": channel}
    })
}

async fn connect(scene: &Scene, token: Option<&str>) -> Result<Socket, Error> {
    let statement: Value =
        scene.http.get(format!("{}/metadata", scene.base)).send().await.unwrap().json().await.unwrap();
    let extension = &statement["rest"][0]["extension"][0];
    assert_eq!(extension["url"], "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket");
    let mut request = extension["valueUri"].as_str().unwrap().into_client_request().unwrap();
    if let Some(token) = token {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let ca = std::fs::read(&scene.practice.announcement().ca_file).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let authority = request.uri().authority().unwrap().as_str().to_owned();
    let tcp = TcpStream::connect(authority).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    Ok(tokio_tungstenite::client_async(request, tls).await?.0)
}

/// The next text, whatever keeps the socket alive in between.
async fn next(socket: &mut Socket) -> String {
    loop {
        match socket.next().await.expect("the socket is open").unwrap() {
            Message::Text(text) => return text.to_string(),
            _ => continue,
        }
    }
}

async fn bound(scene: &Scene, token: &str, criteria: &str) -> (Socket, String) {
    let (status, made) = scene.post("/Subscription", token, subscription(criteria, "websocket")).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["status"], "active");
    let id = made["id"].as_str().unwrap().to_owned();
    let mut socket = connect(scene, Some(token)).await.unwrap();
    socket.send(Message::text(format!("bind {id}"))).await.unwrap();
    assert_eq!(next(&mut socket).await, format!("bound {id}"));
    (socket, id)
}

#[tokio::test]
async fn a_write_of_the_type_pings_and_another_does_not() {
    let scene = open().await;
    let token = scene.agent().await;
    let (mut communications, on_communication) = bound(&scene, &token, "Communication?").await;
    let (mut tasks, on_task) = bound(&scene, &token, "Task?status=requested").await;

    // A transaction writes both; a reply only one, a PATCH only the other.
    let arrived = scene.arrive(&token, json!({"text": "Hello"})).await;
    assert_eq!(next(&mut communications).await, format!("ping {on_communication}"));
    assert_eq!(next(&mut tasks).await, format!("ping {on_task}"));

    scene.reply(&token, &arrived).await;
    assert_eq!(next(&mut communications).await, format!("ping {on_communication}"));
    let url = format!("{}/{}", scene.base, arrived["task"].as_str().unwrap());
    let patch = json!([{"op": "replace", "path": "/status", "value": "accepted"}]);
    let (status, _) = scene.ask(Method::PATCH, &url, &token, Some(patch)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(next(&mut tasks).await, format!("ping {on_task}"));

    // The socket hears in order, so a ping from before would stand before this answer.
    communications.send(Message::text("bind nothing-of-the-kind")).await.unwrap();
    assert_eq!(next(&mut communications).await, "unbound nothing-of-the-kind");
}

#[tokio::test]
async fn the_socket_opens_to_a_token_only() {
    let scene = open().await;
    for token in [None, Some("nonsense")] {
        match connect(&scene, token).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), 401),
            other => panic!("{:?}", other.map(drop)),
        }
    }
}

#[tokio::test]
async fn this_server_calls_nobody() {
    let scene = open().await;
    let token = scene.agent().await;
    let (status, outcome) = scene.post("/Subscription", &token, subscription("Task?", "rest-hook")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(outcome["resourceType"], "OperationOutcome");
}

#[tokio::test]
async fn patients_who_keep_writing_are_heard() {
    let data = Arc::new(TempDir::new().unwrap());
    // One a second and more: the wait ends with the first ping, not with a clock.
    let scene = open_with(data, |options| options.arrivals_per_hour = 7_200.0).await;
    let token = scene.agent().await;
    let (mut socket, id) = bound(&scene, &token, "Communication?").await;
    assert_eq!(next(&mut socket).await, format!("ping {id}"));
}

#[tokio::test]
async fn patients_read_what_they_get() {
    let data = Arc::new(TempDir::new().unwrap());
    let scene = open_with(data, |options| options.arrivals_per_hour = 7_200.0).await;
    let token = scene.agent().await;
    let (mut socket, _) = bound(&scene, &token, "Communication?").await;
    let arrived = scene.arrive(&token, json!({"patient": "Leo Ruiz", "text": "When may we come?"})).await;
    let reply = scene.reply(&token, &arrived).await;
    loop {
        let (_, message) = scene.get(&format!("/Communication/{reply}"), &token).await;
        if message["received"].is_string() {
            break;
        }
        next(&mut socket).await;
    }
}
