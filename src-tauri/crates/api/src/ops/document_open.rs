//! Look at one file.

use crate::{
    documents::key,
    dto::{ApiError, DocumentPreview, DocumentRequest, ErrorCode},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Fetches a file from the server and says what it is. Written into the audit: somebody has seen it.
    ///
    /// # Errors
    /// [`ErrorCode::TooLate`] once another file is looked at, or none; [`ErrorCode::NotFound`],
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says. A file that is
    /// refused is an answer.
    pub async fn document_open(&self, request: DocumentRequest) -> Answer<DocumentPreview> {
        let desk = self.desk()?;
        let look = desk.begin_look();
        let row = desk.document(&request.file).await?;
        // Whoever goes down a list of twenty waits for the last, not for all of them.
        let looked = tokio::select! {
            looked = desk.look(&row) => looked,
            () = desk.look_is_over(look) => return Err(ApiError::new(ErrorCode::TooLate)),
        };
        let open = match looked {
            Ok(open) => open,
            Err(why) => return Ok(DocumentPreview::Refused { why }),
        };
        self.still_shown(&desk)?;
        let preview = open.preview();
        if !desk.open_file(look, open) {
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        let entry = desk.audit("view", Some(format!("Communication/{}", row.thread)));
        desk.write(move |writer| writer.audit_and_send(&entry)).await?;
        Ok(preview)
    }

    /// The bytes of the file that was looked at last; those of no other.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for another; [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`],
    /// [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn document_bytes(&self, request: DocumentRequest) -> Answer<Vec<u8>> {
        let desk = self.desk()?;
        desk.document(&request.file).await?;
        let file = key(&request.file);
        let bytes = desk.with_open_file(|open| open.is(&file).then(|| open.bytes())).flatten();
        self.still_shown(&desk)?;
        bytes.ok_or_else(|| ApiError::new(ErrorCode::NotFound))
    }

    /// It is looked at no more.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`], [`ErrorCode::SignedOut`].
    pub async fn document_close(&self) -> Answer<()> {
        self.desk()?.close_file();
        Ok(())
    }
}
