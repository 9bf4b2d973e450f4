//! What goes wrong on the road, drawn anew again and again.

use rand::{RngExt as _, rngs::ChaCha8Rng, seq::IndexedRandom as _};
use tern_journeys::Failure;
use tern_unruly::Handle;

/// Every failure that a network or a server has, with the requests in a hundred that it strikes at most.
const FAULTS: &[(&str, u32)] = &[
    ("drop-before", 20),
    ("drop-after", 20),
    ("status-500", 15),
    ("status-503", 15),
    ("status-504", 15),
    ("status-429", 10),
    ("half-body", 15),
    ("html-200", 10),
];

/// One draw in so many cuts the road for its while.
const OUTAGES: u32 = 10;

/// Other weather, from now on.
pub(crate) fn turns(road: &Handle, dice: &mut ChaCha8Rng) -> Result<(), Failure> {
    if dice.random_ratio(1, OUTAGES) {
        road.offline(true);
        return Ok(());
    }
    let some = dice.random_range(2..=4);
    let drawn: Vec<_> = FAULTS.sample(dice, some).collect();
    let mut list: Vec<String> = drawn
        .into_iter()
        .map(|(name, most)| {
            let probability = f64::from(dice.random_range(3..=*most)) / 100.0;
            // Told to come back after no time at all: the wait would be a real second.
            let number = if *name == "status-429" { ":0" } else { "" };
            format!("{name}={probability}{number}")
        })
        .collect();
    list.push(format!("delay={}:0.2", dice.random_range(5..80)));
    road.set_list(&list.join(","))?;
    road.offline(false);
    Ok(())
}

/// Fair weather.
pub(crate) fn clears(road: &Handle) -> Result<(), Failure> {
    road.set_list("")?;
    road.offline(false);
    Ok(())
}
