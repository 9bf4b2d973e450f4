//! A file: its bytes as a `Binary`, then the `DocumentReference` that a message names.
//!
//! Two resources, because bodies over a megabyte are refused by some servers only where they carry text
//! (`3-fhir`, 11), and because a document can be filed later without moving its bytes. The Binary is written as
//! JSON with base64 inside: raw ones are not taken everywhere (14).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tern_inbox::party::PartyRef;

use super::{Element, NotWritable, carries, create::New, identifier, party, reference};
use crate::{exchange::Response, search::instant, vocabulary::SHA_256};

/// A file on its way out. `Debug` is left out: titles and bytes are a patient's.
pub struct File<'a> {
    /// UUID of the Binary.
    pub binary_id: &'a str,
    /// UUID of the DocumentReference.
    pub document_id: &'a str,
    /// As it is shown.
    pub title: &'a str,
    /// Media type, looked at and not believed.
    pub content_type: &'a str,
    /// Bytes.
    pub bytes: &'a [u8],
    /// Reference to the patient; none inside the practice.
    pub patient: Option<&'a str>,
    /// Reference to the thread: the Binary is as readable as that.
    pub thread: &'a str,
    /// Who attached it.
    pub author: &'a PartyRef,
    /// When.
    pub at: DateTime<Utc>,
}

/// The bytes. Written first.
pub fn binary(file: &File<'_>) -> New {
    let json = Element::resource("Binary")
        .put("contentType", file.content_type)
        .put("securityContext", reference(Some(file.thread)))
        .put("data", STANDARD.encode(file.bytes))
        .done();
    New { resource_type: "Binary", id: file.binary_id.to_owned(), identity: None, json }
}

/// What says what the bytes are. `binary` is the reference that the server gave them.
///
/// # Errors
/// [`NotWritable`] where FHIR can't carry the title, or the author was only a name.
pub fn document(file: &File<'_>, binary: &str) -> Result<New, NotWritable> {
    carries(file.title)?;
    let identity = format!("urn:uuid:{}", file.document_id);
    let json = Element::resource("DocumentReference")
        .put("identifier", identifier(&identity))
        .put("status", "current")
        .put("subject", reference(file.patient))
        .put("date", instant(file.at))
        .put("author", json!([party(file.author)?]))
        .put("content", json!([{ "attachment": attachment(file, binary) }]))
        .put("context", json!({ "related": [reference(Some(file.thread))] }))
        .done();
    Ok(New { resource_type: "DocumentReference", id: file.document_id.to_owned(), identity: Some(identity), json })
}

/// Whether the answers to reading a Binary and its DocumentReference bring back exactly these bytes: equal by
/// SHA-256, and by the one that the document states. A Binary comes as JSON or as the bytes themselves.
pub fn is_whole(bytes: &[u8], binary: &Response, document: &Response) -> bool {
    let wanted = Sha256::digest(bytes);
    let stated = serde_json::from_slice::<Value>(&document.body).ok().and_then(|json| {
        let of_attachment = json.pointer("/content/0/attachment/extension")?.as_array()?;
        let ours = of_attachment.iter().find(|one| one.get("url").and_then(Value::as_str) == Some(SHA_256))?;
        STANDARD.decode(ours.get("valueBase64Binary")?.as_str()?).ok()
    });
    let brought = serde_json::from_slice::<Value>(&binary.body)
        .ok()
        .filter(|json| json.get("resourceType").and_then(Value::as_str) == Some("Binary"))
        .map_or_else(|| Some(binary.body.clone()), |json| STANDARD.decode(json.get("data")?.as_str()?).ok());
    stated.as_deref() == Some(wanted.as_slice()) && brought.is_some_and(|brought| Sha256::digest(brought) == wanted)
}

/// `Attachment.hash` is SHA-1 by R4; SHA-256 stands beside it, and is what equality means.
fn attachment(file: &File<'_>, binary: &str) -> Value {
    let sha_256 = STANDARD.encode(Sha256::digest(file.bytes));
    Element::new()
        .put("extension", json!([{ "url": SHA_256, "valueBase64Binary": sha_256 }]))
        .put("contentType", file.content_type)
        .put("url", binary)
        .put("size", file.bytes.len())
        .put("hash", STANDARD.encode(Sha1::digest(file.bytes)))
        .put("title", file.title)
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: Vec<u8>) -> Response {
        Response {
            status: 200,
            etag: None,
            location: None,
            last_modified: None,
            date: None,
            retry_after: None,
            content_type: None,
            body,
        }
    }

    #[test]
    fn a_file_read_back_is_equal_by_its_sha_256() {
        let file = File {
            binary_id: "b",
            document_id: "d",
            title: "rash.png",
            content_type: "image/png",
            bytes: b"not really a picture",
            patient: Some("Patient/leo"),
            thread: "Communication/t0",
            author: &PartyRef::new("PractitionerRole/osei"),
            at: DateTime::UNIX_EPOCH,
        };
        let as_json = answer(binary(&file).json.to_string().into_bytes());
        let as_bytes = answer(file.bytes.to_vec());
        let stated = document(&file, "Binary/b").expect("writable");
        let stated = answer(stated.json.to_string().into_bytes());
        assert!(is_whole(file.bytes, &as_json, &stated));
        assert!(is_whole(file.bytes, &as_bytes, &stated));
        assert!(!is_whole(b"another", &as_json, &stated));
        assert!(!is_whole(file.bytes, &answer(b"half".to_vec()), &stated));
        assert!(!is_whole(file.bytes, &as_json, &answer(b"{}".to_vec())), "without a statement nothing is equal");
    }
}
