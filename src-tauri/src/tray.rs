//! The tray: how many wait, and a way back to the window.
//!
//! Closing the window keeps Tern here. Where the desktop has no tray (plain GNOME), closing minimises
//! instead, because a program that nobody can find again would watch nothing for anybody.

use tauri::{
    AppHandle, Runtime,
    menu::{Menu, MenuItem},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

use crate::{window, words::Words};

const TRAY: &str = "tern";

/// Puts the icon into the tray.
pub(crate) fn build<R: Runtime>(app: &AppHandle<R>, words: &Words) -> tauri::Result<()> {
    let menu = menu(app, words)?;
    let mut tray = TrayIconBuilder::with_id(TRAY)
        .tooltip("Tern")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| match event.id().as_ref() {
            "open" => window::show(app),
            "lock" => crate::commands::lock_from_tray(app),
            "quit" => crate::commands::quit_from_tray(app),
            _ => {}
        })
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                window::show(tray.app_handle());
            }
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    Ok(())
}

fn menu<R: Runtime>(app: &AppHandle<R>, words: &Words) -> tauri::Result<Menu<R>> {
    let open = MenuItem::with_id(app, "open", words.open, true, None::<&str>)?;
    let lock = MenuItem::with_id(app, "lock", words.lock, true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", words.quit, true, None::<&str>)?;
    Menu::with_items(app, &[&open, &lock, &quit])
}

/// Another language was chosen.
pub(crate) fn speak<R: Runtime>(app: &AppHandle<R>, words: &Words) {
    let Some(tray) = app.tray_by_id(TRAY) else { return };
    if let Err(error) = menu(app, words).and_then(|menu| tray.set_menu(Some(menu))) {
        tracing::debug!(%error, "the tray keeps its old language");
    }
}

/// Shows how many envelopes wait for the member, and how many of them are urgent. Numbers only.
pub(crate) fn show_count<R: Runtime>(app: &AppHandle<R>, mine: u32, urgent: u32, words: &Words) {
    say(app, (mine > 0).then(|| mine.to_string()), &words.waiting(mine, urgent));
}

/// Shows that nothing is watched: behind the deep lock, with so many replies not sent; or signed out.
pub(crate) fn show_unwatched<R: Runtime>(app: &AppHandle<R>, unsent: Option<u32>, words: &Words) {
    say(app, None, &unsent.map_or_else(|| "Tern".to_owned(), |unsent| words.locked(unsent)));
}

fn say<R: Runtime>(app: &AppHandle<R>, title: Option<String>, tooltip: &str) {
    let Some(tray) = app.tray_by_id(TRAY) else { return };
    if let Err(error) = tray.set_title(title).and_then(|()| tray.set_tooltip(Some(tooltip))) {
        tracing::debug!(%error, "the tray does not take a count");
    }
}

/// Whether closing the window can leave the program in a tray that somebody sees.
pub(crate) fn is_visible<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.tray_by_id(TRAY).is_some() && host_is_there()
}

#[cfg(target_os = "linux")]
fn host_is_there() -> bool {
    let asked = || -> zbus::Result<bool> {
        let bus = zbus::blocking::Connection::session()?;
        let answer = bus.call_method(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            Some("org.freedesktop.DBus"),
            "NameHasOwner",
            &"org.kde.StatusNotifierWatcher",
        )?;
        answer.body().deserialize()
    };
    asked().unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn host_is_there() -> bool {
    true
}
