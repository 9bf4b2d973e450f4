//! What a server can do, as far as Tern has to do something differently for it.
//!
//! Begins as a guess from the CapabilityStatement ([`crate::capability`]), is made certain by probes
//! ([`crate::probe`]) and by what answers show in passing ([`ServerFacts::learn`]). Plain data: kept with the
//! profile, shown in Settings, printed by `tern-agent check`.

use serde::{Deserialize, Serialize};

use crate::write::{change::Changing, create::Creating};

/// How sure we are that a server can do something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// Nobody asked.
    #[default]
    Unknown,
    /// It says so, which is not proof.
    Advertised,
    /// Tried, and it does.
    Proven,
    /// Tried or admitted: it doesn't.
    Missing,
}

impl Ability {
    /// Worth trying: not known to be missing.
    pub fn is_hoped(self) -> bool {
        self != Self::Missing
    }

    /// Tried, and it does.
    pub fn is_proven(self) -> bool {
        self == Self::Proven
    }
}

/// What becomes of several conditional creates with one identifier, side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionalCreate {
    /// Nobody asked.
    #[default]
    Unknown,
    /// One is stored.
    Atomic,
    /// One after the other one is stored, side by side several.
    NotAtomic,
    /// The condition is not looked at.
    Ignored,
}

/// What becomes of a transaction with a bad entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transaction {
    /// Nobody asked.
    #[default]
    Unknown,
    /// Nothing of it is stored.
    RollsBack,
    /// The good entries are.
    HalfDone,
    /// It takes none.
    Missing,
}

/// How ETags look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EtagForm {
    /// None seen yet.
    #[default]
    Unknown,
    /// `W/"3"`
    Weak,
    /// `"3"`
    Strong,
    /// `3`
    Bare,
    /// No ETag.
    Missing,
}

impl EtagForm {
    /// The form of an ETag as received.
    pub fn of(etag: Option<&str>) -> Self {
        match etag.map(str::trim) {
            None | Some("") => Self::Missing,
            Some(etag) if etag.starts_with("W/") || etag.starts_with("w/") => Self::Weak,
            Some(etag) if etag.starts_with('"') => Self::Strong,
            Some(_) => Self::Bare,
        }
    }
}

/// What a server makes of a search parameter that it doesn't know, asked to be strict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownParameter {
    /// Nobody asked.
    #[default]
    Unknown,
    /// 400: a mistake of ours is told.
    Refused,
    /// Everything comes back: rows are checked against the query.
    Ignored,
}

/// The push channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Push {
    /// None offered, or none that works: polling.
    #[default]
    None,
    /// R4 websocket.
    Websocket {
        /// Path and query on **our** origin: the token goes to no other, whatever host the server names.
        path: String,
    },
}

/// What a deleted resource is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletedAs {
    /// Nobody asked.
    #[default]
    Unknown,
    /// 410.
    Gone,
    /// 404.
    NotFound,
    /// 200 with something else in it.
    Ok,
}

/// SMART scopes that a server knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scopes {
    /// It doesn't say.
    #[default]
    Unknown,
    /// `user/*.read`, `user/*.write`
    V1,
    /// `user/*.cruds` (and v1 perhaps)
    V2,
}

/// JSON Patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchFacts {
    /// Whether it is taken.
    pub supported: Ability,
    /// Whether `If-Match` guards it.
    pub honours_if_match: Ability,
    /// Whether `test /meta/versionId` holds for the right version. Some engines patch what they stored, where
    /// there is no version or the one that a client once sent, and the test fails always.
    pub tests_version: Ability,
    /// Status of a failed `test`, once seen.
    pub failed_test: Option<u16>,
}

/// What a server can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerFacts {
    /// Name and version of the software, as it calls itself.
    pub software: Option<String>,
    /// `4.0.1`
    pub fhir_version: Option<String>,
    /// JSON at all.
    pub json: Ability,
    /// PUT with an id that doesn't exist yet.
    pub own_ids: Ability,
    /// POST with `If-None-Exist`.
    pub conditional_create: ConditionalCreate,
    /// `ifNoneExist` inside a transaction.
    pub conditional_in_transaction: ConditionalCreate,
    /// JSON Patch.
    pub patch: PatchFacts,
    /// `If-Match` guards a PUT.
    pub put_if_match: Ability,
    /// Transactions.
    pub transaction: Transaction,
    /// `Type/_history?_since=`.
    pub type_history: Ability,
    /// Form of its ETags.
    pub etag: EtagForm,
    /// Unknown search parameters.
    pub unknown_parameter: UnknownParameter,
    /// `identifier=` finds what carries it and nothing else.
    pub identifier_search: Ability,
    /// `_lastUpdated=ge` leaves out what is older.
    pub since_search: Ability,
    /// `_elements`.
    pub elements: Ability,
    /// Rows of a page at most, where it was seen to cap.
    pub count_cap: Option<u32>,
    /// Push channel.
    pub push: Push,
    /// AuditEvents are taken.
    pub audit: Ability,
    /// AuditEvents are taken with our own id; else by POST, and then at least once.
    pub audit_own_ids: Ability,
    /// Bytes of a body that was refused with 413.
    pub body_limit: Option<u64>,
    /// Deleted resources.
    pub deleted_as: DeletedAs,
    /// Scopes.
    pub scopes: Scopes,
    /// Milliseconds after a write until a search finds it, where it wasn't at once.
    pub late_by_ms: Option<u64>,
}

/// One thing learnt about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// JSON is spoken.
    Json(Ability),
    /// PUT with an own id.
    OwnIds(Ability),
    /// `If-None-Exist`.
    ConditionalCreate(ConditionalCreate),
    /// `ifNoneExist` in a transaction.
    ConditionalInTransaction(ConditionalCreate),
    /// JSON Patch.
    Patch(Ability),
    /// `If-Match` on a patch.
    PatchIfMatch(Ability),
    /// `test /meta/versionId` with the right version.
    PatchTestsVersion(Ability),
    /// Status of a failed `test`.
    FailedTest(u16),
    /// `If-Match` on a PUT.
    PutIfMatch(Ability),
    /// Transactions.
    Transaction(Transaction),
    /// Type-level history.
    TypeHistory(Ability),
    /// ETags.
    Etag(EtagForm),
    /// Unknown parameters.
    UnknownParameter(UnknownParameter),
    /// Search by identifier.
    IdentifierSearch(Ability),
    /// Search by `_lastUpdated`.
    SinceSearch(Ability),
    /// `_elements`.
    Elements(Ability),
    /// Rows of a page.
    CountCap(u32),
    /// AuditEvents.
    Audit(Ability),
    /// AuditEvents with our own id.
    AuditOwnIds(Ability),
    /// A body of so many bytes was refused.
    BodyLimit(u64),
    /// Deleted resources.
    DeletedAs(DeletedAs),
    /// A search finds a write so much later.
    LateBy(u64),
    /// A push channel that was advertised doesn't work.
    NoPush,
}

impl ServerFacts {
    /// Takes in one finding; what was seen last counts.
    pub fn learn(&mut self, finding: Finding) {
        match finding {
            Finding::Json(seen) => self.json = seen,
            Finding::OwnIds(seen) => self.own_ids = seen,
            Finding::ConditionalCreate(seen) => self.conditional_create = seen,
            Finding::ConditionalInTransaction(seen) => self.conditional_in_transaction = seen,
            Finding::Patch(seen) => self.patch.supported = seen,
            Finding::PatchIfMatch(seen) => self.patch.honours_if_match = seen,
            Finding::PatchTestsVersion(seen) => self.patch.tests_version = seen,
            Finding::FailedTest(status) => self.patch.failed_test = Some(status),
            Finding::PutIfMatch(seen) => self.put_if_match = seen,
            Finding::Transaction(seen) => self.transaction = seen,
            Finding::TypeHistory(seen) => self.type_history = seen,
            Finding::Etag(seen) => self.etag = seen,
            Finding::UnknownParameter(seen) => self.unknown_parameter = seen,
            Finding::IdentifierSearch(seen) => self.identifier_search = seen,
            Finding::SinceSearch(seen) => self.since_search = seen,
            Finding::Elements(seen) => self.elements = seen,
            Finding::CountCap(rows) => self.count_cap = Some(rows),
            Finding::Audit(seen) => self.audit = seen,
            Finding::AuditOwnIds(seen) => self.audit_own_ids = seen,
            Finding::BodyLimit(bytes) => {
                self.body_limit = Some(self.body_limit.map_or(bytes, |known| known.min(bytes)));
            }
            Finding::DeletedAs(seen) => self.deleted_as = seen,
            Finding::LateBy(ms) => self.late_by_ms = Some(self.late_by_ms.map_or(ms, |known| known.max(ms))),
            Finding::NoPush => self.push = Push::None,
        }
    }

    /// How to create something once.
    pub fn creating(&self) -> Creating {
        if self.own_ids.is_hoped() {
            Creating::OwnId
        } else if self.transaction == Transaction::RollsBack
            && self.conditional_in_transaction == ConditionalCreate::Atomic
        {
            Creating::InTransaction
        } else {
            Creating::Conditional
        }
    }

    /// How to change something: by what was tried, and untried by PUT, which every server has.
    pub fn changing(&self) -> Changing {
        let patch = self.patch;
        if patch.supported.is_proven() && patch.tests_version.is_proven() {
            Changing::Patch
        } else if self.put_if_match.is_proven() {
            Changing::Put
        } else if patch.supported.is_proven() && patch.honours_if_match.is_proven() {
            Changing::PatchByHeader
        } else {
            Changing::Put
        }
    }

    /// How to write an AuditEvent.
    pub fn auditing(&self) -> Creating {
        if self.own_ids.is_hoped() && self.audit_own_ids.is_hoped() { Creating::OwnId } else { Creating::Conditional }
    }

    /// Whether what belongs together may go as one transaction: only where it was seen to roll back.
    pub fn goes_together(&self) -> bool {
        self.transaction == Transaction::RollsBack
    }

    /// Whether a create that is repeated makes one resource, whatever happened to the first.
    pub fn creates_once(&self) -> bool {
        self.own_ids.is_proven()
            || self.conditional_create == ConditionalCreate::Atomic
            || (self.goes_together() && self.conditional_in_transaction == ConditionalCreate::Atomic)
    }

    /// Whether only one of two people wins a race for a work item.
    pub fn versions_hold(&self) -> bool {
        match self.changing() {
            Changing::Patch => self.patch.failed_test.is_some(),
            Changing::PatchByHeader => self.patch.honours_if_match.is_proven(),
            Changing::Put => self.put_if_match.is_proven(),
        }
    }
}
