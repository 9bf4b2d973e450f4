//! Invented people and pools: what a check of a server makes for itself, and tidies away.
//!
//! Tern writes no patient, member or pool of a practice; these carry the tag `check`.

use serde_json::json;
use tern_inbox::party::PartyRef;

use super::{Element, NotWritable, concept, create::New, identifier, party, system_and_code, tagged};
use crate::vocabulary::{
    CARE_TEAM_CATEGORY_SYSTEM, CHECK, PARTICIPANT_ROLE_SYSTEM, POOL_CATEGORY, POOL_MEMBER, RESPONSIBLE,
};

/// A patient who doesn't exist.
pub fn patient(id: &str, family: &str, given: &str) -> New {
    let identity = format!("urn:uuid:{id}");
    let json = Element::resource("Patient")
        .put("meta", tagged(Some(CHECK)))
        .put("identifier", identifier(&identity))
        .put("active", true)
        .put("name", json!([{ "use": "official", "family": family, "given": [given] }]))
        .done();
    New { resource_type: "Patient", id: id.to_owned(), identity: Some(identity), json }
}

/// A member who doesn't exist.
pub fn practitioner(id: &str, family: &str, given: &str) -> New {
    let identity = format!("urn:uuid:{id}");
    let json = Element::resource("Practitioner")
        .put("meta", tagged(Some(CHECK)))
        .put("identifier", identifier(&identity))
        .put("active", true)
        .put("name", json!([{ "use": "official", "family": family, "given": [given] }]))
        .done();
    New { resource_type: "Practitioner", id: id.to_owned(), identity: Some(identity), json }
}

/// A pool; the first member answers for it.
///
/// # Errors
/// [`NotWritable::NoReference`] for a member that was only a name.
pub fn pool(id: &str, token: &str, name: &str, members: &[PartyRef]) -> Result<New, NotWritable> {
    let (system, value) = system_and_code(token);
    let participants: Result<Vec<_>, NotWritable> = members
        .iter()
        .enumerate()
        .map(|(place, member)| {
            let role = if place == 0 { RESPONSIBLE } else { POOL_MEMBER };
            Ok(json!({ "role": [concept(PARTICIPANT_ROLE_SYSTEM, role)], "member": party(member)? }))
        })
        .collect();
    let identity = format!("urn:uuid:{id}");
    let mut identifiers = identifier(&identity);
    if let Some(identifiers) = identifiers.as_array_mut() {
        identifiers.push(json!({ "system": system, "value": value }));
    }
    let json = Element::resource("CareTeam")
        .put("meta", tagged(Some(CHECK)))
        .put("identifier", identifiers)
        .put("status", "active")
        .put("category", json!([concept(CARE_TEAM_CATEGORY_SYSTEM, POOL_CATEGORY)]))
        .put("name", name)
        .put("participant", participants?)
        .done();
    Ok(New { resource_type: "CareTeam", id: id.to_owned(), identity: Some(identity), json })
}

/// Marks a resource of ours as made by a check.
pub fn of_a_check(mut new: New) -> New {
    new.json["meta"] = tagged(Some(CHECK));
    new
}
