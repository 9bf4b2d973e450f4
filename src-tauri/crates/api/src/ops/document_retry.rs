//! What the server refused of a filing: again, or given up.

use tern_inbox::rights::Deed;

use crate::{documents::key, dto::DocumentRequest, fail::Answer, program::Program};

impl Program {
    /// Tries again.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::NotFound`] where nothing of the member's is stuck;
    /// [`crate::dto::ErrorCode::NotAllowed`], [`crate::dto::ErrorCode::Locked`],
    /// [`crate::dto::ErrorCode::SignedOut`], or what the cache says.
    pub async fn document_retry(&self, request: DocumentRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.document(&request.file).await?;
        let (file, author) = (key(&request.file), desk.member.reference.clone());
        desk.write(move |writer| writer.document_retry(&file, &author)).await?;
        desk.engine.wake();
        Ok(())
    }

    /// Gives it up: the file is unfiled again. One's own can be given up also where its thread is seen no more.
    ///
    /// # Errors
    /// As [`Program::document_retry`].
    pub async fn document_give_up(&self, request: DocumentRequest) -> Answer<()> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let (file, author) = (key(&request.file), desk.member.reference.clone());
        if !desk.read(move |reader| reader.document_stuck_by(&file, &author)).await? {
            desk.document(&request.file).await?;
        }
        let (file, author) = (key(&request.file), desk.member.reference.clone());
        desk.write(move |writer| writer.document_give_up(&file, &author)).await
    }
}
