//! The people of Lakeside Family Practice, all of them invented.
//!
//! Members and pools are always the same and keep their ids whatever the seed is; patients follow
//! the seed. Ids are UUIDs made of names (version 5), so that a practice made twice is the same one
//! and writing it again changes nothing.

mod members;
mod patients;
mod pools;
mod tables;

pub(crate) use members::{MEMBERS, Member};
pub(crate) use patients::{About, Language, Patient};
pub(crate) use pools::{POOLS, Pool};

use crate::{Error, secrets::Secrets};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// The organisation's name.
pub const PRACTICE_NAME: &str = "Lakeside Family Practice";

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Code of the role, as in `vocabulary::role`.
    pub role: &'static str,
    /// What is typed.
    pub username: String,
    /// What is typed below it.
    pub password: crate::secrets::Secret,
    /// As shown: *Dr Amara Osei*.
    pub name: String,
    /// `Practitioner/…`
    pub practitioner: String,
    /// `PractitionerRole/…`
    pub practitioner_role: String,
}

/// A person, group or organisation as a reference on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    /// `Type/id`.
    pub reference: String,
    /// The name shown.
    pub display: String,
}

impl Party {
    /// The R4 Reference.
    pub(crate) fn json(&self) -> Value {
        json!({"reference": self.reference, "display": self.display})
    }
}

/// The practice's own namespace for ids.
pub(crate) fn practice_id() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://tern.health/fhir/sample-practice")
}

/// The id of what is called `name` in this practice.
pub(crate) fn id_of(name: &str) -> Uuid {
    Uuid::new_v5(&practice_id(), name.as_bytes())
}

/// A `urn:uuid:…` identifier (R4 *Identifier*).
pub(crate) fn identifier(id: Uuid) -> Value {
    json!({"system": crate::vocabulary::URI_SYSTEM, "value": id.urn().to_string()})
}

/// The Organization: the first thing to look for, and the last to be written (`seed`).
pub(crate) fn organization() -> Value {
    json!({
        "resourceType": "Organization",
        "id": practice_id().to_string(),
        "identifier": [identifier(practice_id())],
        "active": true,
        "name": PRACTICE_NAME,
        "telecom": [{"system": "phone", "value": "555-0100", "use": "work"}],
        "address": [{"line": ["1 Harbour Road"], "city": "Lakeside", "country": "CA"}]
    })
}

/// The Organization as a reference.
pub(crate) fn practice() -> Party {
    Party { reference: format!("Organization/{}", practice_id()), display: PRACTICE_NAME.to_owned() }
}

/// Members, pools and what they have decided, as resources.
pub(crate) fn staff(now: DateTime<Utc>) -> Vec<Value> {
    let members = MEMBERS.iter().flat_map(Member::resources);
    members.chain(POOLS.iter().map(Pool::resource)).chain(tables::tables(now)).collect()
}

/// The accounts, with the passwords kept in `data`.
pub(crate) fn accounts(data: &std::path::Path) -> Result<(Vec<Account>, Secrets), Error> {
    let usernames: Vec<&str> = MEMBERS.iter().map(|member| member.username).collect();
    let secrets = Secrets::open(data, &usernames)?;
    let accounts = MEMBERS
        .iter()
        .filter_map(|member| {
            Some(Account {
                role: member.role,
                username: member.username.to_owned(),
                password: secrets.passwords.get(member.username)?.clone(),
                name: member.name(),
                practitioner: member.practitioner(),
                practitioner_role: member.party().reference,
            })
        })
        .collect();
    Ok((accounts, secrets))
}
