//! A program that the configuration names, with its arguments. It is started without a shell.

use std::fmt;
use std::path::{Path, PathBuf};

use guestpass::{Error, Result};
use tokio::process::Command;

/// A program with its arguments, and the folder in which it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
}

impl CommandLine {
    /// Reads it as a shell would split it. It runs in `folder`, that of the configuration.
    pub(crate) fn parse(field: &str, text: &str, folder: &Path) -> Result<Self> {
        let mut words = shlex::split(text)
            .ok_or_else(|| Error::config(field, "holds a command with an open quote", "close the quote"))?
            .into_iter();
        let Some(program) = words.next().filter(|program| !program.is_empty()) else {
            return Err(Error::config(field, "names no program", "name a program and its arguments"));
        };
        // A bare name is looked up in PATH; a relative path belongs to the folder of the configuration, like a file.
        let is_path = program.contains(std::path::MAIN_SEPARATOR);
        let program = if is_path { folder.join(program) } else { program.into() };
        Ok(Self { program, arguments: words.collect(), folder: folder.to_owned() })
    }

    /// The command, ready to be started.
    pub(crate) fn to_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder);
        command
    }

    /// Whether there is such a program.
    pub(crate) fn is_there(&self) -> bool {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let is_bare = self.program.components().count() == 1;
        let in_path = std::env::split_paths(&folders).map(|folder| folder.join(&self.program));
        let named = std::iter::once(self.program.clone()).filter(|_| !is_bare);
        named.chain(in_path.filter(|_| is_bare)).any(|path| is_executable(&path))
    }
}

/// The program alone: arguments may hold what is nobody's business.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.program.display().fmt(f)
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}
