use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where the person stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum Session {
    /// Nobody is signed in. `server` is what `--server`, policy or the last sign-in says.
    SignedOut {
        /// FHIR base URL to start from.
        server: Option<String>,
        /// CA file to start from.
        ca_file: Option<String>,
        /// Why the last attempt did not succeed.
        failure: Option<SignInFailure>,
        /// Whether `tern-practice` is installed.
        sample_practice: bool,
    },
    /// The browser is open, or the sample practice is starting.
    SigningIn {
        /// Where.
        server: Option<String>,
        /// The page that the browser shows, for opening it again; none while the sample practice starts.
        page: Option<String>,
    },
    /// Somebody is signed in and sees the inbox.
    Open {
        /// Who.
        member: MemberCard,
        /// The practice's name.
        practice: String,
        /// FHIR base URL.
        server: String,
        /// Whether the refresh token was refused: reading goes on, sending waits for a new sign-in.
        sign_in_again: bool,
        /// Why the last attempt to sign in again did not succeed.
        failure: Option<SignInFailure>,
        /// The old cache could not be opened (damaged, or its key is gone) and was set aside on the way in: so
        /// many replies and drafts in it cannot be read.
        set_aside: Option<u32>,
        /// Replies and drafts that came back from a cache set aside before, because its key is here again.
        restored: u32,
    },
    /// Locked.
    Locked {
        /// Which of the two locks.
        lock: LockKind,
        /// Who is signed in.
        member: MemberCard,
        /// Whether a PIN is set; else only the browser unlocks.
        has_pin: bool,
        /// Tries left before the PIN is refused for good and the browser is needed.
        tries_left: u32,
        /// UTC ms before which no PIN is taken.
        #[ts(type = "number | null")]
        wait_until: Option<i64>,
        /// Replies not sent.
        unsent: u32,
        /// Why the last attempt to unlock with the browser did not succeed.
        failure: Option<SignInFailure>,
    },
}

/// Why a sign-in did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum SignInFailure {
    /// No answer from the address.
    Unreachable,
    /// The certificate is not trusted, or is for another host.
    Certificate,
    /// The address is http, and not on this machine: everybody on the way could read the messages.
    Insecure,
    /// The file of the certificate authority cannot be read, or holds no certificate.
    CaFile,
    /// The address answers, but is no FHIR server, or one without SMART sign-in.
    NotAPractice,
    /// The person closed the page, or said no.
    Cancelled,
    /// Nobody came back from the browser in time.
    TimedOut,
    /// The server refused.
    Refused,
    /// The account stands for nobody of the practice.
    NotAMember,
    /// Somebody else than the one whose screen this is.
    SomebodyElse,
    /// The keyring is locked or missing: nothing could be kept.
    Keyring,
    /// The cache of this account cannot be opened with the key in the keyring; it was set aside.
    CacheSetAside,
    /// The cache was copied from another machine.
    CopiedCache,
    /// No room on the disk.
    DiskFull,
    /// The cache was made by a newer Tern.
    NewerCache,
}

/// The two locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum LockKind {
    /// Contents are off the screen; the engine goes on.
    Screen,
    /// The key is wiped and the file closed.
    Deep,
}

/// A member as the screen names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MemberCard {
    /// `PractitionerRole/…` or `Practitioner/…`.
    pub reference: String,
    /// "Dr Amara Osei".
    pub name: String,
    /// physician, nurse, ma, front-office, triage-lead, it, unknown.
    pub role: String,
}

/// Sign in at a practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SignInRequest {
    /// FHIR base URL, or a host name to which `https://` and the usual paths are tried.
    pub server: String,
    /// PEM file of the practice's own CA.
    pub ca_file: Option<String>,
}

/// Sign out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SignOutRequest {
    /// Also with replies that are not sent: the file is kept for the next sign-in.
    pub with_unsent: bool,
}

/// Quit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct QuitRequest {
    /// Also with replies that are not sent: they leave when Tern is open again.
    pub with_unsent: bool,
}

/// What quitting did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct QuitResult {
    /// Whether the program ends now.
    pub quits: bool,
    /// Replies that stay here.
    pub unsent: u32,
    /// What else stays here.
    pub others: UnsentOthers,
}

/// What signing out did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SignOutResult {
    /// Whether the person is signed out now.
    pub signed_out: bool,
    /// What is not sent yet.
    pub unsent: Vec<UnsentReply>,
    /// What else is not sent yet.
    pub others: UnsentOthers,
}

/// What of the member's, beside replies, the server does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UnsentOthers {
    /// Changes of absences: until they have left, nobody is away by them, and nobody back.
    pub absences: u32,
    /// Changes of duties: until they have left, nobody is on duty by them.
    pub duties: u32,
    /// Files that are in nobody's chart yet.
    pub files: u32,
}

/// A reply that has not reached the server, named without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UnsentReply {
    /// Where.
    pub thread: String,
    /// To whom.
    pub patient_name: String,
    /// When it was written, UTC ms.
    #[ts(type = "number")]
    pub written: i64,
}

/// A PIN of 4 to 12 characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PinRequest {
    /// What was typed.
    pub pin: String,
}

impl std::fmt::Debug for PinRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinRequest(…)")
    }
}

/// Set a PIN in the place of the one before, which proves who asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SetPinRequest {
    /// The PIN so far; none where none is set.
    pub old: Option<String>,
    /// The new one, of 4 to 12 characters.
    pub new: String,
}

impl std::fmt::Debug for SetPinRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetPinRequest(…)")
    }
}

/// What setting a PIN did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum SetPinResult {
    /// The new one holds.
    Set,
    /// One is set already, and the PIN so far was missing or wrong.
    WrongPin,
    /// Too soon after the last wrong one.
    Wait,
    /// Too many wrong ones: only unlocking with the browser takes the old one away.
    BrowserNeeded,
}

/// What unlocking did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum UnlockResult {
    /// Open.
    Unlocked,
    /// Not this PIN.
    WrongPin,
    /// Too soon after the last wrong one.
    Wait,
    /// Too many wrong ones: sign in with the browser.
    BrowserNeeded,
}
