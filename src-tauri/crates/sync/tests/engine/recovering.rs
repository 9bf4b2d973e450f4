//! After a reply broke off: what is found out before anything is sent again.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tern_fhir::exchange::Method;
use tern_inbox::{message::Delivery, outbox::Wedge};
use tern_sync::ClaimOutcome;
use tern_testkit::{FakeClock, Fault, people, scene};

use crate::desk::Desk;

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_taken_while_the_machine_was_dead_keeps_the_reply_here() {
    let clock = Arc::new(FakeClock::friday_afternoon());
    let practice = scene::practice(&clock, 1);
    let mut osei = Desk::opens(&practice, &clock, people::osei());
    osei.knows_the_server().await;
    assert_eq!(osei.claims("t0").await, ClaimOutcome::Ours);
    osei.connection.next(Method::Post, "", [Fault::DieBefore]);
    let (reply, _) = osei.replies("t0", "Drink plenty.", TimeDelta::zero());
    osei.connection.died().await;
    osei.dies();
    // Nobody renews a dead machine's claim, so Mia may take the item over.
    tokio::time::sleep(Duration::from_secs(7 * 60)).await;
    let mia = Desk::opens(&practice, &clock, people::mia());
    mia.looks().await;
    assert_eq!(mia.claims("t0").await, ClaimOutcome::Ours);

    osei.comes_back();
    osei.until("a reply that has left or stands", |reader| {
        Ok(reader.outbox_of_message(&reply)?.is_none_or(|row| row.delivery == Delivery::Wedged))
    })
    .await;
    assert!(
        matches!(osei.wedge(&reply), Some(Wedge::ClaimLost { to: Some(by) }) if by.as_str() == people::MIA),
        "{:?}",
        osei.wedge(&reply)
    );
    assert!(scene::answers(&practice, "t0").is_empty());
}
