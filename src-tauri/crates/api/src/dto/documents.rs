use serde::{Deserialize, Serialize};
use tern_inbox::document::{DocumentType, Filing, Form};
use ts_rs::TS;

/// A file of a message, by its place among the message's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FileRef {
    /// The message.
    pub message: String,
    /// From nought.
    pub place: u32,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentRequest {
    /// Which.
    pub file: FileRef,
}

/// A window of the documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentsRequest {
    /// First row, from 0.
    pub offset: u32,
    /// At most 200.
    pub limit: u32,
}

/// The window, the oldest first.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentPage {
    /// All that wait.
    pub total: u32,
    /// From the offset on.
    pub rows: Vec<DocumentRow>,
}

/// A file that waits, with all that tells whose it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentRow {
    /// Which.
    pub file: FileRef,
    /// The conversation that it came in.
    pub thread: String,
    /// What it is called; empty where nobody called it anything.
    pub title: String,
    /// Bytes, where the message says.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// When its message was sent, UTC ms.
    #[ts(type = "number")]
    pub sent: i64,
    /// Who sent it.
    pub sender: String,
    /// Whose chart it would go to: the patient's id; empty where the conversation is nobody's. What is filed says it
    /// again, so that it goes to the chart that the reader saw or to none.
    pub chart: String,
    /// Their name; empty while the patient has not come.
    pub patient: String,
    /// Their day of birth, `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Their number here.
    pub record_number: Option<String>,
    /// What the conversation is about.
    pub subject_line: String,
    /// The server refused what was filed: again, or given up.
    pub stuck: bool,
    /// It was filed, and its message was taken back since: the chart has it still.
    pub retracted: bool,
    /// The member's role lets them file it.
    pub may_file: bool,
}

/// What has become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum FilingState {
    /// Nobody has said what it is.
    Unfiled,
    /// In the chart, or on its way.
    Filed,
    /// The chart does without.
    NotNeeded,
}

impl From<Filing> for FilingState {
    fn from(filing: Filing) -> Self {
        match filing {
            Filing::Unfiled => Self::Unfiled,
            Filing::Filed => Self::Filed,
            Filing::NotNeeded => Self::NotNeeded,
        }
    }
}

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum FileForm {
    /// As a picture.
    Image,
    /// Pages, which are not shown here.
    Pdf,
    /// Played.
    Audio,
    /// Played.
    Video,
    /// Not shown here.
    Other,
}

impl From<Form> for FileForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Image => Self::Image,
            Form::Pdf => Self::Pdf,
            Form::Audio => Self::Audio,
            Form::Video => Self::Video,
            Form::Other => Self::Other,
        }
    }
}

/// Why a file is not shown, and not filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum FileRefusal {
    /// No way to the server.
    Offline,
    /// The server can't, or won't, hand it out now.
    NotHandedOut,
    /// It is not there any more.
    Gone,
    /// On another server.
    Elsewhere,
    /// It says that it is another patient's.
    AnotherPatient,
    /// Empty, or no file at all.
    Unreadable,
    /// Several files in one document.
    Several,
    /// Larger than what is taken.
    TooLarge,
    /// It runs.
    Program,
    /// It can run once it is opened.
    Active,
    /// Files in a file.
    Archive,
    /// A picture that would unpack to more than a machine should be asked for.
    ImageBomb,
    /// Of no kind that is taken.
    Unknown,
}

/// A file that was fetched and looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum DocumentPreview {
    /// Its bytes are to be had by `documentBytes`.
    Ready {
        /// How it is shown.
        form: FileForm,
        /// What it is, by its bytes.
        media_type: String,
        /// Bytes.
        #[ts(type = "number")]
        size: u64,
        /// Pixels across, of a picture.
        width: Option<u32>,
        /// Pixels down.
        height: Option<u32>,
    },
    /// Neither shown nor filed.
    Refused {
        /// Why.
        why: FileRefusal,
    },
}

/// What kind of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum DocumentKind {
    /// A photograph of something on the patient.
    Photo,
    /// What a laboratory wrote.
    LabReport,
    /// What was seen on a picture of the inside.
    ImagingReport,
    /// From another practice or a hospital.
    Letter,
    /// Sends the patient on.
    Referral,
    /// To be filled in, or filled in.
    Form,
    /// A card or paper of an insurer.
    Insurance,
    /// None of these.
    Other,
}

impl From<DocumentKind> for DocumentType {
    fn from(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::Photo => Self::Photo,
            DocumentKind::LabReport => Self::LabReport,
            DocumentKind::ImagingReport => Self::ImagingReport,
            DocumentKind::Letter => Self::Letter,
            DocumentKind::Referral => Self::Referral,
            DocumentKind::Form => Self::Form,
            DocumentKind::Insurance => Self::Insurance,
            DocumentKind::Other => Self::Other,
        }
    }
}

/// File it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentFileRequest {
    /// Which.
    pub file: FileRef,
    /// Into whose chart, as its row says.
    pub chart: String,
    /// As the chart will show it.
    pub title: String,
    /// What kind of paper.
    pub document: DocumentKind,
    /// The day it was written or taken, `YYYY-MM-DD`.
    pub date: String,
    /// The page could not show it, and the member files it without having seen it. Goes into the audit.
    pub unseen: bool,
}

/// How many files wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RailDocuments {
    /// Files.
    pub count: u32,
    /// When the oldest was sent, UTC ms.
    #[ts(type = "number | null")]
    pub oldest: Option<i64>,
}
