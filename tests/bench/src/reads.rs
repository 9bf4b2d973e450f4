//! Figures 4 to 6: what a screen asks of the cache, against the same on plain SQLite.
//!
//! Tern's own times are taken through the store's interface, on the file that the sync left. What encryption costs
//! is measured by the same statements on two copies of that file that are alike but for their key.

use std::{hint::black_box, path::Path, time::Instant};

use chrono::Utc;
use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};
use rusqlite::{Connection, Params, params};
use tern_inbox::{ids::ThreadId, party::PartyRef, queue::Queue};
use tern_store::{Cache, SearchRequest};

use crate::{
    Failure,
    bare::{self, Cipher},
    corpus::MEMBER,
    figure::{Aim, Figure, median, ms, percentile, say, short},
    member,
    words::Vocabulary,
};

/// Rounds of each figure.
const ROUNDS: usize = 3;
/// Reads of a kind in a round.
const SAMPLES: usize = 1_000;
/// Hits of a search, rows of a list: what fills a screen.
const SCREEN: u32 = 50;
/// KiB of page cache of the store's searcher and of its readers.
const SEARCH_KIB: i64 = 64 * 1024;
const READER_KIB: i64 = 4 * 1024;

/// p99 of the list's reads, in milliseconds: to be compared between sizes.
pub(crate) struct Read {
    /// Rows of the table.
    pub(crate) figures: Vec<Figure>,
    /// p99 of the list, of a thread, of the next item.
    pub(crate) p99: [f64; 3],
}

const LIST: [&str; 3] = ["list: first 50 of any queue", "open a thread", "next item"];

/// Measures the reads of a cache with `messages`.
///
/// # Errors
/// When a file fails.
pub(crate) fn measure(cache_file: &Path, messages: u64, folder: &Path) -> Result<Read, Failure> {
    let size = short(messages);
    say(&format!("{size}: list, threads, search"));
    let queries = Vocabulary::new()?.queries();
    let cache = member::open(cache_file)?;
    let mut rounds: [Vec<f64>; 4] = Default::default();
    for round in 0..ROUNDS {
        let mut chance = ChaCha8Rng::seed_from_u64(u64::try_from(round)?);
        let samples = lists(&cache, &mut chance)?;
        for (rounds, samples) in rounds.iter_mut().zip(samples.iter().chain([&searches(&cache, &queries)?])) {
            rounds.push(percentile(samples, 0.99));
        }
    }
    cache.close();
    let [list, thread, next, search] = rounds.map(|rounds| median(&rounds));
    let p99 = [list, thread, next];
    let mut figures: Vec<Figure> = LIST
        .iter()
        .zip(p99)
        .map(|(name, value)| Figure::new(format!("{name}, p99, {size}"), "ms", value, None, Aim::AtMost(5.0)))
        .collect();

    let (plain, encrypted) = (folder.join("plain.db"), folder.join("encrypted.db"));
    bare::copies(cache_file, &plain, &encrypted)?;
    let bare_search = {
        let plain = bare::open(&plain, Cipher::Off, SEARCH_KIB)?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(percentile(&bare_searches(&plain, &queries)?, 0.99));
        }
        median(&rounds)
    };
    let most = if messages > 100_000 { 10.0 } else { 5.0 };
    figures.push(Figure::new(format!("search as you type, p99, {size}"), "ms", search, None, Aim::AtMost(most)));
    figures.push(Figure::new(
        format!("search as you type, p99, {size} (limit: the same FTS5, plain SQLite)"),
        "ms",
        search,
        Some(bare_search),
        Aim::TimesLimit(1.3),
    ));
    let (with, without) = cipher_costs(&plain, &encrypted, &queries)?;
    figures.push(Figure::new(
        format!("the same reads, SQLCipher (limit: plain SQLite), {size}"),
        "ms",
        with,
        Some(without),
        Aim::TimesLimit(1.15),
    ));
    std::fs::remove_file(&plain)?;
    std::fs::remove_file(&encrypted)?;
    Ok(Read { figures, p99 })
}

/// The reads at the largest size beside those at the smallest.
pub(crate) fn flat(sizes: &[(u64, [f64; 3])]) -> Vec<Figure> {
    let (Some(smallest), Some(largest)) = (sizes.first(), sizes.last()) else { return Vec::new() };
    if sizes.len() < 2 {
        return Vec::new();
    }
    // What lies below a tenth of a millisecond is flat, whatever its ratio.
    let floor = 0.1;
    LIST.iter()
        .enumerate()
        .map(|(place, name)| {
            let name = format!("{name}, p99, {} (limit: {})", short(largest.0), short(smallest.0));
            let (value, limit) = (largest.1[place].max(floor), smallest.1[place].max(floor));
            Figure::new(name, "ms", value, Some(limit), Aim::TimesLimit(2.0))
        })
        .collect()
}

/// Times of the list's first window, of opening any thread, of the next item.
fn lists(cache: &Cache, chance: &mut ChaCha8Rng) -> Result<[Vec<f64>; 3], Failure> {
    let (now, me) = (Utc::now(), PartyRef::new(MEMBER));
    let counts = cache.read(|reader| reader.counts())?;
    let queues: Vec<Queue> = counts.into_iter().filter(|count| count.total > 0).map(|count| count.queue).collect();
    let threads = all_threads(cache)?;
    if queues.is_empty() || threads.is_empty() {
        return Err("nothing to read".into());
    }
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..SAMPLES {
        let queue = &queues[chance.random_range(0..queues.len())];
        let began = Instant::now();
        let page = cache.read(|reader| reader.envelopes(queue, 0, SCREEN, now))?;
        times[0].push(ms(began.elapsed()));

        let thread = &threads[chance.random_range(0..threads.len())];
        let began = Instant::now();
        black_box(cache.read(|reader| reader.thread(thread, &me))?);
        times[1].push(ms(began.elapsed()));

        let after = &page.envelopes[chance.random_range(0..page.envelopes.len())].thread;
        let began = Instant::now();
        black_box(cache.read(|reader| reader.next_envelope(queue, after, now))?);
        times[2].push(ms(began.elapsed()));
    }
    Ok(times)
}

/// Every thread's id, by a connection of the bench's own: no screen asks for that.
fn all_threads(cache: &Cache) -> Result<Vec<ThreadId>, Failure> {
    let connection = bare::open(cache.path(), Cipher::On, READER_KIB)?;
    let mut statement = connection.prepare("SELECT id FROM thread")?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(ids.map(|id| id.map(ThreadId::new)).collect::<Result<_, _>>()?)
}

fn searches(cache: &Cache, queries: &[String]) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::new();
    for query in queries {
        let request = SearchRequest {
            text: query.as_str().into(),
            member: PartyRef::new(MEMBER),
            patient: None,
            pool: None,
            from: None,
            until: None,
            limit: SCREEN,
        };
        let began = Instant::now();
        black_box(cache.search(&request, Utc::now())?);
        times.push(ms(began.elapsed()));
    }
    Ok(times)
}

/// One of the two indexes asked bare, newest first, with the rows that a screen shows of each hit.
macro_rules! bare_search {
    ($table:literal) => {
        concat!(
            "SELECT m.id, m.thread, t.subject_line, p.name, m.sent, m.text
             FROM ",
            $table,
            " f CROSS JOIN message m ON m.n = f.rowid
                LEFT JOIN thread t ON t.id = m.thread LEFT JOIN patient p ON p.id = t.patient
             WHERE f.",
            $table,
            " MATCH ?1 AND f.rowid >= ?2 AND f.rowid < ?3 ORDER BY f.rowid DESC LIMIT ?4"
        )
    };
}
const BARE_NEWEST: &str = bare_search!("recent_text");
const BARE_SEARCH: &str = bare_search!("message_text");
const BARE_LIST: &str = "SELECT e.thread, e.patient_name, e.subject_line, e.urgency, e.waiting_since, e.due
    FROM (SELECT thread FROM queue_entry WHERE queue = ?1 ORDER BY rank, due, waiting_since, thread LIMIT 50) q
    JOIN envelope e ON e.thread = q.thread";
const BARE_THREAD: &str = "SELECT id, sender_name, sent, text FROM message WHERE thread = ?1 ORDER BY n";

/// Runs a statement and looks at every column of its rows; how many there were, and the time in milliseconds.
fn run(connection: &Connection, sql: &str, arguments: impl Params) -> Result<(u32, f64), Failure> {
    let began = Instant::now();
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(arguments)?;
    let mut many = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            black_box(row.get_ref(column)?);
        }
        many += 1;
    }
    Ok((many, ms(began.elapsed())))
}

/// As the store searches: the index of the newest, then, where that has too few hits, the large one below `line`.
fn bare_search(connection: &Connection, query: &str, line: i64) -> Result<f64, Failure> {
    let words = quoted(query);
    let (hits, newest) = run(connection, BARE_NEWEST, params![words, line, i64::MAX, SCREEN])?;
    if hits == SCREEN {
        return Ok(newest);
    }
    let (_, rest) = run(connection, BARE_SEARCH, params![words, i64::MIN, line, SCREEN - hits])?;
    Ok(newest + rest)
}

/// The oldest row of the index of the newest.
fn recent_line(connection: &Connection) -> Result<i64, Failure> {
    Ok(connection.query_row("SELECT min(rowid) FROM recent_text", [], |row| row.get(0))?)
}

fn bare_searches(connection: &Connection, queries: &[String]) -> Result<Vec<f64>, Failure> {
    let line = recent_line(connection)?;
    queries.iter().map(|query| bare_search(connection, query, line)).collect()
}

/// Every word in quotes, the last one as a beginning: as the store asks.
fn quoted(query: &str) -> String {
    let words: Vec<String> = query.split(' ').map(|word| format!("\"{word}\"")).collect();
    words.join(" ") + "*"
}

/// One pass of every read over the encrypted copy and over the plain one, in turns; the median pass of each.
fn cipher_costs(plain: &Path, encrypted: &Path, queries: &[String]) -> Result<(f64, f64), Failure> {
    let files = [(encrypted, Cipher::On), (plain, Cipher::Off)];
    let mut passes: [Vec<f64>; 2] = Default::default();
    let open = |(path, cipher): (&Path, Cipher)| -> Result<[Connection; 2], Failure> {
        Ok([bare::open(path, cipher, READER_KIB)?, bare::open(path, cipher, SEARCH_KIB)?])
    };
    let connections = [open(files[0])?, open(files[1])?];
    let [reader, _] = &connections[1];
    let column = |sql: &str| -> Result<Vec<String>, Failure> {
        let mut statement = reader.prepare(sql)?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let queues = column("SELECT queue FROM queue_total WHERE total > 0")?;
    // Threads as a person opens them: mostly what is on the desk, now and then any.
    let threads = column(
        "SELECT thread FROM (SELECT thread FROM envelope LIMIT 400)
         UNION ALL SELECT id FROM (SELECT id FROM thread LIMIT 100)",
    )?;
    let line = recent_line(reader)?;
    // One round more than is counted: the first one fills the page caches.
    for round in 0..=2 * ROUNDS {
        for (place, [reader, searcher]) in connections.iter().enumerate() {
            let mut pass = 0.0;
            for thread in &threads {
                pass += run(reader, BARE_THREAD, [thread])?.1;
            }
            for queue in queues.iter().cycle().take(200) {
                pass += run(reader, BARE_LIST, [queue])?.1;
            }
            for query in queries {
                pass += bare_search(searcher, query, line)?;
            }
            if round > 0 {
                passes[place].push(pass);
            }
        }
    }
    let [with, without] = passes.map(|passes| median(&passes));
    Ok((with, without))
}
