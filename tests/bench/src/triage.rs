//! Triage: scanning for red flags, the arrival of many messages at once, a board with far too much on it.
//!
//! What arrives is filed as a pull files it: messages first, then their work items, each kind in one page. The board is
//! what a practice would have that had closed nothing for years.

use std::{collections::HashSet, hint::black_box, path::Path, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::PoolId,
    member::{Pool, Role},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    practice_table::{PracticeTable, TableKind},
    queue::{Me, Queue},
    red_flags::{self, Scanned, Scanner},
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::{Cache, Cursor, Page};

use crate::{
    Failure,
    corpus::MEMBER,
    figure::{Aim, Figure, count, median, ms, percentile, say},
    member,
    words::Vocabulary,
};

/// Messages that arrive at once.
const ARRIVALS: u64 = 1_000;
/// Open work items of the board.
const BOARD: u64 = 100_000;
/// Rows filed in one page of the board.
const PAGE: u64 = 1_000;
/// Reads of a kind.
const SAMPLES: usize = 500;
const POOL: &str = "https://tern.health/fhir/CodeSystem/pool|nurse-triage";

/// Measures scanning, an arrival and a board.
///
/// # Errors
/// When a file fails, or the rules cannot be read.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Figure>, Failure> {
    let words = Vocabulary::new()?;
    say("red flags");
    let mut figures = scanning(&words)?;
    say("100 k open: filing the board");
    let cache = member::open(&folder.join("board.tern"))?;
    figures.extend(board(&cache, &words)?);
    cache.close();
    Ok(figures)
}

fn scanning(words: &Vocabulary) -> Result<Vec<Figure>, Failure> {
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    let scanner =
        Scanner::new(&red_flags::starting()?).map_err(|problems| format!("{} bad patterns", problems.len()))?;
    let texts: Vec<String> = (0..ARRIVALS).map(|_| words.text(60, &mut chance)).collect();
    let long = words.text(170_000, &mut chance);
    let long = long.get(..1 << 20).unwrap_or(&long);
    let rate = |texts: &[&str], pass: &dyn Fn(&str)| {
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let mut rounds = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            texts.iter().for_each(|text| pass(text));
            rounds.push(count(bytes as u64) / 1e6 / began.elapsed().as_secs_f64());
        }
        median(&rounds)
    };
    let scan = |text: &str| {
        black_box(scanner.scan(&Scanned { body: text, ..Scanned::default() }));
    };
    // The least that any scanner does: each word once, in small letters, looked up.
    let known: HashSet<String> = (0..2_000).map(|_| words.draw(&mut chance).to_owned()).collect();
    let look_up = |text: &str| {
        let found = text
            .to_lowercase()
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| known.contains(*word))
            .count();
        black_box(found);
    };
    let short: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut times = Vec::new();
    for text in &short {
        let began = Instant::now();
        scan(text);
        times.push(ms(began.elapsed()));
    }
    Ok(vec![
        Figure::new(
            "red flags: messages, MB/s (limit: each word looked up)",
            "MB/s",
            rate(&short, &scan),
            Some(rate(&short, &look_up)),
            Aim::OfLimit(0.01),
        ),
        Figure::new("red flags: a message, p99", "ms", percentile(&times, 0.99), None, Aim::AtMost(5.0)),
        Figure::new(
            "red flags: 1 MB in one message",
            "ms",
            count(long.len() as u64) / 1e3 / rate(&[long], &scan),
            None,
            Aim::AtMost(100.0),
        ),
    ])
}

fn board(cache: &Cache, words: &Vocabulary) -> Result<Vec<Figure>, Failure> {
    let began_at = Utc::now() - TimeDelta::days(700);
    cache.write(began_at, |writer| {
        writer.set_me(&Me { references: vec![PartyRef::new(MEMBER)], role: Role::Physician })
    })?;
    file(cache, began_at, Kind::CareTeam, vec![pool()])?;
    file(cache, began_at, Kind::Library, vec![calendar("17:00")])?;
    let mut chance = ChaCha8Rng::seed_from_u64(4);
    for from in (0..BOARD).step_by(usize::try_from(PAGE)?) {
        arrive(cache, began_at, from..from + PAGE, words, &mut chance)?;
    }
    let queue = Queue::Pool(PoolId::from("nurse-triage"));
    let mut figures = reads(cache, &queue)?;
    say("100 k open: 1,000 more");
    let began = Instant::now();
    arrive(cache, began_at, BOARD..BOARD + ARRIVALS, words, &mut chance)?;
    let listed = cache.read(|reader| reader.envelopes(&queue, 0, 50, Utc::now()))?;
    figures.push(Figure::new(
        "arrival of 1,000 messages to the sorted queue, 100 k open",
        "ms",
        ms(began.elapsed()),
        None,
        Aim::AtMost(1_000.0),
    ));
    if u64::from(listed.total) != BOARD + ARRIVALS {
        return Err(format!("{} rows are listed", listed.total).into());
    }
    let began = Instant::now();
    file(cache, Utc::now(), Kind::Library, vec![calendar("19:00")])?;
    figures.push(Figure::new(
        "a changed table: everything filed anew, 100 k open",
        "s",
        began.elapsed().as_secs_f64(),
        None,
        Aim::AtMost(30.0),
    ));
    Ok(figures)
}

fn reads(cache: &Cache, queue: &Queue) -> Result<Vec<Figure>, Failure> {
    let mut times: [Vec<f64>; 3] = Default::default();
    for sample in 0..SAMPLES {
        let now = Utc::now();
        let began = Instant::now();
        let page = cache.read(|reader| reader.envelopes(queue, 0, 50, now))?;
        times[0].push(ms(began.elapsed()));
        let began = Instant::now();
        black_box(cache.read(|reader| reader.counts())?);
        times[1].push(ms(began.elapsed()));
        let after = &page.envelopes[sample % page.envelopes.len()].thread;
        let began = Instant::now();
        black_box(cache.read(|reader| reader.next_envelope(queue, after, now))?);
        times[2].push(ms(began.elapsed()));
    }
    let names = ["list: first 50", "rail: every queue's count and oldest", "next item"];
    let figure = |(name, times): (&str, &Vec<f64>)| {
        Figure::new(format!("{name}, p99, 100 k open"), "ms", percentile(times, 0.99), None, Aim::AtMost(5.0))
    };
    Ok(names.into_iter().zip(&times).map(figure).collect())
}

/// Messages of threads of their own, and their work items.
fn arrive(
    cache: &Cache,
    began: DateTime<Utc>,
    numbers: std::ops::Range<u64>,
    words: &Vocabulary,
    chance: &mut ChaCha8Rng,
) -> Result<(), Failure> {
    let sent = |number: u64| began + TimeDelta::minutes(i64::try_from(number).unwrap_or_default() * 10);
    let messages = numbers.clone().flat_map(|number| {
        let text = words.text(10 + chance.random_range(0..60), chance);
        [thread(number, words.text(4, chance), sent(number)), message(number, text, sent(number))]
    });
    file(cache, sent(numbers.end), Kind::Communication, messages.collect())?;
    file(cache, sent(numbers.end), Kind::Task, numbers.clone().map(|number| work_item(number, sent(number))).collect())
}

fn file(cache: &Cache, now: DateTime<Utc>, kind: Kind, arrivals: Vec<Arrival>) -> Result<(), Failure> {
    let cursor = Some(Cursor { position: Some(now), complete: true, ..Cursor::default() });
    cache.write_bulk(now, |writer| writer.apply_page(&Page { kind, arrivals, cursor }))?;
    Ok(())
}

fn arrival(kind: Kind, id: String, at: DateTime<Utc>, content: Content) -> Arrival {
    Arrival { kind, server_id: id, version: "1".to_owned(), last_updated: Some(at), identity: None, content }
}

fn patient() -> Party {
    Party { reference: PartyRef::new("Patient/leo"), display: "Leo Ruiz".into() }
}

fn thread(number: u64, subject: String, at: DateTime<Utc>) -> Arrival {
    let id = format!("thread-{number}");
    let thread = Thread {
        id: id.as_str().into(),
        subject_line: subject.into(),
        patient: Some("leo".into()),
        category: Some("question".to_owned()),
        opener: Some(patient()),
        participants: vec![patient()],
        audience: Audience::Patient,
        about: None,
    };
    arrival(Kind::Communication, id, at, Content::Thread(thread))
}

fn message(number: u64, text: String, at: DateTime<Utc>) -> Arrival {
    let id = format!("message-{number}");
    let message = Message {
        id: id.as_str().into(),
        thread: format!("thread-{number}").as_str().into(),
        identity: None,
        sender: Some(patient()),
        recipients: vec![PartyRef::new(MEMBER)],
        sent: at,
        received: None,
        text: text.into(),
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: vec![],
    };
    arrival(Kind::Communication, id, at, Content::Message { message, flat_thread: None })
}

fn work_item(number: u64, at: DateTime<Utc>) -> Arrival {
    let id = format!("item-{number}");
    let item = WorkItem {
        id: id.as_str().into(),
        thread: Some(format!("thread-{number}").as_str().into()),
        message: Some(format!("message-{number}").as_str().into()),
        patient: Some("leo".into()),
        category: Some("question".to_owned()),
        pool: Some(POOL.to_owned()),
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: at,
    };
    arrival(Kind::Task, id, at, Content::WorkItem(item))
}

fn pool() -> Arrival {
    let pool = Pool {
        id: "nurse-triage".into(),
        identifier: POOL.to_owned(),
        name: "Nurse triage".to_owned(),
        members: vec![PartyRef::new(MEMBER)],
        responsible: None,
        check_every_hours: None,
    };
    arrival(Kind::CareTeam, "nurse-triage".to_owned(), Utc::now(), Content::Pool(pool))
}

/// Weekdays from eight to a closing time: so that every row is due at some time.
fn calendar(closing: &str) -> Arrival {
    let week: Vec<String> = ["Mon", "Tue", "Wed", "Thu", "Fri"]
        .iter()
        .map(|day| format!(r#"{{"day":"{day}","from":"08:00","to":"{closing}"}}"#))
        .collect();
    let text = format!(r#"{{"version":1,"zone":"America/Toronto","weekly":[{}]}}"#, week.join(","));
    let table = PracticeTable { kind: TableKind::Calendar, text };
    let version = closing.to_owned();
    let id = TableKind::Calendar.id().to_string();
    Arrival { version, ..arrival(Kind::Library, id, Utc::now(), Content::Table(table)) }
}
