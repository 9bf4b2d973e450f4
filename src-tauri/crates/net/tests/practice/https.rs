//! What happens between a request and its answer, over real TLS.

use std::{sync::Arc, time::Duration};

use crate::{Practice, ca::Ca};
use rustls::ServerConfig;
use tern_fhir::exchange::{FHIR_JSON, Method, Request};
use tern_net::{Connection, FhirBase, Http, HttpError, Token};
use tern_sync::server::{Server, Unanswered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// With a token that the practice takes.
fn connected(practice: &Practice) -> Connection {
    practice.desk.told().access.insert("fixed".to_owned());
    Connection::with_token(practice.base.clone(), practice.http(), Token::from("fixed"))
}

/// A TLS server without a server behind it: `then` gets each connection after its request has come.
async fn bare<F>(
    tls: Arc<ServerConfig>,
    host: &str,
    ca: &Ca,
    then: impl Fn(TlsStream<TcpStream>) -> F + Send + 'static,
) -> Connection
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = FhirBase::parse(&format!("https://{host}:{}/fhir", listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = TlsAcceptor::from(Arc::clone(&tls)).accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            then(stream).await;
        }
    });
    let http = Http::new(&base, Some(&ca.file)).unwrap();
    Connection::with_token(base, http, Token::from("fixed"))
}

async fn says(mut stream: TlsStream<TcpStream>, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let _ = stream.shutdown().await;
}

fn task() -> Request {
    Request::get("Task/7")
}

#[tokio::test]
async fn an_answer_comes_back_whole_with_what_a_version_needs() {
    let practice = Practice::open().await;
    let answer = connected(&practice).send(task()).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.etag.as_deref(), Some("W/\"3\""));
    assert_eq!(answer.content_type.as_deref(), Some("application/fhir+json"));
    assert!(answer.date.is_some(), "the server's clock");
    assert_eq!(answer.body, br#"{"resourceType":"Task","id":"7"}"#);
}

#[tokio::test]
async fn html_instead_of_json_and_refusals_are_answers() {
    let practice = Practice::open().await;
    let connection = connected(&practice);
    let html = connection.send(Request::get("html")).await.unwrap();
    assert_eq!(html.content_type.as_deref(), Some("text/html; charset=utf-8"));
    assert_eq!(connection.send(Request::get("Task/none")).await.unwrap().status, 404);
}

#[tokio::test]
async fn a_certificate_that_nobody_we_trust_has_issued_is_refused() {
    let practice = Practice::open().await;
    let folder = tempfile::tempdir().unwrap();
    let stranger = Ca::new(&folder);
    let http = Http::new(&practice.base, Some(&stranger.file)).unwrap();
    let connection = Connection::with_token(practice.base.clone(), http, Token::from("fixed"));
    let refused = connection.send(task()).await.unwrap_err();
    assert_eq!(refused, Unanswered::Certificate("nobody we trust has issued it".to_owned()));
    assert!(practice.desk.told().log.is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_certificate_for_another_host_or_one_that_has_expired_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new(&folder);
    let unreached = |_| async { unreachable!("nothing is sent to whom we don't trust") };
    let other = bare(ca.tls(&["practice.example"]), "127.0.0.1", &ca, unreached).await;
    assert_eq!(other.send(task()).await.unwrap_err(), Unanswered::Certificate("it is for another host".to_owned()));
    let old = bare(ca.expired(&["127.0.0.1"]), "127.0.0.1", &ca, unreached).await;
    assert_eq!(old.send(task()).await.unwrap_err(), Unanswered::Certificate("it has expired".to_owned()));
}

#[tokio::test]
async fn nobody_there_means_offline_and_so_does_somebody_who_speaks_no_tls() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new(&folder);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = FhirBase::parse(&format!("https://{}/fhir", listener.local_addr().unwrap())).unwrap();
    let http = Http::new(&base, Some(&ca.file)).unwrap();
    let connection = Connection::with_token(base, http, Token::from("fixed"));

    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        drop(listener);
        stream
    });
    assert_eq!(connection.send(task()).await.unwrap_err(), Unanswered::Offline);
    drop(plain.await.unwrap());
    // Now nobody listens at all.
    assert_eq!(connection.send(task()).await.unwrap_err(), Unanswered::Offline);
}

#[tokio::test]
async fn what_may_have_arrived_is_lost_not_offline() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new(&folder);
    let write = || Request::new(Method::Post, "Task").with_body(FHIR_JSON, b"{}".to_vec());
    let tls = ca.tls(&["127.0.0.1"]);

    let dropped = bare(Arc::clone(&tls), "127.0.0.1", &ca, |stream| async { drop(stream) }).await;
    assert_eq!(dropped.send(write()).await.unwrap_err(), Unanswered::Lost, "dropped after the request");

    let half = |stream| says(stream, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf a body");
    let half = bare(Arc::clone(&tls), "127.0.0.1", &ca, half).await;
    assert_eq!(half.send(write()).await.unwrap_err(), Unanswered::Lost, "half a body");

    let silent = bare(Arc::clone(&tls), "127.0.0.1", &ca, |stream| async {
        // Holds the connection and says nothing, until the test ends.
        let _stream = stream;
        std::future::pending::<()>().await;
    });
    let mut patient = write();
    patient.timeout = Some(Duration::from_millis(200));
    assert_eq!(silent.await.send(patient).await.unwrap_err(), Unanswered::Lost, "no answer in time");

    let endless = |stream| says(stream, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nfirst of many");
    let endless = bare(tls, "127.0.0.1", &ca, endless).await;
    assert_eq!(endless.send(write()).await.unwrap_err(), Unanswered::Lost, "more than we take");
}

#[tokio::test]
async fn a_read_is_led_on_within_the_origin_and_the_token_goes_nowhere_else() {
    let practice = Practice::open().await;
    assert_eq!(connected(&practice).send(Request::get("moved")).await.unwrap().status, 200);
    assert_eq!(practice.desk.told().log, ["GET /fhir/moved*", "GET /fhir/Task/7*"]);

    // The other practice's certificate is fine; its origin is not ours.
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new(&folder);
    for elsewhere in [format!("{}/Task/7", practice.base.as_str()), "http://127.0.0.1:1/fhir/Task/7".to_owned()] {
        let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n");
        let leading = bare(ca.tls(&["127.0.0.1"]), "127.0.0.1", &ca, move |stream| {
            let answer = answer.clone();
            async move { says(stream, &answer).await }
        });
        let answer = leading.await.send(task()).await.unwrap();
        assert_eq!(answer.status, 307, "the redirect is the answer");
    }
    assert_eq!(practice.desk.told().log.len(), 2, "nobody came over");
}

#[tokio::test]
async fn a_write_is_never_redirected() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new(&folder);
    let answer = "HTTP/1.1 303 See Other\r\nLocation: /fhir/Task/7\r\nContent-Length: 0\r\n\r\n";
    let leading = bare(ca.tls(&["127.0.0.1"]), "127.0.0.1", &ca, move |stream| says(stream, answer)).await;
    let write = Request::new(Method::Put, "Task/7").with_body(FHIR_JSON, b"{}".to_vec());
    assert_eq!(leading.send(write).await.unwrap().status, 303);
}

#[tokio::test]
async fn a_fixed_token_that_is_refused_ends_the_session() {
    let practice = Practice::open().await;
    let connection = Connection::with_token(practice.base.clone(), practice.http(), Token::from("unknown"));
    assert_eq!(connection.send(task()).await.unwrap_err(), Unanswered::SignInAgain);
}

#[test]
fn a_ca_file_that_is_none_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let base = FhirBase::parse("https://practice.example/fhir").unwrap();
    let file = folder.path().join("ca.pem");
    assert!(matches!(Http::new(&base, Some(&file)), Err(HttpError::CaUnreadable(_))));
    for text in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, text).unwrap();
        assert!(matches!(Http::new(&base, Some(&file)), Err(HttpError::CaMalformed)), "{text}");
    }
}
