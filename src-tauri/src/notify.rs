//! Notifications: that something urgent came, or that the program locked itself. Never who, never what about.

use notify_rust::{Notification, Timeout};

/// Shows a notification; where the desktop takes none, the log says so.
pub(crate) fn show(title: &'static str, body: String) {
    // Talking to the desktop can block for as long as the desktop likes.
    std::thread::spawn(move || {
        let mut notification = Notification::new();
        notification.appname("Tern").summary(title).body(&body).timeout(Timeout::Milliseconds(20_000));
        #[cfg(all(unix, not(target_os = "macos")))]
        notification
            .urgency(notify_rust::Urgency::Critical)
            .hint(notify_rust::Hint::Category("im.received".to_owned()));
        if let Err(error) = notification.show() {
            tracing::info!(%error, "the desktop shows no notifications");
        }
    });
}
