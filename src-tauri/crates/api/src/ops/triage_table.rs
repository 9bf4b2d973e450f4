//! Subject-line words, categories, pools, turnaround: looked at, tried on the last messages, changed.

use std::collections::BTreeMap;

use tern_inbox::{
    hours::Turnaround,
    practice_table::TableKind,
    rights::Deed,
    triage::{Category, FORMAT, Sorter, Triage, Words},
};

use crate::{
    dto::{
        CategoryRow, PoolName, PreviewCount, PreviewRow, SubjectWords, TableSaved, TriageContent, TriagePreview,
        TriageSaveRequest, TriageTable, TurnaroundTime, TurnaroundUnit,
    },
    fail::Answer,
    program::Program,
    tables::{LATELY, MOST_CHANGED, Read, count, json, read, wrong},
};

impl Program {
    /// The triage table.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked), or what the cache says.
    pub async fn triage_table(&self) -> Answer<TriageTable> {
        let desk = self.desk()?;
        let standing = desk.table(TableKind::Triage).await?;
        let mut pools = desk.read(|reader| reader.pools()).await?;
        pools.sort_by(|one, other| one.name.cmp(&other.name));
        let name = |pool: tern_inbox::member::Pool| PoolName { identifier: pool.identifier, name: pool.name };
        Ok(TriageTable {
            content: content(read(standing.shown.as_deref())),
            state: standing.state,
            pools: pools.into_iter().map(name).collect(),
        })
    }

    /// Queues a change of the triage table.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed) but for a triage lead, or what the cache says.
    pub async fn triage_save(&self, request: TriageSaveRequest) -> Answer<TableSaved> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let table = table(request.content);
        if let Err(problems) = Sorter::new(&table) {
            return Ok(TableSaved::Wrong { problems: problems.iter().map(wrong).collect() });
        }
        desk.save_table(TableKind::Triage, json(&table)?, request.base).await
    }

    /// What the last messages would become. A table that is wrong changes nothing: saving says what is wrong.
    ///
    /// # Errors
    /// As [`Program::triage_save`].
    pub async fn triage_preview(&self, request: TriageContent) -> Answer<TriagePreview> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let tried = Sorter::new(&table(request)).ok();
        let preview = desk
            .read(move |reader| {
                let practice = reader.practice()?;
                let now = practice.sorter();
                preview(reader, now, tried.as_ref().unwrap_or(now))
            })
            .await?;
        self.still_shown(&desk)?;
        Ok(preview)
    }
}

fn preview(reader: &tern_store::Reader<'_>, now: &Sorter, tried: &Sorter) -> Read<TriagePreview> {
    let messages = reader.lately(LATELY)?;
    let mut counts: BTreeMap<Option<String>, (u32, u32)> = BTreeMap::new();
    let mut changed = Vec::new();
    for message in &messages {
        let (portal, subject) = (message.category.as_deref(), message.subject_line.reveal());
        let (before, after) = (now.place(portal, subject), tried.place(portal, subject));
        counts.entry(before.category.map(str::to_owned)).or_default().0 += 1;
        counts.entry(after.category.map(str::to_owned)).or_default().1 += 1;
        if before.category != after.category && changed.len() < MOST_CHANGED {
            changed.push(PreviewRow {
                subject_line: subject.to_owned(),
                sent: message.sent.timestamp_millis(),
                before: before.category.map(str::to_owned),
                after: after.category.map(str::to_owned),
                word: after.word.map(str::to_owned),
            });
        }
    }
    let row = |(category, (before, after))| PreviewCount { category, before, after };
    Ok(TriagePreview { messages: count(messages.len()), counts: counts.into_iter().map(row).collect(), changed })
}

fn content(table: Triage) -> TriageContent {
    let category = |row: Category| CategoryRow {
        code: row.code,
        pool: row.pool,
        turnaround: row.turnaround.map(turnaround_shown),
    };
    let words = |row: Words| SubjectWords { category: row.category, words: row.words };
    TriageContent {
        turnaround: turnaround_shown(table.turnaround),
        categories: table.categories.into_iter().map(category).collect(),
        words: table.words.into_iter().map(words).collect(),
    }
}

fn table(content: TriageContent) -> Triage {
    let category = |row: CategoryRow| Category {
        code: row.code,
        pool: row.pool.filter(|pool| !pool.is_empty()),
        turnaround: row.turnaround.map(turnaround),
    };
    let words = |row: SubjectWords| Words {
        category: row.category,
        words: row.words.into_iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect(),
    };
    Triage {
        version: FORMAT,
        turnaround: turnaround(content.turnaround),
        categories: content.categories.into_iter().map(category).collect(),
        words: content.words.into_iter().map(words).collect(),
    }
}

fn turnaround_shown(turnaround: Turnaround) -> TurnaroundTime {
    match turnaround {
        Turnaround::WorkingDays(days) => TurnaroundTime { amount: days.into(), unit: TurnaroundUnit::WorkingDays },
        Turnaround::WorkingMinutes(amount) => TurnaroundTime { amount, unit: TurnaroundUnit::WorkingMinutes },
    }
}

fn turnaround(time: TurnaroundTime) -> Turnaround {
    match time.unit {
        // More than there are is found wrong.
        TurnaroundUnit::WorkingDays => Turnaround::WorkingDays(u16::try_from(time.amount).unwrap_or(u16::MAX)),
        TurnaroundUnit::WorkingMinutes => Turnaround::WorkingMinutes(time.amount),
    }
}
