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

/// The file of an account's cache.
const CACHE_FILE: &str = "inbox.db";

impl Program {
    /// Opens the desk of somebody who just came through the door. Where that comes to nothing, the session ends
    /// again: no refresh token outlives a sign-in that failed.
    pub(crate) async fn open_entered(self: &Arc<Self>, entered: Entered) -> Result<Arc<Desk>, SignInFailure> {
        let account = entered.account.clone();
        let opened = self.try_open_entered(entered).await;
        if opened.is_err() {
            self.parts.door.leave(&account).await;
        }
        opened
    }

    async fn try_open_entered(self: &Arc<Self>, entered: Entered) -> Result<Arc<Desk>, SignInFailure> {
        let fhir_user = PartyRef::new(entered.account.fhir_user.clone());
        let identity = identity::identify(entered.server.as_ref(), &fhir_user, self.parts.clock.now())
            .await
            .map_err(|error| failure_of(&error))?;
        let last = LastAccount {
            account: entered.account.clone(),
            member: desk::card(&identity.member),
            practice: identity.practice.clone(),
            signed_in: true,
        };
        let member = (identity.member, Told::ByTheServer);
        let desk = self.open_desk(entered.account, member, identity.practice, entered.server).await?;
        if let Err(error) = self.profile.keep_last_account(&last) {
            tracing::warn!(error = %error.kind(), "who signed in could not be kept: the next start asks again");
        }
        Ok(desk)
    }

    /// Opens the file and starts the engine.
    pub(crate) async fn open_desk(
        self: &Arc<Self>,
        account: Account,
        (mut member, told): (Member, Told),
        practice: String,
        server: Arc<dyn Server>,
    ) -> Result<Arc<Desk>, SignInFailure> {
        let path = self.cache_file(&account).map_err(|error| io_failure(&error))?;
        let cache = self.open_cache(&account, &path).await?;
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
        let desk = Arc::new(Desk { account, member, practice, cache, engine, clock, open: Open::default() });
        self.follow(&desk);
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
