//! The push channel of R4: a Subscription whose channel is a websocket.
//!
//! ```text
//!   POST Subscription {criteria: "Task?", channel: {type: websocket}}   → 201, id S
//!   connect to the socket that the CapabilityStatement names
//!     → bind S      ← bound S      ← ping S (at each change)
//! ```
//! A ping is a nudge to read and never the news: events may be lost, repeated or unordered, and some servers
//! ignore the criteria's filters (`3-fhir`, 15). So the criteria name a type and nothing else.

use chrono::{DateTime, Utc};
use serde_json::json;
use tern_inbox::arrival::Kind;

use crate::{
    exchange::{FHIR_JSON, Method, Request},
    links,
    search::instant,
};

/// Types whose changes are worth a nudge.
pub const NUDGED_BY: [Kind; 2] = [Kind::Communication, Kind::Task];

/// Asks to be nudged by changes of a type until `end` (server time), after which the server may forget it: a
/// machine that never comes back leaves nothing behind.
pub fn request(kind: Kind, end: DateTime<Utc>) -> Request {
    let subscription = json!({
        "resourceType": "Subscription",
        "status": "requested",
        "end": instant(end),
        "reason": "A nudge to read what changed",
        "criteria": format!("{}?", kind.as_str()),
        "channel": { "type": "websocket" },
    });
    Request::new(Method::Post, "Subscription").with_body(FHIR_JSON, subscription.to_string().into_bytes())
}

/// The frame that binds a socket to a subscription.
pub fn bind(subscription_id: &str) -> String {
    format!("bind {subscription_id}")
}

/// What a server says on the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The binding holds.
    Bound(String),
    /// Something may have changed.
    Ping(String),
    /// Anything else; a notification bundle of another version of FHIR is taken for a ping by whoever reads it.
    Other,
}

impl Frame {
    /// Reads a text frame.
    pub fn of(text: &str) -> Self {
        let Some((word, id)) = text.trim().split_once(' ') else { return Self::Other };
        let id = id.trim();
        let id = id.strip_prefix("Subscription/").unwrap_or(id);
        match word {
            "bound" if links::is_id(id) => Self::Bound(id.to_owned()),
            "ping" if links::is_id(id) => Self::Ping(id.to_owned()),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_as_it_leaves() {
        let end = DateTime::from_timestamp_millis(1_767_268_800_250).expect("in range");
        let request = request(Kind::Task, end);
        assert_eq!(format!("{request:?}"), "POST Subscription");
        let body = request.body.expect("a body");
        insta::assert_snapshot!(String::from_utf8(body.bytes).expect("utf-8"));
    }

    #[test]
    fn frames_are_told_apart() {
        assert_eq!(bind("7"), "bind 7");
        assert_eq!(Frame::of("bound 7"), Frame::Bound("7".into()));
        assert_eq!(Frame::of("ping Subscription/7\n"), Frame::Ping("7".into()));
        for text in ["", "ping", "ping a b", "pong 7", "{\"resourceType\":\"Bundle\"}"] {
            assert_eq!(Frame::of(text), Frame::Other, "{text}");
        }
    }
}
