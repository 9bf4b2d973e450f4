//! What is being written: one draft a thread and member, there after every crash.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};
use tern_inbox::{
    ids::{MessageId, ThreadId},
    party::PartyRef,
    private::PrivateText,
};

use crate::{
    Reader, StoreError, Tag, Writer,
    column::{Columns, micros},
};

/// A reply that was not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where it will stand.
    pub thread: ThreadId,
    /// Who writes it; nobody else sees or sends it.
    pub author: PartyRef,
    /// The id that the message will have, made when the composer opened: a double press is one reply.
    pub message: MessageId,
    /// What it answers.
    pub in_response_to: Option<MessageId>,
    /// The words so far.
    pub text: PrivateText,
    /// Last change.
    pub updated: DateTime<Utc>,
}

const GET: &str = "SELECT thread, author, message, in_response_to, text, updated FROM draft
    WHERE thread = ?1 AND author = ?2";
const ALL: &str = "SELECT thread, author, message, in_response_to, text, updated FROM draft ORDER BY thread, author";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("a draft", GET)];

fn read(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        thread: row.id(0)?,
        author: row.party_ref(1)?,
        message: row.id(2)?,
        in_response_to: row.id_opt(3)?,
        text: row.private(4)?,
        updated: row.at(5)?,
    })
}

/// Before the thread that a note is about, where its words are kept while they are written.
const NOTE: &str = "note:";

impl Draft {
    /// The place of a note's words, beside those of the reply.
    pub fn of_note(about: &ThreadId) -> ThreadId {
        ThreadId::new(format!("{NOTE}{about}"))
    }
}

impl Reader<'_> {
    /// The member's draft in a thread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self, thread: &ThreadId, author: &PartyRef) -> Result<Option<Draft>, StoreError> {
        Ok(self.connection().prepare_cached(GET)?.query_row([thread.as_str(), author.as_str()], read).optional()?)
    }

    /// Every draft: what a sign-out lists and a rescue carries over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let mut statement = self.connection().prepare_cached(ALL)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Writer<'_> {
    /// Keeps words that come back, by undo or to be edited, in front of what is being typed there by now: neither
    /// is lost. Returns the draft as it is kept.
    pub(crate) fn bring_back_draft(&mut self, mut draft: Draft) -> Result<Draft, StoreError> {
        if let Some(typed) = self.read().draft(&draft.thread, &draft.author)?
            && !typed.text.is_blank()
            && typed.text != draft.text
        {
            draft.text = PrivateText::new(format!("{}\n\n{}", draft.text.reveal(), typed.text.reveal()));
        }
        self.save_draft(&draft)?;
        Ok(draft)
    }

    /// Keeps a draft as it is now; an empty one is forgotten.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`]: the draft before is still there.
    pub fn save_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        if draft.text.reveal().is_empty() {
            return self.forget_draft(&draft.thread, &draft.author);
        }
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO draft (thread, author, message, in_response_to, text, updated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                draft.thread.as_str(),
                draft.author.as_str(),
                draft.message.as_str(),
                draft.in_response_to.as_ref().map(MessageId::as_str),
                draft.text.reveal(),
                micros(draft.updated),
            ])?;
        self.touch_unsent();
        self.changes.add(Tag::Thread(draft.thread.clone()));
        Ok(())
    }

    /// Forgets a draft: sent, or thrown away by its author.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_draft(&mut self, thread: &ThreadId, author: &PartyRef) -> Result<(), StoreError> {
        let gone = self
            .connection()
            .prepare_cached("DELETE FROM draft WHERE thread = ?1 AND author = ?2")?
            .execute([thread.as_str(), author.as_str()])?;
        if gone > 0 {
            self.touch_unsent();
            self.changes.add(Tag::Thread(thread.clone()));
        }
        Ok(())
    }
}
