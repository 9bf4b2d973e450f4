//! What another server holds under the same type and id is somebody else.

use std::sync::Arc;

use chrono::Utc;
use serde_json::json;
use tern_inbox::{ids::ThreadId, party::PartyRef};
use tern_sync::{ClaimOutcome, identity};
use tern_testkit::{Connection, FakeClock, people, scene};

use crate::desk::Desk;

/// A resource on the hospital's own server, which the practice's refers to.
fn at_the_hospital(reference: &str) -> String {
    format!("https://hospital.example/r4/{reference}")
}

#[tokio::test(start_paused = true)]
async fn a_conversation_about_a_patient_of_the_hospital_is_not_about_leo() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    practice.edit("Communication", "t0", |thread| thread["subject"]["reference"] = json!(at_the_hospital(people::LEO)));
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    let thread = desk.read(|reader| reader.thread_on_server(&ThreadId::from("t0"))).expect("the thread");
    assert_eq!(thread.row.patient, None);

    // The practice's own server may write its references out in full.
    let ours = format!("https://practice.example/fhir/{}", people::LEO);
    practice.edit("Communication", "t0", |thread| thread["subject"]["reference"] = json!(ours));
    desk.looks().await;
    let thread = desk.read(|reader| reader.thread_on_server(&ThreadId::from("t0"))).expect("the thread");
    assert_eq!(thread.row.patient.expect("Leo").as_str(), "leo");
}

#[tokio::test(start_paused = true)]
async fn an_item_that_somebody_at_the_hospital_holds_is_not_dr_oseis() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let desk = Desk::opens(&practice, &clock, people::osei());
    desk.looks().await;
    let namesake = at_the_hospital(people::OSEI);
    let now = scene::instant(practice.now());
    practice.edit("Task", "t0-w0", |task| {
        task["status"] = json!("in-progress");
        task["owner"] = json!({ "reference": namesake });
        task["lastModified"] = json!(now);
    });
    assert_eq!(desk.claims("t0").await, ClaimOutcome::Taken { by: Some(PartyRef::new(namesake.clone())) });
    assert_eq!(practice.read("Task", "t0-w0").expect("the task")["owner"]["reference"], json!(namesake));
}

#[tokio::test(start_paused = true)]
async fn the_name_of_an_organization_elsewhere_is_not_asked_of_our_server() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 0);
    practice.store(json!({ "resourceType": "Organization", "id": "7", "name": "Bay Street Family Practice" }));
    let server = Connection::new(&practice);
    for (reference, name) in
        [("Organization/7".to_owned(), "Bay Street Family Practice"), (at_the_hospital("Organization/7"), "")]
    {
        practice.edit("PractitionerRole", "osei", |role| role["organization"] = json!({ "reference": reference }));
        let who =
            identity::identify(server.as_ref(), &PartyRef::new(people::OSEI), Utc::now()).await.expect("a member");
        assert_eq!((who.member.name.reveal(), who.practice.as_str()), ("Dr Amara Osei", name));
    }
}
