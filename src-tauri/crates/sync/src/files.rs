//! One file of a message, fetched when somebody looks at it or files it.
//!
//! Bytes are never kept in the cache: a photo is looked at once, and a mailbox of them would be a copy of the chart on
//! every machine. One is fetched at a time, and at most [`MOST_BYTES`](tern_inbox::document::MOST_BYTES) of it.
//!
//! At most one link is followed, and what it may lead to is [`tern_fhir::read::file`]'s to say. Whose file it is comes
//! from the message; what the file says of itself must agree.

use std::time::Duration;

use tern_fhir::{
    answer::{ReadAnswer, to_read},
    exchange::Response,
    read::file::{Content, NoFile, Source, brought},
    write::document::Sums,
};
use tern_inbox::{
    document::of_whom,
    ids::{AttachmentId, PatientId},
    private::PrivateText,
};
use tokio::sync::SemaphorePermit;

use crate::{line::Line, server::Unanswered};

/// A whole file over a slow line: 32 MB in base64 at 2 Mbit/s.
pub(crate) const FETCH: Duration = Duration::from_secs(180);

/// A file. `Debug` says its length alone.
pub struct Fetched {
    /// What it is called where it stands; the message may call it otherwise.
    pub title: Option<PrivateText>,
    /// All of it.
    pub bytes: Vec<u8>,
    /// What equality means, base64.
    pub sha_256: String,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({} bytes)", self.bytes.len())
    }
}

/// Why there is no file to be had. Holds no word of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    /// No answer.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The server can't, just now.
    #[error("the server cannot hand it out now")]
    Later,
    /// 401.
    #[error("the session has ended")]
    SignInAgain,
    /// It is not there (any more).
    #[error("the file is gone")]
    Gone,
    /// The server does not hand it out.
    #[error("the server refused it ({0})")]
    Refused(u16),
    /// It stands on another server, which nobody asks with this token.
    #[error("the file stands on another server")]
    Elsewhere,
    /// It is larger than what is taken.
    #[error("the file is too large")]
    TooLarge,
    /// It says that it is somebody else's, or cannot be told whose.
    #[error("the file is not this patient's")]
    Anothers,
    /// What came is no file.
    #[error("what came is no file")]
    NoFile,
    /// What came is several files in one.
    #[error("the document is several files")]
    Several,
}

impl From<NoFile> for NotFetched {
    fn from(no_file: NoFile) -> Self {
        match no_file {
            NoFile::Elsewhere => Self::Elsewhere,
            NoFile::TooLarge => Self::TooLarge,
            NoFile::WhoseUnknown => Self::Anothers,
            NoFile::Retracted => Self::Gone,
            NoFile::Several => Self::Several,
            NoFile::NotReadable | NoFile::NoBytes | NoFile::NotBase64 => Self::NoFile,
        }
    }
}

impl Line {
    /// Fetches a file, and holds the one place for files until the permit goes. `message` and `thread` are the server's
    /// ids.
    pub(crate) async fn file(
        &self,
        attachment: &AttachmentId,
        (message, thread): (&str, &str),
        patient: &PatientId,
    ) -> Result<(Fetched, SemaphorePermit<'_>), NotFetched> {
        let mut source = Source::of(attachment, message).ok_or(NotFetched::Elsewhere)?;
        let permit = self.one_file.acquire().await.map_err(|_| NotFetched::Later)?;
        let (mut title, mut is_told) = (None, false);
        let named = match &source {
            Source::Document(id) => Some(id.clone()),
            Source::Inside { .. } | Source::Binary(_) => None,
        };
        // What a message names, and what that names: the bytes stand at the end, or nowhere.
        for _ in 0..2 {
            let response = self.hand_out(&source).await?;
            let came = brought(&source, &response, self.server.fhir_base())?;
            drop(response);
            of_whom(Some(patient), came.patient.as_ref()).map_err(|_| NotFetched::Anothers)?;
            is_told |= came.patient.is_some();
            // Bytes that nobody says the owner of, guarded as part of another conversation: a message can link to
            // anything, and this is not its patient's.
            let is_part = |(kind, id): &(&str, String)| match *kind {
                "Communication" => id == message || id == thread,
                _ => named.as_ref() == Some(id),
            };
            if !is_told && !came.part_of.as_ref().is_none_or(is_part) {
                return Err(NotFetched::Anothers);
            }
            title = title.or(came.title);
            match came.content {
                Content::Bytes(bytes) => {
                    let sha_256 = Sums::of(&bytes).sha_256;
                    return Ok((Fetched { title, bytes, sha_256 }, permit));
                }
                Content::At(further) => source = further,
            }
        }
        Err(NotFetched::NoFile)
    }

    async fn hand_out(&self, source: &Source) -> Result<Response, NotFetched> {
        let mut request = source.request();
        request.timeout = Some(FETCH);
        let response = self.send(request).await?;
        // A Binary may come as itself, which is no resource to look at.
        let is_bytes = matches!(source, Source::Binary(_)) && (200..300).contains(&response.status);
        match to_read(&response) {
            _ if is_bytes => Ok(response),
            ReadAnswer::Here => Ok(response),
            ReadAnswer::Gone => Err(NotFetched::Gone),
            ReadAnswer::SignInAgain => Err(NotFetched::SignInAgain),
            ReadAnswer::Later { .. } => Err(NotFetched::Later),
            _ => Err(NotFetched::Refused(response.status)),
        }
    }
}
