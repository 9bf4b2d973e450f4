//! The file itself: its key, where it comes from, what becomes of it when it is damaged, and that not one
//! word can be read from outside.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use tern_inbox::{
    arrival::{Arrival, Kind},
    message::Delivery,
    outbox::{Intent, Wedge},
};
use tern_store::{Cache, CacheKey, Page, Provenance, StoreError, Unsent, aside};

use crate::scene::*;

fn open(path: &Path) -> Result<Cache, StoreError> {
    Cache::open(path, &key(), &here(), noon())
}

/// Closes the scene's cache and gives its path.
fn closed(scene: &Scene) -> std::path::PathBuf {
    scene.cache.close();
    scene.cache.path().to_owned()
}

/// With a draft in one thread and a queued reply in another.
fn with_words() -> Scene {
    let scene = Scene::with_cough();
    scene.apply(Kind::Communication, vec![thread("rash"), message("m2", "rash", 1, "A rash")]);
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("d1", "rash"))).unwrap();
    scene.start("cough", &["t1"]);
    scene.cache.write(noon(), |writer| writer.end_touch(&replying("r1", "cough", &["t1"]))).unwrap();
    scene
}

#[test]
fn what_was_kept_is_there_after_a_restart_and_what_was_on_the_wire_is_unknown() {
    let scene = with_words();
    let claim = scene.ready(noon()).remove(0);
    scene.cache.write(noon(), |writer| writer.outbox_sending(&claim.id)).unwrap();
    let cache = open(&closed(&scene)).unwrap();
    let row = cache.read(|reader| reader.outbox_row(&claim.id)).unwrap().unwrap();
    assert_eq!(row.delivery, Delivery::Unknown);
    let ready = cache.read(|reader| reader.outbox_ready(noon(), &osei())).unwrap();
    assert_eq!(ready[0].id, claim.id, "it is searched for before anything else of its thread");
    let draft = cache.read(|reader| reader.draft(&"rash".into(), &osei())).unwrap();
    assert_eq!(draft.unwrap().text.reveal(), "Give him water and rest");
}

#[test]
fn a_wrong_key_opens_nothing_and_changes_nothing() {
    let path = closed(&with_words());
    // The scene's folder is gone with it; make it anew.
    let folder = path.parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    let cache = open(&path).unwrap();
    cache.close();
    let before = fs::read(&path).unwrap();
    let refused = Cache::open(&path, &CacheKey::new([8; 32]), &here(), noon());
    assert!(matches!(refused, Err(StoreError::KeyRefused)));
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_ordinary_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.tern");
    fs::write(&path, b"SQLite format 3\0 and so on").unwrap();
    assert!(matches!(open(&path), Err(StoreError::Plaintext)));
    assert!(matches!(aside::open_or_set_aside(&path, &key(), &here(), noon()), Err(StoreError::Plaintext)));
}

#[test]
fn a_file_from_another_machine_or_account_is_known_as_such() {
    let scene = with_words();
    let path = closed(&scene);
    let elsewhere = Provenance { machine: "a stranger's desktop".to_owned(), ..here() };
    assert!(matches!(Cache::open(&path, &key(), &elsewhere, noon()), Err(StoreError::CopiedFromElsewhere)));
    let another = Provenance { account: "https://a.example|Practitioner/mia".to_owned(), ..here() };
    assert!(matches!(Cache::open(&path, &key(), &another, noon()), Err(StoreError::BelongsToAnother)));
    open(&path).unwrap();
}

#[test]
fn a_lost_key_sets_the_file_aside_and_says_what_cannot_be_read() {
    let scene = with_words();
    let path = closed(&scene);
    let new_key = CacheKey::new([9; 32]);
    let opened = aside::open_or_set_aside(&path, &new_key, &here(), noon()).unwrap();
    let old = opened.set_aside.unwrap();
    assert!(old.path.ends_with("inbox-20260306-120000.set-aside"));
    assert_eq!(old.unsent, Some(Unsent { replies: 1, drafts: 1 }));
    assert_eq!(opened.rescued, Unsent::default());
    assert_eq!(aside::list(&path).unwrap(), std::slice::from_ref(&old));
}

#[test]
fn the_words_of_a_file_whose_key_is_back_come_back_once_as_drafts() {
    let scene = with_words();
    let path = closed(&scene);
    let new_key = CacheKey::new([9; 32]);
    aside::open_or_set_aside(&path, &new_key, &here(), noon()).unwrap().cache.close();

    // The keyring is restored: the old key opens the old file, and no longer the one that was begun since.
    let opened = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert_eq!(opened.restored, Unsent { replies: 1, drafts: 1 });
    let drafts = opened.cache.read(|reader| reader.drafts()).unwrap();
    let words: Vec<_> = drafts.iter().map(|draft| (draft.thread.as_str(), draft.text.reveal())).collect();
    assert_eq!(words, [("cough", "Give him water and rest"), ("rash", "Give him water and rest")]);
    // Days may have passed, and somebody may have written it again: nothing leaves by itself.
    assert!(opened.cache.read(|reader| reader.outbox()).unwrap().is_empty());
    assert!(drafts.iter().all(|draft| !["r1", "d1"].contains(&draft.message.as_str())), "under ids of their own");

    // Thrown away here, they do not come back: neither at the next start, nor in a cache that is begun anew.
    for thread in ["cough", "rash"] {
        opened.cache.write(noon(), |writer| writer.forget_draft(&thread.into(), &osei())).unwrap();
    }
    opened.cache.close();
    let again = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert_eq!(again.restored, Unsent::default());
    again.cache.close();
    damage(&path, 0..1);
    let anew = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert_eq!(anew.restored, Unsent::default());
    assert!(anew.cache.read(|reader| reader.drafts()).unwrap().is_empty());
}

#[test]
fn a_reply_that_was_on_the_wire_comes_back_for_a_person_to_decide_and_its_echo_settles_it() {
    comes_back_undecided(false);
}

#[test]
fn a_reply_of_which_nobody_knew_whether_it_arrived_comes_back_as_such() {
    comes_back_undecided(true);
}

/// With a reply that was on the wire, or that was given up on there.
fn comes_back_undecided(was_given_up: bool) {
    let scene = with_words();
    for row in scene.cache.read(|reader| reader.outbox()).unwrap() {
        if matches!(row.intent, Intent::Send { .. }) {
            scene.cache.write(noon(), |writer| writer.outbox_sending(&row.id)).unwrap();
            if was_given_up {
                scene.cache.write(noon(), |writer| writer.outbox_wedged(&row.id, Wedge::OutcomeUnknown)).unwrap();
            }
        }
    }
    let path = closed(&scene);
    aside::open_or_set_aside(&path, &CacheKey::new([9; 32]), &here(), noon()).unwrap().cache.close();
    let opened = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert_eq!(opened.restored, Unsent { replies: 1, drafts: 1 });
    assert_eq!(opened.cache.read(|reader| reader.drafts()).unwrap().len(), 1);
    let rows = opened.cache.read(|reader| reader.outbox()).unwrap();
    assert_eq!(rows.len(), 1, "the reply alone: neither its claim nor its outcome");
    assert_eq!((rows[0].delivery, &rows[0].wedged), (Delivery::Wedged, &Some(Wedge::OutcomeUnknown)));
    assert!(opened.cache.read(|reader| reader.outbox_ready(noon(), &osei())).unwrap().is_empty());

    let echo =
        Arrival { identity: Some("urn:uuid:r1".to_owned()), ..message("server-7", "cough", 5, "Give him water") };
    let page = Page { kind: Kind::Communication, arrivals: vec![echo], cursor: None };
    opened.cache.write_bulk(noon(), |writer| writer.apply_page(&page)).unwrap();
    assert!(opened.cache.read(|reader| reader.outbox()).unwrap().is_empty());
}

#[test]
fn several_texts_of_a_thread_come_back_once_though_nothing_beside_the_file_says_so() {
    let scene = with_words();
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("d3", "cough"))).unwrap();
    let path = closed(&scene);
    let old = aside::open_or_set_aside(&path, &CacheKey::new([9; 32]), &here(), noon()).unwrap();
    old.cache.close();
    let words = |cache: &Cache| {
        let drafts = cache.read(|reader| reader.drafts()).unwrap();
        drafts.iter().map(|draft| draft.text.reveal().to_owned()).collect::<Vec<_>>()
    };
    let first = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    let once = words(&first.cache);
    first.cache.close();
    let mut label = old.set_aside.unwrap().path.into_os_string();
    label.push(".json");
    fs::remove_file(label).unwrap();
    let second = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert_eq!(second.restored, Unsent::default());
    assert_eq!(words(&second.cache), once);
}

#[test]
fn a_file_of_another_account_gives_nothing_back() {
    let scene = with_words();
    let path = closed(&scene);
    aside::open_or_set_aside(&path, &CacheKey::new([9; 32]), &here(), noon()).unwrap().cache.close();
    let another = Provenance { account: "https://a.example|Practitioner/mia".to_owned(), ..here() };
    let opened = aside::open_or_set_aside(&path, &key(), &another, noon()).unwrap();
    assert_eq!(opened.restored, Unsent::default());
    assert!(opened.cache.read(|reader| reader.drafts()).unwrap().is_empty());
}

/// Overwrites whole pages with noise, sparing the first and those of `spare`.
fn damage(path: &Path, pages: impl Iterator<Item = u64>) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    for page in pages {
        file.seek(SeekFrom::Start(page * 4096)).unwrap();
        file.write_all(&[0xA5; 4096]).unwrap();
    }
}

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    let scene = with_words();
    let path = closed(&scene);
    damage(&path, 0..1);
    let opened = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert!(opened.set_aside.unwrap().path.exists());
    opened.cache.write(noon(), |writer| writer.save_draft(&a_draft("d2", "cough"))).unwrap();
}

#[test]
fn damage_found_while_working_is_named_and_the_words_are_rescued() {
    let scene = Scene::new();
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("d1", "cough"))).unwrap();
    // Enough messages that most pages of the file are theirs.
    let text = "rest ".repeat(200);
    let many = (0..300).map(|n| message(&format!("m{n}"), "cough", n, &text)).collect();
    scene.apply(Kind::Communication, many);
    let path = closed(&scene);
    let pages = fs::metadata(&path).unwrap().len() / 4096;
    damage(&path, pages / 2..pages / 2 + 20);
    let cache = open(&path).unwrap();
    let damaged = cache.read(|reader| reader.thread(&"cough".into(), &osei()));
    assert!(matches!(damaged, Err(StoreError::Damaged)), "{damaged:?}");
    cache.close();
    let opened = aside::replace(&path, &key(), &here(), noon()).unwrap();
    assert_eq!(opened.rescued, Unsent { replies: 0, drafts: 1 });
    let draft = opened.cache.read(|reader| reader.draft(&"cough".into(), &osei())).unwrap();
    assert_eq!(draft.unwrap().text.reveal(), "Give him water and rest");
}

#[test]
fn no_word_of_a_message_can_be_read_from_outside() {
    let scene = Scene::new();
    let canary = "zebrafish-canary";
    let text = format!("{canary} ").repeat(50);
    let many = (0..200).map(|n| message(&format!("m{n}"), "cough", n, &text)).collect();
    scene.apply(Kind::Communication, many);
    scene.apply(Kind::Communication, vec![unreadable("broken", 1)]);
    scene.cache.write_bulk(noon(), |writer| writer.index_next_block(2_000)).unwrap();
    scene.cache.write(noon(), |writer| writer.save_draft(&a_draft("d1", "cough"))).unwrap();
    let look = || {
        let mut looked_at = 0;
        for entry in fs::read_dir(scene.folder.path()).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            looked_at += bytes.len();
            for word in [canary, "zebrafish", "Give him water", "Leo Ruiz", "yesterday", "SQLite format"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
            }
        }
        looked_at
    };
    assert!(look() > 100_000, "the log is among what was looked at");
    scene.cache.close();
    assert!(look() > 100_000);
}

#[test]
fn a_closed_cache_answers_nothing_and_opens_again() {
    let scene = with_words();
    let clone = scene.cache.clone();
    let path = closed(&scene);
    assert!(matches!(clone.read(|reader| reader.drafts()), Err(StoreError::Closed)));
    assert!(matches!(clone.write(noon(), |writer| writer.lapse_claims()), Err(StoreError::Closed)));
    assert_eq!(open(&path).unwrap().read(|reader| reader.drafts()).unwrap().len(), 1);
}

#[test]
fn signing_out_forgets_the_file_when_nothing_is_unsent() {
    let scene = Scene::with_cough();
    scene.cache.forget().unwrap();
    assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), 0);
}

#[test]
fn signing_out_keeps_what_the_server_does_not_have() {
    // A claim that waits.
    let scene = Scene::with_cough();
    scene.start("cough", &["t1"]);
    assert!(matches!(scene.cache.forget(), Err(StoreError::Unsent { replies: 0, drafts: 0 })));
    assert!(scene.cache.read(|reader| reader.drafts()).is_ok(), "the cache is still open");

    // An entry of the audit that the server did not take; one that it took is no reason.
    let scene = Scene::with_cough();
    let entry = |id: &str| tern_store::AuditEntry {
        id: id.to_owned(),
        at: noon(),
        author: osei(),
        action: "view".to_owned(),
        subject: None,
        detail: None,
    };
    scene.cache.write(noon(), |writer| writer.audit_and_send(&entry("a1"))).unwrap();
    scene.cache.write(noon(), |writer| writer.outbox_dropped(&"a1".into())).unwrap();
    assert!(matches!(scene.cache.forget(), Err(StoreError::Unsent { .. })));

    let scene = Scene::with_cough();
    scene.cache.write(noon(), |writer| writer.audit_and_send(&entry("a2"))).unwrap();
    scene
        .cache
        .write(noon(), |writer| {
            writer.outbox_sending(&"a2".into())?;
            writer.outbox_acknowledged(&"a2".into(), &tern_store::Acknowledged::default())
        })
        .unwrap();
    scene.cache.forget().unwrap();
}

#[test]
fn the_audit_shows_that_it_was_changed() {
    let scene = Scene::new();
    for (id, action) in [("a1", "view"), ("a2", "send")] {
        let entry = tern_store::AuditEntry {
            id: id.to_owned(),
            at: noon(),
            author: osei(),
            action: action.to_owned(),
            subject: Some("Communication/m1".to_owned()),
            detail: None,
        };
        scene.cache.write(noon(), |writer| writer.audit_append(&entry)).unwrap();
    }
    assert_eq!(scene.cache.read(|reader| reader.audit_verify()).unwrap(), 2);
    assert_eq!(scene.cache.read(|reader| reader.audit(1)).unwrap()[0].action, "send");
}

#[test]
fn a_machine_that_was_set_up_anew_gets_its_words_back_and_sends_nothing_by_itself() {
    let scene = with_words();
    let path = closed(&scene);
    let anew = Provenance { machine: "the same laptop from an image".to_owned(), ..here() };
    let opened = aside::open_or_set_aside(&path, &key(), &anew, noon()).unwrap();
    assert!(opened.set_aside.is_some());
    assert_eq!(opened.restored, Unsent { replies: 1, drafts: 1 });
    assert_eq!(opened.cache.read(|reader| reader.outbox_ready(noon() + minutes(60), &osei())).unwrap(), []);
    assert_eq!(opened.cache.read(|reader| reader.drafts()).unwrap().len(), 2);
    opened.cache.close();
    let again = aside::open_or_set_aside(&path, &key(), &anew, noon()).unwrap();
    assert!(again.set_aside.is_none(), "once");
    assert_eq!(again.restored, Unsent::default());
}

#[test]
fn a_file_that_is_found_damaged_while_it_is_open_is_replaced_at_the_next_start() {
    let scene = with_words();
    scene.cache.note_damage();
    let path = closed(&scene);
    let opened = aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap();
    assert!(opened.set_aside.is_some());
    assert_eq!(opened.rescued, Unsent { replies: 1, drafts: 1 });
    opened.cache.close();
    assert!(aside::open_or_set_aside(&path, &key(), &here(), noon()).unwrap().set_aside.is_none(), "once");
}

#[test]
fn a_damaged_file_of_another_machine_sends_nothing_by_itself_and_a_mark_without_a_file_locks_nobody_out() {
    let scene = with_words();
    scene.cache.note_damage();
    let path = closed(&scene);
    let anew = Provenance { machine: "the same laptop from an image".to_owned(), ..here() };
    let opened = aside::open_or_set_aside(&path, &key(), &anew, noon()).unwrap();
    assert_eq!(opened.restored, Unsent { replies: 1, drafts: 1 });
    assert_eq!(opened.cache.read(|reader| reader.outbox_ready(noon() + minutes(60), &osei())).unwrap(), []);
    opened.cache.note_damage();
    opened.cache.close();
    fs::remove_file(&path).unwrap();
    assert!(aside::open_or_set_aside(&path, &key(), &anew, noon()).unwrap().set_aside.is_none());
}
