//! The shell: the only Tauri code. It builds the parts, opens the one window, and carries each command to the
//! operation of the same name. What the program can do is in `tern-api`.
//!
//! ```text
//!   arguments ─> profile ─> parts (wiring: net, vault, the sample practice) ─> Program
//!                                                                              │   ^
//!      window, tray, notifications <── events (session, status, changed) ──────┘   │
//!      the page ── commands, each allowed once by name ────────────────────────────┘
//! ```

mod arguments;
mod commands;
mod events;
mod notify;
mod sample_practice;
mod system;
mod tray;
mod window;
mod wiring;
mod words;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser as _;
use tauri::{Manager as _, RunEvent, WindowEvent};
use tern_api::{
    dto::Language,
    profile::Profile,
    program::{Parts, Program},
};

use crate::{arguments::Arguments, words::Words};

/// Runs the program until its window and tray are gone; the exit code.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    match try_run(&arguments) {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            tracing::error!(%error, "tern cannot start");
            say_no_start(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Who starts it from a menu sees no standard error, and there is no window to say it in.
fn say_no_start(error: &dyn std::error::Error) {
    let words = Words::of(Language::System);
    tauri::async_runtime::block_on(notify::last_word(words.no_start_title, words.no_start(&error.to_string())));
}

/// Logs go to the standard error; `TERN_LOG` sets what (as `tracing` reads it).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TERN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn try_run(arguments: &Arguments) -> Result<i32, Box<dyn std::error::Error>> {
    let dir = arguments.profile_dir().ok_or("this system names no folder for a program's data")?;
    let profile = Profile::open(dir)?;
    #[expect(clippy::disallowed_methods, reason = "the macro's own: what a build script does when it cannot go on")]
    let mut context = tauri::generate_context!();
    // One program per profile, not per machine: two members may work side by side on two profiles.
    context.config_mut().identifier = format!("{}.{}", context.config().identifier, wiring::short_name(&profile));

    let registration = wiring::Registration {
        server: arguments.server.as_deref().map(wiring::spelt),
        client_id: arguments.client_id.clone(),
        redirect_port: arguments.redirect_port,
    };
    let parts = wiring::parts(&profile, registration)?;
    let app = builder(arguments.clone(), profile, parts).build(context)?;
    Ok(app.run_return(|app, event| match event {
        // The tray keeps the program; quitting is a word.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        RunEvent::WindowEvent { event: WindowEvent::CloseRequested { api, .. }, .. } => {
            api.prevent_close();
            window::put_away(app);
        }
        _ => {}
    }))
}

/// The program without its event loop.
fn builder(arguments: Arguments, profile: Profile, parts: Parts) -> tauri::Builder<tauri::Wry> {
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::show(app)))
        .plugin(tauri_plugin_opener::init())
        .plugin(window_state(profile.dir().join("window.json")))
        .invoke_handler(tauri::generate_handler![
            commands::session,
            commands::sign_in,
            commands::sign_in_cancel,
            commands::sign_in_page_open,
            commands::try_sample_practice,
            commands::sign_out,
            commands::lock_screen,
            commands::unlock,
            commands::unlock_by_browser,
            commands::set_pin,
            commands::rail,
            commands::envelopes,
            commands::block_offers,
            commands::search,
            commands::touch_start,
            commands::touch_view,
            commands::touch_current,
            commands::peek,
            commands::peek_end,
            commands::draft_save,
            commands::note_keep,
            commands::note_write,
            commands::reply_send,
            commands::touch_close,
            commands::touch_put_back,
            commands::touch_hand_on,
            commands::destinations,
            commands::decide,
            commands::undo,
            commands::message_retry,
            commands::message_edit,
            commands::message_discard,
            commands::message_send_anyway,
            commands::stuck_retry,
            commands::stuck_discard,
            commands::documents,
            commands::document_open,
            commands::document_bytes,
            commands::document_close,
            commands::document_file,
            commands::document_not_needed,
            commands::document_needed,
            commands::document_retry,
            commands::document_give_up,
            commands::status,
            commands::sync_now,
            commands::activity,
            commands::settings,
            commands::settings_save,
            commands::server_facts,
            commands::triage_table,
            commands::triage_save,
            commands::triage_preview,
            commands::red_flag_table,
            commands::red_flag_save,
            commands::red_flag_preview,
            commands::hours_table,
            commands::hours_save,
            commands::table_discard,
            commands::away,
            commands::away_save,
            commands::away_end,
            commands::digest,
            commands::digest_dismiss,
            commands::emergencies,
            commands::emergency_have,
            commands::emergency_table,
            commands::emergency_save,
            commands::webhook_try,
            commands::duty,
            commands::duty_save,
            commands::duty_end,
            commands::quit,
            commands::quit_asks,
        ])
        .setup(move |app| {
            let preset = arguments.server.as_deref().map(|server| (wiring::spelt(server), arguments.ca.clone()));
            let program = {
                let _runtime = tauri::async_runtime::handle().inner().enter();
                Program::new(parts, profile, preset)
            };
            let words = Words::of(program.settings_now().language);
            app.manage(commands::Browser(wiring::browser(app.handle(), arguments.browser.clone())));
            app.manage(Arc::clone(&program));
            app.manage(commands::QuitAsked::default());
            events::forward(app.handle(), &program);
            system::watch(app.handle(), &program);
            // What takes longest begins first: the web view's process and the file start while the tray is made.
            if let Err(error) = window::open(app.handle(), !arguments.hidden) {
                // What fails in here ends the program before anybody could say why.
                say_no_start(&error);
                return Err(error.into());
            }
            let watched = Arc::clone(&program);
            tauri::async_runtime::spawn(async move { program.resume().await });
            if let Err(error) = tray::build(app.handle(), words) {
                tracing::warn!(%error, "there is no tray");
            }
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(async move { events::catch_up(&handle, &watched).await });
            Ok(())
        })
}

/// Keeps where the window was, in the profile.
fn window_state<R: tauri::Runtime>(file: PathBuf) -> tauri::plugin::TauriPlugin<R> {
    use tauri_plugin_window_state::{Builder, StateFlags};
    Builder::new()
        .with_state_flags(StateFlags::POSITION | StateFlags::SIZE | StateFlags::MAXIMIZED | StateFlags::FULLSCREEN)
        .with_filename(file.to_string_lossy())
        .build()
}
