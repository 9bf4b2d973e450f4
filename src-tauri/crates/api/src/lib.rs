//! What the program can do: one operation, one file.
