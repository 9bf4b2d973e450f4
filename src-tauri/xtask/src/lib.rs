//! cargo xtask: setup, demo, test, check, bench, package.
