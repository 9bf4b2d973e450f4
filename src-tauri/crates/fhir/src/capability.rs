//! What a server says of itself: the first guess at [`ServerFacts`].
//!
//! An advertised transaction is not proof (`3-fhir`, 4), and a statement can leave out what works; so nothing
//! here becomes more than *advertised*, and silence about an interaction stays *unknown* unless the statement
//! lists others of the same type.

use serde_json::Value;

use crate::{
    facts::{Ability, Push, Scopes, ServerFacts, Transaction},
    vocabulary::hl7,
};

/// The body is no CapabilityStatement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server does not say what it can do")]
pub struct NoStatement;

/// Reads a CapabilityStatement.
///
/// # Errors
/// [`NoStatement`] where the body is none.
pub fn from_statement(body: &[u8]) -> Result<ServerFacts, NoStatement> {
    let statement: Value = serde_json::from_slice(body).map_err(|_| NoStatement)?;
    if text(&statement, "/resourceType") != Some("CapabilityStatement") {
        return Err(NoStatement);
    }
    let rest = each(&statement, "/rest").find(|rest| text(rest, "/mode") != Some("client"));
    let communication = rest.and_then(|rest| resource(rest, "Communication"));
    let task = rest.and_then(|rest| resource(rest, "Task"));
    let mut facts = ServerFacts {
        software: software(&statement),
        fhir_version: text(&statement, "/fhirVersion").map(str::to_owned),
        json: json(&statement),
        ..ServerFacts::default()
    };
    facts.own_ids = flag(communication, "/updateCreate");
    facts.patch.supported = interaction(task, "patch");
    facts.type_history = interaction(communication, "history-type");
    facts.put_if_match = match task.and_then(|task| text(task, "/versioning")) {
        Some("versioned-update") => Ability::Advertised,
        Some("no-version") => Ability::Missing,
        _ => Ability::Unknown,
    };
    if let Some(rest) = rest {
        facts.audit = audit(rest);
        facts.audit_own_ids = interaction(resource(rest, "AuditEvent"), "update");
        facts.push = push(rest);
        if each(rest, "/interaction").next().is_some() && !has_code(rest, "transaction") {
            facts.transaction = Transaction::Missing;
        }
    }
    Ok(facts)
}

/// Which scopes a server knows, from `.well-known/smart-configuration` (SMART App Launch 2.2).
pub fn scopes(configuration: &[u8]) -> Scopes {
    let Ok(configuration) = serde_json::from_slice::<Value>(configuration) else { return Scopes::Unknown };
    let capable = |name: &str| each(&configuration, "/capabilities").any(|one| one.as_str() == Some(name));
    let mut supported = each(&configuration, "/scopes_supported").filter_map(Value::as_str);
    if capable("permission-v2") || supported.clone().any(is_v2) {
        Scopes::V2
    } else if capable("permission-v1") || supported.any(is_v1) {
        Scopes::V1
    } else {
        Scopes::Unknown
    }
}

/// `user/Task.rs`, with a filter perhaps: letters of `cruds` in that order.
fn is_v2(scope: &str) -> bool {
    let Some((_, rights)) = scope.rsplit_once('.') else { return false };
    let rights = rights.split('?').next().unwrap_or_default();
    let mut order = "cruds".chars();
    scope.contains('/') && !rights.is_empty() && rights.chars().all(|right| order.any(|known| known == right))
}

fn is_v1(scope: &str) -> bool {
    scope.contains('/') && [".read", ".write", ".*"].iter().any(|rights| scope.ends_with(rights))
}

fn software(statement: &Value) -> Option<String> {
    let name = text(statement, "/software/name")?;
    Some(match text(statement, "/software/version") {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    })
}

fn json(statement: &Value) -> Ability {
    let mut formats = each(statement, "/format").filter_map(Value::as_str).peekable();
    if formats.peek().is_none() {
        Ability::Unknown
    } else if formats.any(|format| format.contains("json")) {
        Ability::Advertised
    } else {
        Ability::Missing
    }
}

fn audit(rest: &Value) -> Ability {
    match (resource(rest, "AuditEvent"), each(rest, "/resource").next()) {
        (Some(audit), _) => match (interaction(Some(audit), "create"), interaction(Some(audit), "update")) {
            (Ability::Missing, Ability::Missing) => Ability::Missing,
            (Ability::Unknown, Ability::Unknown) => Ability::Unknown,
            _ => Ability::Advertised,
        },
        // It lists types, and this isn't among them.
        (None, Some(_)) => Ability::Missing,
        (None, None) => Ability::Unknown,
    }
}

/// The websocket, as a path on our own origin.
fn push(rest: &Value) -> Push {
    if resource(rest, "Subscription").is_none() {
        return Push::None;
    }
    let socket = each(rest, "/extension").find(|one| text(one, "/url") == Some(hl7::WEBSOCKET));
    let url = socket.and_then(|one| text(one, "/valueUri").or_else(|| text(one, "/valueUrl")));
    let parsed = url.and_then(|url| url::Url::parse(url).ok());
    match parsed.filter(|url| matches!(url.scheme(), "ws" | "wss" | "http" | "https")) {
        Some(url) => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            Push::Websocket { path: format!("{}{query}", url.path()) }
        }
        None => Push::None,
    }
}

fn resource<'a>(rest: &'a Value, kind: &str) -> Option<&'a Value> {
    each(rest, "/resource").find(|one| text(one, "/type") == Some(kind))
}

fn interaction(resource: Option<&Value>, code: &str) -> Ability {
    match resource {
        Some(resource) if has_code(resource, code) => Ability::Advertised,
        Some(resource) if each(resource, "/interaction").next().is_some() => Ability::Missing,
        _ => Ability::Unknown,
    }
}

fn flag(resource: Option<&Value>, pointer: &str) -> Ability {
    match resource.and_then(|resource| resource.pointer(pointer)).and_then(Value::as_bool) {
        Some(true) => Ability::Advertised,
        Some(false) => Ability::Missing,
        None => Ability::Unknown,
    }
}

fn has_code(of: &Value, code: &str) -> bool {
    each(of, "/interaction").any(|one| text(one, "/code") == Some(code))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn each<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + Clone {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_advertised_is_no_more_than_that() {
        let statement = json!({
            "resourceType": "CapabilityStatement",
            "fhirVersion": "4.0.1",
            "software": { "name": "Helios", "version": "0.2.7" },
            "format": ["application/fhir+json"],
            "rest": [{
                "mode": "server",
                "extension": [{ "url": hl7::WEBSOCKET, "valueUri": "wss://internal.example/websocket?v=1" }],
                "interaction": [{ "code": "transaction" }],
                "resource": [
                    { "type": "Communication", "updateCreate": true,
                      "interaction": [{ "code": "read" }, { "code": "history-type" }] },
                    { "type": "Task", "versioning": "versioned-update",
                      "interaction": [{ "code": "read" }, { "code": "patch" }] },
                    { "type": "AuditEvent", "interaction": [{ "code": "read" }] },
                    { "type": "Subscription" }
                ]
            }]
        });
        let facts = from_statement(statement.to_string().as_bytes()).expect("a statement");
        insta::assert_json_snapshot!(facts);
        assert!(!facts.goes_together(), "an advertised transaction is not proof");
    }

    #[test]
    fn a_bare_statement_leaves_all_open_and_something_else_is_none() {
        let facts = from_statement(br#"{"resourceType":"CapabilityStatement","rest":[{"mode":"server"}]}"#);
        assert_eq!(facts, Ok(ServerFacts::default()));
        for body in [&b"<html>"[..], b"", b"{}", b"[]", br#"{"resourceType":"Patient"}"#] {
            assert_eq!(from_statement(body), Err(NoStatement));
        }
    }

    #[test]
    fn scopes_are_told_apart() {
        for (configuration, known) in [
            (json!({ "capabilities": ["permission-v2", "permission-v1"] }), Scopes::V2),
            (json!({ "capabilities": ["permission-v1"] }), Scopes::V1),
            (json!({ "scopes_supported": ["openid", "user/*.cruds"] }), Scopes::V2),
            (json!({ "scopes_supported": ["user/Task.rs?status=x"] }), Scopes::V2),
            (json!({ "scopes_supported": ["openid", "user/*.read", "user/*.write"] }), Scopes::V1),
            (json!({ "scopes_supported": ["openid", "launch/patient"] }), Scopes::Unknown),
            (json!([]), Scopes::Unknown),
        ] {
            assert_eq!(scopes(configuration.to_string().as_bytes()), known, "{configuration}");
        }
    }
}
