//! SMART scopes of one generation only (15): v1 (`user/*.read`) or v2 (`user/*.rs`).
//!
//! A server that knows one generation passes over scopes of the other, as OAuth lets it (RFC 6749, 3.3). The
//! upstream behind the proxy is taken to know v2: what a client asks for in v1 is handed on in v2, and what the
//! token grants is told in v1. Sign-in requests are known by their parameters (`response_type`, `grant_type`), as
//! every server puts its endpoints elsewhere.

use serde_json::Value;

use crate::exchange::{Answer, Kind, Request};
use crate::query::Query;
use crate::quirk::Quirk;
use crate::scene::Scene;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    V1,
    V2,
}

/// `user/Task.rs?category=x` in its parts.
struct Scope<'a> {
    context: &'a str,
    resource: &'a str,
    permission: &'a str,
}

impl<'a> Scope<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (context, rest) = text.split_once('/')?;
        let (resource, permission) = rest.split_once('?').map_or(rest, |(scope, _)| scope).rsplit_once('.')?;
        let known = ["patient", "user", "system"].contains(&context);
        known.then_some(Self { context, resource, permission })
    }

    fn generation(&self) -> Generation {
        match self.permission {
            "read" | "write" | "*" => Generation::V1,
            _ => Generation::V2,
        }
    }

    fn in_v2(&self) -> String {
        let permission = match self.permission {
            "read" => "rs",
            "write" => "cud",
            "*" => "cruds",
            other => other,
        };
        format!("{}/{}.{permission}", self.context, self.resource)
    }

    fn in_v1(&self) -> String {
        let reads = self.permission.contains(['r', 's']);
        let writes = self.permission.contains(['c', 'u', 'd']);
        let permission = match (reads, writes) {
            (true, true) => "*",
            (_, true) => "write",
            _ => "read",
        };
        format!("{}/{}.{permission}", self.context, self.resource)
    }
}

fn only(scene: &Scene<'_>) -> Option<(Quirk, Generation)> {
    [(Quirk::ScopesV1Only, Generation::V1), (Quirk::ScopesV2Only, Generation::V2)]
        .into_iter()
        .find(|(quirk, _)| scene.on(*quirk))
}

/// Passes over scopes of the other generation in what is asked for.
pub(crate) fn request(scene: &Scene<'_>, request: &mut Request) {
    let Some((quirk, known)) = only(scene) else { return };
    let mut edit = |params: &mut Query| {
        let signs_in = params.get("response_type").is_some() || params.get("grant_type").is_some();
        signs_in && params.map(|name, value| (name == "scope").then(|| asked(value, known)))
    };
    scene.play(quirk, || {
        let query = edit(&mut request.query);
        query | request.edit_form(&mut edit)
    });
}

/// Tells scopes in the one generation in what is granted and advertised.
pub(crate) fn response(scene: &Scene<'_>, answer: &mut Answer) {
    let Some((quirk, known)) = only(scene) else { return };
    let advertises = scene.interaction.is(Kind::SmartConfiguration);
    if !advertises && scene.interaction.is_fhir() {
        return;
    }
    scene.play(quirk, || {
        answer.body.edit(|document| {
            let Some(document) = document.as_object_mut() else { return false };
            if advertises {
                let other = if known == Generation::V1 { "permission-v2" } else { "permission-v1" };
                let scopes = edit_list(document.get_mut("scopes_supported"), |scope| Some(told(scope, known)));
                let capabilities =
                    edit_list(document.get_mut("capabilities"), |name| (name != other).then(|| name.to_owned()));
                return scopes | capabilities;
            }
            document.contains_key("access_token")
                && crate::payload::map_text(document, "scope", |scopes| {
                    let mut told: Vec<String> = scopes.split(' ').map(|scope| told(scope, known)).collect();
                    told.dedup();
                    Some(told.join(" "))
                })
        })
    });
}

fn edit_list(list: Option<&mut Value>, change: impl Fn(&str) -> Option<String>) -> bool {
    let Some(Value::Array(items)) = list else { return false };
    let mut new: Vec<Value> = Vec::new();
    for item in items.iter() {
        let changed = item.as_str().map_or(Some(item.clone()), |text| change(text).map(Value::from));
        new.extend(changed.filter(|item| !new.contains(item)));
    }
    let differs = *items != new;
    *items = new;
    differs
}

/// The scopes that are understood, as the upstream wants them.
fn asked(scopes: &str, known: Generation) -> String {
    let understood = scopes.split_whitespace().filter_map(|text| match Scope::parse(text) {
        None => Some(text.to_owned()),
        Some(scope) if scope.generation() != known => None,
        Some(scope) if known == Generation::V1 => Some(scope.in_v2()),
        Some(_) => Some(text.to_owned()),
    });
    understood.collect::<Vec<_>>().join(" ")
}

/// A scope as this server would name it.
fn told(text: &str, known: Generation) -> String {
    match Scope::parse(text) {
        Some(scope) if scope.generation() == known => text.to_owned(),
        Some(scope) if known == Generation::V1 => scope.in_v1(),
        Some(scope) => scope.in_v2(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_of_the_other_generation_are_passed_over() {
        let scopes = "openid fhirUser user/*.read user/Task.cruds launch/patient";
        assert_eq!(asked(scopes, Generation::V1), "openid fhirUser user/*.rs launch/patient");
        assert_eq!(asked(scopes, Generation::V2), "openid fhirUser user/Task.cruds launch/patient");
    }

    #[test]
    fn grants_are_told_in_the_one_generation() {
        assert_eq!(told("user/*.rs", Generation::V1), "user/*.read");
        assert_eq!(told("user/Task.cruds?status=requested", Generation::V1), "user/Task.*");
        assert_eq!(told("system/*.write", Generation::V2), "system/*.cud");
        assert_eq!(told("offline_access", Generation::V1), "offline_access");
    }
}
