//! Strings for tests and drills to pull: somebody writes now, somebody reads now.
//!
//! Not FHIR, and so not under its base; answers the agent's token and nobody else's.
//!
//! - `POST /practice/arrive` with `{patient?, thread?, subject?, text?, category?, priority?,
//!   photo?}`: a message comes now, from `patient` (reference, id or name) in a new thread, or in
//!   `thread`; what is left out is drawn. `?count=N` draws N.
//!   Answers `{"arrived": [{thread, message, task, patient}]}`.
//! - `POST /practice/received/{communication id}`: the patient opens that message.

use crate::{
    Error,
    arrivals::{Arrived, Patients},
    audit::allowed,
    outcome,
    smart::{access::AccessTokens, clients::ClientId},
    vocabulary::category,
    words::Text,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use chrono::Utc;
use helios_auth::FhirOperation;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Messages that one request may ask for.
const MOST: usize = 100_000;

#[derive(Clone)]
struct Control {
    patients: Patients,
    access: Arc<AccessTokens>,
}

/// The routes.
pub(crate) fn router(patients: Patients, access: &Arc<AccessTokens>) -> Router {
    let control = Control { patients, access: Arc::clone(access) };
    Router::new()
        .route("/practice/arrive", post(arrive))
        .route("/practice/received/{communication}", post(received))
        .with_state(control)
}

#[derive(Deserialize)]
struct Count {
    count: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    patient: Option<String>,
    thread: Option<String>,
    subject: Option<String>,
    text: Option<String>,
    category: Option<String>,
    priority: Option<String>,
    #[serde(default)]
    photo: bool,
}

/// Why nothing arrived.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Ask(&'static str),
    #[error(transparent)]
    Practice(#[from] Error),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match &self {
            Self::Ask(words) => outcome::outcome(StatusCode::BAD_REQUEST, "invalid", words),
            Self::Practice(Error::Refused { status, .. }) if status.is_client_error() => {
                outcome::outcome(*status, "processing", &self.to_string())
            }
            Self::Practice(error) => {
                tracing::error!(%error, "the practice could not do what was asked");
                let words = "the practice could not do that";
                outcome::outcome(StatusCode::INTERNAL_SERVER_ERROR, "exception", words)
            }
        }
    }
}

async fn arrive(
    State(control): State<Control>,
    headers: HeaderMap,
    Query(Count { count }): Query<Count>,
    body: Bytes,
) -> Response {
    if let Err(refused) = is_agent(&control.access, &headers) {
        return *refused;
    }
    let arrived = match count {
        Some(count) if count > MOST => Err(Refusal::Ask("count is too large")),
        Some(count) => control.patients.anybody_writes(count).await.map_err(Refusal::from),
        None => one(&control.patients, &body).await.map(|one| vec![one]),
    };
    match arrived {
        Ok(arrived) => (StatusCode::CREATED, Json(json!({"arrived": arrived}))).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn one(patients: &Patients, body: &[u8]) -> Result<Arrived, Refusal> {
    let arrival: Arrival = match body {
        [] => Arrival::default(),
        body => serde_json::from_slice(body).map_err(|_| Refusal::Ask("the body is no object with what this takes"))?,
    };
    if let Some(thread) = &arrival.thread {
        let text = arrival.text.ok_or(Refusal::Ask("text is missing"))?;
        return patients
            .writes_again(thread, text, None)
            .await?
            .ok_or(Refusal::Ask("that is no thread of a patient of this practice"));
    }
    let text = match (arrival.text, arrival.subject) {
        (Some(text), subject) => Some(Text::foreign(&subject.unwrap_or_default(), &text)),
        (None, Some(_)) => return Err(Refusal::Ask("text is missing")),
        (None, None) => None,
    };
    let patient = match &arrival.patient {
        Some(name) => {
            Some(patients.called(name, Utc::now()).ok_or(Refusal::Ask("nobody of that name is a patient here"))?)
        }
        None => None,
    };
    let (drawn_patient, drawn_text) = patients.draw(patient).await;
    let mut text = text.unwrap_or(drawn_text);
    if let Some(code) = arrival.category {
        if !category::ALL.contains(&code.as_str()) {
            return Err(Refusal::Ask("there is no such category"));
        }
        text.category = code;
    }
    if let Some(priority) = arrival.priority {
        if !["routine", "urgent", "asap", "stat"].contains(&priority.as_str()) {
            return Err(Refusal::Ask("there is no such priority"));
        }
        text.priority = priority;
    }
    text.photo |= arrival.photo;
    Ok(patients.writes(drawn_patient, &text).await?)
}

async fn received(State(control): State<Control>, headers: HeaderMap, Path(communication): Path<String>) -> Response {
    if let Err(refused) = is_agent(&control.access, &headers) {
        return *refused;
    }
    match control.patients.reads(&communication).await {
        Ok(read) => Json(json!({"received": read["received"]})).into_response(),
        Err(error) => Refusal::from(error).into_response(),
    }
}

fn is_agent(access: &AccessTokens, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let principal = allowed(access, headers, "Communication", FhirOperation::Create)?;
    if principal.subject == ClientId::Agent.as_str() {
        return Ok(());
    }
    let words = "only the agent's token moves the invented people";
    Err(Box::new(outcome::outcome(StatusCode::FORBIDDEN, "forbidden", words)))
}
