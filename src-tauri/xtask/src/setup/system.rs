//! Packages of the operating system.
//!
//! Debian, Ubuntu and Fedora are known here; anywhere else the reader is told what is needed, and the
//! run goes on, because it may well be there.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::say;
use crate::step::{command, run};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// To build, by Debian's names.
const DEBIAN_BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "cmake",
    "perl",
    "file",
    "xdg-utils",
    "curl",
    "ca-certificates",
    "git",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libayatana-appindicator3-dev",
    "libxdo-dev",
    "libssl-dev",
    "libdbus-1-dev",
    "patchelf",
    "rpm",
    "fakeroot",
    "dpkg-dev",
];

/// To test: a display, a keyring, a window manager, somebody who shows notifications, a driver for the
/// web view, and a font that is the same everywhere.
const DEBIAN_TEST: &[&str] = &[
    "xvfb",
    "xauth",
    "x11-utils",
    "imagemagick",
    "xdotool",
    "openbox",
    "dbus",
    "dbus-x11",
    "gnome-keyring",
    "libsecret-tools",
    "dunst",
    "libnotify-bin",
    "webkit2gtk-driver",
    "fonts-dejavu-core",
    "at-spi2-core",
    "python3",
    "python3-venv",
];

/// Fedora's names. Where a name has moved between releases, the file that is wanted stands instead:
/// dnf installs whatever provides it.
const FEDORA: &[&str] = &[
    "gcc",
    "gcc-c++",
    "make",
    "pkgconf-pkg-config",
    "cmake",
    "perl",
    "file",
    "xdg-utils",
    "curl",
    "ca-certificates",
    "git",
    "webkit2gtk4.1-devel",
    "gtk3-devel",
    "librsvg2-devel",
    "libayatana-appindicator-gtk3-devel",
    "libxdo-devel",
    "openssl-devel",
    "dbus-devel",
    "patchelf",
    "rpm-build",
    "fakeroot",
    "dpkg-dev",
    "/usr/bin/xvfb-run",
    "/usr/bin/xauth",
    "/usr/bin/xwininfo",
    "/usr/bin/import",
    "xdotool",
    "openbox",
    "/usr/bin/dbus-run-session",
    "dbus-x11",
    "gnome-keyring",
    "/usr/bin/secret-tool",
    "dunst",
    "/usr/bin/notify-send",
    "/usr/bin/WebKitWebDriver",
    "dejavu-sans-fonts",
    "at-spi2-core",
    "python3",
];

/// Installs what is missing; says so where it cannot.
pub(crate) fn install(_: &Checkout) -> Result {
    if !cfg!(target_os = "linux") {
        say::line("Needed: what https://v2.tauri.app/start/prerequisites lists for this system.");
        return Ok(());
    }
    let wanted: Vec<&str> = DEBIAN_BUILD.iter().chain(DEBIAN_TEST).copied().collect();
    if answers("dpkg-query") && answers("apt-get") {
        let missing = missing_deb(&wanted)?;
        if !missing.is_empty() {
            say::line(&format!("missing: {}", missing.join(" ")));
            as_root(&["apt-get", "update", "-q"], &[])?;
            let install = ["apt-get", "install", "-q", "-y", "--no-install-recommends"];
            as_root(&install, &missing)?;
        }
    } else if answers("rpm") && answers("dnf") {
        let missing: Vec<&str> = FEDORA.iter().copied().filter(|package| !is_installed_rpm(package)).collect();
        if !missing.is_empty() {
            say::line(&format!("missing: {}", missing.join(" ")));
            as_root(&["dnf", "install", "-y"], &missing)?;
        }
    } else {
        say::line("This system's packages are not known here. By Debian's names, needed are:");
        say::line(&wanted.join(" "));
    }
    Ok(())
}

/// Those that dpkg does not call installed: a removed package that left its configuration is still known.
fn missing_deb<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${Package} ${db:Status-Status}\n"]).args(wanted);
    // It complains of those it has never heard of, and lists the others all the same.
    let known = query.stderr(Stdio::null()).output().map_err(|source| Error::start(&query, source))?;
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let installed: BTreeSet<&str> = known.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(wanted.iter().copied().filter(|package| !installed.contains(package)).collect())
}

fn is_installed_rpm(package: &str) -> bool {
    quiet("rpm", &["--query", "--whatprovides", package])
}

/// Whether a program is there at all.
fn answers(program: &str) -> bool {
    quiet(program, &["--version"])
}

fn quiet(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs as root: directly when we are, otherwise by sudo, which asks on the terminal.
fn as_root(line: &[&str], packages: &[&str]) -> Result {
    let mut words: Vec<OsString> = Vec::new();
    if !is_root()? {
        // `env` inside: sudo hands on no variables.
        words.push("sudo".into());
    }
    words.push("env".into());
    words.push("DEBIAN_FRONTEND=noninteractive".into());
    words.extend(line.iter().chain(packages).map(OsString::from));
    run(&mut command(&words)?)
}

fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("-u").output();
    let id = id.map_err(|error| Error::other(format!("cannot tell who we are: {error}")))?;
    Ok(id.stdout.trim_ascii() == b"0")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_dpkg_has_never_heard_of_is_missing() -> Result {
        if !answers("dpkg-query") {
            return Ok(());
        }
        assert_eq!(missing_deb(&["dpkg", "no-such-package-anywhere"])?, ["no-such-package-anywhere"]);
        Ok(())
    }
}
