//! The file that is looked at: fetched, told from its bytes, and held until another is looked at or the screen locks.
//!
//! One at a time, so that twenty of 25 MB are never held together. What is filed is what was looked at: its sum goes with
//! the filing, and other bytes are refused when it leaves.

use tern_inbox::document::{self, FileKey, Form, Looked, Refusal};
use tern_store::DocumentRow;
use tern_sync::{NotFetched, server::Unanswered};
use zeroize::Zeroizing;

use crate::{
    desk::Desk,
    dto::{ApiError, DocumentPreview, ErrorCode, FileRef, FileRefusal},
    fail::Answer,
};

/// A file in memory.
pub(crate) struct OpenFile {
    of: DocumentRow,
    bytes: Zeroizing<Vec<u8>>,
    looked: Looked,
    pub(crate) sha_256: String,
}

impl OpenFile {
    /// Whether it is this one.
    pub(crate) fn is(&self, file: &FileKey) -> bool {
        self.of.file == *file
    }

    /// Whether a file is what it was when it was looked at: the same one, of the same conversation and patient.
    pub(crate) fn is_still(&self, row: &DocumentRow) -> bool {
        self.of.file == row.file
            && self.of.attachment.id == row.attachment.id
            && self.of.thread == row.thread
            && self.of.patient == row.patient
    }

    /// Whether a page can show it at all; whether it did, the page says.
    pub(crate) fn can_be_seen(&self) -> bool {
        matches!(self.looked.media.form, Form::Image | Form::Audio | Form::Video)
    }

    /// For the screen.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    pub(crate) fn preview(&self) -> DocumentPreview {
        DocumentPreview::Ready {
            form: self.looked.media.form.into(),
            media_type: self.looked.media.name.to_owned(),
            size: self.bytes.len() as u64,
            width: self.looked.pixels.map(|(width, _)| width),
            height: self.looked.pixels.map(|(_, height)| height),
        }
    }
}

impl Desk {
    /// A file that the member may file, which is who may look at it here.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`]; [`ErrorCode::NotAllowed`], or what the cache says.
    pub(crate) async fn document(&self, file: &FileRef) -> Answer<DocumentRow> {
        let file = key(file);
        let found = self.read(move |reader| reader.document(&file)).await?;
        let row = found.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        self.case(&row.thread).await?.may_file()?;
        Ok(row)
    }

    /// Fetches and looks; in memory from then on, where it can be shown or filed at all.
    pub(crate) async fn look(&self, row: &DocumentRow) -> Result<OpenFile, FileRefusal> {
        let Some(patient) = &row.patient else { return Err(FileRefusal::AnotherPatient) };
        let message = row.message_on_server.as_deref().unwrap_or_else(|| row.file.message.as_str());
        let thread = row.thread_on_server.as_deref().unwrap_or_else(|| row.thread.as_str());
        let fetched = self.engine.file(&row.attachment.id, (message, thread), patient).await;
        let fetched = fetched.map_err(|not| refusal(&not))?;
        let bytes = Zeroizing::new(fetched.bytes);
        // By either name: a program is one by what the message calls it, and by what stands beside its bytes.
        let there = fetched.title.as_ref().map_or("", |title| title.reveal());
        let named = [row.attachment.title.reveal(), there];
        let looked = named.iter().try_fold(None, |_, title| document::look(&bytes, title).map(Some));
        match looked {
            Ok(Some(looked)) => Ok(OpenFile { of: row.clone(), bytes, looked, sha_256: fetched.sha_256 }),
            Ok(None) => Err(FileRefusal::Unknown),
            Err(refusal) => Err(refused(refusal)),
        }
    }
}

/// A file as the cache names it.
pub(crate) fn key(file: &FileRef) -> FileKey {
    FileKey { message: file.message.as_str().into(), place: file.place }
}

fn refusal(not: &NotFetched) -> FileRefusal {
    match not {
        NotFetched::Unanswered(Unanswered::Offline | Unanswered::Lost | Unanswered::Certificate(_)) => {
            FileRefusal::Offline
        }
        NotFetched::Unanswered(_) | NotFetched::Later | NotFetched::SignInAgain | NotFetched::Refused(_) => {
            FileRefusal::NotHandedOut
        }
        NotFetched::Gone => FileRefusal::Gone,
        NotFetched::Elsewhere => FileRefusal::Elsewhere,
        NotFetched::TooLarge => FileRefusal::TooLarge,
        NotFetched::Anothers => FileRefusal::AnotherPatient,
        NotFetched::Several => FileRefusal::Several,
        NotFetched::NoFile => FileRefusal::Unreadable,
    }
}

fn refused(refusal: Refusal) -> FileRefusal {
    match refusal {
        Refusal::Empty => FileRefusal::Unreadable,
        Refusal::TooLarge => FileRefusal::TooLarge,
        Refusal::Program => FileRefusal::Program,
        Refusal::Active => FileRefusal::Active,
        Refusal::Archive => FileRefusal::Archive,
        Refusal::ImageBomb => FileRefusal::ImageBomb,
        Refusal::Unknown => FileRefusal::Unknown,
    }
}

#[cfg(test)]
mod tests;
