//! The shell: the only Tauri code.

/// Runs the program until its window and tray are gone; the exit code.
pub fn run() -> i32 {
    0
}
