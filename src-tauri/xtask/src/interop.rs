//! Servers other than the one at hand: `tern-agent check` goes the whole way on each of them.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::practice::Practice;
use crate::step::{Step, command, run};
use std::fs;
use std::path::Path;

/// The steps: after them it is known on which servers Tern works.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::call("check: the practice", practice).after(&["build the programs", "search parameters"])]
}

/// Our own practice, as it is.
fn practice(checkout: &Checkout) -> Result {
    let folder = fresh(checkout, "practice")?;
    let practice = Practice::start(checkout, &folder, &[])?;
    let secret = folder.join("client-secret");
    private(&secret, &practice.ready.backend.client_secret)?;
    let mut check = command(&[checkout.program("tern-agent").into_os_string()])?;
    check.args(["check", "--write", "--server"]).arg(&practice.ready.base_url);
    check.arg("--ca").arg(&practice.ready.ca_file);
    check.arg("--client-id").arg(&practice.ready.backend.client_id);
    run(check.arg("--client-secret-file").arg(&secret))
}

/// An empty folder for one server.
fn fresh(checkout: &Checkout, name: &str) -> Result<std::path::PathBuf> {
    let folder = checkout.out("interop").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::file("empty", &folder))?;
    }
    fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
    Ok(folder)
}

/// Writes a file that only its owner may read.
fn private(path: &Path, text: &str) -> Result {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(Error::file("write", path))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(Error::file("write", path))
}
