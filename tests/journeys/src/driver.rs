//! WebKitWebDriver as a child process.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::{Failure, PATIENCE};

/// One driver drives one window.
pub struct Driver {
    child: Child,
    /// Where it listens on loopback.
    pub port: u16,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Driver {
    /// Starts a driver; the window it opens inherits `environment`, and its output goes to `log`.
    ///
    /// # Errors
    /// When the driver cannot be started or does not listen.
    pub async fn start(environment: &[(&str, String)], log: &Path) -> Result<Self, Failure> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = std::fs::File::create(log)?;
        let child = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("TAURI_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("WebKitWebDriver cannot be started ({error}): run `cargo xtask setup`"))?;
        let driver = Self { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if began.elapsed() > PATIENCE {
                return Err("WebKitWebDriver does not listen".into());
            }
            sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(driver)
    }
}
