//! Packages from npm.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::say;
use crate::step::{command, output, run};
use std::fs;
use std::path::Path;

/// Beside the packages, the lockfile that they were installed from. npm's own
/// `.package-lock.json` is written in another form, and times of change do not survive a checkout.
const STAMP: &str = "node_modules/.installed-from.json";

/// `npm ci` in a folder, unless its lockfile is the one it was last done for.
pub(crate) fn install(checkout: &Checkout, folder: &str) -> Result {
    let folder = checkout.at(folder);
    let lockfile = folder.join("package-lock.json");
    let wanted = fs::read(&lockfile).map_err(Error::file("read", &lockfile))?;
    let stamp = folder.join(STAMP);
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let line = ["npm", "ci", "--no-audit", "--no-fund"].map(Into::into);
    run(command(&line)?.current_dir(&folder))?;
    fs::write(&stamp, wanted).map_err(Error::file("write", &stamp))
}

/// Unpacks a published package, `name@version`, into `target/<into>/package`, unless it is there.
pub(crate) fn unpack(checkout: &Checkout, package: &str, into: &str) -> Result {
    let into = checkout.out(into);
    let stamp = into.join("unpacked");
    if fs::read_to_string(&stamp).is_ok_and(|unpacked| unpacked == package) {
        return Ok(());
    }
    empty(&into)?;
    let line = ["npm", "pack", "--silent", package].map(Into::into);
    let printed = output(command(&line)?.current_dir(&into))?;
    let archive = printed.lines().last().ok_or_else(|| Error::other(format!("npm packed nothing for {package}")))?;
    // Every system we build on has a tar: Windows since 2018.
    let line = ["tar", "-xzf", archive].map(Into::into);
    run(command(&line)?.current_dir(&into))?;
    let archive = into.join(archive);
    fs::remove_file(&archive).map_err(Error::file("remove", &archive))?;
    fs::write(&stamp, package).map_err(Error::file("write", &stamp))?;
    say::line(&format!("{package} lies in {}", into.display()));
    Ok(())
}

/// An empty folder, whatever was there.
fn empty(folder: &Path) -> Result {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::file("empty", folder))?;
    }
    fs::create_dir_all(folder).map_err(Error::file("make", folder))
}
