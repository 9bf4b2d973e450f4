//! `Library`: one of the practice's tables, if it says that it is one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::{
    arrival::{Content, Kind},
    practice_table::{PracticeTable, TableKind},
};

use super::{
    Reading,
    entry::{Resource, head},
    wire::{Concept, Identifier, Many, Meta, Text, each, words},
};
use crate::{exchange::is_json, vocabulary::TABLE_SYSTEM};

/// Bytes of a table at most: more than that nobody wrote by hand.
const MOST_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Wire<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    status: Option<Text<'a>>,
    #[serde(rename = "type")]
    kind: Option<Concept<'a>>,
    content: Many<Attachment<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Attachment<'a> {
    content_type: Option<Text<'a>>,
    data: Option<Text<'a>>,
}

impl<'a> Resource<'a> for Wire<'a> {
    const KIND: Kind = Kind::Library;

    head!();

    fn content(&self, _id: &str, _at: DateTime<Utc>, _reading: &Reading<'_>) -> Result<Content, String> {
        let is = |table: &TableKind| self.kind.as_ref().is_some_and(|kind| kind.is(TABLE_SYSTEM, table.code()));
        let Some(kind) = TableKind::ALL.into_iter().find(is) else { return Ok(Content::NotOurs) };
        if words(&self.status) != Some("active") {
            return Ok(Content::NotOurs);
        }
        let json = each(&self.content).find(|one| words(&one.content_type).is_some_and(is_json));
        // One that cannot be read is a table all the same: it is used by nobody, said so, and can be put right.
        let text = json.and_then(|one| words(&one.data)).and_then(text).unwrap_or_default();
        Ok(Content::Table(PracticeTable { kind, text }))
    }
}

/// What base64 says, line ends and all (R4 allows them); none where that is no text, or too long a one.
fn text(data: &str) -> Option<String> {
    if data.len() / 4 * 3 > MOST_BYTES {
        return None;
    }
    let packed: String = data.split_ascii_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}
