//! A member at a machine: the real engine on a real cache, in a folder that goes away.

use std::{path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tern_fhir::{exchange::Response, facts, search::Scope};
use tern_inbox::{
    ids::MessageId,
    member::Member,
    message::{Authorship, Message, Standing},
    outbox::Wedge,
    party::{Party, PartyRef},
    private::PrivateText,
    queue::Me,
    touch::Outcome,
};
use tern_store::{Cache, CacheKey, Ending, Provenance, Reader, StoreError};

use super::{ask::Failed, scene::Conversation, unsteady::Unsteady};
use crate::{
    ClaimOutcome, Engine, Parts,
    clock::Clock,
    facts::Facts,
    line::Line,
    pace::Pace,
    server::Server,
    server_time::ServerTime,
    status::{Board, Push},
};

/// The engine's second: everything comes sooner than in daily life, nothing in another order.
const PACE: Pace = Pace { unit: Duration::from_millis(50) };

/// Between two looks at the cache while nothing in it changes.
const LOOK: Duration = Duration::from_millis(250);

/// Everything has happened already when a nudge is waited for.
const NUDGED_WITHIN: Duration = Duration::from_millis(1_500);

/// What both desks share.
pub(super) struct Room<'a> {
    pub(super) folder: &'a Path,
    pub(super) server: &'a Arc<dyn Server>,
    /// What the server says of itself.
    pub(super) statement: &'a Response,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) scope: &'a Scope,
    /// What was found out about the server so far.
    pub(super) findings: &'a [facts::Finding],
    /// Nothing is waited for longer.
    pub(super) limit: Duration,
}

/// A member at work.
pub(super) struct Desk {
    pub(super) member: Member,
    pub(super) way: Arc<Unsteady>,
    cache: Cache,
    engine: Engine,
    limit: Duration,
}

impl Desk {
    /// Somebody sits down. The engine begins with what the check has found out.
    pub(super) async fn open(room: &Room<'_>, member: &Member, key: [u8; 32]) -> Result<Self, Failed> {
        let path = room.folder.join(member.reference.id());
        let provenance = Provenance { machine: "check".to_owned(), account: member.reference.as_str().to_owned() };
        let cache = Cache::open(&path, &CacheKey::new(key), &provenance, room.clock.now())?;
        let me = Me::of(member);
        cache.write(room.clock.now(), |writer| writer.set_me(&me))?;
        let way = Arc::new(Unsteady::new(Arc::clone(room.server), room.statement.clone()));
        let server: Arc<dyn Server> = Arc::clone(&way) as _;
        learn(room, &cache, &server).await?;
        let engine = Engine::start(Parts {
            server,
            cache: cache.clone(),
            clock: Arc::clone(room.clock),
            member: member.clone(),
            scope: room.scope.clone(),
            pace: PACE,
        })?;
        Ok(Self { member: member.clone(), way, cache, engine, limit: room.limit })
    }

    /// Waits until the cache says so.
    pub(super) async fn until(
        &self,
        what: &'static str,
        holds: impl Fn(&Reader<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), Failed> {
        let mut changes = self.cache.subscribe();
        let waiting = async {
            while !self.cache.read(&holds)? {
                tokio::select! {
                    _ = changes.recv() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            Ok(())
        };
        let too_long = Err(Failed::TooLong { what, limit: self.limit });
        tokio::time::timeout(self.limit, waiting).await.unwrap_or(too_long)
    }

    /// The conversation has arrived.
    pub(super) async fn sees(&self, conversation: &Conversation) -> Result<(), Failed> {
        self.until("a message to arrive", |reader| {
            let item = reader.work_item_on_server(&conversation.item)?;
            let message = reader.message(&conversation.message)?;
            Ok(item.is_some() && message.is_some() && reader.thread_on_server(&conversation.thread)?.is_some())
        })
        .await
    }

    /// Enter on the envelope.
    pub(super) fn starts(&self, conversation: &Conversation) -> Result<(), Failed> {
        let items = [conversation.item.clone()];
        let author = &self.member.reference;
        self.cache.write(self.engine.now(), |writer| writer.start_touch(&conversation.thread, &items, author))?;
        self.engine.wake();
        Ok(())
    }

    /// Enter on the envelope, and what came of it.
    pub(super) async fn claims(&self, conversation: &Conversation) -> Result<ClaimOutcome, Failed> {
        self.starts(conversation)?;
        Ok(self.engine.claim_now(std::slice::from_ref(&conversation.item), self.limit).await?)
    }

    /// Ctrl Enter, without undo seconds.
    pub(super) fn replies(&self, conversation: &Conversation, reply: &Reply, to: &PartyRef) -> Result<(), Failed> {
        let now = self.engine.now();
        let author = self.member.reference.clone();
        let message = Message {
            id: reply.id.clone(),
            thread: conversation.thread.clone(),
            identity: Some(reply.identity.clone()),
            sender: Some(Party { reference: author.clone(), display: PrivateText::default() }),
            recipients: vec![to.clone()],
            sent: now,
            received: None,
            text: "Answered by a check of this server.".into(),
            in_response_to: Some(conversation.message.clone()),
            standing: Standing::Sent,
            authorship: Authorship::Person,
            attachments: Vec::new(),
        };
        let ending = Ending {
            thread: conversation.thread.clone(),
            author,
            outcome: Outcome::Replied,
            items: vec![conversation.item.clone()],
            reply: Some(message),
            notes: Vec::new(),
            not_before: now,
        };
        self.cache.write(now, |writer| writer.end_touch(&ending))?;
        self.engine.wake();
        Ok(())
    }

    /// Waits until the reply and what it ends have left; its name on the server.
    pub(super) async fn has_sent(&self, conversation: &Conversation, reply: &Reply) -> Result<String, Failed> {
        let stuck = |reader: &Reader<'_>| -> Result<Option<Wedge>, StoreError> {
            let rows = reader.outbox_of_thread(&conversation.thread)?;
            Ok(rows.into_iter().find_map(|row| row.wedged))
        };
        self.until("a reply to leave", |reader| {
            Ok(reader.outbox_of_thread(&conversation.thread)?.is_empty() || stuck(reader)?.is_some())
        })
        .await?;
        if let Some(wedge) = self.cache.read(stuck)? {
            return Err(Failed::Seen(format!("the reply stands wedged: {wedge:?}")));
        }
        let known = self.cache.read(|reader| reader.message(&reply.id))?.and_then(|found| found.server_id);
        Ok(format!("Communication/{}", known.unwrap_or_else(|| reply.id.to_string())))
    }

    /// Waits until the reply stands wedged.
    pub(super) async fn is_stuck_with(&self, reply: &Reply) -> Result<(), Failed> {
        self.until("a reply to stand wedged", |reader| {
            let row = reader.outbox_of_message(&reply.id)?;
            if row.is_none() && reader.message(&reply.id)?.is_some() {
                return Ok(true);
            }
            Ok(row.is_some_and(|row| row.wedged.is_some()))
        })
        .await?;
        match self.cache.read(|reader| reader.outbox_of_message(&reply.id))? {
            Some(_) => Ok(()),
            None => Err(Failed::Seen("the reply left although its claim was lost".to_owned())),
        }
    }

    /// Sends what waits; the server is there again.
    pub(super) fn wake(&self) {
        self.engine.wake();
    }

    /// Whether the server has said by itself that something changed.
    pub(super) async fn has_heard(&self) -> bool {
        let mut status = self.engine.status();
        let heard = status.wait_for(|status| status.push == Push::Heard);
        tokio::time::timeout(NUDGED_WITHIN, heard).await.is_ok_and(|heard| heard.is_ok())
    }

    /// Server time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.engine.now()
    }

    /// Gets up. What was not sent stays where it is: in a folder that goes away.
    pub(super) fn leave(self) {
        drop(self.engine);
        self.cache.close();
    }
}

/// A reply's names.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) id: MessageId,
    pub(super) identity: String,
}

impl Reply {
    pub(super) fn new() -> Self {
        let id = uuid::Uuid::now_v7();
        Self { id: MessageId::from(id), identity: format!("urn:uuid:{id}") }
    }
}

/// Puts into the cache what the probes have shown, as the engine would have learnt it by itself.
async fn learn(room: &Room<'_>, cache: &Cache, server: &Arc<dyn Server>) -> Result<(), Failed> {
    let time = Arc::new(ServerTime::new(Arc::clone(room.clock)));
    let board = Arc::new(Board::new());
    let facts = Facts::load(cache, &time, &board)?;
    let line = Line::new(Arc::clone(server), time, board);
    // Answered by the statement that is known.
    let _ = facts.ask(&line).await;
    for finding in room.findings {
        facts.learn(finding.clone()).await?;
    }
    Ok(())
}
