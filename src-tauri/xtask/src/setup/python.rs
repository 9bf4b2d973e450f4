//! Tools from PyPI, in an environment of their own under `target/venv`.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::step::{command, run};
use std::fs;

/// Installs `requirements.txt`, unless that very text is installed.
pub(crate) fn install(checkout: &Checkout) -> Result {
    let list = checkout.at("src-tauri/xtask/requirements.txt");
    let wanted = fs::read(&list).map_err(Error::file("read", &list))?;
    let venv = checkout.out("venv");
    let stamp = venv.join("installed-from.txt");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    let mut make = command(&[python, "-m", "venv", "--clear"].map(Into::into))?;
    run(make.arg(&venv))?;
    let mut fill = command(&[checkout.tool("python").into_os_string()])?;
    fill.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    run(fill.arg("--requirement").arg(&list))?;
    fs::write(&stamp, wanted).map_err(Error::file("write", &stamp))
}
