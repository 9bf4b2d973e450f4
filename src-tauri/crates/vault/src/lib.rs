//! The OS keyring, and secrets that cannot be printed.
