//! What the practice has decided for everybody: which words in a subject line make which category, where each
//! category goes, and when the practice is open. `Library` resources with a JSON document each, as Tern reads them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::pools::Pool;
use crate::vocabulary::{POOL_SYSTEM, TABLE_SYSTEM, URI_SYSTEM, category, hl7};

/// Both tables.
pub(super) fn tables(now: DateTime<Utc>) -> [Value; 2] {
    [library("triage", &triage(), now), library("calendar", &calendar(), now)]
}

/// The id that every Tern gives a table: version 5 of `practice-table|code` under the URL namespace.
fn library(code: &str, document: &Value, now: DateTime<Utc>) -> Value {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("practice-table|{code}").as_bytes());
    json!({
        "resourceType": "Library",
        "id": id.to_string(),
        "identifier": [{"system": URI_SYSTEM, "value": id.urn().to_string()}],
        "title": format!("Tern: {code}"),
        "status": "active",
        "type": {"coding": [
            {"system": hl7::LIBRARY_TYPE, "code": hl7::ASSET_COLLECTION},
            {"system": TABLE_SYSTEM, "code": code}
        ]},
        "date": now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "content": [{
            "contentType": "application/json",
            "data": BASE64_STANDARD.encode(document.to_string())
        }]
    })
}

fn triage() -> Value {
    let pool = |of: &str| format!("{POOL_SYSTEM}|{}", Pool::of_category(of).code);
    let turnaround = |of: &str| match of {
        category::REFILLS => json!({"working-days": 1}),
        category::APPOINTMENT => json!({"working-minutes": 240}),
        category::FORM | category::REFERRAL => json!({"working-days": 5}),
        _ => json!({"working-days": 2}),
    };
    let categories: Vec<Value> = category::ALL
        .iter()
        .map(|code| json!({"code": code, "pool": pool(code), "turnaround": turnaround(code)}))
        .collect();
    let words = [
        (category::REFILLS, &["refill*", "prescription*", "running low", "renouvel*", "ordonnance*"][..]),
        (category::RESULTS, &["result*", "blood test*", "lab*", "x-ray", "résultat*", "prise de sang"]),
        (category::APPOINTMENT, &["appointment*", "reschedul*", "cancel*", "rendez-vous", "annul*"]),
        (category::REFERRAL, &["referral*", "specialist*", "spécialiste*"]),
        (category::FORM, &["form", "forms", "letter for", "sick note", "certificat*", "formulaire*"]),
        (category::BILLING, &["bill", "bills", "billing", "invoice*", "receipt*", "facture*"]),
        (category::QUESTION, &["question*"]),
    ];
    let words: Vec<Value> = words.iter().map(|(of, words)| json!({"category": of, "words": words})).collect();
    json!({"version": 1, "turnaround": {"working-days": 2}, "categories": categories, "words": words})
}

/// Monday to Friday with a lunch hour, a long Thursday, and the days on which nobody is there.
fn calendar() -> Value {
    let day = |day: &str, to: &str| {
        [json!({"day": day, "from": "08:30", "to": "12:00"}), json!({"day": day, "from": "13:00", "to": to})]
    };
    let weekly: Vec<Value> = [("Mon", "17:00"), ("Tue", "17:00"), ("Wed", "17:00"), ("Thu", "19:00"), ("Fri", "16:00")]
        .iter()
        .flat_map(|(name, to)| day(name, to))
        .collect();
    let yearly = |name: &str, first: &str, rule: &str| json!({"name": name, "first": first, "rule": rule});
    json!({
        "version": 1,
        "zone": "America/Toronto",
        "weekly": weekly,
        "closures": [
            yearly("New Year’s Day", "2024-01-01", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1"),
            yearly("Canada Day", "2024-07-01", "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1"),
            yearly("Labour Day", "2024-09-02", "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO"),
            yearly("Thanksgiving", "2024-10-14", "FREQ=YEARLY;BYMONTH=10;BYDAY=2MO"),
            yearly("Christmas Day", "2024-12-25", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25")
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::{super::pools::POOLS, *};

    #[test]
    fn every_category_has_a_pool_of_the_practice() {
        let triage = triage();
        let categories = triage["categories"].as_array().expect("a list");
        assert_eq!(categories.len(), category::ALL.len());
        for one in categories {
            let pool = one["pool"].as_str().expect("a pool");
            assert!(POOLS.iter().any(|known| pool == format!("{POOL_SYSTEM}|{}", known.code)), "{pool}");
        }
    }
}
