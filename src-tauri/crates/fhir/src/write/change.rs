//! Changing what stands on the server, under the version that was read.

use json_patch::{Patch, PatchOperation, TestOperation, jsonptr::PointerBuf};
use serde_json::Value;

use super::{
    create::bytes,
    edit::{self, Edit, NotEditable},
};
use crate::{
    exchange::{FHIR_JSON, JSON_PATCH, Method, Request, Response},
    links, version,
};

/// How a server is made to change a resource ([`crate::facts::ServerFacts::changing`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changing {
    /// JSON Patch whose first operation tests the version, and `If-Match`: some servers ignore the header
    /// (`3-fhir`, 3), some have no patch.
    Patch,
    /// JSON Patch with `If-Match` alone, for servers whose patches can't test the version and whose PUT has
    /// no guard.
    PatchByHeader,
    /// The JSON as received, edited, with `If-Match`.
    Put,
}

/// A resource as the server gave it, ready to be changed. `Debug` prints its name and version.
#[derive(Clone, PartialEq)]
pub struct Current {
    resource_type: String,
    id: String,
    etag: Option<String>,
    json: Value,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} {}", self.resource_type, self.id, self.etag.as_deref().unwrap_or("without ETag"))
    }
}

impl Current {
    /// Takes the bytes of a resource and the ETag that came with them.
    ///
    /// # Errors
    /// [`NotEditable`] where they are no resource with a type and an id.
    pub fn of(raw: &[u8], etag: Option<&str>) -> Result<Self, NotEditable> {
        let json: Value = serde_json::from_slice(raw).map_err(|_| NotEditable::NotJson)?;
        let text = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| links::is_id(text));
        let (Some(resource_type), Some(id)) = (text("resourceType"), text("id")) else {
            return Err(NotEditable::NotAResource);
        };
        Ok(Self { resource_type: resource_type.to_owned(), id: id.to_owned(), etag: etag.map(str::to_owned), json })
    }

    /// Takes the answer to a read.
    ///
    /// # Errors
    /// [`NotEditable`] where the body is no resource with a type and an id.
    pub fn of_response(response: &Response) -> Result<Self, NotEditable> {
        Self::of(&response.body, response.etag.as_deref())
    }

    /// `Type/id`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.resource_type, self.id)
    }

    /// The resource as received.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// `If-Match`: the ETag as it came, else one made of `meta.versionId`; none on a server without versions.
    pub fn if_match(&self) -> Option<String> {
        version::if_match(self.etag.as_deref(), self.version().and_then(Value::as_str).unwrap_or_default())
    }

    /// `meta.versionId` as it stands in the JSON: `test` compares it type and all.
    fn version(&self) -> Option<&Value> {
        self.json.pointer("/meta/versionId")
    }

    /// The request that makes the edit, under the version that was read.
    ///
    /// # Errors
    /// [`NotEditable`] where the edit doesn't fit the resource.
    pub fn change(&self, edit: &Edit<'_>, how: Changing) -> Result<Request, NotEditable> {
        if !edit.fits(&self.resource_type) {
            return Err(NotEditable::AnotherType);
        }
        Ok(match how {
            Changing::Patch => {
                let guard = self.version().cloned();
                patch(self.path(), self.if_match(), guard, edit::operations(&self.json, edit))
            }
            Changing::PatchByHeader => patch(self.path(), self.if_match(), None, edit::operations(&self.json, edit)),
            Changing::Put => Request::new(Method::Put, self.path())
                .if_match(self.if_match())
                .with_body(FHIR_JSON, bytes(&edit::applied(&self.json, edit)?)),
        })
    }
}

/// The patch of an edit that needs no reading, from what the cache knows: one exchange instead of two, so that
/// Start feels like one. Only where [`Changing::Patch`] is the way. None for the edits that have to look first, and without a version of the server's own.
pub fn unread(resource_type: &str, id: &str, version: &str, edit: &Edit<'_>) -> Option<Request> {
    let fits = edit.needs_no_reading() && edit.fits(resource_type) && links::is_id(id);
    (fits && version::is_servers_own(version)).then(|| {
        let path = format!("{resource_type}/{id}");
        let guard = Some(Value::from(version));
        patch(path, version::if_match(None, version), guard, edit::operations(&Value::Null, edit))
    })
}

/// A patch: first the version, where there is one to test, then the rest.
pub(crate) fn patch(
    path: String,
    if_match: Option<String>,
    version: Option<Value>,
    rest: Vec<PatchOperation>,
) -> Request {
    let test = version.map(|value| {
        PatchOperation::Test(TestOperation { path: PointerBuf::from_tokens(["meta", "versionId"]), value })
    });
    let operations = Patch(test.into_iter().chain(rest).collect());
    Request::new(Method::Patch, path).if_match(if_match).with_body(JSON_PATCH, operations.to_string().into_bytes())
}
