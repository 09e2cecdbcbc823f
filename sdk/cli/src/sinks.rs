//! Where one-time secrets go by themselves: a folder, or a program that takes them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy, Wait};
use tokio::io::AsyncWriteExt;

use crate::command_line::CommandLine;
use crate::handover::create_folder;

const LONGEST_COMMAND: Duration = Duration::from_secs(30);

/// Each secret becomes a file in this folder, readable for its owner alone.
#[derive(Debug)]
pub(crate) struct FolderSink {
    folder: PathBuf,
}

impl FolderSink {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn unusable(&self, error: std::io::Error) -> Error {
        let message = format!("the folder {} cannot take a secret: {}", self.folder.display(), error.kind());
        Error::new(ErrorKind::Unavailable, message)
            .with_remedy("make the folder of the sink writable for you")
            .with_source(error)
    }
}

#[async_trait]
impl Sink for FolderSink {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: false, reads_back: false }
    }

    async fn probe(&self) -> Result<()> {
        let made = create_folder(&self.folder).and_then(|()| tempfile::NamedTempFile::new_in(&self.folder));
        made.map(drop).map_err(|error| self.unusable(error))
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        write(&self.folder, label, secret).map_err(|error| self.unusable(error))
    }

    async fn stage(&self, _label: &str, _secret: &OneTimeSecret) -> Result<()> {
        Err(passwords_only())
    }

    async fn promote(&self, _label: &str) -> Result<()> {
        Err(passwords_only())
    }

    async fn discard(&self, _label: &str, _which: SinkCopy) -> Result<()> {
        Err(passwords_only())
    }

    async fn read_back(&self, _label: &str, _which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        Err(passwords_only())
    }
}

fn passwords_only() -> Error {
    Error::new(ErrorKind::Unsupported, "this sink takes passwords and keeps no credentials")
}

/// In one step, so that the file holds the whole secret or is not there. New files are their owner's alone.
fn write(folder: &Path, label: &str, secret: &OneTimeSecret) -> std::io::Result<()> {
    create_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", secret.expose())?;
    file.as_file().sync_all()?;
    file.persist(folder.join(file_name(label))).map(drop).map_err(|error| error.error)
}

fn file_name(label: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = label.chars().map(plain).collect();
    format!("{}.txt", name.trim_start_matches('.'))
}

/// A program takes each secret on its standard input, and what it is for in its environment.
#[derive(Debug)]
pub(crate) struct CommandSink {
    command: CommandLine,
    clock: Arc<dyn Clock>,
}

impl CommandSink {
    pub(crate) fn new(command: CommandLine, clock: Arc<dyn Clock>) -> Self {
        Self { command, clock }
    }

    fn failed(&self, what: impl std::fmt::Display) -> Error {
        let message = format!("the program {} did not take the secret: {what}", self.command);
        Error::new(ErrorKind::Unavailable, message).with_remedy("run it by hand to see what is wrong with it")
    }

    async fn run(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        // What it prints is nobody's business: it may be the secret.
        let mut child = self
            .command
            .to_command()
            .env("GUESTPASS_ACTION", "put")
            .env("GUESTPASS_LABEL", label)
            .envs(parts(label))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.failed(error.kind()))?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(secret.expose().as_bytes()).await.map_err(|error| self.failed(error.kind()))?;
            input.shutdown().await.map_err(|error| self.failed(error.kind()))?;
        }
        let status = child.wait().await.map_err(|error| self.failed(error.kind()))?;
        if status.success() { Ok(()) } else { Err(self.failed(status)) }
    }
}

#[async_trait]
impl Sink for CommandSink {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: false, reads_back: false }
    }

    /// Nothing is started: only its author knows what it does when it is.
    async fn probe(&self) -> Result<()> {
        if self.command.is_there() { Ok(()) } else { Err(self.failed("there is no such program")) }
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        tokio::select! {
            done = self.run(label, secret) => done,
            () = self.clock.sleep(LONGEST_COMMAND, Wait::Guard) => {
                Err(self.failed(format!("it did not end within {} s", LONGEST_COMMAND.as_secs())))
            }
        }
    }

    async fn stage(&self, _label: &str, _secret: &OneTimeSecret) -> Result<()> {
        Err(passwords_only())
    }

    async fn promote(&self, _label: &str) -> Result<()> {
        Err(passwords_only())
    }

    async fn discard(&self, _label: &str, _which: SinkCopy) -> Result<()> {
        Err(passwords_only())
    }

    async fn read_back(&self, _label: &str, _which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        Err(passwords_only())
    }
}

/// A label is `STORE/PERSON`, and what it is where it is no password.
fn parts(label: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let parts = label.splitn(3, '/').chain(std::iter::once("password"));
    ["GUESTPASS_STORE", "GUESTPASS_PERSON", "GUESTPASS_KIND"].into_iter().zip(parts)
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;

    use super::*;

    fn secret() -> OneTimeSecret {
        OneTimeSecret::new("marker-of-a-secret".to_owned().into())
    }

    #[tokio::test]
    async fn a_folder_takes_each_secret_as_a_file_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FolderSink::new(folder.path().join("secrets"));
        sink.probe().await.unwrap();
        sink.put("acme/sam/../password", &secret()).await.unwrap();
        let path = folder.path().join("secrets/acme-sam-..-password.txt");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "marker-of-a-secret\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(folder.path().join("file"), "").unwrap();
        let blocked = FolderSink::new(folder.path().join("file/secrets"));
        assert!(blocked.probe().await.is_err() && blocked.put("a/b/c", &secret()).await.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_gets_it_on_standard_input_and_what_it_is_in_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let sink = |text: &str| {
            let command = CommandLine::parse("command", text, folder.path()).unwrap();
            CommandSink::new(command, Arc::new(SystemClock::new()))
        };
        let script = r#"sh -c 'echo "$GUESTPASS_ACTION $GUESTPASS_STORE $GUESTPASS_PERSON $GUESTPASS_KIND $(cat)" > got'"#;
        sink(script).probe().await.unwrap();
        sink(script).put("acme/sam", &secret()).await.unwrap();
        let got = std::fs::read_to_string(folder.path().join("got")).unwrap();
        assert_eq!(got, "put acme sam password marker-of-a-secret\n");
        for bad in ["sh -c 'cat >&2; exit 3'", "guestpass-no-such-program", "./no-such-program"] {
            let error = sink(bad).put("acme/sam/password", &secret()).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("marker-"), "{error:?}");
        }
        assert!(sink("guestpass-no-such-program").probe().await.is_err());
        assert!(sink("./no-such-program").probe().await.is_err());
    }
}
