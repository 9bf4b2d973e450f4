//! The access token of a connection: kept in memory, renewed when due, by one task at a time.
//!
//! ```text
//!           bearer()                     renewed
//!   None ──────────────▶ renewing ────────────────────▶ Some(access) ──┐
//!                           ▲                                 │        │ bearer(): not due, not refused
//!                           └──── due, or the server said 401 ┘◀───────┘
//! ```
//! Renewing runs in a task of its own: whoever asked may be dropped (the engine stops, a time-out strikes), but
//! a refresh that was begun is brought to its end, because its answer carries the next refresh token.

use std::{sync::Arc, time::Duration};

use tern_sync::server::{Answering, Unanswered};
use tokio::{sync::Mutex, time::Instant};

use crate::token::Token;

/// An access token is renewed this long before it runs out, so that no request carries one that ends on its way.
const MARGIN: Duration = Duration::from_secs(60);

/// An access token and when to renew it.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) token: Token,
    due: Option<Instant>,
}

impl Access {
    /// `lives`: as the server said, from now. A token that lives shorter than two margins is used for half its
    /// life; one of unknown life until the server refuses it.
    pub(crate) fn new(token: Token, lives: Option<Duration>) -> Self {
        let due = lives.map(|lives| Instant::now() + lives.saturating_sub(MARGIN).max(lives / 2));
        Self { token, due }
    }

    fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }
}

/// Where access tokens come from.
pub(crate) trait Tokens: Send + Sync + 'static {
    /// A new one. [`Unanswered::SignInAgain`] where there will be none; whatever else it says, the request that
    /// waits for it surely was not sent.
    fn renew(&self) -> Answering<'_, Result<Access, Unanswered>>;
}

/// The token of one connection.
#[derive(Clone)]
pub(crate) struct Session {
    tokens: Arc<dyn Tokens>,
    current: Arc<Mutex<Option<Access>>>,
}

impl Session {
    /// With the token that a sign-in has just brought, or none yet.
    pub(crate) fn new(tokens: Arc<dyn Tokens>, access: Option<Access>) -> Self {
        Self { tokens, current: Arc::new(Mutex::new(access)) }
    }

    /// A token that holds, as far as we know. `refused` is one that the server just answered with 401; it is
    /// renewed unless somebody did so meanwhile.
    pub(crate) async fn bearer(&self, refused: Option<&Token>) -> Result<Token, Unanswered> {
        // Whoever comes second waits here, and finds what the first one brought.
        let mut current = Arc::clone(&self.current).lock_owned().await;
        if let Some(access) = current.as_ref()
            && !access.is_due()
            && refused != Some(&access.token)
        {
            return Ok(access.token.clone());
        }
        let tokens = Arc::clone(&self.tokens);
        let renewal = tokio::spawn(async move {
            let access = tokens.renew().await.map_err(not_sent)?;
            let token = access.token.clone();
            *current = Some(access);
            Ok(token)
        });
        // It panicked, or the runtime is ending.
        renewal.await.unwrap_or(Err(Unanswered::Offline))
    }
}

/// What a failed renewal means for the request that waits for it: a lost *refresh* is no lost *request*.
fn not_sent(failure: Unanswered) -> Unanswered {
    match failure {
        Unanswered::Lost => Unanswered::Offline,
        other => other,
    }
}

/// A token from a file, for a server that has no better: it cannot be renewed.
pub(crate) struct Fixed;

impl Tokens for Fixed {
    fn renew(&self) -> Answering<'_, Result<Access, Unanswered>> {
        Box::pin(async { Err(Unanswered::SignInAgain) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Gives token 1, 2, 3 … each living ten minutes, as soon as it is let.
    struct Counting {
        renewals: AtomicUsize,
        gate: Semaphore,
    }

    impl Tokens for Arc<Counting> {
        fn renew(&self) -> Answering<'_, Result<Access, Unanswered>> {
            Box::pin(async {
                self.gate.acquire().await.unwrap().forget();
                let number = self.renewals.fetch_add(1, Ordering::SeqCst) + 1;
                Ok(Access::new(Token::new(number.to_string()), Some(Duration::from_secs(600))))
            })
        }
    }

    fn session(permits: usize) -> (Arc<Counting>, Session) {
        let counting = Arc::new(Counting { renewals: AtomicUsize::new(0), gate: Semaphore::new(permits) });
        (Arc::clone(&counting), Session::new(Arc::new(counting), None))
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_a_minute_before_it_runs_out_and_not_earlier() {
        let (counting, session) = session(10);
        assert_eq!(session.bearer(None).await, Ok(Token::from("1")));
        tokio::time::advance(Duration::from_secs(539)).await;
        assert_eq!(session.bearer(None).await, Ok(Token::from("1")));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(session.bearer(None).await, Ok(Token::from("2")));
        assert_eq!(counting.renewals.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn many_requests_that_are_refused_at_once_make_one_renewal() {
        let (counting, session) = session(1);
        let old = session.bearer(None).await.unwrap();
        counting.gate.add_permits(10);
        let all = (0..8).map(|_| {
            let (session, old) = (session.clone(), old.clone());
            tokio::spawn(async move { session.bearer(Some(&old)).await })
        });
        for task in all.collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap(), Ok(Token::from("2")));
        }
        assert_eq!(counting.renewals.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_renewal_outlives_whoever_asked_for_it() {
        let (counting, session) = session(0);
        let asked = tokio::spawn({
            let session = session.clone();
            async move { session.bearer(None).await }
        });
        // Until it stands at the gate, holding the token's lock.
        while session.current.try_lock().is_ok() {
            tokio::task::yield_now().await;
        }
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        counting.gate.add_permits(1);
        assert_eq!(session.bearer(None).await, Ok(Token::from("1")));
        assert_eq!(counting.renewals.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_fixed_token_that_is_refused_ends_the_session() {
        let token = Token::from("fixed");
        let session = Session::new(Arc::new(Fixed), Some(Access::new(token.clone(), None)));
        assert_eq!(session.bearer(None).await, Ok(token.clone()));
        assert_eq!(session.bearer(Some(&token)).await, Err(Unanswered::SignInAgain));
    }
}
