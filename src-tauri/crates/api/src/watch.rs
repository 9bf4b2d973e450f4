//! Watching without a screen: the engine on a copy of its own, so that emergencies are told while nobody has Tern open.
//!
//! What it keeps is encrypted under a key that nobody else knows and goes away with it: there is nothing to unlock, to
//! back up or to steal, and it begins with a first sync each time. It writes what any machine would that watches: alarms
//! of emergencies, and work items for messages that have none. It says how it stands in numbers and states, and no word
//! of anybody's.

use std::{path::PathBuf, sync::Arc};

use tern_inbox::{
    member::{Member, Role},
    party::PartyRef,
    private::PrivateText,
    queue::Me,
};
use tern_store::{Cache, CacheKey, Provenance, StoreError, Tag};
pub use tern_sync::status::Connection as Way;
use tern_sync::{Engine, Pace, Scope, clock::Clock, server::Server};
use tokio::sync::broadcast::error::RecvError;

/// What it works with.
pub struct Parts {
    /// The connection, with credentials that may read what Tern reads and write Tasks.
    pub server: Arc<dyn Server>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How often it looks.
    pub pace: Pace,
    /// An empty folder, which the caller takes away.
    pub folder: PathBuf,
    /// A random key.
    pub key: [u8; 32],
}

/// How it stands: told whenever it is another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watching {
    /// The way to the server.
    pub way: Way,
    /// It has seen everything that is there, and looks for what comes.
    pub in_sight: bool,
    /// The practice has named where emergencies are posted to.
    pub is_posted: bool,
    /// Emergencies that nobody has dealt with.
    pub emergencies: usize,
    /// The webhook did not take one from this machine.
    pub is_unheard: bool,
}

/// Watches until `stop` ends; `tell` hears how it stands.
///
/// # Errors
/// [`StoreError`] where its own copy can't be kept.
pub async fn watch(
    parts: Parts,
    tell: &(dyn Fn(&Watching) + Sync),
    stop: impl Future<Output = ()>,
) -> Result<(), StoreError> {
    let Parts { server, clock, pace, folder, key } = parts;
    // Nobody of the practice: it sees what a triage lead does, and signs as nobody.
    let member = Member {
        reference: PartyRef::new(""),
        practitioner: None,
        name: PrivateText::default(),
        role: Role::TriageLead,
    };
    let provenance = Provenance { machine: "agent".to_owned(), account: "agent".to_owned() };
    let cache = Cache::open(&folder.join("watch.db"), &CacheKey::new(key), &provenance, clock.now())?;
    cache.write(clock.now(), |writer| writer.set_me(&Me::of(&member)))?;
    let mut changes = cache.subscribe();
    let scope = Scope::of(member.role);
    let engine = Engine::start(tern_sync::Parts { server, cache: cache.clone(), clock, member, scope, pace })?;
    let mut status = engine.status();
    let mut told = None;
    tokio::pin!(stop);
    loop {
        let standing = {
            let status = status.borrow_and_update();
            Watching {
                way: status.connection,
                in_sight: status.checked.is_some(),
                is_unheard: status.pager_unheard,
                ..Watching::default()
            }
        };
        let (now, of_cache) = (engine.now(), cache.clone());
        let counted = tokio::task::spawn_blocking(move || {
            of_cache.read(|reader| {
                let waiting = reader.emergencies(now)?.into_iter().filter(|one| one.rings).count();
                Ok::<_, StoreError>((reader.emergency_table()?.webhook.is_some(), waiting))
            })
        });
        if let Ok(counted) = counted.await {
            let (is_posted, emergencies) = counted?;
            let standing = Watching { is_posted, emergencies, ..standing };
            if told != Some(standing) {
                tell(&standing);
                told = Some(standing);
            }
        }
        let concerns = async {
            loop {
                match changes.recv().await {
                    Ok(changed) if [Tag::Queues, Tag::Tables].iter().any(|tag| changed.tags.contains(tag)) => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    // Its file is never closed by anybody else.
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = &mut stop => break,
            () = concerns => {}
            changed = status.changed() => if changed.is_err() { break },
        }
    }
    engine.stop(std::time::Duration::from_secs(5)).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use tern_fhir::write::library::library;
    use tern_inbox::{
        emergency::Emergencies,
        practice_table::{PracticeTable, TableKind},
    };
    use tern_testkit::{Connection, FakeClock, Practice, scene};

    use super::*;

    fn names(practice: &Practice, webhook: &str) {
        let table = Emergencies { webhook: Some(webhook.to_owned()), ..Emergencies::default() };
        let text = serde_json::to_string(&table).unwrap();
        let mut made = library(&PracticeTable { kind: TableKind::Emergencies, text }, practice.now()).json;
        made["id"] = TableKind::Emergencies.id().to_string().into();
        practice.store(made);
    }

    #[tokio::test(start_paused = true)]
    async fn with_no_desktop_open_whoever_answers_for_the_pool_is_called() {
        let clock = Arc::new(FakeClock::friday_afternoon());
        let practice = scene::practice(&clock, 0);
        practice.store(tern_testkit::people::thread("t0", "Help"));
        let folder = tempfile::tempdir().unwrap();
        let parts = Parts {
            server: Connection::new(&practice),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            pace: Pace::default(),
            folder: folder.path().to_owned(),
            key: [7; 32],
        };
        let heard: Mutex<Vec<Watching>> = Mutex::default();
        let tell = |standing: &Watching| heard.lock().unwrap().push(*standing);
        let stop = async {
            let last = |holds: fn(&Watching) -> bool| heard.lock().unwrap().last().is_some_and(holds);
            while !last(|standing| standing.in_sight) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            names(&practice, "https://pager.example/tern");
            while !last(|standing| standing.is_posted) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            scene::ana_writes(&practice, "t0", 0, "Leo has crushing chest pain and can't breathe.");
            while practice.pager().pages().is_empty() || !last(|standing| standing.emergencies == 1) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let watched = tokio::time::timeout(Duration::from_secs(3600), watch(parts, &tell, stop)).await;
        assert!(watched.is_ok_and(|ended| ended.is_ok()), "{:?}", heard.lock().unwrap());
        assert_eq!(practice.pager().called(), [tern_testkit::people::OSEI]);
    }
}
