//! Who signed in: from the `fhirUser` of a session to a member of the practice.
//!
//! We act as the `PractitionerRole` where there is one, because pools and work items name roles, and match the
//! `Practitioner` too. A patient or a proxy who signs in stands for nobody of the practice.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_fhir::{
    exchange::{Request, Response},
    links::{self, Base},
    read::{self, Reading},
    search,
};
use tern_inbox::{
    arrival::{Content, Kind},
    member::{Member, Role},
    party::{PartyKind, PartyRef},
};

use crate::server::{Server, Unanswered};

/// A member, and the practice they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub member: Member,
    /// The practice's name; blank where the server names none.
    pub practice: String,
}

/// Why nobody can be named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unidentified {
    /// No answer.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The account stands for nobody of the practice.
    #[error("the account stands for nobody of the practice")]
    NotAMember,
    /// The server answered with something else.
    #[error("the server answered {0} when asked who signed in")]
    Refused(u16),
}

/// Asks the server who `fhir_user` (`Practitioner/7` or `PractitionerRole/7`) is; `now` stands in where the
/// server says no time.
///
/// # Errors
/// [`Unidentified`].
pub async fn identify(server: &dyn Server, fhir_user: &PartyRef, now: DateTime<Utc>) -> Result<Identity, Unidentified> {
    if fhir_user.kind() != PartyKind::Member {
        return Err(Unidentified::NotAMember);
    }
    let of_role = fhir_user.as_str().starts_with("PractitionerRole/");
    let roles = if of_role {
        search_roles(server, ("_id", fhir_user.id())).await?
    } else {
        search_roles(server, ("practitioner", fhir_user.as_str())).await?
    };
    let practice = organization(&roles);
    let base = server.fhir_base();
    let mut member = members(&roles, base, now).into_iter().next().unwrap_or_else(|| without_role(fhir_user));
    let practitioner = if of_role { member.practitioner.clone() } else { Some(fhir_user.clone()) };
    if let Some(practitioner) = practitioner {
        let named = ask(server, search::read("Practitioner", practitioner.id())).await?;
        if let Some(known) = one(&named, base, now) {
            member.name = known.name;
        }
        member.practitioner = Some(practitioner);
    }
    let practice = match practice {
        Some((_, Some(name))) => name,
        Some((reference, None)) => organization_name(server, &reference).await?,
        None => String::new(),
    };
    Ok(Identity { member, practice })
}

/// Someone with an account and no role: reads their own pools and no more.
fn without_role(fhir_user: &PartyRef) -> Member {
    Member { reference: fhir_user.clone(), practitioner: None, name: "".into(), role: Role::Unknown }
}

async fn search_roles(server: &dyn Server, by: (&str, &str)) -> Result<Response, Unidentified> {
    ask(server, Request::get("PractitionerRole").with(by.0, by.1).prefer(search::STRICT)).await
}

async fn ask(server: &dyn Server, request: Request) -> Result<Response, Unidentified> {
    let response = server.send(request).await?;
    if response.status == 200 { Ok(response) } else { Err(Unidentified::Refused(response.status)) }
}

/// The members of a search's answer, in the server's order.
fn members(response: &Response, base: &Base, received: DateTime<Utc>) -> Vec<Member> {
    let reading = Reading { expected: Kind::PractitionerRole, base, received };
    let Ok(page) = read::page(response, &reading) else { return Vec::new() };
    page.arrivals
        .into_iter()
        .filter_map(|arrival| match arrival.content {
            Content::Member(member) | Content::Practitioner(member) => Some(member),
            _ => None,
        })
        .collect()
}

/// The member of a read's answer.
fn one(response: &Response, base: &Base, received: DateTime<Utc>) -> Option<Member> {
    match read::one(response, &Reading { expected: Kind::Practitioner, base, received }).ok()?.content {
        Content::Member(member) | Content::Practitioner(member) => Some(member),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Roles {
    #[serde(default)]
    entry: Vec<RoleEntry>,
}

#[derive(Deserialize)]
struct RoleEntry {
    resource: Option<RoleOrganization>,
}

#[derive(Deserialize)]
struct RoleOrganization {
    organization: Option<Organization>,
}

#[derive(Deserialize)]
struct Organization {
    reference: Option<String>,
    display: Option<String>,
}

/// Reference and name of the organization that the first role names.
fn organization(response: &Response) -> Option<(String, Option<String>)> {
    let roles: Roles = serde_json::from_slice(&response.body).ok()?;
    let organization = roles.entry.into_iter().find_map(|entry| entry.resource?.organization)?;
    Some((organization.reference?, organization.display))
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

async fn organization_name(server: &dyn Server, reference: &str) -> Result<String, Unidentified> {
    // An organization that lives on another server is no name that ours knows.
    let Some((_, id)) = links::named(reference, server.fhir_base()) else { return Ok(String::new()) };
    match ask(server, search::read("Organization", &id)).await {
        Ok(response) => {
            Ok(serde_json::from_slice::<Named>(&response.body).ok().and_then(|named| named.name).unwrap_or_default())
        }
        // A role that may not read organizations still gets in.
        Err(Unidentified::Refused(_)) => Ok(String::new()),
        Err(other) => Err(other),
    }
}
