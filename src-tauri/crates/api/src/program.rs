//! The program: one profile, at most one desk, and where the person stands.
//!
//! ```text
//!   SignedOut ──sign in, sample practice──> SigningIn ──who, key, file──> Open
//!       ^                                       │                       │    ^
//!       ├──────── cancelled, refused ───────────┘            idle, key  v    │ PIN, browser
//!       │                                                        ScreenLocked┤
//!       │                                                  hours, suspend│   │
//!       │                                                                v   │
//!       └──────────────── sign out ──────────────── (Open) <──── DeepLocked ─┘
//! ```
//! Every operation asks [`Program::desk`] first: what a lock hides is refused in this one place. The session is
//! published on a watch; the screen shows what it says and decides nothing.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use tern_sync::{Pace, clock::Clock, status::Connection};
use tokio::sync::{broadcast, watch};

use crate::{
    desk::Desk,
    dto::{ApiError, Changed, ErrorCode, LockKind, MemberCard, Session, Settings, SignInFailure, Status},
    fail::Answer,
    ports::{Account, Address, Door, Keys, SamplePractice},
    profile::{LastAccount, Profile},
};

/// What the program is built of.
#[derive(Clone)]
pub struct Parts {
    /// The way into a practice.
    pub door: Arc<dyn Door>,
    /// Keys and PINs.
    pub keys: Arc<dyn Keys>,
    /// *Try the sample practice*.
    pub sample_practice: Arc<dyn SamplePractice>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// How often the engine looks, waits and tries again.
    pub pace: Pace,
    /// A fingerprint of this machine: a cache that says another one was copied.
    pub machine: String,
}

/// The program, shared by its commands.
pub struct Program {
    pub(crate) parts: Parts,
    pub(crate) profile: Profile,
    /// What `--server` and `--ca`, or policy, say.
    pub(crate) preset: Option<Address>,
    state: RwLock<State>,
    settings: RwLock<Settings>,
    session: watch::Sender<Session>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) changed: broadcast::Sender<Changed>,
    last_activity: Mutex<DateTime<Utc>>,
    /// One transition at a time.
    pub(crate) turning: tokio::sync::Mutex<()>,
    /// What became of caches that could not be opened, since somebody signed in: a lock does not make it unsaid.
    aside: Mutex<Aside>,
    /// Ends a sign-in that is under way.
    pub(crate) sign_in_cancelled: tokio::sync::Notify,
}

/// Where the person stands.
pub(crate) enum State {
    SignedOut { failure: Option<SignInFailure> },
    SigningIn { page: Option<String> },
    Open(Arc<Desk>),
    ScreenLocked(Arc<Desk>),
    DeepLocked(Box<Locked>),
}

/// What became of caches that could not be opened.
#[derive(Clone, Copy, Debug, Default)]
struct Aside {
    /// Replies and drafts that stand in files whose key is lost, if any was set aside.
    lost: Option<u64>,
    /// Replies and drafts of files set aside before, whose key is back.
    restored: u64,
}

/// What is known while the file is closed.
#[derive(Clone)]
pub(crate) struct Locked {
    pub(crate) account: Account,
    pub(crate) member: MemberCard,
    pub(crate) practice: String,
    pub(crate) unsent: u32,
}

/// Screen updates that a slow window may fall behind before it looks at everything again.
const FEED_LENGTH: usize = 64;

impl Program {
    /// A program on a profile, signed out; [`Program::resume`] opens what was open the last time.
    pub fn new(parts: Parts, profile: Profile, preset: Option<(String, Option<PathBuf>)>) -> Arc<Self> {
        let settings = profile.settings();
        let now = parts.clock.now();
        let signed_out = Session::SignedOut { server: None, ca_file: None, failure: None, sample_practice: false };
        let program = Arc::new(Self {
            parts,
            profile,
            preset: preset.map(|(server, ca_file)| Address { server, ca_file }),
            state: RwLock::new(State::SignedOut { failure: None }),
            settings: RwLock::new(settings),
            session: watch::Sender::new(signed_out),
            status: watch::Sender::new(crate::status::nobody_signed_in()),
            changed: broadcast::Sender::new(FEED_LENGTH),
            last_activity: Mutex::new(now),
            turning: tokio::sync::Mutex::new(()),
            aside: Mutex::default(),
            sign_in_cancelled: tokio::sync::Notify::new(),
        });
        program.publish_signed_out();
        program
    }

    /// Where the person stands, and what follows.
    pub fn watch_session(&self) -> watch::Receiver<Session> {
        self.session.subscribe()
    }

    /// How the engine stands.
    pub fn watch_status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// What to look at again. A receiver that fell behind looks at everything.
    pub fn watch_changes(&self) -> broadcast::Receiver<Changed> {
        self.changed.subscribe()
    }

    /// The desk, if it may be looked at.
    ///
    /// # Errors
    /// [`ErrorCode::SignedOut`] or [`ErrorCode::Locked`].
    pub(crate) fn desk(&self) -> Answer<Arc<Desk>> {
        match &*self.state() {
            State::Open(desk) => Ok(Arc::clone(desk)),
            State::ScreenLocked(_) | State::DeepLocked(_) => Err(ApiError::new(ErrorCode::Locked)),
            State::SignedOut { .. } | State::SigningIn { .. } => Err(ApiError::new(ErrorCode::SignedOut)),
        }
    }

    /// Whether `desk` is still on the screen: asked once more before text crosses to the page, for a lock may have
    /// come while the server, or the disk, was asked.
    ///
    /// # Errors
    /// [`ErrorCode::SignedOut`] or [`ErrorCode::Locked`].
    pub(crate) fn still_shown(&self, desk: &Arc<Desk>) -> Answer<()> {
        if Arc::ptr_eq(&self.desk()?, desk) { Ok(()) } else { Err(ApiError::new(ErrorCode::Locked)) }
    }

    /// The desk whose engine runs, also behind the screen lock.
    pub(crate) fn running_desk(&self) -> Option<Arc<Desk>> {
        match &*self.state() {
            State::Open(desk) | State::ScreenLocked(desk) => Some(Arc::clone(desk)),
            _ => None,
        }
    }

    /// The desk behind the screen lock.
    pub(crate) fn screen_locked_desk(&self) -> Option<Arc<Desk>> {
        match &*self.state() {
            State::ScreenLocked(desk) => Some(Arc::clone(desk)),
            _ => None,
        }
    }

    /// Who is behind the deep lock.
    pub(crate) fn deep_locked(&self) -> Option<Locked> {
        match &*self.state() {
            State::DeepLocked(locked) => Some((**locked).clone()),
            _ => None,
        }
    }

    /// Whether somebody is on the way in.
    pub(crate) fn is_signing_in(&self) -> bool {
        matches!(&*self.state(), State::SigningIn { .. })
    }

    /// The sign-in page, while one is open.
    pub(crate) fn sign_in_page(&self) -> Option<String> {
        match &*self.state() {
            State::SigningIn { page } => page.clone(),
            _ => None,
        }
    }

    /// Nobody is signed in (any more).
    pub(crate) fn become_signed_out(&self, failure: Option<SignInFailure>) {
        self.replace(State::SignedOut { failure });
        *lock(&self.aside) = Aside::default();
        self.status.send_replace(crate::status::nobody_signed_in());
        self.publish_signed_out();
    }

    /// On the way in.
    pub(crate) fn become_signing_in(&self, server: Option<String>, page: Option<String>) {
        self.replace(State::SigningIn { page: page.clone() });
        self.session.send_replace(Session::SigningIn { server, page });
    }

    /// At work.
    pub(crate) fn become_open(&self, desk: Arc<Desk>) {
        self.touch_activity();
        self.remember_locked(false);
        self.replace(State::Open(Arc::clone(&desk)));
        self.publish_open(&desk, None);
    }

    /// Contents are off the screen.
    pub(crate) async fn become_screen_locked(&self, desk: Arc<Desk>) {
        desk.close_file();
        self.remember_locked(true);
        self.replace(State::ScreenLocked(Arc::clone(&desk)));
        self.publish_locked(LockKind::Screen, &behind_the_screen_lock(&desk).await, None).await;
    }

    /// Keeps whether the screen is locked, for the next start.
    fn remember_locked(&self, locked: bool) {
        let Some(last) = self.profile.last_account().filter(|last| last.locked != locked) else { return };
        if let Err(error) = self.profile.keep_last_account(&LastAccount { locked, ..last }) {
            tracing::warn!(error = %error.kind(), locked, "whether the screen is locked could not be kept");
        }
    }

    /// The file is closed.
    pub(crate) async fn become_deep_locked(&self, locked: Locked) {
        self.replace(State::DeepLocked(Box::new(locked.clone())));
        self.status.send_replace(crate::status::nobody_signed_in());
        self.publish_locked(LockKind::Deep, &locked, None).await;
    }

    /// Says again how the open desk stands: its session ended, or was renewed, or could not be for this reason.
    pub(crate) fn publish_open(&self, desk: &Desk, failure: Option<SignInFailure>) {
        let aside = *lock(&self.aside);
        self.session.send_replace(Session::Open {
            member: desk.member_card(),
            practice: desk.practice.clone(),
            server: desk.account.address.server.clone(),
            sign_in_again: desk.engine.status().borrow().connection == Connection::SignInAgain,
            failure,
            set_aside: aside.lost.map(|unsent| u32::try_from(unsent).unwrap_or(u32::MAX)),
            restored: u32::try_from(aside.restored).unwrap_or(u32::MAX),
        });
    }

    /// Adds what became, on the way in, of caches that could not be opened.
    pub(crate) fn note_aside(&self, lost: Option<u64>, restored: u64) {
        let mut aside = lock(&self.aside);
        aside.lost = [aside.lost, lost].into_iter().flatten().reduce(|one, other| one + other);
        aside.restored += restored;
    }

    /// Says again how the lock stands: a PIN was tried, or the browser, which did not unlock for this reason.
    pub(crate) async fn publish_locked(&self, lock: LockKind, locked: &Locked, failure: Option<SignInFailure>) {
        let pin = self.parts.keys.pin_state(&locked.account, self.parts.clock.now()).await;
        let (has_pin, tries_left, wait_until) = match pin {
            Ok(pin) => (pin.is_set, pin.tries_left, pin.wait_until),
            // Without a keyring only the browser helps, and it says what is wrong.
            Err(_) => (false, 0, None),
        };
        self.session.send_replace(Session::Locked {
            lock,
            member: locked.member.clone(),
            has_pin,
            tries_left,
            wait_until: wait_until.map(|at| at.timestamp_millis()),
            unsent: locked.unsent,
            failure,
        });
    }

    /// A new attempt is under way: why the one before did not succeed is no longer news.
    pub(crate) fn forget_failure(&self) {
        self.session.send_if_modified(|session| match session {
            Session::Open { failure, .. } | Session::Locked { failure, .. } => failure.take().is_some(),
            Session::SignedOut { .. } | Session::SigningIn { .. } => false,
        });
    }

    fn publish_signed_out(&self) {
        let failure = match &*self.state() {
            State::SignedOut { failure } => *failure,
            _ => None,
        };
        let address = self.address_to_start_from();
        self.session.send_replace(Session::SignedOut {
            server: address.as_ref().map(|address| address.server.clone()),
            ca_file: address.and_then(|address| Some(address.ca_file?.display().to_string())),
            failure,
            sample_practice: self.parts.sample_practice.is_installed(),
        });
    }

    /// What `--server` or policy says, else where somebody signed in last.
    fn address_to_start_from(&self) -> Option<Address> {
        self.preset.clone().or_else(|| Some(self.profile.last_account()?.account.address))
    }

    /// The settings.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// A key or the pointer moved.
    pub(crate) fn touch_activity(&self) {
        *lock(&self.last_activity) = self.parts.clock.now();
    }

    /// When a key or the pointer moved last. An instant that lies ahead (the clock was put back since) is now, or
    /// no lock would come until that instant comes again.
    pub(crate) fn last_activity(&self) -> DateTime<Utc> {
        let mut last = lock(&self.last_activity);
        *last = self.parts.clock.now().min(*last);
        *last
    }

    fn state(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// What stays known of a desk while its contents are off the screen.
pub(crate) async fn behind_the_screen_lock(desk: &Desk) -> Locked {
    Locked {
        account: desk.account.clone(),
        member: desk.member_card(),
        practice: desk.practice.clone(),
        unsent: desk.unsent().await,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
