//! Changing the practice's tables, and what a change would make of the last messages.
//!
//! A change is one row of the outbox with its text in it. Until the server has it, nothing is filed by it: the others
//! work by the former one, and two machines of one practice must not sort the same message differently. A second
//! change of the same table takes the place of the first while that has not left.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::params;
use tern_inbox::{
    message::Delivery,
    outbox::{Intent, OutboxRow},
    party::PartyRef,
    practice_table::{PracticeTable, TableKind},
    private::PrivateText,
    red_flags::{Findings, RuleId, Scanner},
};

use crate::{
    Acknowledged, Reader, StoreError, Tag, Writer,
    column::Columns,
    flags,
    table::{Meta, library, outbox as rows},
};

/// A patient's message, for a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lately {
    /// Its id.
    pub message: String,
    /// The subject line of its thread.
    pub subject_line: PrivateText,
    /// The category that came with the thread.
    pub category: Option<String>,
    /// When it was sent.
    pub sent: DateTime<Utc>,
}

const LATELY: &str = "SELECT m.id, coalesce(t.subject_line, ''), t.category, m.sent
     FROM message m LEFT JOIN thread t ON t.id = m.thread
     WHERE m.sender LIKE 'Patient/%' OR m.sender LIKE 'RelatedPerson/%'
     ORDER BY m.n DESC LIMIT ?1";

impl Reader<'_> {
    /// The member's change of a table that the server does not have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn table_change(&self, kind: TableKind, author: &PartyRef) -> Result<Option<OutboxRow>, StoreError> {
        let is_it = |row: &OutboxRow| {
            row.author == *author && matches!(&row.intent, Intent::Table { table, .. } if *table == kind)
        };
        Ok(rows::all(self.connection())?.into_iter().rfind(is_it))
    }

    /// The last messages that patients and their proxies wrote, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lately(&self, limit: u32) -> Result<Vec<Lately>, StoreError> {
        let mut statement = self.connection().prepare_cached(LATELY)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Lately { message: row.get(0)?, subject_line: row.private(1)?, category: row.get(2)?, sent: row.at(3)? })
        };
        let found = statement.query_map(params![limit], read)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// What other rules would find in a message; none where it is gone. Nothing of it is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn scanned_by(&self, scanner: &Scanner, of: &Lately) -> Result<Option<Findings>, StoreError> {
        let found = flags::tried(self.connection(), scanner, &of.message, of.subject_line.reveal())?;
        // As a row says them: no words beside self-harm or violence.
        Ok(found.map(|found| Findings { matches: flags::said(found.matches), ..found }))
    }
}

/// What became of the messages that a rule matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    /// Messages that it matched, of those whose work is done or whose urgency somebody lowered.
    pub judged: u32,
    /// Of these, those that a person has said to be less urgent than the rules say.
    pub lowered: u32,
}

const JUDGED: &str = "SELECT f.findings, w.lowered IS NOT NULL
     FROM red_flag f JOIN message m ON m.id = f.message JOIN work_item w ON w.envelope = m.thread AND w.message = m.id
     WHERE w.open = 0 OR w.lowered IS NOT NULL";

impl Reader<'_> {
    /// How often each rule was right, as far as this cache knows: what somebody lowered was a false alarm, what was
    /// dealt with as it stood was not. A person who lowers says so for everybody, so that machines differ only in how
    /// far back they reach.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn precision(&self) -> Result<HashMap<RuleId, Precision>, StoreError> {
        let mut statement = self.connection().prepare_cached(JUDGED)?;
        let mut rows = statement.query([])?;
        let mut precision: HashMap<RuleId, Precision> = HashMap::new();
        while let Some(row) = rows.next()? {
            // One that an older program wrote otherwise says nothing.
            let Ok(findings) = serde_json::from_str::<Findings>(&row.get::<_, String>(0)?) else { continue };
            let lowered: bool = row.get(1)?;
            let rules: HashSet<RuleId> = findings.matches.into_iter().map(|found| found.rule).collect();
            for rule in rules {
                let counted = precision.entry(rule).or_default();
                counted.judged += 1;
                counted.lowered += u32::from(lowered);
            }
        }
        Ok(precision)
    }
}

impl Writer<'_> {
    /// Queues another text of a table, made of the version `base`; none where the server has no such table.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while the change before is on its way.
    pub fn save_table(
        &mut self,
        table: &PracticeTable,
        base: Option<&str>,
        author: &PartyRef,
    ) -> Result<(), StoreError> {
        self.discard_table(table.kind, author)?;
        let intent = Intent::Table { table: table.kind, base: base.map(str::to_owned), text: table.text.clone() };
        let row = self.draft_row(None, author, intent, self.now());
        self.changes.add(Tag::Tables);
        self.outbox_add(&[row])
    }

    /// Gives up the member's change of a table that the server does not have; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError::HasLeft`] while it is on its way.
    pub fn discard_table(&mut self, kind: TableKind, author: &PartyRef) -> Result<(), StoreError> {
        let Some(row) = self.read().table_change(kind, author)? else { return Ok(()) };
        if matches!(row.delivery, Delivery::Sending | Delivery::Unknown) {
            return Err(StoreError::HasLeft);
        }
        self.remove_row(&row)
    }

    /// The server has a change: it is in force here too, and the pull finds nothing new.
    pub(crate) fn table_written(&mut self, table: &PracticeTable, answer: &Acknowledged) -> Result<(), StoreError> {
        let (Some(server_id), Some(version)) = (&answer.server_id, &answer.version) else { return Ok(()) };
        let updated = answer.updated.map(crate::column::micros);
        library::put(self.connection(), table, Meta { server_id, version, updated, identity: None })?;
        self.tables_changed();
        Ok(())
    }
}
