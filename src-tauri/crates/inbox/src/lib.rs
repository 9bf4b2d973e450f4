//! The domain of a clinician's inbox: nouns and rules, no I/O, no clock.
