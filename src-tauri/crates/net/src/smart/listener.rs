//! The loopback address that the browser comes back to (RFC 8252, 7.3).
//!
//! Any program and any web page on this machine can reach it, so only a request that carries our `state` is an
//! answer; anything else gets a page that says so, and the wait goes on.

use std::{convert::Infallible, io, net::Ipv4Addr, sync::Arc};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use url::Url;

use super::{
    page::{self, Ending},
    sign_in::Language,
};
use crate::token::Token;

/// The path of the redirect address, as it is registered with the practice.
const PATH: &str = "/callback";

/// A listener on 127.0.0.1.
pub(super) struct Listener {
    socket: TcpListener,
    redirect: Url,
}

/// What the authorization server sent by way of the browser (RFC 6749, 4.1.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A code, and who says it issued it (RFC 9207).
    Code { code: Token, issuer: Option<String> },
    /// An error code, such as `access_denied`.
    Error(String),
}

impl Listener {
    /// Listens on `port`, or on a free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub(super) async fn bind(port: Option<u16>) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await?;
        let redirect = format!("http://127.0.0.1:{}{PATH}", socket.local_addr()?.port());
        Ok(Self { socket, redirect: Url::parse(&redirect).map_err(io::Error::other)? })
    }

    /// `redirect_uri`.
    pub(super) fn redirect(&self) -> &Url {
        &self.redirect
    }

    /// Waits for the answer that carries `state`. Dropping it stops listening.
    ///
    /// # Errors
    /// Where the socket fails.
    pub(super) async fn answer(self, state: &str, language: Language) -> io::Result<Answer> {
        let state: Arc<str> = state.into();
        let (tell, mut told) = mpsc::channel(1);
        let mut connections = JoinSet::new();
        let answer = loop {
            tokio::select! {
                Some(answer) = told.recv() => break answer,
                accepted = self.socket.accept() => {
                    let stream = TokioIo::new(accepted?.0);
                    let (state, tell) = (Arc::clone(&state), tell.clone());
                    connections.spawn(async move {
                        let service = service_fn(|request| {
                            let (response, answer) = respond(&request, &state, language);
                            let tell = tell.clone();
                            async move {
                                if let Some(answer) = answer {
                                    // Only the first counts.
                                    let _ = tell.try_send(answer);
                                }
                                Ok::<_, Infallible>(response)
                            }
                        });
                        // A browser that hangs up is not our error.
                        let _ = http1::Builder::new().keep_alive(false).serve_connection(stream, service).await;
                    });
                }
            }
        };
        // The page goes out before the listener does; a browser that opened a second connection and says
        // nothing on it holds nobody up.
        tokio::spawn(async move {
            let _ = tokio::time::timeout(GOODBYE, async { while connections.join_next().await.is_some() {} }).await;
        });
        Ok(answer)
    }
}

/// How long the last page may take to reach the browser.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(5);

/// The page for a request, and the answer it carries if it is the one we wait for.
fn respond(request: &Request<Incoming>, state: &str, language: Language) -> (Response<Full<Bytes>>, Option<Answer>) {
    if request.uri().path() != PATH || request.method() != Method::GET {
        return (response(StatusCode::NOT_FOUND, String::new()), None);
    }
    match read(request.uri().query().unwrap_or_default(), state) {
        Some(answer) => {
            let ending = if matches!(answer, Answer::Code { .. }) { Ending::Done } else { Ending::Refused };
            (response(StatusCode::OK, page::html(ending, language)), Some(answer))
        }
        None => (response(StatusCode::BAD_REQUEST, page::html(Ending::Stray, language)), None),
    }
}

/// Reads an answer from a query; none where it doesn't carry our state exactly once.
fn read(query: &str, state: &str) -> Option<Answer> {
    let all = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect::<Vec<_>>()
    };
    if all("state") != [state] {
        return None;
    }
    let once = |name: &str| match <[String; 1]>::try_from(all(name)) {
        Ok([value]) => Some(value),
        Err(_) => None,
    };
    match (once("error"), once("code")) {
        (Some(error), _) => Some(Answer::Error(error)),
        (None, Some(code)) => Some(Answer::Code { code: Token::new(code), issuer: once("iss") }),
        (None, None) => None,
    }
}

fn response(status: StatusCode, html: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        // The address holds the code.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_our_state_is_one() {
        let code =
            |issuer: Option<&str>| Some(Answer::Code { code: Token::from("c1"), issuer: issuer.map(str::to_owned) });
        for (query, answer) in [
            ("code=c1&state=s", code(None)),
            ("state=s&code=c1&iss=https%3A%2F%2Fid.example", code(Some("https://id.example"))),
            ("error=access_denied&state=s", Some(Answer::Error("access_denied".to_owned()))),
            ("code=c1&error=access_denied&state=s", Some(Answer::Error("access_denied".to_owned()))),
            ("code=c1&state=S", None),
            ("code=c1&state=s&state=s", None),
            ("code=c1&code=c2&state=s", None),
            ("code=c1", None),
            ("error=access_denied", None),
            ("state=s", None),
            ("", None),
        ] {
            assert_eq!(read(query, "s"), answer, "{query}");
        }
    }

    #[tokio::test]
    async fn a_port_that_policy_sets_is_used_or_said_to_be_taken() {
        let first = Listener::bind(None).await.unwrap();
        let port = first.redirect().port().unwrap();
        assert_eq!(Listener::bind(Some(port)).await.err().unwrap().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert_eq!(Listener::bind(Some(port)).await.unwrap().redirect().port(), Some(port));
    }
}
