//! A lost key is here again (a keyring restored from a backup): the words of the file that was set aside come back.
//!
//! Days may have passed, and somebody may have written the same again, so nothing leaves by itself:
//!
//! - drafts, and replies that never left, come back as drafts, under ids of their own;
//! - a reply that was on the wire may be on the server. It comes back under its own id as one whose outcome is not
//!   known, for a person to decide; where the server has it, its echo says so;
//! - the reasons of a put-back, which are internal, never come into a patient's field: they stay in the file, as do
//!   claims and outcomes, which others may have changed since.
//!
//! That a file was taken over is noted in the transaction that takes it over, so that it is done once; and beside the
//! file, for a cache that is begun anew after this one.

use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tern_inbox::{
    message::{Audience, Delivery},
    outbox::{Intent, OutboxRow, Wedge},
};

use crate::{
    Cache, CacheKey, Draft, Provenance, StoreError, Unsent, Writer,
    aside::{self, Label, Rescued, SetAside},
    open::{self, Purpose},
    table::thread,
    touching::fresh_id,
};

/// What comes back of a file.
struct Words {
    /// The latest of a thread first, so that they stand in their order once each is put before the others.
    drafts: Vec<Draft>,
    /// Replies that may be on the server.
    unknown: Rescued,
    counts: Unsent,
}

/// Brings back the words of every file beside the cache that opens again. One that does not, or that cannot be taken
/// over now, is left for another time.
pub(crate) fn take_up(cache: &Cache, key: &CacheKey, provenance: &Provenance, now: DateTime<Utc>) -> Unsent {
    let mut restored = Unsent::default();
    for SetAside { path, .. } in aside::list(cache.path()).unwrap_or_default() {
        if Label::of(&path).taken_over {
            continue;
        }
        match take_up_one(cache, &path, key, provenance, now) {
            Ok(counts) => restored = restored + counts,
            // Its key is still gone: the usual case, and no news.
            Err(StoreError::KeyRefused) => {}
            Err(error) => tracing::warn!(%error, "a file that lies aside is not taken over"),
        }
    }
    restored
}

fn take_up_one(
    cache: &Cache,
    file: &Path,
    key: &CacheKey,
    provenance: &Provenance,
    now: DateTime<Utc>,
) -> Result<Unsent, StoreError> {
    if cache.read(|reader| reader.setting::<bool>(&name_of(file)))?.is_some() {
        label(file);
        return Ok(Unsent::default());
    }
    let Words { drafts, unknown, counts } = words_of(file, key, provenance, now)?;
    cache.write(now, |writer| {
        for draft in drafts {
            writer.bring_back_draft(draft)?;
        }
        writer.adopt(&unknown)?;
        note(writer, file)
    })?;
    label(file);
    Ok(counts)
}

/// Notes in the cache that a file was taken over.
pub(crate) fn note(writer: &mut Writer<'_>, file: &Path) -> Result<(), StoreError> {
    writer.set_setting(&name_of(file), &true)
}

/// Says so beside the file. The cache knows it as well, so a failure is only logged.
pub(crate) fn label(file: &Path) {
    let mut label = Label::of(file);
    label.taken_over = true;
    if let Err(error) = label.put(file) {
        tracing::warn!(%error, "that a file was taken over could not be written beside it");
    }
}

/// The setting that says of a file that it was taken over.
fn name_of(file: &Path) -> String {
    format!("taken-over {}", file.file_name().unwrap_or_default().to_string_lossy())
}

fn words_of(file: &Path, key: &CacheKey, provenance: &Provenance, now: DateTime<Utc>) -> Result<Words, StoreError> {
    open::refuse_plaintext(file)?;
    let connection = open::connect(file, key, Purpose::Rescuing)?;
    match open::refuse_strangers(&connection, provenance) {
        // The same member's, from another machine: nothing of it leaves by itself.
        Ok(_) | Err(StoreError::CopiedFromElsewhere) => {}
        Err(error) => return Err(error),
    }
    let rescued = aside::rescue_from(&connection);
    let (mut drafts, mut unknown) = (rescued.drafts.clone(), Rescued::default());
    for row in rescued.outbox.iter().rev() {
        let Some(draft) = reply_of(&connection, &rescued, row, now)? else { continue };
        match row.delivery {
            Delivery::Queued => drafts.push(draft),
            Delivery::Wedged if row.wedged != Some(Wedge::OutcomeUnknown) => drafts.push(draft),
            Delivery::Sending | Delivery::Unknown | Delivery::Sent | Delivery::Wedged => {
                unknown.messages.extend(rescued.messages.iter().find(|message| message.id == draft.message).cloned());
                unknown.outbox.insert(0, of_unknown_outcome(row));
            }
        }
    }
    for draft in &mut drafts {
        draft.message = fresh_id(now);
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let replies = count(drafts.len() - rescued.drafts.len() + unknown.outbox.len());
    Ok(Words { drafts, unknown, counts: Unsent { replies, drafts: count(rescued.drafts.len()) } })
}

/// The words of a reply to a patient; nothing for any other row.
fn reply_of(
    connection: &Connection,
    rescued: &Rescued,
    row: &OutboxRow,
    now: DateTime<Utc>,
) -> Result<Option<Draft>, StoreError> {
    let Intent::Send { message: sent, .. } = &row.intent else { return Ok(None) };
    let Some(message) = rescued.messages.iter().find(|message| message.id == *sent) else { return Ok(None) };
    let thread = thread::get(connection, message.thread.as_str())?;
    if thread.is_none_or(|thread| thread.audience != Audience::Patient) {
        return Ok(None);
    }
    Ok(Some(Draft {
        thread: message.thread.clone(),
        author: row.author.clone(),
        message: message.id.clone(),
        in_response_to: message.in_response_to.clone(),
        text: message.text.clone(),
        updated: now,
    }))
}

/// The row as one that needs a person: alone, because what it waited for does not come along.
fn of_unknown_outcome(row: &OutboxRow) -> OutboxRow {
    OutboxRow {
        delivery: Delivery::Wedged,
        wedged: Some(Wedge::OutcomeUnknown),
        depends_on: Vec::new(),
        group: None,
        ..row.clone()
    }
}
