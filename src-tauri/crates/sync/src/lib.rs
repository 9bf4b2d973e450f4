//! The engine: pull, outbox, connectivity.
