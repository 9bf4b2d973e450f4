//! The engine under drops, delays and kills.
