//! Notifications: that something urgent came, that the program locked itself, that replies stayed here when it
//! ended, or that it cannot start. Never who, never what about.

use std::time::Duration;

use notify_rust::{Notification, Timeout};

/// Shows a notification, and does `opened` if the person presses it; where the desktop takes none, the log says so.
pub(crate) fn show(title: &'static str, body: String, opened: impl FnOnce() + Send + 'static) {
    // Talking to the desktop can block for as long as the desktop likes, and so can the person.
    std::thread::spawn(move || {
        let mut notification = Notification::new();
        notification.appname("Tern").summary(title).body(&body).timeout(Timeout::Milliseconds(20_000));
        #[cfg(all(unix, not(target_os = "macos")))]
        notification
            .urgency(notify_rust::Urgency::Critical)
            .hint(notify_rust::Hint::Category("im.received".to_owned()))
            // What a press on the notification itself does; desktops show no button for it.
            .action("default", title);
        match notification.show() {
            #[cfg(all(unix, not(target_os = "macos")))]
            Ok(shown) => shown.wait_for_action(|action| {
                if action == "default" {
                    opened();
                }
            }),
            // The system brings the program to the front by itself there.
            #[cfg(not(all(unix, not(target_os = "macos"))))]
            Ok(_) => drop(opened),
            Err(error) => tracing::info!(%error, "the desktop shows no notifications"),
        }
    });
}

/// Shows a notification before the program ends: waits until the desktop has it, for two seconds at most.
pub(crate) async fn last_word(title: &'static str, body: String) {
    let shown = tokio::task::spawn_blocking(move || {
        if let Err(error) = Notification::new().appname("Tern").summary(title).body(&body).show() {
            tracing::info!(%error, "the desktop shows no notifications");
        }
    });
    let _ = tokio::time::timeout(Duration::from_secs(2), shown).await;
}
