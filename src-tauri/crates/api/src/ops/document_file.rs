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
    /// [`ErrorCode::Empty`] without a title; [`ErrorCode::Invalid`] for one that is too long, a day that is none or
    /// still to come, or a file that is not the one looked at; [`ErrorCode::TooLate`] for one that is filed, or that
    /// is no longer what was looked at, or in another chart than the reader saw;
    /// [`ErrorCode::NotFound`], [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the
    /// cache says.
    pub async fn document_file(&self, request: DocumentFileRequest) -> Answer<Ended> {
        let desk = self.desk()?;
        let row = desk.document(&request.file).await?;
        let title = title(&request.title)?;
        let date: NaiveDate = request.date.parse().map_err(|_| ApiError::new(ErrorCode::Invalid))?;
        // Tomorrow is today somewhere.
        if date > desk.server_now().date_naive() + Duration::days(1) {
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        let file = key(&request.file);
        let seen = desk.with_open_file(|open| open.is(&file).then(|| (open.is_still(&row), open.sha_256.clone())));
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
        let entry = desk.audit("file", Some(format!("Communication/{}", row.thread)));
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
    fn a_title_is_one_line_of_words() {
        assert_eq!(title("  Rash, left forearm ").as_deref(), Ok("Rash, left forearm"));
        assert_eq!(title(" \t").map_err(|error| error.code), Err(ErrorCode::Empty));
        for wrong in ["two\nlines".to_owned(), "a".repeat(LONGEST_TITLE + 1)] {
            assert_eq!(title(&wrong).map_err(|error| error.code), Err(ErrorCode::Invalid));
        }
    }
}
