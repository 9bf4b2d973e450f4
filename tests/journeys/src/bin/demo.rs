//! Plays the scripted five minutes of the demo.
fn main() {}
