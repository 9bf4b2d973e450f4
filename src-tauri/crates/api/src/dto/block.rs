use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{EnvelopeRow, UrgencyLevel};

/// What fits into the minutes that are left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct BlockRequest {
    /// Whole minutes that are left.
    pub minutes: u32,
    /// What the person passed over in this block: not offered again unless it became more urgent since.
    pub passed_over: Vec<PassedOver>,
    /// The thread that is on screen: it stays there as long as it can be started, whatever comes before it.
    pub under_hand: Option<String>,
}

/// A thread that was not for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PassedOver {
    /// Which.
    pub thread: String,
    /// How urgent it was then.
    pub urgency: UrgencyLevel,
}

/// What a block offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct BlockOffers {
    /// The one that was on screen, where it still waits.
    pub under_hand: Option<BlockOffer>,
    /// What is offered besides, as if that one had been done: in the order to work in, the first few.
    pub offers: Vec<BlockOffer>,
    /// How many fit, with the one on screen.
    pub fitting: u32,
    /// Minutes that these usually take the member, together.
    pub minutes: u32,
    /// How many are offered though they do not fit: what is urgent, and the one on screen.
    pub beyond: u32,
    /// The first that is left for another time.
    pub left_out: Option<EnvelopeRow>,
    /// How many are left for another time.
    pub left_out_count: u32,
}

/// Something to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct BlockOffer {
    /// The envelope.
    pub row: EnvelopeRow,
    /// It is likely to be ended in time; what is urgent is offered also where it is not.
    pub fits: bool,
}
