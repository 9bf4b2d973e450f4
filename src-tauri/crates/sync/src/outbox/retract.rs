//! Second copies of something of ours: the earliest counts, the others are marked entered-in-error.
//!
//! A lost answer on a server that makes a resource twice leaves two of a message. The pull finds them by their
//! identifier and notes the later one; here it is retracted, under its version, never deleted. What another system
//! wrote is never touched, whatever identifier it carries: who sent it, and what it is called, is read anew first.

use tern_fhir::{
    answer::{ReadAnswer, to_read},
    search,
    write::{change::Current, edit::Edit},
};
use tern_inbox::outbox::Answer;
use tern_store::Extra;

use super::{Outbox, OutboxError, Written};

impl Outbox {
    /// Retracts what the pull noted. One that can't be now is tried at the next turn.
    pub(super) async fn retract_extras(&self) -> Result<(), OutboxError> {
        for extra in self.book.extras().await? {
            if self.retract(&extra).await? {
                self.book.retracted(self.time.now(), &extra).await?;
            }
        }
        Ok(())
    }

    /// Whether nothing is left to retract.
    async fn retract(&self, extra: &Extra) -> Result<bool, OutboxError> {
        let Ok(response) = self.line.send(search::read(extra.kind.as_str(), &extra.server_id)).await else {
            return Ok(false);
        };
        match to_read(&response) {
            ReadAnswer::Here => {}
            ReadAnswer::Gone => return Ok(true),
            _ => return Ok(false),
        }
        let Ok(current) = Current::of_response(&response) else { return Ok(false) };
        if Edit::Retract.stands_in(current.json()) {
            return Ok(true);
        }
        if !self.made(current.json(), extra) {
            tracing::warn!(kind = extra.kind.as_str(), id = %extra.server_id, "not a copy of ours: left as it is");
            return Ok(true);
        }
        let Ok(request) = current.change(&Edit::Retract, self.facts.server().changing()) else { return Ok(true) };
        Ok(match self.write(request).await? {
            Written::Answered { verdict, .. } => matches!(verdict.answer, Answer::Accepted | Answer::Gone),
            Written::Unanswered(_) => false,
        })
    }

    /// Whether a resource is a copy of what the member made here: under our identifier, and from the member.
    fn made(&self, resource: &serde_json::Value, extra: &Extra) -> bool {
        let ours = format!("urn:uuid:{}", extra.of);
        let mut identifiers = resource["identifier"].as_array().into_iter().flatten();
        let sender = resource["sender"]["reference"].as_str().unwrap_or_default();
        identifiers.any(|identifier| identifier["value"] == ours.as_str())
            && self.me.references.iter().any(|me| {
                // By its path, or by the whole address.
                sender.strip_suffix(me.as_str()).is_some_and(|base| base.is_empty() || base.ends_with('/'))
            })
    }
}
