//! The encrypted cache.
