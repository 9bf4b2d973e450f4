//! Search as one types, and the index that is written behind the sync.

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    private::PrivateText,
};
use tern_store::{SearchHit, SearchRequest};

use crate::scene::*;

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

fn index_all(scene: &Scene, block: u32) {
    while !scene.cache.write_bulk(noon(), |writer| writer.index_next_block(block)).unwrap().complete {}
}

fn hits(scene: &Scene, request: &SearchRequest) -> Vec<SearchHit> {
    scene.cache.search(request, noon()).unwrap().hits
}

fn found(scene: &Scene, text: &str) -> Vec<String> {
    hits(scene, &request(text)).into_iter().map(|hit| hit.message.to_string()).collect()
}

/// Three messages of two threads, the first with open work.
fn letters() -> Scene {
    let scene = Scene::with_cough();
    scene.apply(
        Kind::Communication,
        vec![
            thread("refill"),
            message("m2", "refill", 1, "Élodie asks for amoxicillin, 250 mg"),
            message("m3", "refill", 2, "still coughing after the amoxicillin"),
        ],
    );
    index_all(&scene, 2_000);
    scene
}

#[test]
fn the_latest_comes_first_and_the_last_word_is_a_beginning() {
    let scene = letters();
    assert_eq!(found(&scene, "cough"), ["m3", "m1"]);
    assert_eq!(found(&scene, "amoxi"), ["m3", "m2"]);
    assert_eq!(found(&scene, "amoxi cough"), [""; 0], "only the last word is a beginning");
    assert_eq!(found(&scene, "amoxicillin cough"), ["m3"]);
    assert_eq!(found(&scene, "elodie"), ["m2"], "without its accent");
    assert_eq!(found(&scene, "ruiz refill"), ["m3", "m2"], "name and subject line count too");
}

#[test]
fn whatever_is_typed_is_words_and_never_grammar() {
    let scene = letters();
    for typed in
        ["\"", "cough\"", "amoxicillin AND (", "body:cough", "NEAR(a b)", "^cough", "*", "--", "a\0b", "'; DROP"]
    {
        scene.cache.search(&request(typed), noon()).unwrap();
    }
    assert_eq!(found(&scene, "\"cough\""), ["m3", "m1"]);
    assert_eq!(found(&scene, "250-mg"), ["m2"]);
    assert_eq!(found(&scene, "amoxicillin OR cough"), [""; 0], "OR is a word like any other");
    assert_eq!(found(&scene, "  "), [""; 0]);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn no_text_breaks_the_search(typed in "\\PC{0,12}") {
        thread_local!(static SCENE: Scene = letters());
        SCENE.with(|scene| scene.cache.search(&request(&typed), noon()).unwrap());
    }
}

#[test]
fn words_of_other_scripts_are_found() {
    let scene = Scene::new();
    let texts =
        [("hi", "उसकी खाँसी ठीक है"), ("ar", "السعال أفضل"), ("zh", "咳嗽 好多了"), ("fr", "Il tousse moins, à bientôt")];
    let many = texts.iter().zip(0..).map(|((id, text), n)| message(id, "t", n, text)).collect();
    scene.apply(Kind::Communication, many);
    index_all(&scene, 2_000);
    for (typed, id) in [("खाँसी", "hi"), ("السع", "ar"), ("咳", "zh"), ("BIENTOT", "fr"), ("bientôt", "fr")]
    {
        assert_eq!(found(&scene, typed), [id], "{id}");
    }
}

#[test]
fn the_newest_and_the_rest_are_one_list_without_gap_or_repeat() {
    let scene = Scene::new();
    let text = |n: i64| if n % 100 == 0 { "rare word" } else { "word" };
    for page in 0..10 {
        let many = (0..1_000).map(|n| page * 1_000 + n).map(|n| message(&format!("m{n}"), "t", n, text(n))).collect();
        scene.apply(Kind::Communication, many);
    }
    index_all(&scene, 2_000);
    let rare: Vec<String> = (0..100).rev().map(|n| format!("m{}", n * 100)).collect();
    let all = |limit| hits(&scene, &SearchRequest { limit, ..request("rar") });
    let ids = |hits: Vec<SearchHit>| hits.iter().map(|hit| hit.message.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(all(200)), rare);
    assert_eq!(ids(all(30)), rare[..30]);
    let old = SearchRequest { until: Some(noon() + minutes(1_000)), ..request("rare") };
    assert_eq!(ids(hits(&scene, &old)), rare[90..]);
}

#[test]
fn a_hit_in_an_item_that_nobody_started_says_that_it_matches_and_no_more() {
    let scene = letters();
    let words = |scene: &Scene| {
        let hits = hits(scene, &request("cough"));
        hits.iter().map(|hit| hit.snippet.as_ref().map(|text| text.reveal().to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(words(&scene), [Some("still coughing after the amoxicillin".to_owned()), None]);
    scene.start("cough", &["t1"]);
    assert_eq!(words(&scene)[1], Some("Leo coughs at night".to_owned()));
}

#[test]
fn a_snippet_is_the_words_around_the_match() {
    let scene = Scene::new();
    let text = format!("{}the İstanbul cough{}", "before ".repeat(40), " after".repeat(40));
    scene.apply(Kind::Communication, vec![message("m1", "t", 0, &text)]);
    index_all(&scene, 2_000);
    let snippet = hits(&scene, &request("cough"))[0].snippet.clone().unwrap();
    assert!(snippet.reveal().contains("İstanbul cough") && snippet.reveal().starts_with('…'));
    assert!(snippet.reveal().chars().count() < 130);
}

#[test]
fn person_pool_and_date_narrow_it() {
    let scene = letters();
    let at = |request: SearchRequest| hits(&scene, &request).len();
    assert_eq!(at(SearchRequest { patient: Some("leo".into()), ..request("amoxicillin") }), 2);
    assert_eq!(at(SearchRequest { patient: Some("mona".into()), ..request("amoxicillin") }), 0);
    assert_eq!(at(SearchRequest { pool: Some("nurses".into()), ..request("cough") }), 1);
    assert_eq!(at(SearchRequest { from: Some(noon() + minutes(2)), ..request("amoxicillin") }), 1);
    assert_eq!(at(SearchRequest { until: Some(noon() + minutes(2)), ..request("amoxicillin") }), 1);
}

#[test]
fn the_index_comes_down_from_the_newest_and_says_how_far() {
    let scene = Scene::new();
    let many = (0..10).map(|n| message(&format!("m{n}"), "t", n, "word")).collect();
    scene.apply(Kind::Communication, many);
    let next = || scene.cache.write_bulk(noon(), |writer| writer.index_next_block(4)).unwrap();
    let first = next();
    assert_eq!((first.indexed, first.total, first.complete), (4, 10, false));
    assert_eq!(first.reaches_back_to, Some(noon() + minutes(6)));
    assert_eq!(found(&scene, "word"), ["m9", "m8", "m7", "m6"]);
    // New and old ones arrive meanwhile: the new one goes first, the old one when its time comes.
    scene.apply(Kind::Communication, vec![message("new", "t", 20, "word"), message("old", "t", -5, "word")]);
    let second = next();
    assert_eq!((second.indexed, second.total), (5, 12));
    assert_eq!(found(&scene, "word")[0], "new");
    assert_eq!((next().indexed, next().indexed), (9, 12));
    let last = next();
    assert!(last.complete && last.reaches_back_to.is_none());
    assert_eq!(found(&scene, "word").len(), 12);
}

#[test]
fn what_changes_its_words_is_found_by_the_new_ones_only() {
    let scene = letters();
    let renamed = Arrival { version: "2".into(), last_updated: Some(noon() + minutes(9)), ..leo() };
    let Content::Patient(patient) = renamed.content.clone() else { panic!("a patient") };
    let content = Content::Patient(tern_inbox::patient::Patient { name: "Leo Okafor".into(), ..patient });
    scene.apply(Kind::Patient, vec![Arrival { content, ..renamed }]);
    index_all(&scene, 2_000);
    assert_eq!(found(&scene, "ruiz"), [""; 0]);
    assert_eq!(found(&scene, "okafor").len(), 3);
    let gone = arrival(Kind::Communication, "m3", 2, Content::Deleted);
    scene.apply(Kind::Communication, vec![gone]);
    assert_eq!(found(&scene, "amoxicillin"), ["m2"]);
    let progress = scene.cache.read(|reader| reader.index_progress()).unwrap();
    assert_eq!((progress.indexed, progress.total), (2, 2));
}
