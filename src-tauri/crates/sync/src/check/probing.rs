//! Drives `fhir`'s probes: one after the other where one needs the other's answer, else side by side.

use tern_fhir::{
    answer::{ReadAnswer, to_read},
    exchange::{Request, Response},
    facts,
    probe::{Probe, Step},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::ask::{Asking, Failed};
use crate::server::Unanswered;

/// Tries of a probe to which the way there was unkind.
const TRIES: usize = 4;

/// What probes brought.
#[derive(Default)]
pub(super) struct Brought {
    /// What was learnt.
    pub(super) findings: Vec<facts::Finding>,
    /// `Type/id` of what was made and asks to be deleted.
    pub(super) made: Vec<String>,
    /// An answer was lost: something may be there that nobody knows of.
    pub(super) lost: bool,
}

impl Brought {
    fn add(&mut self, more: Self) {
        self.findings.extend(more.findings);
        self.made.extend(more.made);
        self.lost |= more.lost;
    }
}

impl Asking {
    /// Drives probes side by side. `probes` makes them anew for each seed, because one that was disturbed is begun
    /// again with other ids.
    pub(super) async fn probe_all(&self, probes: impl Fn(Uuid) -> Vec<Probe>) -> Result<Brought, Failed> {
        let mut brought = Brought::default();
        let mut places: Vec<usize> = (0..probes(Uuid::nil()).len()).collect();
        for _ in 0..TRIES {
            let mut driven = JoinSet::new();
            for (place, probe) in probes(Uuid::new_v4()).into_iter().enumerate() {
                if places.contains(&place) {
                    let asking = self.clone();
                    driven.spawn(async move { (place, asking.drive(probe).await) });
                }
            }
            let mut done = Vec::new();
            places.clear();
            while let Some(one) = driven.join_next().await {
                let (place, one) = one?;
                let one = one?;
                if one.lost {
                    places.push(place);
                }
                done.push((place, one));
            }
            // In their own order, so that one server always brings the same.
            done.sort_by_key(|(place, _)| *place);
            for (_, one) in done {
                brought.add(one);
            }
            if places.is_empty() {
                break;
            }
        }
        Ok(brought)
    }

    /// Drives one probe to its end.
    async fn drive(&self, mut probe: Probe) -> Result<Brought, Failed> {
        let mut answers = Vec::new();
        let mut lost = false;
        loop {
            match probe.step(&answers) {
                Step::Send { requests, after } => {
                    self.line.time.sleep(after).await;
                    answers = self.side_by_side(requests).await?;
                    lost |= answers.iter().any(|answer| answer.as_ref().is_none_or(is_trouble));
                }
                Step::Done { findings, tidy } => {
                    let made = tidy.into_iter().map(|request| request.path).collect();
                    return Ok(Brought { findings, made, lost });
                }
            }
        }
    }

    /// Sends requests at the same time; their answers come in the order of the requests.
    async fn side_by_side(&self, requests: Vec<Request>) -> Result<Vec<Option<Response>>, Failed> {
        let mut answers = vec![None; requests.len()];
        let mut sending = JoinSet::new();
        for (place, request) in requests.into_iter().enumerate() {
            let line = self.line.clone();
            sending.spawn(async move { (place, line.send(request).await) });
        }
        while let Some(sent) = sending.join_next().await {
            let (place, exchange) = sent?;
            match exchange {
                Ok(response) => {
                    if let Some(answer) = answers.get_mut(place) {
                        *answer = Some(response);
                    }
                }
                Err(Unanswered::Lost | Unanswered::Offline) => {}
                Err(unanswered) => return Err(unanswered.into()),
            }
        }
        Ok(answers)
    }
}

/// Trouble on the way, which says nothing about the server. 501 is an answer.
fn is_trouble(response: &Response) -> bool {
    match response.status {
        429 | 500 | 502..=599 => true,
        200..=299 => response.body.trim_ascii_start().starts_with(b"<") || is_cut(response),
        _ => false,
    }
}

/// Half a body.
fn is_cut(response: &Response) -> bool {
    matches!(to_read(response), ReadAnswer::Later { .. }) && !response.body.is_empty()
}
