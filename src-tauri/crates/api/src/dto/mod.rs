//! What crosses between the program and its screen.
//!
//! Instants are UTC milliseconds since 1970, so that the screen formats them in the member's language.
//! The TypeScript of these types is written to `ui/src/lib/bindings/` by `cargo test -p tern-api` and
//! committed; a test fails when the two differ.
//!
//! An [`EnvelopeRow`] has no field for a body: what nobody has started cannot leak to the page.

mod away;
mod block;
mod documents;
mod emergencies;
mod error;
mod list;
mod moves;
mod session;
mod settings;
mod status;
mod tables;
mod touch;

pub use away::{
    AwayDigest, AwayEndRequest, AwayGap, AwayList, AwayPlan, AwayRow, AwaySaveRequest, AwaySaved, AwaySaving,
    AwayWarning, DigestDismissRequest, DigestPart, DigestRow,
};
pub use block::{BlockOffer, BlockOffers, BlockRequest, PassedOver};
pub use documents::{
    DocumentFileRequest, DocumentKind, DocumentPage, DocumentPreview, DocumentRequest, DocumentRow, DocumentsRequest,
    FileForm, FileRef, FileRefusal, FilingState, RailDocuments,
};
pub use emergencies::{
    DutyEndRequest, DutyList, DutyRow, DutySaveRequest, DutySaved, EmergencyBoard, EmergencyContent, EmergencyRequest,
    EmergencyRow, EmergencySaveRequest, EmergencyTable, EmergencyTaken, EmergencyTold, WebhookTried,
};
pub use error::{ApiError, ErrorCode};
pub use list::{
    EnvelopePage, EnvelopeRow, EnvelopesRequest, FlagRow, Holder, QueueId, Rail, RailQueue, SearchFilters, SearchHit,
    SearchRequest, SearchResults, UrgencyLevel, Wanted,
};
pub use moves::{
    CallResult, DecideRequest, Decided, DecidedRow, Decision, Destination, Destinations, HandOn, HandOnRequest,
    MemberChoice, PoolChoice,
};
pub use session::{
    LockKind, MemberCard, PinRequest, QuitRequest, QuitResult, Session, SetPinRequest, SetPinResult, SignInFailure,
    SignInRequest, SignOutRequest, SignOutResult, UnlockResult, UnsentOthers, UnsentReply,
};
pub use settings::{FactVerdict, KeyBinding, Language, ServerFact, Settings, Theme};
pub use status::{Changed, ConnectionState, IndexProgress, Status};
pub use tables::{
    CategoryRow, ClosureRow, HoursContent, HoursSaveRequest, HoursTable, OpenPeriod, PoolName, PreviewCount,
    PreviewLevel, PreviewRaise, PreviewRow, RedFlagPreview, RedFlagRule, RedFlagSaveRequest, RedFlagTable, RuleOff,
    RuleOrigin, RuleProblemRow, SubjectWords, TableDiscardRequest, TableKind, TableSaved, TableSaving, TableState,
    TriageContent, TriagePreview, TriageSaveRequest, TriageTable, TurnaroundTime, TurnaroundUnit,
};
pub use touch::{
    AttachmentRow, DeliveryState, DraftSaveRequest, Ended, MessageRequest, MessageRow, MessageSide, NoteWriteRequest,
    PatientCard, PutBackRequest, ReplyRequest, ReplyRight, StartResult, StuckChange, StuckKind, ThreadItemsRequest,
    ThreadRequest, TouchMode, TouchView, UndoRequest, Undone, WedgeReason,
};
