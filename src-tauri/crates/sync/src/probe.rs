//! Trying the server out, once, where believing it would cost a message.
//!
//! The probes are `fhir`'s; here they are driven. Those that write leave at most a Communication that is
//! entered-in-error from the start, without patient, text or reader, and tidy it away. Only two of them run by
//! themselves at a connection, because a reply depends on the answer: whether the server takes our own ids, and
//! whether a transaction rolls back. `tern-agent check` runs them all.

use tern_fhir::{
    facts::{Ability, Transaction},
    probe::{self, Probe, Step},
};
use uuid::Uuid;

use crate::{facts::Facts, line::Line, pull::PullError, server::Unanswered};

/// Finds out what a reply depends on, where nobody has yet.
pub(crate) async fn before_the_first_write(facts: &Facts, line: &Line) -> Result<(), PullError> {
    let base = line.server.fhir_base();
    let seed = Uuid::new_v4();
    if matches!(facts.server().own_ids, Ability::Unknown | Ability::Advertised) {
        run(probe::own_ids(base, seed), facts, line).await?;
    }
    if facts.server().transaction == Transaction::Unknown {
        run(probe::transaction(base, seed, &facts.server()), facts, line).await?;
    }
    Ok(())
}

/// Drives one probe to its end.
async fn run(mut probe: Probe, facts: &Facts, line: &Line) -> Result<(), PullError> {
    let mut answers = Vec::new();
    loop {
        match probe.step(&answers) {
            Step::Send { requests, after } => {
                line.time.sleep(after).await;
                answers = Vec::new();
                for request in requests {
                    answers.push(match line.send(request).await {
                        Ok(response) => Some(response),
                        Err(Unanswered::Lost) => None,
                        Err(unanswered) => return Err(unanswered.into()),
                    });
                }
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
