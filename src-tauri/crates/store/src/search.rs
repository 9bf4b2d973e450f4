//! Search as one types: over names, subject lines and texts, the latest first.
//!
//! The index is walked by descending row number ([`crate::recency`]) and left at the fiftieth hit; nothing is
//! ranked or sorted on a key press. Every word must occur, the last one as a beginning. What was typed never
//! reaches the grammar of `MATCH`: it is cut into words first, and each stands in quotes.
//!
//! Only what the member may see is found ([`crate::sight`]).
//!
//! A hit in an item that nobody has started shows *that* it matches, not the text (one touch): [`SearchHit`]
//! carries words only where the member has touched the thread, or nothing of it is open.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Row, params};
use tern_inbox::{
    ids::{MessageId, PatientId, PoolId, ThreadId},
    party::{Party, PartyRef},
    private::PrivateText,
};

use crate::{Cache, IndexProgress, Reader, StoreError, column::Columns, index, recency};

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// As typed. Its words must all occur; the last one is a beginning.
    pub text: PrivateText,
    /// Who searches: decides which hits carry words.
    pub member: PartyRef,
    /// Only this patient's threads.
    pub patient: Option<PatientId>,
    /// Only threads with work for this pool, dealt-with ones too.
    pub pool: Option<PoolId>,
    /// Sent at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Sent before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Hits at most; 50 fill a screen.
    pub limit: u32,
}

/// A message that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The message.
    pub message: MessageId,
    /// Its thread.
    pub thread: ThreadId,
    /// Of whom.
    pub patient: Option<PatientId>,
    /// The patient's name.
    pub patient_name: PrivateText,
    /// Tells two of the same name apart.
    pub birth_date: Option<NaiveDate>,
    /// `topic.text`.
    pub subject_line: PrivateText,
    /// Who wrote it.
    pub sender: Option<Party>,
    /// When.
    pub sent: DateTime<Utc>,
    /// The words around the first match; none where nobody has started the item.
    pub snippet: Option<PrivateText>,
    /// Something of the thread is still to be dealt with.
    pub open: bool,
}

/// The hits, newest first, and how far back the index reaches while it is being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchResults {
    /// At most as many as asked for.
    pub hits: Vec<SearchHit>,
    /// Whether there may be more behind them.
    pub more: bool,
    /// How much of the cache was searched.
    pub index: IndexProgress,
}

/// Matches looked at in one search, at most, for those that the member may see: whoever sees little is not kept waiting
/// for a walk through the whole past. What lies behind is said to be there ([`SearchResults::more`]) and found with
/// another word, a patient or a date.
const MOST_LOOKED_AT: u32 = 8_000;

/// Words on either side of a match in a snippet, in characters.
const SNIPPET_REACH: usize = 60;

/// What was found, before it is said how far the index reaches.
#[derive(Default)]
struct Found {
    hits: Vec<SearchHit>,
    more: bool,
}

/// The thread that a hit stands in: what is said inside the practice stands beside the patient's.
macro_rules! place {
    () => {
        "coalesce(i.about, m.thread)"
    };
}

/// The join is written with CROSS so that the index is walked first, whatever the planner thinks.
macro_rules! search {
    ($table:literal $(, $filter:literal)?) => {
        concat!(
            "SELECT m.id, ", place!(), ", t.patient, p.name, t.subject_line, m.sender, m.sender_name, m.sent,
                EXISTS (SELECT 1 FROM touch u WHERE u.thread = ", place!(), " AND u.author = ?2),
                EXISTS (SELECT 1 FROM work_item w WHERE w.envelope = ", place!(), " AND w.open = 1), m.text,
                p.birth_date
             FROM ", $table, " f CROSS JOIN message m ON m.n = f.rowid
                LEFT JOIN thread i ON i.id = m.thread AND i.audience = 'internal' AND i.about IS NOT NULL
                LEFT JOIN thread t ON t.id = ", place!(), " LEFT JOIN patient p ON p.id = t.patient
             WHERE f.", $table, " MATCH ?1 AND f.rowid >= ?3 AND f.rowid < ?4
                AND m.standing IN ('sent', 'retracted') ",
            $($filter,)?
            " ORDER BY f.rowid DESC LIMIT ?5"
        )
    };
}

/// The same search in the index of the newest and in the large one.
type Both = [&'static str; 2];

const ANY: Both = [search!("recent_text"), search!("message_text")];
const OF_PATIENT: Both = [search!("recent_text", "AND t.patient = ?6"), search!("message_text", "AND t.patient = ?6")];
const OF_POOL: Both = [
    search!(
        "recent_text",
        "AND EXISTS (SELECT 1 FROM work_item v JOIN pool o ON o.identifier = v.pool
        WHERE v.envelope = coalesce(i.about, m.thread) AND o.id = ?6)"
    ),
    search!(
        "message_text",
        "AND EXISTS (SELECT 1 FROM work_item v JOIN pool o ON o.identifier = v.pool
        WHERE v.envelope = coalesce(i.about, m.thread) AND o.id = ?6)"
    ),
];

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[
    ("search of the newest", ANY[0]),
    ("search", ANY[1]),
    ("search of a patient's newest", OF_PATIENT[0]),
    ("search of a patient", OF_PATIENT[1]),
    ("search of a pool's newest", OF_POOL[0]),
    ("search of a pool", OF_POOL[1]),
];

impl Cache {
    /// Searches everything indexed so far, at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(&self, request: &SearchRequest, now: DateTime<Utc>) -> Result<SearchResults, StoreError> {
        self.searching(now, |reader| reader.search(request))
    }
}

impl Reader<'_> {
    /// As [`Cache::search`], inside a snapshot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(&self, request: &SearchRequest) -> Result<SearchResults, StoreError> {
        let mut words = words(request.text.reveal());
        let index = self.index_progress()?;
        let found = match self.hits(request, &words) {
            // A letter younger than the tokenizer's tables made two words of one: those that are plain will do.
            Err(StoreError::Sqlite(rusqlite::ffi::SQLITE_ERROR)) if !words.iter().all(|word| word.is_ascii()) => {
                words.retain(|word| word.is_ascii());
                self.hits(request, &words)?
            }
            found => found?,
        };
        Ok(SearchResults { hits: found.hits, more: found.more, index })
    }

    /// The newest first from their own index, then, if that is not enough, the rest from the large one.
    fn hits(&self, request: &SearchRequest, words: &[String]) -> Result<Found, StoreError> {
        let mut found = Found::default();
        let (Some(query), Some(mut sight)) = (match_of(words), self.sight()?) else { return Ok(found) };
        let line = index::recent_line(self.connection())?;
        let from = request.from.map_or(i64::MIN, recency::floor);
        let until = request.until.map_or(i64::MAX, recency::floor);
        let author = request.member.as_str();
        let (statements, of) = match (&request.patient, &request.pool) {
            (Some(patient), _) => (OF_PATIENT, Some(patient.as_str())),
            (None, Some(pool)) => (OF_POOL, Some(pool.as_str())),
            (None, None) => (ANY, None),
        };
        let wanted = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let mut left = MOST_LOOKED_AT;
        for (statement, from, until) in [(statements[0], from.max(line), until), (statements[1], from, until.min(line))]
        {
            if from >= until || found.hits.len() == wanted {
                continue;
            }
            let mut statement = self.connection().prepare_cached(statement)?;
            let mut rows = match of {
                Some(of) => statement.query(params![query, author, from, until, left, of])?,
                None => statement.query(params![query, author, from, until, left])?,
            };
            while found.hits.len() < wanted
                && let Some(row) = rows.next()?
            {
                left -= 1;
                let thread: String = row.get(1)?;
                if sight.sees(&thread)? {
                    found.hits.push(hit(row, words)?);
                }
            }
        }
        found.more = found.hits.len() == wanted || left == 0;
        Ok(found)
    }
}

fn hit(row: &Row<'_>, words: &[String]) -> rusqlite::Result<SearchHit> {
    let (touched, open): (bool, bool) = (row.get(8)?, row.get(9)?);
    let snippet = if touched || !open { Some(snippet(row.get_ref(10)?.as_str()?, words)) } else { None };
    Ok(SearchHit {
        message: row.id(0)?,
        thread: row.id(1)?,
        patient: row.id_opt(2)?,
        patient_name: row.private_opt(3)?.unwrap_or_default(),
        subject_line: row.private_opt(4)?.unwrap_or_default(),
        sender: row.party(5, 6)?,
        sent: row.at(7)?,
        snippet: snippet.map(PrivateText::new),
        birth_date: row.get::<_, Option<String>>(11)?.and_then(|date| date.parse().ok()),
        open,
    })
}

/// Cuts what was typed as the index's tokenizer (unicode61) cuts texts: letters, numbers, and the accents
/// between them. A single letter behind other words narrows nothing yet and waits for its next one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !is_letter_or_number(c) && !('\u{300}'..='\u{331}').contains(&c))
        .filter(|word| word.chars().any(is_letter_or_number))
        .map(str::to_owned)
        .collect();
    if words.len() > 1 && words.last().is_some_and(|last| last.chars().count() == 1) {
        words.pop();
    }
    words
}

/// L*, N* and Co: what unicode61 keeps. `char::is_alphanumeric` would keep vowel signs too.
fn is_letter_or_number(c: char) -> bool {
    use unicode_general_category::GeneralCategory as G;
    c.is_ascii_alphanumeric()
        || !c.is_ascii()
            && matches!(
                unicode_general_category::get_general_category(c),
                G::UppercaseLetter
                    | G::LowercaseLetter
                    | G::TitlecaseLetter
                    | G::ModifierLetter
                    | G::OtherLetter
                    | G::DecimalNumber
                    | G::LetterNumber
                    | G::OtherNumber
                    | G::PrivateUse
            )
}

/// Every word in quotes, the last one as a beginning; none where there is no word.
fn match_of(words: &[String]) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Some(quoted.join(" ") + "*")
}

/// The text around the first word that was searched for, cut at characters, white space as one blank.
fn snippet(text: &str, words: &[String]) -> String {
    let folded = text.to_lowercase();
    let at = words.iter().filter_map(|word| folded.find(&word.to_lowercase())).min().unwrap_or(0);
    // Lower case may be longer or shorter in bytes than the text itself: count characters.
    let match_at = folded.get(..at).map_or(0, |before| before.chars().count());
    let from = match_at.saturating_sub(SNIPPET_REACH);
    let piece: String = text.chars().skip(from).take(2 * SNIPPET_REACH).collect();
    let cut_after = text.chars().nth(from + 2 * SNIPPET_REACH).is_some();
    let mut shown = String::with_capacity(piece.len() + 8);
    if from > 0 {
        shown.push('…');
    }
    shown.push_str(&piece.split_whitespace().collect::<Vec<_>>().join(" "));
    if cut_after {
        shown.push('…');
    }
    shown
}
