//! What this crate's tests stand on: Dr Amara Osei's machine, with a real profile and a real cache in a folder of
//! its own. Made up are the clock, the keyring and a practice that nobody can reach.

use std::{
    collections::HashMap,
    future::pending,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tern_fhir::{
    exchange::{Request, Response},
    links::Base,
};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    coverage::{Coverage, Validity},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::PartyRef,
    touch::Outcome,
};
use tern_store::{Ending, Page};
use tern_sync::{
    clock::Clock,
    server::{Answering, NotPaged, Nudge},
};
use zeroize::Zeroizing;

use crate::{
    Pace,
    desk::Desk,
    dto::{MemberCard, SignInFailure},
    ports::{
        Account, Address, Doing, Door, Entered, KeyError, Keys, PinState, PinTried, RawKey, SamplePractice,
        SamplePracticeFailed, Server, Unanswered,
    },
    profile::{LastAccount, Profile},
    program::{Parts, Program},
};

pub(crate) const PRACTICE: &str = "https://practice.example/fhir";

/// One machine, from start to start.
pub(crate) struct Machine {
    dir: tempfile::TempDir,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) keys: Arc<TestKeys>,
    pub(crate) door: Arc<TestDoor>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(TestClock(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))),
            keys: Arc::new(TestKeys::default()),
            door: Arc::new(TestDoor::default()),
        }
    }

    /// A machine on which Dr Osei signed in some day.
    pub(crate) fn of_dr_osei() -> Self {
        Self::of("physician")
    }

    /// The same with somebody of another role in her place.
    pub(crate) fn of(role: &str) -> Self {
        let machine = Self::new();
        let last = LastAccount {
            account: dr_osei(),
            member: MemberCard {
                reference: "PractitionerRole/osei".into(),
                name: "Dr Amara Osei".into(),
                role: role.into(),
            },
            practice: "Lakeside Family Practice".into(),
            signed_in: true,
            locked: false,
        };
        machine.profile().keep_last_account(&last).unwrap();
        machine
    }

    pub(crate) fn profile(&self) -> Profile {
        Profile::open(self.dir.path()).unwrap()
    }

    /// Where Dr Osei's cache lies.
    pub(crate) fn cache_file(&self) -> std::path::PathBuf {
        self.profile().account_dir(&dr_osei()).unwrap().join("inbox.db")
    }

    /// Ana Ruiz's thread and Dr Osei's reply in it, which waits for a server that nobody reaches.
    pub(crate) async fn reply_that_waits(&self, desk: &Desk) {
        let now = self.clock.now();
        let author = desk.member.reference.clone();
        let thread = Thread {
            id: "t1".into(),
            subject_line: "Fever".into(),
            patient: Some("ana".into()),
            category: None,
            opener: None,
            participants: Vec::new(),
            audience: Audience::Patient,
            about: None,
        };
        let reply = Message {
            id: "m1".into(),
            thread: "t1".into(),
            identity: Some("urn:uuid:m1".into()),
            sender: None,
            recipients: Vec::new(),
            sent: now,
            received: None,
            text: "Water and rest.".into(),
            in_response_to: None,
            standing: Standing::Sent,
            authorship: Authorship::Person,
            attachments: Vec::new(),
        };
        let arrival = Arrival {
            kind: Kind::Communication,
            server_id: "t1".into(),
            version: "1".into(),
            last_updated: Some(now),
            identity: None,
            content: Content::Thread(thread),
        };
        let ending = Ending {
            thread: "t1".into(),
            author: author.clone(),
            outcome: Outcome::Replied,
            items: Vec::new(),
            reply: Some(reply),
            notes: Vec::new(),
            not_before: now,
        };
        let page = Page { kind: Kind::Communication, arrivals: vec![arrival], cursor: None };
        let written = desk.write(move |writer| {
            writer.apply_page(&page)?;
            writer.start_touch(&"t1".into(), &[], &author)?;
            writer.end_touch(&ending)
        });
        written.await.unwrap();
    }

    /// Dr Osei said that she is away, and the practice does not know it yet.
    pub(crate) async fn absence_that_waits(&self, desk: &Desk) {
        let author = desk.member.reference.clone();
        let coverage = Coverage {
            id: "c1".into(),
            absent: author.clone(),
            stand_in: PartyRef::new("PractitionerRole/haddad"),
            from: None,
            until: None,
            pools: Vec::new(),
            validity: Validity::Planned,
        };
        desk.write(move |writer| writer.save_coverage(&coverage, None, &author)).await.unwrap();
    }

    /// The program, started without a word on the command line.
    pub(crate) fn start(&self) -> Arc<Program> {
        let parts = Parts {
            door: Arc::clone(&self.door) as Arc<dyn Door>,
            keys: Arc::clone(&self.keys) as Arc<dyn Keys>,
            sample_practice: Arc::new(NoSample),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            pace: Pace::default(),
            machine: "machine-1".into(),
        };
        Program::new(parts, self.profile(), None)
    }
}

pub(crate) fn dr_osei() -> Account {
    let address = Address { server: PRACTICE.into(), ca_file: None };
    Account { address, fhir_user: "Practitioner/osei".into() }
}

/// Time passes when a test says so.
pub(crate) struct TestClock(Mutex<DateTime<Utc>>);

impl TestClock {
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, _wait: Duration) -> Doing<'_, ()> {
        Box::pin(pending())
    }
}

/// A keyring in memory, which may take too long over a PIN, or keep the cache's key to itself.
#[derive(Default)]
pub(crate) struct TestKeys {
    pub(crate) slow_on_pins: AtomicBool,
    pub(crate) no_cache_key: AtomicBool,
    keys: Mutex<HashMap<Account, [u8; 32]>>,
    pins: Mutex<HashMap<Account, String>>,
}

impl TestKeys {
    pub(crate) fn pin(&self, account: &Account) -> Option<String> {
        self.pins.lock().unwrap().get(account).cloned()
    }
}

impl Keys for TestKeys {
    fn cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<RawKey, KeyError>> {
        Box::pin(async move {
            if self.no_cache_key.load(Ordering::SeqCst) {
                return Err(KeyError::Unavailable);
            }
            self.keys.lock().unwrap().get(account).map(|key| Zeroizing::new(*key)).ok_or(KeyError::Missing)
        })
    }

    fn make_cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<RawKey, KeyError>> {
        Box::pin(
            async move { Ok(Zeroizing::new(*self.keys.lock().unwrap().entry(account.clone()).or_insert([7; 32]))) },
        )
    }

    fn forget_cache_key<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<(), KeyError>> {
        Box::pin(async move {
            self.keys.lock().unwrap().remove(account);
            Ok(())
        })
    }

    fn pin_state<'a>(&'a self, account: &'a Account, _now: DateTime<Utc>) -> Doing<'a, Result<PinState, KeyError>> {
        Box::pin(async move {
            if self.slow_on_pins.load(Ordering::SeqCst) {
                return Err(KeyError::Unavailable);
            }
            Ok(PinState { is_set: self.pin(account).is_some(), tries_left: 10, wait_until: None })
        })
    }

    fn set_pin<'a>(&'a self, account: &'a Account, pin: Zeroizing<String>) -> Doing<'a, Result<(), KeyError>> {
        Box::pin(async move {
            self.pins.lock().unwrap().insert(account.clone(), pin.to_string());
            Ok(())
        })
    }

    fn remove_pin<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<(), KeyError>> {
        Box::pin(async move {
            self.pins.lock().unwrap().remove(account);
            Ok(())
        })
    }

    fn try_pin<'a>(
        &'a self,
        account: &'a Account,
        pin: Zeroizing<String>,
        _now: DateTime<Utc>,
    ) -> Doing<'a, Result<PinTried, KeyError>> {
        Box::pin(async move {
            let right = self.pin(account).ok_or(KeyError::Missing)? == *pin;
            Ok(if right { PinTried::Right } else { PinTried::Wrong })
        })
    }
}

/// The way into a practice that nobody can reach: the browser brings Dr Osei back, or whoever it is told to, and then
/// nothing answers.
pub(crate) struct TestDoor {
    pub(crate) brings: Mutex<Result<Account, SignInFailure>>,
    pub(crate) left: Mutex<Vec<Account>>,
    /// Why the server of a session that is taken up again does not answer.
    pub(crate) resumed: Mutex<Unanswered>,
}

impl Default for TestDoor {
    fn default() -> Self {
        Self { brings: Mutex::new(Ok(dr_osei())), left: Mutex::default(), resumed: Mutex::new(Unanswered::Offline) }
    }
}

impl Door for TestDoor {
    fn sign_in<'a>(
        &'a self,
        address: Address,
        _page: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Doing<'a, Result<Entered, SignInFailure>> {
        Box::pin(async move {
            let account = Account { address, ..self.brings.lock().unwrap().clone()? };
            Ok(Entered { account, server: Arc::new(Unreachable::new(Unanswered::Offline)) })
        })
    }

    fn resume<'a>(&'a self, _account: &'a Account) -> Doing<'a, Result<Arc<dyn Server>, SignInFailure>> {
        let says = self.resumed.lock().unwrap().clone();
        Box::pin(async move { Ok(Arc::new(Unreachable::new(says)) as Arc<dyn Server>) })
    }

    fn leave<'a>(&'a self, account: &'a Account) -> Doing<'a, ()> {
        Box::pin(async move { self.left.lock().unwrap().push(account.clone()) })
    }
}

struct Unreachable {
    base: Base,
    says: Unanswered,
}

impl Unreachable {
    fn new(says: Unanswered) -> Self {
        Self { base: Base::of_url(PRACTICE).unwrap(), says }
    }
}

impl Server for Unreachable {
    fn send(&self, _request: Request) -> Answering<'_, Result<Response, Unanswered>> {
        let says = self.says.clone();
        Box::pin(async move { Err(says) })
    }

    fn fhir_base(&self) -> &Base {
        &self.base
    }

    fn page(&self, _page: tern_sync::server::Page) -> Answering<'_, Result<(), NotPaged>> {
        Box::pin(async { Err(NotPaged::Unanswered) })
    }

    fn nudged(&self) -> Answering<'_, Nudge> {
        Box::pin(pending())
    }
}

struct NoSample;

impl SamplePractice for NoSample {
    fn is_installed(&self) -> bool {
        false
    }

    fn start<'a>(&'a self, _data: &'a Path) -> Doing<'a, Result<Address, SamplePracticeFailed>> {
        Box::pin(async { Err(SamplePracticeFailed) })
    }
}
