//! From the engine's board to the screen's status line, and from the cache's feed to what the screen looks at
//! again. Numbers, states and ids; no contents.

use std::sync::Arc;

use tern_store::{Cache, Changes, Tag};
use tern_sync::status::{self as engine, Connection, Push};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    desk::Desk,
    dto::{Changed, ConnectionState, IndexProgress, Status},
    program::Program,
};

/// The status line while no engine runs.
pub(crate) fn nobody_signed_in() -> Status {
    told(&engine::Status::default())
}

/// An engine's status in the screen's words.
fn told(status: &engine::Status) -> Status {
    let index = status.index;
    Status {
        connection: connection(status.connection),
        checked: status.checked.map(|at| at.timestamp_millis()),
        first_sync: status.first_sync,
        waiting_to_send: status.waiting,
        needs_you: status.needs_you,
        tables_not_saved: status.tables_not_saved,
        index: (index.indexed < index.total)
            .then(|| IndexProgress { indexed: rows(index.indexed), total: rows(index.total) }),
        clock_off_minutes: status.clock_off_minutes,
        clock_offset_ms: status.clock_offset_ms,
        unreadable: status.unreadable,
        push: status.push == Push::Heard,
    }
}

/// More than four thousand million messages are shown as that many.
fn rows(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn connection(connection: Connection) -> ConnectionState {
    match connection {
        Connection::Starting => ConnectionState::Starting,
        Connection::Online => ConnectionState::Online,
        Connection::Offline => ConnectionState::Offline,
        Connection::Struggling => ConnectionState::Struggling,
        Connection::Untrusted => ConnectionState::Untrusted,
        Connection::SignInAgain => ConnectionState::SignInAgain,
        Connection::Keyring => ConnectionState::Keyring,
        Connection::DiskFull => ConnectionState::DiskFull,
    }
}

/// A commit's tags in the screen's words.
fn changed(changes: &Changes) -> Changed {
    let mut tags = Vec::new();
    let mut threads = Vec::new();
    let mut add = |tag: &str| {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    };
    for tag in &changes.tags {
        match tag {
            Tag::Queues => add("rail"),
            Tag::Envelopes => add("envelopes"),
            Tag::Thread(thread) => {
                add("thread");
                threads.push(thread.to_string());
            }
            Tag::AnyThread | Tag::People => add("thread"),
            Tag::Outbox => add("outbox"),
            Tag::Status => add("status"),
            Tag::Search => add("search"),
            Tag::Settings => add("settings"),
            Tag::Tables => add("tables"),
            Tag::Coverage => add("coverage"),
            Tag::Emergencies => add("emergencies"),
            Tag::Documents => add("documents"),
            Tag::Audit => {}
        }
    }
    if changes.tags.contains(&Tag::AnyThread) || changes.tags.contains(&Tag::People) {
        threads.clear();
    }
    Changed { tags, threads }
}

impl Program {
    /// How the engine stands.
    pub fn status_now(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Looks at the server now.
    pub fn sync_now(&self) {
        if let Some(desk) = self.running_desk() {
            desk.engine.wake();
        }
    }

    /// Tells the screen what to look at again.
    pub(crate) fn tell<const T: usize, const N: usize>(&self, tags: [&str; T], threads: [String; N]) {
        // Nobody listening is no error.
        let _ = self.changed.send(Changed { tags: tags.map(str::to_owned).to_vec(), threads: threads.to_vec() });
    }

    /// Shows how the desk's engine stands, until it ends.
    pub(crate) fn follow_status(self: &Arc<Self>, desk: &Arc<Desk>) {
        let mut status = desk.engine.status();
        let program = Arc::clone(self);
        let followed = Arc::downgrade(desk);
        tokio::spawn(async move {
            let mut session_ended = false;
            loop {
                let now = told(&status.borrow_and_update());
                let ended = now.connection == ConnectionState::SignInAgain;
                program.status.send_replace(now);
                if ended != session_ended {
                    session_ended = ended;
                    if let (Some(desk), Ok(open)) = (followed.upgrade(), program.desk())
                        && Arc::ptr_eq(&desk, &open)
                    {
                        program.publish_open(&desk, None);
                    }
                }
                if status.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    /// Tells the window what changes in a file, until that is closed.
    pub(crate) fn follow_changes(self: &Arc<Self>, cache: &Cache) {
        let mut feed = cache.subscribe();
        let program = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let told = match feed.recv().await {
                    Ok(changes) => changed(&changes),
                    Err(RecvError::Lagged(_)) => everything(),
                    Err(RecvError::Closed) => return,
                };
                let Some(program) = program.upgrade() else { return };
                if !told.tags.is_empty() {
                    let _ = program.changed.send(told);
                }
            }
        });
    }
}

/// Look at everything again.
pub fn everything() -> Changed {
    let tags = [
        "rail",
        "envelopes",
        "thread",
        "outbox",
        "status",
        "settings",
        "search",
        "coverage",
        "emergencies",
        "documents",
        "tables",
    ];
    Changed { tags: tags.map(str::to_owned).to_vec(), threads: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_threads_than_are_worth_naming_name_none() {
        let mut changes = Changes::default();
        changes.tags.insert(Tag::Thread("a".into()));
        changes.tags.insert(Tag::Envelopes);
        let told = changed(&changes);
        assert_eq!(
            (told.tags, told.threads),
            (vec!["envelopes".to_owned(), "thread".to_owned()], vec!["a".to_owned()])
        );
        changes.tags.insert(Tag::AnyThread);
        assert_eq!(changed(&changes).threads, Vec::<String>::new());
    }
}
