//! A window with nothing in it, of the toolkit that Tern's window is made with: the limit of what a window costs.
//!
//! It takes and ignores what Tern is started with, so that both are started alike. Its page says when it was first
//! painted, as Tern's does when envelopes are there.

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use tao::{
        event::{Event, WindowEvent},
        event_loop::{ControlFlow, EventLoop},
        platform::unix::WindowExtUnix as _,
        window::WindowBuilder,
    };
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};
    use wry::{WebContext, WebViewBuilder, WebViewBuilderExtUnix as _, WebViewExtUnix as _};

    const PAGE: &str = "<!doctype html><title>Empty</title><body>Empty<script>requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('envelopes')))</script>";

    let events = EventLoop::new();
    let window = WindowBuilder::new()
        .with_title("Empty")
        .with_inner_size(tao::dpi::LogicalSize::new(1280.0, 800.0))
        .build(&events)?;
    let mut context = WebContext::new(None);
    // As Tauri does where a driver is to look inside.
    if std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some() {
        context.set_allows_automation(true);
    }
    let inside = window.default_vbox().ok_or("a window with a box in it")?;
    let view = WebViewBuilder::new_with_web_context(&mut context).with_html(PAGE).build_gtk(inside)?;
    // As Tern does on such a machine: otherwise it would be compared with something slower than it is.
    let nodes = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let has_graphics_card = nodes.into_iter().any(|node| node.file_name().as_encoded_bytes().starts_with(b"renderD"));
    if !has_graphics_card && let Some(settings) = view.webview().settings() {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
    events.run(move |event, _, flow| {
        *flow = ControlFlow::Wait;
        if let Event::WindowEvent { event: WindowEvent::CloseRequested, .. } = event {
            *flow = ControlFlow::Exit;
        }
    });
}

#[cfg(not(target_os = "linux"))]
fn main() {}
