//! One of the practice's tables, made for the first time. Changing it is an [`Edit::Table`](super::edit::Edit).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tern_inbox::practice_table::PracticeTable;

use super::{Element, create::New, identifier};
use crate::{
    search::instant,
    vocabulary::{TABLE_SYSTEM, hl7},
};

/// The Library that carries a table, under the id that every machine gives it.
pub fn library(table: &PracticeTable, at: DateTime<Utc>) -> New {
    let id = table.kind.id().to_string();
    let identity = format!("urn:uuid:{id}");
    let kind = json!({ "coding": [
        { "system": hl7::LIBRARY_TYPE, "code": hl7::ASSET_COLLECTION },
        { "system": TABLE_SYSTEM, "code": table.kind.code() },
    ]});
    let json = Element::resource("Library")
        .put("identifier", identifier(&identity))
        .put("title", format!("Tern: {}", table.kind.code()))
        .put("status", "active")
        .put("type", kind)
        .put("date", instant(at))
        .put("content", json!([attachment(&table.text)]))
        .done();
    New { resource_type: "Library", id, identity: Some(identity), json }
}

/// Whether a Library says this text, at its place `at`; a server may have put size and hash beside it.
pub(super) fn says(resource: &Value, at: Option<usize>, text: &str) -> bool {
    let data = at.and_then(|at| resource.pointer(&format!("/content/{at}/data"))).and_then(Value::as_str);
    data.is_some_and(|data| {
        let packed: String = data.split_ascii_whitespace().collect();
        STANDARD.decode(packed).is_ok_and(|bytes| bytes == text.as_bytes())
    })
}

/// `Attachment` with a table's JSON in it.
pub(super) fn attachment(text: &str) -> Value {
    json!({ "contentType": "application/json", "data": STANDARD.encode(text) })
}
