//! File to the chart.

use chrono::{Duration, NaiveDate};
use tern_inbox::{
    document::{Description, LONGEST_TITLE, ToFile, identity},
    private::PrivateText,
};

use crate::{
    documents::key,
    dto::{ApiError, DocumentFileRequest, Ended, ErrorCode},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Files what is looked at, as the member describes it. Whose chart it goes to nobody says: it is the message's
    /// patient's. Leaves after the undo seconds.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`] without a title; [`ErrorCode::Invalid`] for one that is too long, a day that is none,
    /// still to come or before the patient's birth, a file that is not the one looked at, or one that no page can show
    /// and nobody says to have filed unseen; [`ErrorCode::TooLate`] for one that is filed, or that
    /// is no longer what was looked at, or in another chart than the reader saw;
    /// [`ErrorCode::NotFound`], [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the
    /// cache says.
    pub async fn document_file(&self, request: DocumentFileRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        let row = desk.document(&request.file).await?;
        let title = title(&request.title)?;
        let date = day(&request.date, row.birth_date, desk.server_now().date_naive())?;
        let file = key(&request.file);
        let seen = desk.with_open_file(|open| {
            let seen = open.is(&file) && (open.can_be_seen() || request.unseen);
            seen.then(|| (open.is_still(&row), open.sha_256.clone()))
        });
        let (is_still, sha_256) = seen.flatten().ok_or_else(|| ApiError::new(ErrorCode::Invalid))?;
        let (Some(patient), Some(sender)) = (row.patient, row.sender) else {
            return Err(ApiError::new(ErrorCode::NotFound));
        };
        if !is_still || patient.as_str() != request.chart {
            // The conversation was moved to somebody else's chart, or the file was exchanged, under the reader's eyes.
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        let on_server = row.message_on_server.unwrap_or_else(|| row.file.message.to_string());
        let named = row.identity.unwrap_or_else(|| format!("Communication/{on_server}"));
        let what = ToFile {
            document: identity(&named, row.file.place, &sha_256, &patient),
            file,
            attachment: row.attachment.id,
            thread: row.thread.clone(),
            patient,
            sender: sender.reference,
            says: Description { title: PrivateText::from(title), kind: request.document.into(), date },
            sha_256,
        };
        let undo = Duration::seconds(self.settings().undo_seconds.into());
        let (not_before, undo_until) = (desk.server_now() + undo, self.parts.clock.now() + undo);
        let deed = if request.unseen { "file-unseen" } else { "file" };
        let entry = desk.audit(deed, Some(format!("Communication/{}", row.thread)));
        let author = desk.member.reference.clone();
        let group = desk
            .write(move |writer| {
                let group = writer.file_document(&what, &author, not_before)?;
                writer.audit_and_send(&entry)?;
                Ok(group)
            })
            .await?;
        desk.engine.wake();
        Ok(Ended { undo: group.to_string(), undo_until: undo_until.timestamp_millis() })
    }
}

/// The day of a paper: none before its patient was born, and none of the year 202.
fn day(typed: &str, born: Option<NaiveDate>, today: NaiveDate) -> Answer<NaiveDate> {
    let day: NaiveDate = typed.parse().map_err(|_| ApiError::new(ErrorCode::Invalid))?;
    // Tomorrow is today somewhere. A picture of before the birth is dated by days that are guessed.
    let first = born.map(|born| born - Duration::days(300)).or_else(|| NaiveDate::from_ymd_opt(1900, 1, 1));
    if day > today + Duration::days(1) || first.is_some_and(|first| day < first) {
        return Err(ApiError::new(ErrorCode::Invalid));
    }
    Ok(day)
}

/// A title as the chart will show it: one line.
fn title(typed: &str) -> Answer<String> {
    let title = typed.trim();
    if title.is_empty() {
        return Err(ApiError::new(ErrorCode::Empty));
    }
    if title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
        return Err(ApiError::new(ErrorCode::Invalid));
    }
    Ok(title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_patients_life() {
        let at = |day: &str| day.parse::<NaiveDate>().expect("a day");
        let (born, today) = (Some(at("2019-05-04")), at("2026-03-06"));
        for (typed, taken) in [
            ("2026-03-06", true),
            ("2026-03-07", true),
            ("2026-03-08", false),
            ("2019-01-10", true),
            ("2018-01-01", false),
            ("0202-03-04", false),
            ("yesterday", false),
        ] {
            assert_eq!(day(typed, born, today).is_ok(), taken, "{typed}");
        }
        assert!(day("1931-07-01", None, today).is_ok());
        assert!(day("0202-03-04", None, today).is_err());
    }

    #[test]
    fn a_title_is_one_line_of_words() {
        assert_eq!(title("  Rash, left forearm ").as_deref(), Ok("Rash, left forearm"));
        assert_eq!(title(" \t").map_err(|error| error.code), Err(ErrorCode::Empty));
        for wrong in ["two\nlines".to_owned(), "a".repeat(LONGEST_TITLE + 1)] {
            assert_eq!(title(&wrong).map_err(|error| error.code), Err(ErrorCode::Invalid));
        }
    }
}
