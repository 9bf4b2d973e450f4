//! When a fault strikes: how often, on which requests, with which number.
//!
//! ```text
//! FAULT   = TRIGGER [":" NUMBER] ["@" TARGET]      drop-after=once@POST:Communication
//! DELAY   = MILLISECONDS [":" TRIGGER] ["@" TARGET]   delay=300:0.2@GET:Task
//! TRIGGER = "always" | "once" | COUNT "x" | PROBABILITY
//! TARGET  = METHOD [":" PATH]
//! ```
//!
//! `METHOD` may be `*`. `PATH` is a prefix in whole segments, below the FHIR base, or from the root when it
//! starts with `/` (`status-500=once@POST:/auth/token`); an empty one (`POST:`) means the base itself, where
//! transactions go. Without a target a fault strikes any FHIR request, but never a sign-in page: who wants a
//! failing token endpoint names it.
//!
//! `once` and `3x` strike the next matching requests and then never again, so a test can place a single
//! failure exactly; a probability is drawn from the seed. The number is `Retry-After` in seconds (`status-429`,
//! `status-503`) and means nothing elsewhere.

use std::fmt;

use axum::http::Method;

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trigger {
    /// Each matching request, with this probability between 0 and 1.
    Probability(f64),
    /// The next so many matching requests, and then no more.
    Times(u32),
}

/// Which requests a fault may strike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The method; none means any.
    pub method: Option<Method>,
    /// The path as written: a prefix in whole segments; none means any.
    pub path: Option<String>,
}

impl Target {
    /// Whether a request is meant: `path` from the root, `relative` below the FHIR base where it is there.
    #[must_use]
    pub fn matches(&self, method: &Method, path: &str, relative: Option<&str>) -> bool {
        if self.method.as_ref().is_some_and(|wanted| wanted != method) {
            return false;
        }
        match self.path.as_deref() {
            None => true,
            Some("") => relative == Some(""),
            Some(prefix) if prefix.starts_with('/') => has_segments(path, prefix),
            Some(prefix) => relative.is_some_and(|relative| has_segments(relative, prefix)),
        }
    }
}

fn has_segments(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One fault as set: trigger, number, target.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// How often.
    pub trigger: Trigger,
    /// `Retry-After` in seconds, or the delay in milliseconds.
    pub number: Option<u64>,
    /// On which requests; none means any FHIR request.
    pub target: Option<Target>,
}

impl Fault {
    /// What a fault's bare name means: one request in twenty.
    pub(crate) const fn by_default() -> Self {
        Self { trigger: Trigger::Probability(0.05), number: None, target: None }
    }

    /// Reads `TRIGGER[:NUMBER][@TARGET]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, target) = split_target(text)?;
        let (trigger, number) = match text.split_once(':') {
            Some((trigger, number)) => (trigger, Some(number.parse().ok()?)),
            None => (text, None),
        };
        Some(Self { trigger: parse_trigger(trigger)?, number, target })
    }

    /// Reads `MILLISECONDS[:TRIGGER][@TARGET]`.
    pub(crate) fn parse_delay(text: &str) -> Option<Self> {
        let (text, target) = split_target(text)?;
        let (millis, trigger) = match text.split_once(':') {
            Some((millis, trigger)) => (millis, parse_trigger(trigger)?),
            None => (text, Trigger::Probability(1.0)),
        };
        let millis = millis.strip_suffix("ms").unwrap_or(millis);
        Some(Self { trigger, number: Some(millis.parse().ok()?), target })
    }

    /// Writes the delay form that [`Fault::parse_delay`] reads.
    pub(crate) fn display_delay(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number.unwrap_or_default(), self.trigger)?;
        self.display_target(f)
    }

    fn display_target(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(target) = &self.target else { return Ok(()) };
        write!(f, "@{}", target.method.as_ref().map_or("*", Method::as_str))?;
        match &target.path {
            Some(path) => write!(f, ":{path}"),
            None => Ok(()),
        }
    }
}

fn split_target(text: &str) -> Option<(&str, Option<Target>)> {
    let Some((text, target)) = text.split_once('@') else { return Some((text, None)) };
    let (method, path) = match target.split_once(':') {
        Some((method, path)) => (method, Some(path.to_owned())),
        None => (target, None),
    };
    let method = match method {
        "*" => None,
        name => Some(Method::from_bytes(name.to_ascii_uppercase().as_bytes()).ok()?),
    };
    Some((text, Some(Target { method, path })))
}

fn parse_trigger(text: &str) -> Option<Trigger> {
    match text {
        "always" => Some(Trigger::Probability(1.0)),
        "once" => Some(Trigger::Times(1)),
        _ => match text.strip_suffix('x') {
            Some(times) => times.parse().ok().map(Trigger::Times),
            None => {
                let probability: f64 = text.parse().ok()?;
                (0.0..=1.0).contains(&probability).then_some(Trigger::Probability(probability))
            }
        },
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probability(1.0) => f.write_str("always"),
            Self::Probability(probability) => write!(f, "{probability}"),
            Self::Times(1) => f.write_str("once"),
            Self::Times(times) => write!(f, "{times}x"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.trigger)?;
        if let Some(number) = self.number {
            write!(f, ":{number}")?;
        }
        self.display_target(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_matches_whole_segments_below_the_base_or_from_the_root() {
        let target = |text: &str| Fault::parse(&format!("once@{text}")).unwrap().target.unwrap();
        let post = Method::POST;
        assert!(target("POST:Communication").matches(&post, "/fhir/Communication", Some("Communication")));
        assert!(target("*:Communication").matches(&post, "/fhir/Communication/1", Some("Communication/1")));
        assert!(!target("POST:Communication").matches(
            &post,
            "/fhir/CommunicationRequest",
            Some("CommunicationRequest")
        ));
        assert!(!target("PUT:Communication").matches(&post, "/fhir/Communication", Some("Communication")));
        assert!(target("POST:").matches(&post, "/fhir", Some("")));
        assert!(!target("POST:").matches(&post, "/fhir/Task", Some("Task")));
        assert!(target("POST:/auth/token").matches(&post, "/auth/token", None));
        assert!(target("POST").matches(&post, "/auth/token", None));
    }

    #[test]
    fn nonsense_is_no_fault() {
        for text in ["", "2", "-0.1", "x", "once:soon", "twice", "NaN"] {
            assert_eq!(Fault::parse(text), None, "{text}");
        }
    }
}
