//! A practice over real HTTPS, small enough to see through: a certificate authority, an authorization server
//! that rotates refresh tokens and notices reuse, a FHIR base, and a browser for the person.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod backend;
mod ca;
mod desk;
mod https;
mod nudge;
mod open;
mod session;
mod sign_in;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tern_net::{RefreshTokens, Token, Unkept};
use tern_sync::server::Answering;

pub(crate) use open::Practice;

/// A keyring in memory that can be locked. Clones share what they hold.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<KeptInner>);

#[derive(Default)]
struct KeptInner {
    token: Mutex<Option<Token>>,
    locked: AtomicUsize,
}

impl Kept {
    pub(crate) fn with(token: &str) -> Self {
        let kept = Self::default();
        *kept.0.token.lock().unwrap() = Some(Token::from(token));
        kept
    }

    pub(crate) fn now(&self) -> Option<String> {
        self.0.token.lock().unwrap().as_ref().map(|token| token.expose().to_owned())
    }

    pub(crate) fn set(&self, token: &str) {
        *self.0.token.lock().unwrap() = Some(Token::from(token));
    }

    /// Refuses this many calls to write, then takes them again; `usize::MAX` for ever.
    pub(crate) fn lock_writes(&self, calls: usize) {
        self.0.locked.store(calls, Ordering::SeqCst);
    }
}

impl RefreshTokens for Kept {
    fn read(&self) -> Answering<'_, Result<Option<Token>, Unkept>> {
        Box::pin(async { Ok(self.0.token.lock().unwrap().clone()) })
    }

    fn write(&self, token: Token) -> Answering<'_, Result<(), Unkept>> {
        Box::pin(async move {
            let left = self.0.locked.load(Ordering::SeqCst);
            if left > 0 {
                self.0.locked.store(left.saturating_sub(1), Ordering::SeqCst);
                return Err(Unkept);
            }
            *self.0.token.lock().unwrap() = Some(token);
            Ok(())
        })
    }
}
