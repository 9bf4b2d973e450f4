//! The cache, played by the people of a practice on real files.

mod file;
mod page;
mod scene;
mod search;
mod touch;
