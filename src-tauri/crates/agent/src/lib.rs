//! tern-agent: checks a server, and works without a screen.
