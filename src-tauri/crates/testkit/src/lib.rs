//! Personas, builders, fake clock, memory keyring.
