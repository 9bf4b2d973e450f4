//! The CapabilityStatement of a server that lacks something says so, as an honest one would.
//!
//! `transaction-half` is the one that lies: it goes on advertising transactions, since "an advertised
//! `transaction` is not proof" is what it is there to show.

use serde_json::Value;

use crate::exchange::{Answer, Kind};
use crate::payload::Object;
use crate::quirk::Quirk;
use crate::scene::Scene;

/// Takes out of `/metadata` what the quirks take away.
pub(crate) fn response(scene: &Scene<'_>, answer: &mut Answer) {
    if !scene.interaction.is(Kind::Capabilities) {
        return;
    }
    let on = |quirk| scene.on(quirk);
    answer.body.edit_resources(|statement| {
        let rests = statement.get_mut("rest").and_then(Value::as_array_mut);
        let mut changed = false;
        for rest in rests.into_iter().flatten().filter_map(Value::as_object_mut) {
            if on(Quirk::TransactionMissing) {
                changed |= remove_codes(rest, &["transaction"]);
            }
            if on(Quirk::HistoryMissing) {
                changed |= remove_codes(rest, &["history-system"]);
            }
            let Some(resources) = rest.get_mut("resource").and_then(Value::as_array_mut) else { continue };
            if on(Quirk::SubscriptionsMissing) {
                let before = resources.len();
                resources.retain(|resource| resource.get("type").and_then(Value::as_str) != Some("Subscription"));
                changed |= resources.len() != before;
            }
            for resource in resources.iter_mut().filter_map(Value::as_object_mut) {
                changed |= edit_resource(resource, &on);
            }
        }
        changed
    });
}

fn edit_resource(resource: &mut Object, on: &dyn Fn(Quirk) -> bool) -> bool {
    let audit = resource.get("type").and_then(Value::as_str) == Some("AuditEvent");
    let mut changed = false;
    if on(Quirk::PatchMissing) {
        changed |= remove_codes(resource, &["patch"]);
    }
    if on(Quirk::HistoryMissing) {
        changed |= remove_codes(resource, &["history-instance", "history-type"]);
    }
    if on(Quirk::AuditRefused) && audit {
        changed |= remove_codes(resource, &["create", "update", "patch"]);
    }
    if on(Quirk::PutNewIdRefused) {
        changed |= set_false(resource, "updateCreate");
    }
    if on(Quirk::IfNoneExistIgnored) {
        changed |= set_false(resource, "conditionalCreate");
    }
    changed
}

fn set_false(resource: &mut Object, member: &str) -> bool {
    resource.insert(member.to_owned(), Value::Bool(false)) != Some(Value::Bool(false))
}

fn remove_codes(owner: &mut Object, codes: &[&str]) -> bool {
    let Some(interactions) = owner.get_mut("interaction").and_then(Value::as_array_mut) else { return false };
    let before = interactions.len();
    interactions.retain(|one| !one.get("code").and_then(Value::as_str).is_some_and(|code| codes.contains(&code)));
    interactions.len() != before
}
