//! The names: every way in which a server may differ, one line each.
//!
//! The table below is the only place that knows a quirk's name, the clause of the design that it plays,
//! what stands after its `=`, and the sentence that `tern-unruly list` prints. The numbers of
//! [`Clause::Difference`] are those of "Ways in which real servers differ" in the wire specification.

use std::fmt;
use std::str::FromStr;

/// Where the specification speaks of a quirk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// "Ways in which real servers differ", 1 to 17.
    Difference(u8),
    /// What the reading loop must bear beyond that list.
    Reading,
    /// What the outbox must bear beyond that list.
    Writing,
    /// A failure of the network or of a machine on the way, not a trait of the server.
    Fault,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Difference(number) => write!(f, "{number}"),
            Self::Reading => f.write_str("reading"),
            Self::Writing => f.write_str("writing"),
            Self::Fault => f.write_str("fault"),
        }
    }
}

/// What may stand after a quirk's `=`, with what is meant when nothing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// No value.
    Nothing,
    /// A number of rows.
    Rows(u64),
    /// A size: bytes, or with `KB`, `MB` (powers of 1,000).
    Bytes(u64),
    /// A span: milliseconds, or with `ms`, `s`.
    Milliseconds(u64),
    /// An HTTP status among these; the first is the default.
    Status(&'static [u16]),
    /// A signed offset such as `+36h`, `-90s`, `+1d12h`; the default in seconds.
    Offset(i64),
    /// Names joined by `|`.
    Names(&'static [&'static str]),
    /// One word or address, as it stands.
    Text(&'static str),
    /// When a fault strikes: see [`crate::Fault`].
    Fault,
    /// How long a request waits, and when: see [`crate::Fault`].
    Delay(u64),
}

macro_rules! quirks {
    ($($variant:ident, $name:literal, $clause:expr, $takes:expr, $sentence:literal;)*) => {
        /// One way to differ, or to fail, by its stable name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quirk {
            $(#[doc = $sentence] $variant,)*
        }

        impl Quirk {
            /// Every quirk, in the order of the specification.
            pub const ALL: &'static [Quirk] = &[$(Quirk::$variant,)*];

            /// The stable kebab-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The clause of the specification that it plays.
            #[must_use]
            pub const fn clause(self) -> Clause {
                match self { $(Self::$variant => $clause,)* }
            }

            /// What may stand after its `=`.
            #[must_use]
            pub const fn takes(self) -> Takes {
                match self { $(Self::$variant => $takes,)* }
            }

            /// What it does, in a sentence.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

use Clause::{Difference as D, Fault as F, Reading, Writing};
use Takes::{Bytes, Delay, Milliseconds, Names, Nothing, Offset, Rows, Status, Text};

quirks! {
    CountCap, "count-cap", D(1), Rows(20), "Caps `_count` silently at N rows a page.";
    OffsetPaging, "offset-paging", D(1), Nothing, "Pages by offset: each `next` link counts rows anew, so rows shift when something is written between two pages.";
    CursorNeedsLastUpdated, "cursor-needs-last-updated", D(1), Nothing, "Keeps cursor paging only for `_sort=_lastUpdated`; every other search pages by offset.";
    OffsetPagingLimit, "offset-paging-limit", D(1), Rows(10_000), "Pages by offset and answers 400 beyond N rows.";
    NoTotal, "no-total", D(1), Nothing, "Leaves out `Bundle.total`.";
    UnknownParam400, "unknown-param-400", D(2), Names(&["_total", "_elements", "_summary"]), "Answers 400 to the named search parameters, whatever `Prefer: handling` says.";
    UnknownParamIgnored, "unknown-param-ignored", D(2), Names(&["_total", "_elements", "_summary", "part-of"]), "Ignores the named search parameters, even with `Prefer: handling=strict`.";
    PartOfNeedsType, "part-of-needs-type", D(2), Nothing, "Finds nothing for `part-of=id`: wants `part-of=Communication/id`.";
    PatchIgnoresIfMatch, "patch-ignores-if-match", D(3), Nothing, "PATCH ignores `If-Match`; only its `test` operation guards.";
    PatchTest400, "patch-test-400", D(3), Nothing, "Answers 400 when a `test` operation of a PATCH fails.";
    PatchTest409, "patch-test-409", D(3), Nothing, "Answers 409 when a `test` operation of a PATCH fails.";
    PatchTest412, "patch-test-412", D(3), Nothing, "Answers 412 when a `test` operation of a PATCH fails.";
    PatchTest422, "patch-test-422", D(3), Nothing, "Answers 422 when a `test` operation of a PATCH fails.";
    PatchMissing, "patch-missing", D(3), Status(&[405, 501]), "Knows no PATCH, and says so in its CapabilityStatement.";
    TransactionHalf, "transaction-half", D(4), Nothing, "Advertises transactions but executes them entry by entry: 200 with failed entries inside and the rest done.";
    TransactionMissing, "transaction-missing", D(4), Status(&[400, 405, 501]), "Knows no transaction, and says so in its CapabilityStatement.";
    PutNewIdRefused, "put-new-id-refused", D(5), Status(&[404, 405, 400]), "Refuses a PUT whose id does not exist yet.";
    EtagMissing, "etag-missing", D(6), Nothing, "Sends no ETag.";
    EtagWeak, "etag-weak", D(6), Nothing, "Sends weak ETags: W/\"3\".";
    EtagStrong, "etag-strong", D(6), Nothing, "Sends strong ETags: \"3\".";
    EtagNumber, "etag-number", D(6), Nothing, "Numbers versions, where the upstream names them otherwise.";
    EtagUuid, "etag-uuid", D(6), Nothing, "Names versions by UUIDs, where the upstream numbers them.";
    PutUnchangedKeepsVersion, "put-unchanged-keeps-version", D(6), Nothing, "A PUT that changes nothing keeps the version.";
    LinksOtherHost, "links-other-host", D(7), Text("https://fhir.internal.example"), "`next`, `Location` and `fullUrl` name another origin.";
    LinksLocalhost, "links-localhost", D(7), Nothing, "`next`, `Location` and `fullUrl` say localhost for 127.0.0.1 (or the other way round).";
    LinksHttp, "links-http", D(7), Nothing, "`next`, `Location` and `fullUrl` say http for https.";
    LocationHistory, "location-history", D(8), Nothing, "`Location` always ends in `/_history/n`.";
    LocationPlain, "location-plain", D(8), Nothing, "`Location` never ends in `/_history/n`.";
    LocationRelative, "location-relative", D(8), Nothing, "`Location` is relative to the base.";
    ReferencesAbsolute, "references-absolute", D(8), Nothing, "References come back absolute.";
    ReferencesRelative, "references-relative", D(8), Nothing, "References come back relative.";
    ResponseStatusLong, "response-status-long", D(8), Nothing, "`entry.response.status` is \"201 Created\".";
    ResponseStatusShort, "response-status-short", D(8), Nothing, "`entry.response.status` is \"201\".";
    ErrorInDetails, "error-in-details", D(9), Nothing, "Error text stands in `issue.details.text`.";
    ErrorInDiagnostics, "error-in-diagnostics", D(9), Nothing, "Error text stands in `issue.diagnostics`.";
    ErrorHtml, "error-html", D(9), Nothing, "Errors are HTML pages.";
    StatusRewritten, "status-rewritten", D(10), Text("in-progress"), "A Communication is stored with another status than it was created with.";
    PayloadHtml, "payload-html", D(10), Nothing, "`payload.contentString` is HTML.";
    BodyLimit, "body-limit", D(11), Bytes(1_000_000), "Answers 413 to a body over N bytes.";
    DeletedAs404, "deleted-as-404", D(12), Nothing, "Answers 404 for what was deleted.";
    DeletedAs410, "deleted-as-410", D(12), Nothing, "Answers 410 for what was deleted.";
    DeletedAs200, "deleted-as-200", D(12), Nothing, "Answers 200 with an OperationOutcome for what was deleted.";
    ReceivedNever, "received-never", D(13), Nothing, "Never sets `Communication.received`.";
    ReceiptsInExtension, "receipts-in-extension", D(13), Text("https://unruly.example/StructureDefinition/read-receipt"), "Keeps `Communication.received` in an extension.";
    AuditRefused, "audit-refused", D(14), Status(&[405, 403]), "Refuses AuditEvents.";
    IfNoneMatchIgnored, "if-none-match-ignored", D(14), Nothing, "Ignores `If-None-Match: *`.";
    BinaryJsonOnly, "binary-json-only", D(14), Nothing, "Binary only as JSON: 415 to raw bytes, base64 in an answer.";
    JsonMissing, "json-missing", D(14), Nothing, "Speaks XML only: 406 to who wants JSON, 415 to who sends it. Tern cannot work there and must say so.";
    XmlMissing, "xml-missing", D(14), Nothing, "Speaks JSON only: 406 to who wants XML, 415 to who sends it.";
    SubscriptionsMissing, "subscriptions-missing", D(15), Status(&[404, 405]), "Knows no Subscription and opens no websocket.";
    SubscriptionsDrop, "subscriptions-drop", D(15), Takes::Fault, "Loses messages of the push channel.";
    SubscriptionsUnfiltered, "subscriptions-unfiltered", D(15), Nothing, "Ignores the filters of a Subscription; ids only.";
    NoPush, "no-push", D(15), Nothing, "Takes Subscriptions but opens no websocket.";
    ScopesV1Only, "scopes-v1-only", D(15), Nothing, "Knows SMART v1 scopes only (user/*.read).";
    ScopesV2Only, "scopes-v2-only", D(15), Nothing, "Knows SMART v2 scopes only (user/*.rs).";
    LateVisible, "late-visible", D(16), Milliseconds(3_000), "Rows become visible in searches that long after they were written.";
    StaleReads, "stale-reads", D(16), Milliseconds(2_000), "Reads and searches answer from a snapshot up to that old.";
    Clock, "clock", D(17), Offset(36 * 3600), "The server's clock is off: shifts `Date` and `lastUpdated` out, `_lastUpdated` and `_since` in.";
    DuplicateRows, "duplicate-rows", Reading, Nothing, "The last row of a page comes again as the first of the next.";
    BadEntry, "bad-entry", Reading, Names(&["Communication"]), "Puts a malformed resource among the good ones of a Bundle of the named types.";
    SearchIgnored, "search-ignored", Reading, Names(&[]), "Ignores search filters (the named ones, or all) and returns rows not asked for.";
    HistoryMissing, "history-missing", Reading, Status(&[404, 405, 501]), "Knows no `_history` of instance, type or system; a single version can still be read.";
    PutIgnoresIfMatch, "put-ignores-if-match", Writing, Nothing, "PUT ignores `If-Match`: the last writer wins.";
    IfNoneExistIgnored, "if-none-exist-ignored", Writing, Nothing, "Ignores `If-None-Exist`: every POST creates.";
    IfNoneExistNotAtomic, "if-none-exist-not-atomic", Writing, Nothing, "Conditional creates that run side by side all create.";
    Delay, "delay", F, Delay(200), "A request waits that many milliseconds.";
    DropBefore, "drop-before", F, Takes::Fault, "The connection closes before the request had an effect.";
    DropAfter, "drop-after", F, Takes::Fault, "The connection closes after the request had its effect.";
    Status429, "status-429", F, Takes::Fault, "429 with `Retry-After`, without effect.";
    Status500, "status-500", F, Takes::Fault, "500, without effect.";
    Status503, "status-503", F, Takes::Fault, "503, without effect; with `Retry-After` when seconds are given.";
    Status504, "status-504", F, Takes::Fault, "504 from a gateway that gave up waiting, after the effect.";
    HalfBody, "half-body", F, Takes::Fault, "Half of the answer's body, then the connection closes.";
    Html200, "html-200", F, Takes::Fault, "200 with the HTML page of a captive portal, without effect.";
}

impl Quirk {
    /// Whether it is a failure on the way rather than a trait of the server.
    #[must_use]
    pub fn is_fault(self) -> bool {
        self.clause() == Clause::Fault
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not in the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no quirk is named `{0}`")]
pub struct UnknownQuirk(
    /// The name as given.
    pub String,
);

impl FromStr for Quirk {
    type Err = UnknownQuirk;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|quirk| quirk.name() == name).ok_or_else(|| UnknownQuirk(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_kebab_case_unique_and_finds_its_quirk() {
        for quirk in Quirk::ALL {
            assert!(quirk.name().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            assert_eq!(quirk.name().parse(), Ok(*quirk));
        }
        assert_eq!("no-such".parse::<Quirk>(), Err(UnknownQuirk("no-such".into())));
    }

    #[test]
    fn each_of_the_seventeen_differences_has_a_quirk() {
        for number in 1..=17 {
            assert!(
                Quirk::ALL.iter().any(|quirk| quirk.clause() == Clause::Difference(number)),
                "nothing plays difference {number}"
            );
        }
    }
}
