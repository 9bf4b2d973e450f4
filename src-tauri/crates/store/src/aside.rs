//! A cache that cannot be opened is moved aside, never deleted.
//!
//! A damaged page or a key that was lost must not cost a word that somebody typed. The file keeps its bytes
//! under another name (`inbox-20261121-223045.set-aside`, its write-ahead log beside it under the same name).
//! A sidecar without text says what is in it. Where the key is still there, [`rescue`] reads drafts and unsent
//! replies out of it, as far as its pages allow, and [`Writer::adopt`] carries them over into the new cache,
//! which is then synced anew.
//!
//! Should a lost key come back, [`restore`] brings the words of that file back at the next opening.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tern_inbox::{
    ids::ThreadId,
    message::{Delivery, DeliveryEvent, Message, Thread},
    outbox::{Intent, OutboxRow},
    party::PartyRef,
};

use crate::{
    Cache, CacheKey, Draft, Provenance, Reader, StoreError, Unsent, Writer,
    open::{self, Purpose},
    restore, sidecar,
    table::{document, outbox, thread},
};

/// A cache that was moved aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it lies now.
    pub path: PathBuf,
    /// What is in it that the server is not known to have, as far as that was noted.
    pub unsent: Option<Unsent>,
}

/// What lies beside a file that was set aside. Counts and a time, never a word.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Label {
    set_aside: Option<DateTime<Utc>>,
    unsent: Option<Unsent>,
    /// Its words are in the cache that came after it.
    pub(crate) taken_over: bool,
}

impl Label {
    /// The label of a file; an empty one where it has none that can be read.
    pub(crate) fn of(file: &Path) -> Self {
        let bytes = fs::read(with_suffix(file, ".json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Writes it, whole or not at all.
    pub(crate) fn put(&self, file: &Path) -> Result<(), StoreError> {
        let (fresh, label) = (with_suffix(file, ".json.new"), with_suffix(file, ".json"));
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        Ok(fs::rename(&fresh, &label)?)
    }
}

/// What could be read of an old cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Drafts.
    pub drafts: Vec<Draft>,
    /// Rows of the outbox in their order, audit rows left out: their entries stay in the old file.
    pub outbox: Vec<OutboxRow>,
    /// The messages that they send.
    pub messages: Vec<Message>,
    /// The threads of ours that they open.
    pub threads: Vec<Thread>,
    /// Whether something was there that could not be read.
    pub incomplete: bool,
}

impl Rescued {
    pub(crate) fn author_of(&self, message: &Message) -> Option<PartyRef> {
        self.outbox
            .iter()
            .find(|row| matches!(&row.intent, Intent::Send { message: sent, .. } if *sent == message.id))
            .map(|row| row.author.clone())
    }
}

/// How a cache was opened.
pub struct Opened {
    /// The cache.
    pub cache: Cache,
    /// The old one, where it could not be opened.
    pub set_aside: Option<SetAside>,
    /// How many drafts and replies were carried over from it.
    pub rescued: Unsent,
    /// How many came back from files that had been set aside before, now that their key is here again.
    pub restored: Unsent,
}

/// Opens the cache; one that is damaged, or was found to be while it was open, or whose key is lost, is set aside, what
/// can be read of its drafts and outbox carried over, and a new one begun.
///
/// One that another machine made (a machine that was set up anew from an image, a copy) is set aside as well: what is
/// unsent in it may still leave from there, so its words come back as drafts and nothing leaves by itself.
///
/// # Errors
/// As [`Cache::open`], but for the old file never that it is damaged, another's, or its key not here.
pub fn open_or_set_aside(
    path: &Path,
    key: &CacheKey,
    provenance: &Provenance,
    now: DateTime<Utc>,
) -> Result<Opened, StoreError> {
    if damage_mark(path).exists() {
        if path.exists() {
            return replace(path, key, provenance, now);
        }
        // The file it was about is gone.
        remove_if_there(&damage_mark(path))?;
    }
    match Cache::open(path, key, provenance, now) {
        Ok(cache) => {
            let restored = restore::take_up(&cache, key, provenance, now);
            Ok(Opened { cache, set_aside: None, rescued: Unsent::default(), restored })
        }
        Err(StoreError::KeyRefused | StoreError::Damaged) => replace(path, key, provenance, now),
        Err(StoreError::CopiedFromElsewhere | StoreError::BelongsToAnother) => {
            let set_aside = set_aside(path, now)?;
            let cache = Cache::open(path, key, provenance, now)?;
            let restored = restore::take_up(&cache, key, provenance, now);
            Ok(Opened { cache, set_aside: Some(set_aside), rescued: restored, restored })
        }
        Err(error) => Err(error),
    }
}

/// Beside a cache that turned out to be damaged while it was open: the next start replaces it.
pub(crate) fn damage_mark(path: &Path) -> PathBuf {
    path.with_extension("damaged")
}

/// Sets the cache at `path` aside and begins a new one with what can be rescued.
///
/// # Errors
/// As [`Cache::open`].
pub fn replace(path: &Path, key: &CacheKey, provenance: &Provenance, now: DateTime<Utc>) -> Result<Opened, StoreError> {
    let set_aside = set_aside(path, now)?;
    let rescued = rescue(&set_aside.path, key, provenance);
    let cache = Cache::open(path, key, provenance, now)?;
    let mut counts = Unsent::default();
    // With its own key it opens as far as it ever will; without, its words may come back another time.
    if let Ok(rescued) = rescued {
        cache.write(now, |writer| {
            writer.adopt(&rescued)?;
            restore::note(writer, &set_aside.path)
        })?;
        restore::label(&set_aside.path);
        counts = Unsent {
            replies: u64::try_from(rescued.messages.len()).unwrap_or(u64::MAX),
            drafts: u64::try_from(rescued.drafts.len()).unwrap_or(u64::MAX),
        };
    }
    let restored = restore::take_up(&cache, key, provenance, now);
    Ok(Opened { cache, set_aside: Some(set_aside), rescued: counts, restored })
}

/// Moves a cache aside with everything that belongs to it, and writes beside it what is in it.
///
/// # Errors
/// [`StoreError::Io`]; the file is then where it was.
pub fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<SetAside, StoreError> {
    let unsent = sidecar::read(&sidecar::path_of(path));
    let target = free_name(path, now);
    fs::rename(path, &target)?;
    // The log holds what was committed last: without it the newest drafts would be gone.
    rename_if_there(&with_suffix(path, "-wal"), &with_suffix(&target, "-wal"))?;
    // The shared-memory index is made anew from the log.
    remove_if_there(&with_suffix(path, "-shm"))?;
    Label { set_aside: Some(now), unsent, taken_over: false }.put(&target)?;
    remove_if_there(&sidecar::path_of(path))?;
    remove_if_there(&damage_mark(path))?;
    tracing::warn!("the cache was set aside");
    Ok(SetAside { path: target, unsent })
}

/// The files that lie aside next to a cache, oldest first, with what is in them.
///
/// # Errors
/// [`StoreError::Io`].
pub fn list(path: &Path) -> Result<Vec<SetAside>, StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "set-aside") {
            let unsent = Label::of(&file).unsent;
            found.push(SetAside { path: file, unsent });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Reads what a person made out of an old cache, row by row, as far as its pages allow.
///
/// # Errors
/// [`StoreError::KeyRefused`], [`StoreError::Damaged`] where not even its first page can be read;
/// [`StoreError::CopiedFromElsewhere`], [`StoreError::BelongsToAnother`] where it says so: what is unsent in such a one
/// is no longer this machine's to send.
pub fn rescue(old: &Path, key: &CacheKey, provenance: &Provenance) -> Result<Rescued, StoreError> {
    open::refuse_plaintext(old)?;
    let connection = open::connect(old, key, Purpose::Rescuing)?;
    match open::refuse_strangers(&connection, provenance) {
        Err(error @ (StoreError::CopiedFromElsewhere | StoreError::BelongsToAnother)) => Err(error),
        // It says it is ours, or cannot say any more.
        _ => Ok(rescue_from(&connection)),
    }
}

pub(crate) fn rescue_from(connection: &Connection) -> Rescued {
    let reader = Reader::new(connection);
    let mut rescued = Rescued::default();
    match reader.drafts() {
        Ok(drafts) => rescued.drafts = drafts,
        Err(_) => rescued.incomplete = true,
    }
    let rows = outbox::all(connection).unwrap_or_else(|_| {
        rescued.incomplete = true;
        Vec::new()
    });
    for row in rows {
        if rescue_row(connection, &row, &mut rescued).is_err() {
            // The row alone is no use: what it was to send cannot be read.
            rescued.incomplete = true;
            continue;
        }
        if !matches!(row.intent, Intent::Audit { .. }) {
            rescued.outbox.push(row);
        }
    }
    rescued
}

fn rescue_row(connection: &Connection, row: &OutboxRow, rescued: &mut Rescued) -> Result<(), StoreError> {
    match &row.intent {
        Intent::Send { message, .. } => {
            let found = Reader::new(connection).message(message)?.ok_or(StoreError::NotFound("message"))?;
            rescued.messages.push(found.row.message);
        }
        Intent::OpenThread { thread } => {
            rescued.threads.push(thread::get(connection, thread.as_str())?.ok_or(StoreError::NotFound("thread"))?);
        }
        _ => {}
    }
    Ok(())
}

impl Writer<'_> {
    /// Carries over what was rescued. Rows that were on the wire are *unknown* here: they are searched for
    /// before anything is sent again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn adopt(&mut self, rescued: &Rescued) -> Result<(), StoreError> {
        for draft in &rescued.drafts {
            self.save_draft(draft)?;
        }
        for opened in &rescued.threads {
            thread::put(self.connection(), opened.id.as_str(), opened, None, None)?;
        }
        for message in &rescued.messages {
            if let Some(author) = rescued.author_of(message) {
                self.put_own_message(message, &author)?;
            }
        }
        let mut rows = rescued.outbox.clone();
        for row in &mut rows {
            if row.delivery == Delivery::Sending {
                row.delivery = row.delivery.on(DeliveryEvent::NoAnswer)?;
            }
        }
        self.outbox_add(&rows)?;
        for row in &rows {
            if let Intent::File { what } = &row.intent {
                document::carried_over(self.connection(), what, &row.id, self.now())?;
            }
        }
        for thread in rows.iter().filter_map(|row| row.thread.as_ref()) {
            self.touch_thread(&ThreadId::from(thread.as_str()));
        }
        Ok(())
    }
}

/// Removes a closed cache with its log and its counts; files that were set aside stay.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    // The log first: a file without its log is an older state, a log without its file is nothing.
    remove_if_there(&with_suffix(path, "-wal"))?;
    remove_if_there(&with_suffix(path, "-shm"))?;
    remove_if_there(&sidecar::path_of(path))?;
    remove_if_there(&damage_mark(path))?;
    remove_if_there(path)
}

/// A name that nothing has: the second, and a number where that is not enough.
fn free_name(path: &Path, now: DateTime<Utc>) -> PathBuf {
    let stem = path.file_stem().map_or_else(|| "inbox".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let stamped = format!("{stem}-{}", now.format("%Y%m%d-%H%M%S"));
    let mut target = path.with_file_name(format!("{stamped}.set-aside"));
    let mut number = 2;
    while target.exists() {
        target = path.with_file_name(format!("{stamped}-{number}.set-aside"));
        number += 1;
    }
    target
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn rename_if_there(from: &Path, to: &Path) -> Result<(), StoreError> {
    ignore_missing(fs::rename(from, to))
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    ignore_missing(fs::remove_file(path))
}

fn ignore_missing(result: io::Result<()>) -> Result<(), StoreError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
