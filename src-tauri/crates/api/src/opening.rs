//! Opening a desk: who, the key, the file, the engine; and what happens to a file that cannot be opened.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tern_inbox::{
    member::{Member, Role},
    party::PartyRef,
    queue::Me,
};
use tern_store::{
    Cache, CacheKey, Provenance, StoreError, Unsent, Writer,
    aside::{self, open_or_set_aside},
};
use tern_sync::{
    Engine, Scope,
    identity::{self, Unidentified},
    server::{Server, Unanswered},
};

use crate::{
    desk::{self, Desk, Open},
    dto::SignInFailure,
    ports::{Account, Entered, KeyError},
    profile::LastAccount,
    program::Program,
};

/// Who says what the member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The server, just now.
    ByTheServer,
    /// The last sign-in; the cache may have heard of another role since.
    AtTheLastSignIn,
}

/// Somebody with a way to the server, about to sit down.
pub(crate) struct Entrant {
    pub(crate) account: Account,
    pub(crate) member: Member,
    pub(crate) told: Told,
    /// The practice's name.
    pub(crate) practice: String,
    pub(crate) server: Arc<dyn Server>,
}

impl Entrant {
    fn last_account(&self) -> LastAccount {
        LastAccount {
            account: self.account.clone(),
            member: desk::card(&self.member),
            practice: self.practice.clone(),
            signed_in: true,
            locked: false,
        }
    }
}

/// The file of an account's cache.
const CACHE_FILE: &str = "inbox.db";

impl Program {
    /// Opens the desk of somebody who just came through the door. Where that comes to nothing, the session ends
    /// again: no refresh token outlives a sign-in that failed.
    pub(crate) async fn open_entered(self: &Arc<Self>, entered: Entered) -> Result<Arc<Desk>, SignInFailure> {
        let account = entered.account.clone();
        let opened = async {
            let entrant = self.identify(entered).await?;
            let last = entrant.last_account();
            let desk = self.open_desk(entrant).await?;
            self.keep(&last);
            Ok(desk)
        };
        self.or_leave(&account, opened.await).await
    }

    /// The desk of somebody who came through the door once more: the same file, which is not closed in between, and
    /// another engine with the new session. Where that comes to nothing, the desk stays as it was.
    pub(crate) async fn renew_entered(
        self: &Arc<Self>,
        entered: Entered,
        desk: &Arc<Desk>,
    ) -> Result<Arc<Desk>, SignInFailure> {
        let account = entered.account.clone();
        let renewed = async {
            let entrant = self.identify(entered).await?;
            let last = entrant.last_account();
            let renewed = self.sit_down(entrant, desk.cache.clone(), Arc::clone(&desk.open)).await?;
            // Without a session nothing leaves by it any more, and the new one has asked for nothing yet.
            desk.engine.halt();
            self.keep(&last);
            Ok(renewed)
        };
        self.or_leave(&account, renewed.await).await
    }

    async fn or_leave<T>(&self, account: &Account, came: Result<T, SignInFailure>) -> Result<T, SignInFailure> {
        if came.is_err() {
            self.parts.door.leave(account).await;
        }
        came
    }

    /// Who came through the door, by the server.
    async fn identify(&self, entered: Entered) -> Result<Entrant, SignInFailure> {
        let Entered { account, server } = entered;
        let fhir_user = PartyRef::new(account.fhir_user.clone());
        let identity = identity::identify(server.as_ref(), &fhir_user, self.parts.clock.now())
            .await
            .map_err(|error| failure_of(&error))?;
        let (member, practice) = (identity.member, identity.practice);
        Ok(Entrant { account, member, told: Told::ByTheServer, practice, server })
    }

    fn keep(&self, last: &LastAccount) {
        if let Err(error) = self.profile.keep_last_account(last) {
            tracing::warn!(error = %error.kind(), "who signed in could not be kept: the next start asks again");
        }
    }

    /// Opens the file and starts the engine.
    pub(crate) async fn open_desk(self: &Arc<Self>, entrant: Entrant) -> Result<Arc<Desk>, SignInFailure> {
        let path = self.cache_file(&entrant.account).map_err(|error| io_failure(&error))?;
        let cache = self.open_cache(&entrant.account, &path).await?;
        let desk = self.sit_down(entrant, cache, Arc::default()).await?;
        self.follow_changes(&desk.cache);
        Ok(desk)
    }

    /// Starts the engine on an open file.
    async fn sit_down(
        self: &Arc<Self>,
        entrant: Entrant,
        cache: Cache,
        open: Arc<Open>,
    ) -> Result<Arc<Desk>, SignInFailure> {
        let Entrant { account, mut member, told, practice, server } = entrant;
        let (me, of_me, now) = (Me::of(&member), cache.clone(), self.parts.clock.now());
        member.role = tokio::task::spawn_blocking(move || of_me.write(now, |writer| say_who(writer, me, told)))
            .await
            .map_err(|_| SignInFailure::CacheSetAside)?
            .map_err(|error| store_failure(&error))?;
        let engine = Engine::start(tern_sync::Parts {
            cache: cache.clone(),
            server,
            clock: Arc::clone(&self.parts.clock),
            member: member.clone(),
            scope: Scope::of(member.role),
            pace: self.parts.pace,
        })
        .map_err(|error| store_failure(&error))?;
        let clock = Arc::clone(&self.parts.clock);
        let desk = Arc::new(Desk { account, member, practice, cache, engine, clock, open });
        self.follow_status(&desk);
        Ok(desk)
    }

    fn cache_file(&self, account: &Account) -> std::io::Result<PathBuf> {
        Ok(self.profile.account_dir(account)?.join(CACHE_FILE))
    }

    /// Whether a cache of the account lies aside; one that cannot be looked for may.
    pub(crate) fn has_set_aside(&self, account: &Account) -> bool {
        let Ok(path) = self.cache_file(account) else { return true };
        aside::list(&path).map_or(true, |found| !found.is_empty())
    }

    async fn open_cache(&self, account: &Account, path: &Path) -> Result<Cache, SignInFailure> {
        let key = match self.parts.keys.cache_key(account).await {
            Ok(key) => key,
            // The keyring is new, or was emptied. A file whose key is gone is set aside below: it can be read
            // again if the keyring is restored.
            Err(KeyError::Missing) => {
                self.parts.keys.make_cache_key(account).await.map_err(|_| SignInFailure::Keyring)?
            }
            Err(KeyError::Unavailable) => return Err(SignInFailure::Keyring),
        };
        let key = CacheKey::new(*key);
        let provenance = Provenance {
            machine: self.parts.machine.clone(),
            account: format!("{} {}", account.address.server, account.fhir_user),
        };
        let (now, path) = (self.parts.clock.now(), path.to_owned());
        let opened = tokio::task::spawn_blocking(move || open_or_set_aside(&path, &key, &provenance, now))
            .await
            .map_err(|_| SignInFailure::CacheSetAside)?
            .map_err(|error| store_failure(&error))?;
        let lost = opened.set_aside.map(|aside| unreadable(aside.unsent, opened.rescued));
        self.note_aside(lost, opened.restored.replies + opened.restored.drafts);
        Ok(opened.cache)
    }
}

/// Says whose cache it is, and answers with the role by which it is filed.
fn say_who(writer: &mut Writer<'_>, me: Me, told: Told) -> Result<Role, StoreError> {
    let known = writer.read().me()?;
    if told == Told::AtTheLastSignIn && known.references == me.references {
        return Ok(known.role);
    }
    writer.set_me(&me)?;
    Ok(me.role)
}

/// Replies and drafts of a file that was set aside and that nobody could carry over.
fn unreadable(were: Option<Unsent>, rescued: Unsent) -> u64 {
    let were = were.unwrap_or_default();
    (were.replies + were.drafts).saturating_sub(rescued.replies + rescued.drafts)
}

fn failure_of(error: &Unidentified) -> SignInFailure {
    match error {
        Unidentified::NotAMember => SignInFailure::NotAMember,
        Unidentified::Refused(_) => SignInFailure::Refused,
        Unidentified::Unanswered(error) => unanswered(error),
    }
}

/// Why there is no answer, in a sign-in's words.
pub(crate) fn unanswered(error: &Unanswered) -> SignInFailure {
    match error {
        Unanswered::Offline | Unanswered::Lost => SignInFailure::Unreachable,
        Unanswered::Certificate(_) => SignInFailure::Certificate,
        Unanswered::SignInAgain => SignInFailure::Refused,
        Unanswered::NotAPractice => SignInFailure::NotAPractice,
        Unanswered::Keyring => SignInFailure::Keyring,
    }
}

fn store_failure(error: &StoreError) -> SignInFailure {
    tracing::error!(%error, "the cache cannot be opened");
    match error {
        StoreError::DiskFull => SignInFailure::DiskFull,
        StoreError::NewerSchema { .. } => SignInFailure::NewerCache,
        StoreError::CopiedFromElsewhere | StoreError::BelongsToAnother => SignInFailure::CopiedCache,
        _ => SignInFailure::CacheSetAside,
    }
}

fn io_failure(error: &std::io::Error) -> SignInFailure {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => SignInFailure::DiskFull,
        _ => SignInFailure::CacheSetAside,
    }
}
