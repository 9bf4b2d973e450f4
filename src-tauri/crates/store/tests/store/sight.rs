//! Who sees what: membership decides, and the role how far. What stands in a queue, what is found and what may be
//! opened are one answer.

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::ThreadId,
    member::{Member, Pool, Role},
    message::{Audience, Message, Thread},
    party::{Party, PartyRef},
    private::PrivateText,
    queue::{Me, Queue},
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::{Draft, SearchRequest};

use crate::scene::*;

const FRONT_DESK: &str = "urn:practice|front-desk";

fn jo() -> PartyRef {
    PartyRef::new("PractitionerRole/jo")
}

fn lead() -> PartyRef {
    PartyRef::new("PractitionerRole/lead")
}

fn front_desk() -> Arrival {
    let pool = Pool {
        id: "front-desk".into(),
        identifier: FRONT_DESK.to_owned(),
        name: "Front desk".to_owned(),
        members: vec![],
        responsible: Some(jo()),
        check_every_hours: None,
    };
    arrival(Kind::CareTeam, "front-desk", 1, Content::Pool(pool))
}

/// Urgent work: *cough* with the nurses, *visit* at the front desk, *astray* nowhere. *bill* was dealt with at the front
/// desk; *old* never had any.
fn practice() -> Scene {
    let scene = Scene::new();
    scene.apply(Kind::CareTeam, vec![front_desk()]);
    let threads = ["cough", "visit", "astray", "bill", "old"];
    let letters = threads
        .iter()
        .zip(0..)
        .flat_map(|(id, minute)| [thread(id), message(&format!("m-{id}"), id, minute, &format!("a word about {id}"))]);
    scene.apply(Kind::Communication, letters.collect());
    let item = |thread: &str, pool: Option<&str>, status| {
        let item = an_item(&format!("t-{thread}"), thread, &format!("m-{thread}"));
        of_item(WorkItem { pool: pool.map(str::to_owned), status, urgency: Urgency::Urgent, ..item }, 1)
    };
    let open = WorkStatus::Requested;
    scene.apply(
        Kind::Task,
        vec![
            item("cough", Some(NURSES), open),
            item("visit", Some(FRONT_DESK), open),
            item("astray", None, open),
            item("bill", Some(FRONT_DESK), WorkStatus::Completed),
        ],
    );
    index(&scene);
    scene
}

fn index(scene: &Scene) {
    while !scene.cache.write_bulk(noon(), |writer| writer.index_next_block(2_000)).unwrap().complete {}
}

fn sit_down(scene: &Scene, reference: PartyRef, role: Role) {
    scene.cache.write(noon(), |writer| writer.set_me(&Me { references: vec![reference], role })).unwrap();
}

fn request(text: &str) -> SearchRequest {
    SearchRequest {
        text: PrivateText::from(text),
        member: osei(),
        patient: None,
        pool: None,
        from: None,
        until: None,
        limit: 50,
    }
}

/// The threads that are found, by name.
fn found(scene: &Scene, text: &str) -> Vec<String> {
    let hits = scene.cache.search(&request(text), noon()).unwrap().hits;
    let mut found: Vec<String> = hits.iter().map(|hit| hit.thread.to_string()).collect();
    found.sort();
    found
}

/// Everything that is seen: what is found, which is what may be opened.
fn seen(scene: &Scene) -> Vec<String> {
    let found = found(scene, "wor");
    for thread in ["cough", "visit", "astray", "bill", "old"] {
        let seen = scene.cache.read(|reader| reader.sees(&ThreadId::from(thread))).unwrap();
        assert_eq!(seen, found.iter().any(|id| id == thread), "{thread}");
    }
    found
}

fn urgent(scene: &Scene) -> Vec<String> {
    let mut urgent = scene.queue(&Queue::Urgent);
    urgent.sort();
    urgent
}

#[test]
fn each_sees_what_their_pools_and_their_role_let_them() {
    let scene = practice();
    for (who, role, open, past_too) in [
        (mia(), Role::Ma, "astray cough", "astray cough old"),
        (mia(), Role::Nurse, "astray cough", "astray cough old"),
        (mia(), Role::Physician, "astray cough", "astray cough old"),
        (jo(), Role::FrontOffice, "visit", "bill visit"),
        (jo(), Role::Unknown, "visit", "bill visit"),
        (lead(), Role::TriageLead, "astray cough visit", "astray bill cough old visit"),
        (mia(), Role::It, "", ""),
    ] {
        sit_down(&scene, who, role);
        assert_eq!(urgent(&scene).join(" "), open, "{role:?}");
        assert_eq!(seen(&scene).join(" "), past_too, "{role:?}");
        let unsorted = scene.queue(&Queue::Unsorted);
        assert_eq!(unsorted.is_empty(), !open.contains("astray"), "{role:?}");
    }
}

#[test]
fn whom_it_was_written_to_or_by_finds_it_and_has_no_work_of_it() {
    let scene = practice();
    // Ana wrote all of it to Dr Osei, who works with the nurses.
    sit_down(&scene, osei(), Role::FrontOffice);
    assert_eq!(urgent(&scene), ["cough"]);
    assert_eq!(seen(&scene).len(), 5);
    sit_down(&scene, lead(), Role::FrontOffice);
    assert_eq!(seen(&scene), [""; 0]);
    let sender = Some(Party { reference: lead(), display: PrivateText::default() });
    let letter = Message { sender, ..a_message("m9", "old", 9, "a letter") };
    scene.apply(Kind::Communication, vec![of_message(letter, 1)]);
    assert_eq!(seen(&scene), ["old"]);
}

#[test]
fn what_one_has_begun_to_write_stays_in_sight() {
    let scene = practice();
    sit_down(&scene, mia(), Role::Ma);
    let draft = Draft { author: mia(), ..a_draft("r1", "visit") };
    scene.cache.write(noon(), |writer| writer.save_draft(&draft)).unwrap();
    assert_eq!(seen(&scene), ["astray", "cough", "old", "visit"]);
}

#[test]
fn an_internal_thread_is_seen_with_what_it_is_about() {
    let scene = practice();
    let note = |about: &str| {
        let id = format!("note-{about}");
        let internal = Thread {
            patient: None,
            participants: vec![],
            opener: None,
            audience: Audience::Internal,
            about: Some(about.into()),
            ..a_thread(&id)
        };
        let words = Message { sender: None, recipients: vec![], ..a_message(&format!("n-{about}"), &id, 9, "hearsay") };
        [arrival(Kind::Communication, &id, 1, Content::Thread(internal)), of_message(words, 1)]
    };
    scene.apply(Kind::Communication, note("cough").into_iter().chain(note("visit")).collect());
    index(&scene);
    sit_down(&scene, mia(), Role::Ma);
    assert_eq!(found(&scene, "hearsay"), ["cough"]);
    sit_down(&scene, jo(), Role::FrontOffice);
    assert_eq!(found(&scene, "hearsay"), ["visit"]);
}

#[test]
fn who_leaves_a_pool_sees_it_no_more_and_who_comes_back_does() {
    let scene = practice();
    sit_down(&scene, mia(), Role::Ma);
    let nurses = |version: u32, members: Vec<PartyRef>| {
        let Content::Pool(pool) = pool().content else { panic!("a pool") };
        arrival(Kind::CareTeam, "nurses", version, Content::Pool(Pool { members, ..pool }))
    };
    scene.apply(Kind::CareTeam, vec![nurses(2, vec![osei()])]);
    assert_eq!(urgent(&scene), ["astray"]);
    assert_eq!(seen(&scene), ["astray", "old"]);
    scene.apply(Kind::CareTeam, vec![nurses(3, vec![osei(), mia()])]);
    assert_eq!(urgent(&scene), ["astray", "cough"]);
    assert_eq!(seen(&scene), ["astray", "cough", "old"]);
}

#[test]
fn another_role_on_the_server_holds_from_the_page_that_brings_it() {
    let scene = practice();
    sit_down(&scene, mia(), Role::Ma);
    let now = |version: u32, role| {
        let member = Member { reference: mia(), practitioner: None, name: "Mia Tran".into(), role };
        arrival(Kind::PractitionerRole, "mia", version, Content::Member(member))
    };
    scene.apply(Kind::PractitionerRole, vec![now(2, Role::FrontOffice)]);
    assert_eq!(urgent(&scene), ["cough"], "she is still among the nurses, and looks at nothing unsorted");
    scene.apply(Kind::PractitionerRole, vec![now(3, Role::TriageLead)]);
    assert_eq!(urgent(&scene), ["astray", "cough", "visit"]);
    scene.apply(Kind::PractitionerRole, vec![now(4, Role::It)]);
    assert_eq!((urgent(&scene), seen(&scene)), (vec![], vec![]));
}

#[test]
fn whoever_sees_little_is_told_that_there_may_be_more_behind_what_was_looked_at() {
    let scene = Scene::new();
    for page in 0..9 {
        let many =
            (0..1_000).map(|n| page * 1_000 + n).map(|n| message(&format!("m{n}"), &format!("t{}", n / 3), n, "word"));
        let none_of_hers = many.map(|arrival| {
            let Content::Message { message, .. } = arrival.content else { panic!("a message") };
            of_message(Message { recipients: vec![], ..message }, 1)
        });
        scene.apply(Kind::Communication, none_of_hers.collect());
    }
    index(&scene);
    sit_down(&scene, jo(), Role::FrontOffice);
    let results = scene.cache.search(&request("word"), noon()).unwrap();
    assert!(results.hits.is_empty() && results.more);
    let few = SearchRequest { until: Some(noon() + minutes(1_000)), ..request("word") };
    assert!(!scene.cache.search(&few, noon()).unwrap().more);
}
