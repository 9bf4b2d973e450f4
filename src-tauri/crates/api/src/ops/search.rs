//! Search as you type, over everything cached.

use chrono::{DateTime, Utc};
use tern_inbox::{ids::PatientId, private::PrivateText, queue::Queue, rights::Deed};
use tern_store::SearchRequest as Wanted;

use crate::{
    dto::{ApiError, ErrorCode, SearchHit, SearchRequest, SearchResults},
    fail::Answer,
    program::Program,
    show,
};

/// Hits on a screen.
const MOST_HITS: u32 = 50;

impl Program {
    /// Threads whose name, subject line or text has every word typed, the last one as a beginning; the newest
    /// first; of what the member may see. A hit in an item that nobody has started says that it matches, not the text.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] for a filter that is none; [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`],
    /// [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn search(&self, request: SearchRequest) -> Answer<SearchResults> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let pool = match request.filters.pool.as_ref().map(|id| show::queue(&id.0)) {
            None => None,
            Some(Some(Queue::Pool(pool))) => Some(pool),
            Some(_) => return Err(ApiError::new(ErrorCode::Invalid)),
        };
        let typed = request.text.clone();
        let wanted = Wanted {
            text: PrivateText::from(request.text),
            member: desk.member.reference.clone(),
            patient: request.filters.patient.map(PatientId::new),
            pool,
            from: request.filters.since.and_then(instant),
            until: request.filters.until.and_then(instant),
            limit: request.limit.min(MOST_HITS),
        };
        let (cache, now) = (desk.cache.clone(), desk.clock.now());
        let found = tokio::task::spawn_blocking(move || cache.search(&wanted, now)).await??;
        let hit = |hit: tern_store::SearchHit| SearchHit {
            thread: hit.thread.to_string(),
            patient: hit.patient.map(|patient| patient.to_string()),
            patient_name: show::revealed(hit.patient_name),
            birth_date: hit.birth_date.map(show::iso),
            subject_line: show::revealed(hit.subject_line),
            sent: hit.sent.timestamp_millis(),
            snippet: hit.snippet.map(|words| parts(words.reveal(), &typed)).unwrap_or_default(),
            open: hit.open,
        };
        Ok(SearchResults {
            hits: found.hits.into_iter().map(hit).collect(),
            more: found.more,
            reaches_back_to: found.index.reaches_back_to.map(|at| at.timestamp_millis()),
        })
    }
}

fn instant(millis: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
}

/// Cuts words around a hit so that every odd part is one that was typed, or begins like it.
fn parts(words: &str, typed: &str) -> Vec<String> {
    let typed: Vec<String> =
        typed.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(folded).collect();
    let mut parts = vec![String::new()];
    for piece in words.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let rest = &piece[word.len()..];
        let matches = !word.is_empty() && typed.iter().any(|typed| folded(word).starts_with(typed));
        if matches {
            parts.extend([word.to_owned(), rest.to_owned()]);
        } else if let Some(last) = parts.last_mut() {
            last.push_str(piece);
        }
    }
    parts
}

/// Lower case without accents, as the index has it.
fn folded(word: impl AsRef<str>) -> String {
    use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
    word.as_ref().nfd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_odd_part_matches() {
        assert_eq!(parts("a fever again, fièvre", "fie fev"), ["a ", "fever", " again, ", "fièvre", ""]);
        assert_eq!(parts("nothing here", "zz"), ["nothing here"]);
    }
}
