//! Tern, the one-touch clinician inbox: the program itself.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    tern::run()
}
