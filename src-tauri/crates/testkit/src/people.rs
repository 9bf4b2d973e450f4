//! The people of every scene, as the domain and as the server hold them.

use serde_json::{Value, json};
use tern_fhir::vocabulary as v;
use tern_inbox::{
    member::{Member, Role},
    party::PartyRef,
    queue::Me,
};

/// Dr Osei's role.
pub const OSEI: &str = "PractitionerRole/osei";
/// Mia's role.
pub const MIA: &str = "PractitionerRole/mia";
/// Leo, the patient.
pub const LEO: &str = "Patient/leo";
/// Ana, who writes for him.
pub const ANA: &str = "RelatedPerson/ana";

/// Dr Amara Osei, physician.
pub fn osei() -> Member {
    Member {
        reference: PartyRef::new(OSEI),
        practitioner: Some(PartyRef::new("Practitioner/amara-osei")),
        name: "Dr Amara Osei".into(),
        role: Role::Physician,
    }
}

/// Mia Tran, medical assistant.
pub fn mia() -> Member {
    Member {
        reference: PartyRef::new(MIA),
        practitioner: Some(PartyRef::new("Practitioner/mia-tran")),
        name: "Mia Tran".into(),
        role: Role::Ma,
    }
}

/// As work items name a member.
pub fn me(member: &Member) -> Me {
    Me::of(member)
}

/// `system|value` of the pool that both work in.
pub fn pool() -> String {
    format!("{}|nurse-triage", v::POOL_SYSTEM)
}

fn practitioner(id: &str, prefix: &[&str], given: &str, family: &str) -> Value {
    let mut name = json!({"use": "official", "given": [given], "family": family});
    if !prefix.is_empty() {
        name["prefix"] = json!(prefix);
    }
    json!({"resourceType": "Practitioner", "id": id, "name": [name]})
}

fn role(id: &str, practitioner: &str, name: &str, code: &str) -> Value {
    json!({
        "resourceType": "PractitionerRole", "id": id, "active": true,
        "practitioner": {"reference": format!("Practitioner/{practitioner}"), "display": name},
        "code": [{"coding": [{"system": v::ROLE_SYSTEM, "code": code}]}]
    })
}

/// Everybody, and the pool, as resources with ids of their own.
pub fn everybody() -> Vec<Value> {
    vec![
        practitioner("amara-osei", &["Dr"], "Amara", "Osei"),
        practitioner("mia-tran", &[], "Mia", "Tran"),
        role("osei", "amara-osei", "Dr Amara Osei", v::role::PHYSICIAN),
        role("mia", "mia-tran", "Mia Tran", v::role::MA),
        json!({
            "resourceType": "CareTeam", "id": "nurse-triage", "status": "active", "name": "Nurse triage",
            "identifier": [{"system": v::POOL_SYSTEM, "value": "nurse-triage"}],
            "category": [{"coding": [{"system": v::CARE_TEAM_CATEGORY_SYSTEM, "code": v::POOL_CATEGORY}]}],
            "participant": [
                {"role": [{"coding": [{"system": v::PARTICIPANT_ROLE_SYSTEM, "code": v::RESPONSIBLE}]}],
                 "member": {"reference": OSEI}},
                {"role": [{"coding": [{"system": v::PARTICIPANT_ROLE_SYSTEM, "code": v::POOL_MEMBER}]}],
                 "member": {"reference": MIA}}
            ]
        }),
        json!({
            "resourceType": "Patient", "id": "leo", "birthDate": "2019-06-11",
            "name": [{"use": "official", "given": ["Leo"], "family": "Ruiz"}],
            "identifier": [{"system": v::RECORD_NUMBER_SYSTEM, "value": "R-1007"}]
        }),
        json!({
            "resourceType": "RelatedPerson", "id": "ana", "active": true,
            "patient": {"reference": LEO}, "name": [{"given": ["Ana"], "family": "Ruiz"}]
        }),
    ]
}

/// A thread that Ana opened about Leo.
pub fn thread(id: &str, subject_line: &str) -> Value {
    json!({
        "resourceType": "Communication", "id": id, "status": "in-progress",
        "category": [{"coding": [{"system": v::CATEGORY_SYSTEM, "code": "clinical"}]}],
        "topic": {"text": subject_line}, "subject": {"reference": LEO},
        "sender": {"reference": ANA, "display": "Ana Ruiz"},
        "recipient": [{"reference": ANA}, {"reference": OSEI}]
    })
}

/// A message in it, from anybody; `sent` is an R4 instant.
pub fn message(id: &str, thread: &str, sender: &str, sent: &str, text: &str) -> Value {
    json!({
        "resourceType": "Communication", "id": id, "status": "completed",
        "partOf": [{"reference": format!("Communication/{thread}")}],
        "subject": {"reference": LEO}, "sender": {"reference": sender},
        "recipient": [{"reference": if sender == ANA { OSEI } else { ANA }}],
        "sent": sent, "payload": [{"contentString": text}]
    })
}

/// The work item that such a message becomes, with an element and a decimal that Tern doesn't know.
pub fn work_item(id: &str, thread: &str, message: &str) -> Value {
    json!({
        "resourceType": "Task", "id": id, "status": "requested", "intent": "order", "priority": "routine",
        "code": {"coding": [
            {"system": v::TASK_CODE_SYSTEM, "code": v::WORK_ITEM},
            {"system": v::CATEGORY_SYSTEM, "code": "clinical"}
        ]},
        "focus": {"reference": format!("Communication/{thread}")}, "for": {"reference": LEO},
        "performerType": [{"coding": [{"system": v::POOL_SYSTEM, "code": "nurse-triage"}]}],
        "input": [{
            "type": {"coding": [{"system": v::TASK_PART_SYSTEM, "code": v::INPUT_MESSAGE}]},
            "valueReference": {"reference": format!("Communication/{message}")}
        }],
        "extension": [{"url": "https://portal.example/weight", "valueDecimal": 1.00}]
    })
}
