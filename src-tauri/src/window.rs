//! The one window.

use tauri::{AppHandle, Manager as _, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

/// Label of the window, which the capability names.
pub(crate) const MAIN: &str = "main";

/// Opens the window. Its position and size come back from the last time.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, visible: bool) -> tauri::Result<WebviewWindow<R>> {
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title("Tern")
        .inner_size(1280.0, 800.0)
        .min_inner_size(360.0, 400.0)
        .visible(visible)
        // The page is the program's own; a message that names an address never takes it elsewhere.
        .on_navigation(|url| {
            matches!(url.scheme(), "tauri") || matches!(url.host_str(), Some("tauri.localhost" | "localhost"))
        })
        .build()?;
    draw_as_this_machine_can(&window)?;
    Ok(window)
}

/// Without a graphics card (a virtual desktop, a remote one) WebKit would compose its layers by a graphics card that
/// the processor plays, which costs a tenth of a second at each scroll. Drawn straight, a frame costs a few
/// milliseconds.
#[cfg(target_os = "linux")]
fn draw_as_this_machine_can<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};
    if has_graphics_card() {
        return Ok(());
    }
    window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}

#[cfg(not(target_os = "linux"))]
fn draw_as_this_machine_can<R: Runtime>(_: &WebviewWindow<R>) -> tauri::Result<()> {
    Ok(())
}

/// Whether the kernel has anything to draw with: a render node.
#[cfg(target_os = "linux")]
fn has_graphics_card() -> bool {
    let nodes = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    nodes.into_iter().any(|node| node.file_name().as_encoded_bytes().starts_with(b"renderD"))
}

/// Brings the window back, from the tray or from behind.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window does not come back");
    }
}

/// Closing keeps Tern in the tray; where nobody would see it there, it minimises.
pub(crate) fn put_away<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let away = if crate::tray::is_visible(app) { window.hide() } else { window.minimize() };
    if let Err(error) = away {
        tracing::warn!(%error, "the window does not go away");
    }
}
