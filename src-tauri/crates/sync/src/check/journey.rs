//! The whole way, with two members at two desks: what Tern promises, seen on this server.
//!
//! ```text
//!   thread 1   both start it at once ──> one has it ──> replies ──> retracts       a file beside it
//!   thread 2   the first replies, and the answer to that is lost
//!   thread 3   the second replies with no way to the server; the first takes it meanwhile, then it is routed
//! ```

use std::time::Duration;

use tern_fhir::{
    answer::{self, ReadAnswer},
    exchange::{Request, Response},
    facts::ServerFacts,
    write::{
        attachment::{self, File},
        change::Current,
        edit::Edit,
    },
};
use tern_inbox::work_item::Urgency;
use uuid::Uuid;

use super::{
    ask::{Asking, Failed, refused},
    desk::{Desk, Reply},
    ledger::Ledger,
    report::{Finding, Verdict},
    scene::{Conversation, People},
};
use crate::ClaimOutcome;

/// Bytes of the file that is attached.
const FILE_BYTES: usize = 48_000;

/// Two members, three conversations, one server.
pub(super) struct Journey<'a> {
    pub(super) asking: &'a Asking,
    pub(super) facts: &'a ServerFacts,
    pub(super) ledger: &'a Ledger,
    pub(super) people: &'a People,
    pub(super) conversations: &'a [Conversation; 3],
    pub(super) desks: &'a [Desk; 2],
}

impl Journey<'_> {
    /// Goes it. What goes wrong is a finding, and the rest is gone all the same.
    pub(super) async fn go(&self, progress: &(dyn Fn(&str) + Sync)) -> Vec<Finding> {
        let [first, second] = self.desks;
        let [raced, lost, taken] = self.conversations;
        progress("waiting until two members see the messages");
        let mut findings = Vec::new();
        let arrival = async {
            for conversation in self.conversations {
                tokio::try_join!(first.sees(conversation), second.sees(conversation))?;
            }
            Ok(String::new())
        };
        let arrived: Result<String, Failed> = arrival.await;
        let goes_on = arrived.is_ok();
        findings.push(found("thread", arrived));
        if !goes_on {
            return findings;
        }
        progress("a race for one message, and an answer that is lost");
        let reply = Reply::new();
        let race = async {
            let winner = self.race(raced).await?;
            Ok::<_, Failed>((winner, self.reply(winner, raced, &reply).await))
        };
        let (race, lost_answer) = tokio::join!(race, self.lost_answer(first, lost));
        match race {
            Ok((winner, replied)) => {
                findings.push(found("race", Ok(format!("{} was first", winner.member.name.reveal()))));
                let path = replied.as_ref().ok().cloned();
                findings.push(found("reply", replied.map(|_| String::new())));
                findings.push(found("lost-answer", lost_answer));
                progress("a claim that is lost, a file, a correction");
                let correction = async {
                    match &path {
                        Some(path) => Some(self.correction(path).await),
                        None => None,
                    }
                };
                let (claims, attachment, correction) =
                    tokio::join!(self.lost_claim(first, second, taken), self.attachment(winner, raced), correction);
                findings.extend(claims);
                findings.push(found("route", self.route(taken).await));
                findings.push(found("attachment", attachment));
                findings.extend(correction.map(|correction| found("correction", correction)));
            }
            Err(failed) => {
                findings.push(found("race", Err(failed)));
                findings.push(found("lost-answer", lost_answer));
            }
        }
        findings
    }

    /// Both start it at the same moment: one has it, and the server says the same.
    async fn race(&self, conversation: &Conversation) -> Result<&Desk, Failed> {
        let [first, second] = self.desks;
        let (one, other) = tokio::join!(first.claims(conversation), second.claims(conversation));
        let winner = match (one?, other?) {
            (ClaimOutcome::Ours, ClaimOutcome::Taken { .. }) => first,
            (ClaimOutcome::Taken { .. }, ClaimOutcome::Ours) => second,
            (one, other) => {
                let told = |outcome: &ClaimOutcome| match outcome {
                    ClaimOutcome::Ours => "it is yours",
                    ClaimOutcome::Taken { .. } => "it is taken",
                    ClaimOutcome::Unconfirmed => "no answer",
                };
                return Err(Failed::Seen(format!("the two were told: {}, {}", told(&one), told(&other))));
            }
        };
        let claim = Edit::Claim { by: &winner.member.reference, at: winner.now() };
        self.comes_to(&conversation.task(), "the claim on the server", &claim).await?;
        Ok(winner)
    }

    /// The reply is there once, and its work item ended with it; `Communication/id`.
    async fn reply(&self, desk: &Desk, conversation: &Conversation, reply: &Reply) -> Result<String, Failed> {
        self.ledger.expect("Communication", &reply.identity);
        desk.replies(conversation, reply, &self.people.patient)?;
        let path = desk.has_sent(conversation, reply).await?;
        self.ledger.note(&path, Some(&reply.identity));
        self.is_there_once(&path, reply).await?;
        let complete = Edit::Complete { reply: Some(&path), at: desk.now() };
        self.comes_to(&conversation.task(), "the completed work item", &complete).await?;
        Ok(path)
    }

    async fn lost_answer(&self, desk: &Desk, conversation: &Conversation) -> Result<String, Failed> {
        match desk.claims(conversation).await? {
            ClaimOutcome::Ours => {}
            outcome => return Err(Failed::Seen(format!("nobody else was there, and yet: {outcome:?}"))),
        }
        let reply = Reply::new();
        desk.way.lose_answer_to(&reply.identity);
        self.reply(desk, conversation, &reply).await?;
        // A server that loses its answers by itself may leave none to lose.
        match (desk.way.lost(), desk.way.unanswered()) {
            (0, 0) => Err(Failed::Seen("no answer could be lost".to_owned())),
            (0, times) => Ok(format!("{times} lost by the server itself")),
            (times, _) => Ok(format!("{times} answer lost")),
        }
    }

    /// Somebody replies without a way to the server, and meanwhile somebody else takes the work item.
    async fn lost_claim(&self, taker: &Desk, loser: &Desk, conversation: &Conversation) -> Vec<Finding> {
        let reply = Reply::new();
        self.ledger.expect("Communication", &reply.identity);
        let prepared = async {
            let before = Current::of_response(&self.asking.resource(&conversation.task()).await?)?;
            loser.way.cut();
            loser.starts(conversation)?;
            loser.replies(conversation, &reply, &self.people.patient)?;
            match taker.claims(conversation).await? {
                ClaimOutcome::Ours => Ok(before),
                outcome => Err(Failed::Seen(format!("nobody else could be there, and yet: {outcome:?}"))),
            }
        };
        let before = match prepared.await {
            Ok(before) => before,
            Err(failed) => {
                loser.way.mend();
                return vec![found("lost-claim", Err(failed))];
            }
        };
        let stale = self.stale_version(&before, taker, loser, conversation).await;
        let stuck = async {
            loser.way.mend();
            loser.wake();
            loser.is_stuck_with(&reply).await?;
            match self.asking.carrying("Communication", &reply.identity).await?.len() {
                0 => Ok(String::new()),
                copies => Err(Failed::Seen(format!("{copies} on the server although its claim was lost"))),
            }
        };
        vec![found("stale-version", stale), found("lost-claim", stuck.await)]
    }

    /// A change under a version that is not there any more.
    async fn stale_version(
        &self,
        before: &Current,
        taker: &Desk,
        loser: &Desk,
        conversation: &Conversation,
    ) -> Result<String, Failed> {
        let claim = Edit::Claim { by: &loser.member.reference, at: loser.now() };
        let request = before.change(&claim, self.facts.changing())?;
        let answered = self.asking.answered(&request).await?;
        let kept = Edit::Claim { by: &taker.member.reference, at: taker.now() };
        self.comes_to(&conversation.task(), "the claim that holds", &kept).await?;
        if (200..300).contains(&answered.status) {
            return Err(Failed::Seen(format!("{} to a change under an outdated version", answered.status)));
        }
        Ok(format!("{}", answered.status))
    }

    /// A file goes there and comes back the same.
    async fn attachment(&self, desk: &Desk, conversation: &Conversation) -> Result<String, Failed> {
        // Bytes of every value, so that no text conversion goes unnoticed.
        let bytes: Vec<u8> = (0..FILE_BYTES).map(|place| (place * 31 % 251) as u8 ^ (place / 256) as u8).collect();
        let thread = format!("Communication/{}", conversation.thread);
        let (binary_id, document_id) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        let file = File {
            binary_id: &binary_id,
            document_id: &document_id,
            title: "check.png",
            content_type: "image/png",
            bytes: &bytes,
            patient: Some(self.people.patient.as_str()),
            thread: &thread,
            author: &desk.member.reference,
            at: desk.now(),
        };
        let binary = self.ledger.create(self.asking, &attachment::binary(&file), self.facts).await?;
        let document = attachment::document(&file, &binary)?;
        let document = self.ledger.create(self.asking, &document, self.facts).await?;
        let (brought, stated) = tokio::try_join!(self.is_there(&binary), self.is_there(&document))?;
        if !attachment::is_whole(&bytes, &brought, &stated) {
            return Err(Failed::Seen("what came back is not what was sent".to_owned()));
        }
        Ok(format!("{FILE_BYTES} bytes"))
    }

    /// A work item is made urgent, and goes to another pool: nobody's own any more.
    async fn route(&self, conversation: &Conversation) -> Result<String, Failed> {
        let (at, elsewhere) = (self.asking.line.time.now(), format!("{}-elsewhere", self.people.pool));
        let urgent = Edit::Urgency { urgency: Urgency::Urgent, lowered: None, frees: false, at };
        for edit in [urgent, Edit::Route { pool: &elsewhere, at }] {
            self.asking.edit(&conversation.task(), &edit, self.facts).await?;
            self.comes_to(&conversation.task(), "the routed work item", &edit).await?;
        }
        Ok(String::new())
    }

    async fn correction(&self, reply: &str) -> Result<String, Failed> {
        self.asking.edit(reply, &Edit::Retract, self.facts).await?;
        self.comes_to(reply, "the retracted message", &Edit::Retract).await?;
        Ok(String::new())
    }

    /// Waits until the resource can be read: some servers answer from a moment ago.
    async fn is_there(&self, path: &str) -> Result<Response, Failed> {
        let waiting = async {
            loop {
                let response = self.asking.read(&Request::get(path)).await?;
                match answer::to_read(&response) {
                    ReadAnswer::Here => return Ok(response),
                    ReadAnswer::Gone => self.asking.look_again().await,
                    _ => return Err(refused(&Request::get(path), &response)),
                }
            }
        };
        self.asking.within_limit("what was written to be readable", waiting).await
    }

    /// Waits until the resource says what the edit makes it say.
    async fn comes_to(&self, path: &str, what: &'static str, edit: &Edit<'_>) -> Result<(), Failed> {
        let waiting = async {
            loop {
                let json = serde_json::from_slice(&self.is_there(path).await?.body).unwrap_or_default();
                if edit.stands_in(&json) {
                    return Ok(());
                }
                self.asking.look_again().await;
            }
        };
        self.asking.within_limit(what, waiting).await
    }

    /// Waits until the reply is there, by its own name and by its identifier, and counts it.
    async fn is_there_once(&self, path: &str, reply: &Reply) -> Result<(), Failed> {
        self.is_there(path).await?;
        // A second copy would be seen as late as any other row.
        let late = self.facts.late_by_ms.unwrap_or_default();
        self.asking.line.time.sleep(Duration::from_millis(late + late / 2)).await;
        let waiting = async {
            loop {
                let copies = self.asking.carrying("Communication", &reply.identity).await?;
                for copy in &copies {
                    self.ledger.note(&copy.path, None);
                }
                // None: not visible yet. Several: the engine retracts its own second copy as soon as it sees it.
                if copies.iter().filter(|copy| copy.status != "entered-in-error").count() == 1 {
                    return Ok(());
                }
                self.asking.look_again().await;
            }
        };
        self.asking.within_limit("the reply to be there once", waiting).await
    }
}

/// A step as a finding.
pub(super) fn found(id: &'static str, step: Result<String, Failed>) -> Finding {
    match step {
        Ok(detail) => Finding::new(id, Verdict::Works, detail),
        Err(failed) => Finding::new(id, Verdict::Missing, failed.to_string()),
    }
}
