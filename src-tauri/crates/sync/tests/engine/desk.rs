//! A member at a machine: a real cache in a directory of its own, an engine, a connection that can fail.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    ids::{MessageId, ThreadId, WorkItemId},
    member::Member,
    message::{Authorship, Delivery, Message, Standing},
    moves::Move,
    outbox::{OutboxRow, Wedge},
    party::{Party, PartyRef},
    private::PrivateText,
    touch::Outcome,
    work_item::Urgency,
};
use tern_store::{Cache, CacheKey, Ended, Ending, Moved, Moving, Provenance, Reader, StoreError};
use tern_sync::{ClaimOutcome, Engine, Parts, clock::Clock as _, pace::Pace};
use tern_testkit::{Connection, FakeClock, Practice, people};

/// In the engine's time: longer than any back-off and any claim.
const PATIENCE: Duration = Duration::from_secs(40 * 60);

pub(crate) struct Desk {
    _home: tempfile::TempDir,
    path: PathBuf,
    clock: Arc<FakeClock>,
    pub(crate) member: Member,
    pub(crate) connection: Arc<Connection>,
    pub(crate) cache: Cache,
    pub(crate) engine: Option<Engine>,
}

impl Desk {
    /// Somebody sits down, and the engine starts.
    pub(crate) fn opens(practice: &Arc<Practice>, clock: &Arc<FakeClock>, member: Member) -> Self {
        let mut desk = Self::unplugged(practice, clock, member);
        desk.starts();
        desk
    }

    /// The same with the engine still off.
    pub(crate) fn unplugged(practice: &Arc<Practice>, clock: &Arc<FakeClock>, member: Member) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("cache");
        let cache = open(&path, &member, clock.now());
        let me = people::me(&member);
        cache.write(clock.now(), |writer| writer.set_me(&me)).expect("kept");
        Self {
            _home: home,
            path,
            clock: Arc::clone(clock),
            member,
            connection: Connection::new(practice),
            cache,
            engine: None,
        }
    }

    /// The engine starts.
    pub(crate) fn starts(&mut self) {
        let parts = Parts {
            server: Arc::clone(&self.connection) as Arc<dyn tern_sync::server::Server>,
            cache: self.cache.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn tern_sync::clock::Clock>,
            member: self.member.clone(),
            scope: tern_fhir::search::Scope::of(self.member.role),
            pace: Pace::default(),
        };
        self.engine = Some(Engine::start(parts).expect("an engine"));
    }

    /// The process dies: nothing is said goodbye to.
    pub(crate) fn dies(&mut self) {
        self.engine = None;
        self.cache.close();
    }

    /// The program starts again on the same file.
    pub(crate) fn comes_back(&mut self) {
        self.cache = open(&self.path, &self.member, self.clock.now());
        self.starts();
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("a running engine")
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>) -> T {
        self.cache.read(read).expect("readable")
    }

    /// Waits, in the engine's time, until the cache says so.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Reader<'_>) -> Result<bool, StoreError>) {
        let mut changes = self.cache.subscribe();
        let waiting = async {
            while !self.read(&holds) {
                let _ = changes.recv().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "never came to: {what}\n{:?}", self.read(|reader| reader.outbox()));
    }

    /// Waits until everything was looked at once more.
    pub(crate) async fn looks(&self) {
        let mut status = self.engine().status();
        let before = status.borrow().checked;
        // Server time has to move on for the next look to be told from the last.
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.engine().wake();
        let waited = tokio::time::timeout(
            PATIENCE,
            status.wait_for(|status| status.checked.is_some() && status.checked != before),
        );
        assert!(waited.await.is_ok_and(|looked| looked.is_ok()), "never looked");
    }

    /// Waits until the server was looked at and tried out.
    pub(crate) async fn knows_the_server(&self) {
        self.looks().await;
        let mut status = self.engine().status();
        let tried = status.wait_for(|status| {
            status.facts.as_ref().is_some_and(|facts| facts.transaction != tern_fhir::facts::Transaction::Unknown)
        });
        let waited = tokio::time::timeout(PATIENCE, tried).await;
        assert!(waited.is_ok_and(|tried| tried.is_ok()), "never tried out");
    }

    /// Nothing of mine waits any more.
    pub(crate) async fn has_sent_everything(&self) {
        self.until("an empty outbox", |reader| Ok(reader.outbox()?.is_empty())).await;
    }

    pub(crate) fn open_items(&self, thread: &str) -> Vec<WorkItemId> {
        let thread = ThreadId::from(thread);
        let items = self.read(|reader| reader.work_items(&thread));
        items.into_iter().filter(|item| item.status.is_open()).map(|item| item.id).collect()
    }

    /// Enter on the envelope, as the desktop does it.
    pub(crate) fn starts_touch(&self, thread: &str) -> Vec<WorkItemId> {
        let items = self.open_items(thread);
        let (id, author) = (ThreadId::from(thread), &self.member.reference);
        self.cache.write(self.now(), |writer| writer.start_touch(&id, &items, author)).expect("started");
        if let Some(engine) = &self.engine {
            engine.wake();
        }
        items
    }

    pub(crate) async fn claims(&self, thread: &str) -> ClaimOutcome {
        let items = self.starts_touch(thread);
        self.engine().claim_now(&items, Duration::from_millis(1500)).await.expect("readable")
    }

    /// Ctrl Enter.
    pub(crate) fn replies(&self, thread: &str, text: &str, undo: TimeDelta) -> (MessageId, Ended) {
        let items = self.touched(thread);
        let id = MessageId::from(uuid::Uuid::now_v7());
        let message = Message {
            id: id.clone(),
            thread: ThreadId::from(thread),
            identity: Some(format!("urn:uuid:{id}")),
            sender: Some(Party { reference: self.member.reference.clone(), display: PrivateText::default() }),
            recipients: vec![PartyRef::new(people::ANA)],
            sent: self.now(),
            received: None,
            text: text.into(),
            in_response_to: None,
            standing: Standing::Sent,
            authorship: Authorship::Person,
            attachments: Vec::new(),
        };
        let ended = self.ends(thread, Outcome::Replied, items, Some(message), undo);
        (id, ended)
    }

    pub(crate) fn closes(&self, thread: &str) -> Ended {
        let items = self.touched(thread);
        self.ends(thread, Outcome::Closed, items, None, TimeDelta::zero())
    }

    pub(crate) fn puts_back(&self, thread: &str) -> Ended {
        let items = self.touched(thread);
        let reason = PrivateText::from("needs the lab first");
        self.ends(thread, Outcome::PutBack { reason }, items, None, TimeDelta::zero())
    }

    /// Another outcome of the open touch.
    pub(crate) fn ends_as(&self, thread: &str, outcome: Outcome, undo: TimeDelta) -> Ended {
        let items = self.touched(thread);
        self.ends(thread, outcome, items, None, undo)
    }

    /// Decided on the list.
    pub(crate) fn moves(&self, threads: &[&str], change: Move) -> Moved {
        let moving = Moving {
            rows: threads.iter().map(|thread| (ThreadId::from(*thread), Urgency::Emergency)).collect(),
            may_lower: true,
            author: self.member.reference.clone(),
            change,
            notes: Vec::new(),
            not_before: self.now(),
        };
        let me = tern_inbox::queue::Me::of(&self.member);
        let moved = self.cache.write(self.now(), |writer| writer.move_threads(&moving, &me)).expect("moved");
        if let Some(engine) = &self.engine {
            engine.wake();
        }
        moved
    }

    fn ends(
        &self,
        thread: &str,
        outcome: Outcome,
        items: Vec<WorkItemId>,
        reply: Option<Message>,
        undo: TimeDelta,
    ) -> Ended {
        let ending = Ending {
            thread: ThreadId::from(thread),
            author: self.member.reference.clone(),
            outcome,
            items,
            reply,
            notes: Vec::new(),
            not_before: self.now() + undo,
        };
        let ended = self.cache.write(self.now(), |writer| writer.end_touch(&ending)).expect("ended");
        if let Some(engine) = &self.engine {
            engine.wake();
        }
        ended
    }

    fn touched(&self, thread: &str) -> Vec<WorkItemId> {
        let touch = self.read(|reader| reader.touch(&ThreadId::from(thread), &self.member.reference));
        touch.expect("a touch").items
    }

    pub(crate) fn delivery(&self, message: &MessageId) -> Option<Delivery> {
        self.read(|reader| reader.message(message)).and_then(|found| found.row.delivery)
    }

    pub(crate) fn row(&self, message: &MessageId) -> Option<OutboxRow> {
        self.read(|reader| reader.outbox_of_message(message))
    }

    pub(crate) fn wedge(&self, message: &MessageId) -> Option<Wedge> {
        self.row(message).and_then(|row| row.wedged)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.engine.as_ref().map_or_else(|| self.clock.now(), Engine::now)
    }
}

fn open(path: &std::path::Path, member: &Member, now: DateTime<Utc>) -> Cache {
    let provenance =
        Provenance { machine: "desk".to_owned(), account: format!("practice|{}", member.reference.as_str()) };
    Cache::open(path, &CacheKey::new([7; 32]), &provenance, now).expect("a cache")
}
