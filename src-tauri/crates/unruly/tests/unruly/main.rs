//! Every quirk before a server that is otherwise right: each does what its sentence says.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly: that is what it is for")]

mod company;
mod control;
mod failing;
mod forms;
mod passing;
mod practice;
mod push;
mod reading;
mod records;
mod signing_in;
mod stage;
mod writing;

/// The scenes, as text: which quirks they name.
const SCENES: [&str; 7] = [
    include_str!("control.rs"),
    include_str!("failing.rs"),
    include_str!("forms.rs"),
    include_str!("passing.rs"),
    include_str!("reading.rs"),
    include_str!("signing_in.rs"),
    include_str!("writing.rs"),
];

#[test]
fn every_quirk_has_a_scene() {
    for quirk in tern_unruly::Quirk::ALL {
        let name = quirk.name();
        let named = |scenes: &str| {
            scenes.match_indices(name).any(|(at, _)| {
                let before = scenes[..at].chars().next_back();
                let after = scenes[at + name.len()..].chars().next();
                matches!(before, Some('"' | ',')) && matches!(after, Some('"' | ',' | '='))
            })
        };
        assert!(SCENES.iter().any(|scenes| named(scenes)), "no scene plays {name}");
    }
}
