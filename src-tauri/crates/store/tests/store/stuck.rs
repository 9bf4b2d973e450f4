//! The end of a work item that the server refuses: seen, tried again, given up, overtaken.

use tern_inbox::{
    message::Delivery,
    outbox::{Intent, OutboxRow, Wedge},
    queue::Queue,
    touch::Outcome,
    work_item::WorkStatus,
};
use tern_store::{Acknowledged, Ending, StoreError};

use crate::scene::*;

fn arrives(scene: &Scene, row: &OutboxRow) {
    let write = |writer: &mut tern_store::Writer<'_>| {
        writer.outbox_sending(&row.id)?;
        writer.outbox_acknowledged(&row.id, &Acknowledged::default())
    };
    scene.cache.write(noon(), write).unwrap();
}

fn is_refused(scene: &Scene, row: &OutboxRow) {
    let write = |writer: &mut tern_store::Writer<'_>| {
        writer.outbox_sending(&row.id)?;
        writer.outbox_wedged(&row.id, Wedge::Refused { status: 403, code: None })
    };
    scene.cache.write(noon(), write).unwrap();
}

fn ends(scene: &Scene, outcome: Outcome) -> OutboxRow {
    let ending = Ending { outcome, reply: None, not_before: noon(), ..replying("", "cough", &["t1"]) };
    scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap().rows.remove(0)
}

/// Dr Osei took the cough and ended it so, which the server refused.
fn refused(outcome: Outcome) -> (Scene, OutboxRow) {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    arrives(&scene, &claim);
    let row = ends(&scene, outcome);
    is_refused(&scene, &row);
    (scene, row)
}

fn delivery(scene: &Scene) -> Option<Delivery> {
    scene.cache.read(|reader| reader.envelope(&"cough".into(), noon())).unwrap().and_then(|envelope| envelope.delivery)
}

#[test]
fn what_no_message_speaks_for_stands_in_unsent_and_can_be_tried_again_or_given_up() {
    for outcome in [Outcome::Closed, Outcome::PutBack { reason: "needs the lab first".into() }] {
        let (scene, row) = refused(outcome.clone());
        assert_eq!(scene.queue(&Queue::Unsent), ["cough"], "{outcome:?}");
        assert_eq!(delivery(&scene), Some(Delivery::Wedged), "{outcome:?}");
        let view = scene.view("cough");
        assert_eq!(view.stuck.iter().map(|stuck| &stuck.id).collect::<Vec<_>>(), [&row.id], "{outcome:?}");
        assert!(view.items.iter().all(|item| item.status == WorkStatus::InProgress), "as the server has it");

        scene.cache.write(noon(), |writer| writer.stuck_retry(&"cough".into(), &osei())).unwrap();
        assert!(scene.view("cough").stuck.is_empty(), "{outcome:?}");
        assert_eq!(scene.ready(noon()).first().map(|ready| &ready.id), Some(&row.id), "{outcome:?}");
        is_refused(&scene, &row);

        scene.cache.write(noon(), |writer| writer.stuck_discard(&"cough".into(), &osei())).unwrap();
        assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty(), "{outcome:?}: nothing else is written");
        assert!(scene.queue(&Queue::Unsent).is_empty(), "{outcome:?}");
        assert!(scene.view("cough").items.iter().all(|item| item.status == WorkStatus::InProgress), "{outcome:?}");
        let again = scene.cache.write(noon(), |writer| writer.stuck_discard(&"cough".into(), &osei()));
        assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
        let mias = scene.cache.write(noon(), |writer| writer.stuck_retry(&"cough".into(), &mia()));
        assert!(matches!(mias, Err(StoreError::NotFound(_))), "{mias:?}");
    }
}

#[test]
fn what_is_stuck_stops_no_later_touch_and_is_overtaken_by_its_end() {
    let (scene, stuck) = refused(Outcome::Closed);
    let claim = scene.start("cough", &["t1"]).remove(0);
    assert_eq!(scene.ready(noon()).iter().map(|row| &row.id).collect::<Vec<_>>(), [&claim.id]);
    arrives(&scene, &claim);
    let renewals = scene.cache.write(noon(), |writer| writer.renew_touch(&"cough".into(), &osei())).unwrap();
    assert_eq!(renewals.len(), 1, "the claim of the open touch stays alive");
    let close = ends(&scene, Outcome::Closed);
    assert_eq!(scene.view("cough").stuck, [scene.cache.read(|reader| reader.outbox_row(&stuck.id)).unwrap().unwrap()]);
    arrives(&scene, &close);
    assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty());
}

#[test]
fn what_is_started_anew_is_not_put_back_any_more() {
    let (scene, _) = refused(Outcome::PutBack { reason: "needs the lab first".into() });
    let claim = scene.start("cough", &["t1"]).remove(0);
    assert!(scene.view("cough").stuck.is_empty());
    assert_eq!(scene.view("cough").outbox, [claim]);
    assert!(scene.queue(&Queue::Unsent).is_empty());
}

#[test]
fn what_stands_only_because_its_reply_does_goes_with_that() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    arrives(&scene, &claim);
    let rows = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap().rows;
    let send = rows.iter().find(|row| matches!(row.intent, Intent::Send { .. })).unwrap();
    is_refused(&scene, send);
    assert_eq!(delivery(&scene), Some(Delivery::Wedged));
    assert!(scene.view("cough").stuck.is_empty());
}

/// Dr Osei closed the cough offline, both of its items, and the server refuses every claim.
fn with_refused_claims() -> (Scene, Vec<OutboxRow>) {
    let scene = Scene::with_cough();
    scene.apply(tern_inbox::arrival::Kind::Task, vec![work_item("t2", "cough", "m1")]);
    let claims = scene.start("cough", &["t1", "t2"]);
    let ending =
        Ending { outcome: Outcome::Closed, reply: None, not_before: noon(), ..replying("", "cough", &["t1", "t2"]) };
    scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap();
    claims.iter().for_each(|claim| is_refused(&scene, claim));
    (scene, claims)
}

#[test]
fn an_end_whose_claim_was_refused_is_tried_again_or_given_up_with_it() {
    let (scene, claims) = with_refused_claims();
    assert_eq!(scene.queue(&Queue::Unsent), ["cough"]);
    assert_eq!(scene.view("cough").stuck.len(), 2);
    scene.cache.write(noon(), |writer| writer.stuck_retry(&"cough".into(), &osei())).unwrap();
    assert!(scene.view("cough").stuck.is_empty());
    assert_eq!(scene.ready(noon()).first().map(|ready| &ready.id), Some(&claims[0].id), "the claim goes first");
    claims.iter().for_each(|claim| is_refused(&scene, claim));

    scene.cache.write(noon(), |writer| writer.stuck_discard(&"cough".into(), &osei())).unwrap();
    assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty());
    assert!(scene.queue(&Queue::Unsent).is_empty());
}

#[test]
fn a_refused_claim_of_an_earlier_touch_holds_back_no_later_end() {
    let (scene, _) = with_refused_claims();
    let later = scene.start("cough", &["t1", "t2"]);
    later.iter().for_each(|claim| arrives(&scene, claim));
    let me = tern_inbox::queue::Me { references: vec![osei()], ..tern_inbox::queue::Me::default() };
    assert!(scene.view("cough").is_claimed(&me, noon()));
    let ending =
        Ending { outcome: Outcome::Closed, not_before: noon(), reply: None, ..replying("", "cough", &["t1", "t2"]) };
    let closes = scene.cache.write(noon(), |writer| writer.end_touch(&ending)).unwrap().rows;
    assert!(closes.iter().all(|close| close.depends_on.is_empty()), "{closes:?}");
    closes.iter().for_each(|close| arrives(&scene, close));
    assert!(scene.cache.read(|reader| reader.outbox()).unwrap().is_empty(), "the earlier one is overtaken");
}

#[test]
fn who_starts_a_thread_anew_is_seen_to_although_a_reply_in_it_stands() {
    let scene = Scene::with_cough();
    let claim = scene.start("cough", &["t1"]).remove(0);
    arrives(&scene, &claim);
    let ended = scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    let reply = ended.rows.iter().find(|row| matches!(row.intent, Intent::Send { .. })).unwrap();
    is_refused(&scene, reply);

    let again = scene.start("cough", &["t1"]).remove(0);
    assert!(matches!(again.intent, Intent::Claim { .. }), "{again:?}");
    assert_eq!(scene.ready(noon()).iter().map(|row| &row.id).collect::<Vec<_>>(), [&again.id]);
}

#[test]
fn a_reply_that_was_tried_before_is_looked_for_when_a_person_says_again() {
    for (attempts, expected) in [(0, Delivery::Queued), (1, Delivery::Unknown)] {
        let scene = Scene::with_cough();
        let ended = scene.cache.write(noon(), |writer| {
            writer.start_touch(&"cough".into(), &[], &osei())?;
            writer.end_touch(&replying("r1", "cough", &[]))
        });
        let reply = ended.unwrap().rows.into_iter().find(|row| matches!(row.intent, Intent::Send { .. })).unwrap();
        if attempts > 0 {
            let unknown = |writer: &mut tern_store::Writer<'_>| {
                writer.outbox_sending(&reply.id)?;
                writer.outbox_unknown(&reply.id)?;
                writer.outbox_retry_at(&reply.id, noon(), attempts)?;
                writer.outbox_not_found(&reply.id)
            };
            scene.cache.write(noon(), unknown).unwrap();
        }
        is_refused(&scene, &reply);
        scene.cache.write(noon(), |writer| writer.outbox_retry(&reply.id)).unwrap();
        let row = scene.cache.read(|reader| reader.outbox()).unwrap().into_iter().find(|row| row.id == reply.id);
        assert_eq!(row.map(|row| row.delivery), Some(expected), "{attempts}");
    }
}
