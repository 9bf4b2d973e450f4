//! Trying the server out, once, where believing it would cost a message.
//!
//! The probes are `fhir`'s; here they are driven. Those that write leave at most a Communication that is
//! entered-in-error from the start, without patient, text or reader, and tidy it away. By themselves, at the first
//! connection, run only those that a claim or a reply depends on: whether the server takes our own ids, whether a
//! version guards a change, whether a transaction rolls back, and, where our ids are refused, what stands in for them. `tern-agent check` runs them all.

use std::sync::Arc;

use tern_fhir::{
    exchange::{Request, Response},
    facts::{Ability, ConditionalCreate, Transaction},
    probe::{self, Probe, Step},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{facts::Facts, line::Line, pull::PullError, server::Unanswered};

/// Finds out what a reply depends on, where nobody has yet.
pub(crate) async fn before_the_first_write(facts: &Facts, line: &Arc<Line>) -> Result<(), PullError> {
    let base = line.server.fhir_base();
    let seed = Uuid::new_v4();
    if matches!(facts.server().own_ids, Ability::Unknown | Ability::Advertised) {
        run(probe::own_ids(base, seed), facts, line).await?;
    }
    let known = facts.server();
    let is_open = |ability: Ability| matches!(ability, Ability::Unknown | Ability::Advertised);
    if is_open(known.put_if_match) || is_open(known.patch.supported) {
        for probe in probe::changing(base, seed, &known) {
            run(probe, facts, line).await?;
        }
    }
    if facts.server().transaction == Transaction::Unknown {
        run(probe::transaction(base, seed, &facts.server()), facts, line).await?;
    }
    let known = facts.server();
    if known.own_ids == Ability::Missing && known.conditional_create == ConditionalCreate::Unknown {
        for probe in probe::creating(base, seed, &known) {
            run(probe, facts, line).await?;
        }
    }
    Ok(())
}

/// Drives one probe to its end.
async fn run(mut probe: Probe, facts: &Facts, line: &Arc<Line>) -> Result<(), PullError> {
    let mut answers = Vec::new();
    loop {
        match probe.step(&answers) {
            Step::Send { requests, after } => {
                line.time.sleep(after).await;
                answers = side_by_side(requests, line).await?;
            }
            Step::Done { findings, tidy } => {
                for finding in findings {
                    facts.learn(finding).await?;
                }
                for request in tidy {
                    // What stays is nobody's and is read as nothing.
                    let _ = line.send(request).await;
                }
                return Ok(());
            }
        }
    }
}

/// Sends requests at the same time; their answers come in the order of the requests.
async fn side_by_side(requests: Vec<Request>, line: &Arc<Line>) -> Result<Vec<Option<Response>>, PullError> {
    let mut answers = vec![None; requests.len()];
    let mut sending = JoinSet::new();
    for (place, request) in requests.into_iter().enumerate() {
        let line = Arc::clone(line);
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
            Err(Unanswered::Lost) => {}
            Err(unanswered) => return Err(unanswered.into()),
        }
    }
    Ok(answers)
}
