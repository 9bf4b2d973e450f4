//! What belongs together, as one transaction Bundle: the reply and the work items it ends.
//!
//! Only for servers that were seen to roll back: an advertised `transaction` is not proof (`3-fhir`, 4). On
//! the others the same parts go one after the other, each repeatable by itself.

use serde_json::{Value, json};

use super::{
    Element,
    change::Current,
    create::{Creating, New, bytes},
    edit::{self, Edit, NotEditable},
};
use crate::exchange::{FHIR_JSON, Method, Request};

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Make something.
    Create {
        /// What.
        new: New,
        /// With our own id, or by `ifNoneExist`.
        how: Creating,
    },
    /// Put a changed resource under the version that was read.
    Put {
        /// `Type/id`.
        path: String,
        /// `ifMatch`.
        if_match: Option<String>,
        /// The resource as received, edited.
        json: Edited,
    },
}

/// A resource as received with an edit of ours in it. `Debug` prints nothing of it.
#[derive(Clone, PartialEq)]
pub struct Edited(Value);

impl std::fmt::Debug for Edited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edited(…)")
    }
}

impl Part {
    /// A change of what stands on the server, as an entry.
    ///
    /// # Errors
    /// [`NotEditable`] where the edit doesn't fit the resource.
    pub fn change(current: &Current, edit: &Edit<'_>) -> Result<Self, NotEditable> {
        Ok(Self::Put {
            path: current.path(),
            if_match: current.if_match(),
            json: Edited(edit::applied(current.json(), edit)?),
        })
    }
}

/// The transaction of some parts, in order.
pub fn request(parts: &[Part]) -> Request {
    let entries: Vec<Value> = parts.iter().map(entry).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    Request::new(Method::Post, "").with_body(FHIR_JSON, bytes(&bundle))
}

fn entry(part: &Part) -> Value {
    match part {
        Part::Create { new, how: Creating::OwnId } => {
            let path = format!("{}/{}", new.resource_type, new.id);
            let asked = Element::new().put("method", "PUT").put("url", path);
            Element::new()
                .put("fullUrl", new.full_url())
                .put("resource", new.with_id())
                .put("request", asked.done())
                .done()
        }
        Part::Create { new, how: Creating::InTransaction | Creating::Conditional } => {
            let asked = Element::new()
                .put("method", "POST")
                .put("url", new.resource_type)
                .put("ifNoneExist", new.search().unwrap_or_default());
            Element::new()
                .put("fullUrl", new.full_url())
                .put("resource", new.json.clone())
                .put("request", asked.done())
                .done()
        }
        Part::Put { path, if_match, json: Edited(json) } => {
            let asked = Element::new()
                .put("method", "PUT")
                .put("url", path.as_str())
                .put("ifMatch", if_match.as_deref().unwrap_or_default());
            Element::new().put("resource", json.clone()).put("request", asked.done()).done()
        }
    }
}
