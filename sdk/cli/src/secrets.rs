//! Secrets by reference: `env:NAME`, `file:PATH`, `cmd:PROGRAM args…`. Read when first needed, and again when refused.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Clock, Error, ExposeSecret, LoadedSecret, Result, SecretSource, SecretString, Wait};
use tokio::io::AsyncReadExt;

use crate::command_line::CommandLine;
use crate::output::warn;

const LARGEST_SECRET: u64 = 64 * 1024;
const LONGEST_COMMAND: Duration = Duration::from_secs(30);

/// Where a secret is to be found. Never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretReference {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
    /// The standard output of a program, started without a shell.
    Command(CommandLine),
}

impl SecretReference {
    /// Reads a reference from the configuration; paths are relative to `folder`. `None` when the text is no reference,
    /// and so perhaps a secret itself.
    pub(crate) fn parse(field: &str, text: &str, folder: &Path) -> Option<Result<Self>> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "env" => Some(filled(field, rest, Self::Env(rest.to_owned()))),
            "file" => Some(filled(field, rest, Self::File(folder.join(rest)))),
            "cmd" => Some(CommandLine::parse(field, rest, folder).map(Self::Command)),
            _ => None,
        }
    }

    /// The source that reads this reference each time its value is needed anew.
    pub(crate) fn source(self, field: &str, clock: Arc<dyn Clock>) -> Arc<dyn SecretSource> {
        let field = field.to_owned();
        let file = match &self {
            Self::File(path) => Some(path.clone()),
            Self::Env(_) | Self::Command(_) => None,
        };
        let named = field.clone();
        let secret = LoadedSecret::new(move || {
            let (reference, field, clock) = (self.clone(), field.clone(), clock.clone());
            Box::pin(async move { reference.read(&field, clock.as_ref()).await })
        });
        let Some(path) = file else { return Arc::new(secret) };
        Arc::new(secret.storing(move |value| {
            let (path, field) = (path.clone(), named.clone());
            Box::pin(async move { write_file(&field, &path, &value) })
        }))
    }

    async fn read(&self, field: &str, clock: &dyn Clock) -> Result<SecretString> {
        let value = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| {
                let problem = format!("refers to the environment variable {name}, which is not set");
                Error::config(field, problem, format!("set {name} to the secret"))
            })?,
            Self::File(path) => read_file(field, path)?,
            Self::Command(command) => {
                let run = read_command(field, command);
                tokio::select! {
                    value = run => value?,
                    () = clock.sleep(LONGEST_COMMAND, Wait::Guard) => {
                        let seconds = LONGEST_COMMAND.as_secs();
                        let problem = format!("refers to {command}, which did not end within {seconds} s");
                        return Err(Error::config(field, problem, "make it print the secret and end"));
                    }
                }
            }
        };
        let value = value.strip_suffix('\n').map_or(value.as_str(), |v| v.strip_suffix('\r').unwrap_or(v));
        if value.is_empty() {
            return Err(Error::config(field, "refers to something empty", "put the secret there"));
        }
        Ok(SecretString::from(value))
    }
}

fn filled<T>(field: &str, text: &str, value: T) -> Result<T> {
    if text.trim().is_empty() {
        let remedy = "write env:NAME, file:PATH or cmd:PROGRAM with something after the colon";
        return Err(Error::config(field, "is an empty reference", remedy));
    }
    Ok(value)
}

fn read_file(field: &str, path: &Path) -> Result<String> {
    let unreadable = |error: std::io::Error| {
        let problem =
            format!("refers to the file {}, which cannot be read: {}", path.display(), error.kind());
        Error::config(field, problem, "make it readable for you, and for you alone")
    };
    let file = File::open(path).map_err(unreadable)?;
    warn_if_shared(path, &file);
    let mut text = Vec::new();
    file.take(LARGEST_SECRET + 1).read_to_end(&mut text).map_err(unreadable)?;
    as_text(field, &format!("the file {}", path.display()), text)
}

/// Puts a new value in the file's place in one step, so that the file holds the old value or the new one, never half.
fn write_file(field: &str, path: &Path, value: &SecretString) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut next| {
        writeln!(next, "{}", value.expose_secret())?;
        next.as_file().sync_all()?;
        next.persist(path).map_err(|error| error.error)
    });
    written.map(drop).map_err(|error| {
        let problem =
            format!("refers to the file {}, which cannot be written: {}", path.display(), error.kind());
        Error::config(field, problem, "make the file and its folder writable for you")
    })
}

async fn read_command(field: &str, command: &CommandLine) -> Result<String> {
    let failed = |what: String| {
        let problem = format!("refers to the program {command}, {what}");
        Error::config(field, problem, "run it by hand to see what is wrong with it")
    };
    let mut child = command
        .to_command()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("which cannot be started: {}", error.kind())))?;
    let mut text = Vec::new();
    if let Some(output) = child.stdout.take() {
        let read = output.take(LARGEST_SECRET + 1).read_to_end(&mut text).await;
        read.map_err(|error| failed(format!("whose output cannot be read: {}", error.kind())))?;
    }
    let text = as_text(field, &format!("the output of {command}"), text)?;
    let status = child.wait().await.map_err(|error| failed(format!("which was lost: {}", error.kind())))?;
    if !status.success() {
        return Err(failed(format!("which failed ({status})")));
    }
    Ok(text)
}

fn as_text(field: &str, what: &str, bytes: Vec<u8>) -> Result<String> {
    if bytes.len() as u64 > LARGEST_SECRET {
        let problem = format!("refers to {what}, which is larger than {LARGEST_SECRET} bytes");
        return Err(Error::config(field, problem, "put only the secret there"));
    }
    // The error of the conversion would hold the bytes, so it is dropped.
    String::from_utf8(bytes).map_err(|_| {
        Error::config(field, format!("refers to {what}, which is no text"), "put only the secret there")
    })
}

#[cfg(unix)]
fn warn_if_shared(path: &Path, file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let shared = file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if shared {
        warn(&format!("others can read the secret in {0}; next: chmod 600 {0}", path.display()));
    }
}

#[cfg(not(unix))]
fn warn_if_shared(_path: &Path, _file: &File) {}

#[cfg(test)]
mod tests {
    use guestpass::{ErrorKind, ExposeSecret, SystemClock};

    use super::*;

    async fn read(text: &str, folder: &Path) -> Result<String> {
        let reference = SecretReference::parse("token", text, folder).unwrap()?;
        let secret = reference.source("token", Arc::new(SystemClock::new())).current().await?;
        Ok(secret.expose_secret().to_owned())
    }

    fn folder_with_secret() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "hush\n").unwrap();
        folder
    }

    #[tokio::test]
    async fn a_renewed_secret_is_written_back_into_its_file_and_nowhere_else() {
        let folder = folder_with_secret();
        let source = |text: &str| {
            let reference = SecretReference::parse("token", text, folder.path()).unwrap().unwrap();
            reference.source("token", Arc::new(SystemClock::new()))
        };
        source("file:token").replace(SecretString::from("renewed")).await.unwrap();
        assert_eq!(read("file:token", folder.path()).await.unwrap(), "renewed");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("token")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!source("env:HOME").is_replaceable() && !source("cmd:true").is_replaceable());
        let error = source("file:no/such/folder/token").replace(SecretString::from("x")).await.unwrap_err();
        assert!(error.to_string().contains("`token`"), "{error}");
    }

    #[tokio::test]
    async fn files_and_commands_are_found_from_the_configuration() {
        let folder = folder_with_secret();
        assert_eq!(read("file:token", folder.path()).await.unwrap(), "hush");
        #[cfg(unix)]
        {
            assert_eq!(read("cmd:cat token", folder.path()).await.unwrap(), "hush");
            assert_eq!(read("cmd:printf '%s %s' 'two words' x", folder.path()).await.unwrap(), "two words x");
            assert_eq!(
                read("cmd:echo $HOME;ls", folder.path()).await.unwrap(),
                "$HOME;ls",
                "there is no shell in between"
            );
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_names_the_field_and_never_the_value() {
        let folder = folder_with_secret();
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        std::fs::write(folder.path().join("large"), vec![b'x'; 70_000]).unwrap();
        let bad = [
            "env:GUESTPASS_TEST_NOT_SET",
            "file:nowhere",
            "file:empty",
            "file:large",
            "cmd:nonexistent-program-of-guestpass",
            "cmd:sh -c 'echo hush; exit 3'",
        ];
        for text in bad {
            let error = read(text, folder.path()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(error.to_string().starts_with("`token` refers to"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
    }

    #[test]
    fn references_are_told_from_secrets() {
        let folder = Path::new("/etc");
        let parse = |text| SecretReference::parse("token", text, folder);
        assert_eq!(parse("env:X").unwrap().unwrap(), SecretReference::Env("X".into()));
        assert_eq!(parse("file:x").unwrap().unwrap(), SecretReference::File("/etc/x".into()));
        assert!(parse("abcdef").is_none());
        assert!(parse("https://x").is_none());
        for empty in ["env:", "file: ", "cmd:"] {
            assert!(parse(empty).unwrap().is_err(), "{empty}");
        }
        assert!(parse("cmd:a 'b").unwrap().is_err());
    }

    #[tokio::test]
    async fn a_refused_secret_is_read_again() {
        let folder = folder_with_secret();
        let reference = SecretReference::parse("token", "file:token", folder.path()).unwrap().unwrap();
        let source = reference.source("token", Arc::new(SystemClock::new()));
        let first = source.current().await.unwrap();
        std::fs::write(folder.path().join("token"), "fresh").unwrap();
        assert!(source.refused(&first).await.unwrap());
        assert_eq!(source.current().await.unwrap().expose_secret(), "fresh");
    }
}
