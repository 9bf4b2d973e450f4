//! The documents: files that patients sent and nobody has filed.

use tern_inbox::rights::Deed;

use crate::{
    dto::{DocumentPage, DocumentRow, DocumentsRequest, FileRef},
    fail::Answer,
    program::Program,
    rights::Case,
};

/// Rows of one window at most.
const MOST_ROWS: u32 = 200;

impl Program {
    /// A window of the files that wait, the oldest first.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::NotAllowed`], [`crate::dto::ErrorCode::Locked`],
    /// [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn documents(&self, request: DocumentsRequest) -> Answer<DocumentPage> {
        let desk = self.desk()?;
        desk.may(Deed::File { documents_pool: true }).await?;
        let (limit, now) = (request.limit.min(MOST_ROWS), desk.server_now());
        let (total, rows) = desk
            .read(move |reader| {
                let mut rows = Vec::new();
                for row in reader.documents(request.offset, limit)? {
                    let may_file = Case::of(reader, &row.thread, now)?.may_file().is_ok();
                    rows.push(shown(row, may_file));
                }
                Ok((reader.document_count()?.total, rows))
            })
            .await?;
        self.still_shown(&desk)?;
        Ok(DocumentPage { total, rows })
    }
}

fn shown(row: tern_store::DocumentRow, may_file: bool) -> DocumentRow {
    DocumentRow {
        file: FileRef { message: row.file.message.to_string(), place: row.file.place },
        thread: row.thread.to_string(),
        title: row.attachment.title.into_revealed(),
        size: row.attachment.size,
        sent: row.sent.timestamp_millis(),
        sender: row.sender.map(|sender| sender.display.into_revealed()).unwrap_or_default(),
        chart: row.patient.map(|patient| patient.to_string()).unwrap_or_default(),
        patient: row.patient_name.into_revealed(),
        birth_date: row.birth_date.map(|date| date.to_string()),
        record_number: row.record_number,
        subject_line: row.subject_line.into_revealed(),
        stuck: row.wedged.is_some(),
        retracted: row.retracted,
        may_file,
    }
}
