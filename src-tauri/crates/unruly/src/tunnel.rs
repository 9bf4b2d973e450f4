//! What can't be read whole before it is handed on: websockets and event streams, the push channel (15).

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, UPGRADE};
use axum::http::{HeaderMap, Method, Request as HttpRequest, Response as HttpResponse, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::exchange::{Answer, Request};
use crate::faults::Call;
use crate::payload::Payload;
use crate::proxy::{InForce, Unruly};
use crate::query::Query;
use crate::quirk::Quirk;
use crate::subscriptions::Frames;
use crate::upstream::{Unanswered, outgoing, strip_hop_by_hop};

/// Whether a request asks for something without an end.
pub(crate) fn wants(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
        || headers
            .get(ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Opens a tunnel, unless there is no push channel here.
pub(crate) async fn open(
    unruly: Unruly,
    in_force: std::sync::Arc<InForce>,
    mut request: HttpRequest<Body>,
) -> HttpResponse<Body> {
    for quirk in [Quirk::NoPush, Quirk::SubscriptionsMissing] {
        if in_force.quirks.contains(quirk) {
            unruly.0.tally.note(quirk);
            return outgoing(Answer::refusal(404, "not-supported", "There is no push channel here"));
        }
    }
    let upgrade = request.headers().contains_key(UPGRADE).then(|| hyper::upgrade::on(&mut request));
    let (parts, _) = request.into_parts();
    let mut headers = parts.headers;
    if in_force.quirks.contains(Quirk::SubscriptionsDrop) {
        // Compressed messages build on each other: one that is lost would garble the next.
        headers.remove("sec-websocket-extensions");
    }
    let outward = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers,
        body: Payload::default(),
    };
    let path = outward.path.clone();
    match connect(&unruly, in_force, outward, upgrade, path).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, "no push channel from the upstream");
            outgoing(Answer::refusal(502, "transient", "The upstream did not answer"))
        }
    }
}

async fn connect(
    unruly: &Unruly,
    in_force: std::sync::Arc<InForce>,
    request: Request,
    upgrade: Option<OnUpgrade>,
    path: String,
) -> Result<HttpResponse<Body>, Unanswered> {
    let mut response = unruly.0.upstream.open(request, upgrade.is_some()).await?;
    if let Some(client) = upgrade
        && response.status() == StatusCode::SWITCHING_PROTOCOLS
    {
        let server = hyper::upgrade::on(&mut response);
        tokio::spawn(join(unruly.clone(), in_force, path, client, server));
        return Ok(response.map(|_| Body::empty()));
    }
    strip_hop_by_hop(response.headers_mut());
    Ok(response.map(Body::new))
}

/// Carries bytes both ways until one side ends, or the server goes offline.
async fn join(
    unruly: Unruly,
    in_force: std::sync::Arc<InForce>,
    path: String,
    client: OnUpgrade,
    server: OnUpgrade,
) -> Result<(), hyper::Error> {
    let (client_in, client_out) = tokio::io::split(TokioIo::new(client.await?));
    let (server_in, server_out) = tokio::io::split(TokioIo::new(server.await?));
    let mut offline = unruly.0.offline.subscribe();
    let mut frames = Frames::default();
    let loses = in_force.quirks.contains(Quirk::SubscriptionsDrop);
    let lose = || {
        let call = Call { method: &Method::GET, path: &path, relative: None, fhir: true };
        let lost = in_force.faults.strike(Quirk::SubscriptionsDrop, call).is_some();
        if lost {
            unruly.0.tally.note(Quirk::SubscriptionsDrop);
        }
        lost
    };
    tokio::select! {
        () = carry(client_in, server_out, Bytes::copy_from_slice) => {}
        () = carry(server_in, client_out, |bytes| {
            if loses { frames.push(bytes, lose).into() } else { Bytes::copy_from_slice(bytes) }
        }) => {}
        _ = offline.wait_for(|offline| *offline) => {}
    }
    Ok(())
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut change: impl FnMut(&[u8]) -> Bytes,
) {
    let mut buffer = vec![0; 16 * 1024];
    // A connection that breaks ends the tunnel like one that closes: the other side is closed with it.
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = change(buffer.get(..count).unwrap_or_default());
        if to.write_all(&bytes).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}
