//! The practice's tables, as far as they are alike: how one stands, and how a change of it is kept.

use std::sync::Arc;

use tern_inbox::{
    emergency, hours,
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
    practice_table::{PracticeTable, TableKind},
    red_flags,
    rights::{self, Deed},
    triage,
};
use tern_store::{KeptTable, StoreError};

use crate::{
    desk::Desk,
    dto::{self, ApiError, ErrorCode, RuleProblemRow, TableSaved, TableSaving, TableState},
    fail::Answer,
};

/// A table, and what of the member's own is on its way there.
pub(crate) struct Standing {
    /// How it stands.
    pub(crate) state: TableState,
    /// What is in force: the server's text, where it has one.
    pub(crate) in_force: Option<String>,
    /// What is shown: the member's own change while there is one.
    pub(crate) shown: Option<String>,
}

impl Desk {
    /// How a table stands.
    pub(crate) async fn table(&self, kind: TableKind) -> Answer<Standing> {
        let author = self.member.reference.clone();
        self.read(move |reader| {
            let may_edit = rights::may(reader.me()?.role, Deed::PracticeTables);
            let kept = reader.practice_table(kind)?;
            let change = reader.table_change(kind, &author)?;
            let problem = reader.practice()?.problem(kind).map(str::to_owned);
            Ok(standing(kept, change, problem, may_edit))
        })
        .await
    }

    /// Queues a change of a table, of the version that was edited.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] but for a triage lead; [`ErrorCode::TooLate`] while the change before is on its way.
    pub(crate) async fn save_table(
        self: &Arc<Self>,
        kind: TableKind,
        text: String,
        base: Option<String>,
    ) -> Answer<TableSaved> {
        self.may(Deed::PracticeTables).await?;
        let in_force = self.read(move |reader| reader.practice_table(kind)).await?;
        if in_force.is_some_and(|kept| is_newer(kind, &kept.table.text)) {
            let problem = wrong(&"a newer Tern made this table: change it with that one, or update this one");
            return Ok(TableSaved::Wrong { problems: vec![problem] });
        }
        let author = self.member.reference.clone();
        let entry = self.audit("settings", Some(format!("Library/{}", kind.id())));
        self.write(move |writer| {
            writer.save_table(&PracticeTable { kind, text }, base.as_deref(), &author)?;
            writer.audit_and_send(&entry)
        })
        .await?;
        self.engine.wake();
        Ok(TableSaved::Queued)
    }
}

fn standing(kept: Option<KeptTable>, change: Option<OutboxRow>, problem: Option<String>, may_edit: bool) -> Standing {
    let saving = change.as_ref().map_or(TableSaving::Saved, saving);
    let own = change.and_then(|row| match row.intent {
        Intent::Table { base, text, .. } => Some((base, text)),
        _ => None,
    });
    // What is shown was made of the version that it was edited from: whoever edits on has not seen a later one, until
    // they are told that there is one.
    let base = match (&own, saving) {
        (Some((base, _)), TableSaving::Queued | TableSaving::Refused) => base.clone(),
        _ => kept.as_ref().map(|kept| kept.version.clone()),
    };
    let in_force = kept.as_ref().map(|kept| kept.table.text.clone());
    Standing {
        state: TableState {
            updated: kept.as_ref().and_then(|kept| kept.updated).map(|at| at.timestamp_millis()),
            base,
            may_edit,
            problem,
            saving,
        },
        shown: own.map(|(_, text)| text).or_else(|| in_force.clone()),
        in_force,
    }
}

/// Whether a table has a format that this program does not know: written over, it would lose what it says.
fn is_newer(kind: TableKind, text: &str) -> bool {
    let known = match kind {
        TableKind::Triage => triage::FORMAT,
        TableKind::RedFlags => red_flags::practice::FORMAT,
        TableKind::Calendar => hours::FORMAT,
        TableKind::Emergencies => emergency::FORMAT,
    };
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    json.and_then(|json| json.get("version")?.as_u64()).is_some_and(|version| version > u64::from(known))
}

fn saving(change: &OutboxRow) -> TableSaving {
    match (change.delivery, &change.wedged) {
        (Delivery::Wedged, Some(Wedge::ChangedSince)) => TableSaving::Overtaken,
        (Delivery::Wedged, _) => TableSaving::Refused,
        _ => TableSaving::Queued,
    }
}

/// The table of the screen.
pub(crate) fn kind_of(table: dto::TableKind) -> TableKind {
    match table {
        dto::TableKind::Triage => TableKind::Triage,
        dto::TableKind::RedFlags => TableKind::RedFlags,
        dto::TableKind::Calendar => TableKind::Calendar,
        dto::TableKind::Emergencies => TableKind::Emergencies,
    }
}

/// What is wrong with a field.
pub(crate) fn wrong(problem: &impl std::fmt::Display) -> RuleProblemRow {
    RuleProblemRow { rule: None, pattern: String::new(), problem: problem.to_string() }
}

/// A table as JSON.
///
/// # Errors
/// [`ErrorCode::Internal`]: never seen.
pub(crate) fn json<T: serde::Serialize>(table: &T) -> Answer<String> {
    serde_json::to_string_pretty(table).map_err(|error| ApiError::because(ErrorCode::Internal, error))
}

/// What a text says; the default where there is none, or none that can be read: [`TableState::problem`] says so.
pub(crate) fn read<T: serde::de::DeserializeOwned + Default>(text: Option<&str>) -> T {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Rows of a preview at most.
pub(crate) const MOST_CHANGED: usize = 100;

/// Messages that a preview looks at.
pub(crate) const LATELY: u32 = 500;

/// Counts as the screen has them.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Work beside the async threads that reads the cache and takes its time.
pub(crate) type Read<T> = Result<T, StoreError>;

#[cfg(test)]
mod tests;
