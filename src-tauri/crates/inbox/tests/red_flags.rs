//! What a practice may rely on when it scans: a rule never lowers, negation never cancels, nothing panics, and the
//! words that matched can be found again in the original.

#![allow(clippy::expect_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use tern_inbox::party::PartyRef;
use tern_inbox::private::PrivateText;
use tern_inbox::red_flags::{
    Category, Concept, Findings, Language, Lowered, Negation, Part, Rule, RuleId, RuleSet, Scan, Scanned, Scanner,
    TextHash, Where, raised, shown, starting,
};
use tern_inbox::work_item::Urgency;

fn body(text: &str) -> Scanned<'_> {
    Scanned { body: text, ..Scanned::default() }
}

fn scanner() -> &'static Scanner {
    static SCANNER: std::sync::LazyLock<Scanner> =
        std::sync::LazyLock::new(|| Scanner::new(&starting().expect("the starting set")).expect("its patterns"));
    &SCANNER
}

fn level(text: &str) -> Urgency {
    scanner().scan(&body(text)).level()
}

fn rule(id: &str, patterns: &[&str]) -> Rule {
    Rule {
        id: RuleId::new(id),
        version: 1,
        category: Category::Breathing,
        language: Language::English,
        raise_to: Urgency::Urgent,
        patterns: patterns.iter().map(ToString::to_string).collect(),
        unless: Vec::new(),
        unless_anywhere: Vec::new(),
        note: String::new(),
        reviewed_by: "Dr Amara Osei".to_owned(),
        date: chrono::NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day"),
    }
}

fn set(rules: Vec<Rule>) -> RuleSet {
    RuleSet { version: "7".to_owned(), rules, ..RuleSet::default() }
}

fn found(pattern: &str, text: &str) -> usize {
    Scanner::new(&set(vec![rule("one", &[pattern])])).expect("a pattern").scan(&body(text)).matches.len()
}

#[test]
fn the_grammar_is_about_words() {
    for (pattern, yes, no) in [
        ("er", "went to the ER!", "her mother, per usual"),
        ("can't breathe", "CANT   breathe", "can he breathe"),
        ("breath*", "breathing", "a breach"),
        ("~seizure", "siezure", "leisure"),
        ("leg|lower calf", "lower calf", "calf lower"),
        ("can't [even] breathe", "can't even breathe", "can't ever breathe"),
        ("throwing ..2 up", "throwing it all up", "throwing it all the way up"),
        ("chest &2 tight", "tight in my chest", "tight in the left of my chest"),
        ("<104..110>", "104.5", "103.9"),
        ("<40.. C>", "104 F", "104"),
        ("<180/120..>", "185 over 95", "179/119"),
        ("chest hurts", "chest hurts", "chest. Hurts"),
        ("j'ai mal", "j\u{2019}ai mal", "mal"),
        ("j'ai mal", "jai mal", "j ai"),
    ] {
        assert_eq!(found(pattern, yes), 1, "{pattern} is in {yes}");
        assert_eq!(found(pattern, no), 0, "{pattern} is not in {no}");
    }
}

#[test]
fn a_list_is_used_by_its_name() {
    let concepts = vec![
        Concept { name: "part".to_owned(), words: vec!["chest".to_owned(), "breast bone".to_owned()] },
        Concept { name: "where".to_owned(), words: vec!["middle of @part".to_owned()] },
    ];
    let set = RuleSet { concepts, ..set(vec![rule("one", &["@where hurts"])]) };
    let scanner = Scanner::new(&set).expect("a set");
    assert_eq!(scanner.scan(&body("middle of breast bone hurts")).level(), Urgency::Urgent);
}

#[test]
fn an_idiom_hides_its_words_and_unless_drops_a_match_nearby() {
    let mut narrowed = rule("one", &["faint*"]);
    narrowed.unless = vec!["line".to_owned()];
    narrowed.unless_anywhere = vec!["perfume".to_owned()];
    let set = RuleSet { idioms: vec!["faint praise".to_owned()], ..set(vec![narrowed]) };
    let scanner = Scanner::new(&set).expect("a set");
    let level = |text: &str| scanner.scan(&body(text)).level();
    assert_eq!(level("I fainted"), Urgency::Urgent);
    assert_eq!(level("that was faint praise"), Urgency::Routine);
    assert_eq!(level("that was faint praise, and I fainted"), Urgency::Urgent);
    assert_eq!(level("a faint second line"), Urgency::Routine);
    assert_eq!(level("I fainted. The line on the test is faint."), Urgency::Urgent);
    assert_eq!(level("I fainted. It was the perfume."), Urgency::Routine);
}

#[test]
fn a_broken_pattern_is_told_with_its_place_and_takes_nothing_with_it() {
    let mut broken = rule("broken", &["(chest", "arm &99 leg", "@nobody", "pain"]);
    broken.unless = vec!["[only]".to_owned()];
    let concepts =
        vec![Concept { name: "loop".to_owned(), words: vec!["@loop".to_owned(), "x*".to_owned(), "fever".to_owned()] }];
    let set =
        RuleSet { concepts, ..set(vec![broken, rule("whole", &["breath*", "@loop"]), rule("whole", &["<4..> C>"])]) };
    let problems = Scanner::new(&set).expect_err("problems");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "list loop: `@loop`: the list `loop` contains itself at character 0",
            "list loop: `x*`: `*` needs at least two letters before it at character 0",
            "rule broken: `(chest`: `)` is missing at character 6",
            "rule broken: `arm &99 leg`: at most 40 words may stand between at character 5",
            "rule broken: `@nobody`: no list is called `nobody` at character 0",
            "rule broken: `[only]`: nothing to match: write a word at character 6",
            "rule whole: ``: another rule has this id at character 0",
            "rule whole: `<4..> C>`: `>` does not belong here at character 7",
        ]
    );
    assert_eq!(problems[2].place, Where::Rule(RuleId::new("broken")));
    let (scanner, again) = Scanner::of_what_can_be_read(&set);
    assert_eq!(again, problems);
    for text in ["pain", "short of breath", "fever"] {
        assert_eq!(scanner.scan(&body(text)).level(), Urgency::Urgent, "{text}");
    }
}

#[test]
fn negation_marks_and_does_not_cancel() {
    for (text, negation) in [
        ("I have chest pain", Negation::None),
        ("no fever, no cough or chest pain", Negation::Possible),
        ("my father's chest pain", Negation::Possible),
        ("je n'ai pas de douleur \u{e0} la poitrine", Negation::Possible),
        ("I can't breathe", Negation::None),
    ] {
        let findings = scanner().scan(&body(text));
        assert!(findings.level() >= Urgency::Urgent, "{text}");
        assert_eq!(findings.matches[0].negation, negation, "{text}: {:?}", findings.matches[0].rule);
    }
}

#[test]
fn people_write_as_they_write() {
    for text in [
        "cant breath",
        "i can&#39;t breathe",
        "I <b>can\u{2019}t</b> brea<i>the</i>",
        "&lt;p&gt;CHEST PAIN&lt;/p&gt;",
        "temp 104",
        "she has 40,2 \u{b0}C",
        "sugar is 2.4 mmol/L",
        "glucose 480 mg/dl",
        "bp 185 over 95",
        "tension 190/100",
        "j'ai mal \u{e0} la poitrine",
        "jai mal a la poitrine",
        "arrive pas \u{e0} respirer",
    ] {
        assert!(level(text) >= Urgency::Urgent, "{text}");
    }
    for text in [
        "Her appointment with her mother",
        "dying to know the results",
        "a walk by the river",
        "temp job at 104 Main St",
    ] {
        assert_eq!(level(text), Urgency::Routine, "{text}");
    }
}

#[test]
fn subject_and_titles_are_scanned_too() {
    let titles = ["scan.pdf", "chest pain diary.pdf"];
    let scanned = Scanned { subject: "refill", attachment_titles: &titles, ..Scanned::default() };
    let findings = scanner().scan(&scanned);
    let place = &findings.matches[0].places[0];
    assert_eq!(place.part, Part::Attachment(1));
    assert_eq!(&scanned.part(place.part)[place.bytes.clone()], "chest");
    // What stands in two parts is not one sentence.
    assert_eq!(
        scanner().scan(&Scanned { subject: "chest", body: "pain au chocolat", ..Scanned::default() }).level(),
        Urgency::Routine
    );
}

#[test]
fn urgent_words_alone_are_for_the_same_day() {
    assert_eq!(level("This is urgent, please answer ASAP"), Urgency::SameDay);
    let mut rule = rule("greedy", &["urgent"]);
    rule.category = Category::UrgentWords;
    rule.raise_to = Urgency::Emergency;
    assert_eq!(Scanner::new(&set(vec![rule])).expect("a set").scan(&body("urgent")).level(), Urgency::SameDay);
}

#[test]
fn a_shared_screen_shows_no_words_of_violence_or_self_harm() {
    for text in ["I want to kill myself", "my husband hit me again"] {
        let findings = scanner().scan(&body(text));
        let private = |category| matches!(category, Category::SelfHarm | Category::Violence);
        let found: Vec<_> = findings.matches.iter().filter(|found| private(found.category)).collect();
        assert!(!found.is_empty(), "{text}");
        assert!(found.iter().all(|found| found.words.is_none() && !found.places.is_empty()), "{text}");
    }
}

#[test]
fn a_language_that_no_rule_knows_is_marked() {
    let scan = |text: &str, language| scanner().scan(&Scanned { body: text, language, ..Scanned::default() }).scan;
    let spanish = "Me duele mucho el pecho desde ayer por la noche y no puedo dormir bien";
    assert_eq!(scan(spanish, None), Scan::NotScanned);
    assert_eq!(scan(spanish, Some("en")), Scan::NotScanned, "what is written counts more than what is stated");
    assert_eq!(scan("\u{6211}\u{80f8}\u{53e3}\u{75bc}", None), Scan::NotScanned);
    assert_eq!(scan("me duele", Some("es-MX")), Scan::NotScanned);
    assert_eq!(scan("it hurts", Some("en-CA")), Scan::Scanned);
    assert_eq!(
        scan("I would like to have the results of my blood test, thank you very much", Some("es")),
        Scan::Scanned
    );
    assert_eq!(
        scan("Bonjour, je voudrais avoir les r\u{e9}sultats de ma prise de sang, merci beaucoup", None),
        Scan::Scanned
    );
    assert_eq!(scan("", None), Scan::Scanned);
}

#[test]
fn a_lowering_holds_for_its_text_and_no_other() {
    let (first, second) = (body("chest pain"), body("chest pain again"));
    let findings = scanner().scan(&first);
    let lowered = Lowered {
        by: PartyRef::new("PractitionerRole/osei"),
        at: chrono::DateTime::UNIX_EPOCH,
        text_hash: TextHash::of(&first),
        reason: PrivateText::from("the pulled muscle of last week"),
    };
    assert_eq!(shown(Urgency::SameDay, &findings, &TextHash::of(&first), None), Urgency::Emergency);
    assert_eq!(shown(Urgency::SameDay, &findings, &TextHash::of(&first), Some(&lowered)), Urgency::SameDay);
    assert_eq!(shown(Urgency::SameDay, &findings, &TextHash::of(&second), Some(&lowered)), Urgency::Emergency);
    let divided = Scanned { subject: "chest", body: " pain", ..Scanned::default() };
    assert_ne!(TextHash::of(&first), TextHash::of(&divided));
    assert!(!format!("{lowered:?}").contains("muscle"));
}

/// The claim of linear time stands on there being no engine that can be made to back-track.
#[test]
fn nothing_below_this_crate_back_tracks() {
    let lock = include_str!("../../../../Cargo.lock");
    let mut needs: std::collections::HashMap<&str, Vec<&str>> = std::collections::HashMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name =
            package.lines().find_map(|line| line.strip_prefix("name = \"")).and_then(|name| name.strip_suffix('"'));
        let list = package.split("dependencies = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
        let named = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next());
        needs.entry(name.expect("a package has a name")).or_default().extend(named);
    }
    let (mut below, mut open) = (std::collections::BTreeSet::new(), vec!["tern-inbox"]);
    while let Some(name) = open.pop() {
        if below.insert(name) {
            open.extend(needs.get(name).into_iter().flatten());
        }
    }
    assert!(below.contains("unicode-normalization"), "the lockfile was read");
    for engine in ["fancy-regex", "pcre2", "pcre2-sys", "onig", "onig_sys", "regress"] {
        assert!(!below.contains(engine), "{engine}");
    }
}

fn any_urgency() -> impl Strategy<Value = Urgency> {
    prop::sample::select(vec![Urgency::Routine, Urgency::SameDay, Urgency::Urgent, Urgency::Emergency])
}

/// Words that rules ask for, between anything at all.
fn any_text() -> impl Strategy<Value = String> {
    let words = vec![
        "chest",
        "pain",
        "can't",
        "breathe",
        "104",
        "F",
        "no",
        "baby",
        "fever",
        "<b>",
        "</p>",
        "&amp;",
        "&#39;",
        "\u{2019}",
        ".",
        "\n\n",
        "185/120",
        "over",
        "kill",
        "myself",
        "sooooo",
        "\u{130}",
        "\u{df}",
        "e\u{301}",
        "\u{200d}",
        "\u{1f480}",
        "\u{fdfa}",
        " ",
        "'",
        "3.0",
        "mmol",
    ];
    let piece = prop_oneof![prop::sample::select(words).prop_map(str::to_owned), any::<String>()];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn a_rule_never_lowers(now in any_urgency(), text in any_text()) {
        let findings = scanner().scan(&body(&text));
        prop_assert!(raised(now, &findings) >= now);
        prop_assert_eq!(raised(now, &Findings::default()), now);
        prop_assert!(shown(now, &findings, &TextHash::of(&body(&text)), None) >= now);
    }

    #[test]
    fn what_is_told_of_any_text_lies_in_it(subject in any_text(), text in any_text(), title in any_text()) {
        let titles = [title.as_str()];
        let scanned = Scanned { subject: &subject, body: &text, attachment_titles: &titles, language: None };
        let findings = scanner().scan(&scanned);
        for found in &findings.matches {
            prop_assert!(!found.places.is_empty());
            for place in &found.places {
                prop_assert!(scanned.part(place.part).get(place.bytes.clone()).is_some_and(|words| !words.is_empty()));
            }
            let characters = found.words.as_ref().map_or(0, |words| words.reveal().chars().count());
            prop_assert!(characters <= 60);
        }
        prop_assert_eq!(scanner().scan(&scanned), findings);
    }

    /// A pattern is typed by a person: whatever it is, it is read or told.
    #[test]
    fn no_pattern_ends_the_program(pattern in any::<String>(), text in any_text()) {
        for pattern in [pattern.clone(), format!("({pattern}|chest) &3 [{pattern}] pain ..{pattern}"), format!("~{pattern}* <{pattern}>")] {
            let (scanner, problems) = Scanner::of_what_can_be_read(&set(vec![rule("one", &[&pattern])]));
            scanner.scan(&body(&text));
            for problem in problems {
                prop_assert!(problem.problem.position <= pattern.chars().count());
            }
        }
    }
}
