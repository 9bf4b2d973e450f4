//! A session bus of a journey's own, with a keyring on it that is there, locked, or missing.
//!
//! The suite's own bus has an open keyring, and a journey that locked that one would lock it for every other.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::{Failure, PATIENCE};

/// How the keyring on the bus stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyring {
    /// Open, as after signing in to the desktop.
    Open,
    /// There, but locked, and nobody is there to type its password.
    Locked,
    /// No keyring at all.
    Missing,
}

/// A bus and its keyring, both of which end with it.
pub struct Bus {
    children: Vec<Child>,
    // The keyring goes on reading its password until it is told that this was all.
    _password: Option<ChildStdin>,
    /// What `DBUS_SESSION_BUS_ADDRESS` is for programs on it.
    pub address: String,
}

impl Drop for Bus {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Bus {
    /// Starts one. `dir` keeps the keyring: the same folder again is the same keyring.
    ///
    /// # Errors
    /// When a daemon cannot be started or does not come onto the bus.
    pub async fn start(dir: &Path, keyring: Keyring) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        // Names no service folder, so that nothing is started by being asked for.
        let configuration = dir.join("bus.conf");
        std::fs::write(
            &configuration,
            format!(
                r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
                dir.display()
            ),
        )?;
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", configuration.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().ok_or("no output")?).read_line(&mut address)?;
        let mut bus = Self { children: vec![daemon], _password: None, address: address.trim().to_owned() };
        if keyring != Keyring::Missing {
            bus.keep_secrets(dir, keyring).await?;
        }
        Ok(bus)
    }

    async fn keep_secrets(&mut self, dir: &Path, keyring: Keyring) -> Result<(), Failure> {
        let run = dir.join("run");
        let _ = std::fs::remove_dir_all(&run);
        std::fs::create_dir_all(&run)?;
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if keyring == Keyring::Open {
            command.arg("--unlock");
        }
        let mut daemon = command
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("XDG_DATA_HOME", dir)
            .env("XDG_RUNTIME_DIR", &run)
            .env_remove("GNOME_KEYRING_CONTROL")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        if keyring == Keyring::Open {
            // Its end is the end of the password.
            daemon.stdin.take().ok_or("no input")?.write_all(b"a journey's password")?;
        } else {
            self._password = daemon.stdin.take();
        }
        self.children.push(daemon);
        let began = tokio::time::Instant::now();
        while !self.has("org.freedesktop.secrets").await? {
            if began.elapsed() > PATIENCE {
                return Err("the keyring does not come onto the bus".into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn has(&self, name: &str) -> Result<bool, Failure> {
        let connection = zbus::connection::Builder::address(self.address.as_str())?.build().await?;
        let bus = Some("org.freedesktop.DBus");
        let answer = connection.call_method(bus, "/org/freedesktop/DBus", bus, "NameHasOwner", &name).await?;
        Ok(answer.body().deserialize()?)
    }
}
