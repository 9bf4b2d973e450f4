//! A claim that somebody else has: what the person is told, and what is given back.

use tern_inbox::{
    ids::WorkItemId,
    outbox::{Intent, OutboxRow, Wedge},
    touch::{Lost, Outcome, Touch},
};
use tern_store::{Acknowledged, Ending, StoreError};

use crate::scene::*;

/// Ana wrote twice, so there are two work items, and Dr Osei started both.
fn with_two_items() -> (Scene, Vec<OutboxRow>) {
    let scene = Scene::with_cough();
    scene.apply(tern_inbox::arrival::Kind::Communication, vec![message("m2", "cough", 1, "And he has a fever")]);
    scene.apply(tern_inbox::arrival::Kind::Task, vec![work_item("t2", "cough", "m2")]);
    let claims = scene.start("cough", &["t1", "t2"]);
    assert_eq!(claims.len(), 2);
    (scene, claims)
}

fn arrives(scene: &Scene, row: &OutboxRow) {
    let write = |writer: &mut tern_store::Writer<'_>| {
        writer.outbox_sending(&row.id)?;
        writer.outbox_acknowledged(&row.id, &Acknowledged::default())
    };
    scene.cache.write(noon(), write).unwrap();
}

fn is_mias(scene: &Scene, row: &OutboxRow) {
    let lost = Wedge::ClaimLost { to: Some(mia()) };
    scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, lost)).unwrap();
}

fn intents(scene: &Scene) -> Vec<Intent> {
    let rows = scene.cache.read(|reader| reader.outbox()).unwrap();
    rows.into_iter().filter(|row| row.wedged.is_none()).map(|row| row.intent).collect()
}

#[test]
fn a_renewal_that_meets_somebody_else_ends_the_touch_and_says_who() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    arrives(&scene, &claim);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("r1", "cough"))).unwrap();
    let renewal = scene.cache.write(noon(), |writer| writer.renew_touch(&"cough".into(), &osei())).unwrap().remove(0);
    is_mias(&scene, &renewal);

    let view = scene.view("cough");
    let touch = view.touch.unwrap();
    assert_eq!(touch.state, Touch::Waiting);
    assert_eq!(touch.lost, Some(Lost { to: Some(mia()), at: noon() }));
    assert!(touch.is_lost());
    assert!(view.draft.is_some(), "what she typed is still there");
    assert!(scene.cache.read(|reader| reader.open_touches(&osei())).unwrap().is_empty(), "nothing is renewed any more");
    assert!(scene.cache.write(noon(), |writer| writer.renew_touch(&"cough".into(), &osei())).unwrap().is_empty());
    let refused = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"])));
    assert!(matches!(refused, Err(StoreError::Touch(_))), "{refused:?}");
}

#[test]
fn one_lost_claim_of_several_gives_the_others_back() {
    // The other one is ours already.
    let (scene, claims) = with_two_items();
    arrives(&scene, &claims[1]);
    is_mias(&scene, &claims[0]);
    assert_eq!(intents(&scene), [Intent::Release { item: "t2".into() }]);
    let items = scene.view("cough").items;
    assert_eq!(items.iter().find(|item| item.id == WorkItemId::from("t2")).unwrap().owner, None, "free for Mia");

    // It is on the wire: given back behind its claim.
    let (scene, claims) = with_two_items();
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claims[1].id)).unwrap();
    is_mias(&scene, &claims[0]);
    assert_eq!(intents(&scene), [Intent::Claim { item: "t2".into() }, Intent::Release { item: "t2".into() }]);

    // It has not left.
    let (scene, claims) = with_two_items();
    is_mias(&scene, &claims[0]);
    assert_eq!(intents(&scene), []);
}

#[test]
fn a_lost_touch_is_left_by_putting_it_back_and_nothing_of_mias_is_released() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    is_mias(&scene, &claim);
    scene.cache.write(noon(), |writer| writer.outbox_dropped(&claim.id)).unwrap();
    let ending = Ending {
        outcome: Outcome::PutBack { reason: "Mia is on it".into() },
        reply: None,
        ..replying("", "cough", &["t1"])
    };
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
    assert_eq!(ended.rows, []);
    let touch = scene.view("cough").touch.unwrap();
    assert_eq!((touch.state, touch.is_lost()), (Touch::Ended, false));

    // Undone, it says again who has it.
    scene.cache.write(noon(), |writer| writer.undo(&ended.group)).unwrap();
    assert!(scene.view("cough").touch.unwrap().is_lost());
}

#[test]
fn a_touch_that_never_opened_leaves_no_trace() {
    let (scene, claims) = with_two_items();
    is_mias(&scene, &claims[0]);
    scene.cache.write(noon(), |writer| writer.give_up_claims(&claims)).unwrap();
    assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty());
    assert_eq!(scene.cache.read(|reader| reader.touch_count(&"cough".into(), &osei())).unwrap(), 0);
}

#[test]
fn a_claim_is_confirmed_while_the_item_is_ours_and_not_only_while_no_claim_waits() {
    let me = tern_inbox::queue::Me { references: vec![osei()], ..tern_inbox::queue::Me::default() };
    let scene = Scene::with_cough();
    let is_claimed = |minute| scene.view("cough").is_claimed(&me, noon() + minutes(minute));
    let claim = scene.start("cough", &["t1"]).remove(0);
    assert!(!is_claimed(0), "on its way");
    arrives(&scene, &claim);
    assert!(is_claimed(0));
    assert!(!is_claimed(7), "nobody renewed it");
    let renewed = noon() + minutes(7);
    let renew = |writer: &mut tern_store::Writer<'_>| writer.renew_touch(&"cough".into(), &osei());
    let renewal = scene.cache.write(renewed, renew).unwrap().remove(0);
    assert!(!is_claimed(8), "nobody has said yet that it still is");
    arrives(&scene, &renewal);
    assert!(is_claimed(8));

    // Somebody freed it at the portal.
    scene.apply(tern_inbox::arrival::Kind::Task, vec![of_item(an_item("t1", "cough", "m1"), 9)]);
    scene
        .cache
        .write(noon(), |writer| {
            let rows = writer.read().outbox()?;
            rows.iter().try_for_each(|row| writer.outbox_dropped(&row.id))
        })
        .unwrap();
    assert!(!is_claimed(0), "it is nobody's, and no claim waits");
}

#[test]
fn an_end_of_what_somebody_else_has_is_moot_and_gives_the_others_back() {
    let somebodys = || Wedge::ClaimLost { to: Some(mia()) };
    let put_back = || Outcome::PutBack { reason: "needs the lab first".into() };
    for outcome in [Outcome::Closed, put_back()] {
        for wedge in [somebodys(), Wedge::Gone] {
            let (scene, claims) = with_two_items();
            let ending = Ending { outcome: outcome.clone(), reply: None, ..replying("", "cough", &["t1", "t2"]) };
            scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
            arrives(&scene, &claims[1]);
            let write = |writer: &mut tern_store::Writer<'_>| {
                writer.outbox_wedged(&claims[0].id, wedge.clone())?;
                writer.outbox_moot(&claims[0].id)
            };
            scene.cache.write(noon(), write).unwrap();
            assert_eq!(intents(&scene), [Intent::Release { item: "t2".into() }], "{outcome:?}, {wedge:?}");
            assert!(scene.queue(&tern_inbox::queue::Queue::Unsent).is_empty(), "{outcome:?}, {wedge:?}");
            assert!(scene.view("cough").stuck.is_empty(), "{outcome:?}, {wedge:?}");
        }
    }
}
