//! What a server says went wrong: an `OperationOutcome`, or something that isn't one.
//!
//! Some servers put the words into `issue.diagnostics`, some into `issue.details.text` (`3-fhir`, 9), and a
//! proxy on the way answers in HTML. The words may quote a message, so they are held as private text: shown to
//! the person whose reply it is, never logged.

use serde::Deserialize;
use tern_inbox::private::PrivateText;

use crate::exchange::Response;

/// One issue of an `OperationOutcome`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// `issue.code` (R4 value set *issue-type*); none where it isn't a code.
    pub code: Option<String>,
    /// `diagnostics`, else `details.text`, else the display of its coding.
    pub words: PrivateText,
}

/// `issue.severity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// information
    Information,
    /// warning
    Warning,
    /// error, or unknown
    Error,
    /// fatal
    Fatal,
}

/// What a body is, when it isn't what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// An `OperationOutcome`.
    Outcome(Vec<Issue>),
    /// Nothing.
    Nothing,
    /// HTML: a proxy, a sign-in page of a network, a crashed server. Never FHIR's answer.
    Html,
    /// A FHIR resource of another type.
    Resource(String),
    /// Neither JSON nor HTML.
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOutcome {
    resource_type: String,
    #[serde(default)]
    issue: Vec<serde_json::Value>,
}

/// Looks at a body without trusting it.
pub fn said(body: &[u8], content_type: Option<&str>) -> Said {
    let text = body.trim_ascii();
    if text.is_empty() {
        return Said::Nothing;
    }
    if is_html(text, content_type) {
        return Said::Html;
    }
    match serde_json::from_slice::<WireOutcome>(text) {
        Ok(wire) if wire.resource_type == "OperationOutcome" => Said::Outcome(wire.issue.iter().map(issue).collect()),
        Ok(wire) if wire.resource_type.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
            Said::Resource(wire.resource_type)
        }
        _ => Said::Other,
    }
}

/// The code of the worst issue, for the wedge of a row; never a word of the text.
pub fn code(response: &Response) -> Option<String> {
    let Said::Outcome(issues) = said(&response.body, response.content_type.as_deref()) else {
        return None;
    };
    worst(&issues).and_then(|issue| issue.code.clone())
}

/// What the server said in its own words, for the person whose write it was; none in HTML or silence.
pub fn words(response: &Response) -> Option<PrivateText> {
    let Said::Outcome(issues) = said(&response.body, response.content_type.as_deref()) else {
        return None;
    };
    worst(&issues).map(|issue| issue.words.clone()).filter(|words| !words.is_blank())
}

/// The first of the worst.
pub(crate) fn worst(issues: &[Issue]) -> Option<&Issue> {
    issues.iter().rev().max_by_key(|issue| issue.severity)
}

/// Whether a body is a page for people, by its own first bytes or by its media type.
pub(crate) fn is_html(body: &[u8], content_type: Option<&str>) -> bool {
    let claimed = content_type.is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    });
    // A page names itself within its first bytes; JSON never starts with `<`, and FHIR's XML has no doctype.
    let start: String = body.iter().take(64).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let start = start.trim_start_matches(|c: char| c.is_ascii_whitespace() || !c.is_ascii());
    claimed && !start.starts_with('{')
        || start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || start.starts_with("<head")
        || start.starts_with("<body")
}

fn issue(value: &serde_json::Value) -> Issue {
    let text = |pointer: &str| value.pointer(pointer).and_then(serde_json::Value::as_str);
    let words = text("/diagnostics")
        .or_else(|| text("/details/text"))
        .or_else(|| text("/details/coding/0/display"))
        .unwrap_or_default();
    Issue {
        severity: match text("/severity") {
            Some("information") => Severity::Information,
            Some("warning") => Severity::Warning,
            Some("fatal") => Severity::Fatal,
            _ => Severity::Error,
        },
        // A code is a short word with hyphens; anything else could be a sentence about a patient.
        code: text("/code")
            .filter(|code| (1..=32).contains(&code.len()))
            .filter(|code| code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'))
            .map(str::to_owned),
        words: PrivateText::from(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues(body: &str) -> Vec<Issue> {
        match said(body.as_bytes(), Some("application/fhir+json")) {
            Said::Outcome(issues) => issues,
            other => panic!("not an outcome: {other:?}"),
        }
    }

    #[test]
    fn the_words_are_found_wherever_a_server_puts_them() {
        for (body, words) in [
            (
                r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"conflict","diagnostics":"v"}]}"#,
                "v",
            ),
            (
                r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"conflict","details":{"text":"t"}}]}"#,
                "t",
            ),
            (
                r#"{"resourceType":"OperationOutcome","issue":[{"code":"conflict","details":{"coding":[{"display":"d"}]}}]}"#,
                "d",
            ),
        ] {
            let issues = issues(body);
            assert_eq!(issues[0].words.reveal(), words);
            assert_eq!(issues[0].code.as_deref(), Some("conflict"));
            assert_eq!(issues[0].severity, Severity::Error);
        }
    }

    #[test]
    fn the_worst_issue_counts_and_a_sentence_is_no_code() {
        let issues = issues(
            r#"{"resourceType":"OperationOutcome","issue":[
                {"severity":"warning","code":"informational"},
                {"severity":"error","code":"Ana Ruiz wrote that"},
                {"severity":"error","code":"invalid"}, 7]}"#,
        );
        assert_eq!(worst(&issues).and_then(|issue| issue.code.as_deref()), None);
        assert_eq!(issues.len(), 4);
    }

    #[test]
    fn a_page_for_people_is_known_by_its_start_or_its_type() {
        for (body, kind) in [
            ("<!DOCTYPE html><p>502", None),
            ("\n <html lang=en>", Some("text/plain")),
            ("\u{feff}<HTML>", None),
            ("Bad gateway", Some("text/html; charset=utf-8")),
        ] {
            assert_eq!(said(body.as_bytes(), kind), Said::Html, "{body}");
        }
        assert_eq!(said(b"", Some("text/html")), Said::Nothing);
        assert_eq!(said(b"<Patient xmlns=\"http://hl7.org/fhir\"/>", Some("application/fhir+xml")), Said::Other);
        assert_eq!(said(br#"{"resourceType":"Task"}"#, None), Said::Resource("Task".into()));
        assert_eq!(said(b"[]", None), Said::Other);
    }
}
