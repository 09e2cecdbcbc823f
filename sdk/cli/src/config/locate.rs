//! Where the configuration and the state are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use guestpass::{Error, ErrorKind, Result};

const FILE: &str = "guestpass.toml";

/// The configuration to read: the one that was named, else `./guestpass.toml`, else the user's own.
///
/// `GUESTPASS_CONFIG` counts as named: the command line already holds it.
pub(crate) fn config_file(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let own = base_folder("XDG_CONFIG_HOME", ".config").map(|base| base.join("guestpass").join(FILE));
    let found = [Some(PathBuf::from(FILE)), own.clone()].into_iter().flatten().find(|path| path.is_file());
    found.ok_or_else(|| {
        let also = own.map(|path| format!(" nor at {}", path.display())).unwrap_or_default();
        Error::new(ErrorKind::Config, format!("there is no configuration: neither {FILE} here{also}"))
            .with_remedy("write one with `guestpass init`, or name it with --config")
    })
}

/// Where budgets are kept: as named on the command line or in the environment, else as configured, else the user's own.
pub(crate) fn state_folder(named: Option<&Path>, configured: Option<&Path>) -> Result<PathBuf> {
    let usual = || base_folder("XDG_STATE_HOME", ".local/state").map(|base| base.join("guestpass"));
    named.or(configured).map(Path::to_owned).or_else(usual).ok_or_else(|| {
        Error::config("state_dir", "is not set and there is no home folder", "name one with --state-dir")
    })
}

/// A folder of the XDG base directory specification, which says that a relative path is to be ignored.
fn base_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    env::var_os(variable)
        .and_then(absolute)
        .or_else(|| env::var_os("HOME").and_then(absolute).map(|home| home.join(below_home)))
}
