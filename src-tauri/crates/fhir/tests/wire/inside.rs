//! What is said inside the practice never stands where a patient can read, whatever is put together.
//!
//! A portal's token reads what is in the patient's compartment: resources that name the patient, or a proxy, as
//! subject, sender or recipient (R4, CompartmentDefinition *patient*). So no resource that carries words of ours for
//! ourselves may refer to one, in any element.

use proptest::prelude::*;
use serde_json::Value;
use tern_fhir::write::{
    communication::{self, Standing as Stands},
    create::{Creating, New},
};
use tern_inbox::{
    ids::{MessageId, ThreadId},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
};

use crate::scene::now;

/// The words that must not get out.
const WORDS: &str = "she missed two visits, be careful";

fn a_party() -> impl Strategy<Value = PartyRef> {
    prop::sample::select(vec![
        "Patient/leo",
        "RelatedPerson/ana",
        "PractitionerRole/osei",
        "Practitioner/mia",
        "CareTeam/nurses",
        "Organization/lakeside",
        "Device/portal",
        "https://practice.example/fhir/Patient/leo",
        "Group/all",
        "",
    ])
    .prop_map(PartyRef::new)
}

fn parties() -> impl Strategy<Value = Vec<PartyRef>> {
    prop::collection::vec(a_party(), 0..4)
}

fn audience() -> impl Strategy<Value = Audience> {
    prop::sample::select(vec![Audience::Patient, Audience::Internal])
}

fn named(reference: PartyRef) -> Party {
    Party { reference, display: "Leo Ruiz".into() }
}

fn is_outside(party: &str) -> bool {
    party.contains("Patient/") || party.contains("RelatedPerson/")
}

/// Every reference in a resource.
fn references(json: &Value) -> Vec<&str> {
    match json {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str().filter(|_| name == "reference") {
                Some(reference) => vec![reference],
                None => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn on_the_wire(new: &New) -> Value {
    let body = new.request(Creating::OwnId).body.expect("a body");
    serde_json::from_slice(&body.bytes).expect("JSON")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_internal_message_refers_to_a_patient(
        (thread_is, patient) in (audience(), any::<bool>()),
        sender in prop::option::of(a_party()),
        recipients in parties(),
        authorship in prop::sample::select(vec![Authorship::Person, Authorship::Draft]),
    ) {
        let message = Message {
            id: MessageId::from("m1"),
            thread: ThreadId::from("t1"),
            identity: None,
            sender: sender.clone().map(named),
            recipients: recipients.clone(),
            sent: now(),
            received: None,
            text: WORDS.into(),
            in_response_to: None,
            standing: Standing::Sent,
            authorship,
            attachments: Vec::new(),
        };
        let patient = patient.then_some("Patient/leo");
        let stands = Stands { thread: "Communication/t1", patient, audience: thread_is, in_response_to: None };
        let written = communication::message(&message, &stands);
        // Written inside: in such a thread, a draft, or neither for the patient's side nor from there.
        let is_note = thread_is == Audience::Internal
            || authorship == Authorship::Draft
            || !recipients.iter().chain(&sender).any(|one| is_outside(one.as_str()));
        if let (true, Ok(new)) = (is_note, &written) {
            let json = on_the_wire(new);
            prop_assert!(json.to_string().contains(WORDS));
            prop_assert!(!references(&json).into_iter().any(is_outside), "{json}");
        }
        if thread_is == Audience::Patient && is_note {
            prop_assert!(written.is_err(), "a note in the patient's thread");
        }
    }

    #[test]
    fn no_internal_thread_refers_to_a_patient(
        patient in any::<bool>(),
        opener in prop::option::of(a_party()),
        participants in parties(),
        about in any::<bool>(),
    ) {
        let thread = Thread {
            id: ThreadId::from("t2"),
            subject_line: WORDS.into(),
            patient: patient.then(|| "leo".into()),
            category: None,
            opener: opener.map(named),
            participants: participants.into_iter().map(named).collect(),
            audience: Audience::Internal,
            about: about.then(|| ThreadId::from("t1")),
        };
        if let Ok(new) = communication::thread(&thread, about.then_some("Communication/t1")) {
            let json = on_the_wire(&new);
            prop_assert!(!references(&json).into_iter().any(is_outside), "{json}");
        }
    }
}
