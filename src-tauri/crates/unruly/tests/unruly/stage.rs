//! A practice, the proxy before it, and somebody who asks.

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tern_unruly::{Handle, Listen, Quirk, Serving, Unruly, Upstream, serve};

use crate::practice::Practice;

pub(crate) struct Stage {
    pub(crate) practice: Practice,
    pub(crate) serving: Serving,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer as the client has it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let bundle = self.json();
        let entries = bundle["entry"].as_array().unwrap();
        entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The path and query of the `next` link.
    pub(crate) fn next(&self) -> Option<String> {
        let bundle = self.json();
        let links = bundle["link"].as_array().unwrap();
        let next = links.iter().find(|link| link["relation"] == "next")?;
        Some(next["url"].as_str().unwrap().split_once("/fhir/").unwrap().1.to_owned())
    }
}

/// No answer: the connection broke.
#[derive(Debug)]
pub(crate) struct Broken;

impl Stage {
    pub(crate) async fn with(quirks: &str) -> Self {
        Self::seeded(quirks, 1).await
    }

    pub(crate) async fn seeded(quirks: &str, seed: u64) -> Self {
        let practice = Practice::open().await;
        let base = format!("{}/fhir", practice.origin).parse().unwrap();
        let upstream = Upstream::new(&base, None).unwrap();
        let unruly = Unruly::with_time(upstream, quirks.parse().unwrap(), seed, practice.clock.clone());
        let serving = serve(unruly, Listen::on_loopback()).unwrap();
        Self { practice, serving, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.serving.handle()
    }

    pub(crate) fn base(&self) -> String {
        self.serving.base_url()
    }

    pub(crate) fn origin(&self) -> String {
        self.base().strip_suffix("/fhir").unwrap().to_owned()
    }

    /// Asks over HTTP/2 from now on.
    pub(crate) fn speak_http2(&mut self) {
        self.client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    }

    /// How often a quirk changed something.
    pub(crate) fn applied(&self, quirk: Quirk) -> u64 {
        self.handle().applied().get(&quirk).copied().unwrap_or_default()
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, Broken> {
        let url = if url.starts_with('/') { format!("{}{url}", self.origin()) } else { url.to_owned() };
        let url = if url.starts_with("http") { url } else { format!("{}/{url}", self.base()) };
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.client.request(request.body(Full::new(body.into())).unwrap()).await.map_err(|_| Broken)?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|_| Broken)?.to_bytes();
        Ok(Reply { status: parts.status, headers: parts.headers, bytes })
    }

    pub(crate) async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        let kind = if method == "PATCH" { "application/json-patch+json" } else { "application/fhir+json" };
        let headers = [&[("content-type", kind)], headers].concat();
        self.try_send(method, url, &headers, body.to_string()).await.unwrap()
    }

    pub(crate) async fn get(&self, url: &str) -> Reply {
        self.try_send("GET", url, &[], "").await.unwrap()
    }

    pub(crate) async fn put(&self, url: &str, body: Value) -> Reply {
        self.send("PUT", url, &[], body).await
    }

    pub(crate) async fn post(&self, url: &str, body: Value) -> Reply {
        self.send("POST", url, &[], body).await
    }

    /// Ana writes so many messages to Dr Osei, `m-01`, `m-02` …, in her thread `leo`.
    pub(crate) fn ana_writes(&self, count: usize) {
        for number in 1..=count {
            self.practice.write("Communication", &format!("m-{number:02}"), message("Leo has a fever."));
        }
    }

    pub(crate) fn a_task(&self) {
        self.practice.write("Task", "call", json!({"resourceType": "Task", "status": "requested"}));
    }
}

pub(crate) fn message(words: &str) -> Value {
    json!({
        "resourceType": "Communication",
        "status": "completed",
        "partOf": [{"reference": "Communication/leo"}],
        "sender": {"reference": "RelatedPerson/ana"},
        "recipient": [{"reference": "PractitionerRole/osei"}],
        "payload": [{"contentString": words}],
    })
}
