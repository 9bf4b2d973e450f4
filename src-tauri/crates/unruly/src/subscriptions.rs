//! Push channels that are worse than promised (15): filters ignored, messages lost.
//!
//! Losing a message means losing a websocket frame without the client's noticing, so the bytes from the server
//! are cut into frames (RFC 6455, 5.2) and whole messages left out; control frames always pass.

use serde_json::Value;

use crate::exchange::{Kind, Request};
use crate::payload::{Object, map_text, resource_type};
use crate::quirk::Quirk;
use crate::scene::Scene;

const FILTER: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria";
const CONTENT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content";

/// Strips the filters of a Subscription, and asks for ids only.
pub(crate) fn request(scene: &Scene<'_>, request: &mut Request) {
    if scene.interaction.names("Subscription") && matches!(scene.interaction.kind, Kind::Create | Kind::Update) {
        scene.play(Quirk::SubscriptionsUnfiltered, || request.body.edit_resources(strip_filters));
    }
}

fn strip_filters(subscription: &mut Object) -> bool {
    if resource_type(subscription) != Some("Subscription") {
        return false;
    }
    let mut changed =
        map_text(subscription, "criteria", |criteria| criteria.split_once('?').map(|(kind, _)| format!("{kind}?")));
    if let Some(Value::Object(criteria)) = subscription.get_mut("_criteria")
        && let Some(Value::Array(extensions)) = criteria.get_mut("extension")
    {
        let before = extensions.len();
        extensions.retain(|extension| extension.get("url").and_then(Value::as_str) != Some(FILTER));
        changed |= extensions.len() != before;
        if extensions.is_empty() {
            subscription.shift_remove("_criteria");
        }
    }
    if let Some(extensions) = subscription
        .get_mut("channel")
        .and_then(|channel| channel.pointer_mut("/_payload/extension"))
        .and_then(Value::as_array_mut)
    {
        for extension in extensions.iter_mut().filter_map(Value::as_object_mut) {
            if extension.get("url").and_then(Value::as_str) == Some(CONTENT) {
                changed |= map_text(extension, "valueCode", |_| Some("id-only".into()));
            }
        }
    }
    changed
}

/// Cuts a websocket's bytes into frames and leaves out whole messages.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    pending: Vec<u8>,
    losing: bool,
}

impl Frames {
    /// Takes bytes as they came and gives those to hand on; `lose` is asked once per message.
    pub(crate) fn push(&mut self, bytes: &[u8], mut lose: impl FnMut() -> bool) -> Vec<u8> {
        self.pending.extend_from_slice(bytes);
        let mut out = Vec::new();
        let mut start = 0;
        while let Some((opcode, length)) = self.pending.get(start..).and_then(frame) {
            let Some(frame) = self.pending.get(start..start.saturating_add(length)) else { break };
            start += length;
            match opcode {
                // A message begins: text or binary.
                1 | 2 => self.losing = lose(),
                // Close, ping, pong.
                8.. => {
                    out.extend_from_slice(frame);
                    continue;
                }
                // It goes on.
                _ => {}
            }
            if !self.losing {
                out.extend_from_slice(frame);
            }
        }
        self.pending.drain(..start);
        out
    }
}

/// The opcode and whole length of the frame that these bytes begin with; none while its header is incomplete.
fn frame(bytes: &[u8]) -> Option<(u8, usize)> {
    let (first, second) = (bytes.first()?, bytes.get(1)?);
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (header, length) = match second & 0x7f {
        126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    Some((first & 0x0f, usize::try_from(length).ok()?.saturating_add(header + mask)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(words: &str) -> Vec<u8> {
        [vec![0x81, u8::try_from(words.len()).unwrap()], words.as_bytes().to_vec()].concat()
    }

    #[test]
    fn whole_messages_are_lost_and_control_frames_pass() {
        let ping = vec![0x89, 0];
        let stream = [text("one"), ping.clone(), text("two"), text("three")].concat();
        let mut number = 0;
        let lost_second = Frames::default().push(&stream, || {
            number += 1;
            number == 2
        });
        assert_eq!(lost_second, [text("one"), ping, text("three")].concat());
    }

    proptest! {
        #[test]
        fn without_a_loss_every_byte_passes_however_it_is_cut(
            sizes in proptest::collection::vec(0_usize..70_000, 0..4),
            cut in 1_usize..5_000,
        ) {
            let stream: Vec<u8> = sizes
                .iter()
                .flat_map(|size| {
                    let head = match size {
                        0..126 => vec![0x82, *size as u8],
                        126..65_536 => [vec![0x82, 126], (*size as u16).to_be_bytes().to_vec()].concat(),
                        _ => [vec![0x82, 127], (*size as u64).to_be_bytes().to_vec()].concat(),
                    };
                    [head, vec![7; *size]].concat()
                })
                .collect();
            let mut frames = Frames::default();
            let out: Vec<u8> = stream.chunks(cut).flat_map(|bytes| frames.push(bytes, || false)).collect();
            prop_assert_eq!(out, stream);
        }
    }

    #[test]
    fn filters_are_stripped_and_only_ids_asked_for() {
        let mut subscription = json!({
            "resourceType": "Subscription",
            "criteria": "Task?owner=PractitionerRole/osei",
            "_criteria": {"extension": [{"url": FILTER, "valueString": "Task?owner=x"}]},
            "channel": {"type": "websocket", "_payload": {"extension": [{"url": CONTENT, "valueCode": "full-resource"}]}},
        });
        assert!(strip_filters(subscription.as_object_mut().unwrap()));
        assert_eq!(
            subscription,
            json!({
                "resourceType": "Subscription",
                "criteria": "Task?",
                "channel": {"type": "websocket", "_payload": {"extension": [{"url": CONTENT, "valueCode": "id-only"}]}},
            })
        );
    }
}
