//! The chart does without a file, or needs it after all.

use crate::{documents::key, dto::DocumentRequest, fail::Answer, program::Program};

impl Program {
    /// Takes a file off the documents.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::TooLate`] for one that is filed; [`crate::dto::ErrorCode::NotFound`],
    /// [`crate::dto::ErrorCode::NotAllowed`], [`crate::dto::ErrorCode::Locked`],
    /// [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn document_not_needed(&self, request: DocumentRequest) -> Answer<()> {
        let desk = self.desk()?;
        let row = desk.document(&request.file).await?;
        let file = key(&request.file);
        let entry = desk.audit("file-not-needed", Some(format!("Communication/{}", row.thread)));
        desk.write(move |writer| {
            writer.document_not_needed(&file)?;
            writer.audit_and_send(&entry)
        })
        .await
    }

    /// Puts it back.
    ///
    /// # Errors
    /// As [`Program::document_not_needed`].
    pub async fn document_needed(&self, request: DocumentRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.document(&request.file).await?;
        let file = key(&request.file);
        desk.write(move |writer| writer.document_needed_again(&file)).await
    }
}
