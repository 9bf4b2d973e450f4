//! A desk: one member at work on one cache, with the engine running behind it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use tern_inbox::{
    ids::{MessageId, ThreadId},
    member::Member,
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    queue::Me,
};
use tern_store::{AuditEntry, Cache, Reader, StoreError, UnsentReply, Writer};
use tern_sync::{Engine, clock::Clock, status::Connection};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    documents::OpenFile,
    dto::{MemberCard, UnsentOthers},
    fail::Answer,
    ports::Account,
};

/// Signed in, with the file open. Dropping it closes nothing: see [`Desk::leave`].
pub(crate) struct Desk {
    pub(crate) account: Account,
    pub(crate) member: Member,
    pub(crate) practice: String,
    pub(crate) cache: Cache,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) open: Arc<Open>,
}

/// What is open on the screen and nowhere else.
#[derive(Default)]
pub(crate) struct Open {
    /// Threads that are peeked at.
    peeked: Mutex<HashSet<ThreadId>>,
    /// The id that a reply will have, made when its composer opens: a double press is one reply.
    replies: Mutex<HashMap<ThreadId, MessageId>>,
    /// Milliseconds at work that make no second yet.
    active_rest: Mutex<i64>,
    /// The file that is looked at.
    file: Mutex<Option<OpenFile>>,
    /// Which look at a file is the latest, by number: whatever an earlier one brings is nobody's any more.
    looks: watch::Sender<u64>,
}

/// How long what is ready may take to leave before a deep lock or a quit.
pub(crate) const LEAVES_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

impl Desk {
    /// Milliseconds at work that make no second yet.
    pub(crate) fn active_rest(&self) -> MutexGuard<'_, i64> {
        lock(&self.open.active_rest)
    }

    /// The instant by the server's clock, as far as it is known: claims and due times are judged by it.
    pub(crate) fn server_now(&self) -> DateTime<Utc> {
        self.engine.now()
    }

    /// Reads one snapshot beside the async threads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let cache = self.cache.clone();
        let of_cache = cache.clone();
        let result = tokio::task::spawn_blocking(move || of_cache.read(read)).await?;
        Ok(result.inspect_err(|error| note(&cache, error))?)
    }

    /// One durable transaction beside the async threads, at the server's instant: what it puts into the outbox is
    /// judged by that clock, and with this machine's, off by a day, it would wait for a day.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Writer<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let cache = self.cache.clone();
        let now = self.server_now();
        let of_cache = cache.clone();
        let result = tokio::task::spawn_blocking(move || of_cache.write(now, write)).await?;
        Ok(result.inspect_err(|error| note(&cache, error))?)
    }

    /// The member as work items and pools name them.
    pub(crate) fn me(&self) -> Me {
        Me::of(&self.member)
    }

    /// An entry for the audit, made now. `subject` is a reference; no word of a message.
    pub(crate) fn audit(&self, action: &str, subject: Option<String>) -> AuditEntry {
        AuditEntry {
            id: Uuid::now_v7().to_string(),
            at: self.server_now(),
            author: self.member.reference.clone(),
            action: action.to_owned(),
            subject,
            detail: None,
        }
    }

    /// A member's name; blank where nobody knows it.
    pub(crate) async fn name_of(&self, party: &PartyRef) -> Answer<String> {
        if self.me().is(party) {
            return Ok(self.member.name.reveal().to_owned());
        }
        let party = party.clone();
        let member = self.read(move |reader| reader.member(&party)).await?;
        Ok(member.map(|member| member.name.into_revealed()).unwrap_or_default())
    }

    /// Starts or ends looking at a thread without taking it.
    pub(crate) fn peeking(&self, thread: &ThreadId, looking: bool) {
        let mut peeked = lock(&self.open.peeked);
        if looking {
            peeked.insert(thread.clone());
        } else {
            peeked.remove(thread);
        }
    }

    /// Whether a thread is peeked at.
    pub(crate) fn is_peeking(&self, thread: &ThreadId) -> bool {
        lock(&self.open.peeked).contains(thread)
    }

    /// The id that the reply in a thread will have; the same until it was sent.
    pub(crate) fn reply_id(&self, thread: &ThreadId) -> MessageId {
        lock(&self.open.replies).entry(thread.clone()).or_insert_with(|| MessageId::from(Uuid::now_v7())).clone()
    }

    /// The next reply in the thread is another one.
    pub(crate) fn forget_reply_id(&self, thread: &ThreadId) {
        lock(&self.open.replies).remove(thread);
    }

    /// Somebody wants to look at a file: the one before goes first, so that there are never two in memory, and what is
    /// still on its way of another is not waited for.
    pub(crate) fn begin_look(&self) -> u64 {
        self.close_file()
    }

    /// Returns once another file is wanted, or none.
    pub(crate) async fn look_is_over(&self, look: u64) {
        let mut looks = self.open.looks.subscribe();
        // An error is the end of the desk, which ends the look as well.
        let _ = looks.wait_for(|latest| *latest != look).await;
    }

    /// The file of a look is here. Says whether anybody still looks: else it is wiped.
    pub(crate) fn open_file(&self, look: u64, file: OpenFile) -> bool {
        let mut open = lock(&self.open.file);
        let is_wanted = *self.open.looks.borrow() == look;
        if is_wanted {
            *open = Some(file);
        }
        is_wanted
    }

    /// What is asked of the file that is looked at.
    pub(crate) fn with_open_file<T>(&self, ask: impl FnOnce(&OpenFile) -> T) -> Option<T> {
        lock(&self.open.file).as_ref().map(ask)
    }

    /// None is looked at any more: its bytes are wiped, and those on their way are not kept. Returns the number of the look
    /// that may follow.
    pub(crate) fn close_file(&self) -> u64 {
        let mut latest = 0;
        self.open.looks.send_modify(|look| {
            *look += 1;
            latest = *look;
        });
        lock(&self.open.file).take();
        latest
    }

    /// How the screen names the member.
    pub(crate) fn member_card(&self) -> MemberCard {
        card(&self.member)
    }

    /// Sends what is ready (ten seconds at most), stops the engine, wipes the key and closes the file. Returns how
    /// many replies of the member the server does not have.
    pub(crate) async fn leave(&self) -> u32 {
        self.engine.stop(LEAVES_WITHIN).await;
        let unsent = self.unsent().await;
        let cache = self.cache.clone();
        if tokio::task::spawn_blocking(move || cache.close()).await.is_err() {
            tracing::error!("the cache could not be closed");
        }
        unsent
    }

    /// As [`Desk::leave`], for signing out: the file goes too where all that is in it is on the server. Says whether
    /// it went.
    pub(crate) async fn leave_for_good(&self) -> bool {
        self.engine.stop(LEAVES_WITHIN).await;
        let cache = self.cache.clone();
        let left = tokio::task::spawn_blocking(move || {
            let gone = cache.forget();
            cache.close();
            match gone {
                Ok(()) => true,
                Err(StoreError::Unsent { replies, drafts }) => {
                    tracing::info!(replies, drafts, "the cache is kept: something in it is nowhere else");
                    false
                }
                Err(error) => {
                    tracing::error!(%error, "the cache could not be removed");
                    false
                }
            }
        });
        left.await.unwrap_or(false)
    }

    /// Replies of the member that would stay here if the program ended now: those that something holds back, and,
    /// while the server does not answer, all. On an open way what waits for its seconds leaves before the end.
    pub(crate) async fn would_stay(&self) -> u32 {
        let is_online = self.engine.status().borrow().connection == Connection::Online;
        let stays = |reply: &&UnsentReply| !(is_online && reply.leaves);
        count(self.unsent_replies().await.iter().filter(stays).count())
    }

    /// As [`Desk::would_stay`], what is no reply.
    pub(crate) async fn others_that_would_stay(&self) -> UnsentOthers {
        let is_online = self.engine.status().borrow().connection == Connection::Online;
        let leaves = |row: &OutboxRow| {
            is_online && row.attempts == 0 && matches!(row.delivery, Delivery::Queued | Delivery::Sending)
        };
        others(self.own_rows().await.iter().filter(|row| !leaves(row)))
    }

    /// What of the member's is no reply, and the server does not have.
    pub(crate) async fn unsent_others(&self) -> UnsentOthers {
        others(self.own_rows().await.iter())
    }

    async fn own_rows(&self) -> Vec<OutboxRow> {
        let author = self.member.reference.clone();
        let mut rows = self.read(|reader| reader.outbox()).await.unwrap_or_default();
        rows.retain(|row| row.author == author);
        rows
    }

    /// Replies of the member that the server does not have.
    pub(crate) async fn unsent(&self) -> u32 {
        count(self.unsent_replies().await.len())
    }

    async fn unsent_replies(&self) -> Vec<UnsentReply> {
        let author = self.member.reference.clone();
        self.read(move |reader| reader.unsent_replies(&author)).await.unwrap_or_default()
    }
}

fn others<'r>(rows: impl Iterator<Item = &'r OutboxRow>) -> UnsentOthers {
    let mut others = UnsentOthers::default();
    for row in rows {
        match row.intent {
            Intent::Cover { .. } | Intent::EndCoverage { .. } => others.absences += 1,
            Intent::Serve { .. } | Intent::EndDuty { .. } => others.duties += 1,
            Intent::File { .. } => others.files += 1,
            _ => {}
        }
    }
    others
}

fn count(replies: usize) -> u32 {
    u32::try_from(replies).unwrap_or(u32::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the screen names a member.
pub(crate) fn card(member: &Member) -> MemberCard {
    MemberCard {
        reference: member.reference.to_string(),
        name: member.name.reveal().to_owned(),
        role: role_code(member.role).to_owned(),
    }
}

pub(crate) fn role_code(role: tern_inbox::member::Role) -> &'static str {
    use tern_inbox::member::Role;
    match role {
        Role::Physician => "physician",
        Role::Nurse => "nurse",
        Role::Ma => "ma",
        Role::FrontOffice => "front-office",
        Role::TriageLead => "triage-lead",
        Role::It => "it",
        Role::Unknown => "unknown",
    }
}

/// The outbox row of a message that its author decides about; somebody else's is none.
///
/// # Errors
/// [`StoreError::NotFound`] for a message that does not wait here.
pub(crate) fn own_row(reader: &Reader<'_>, message: &MessageId, author: &PartyRef) -> Result<OutboxRow, StoreError> {
    let row = reader.outbox_of_message(message)?.filter(|row| row.author == *author);
    row.ok_or(StoreError::NotFound("message"))
}

/// A damaged file is replaced at the next start.
fn note(cache: &Cache, error: &StoreError) {
    if matches!(error, StoreError::Damaged) {
        cache.note_damage();
    }
}
