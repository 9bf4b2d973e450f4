//! A websocket that says three things and closes, and who listens to it.

use axum::body::Body;
use axum::http::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A text frame, unmasked.
fn frame(words: &str) -> Vec<u8> {
    [&[0x81, u8::try_from(words.len()).unwrap()], words.as_bytes()].concat()
}

/// Agrees to the upgrade, waits for one byte, and pings three times.
pub(crate) fn greet(upgrade: OnUpgrade) -> Response<Body> {
    tokio::spawn(async move {
        let mut socket = TokioIo::new(upgrade.await.unwrap());
        let mut hello = [0];
        socket.read_exact(&mut hello).await.unwrap();
        for words in ["ping 1", "ping 2", "ping 3"] {
            socket.write_all(&frame(words)).await.unwrap();
        }
        socket.shutdown().await.unwrap();
    });
    Response::builder()
        .status(101)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .body(Body::empty())
        .unwrap()
}

/// Asks for the push channel at `address`; gives the head of the answer and all bytes after it.
pub(crate) async fn listen(address: &str) -> (String, Vec<u8>) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /ws HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    if !head.starts_with("HTTP/1.1 101") {
        return (head, Vec::new());
    }
    socket.write_all(b"!").await.unwrap();
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).await.unwrap();
    (head, bytes)
}

/// The frames of these words.
pub(crate) fn frames(words: &[&str]) -> Vec<u8> {
    words.iter().flat_map(|words| frame(words)).collect()
}
