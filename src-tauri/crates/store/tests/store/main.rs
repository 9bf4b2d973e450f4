//! The cache, played by the people of a practice on real files.

mod page;
mod scene;
mod touch;
