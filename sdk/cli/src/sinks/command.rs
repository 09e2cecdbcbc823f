//! A program takes secrets on its standard input, and what is to be done in its environment.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy, Wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::copies::{LARGEST_SECRET, as_secret};
use crate::command_line::CommandLine;

const LONGEST_COMMAND: Duration = Duration::from_secs(30);

/// A program that somebody else wrote, for example for a secret manager.
#[derive(Debug)]
pub(crate) struct CommandSink {
    command: CommandLine,
    reads_back: bool,
    clock: Arc<dyn Clock>,
}

/// One call of it.
struct Call<'a> {
    action: &'static str,
    label: &'a str,
    copy: Option<SinkCopy>,
    secret: Option<&'a OneTimeSecret>,
}

impl<'a> Call<'a> {
    fn new(action: &'static str, label: &'a str) -> Self {
        Self { action, label, copy: None, secret: None }
    }

    fn with(mut self, secret: &'a OneTimeSecret) -> Self {
        self.secret = Some(secret);
        self
    }

    fn on(mut self, copy: SinkCopy) -> Self {
        self.copy = Some(copy);
        self
    }

    /// What stands in the environment of the program.
    fn environment(&self) -> Vec<(&'static str, &'a str)> {
        let (store, name) = self.label.split_once('/').unwrap_or((self.label, ""));
        let mut all = vec![
            ("GUESTPASS_ACTION", self.action),
            ("GUESTPASS_LABEL", self.label),
            ("GUESTPASS_STORE", store),
        ];
        if self.action == PUT {
            all.extend([("GUESTPASS_PERSON", name), ("GUESTPASS_KIND", "password")]);
        } else {
            all.push(("GUESTPASS_CREDENTIAL", name));
        }
        all.extend(self.copy.map(|copy| ("GUESTPASS_COPY", copy.as_str())));
        all
    }
}

const PUT: &str = "put";
const READ: &str = "read";

impl CommandSink {
    /// A program that can give back what it keeps, or cannot.
    pub(crate) fn new(command: CommandLine, reads_back: bool, clock: Arc<dyn Clock>) -> Self {
        Self { command, reads_back, clock }
    }

    fn failed(&self, action: &str, what: impl std::fmt::Display) -> Error {
        let message = format!("the program {} did not do its `{action}`: {what}", self.command);
        Error::new(ErrorKind::Unavailable, message).with_remedy("run it by hand to see what is wrong with it")
    }

    /// Runs it to its end. Gives what it printed, where it was asked to give a secret back.
    async fn call(&self, call: Call<'_>) -> Result<Vec<u8>> {
        let action = call.action;
        tokio::select! {
            done = self.run(call) => done,
            () = self.clock.sleep(LONGEST_COMMAND, Wait::Guard) => {
                Err(self.failed(action, format!("it did not end within {} s", LONGEST_COMMAND.as_secs())))
            }
        }
    }

    async fn run(&self, call: Call<'_>) -> Result<Vec<u8>> {
        let failed = |what: &dyn std::fmt::Display| self.failed(call.action, what);
        let pipe_if = |wanted: bool| if wanted { Stdio::piped() } else { Stdio::null() };
        // What it prints otherwise is nobody's business: it may be the secret.
        let mut child = self
            .command
            .to_command()
            .envs(call.environment())
            .stdin(pipe_if(call.secret.is_some()))
            .stdout(pipe_if(call.action == READ))
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error.kind()))?;
        if let (Some(mut input), Some(secret)) = (child.stdin.take(), call.secret) {
            input.write_all(secret.expose().as_bytes()).await.map_err(|error| failed(&error.kind()))?;
            input.shutdown().await.map_err(|error| failed(&error.kind()))?;
        }
        let mut printed = Vec::new();
        if let Some(output) = child.stdout.take() {
            let read = output.take(LARGEST_SECRET + 1).read_to_end(&mut printed).await;
            read.map_err(|error| failed(&error.kind()))?;
            if printed.len() as u64 > LARGEST_SECRET {
                return Err(failed(&"it prints more than any credential has"));
            }
        }
        let status = child.wait().await.map_err(|error| failed(&error.kind()))?;
        if status.success() { Ok(printed) } else { Err(failed(&status)) }
    }
}

#[async_trait]
impl Sink for CommandSink {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: true, reads_back: self.reads_back }
    }

    /// Nothing is started: only its author knows what it does when it is.
    async fn probe(&self) -> Result<()> {
        if self.command.is_there() { Ok(()) } else { Err(self.failed("probe", "there is no such program")) }
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        self.call(Call::new(PUT, label).with(secret)).await.map(drop)
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        self.call(Call::new("stage", label).with(secret)).await.map(drop)
    }

    async fn promote(&self, label: &str) -> Result<()> {
        self.call(Call::new("promote", label)).await.map(drop)
    }

    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()> {
        self.call(Call::new("discard", label).on(which)).await.map(drop)
    }

    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        if !self.reads_back {
            let message = format!("the program {} gives nothing back", self.command);
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_remedy("teach it GUESTPASS_ACTION=read, and write reads_back = true into its sink"));
        }
        let printed = self.call(Call::new(READ, label).on(which)).await?;
        as_secret(printed).map_err(|problem| self.failed(READ, format!("what it printed {problem}")))
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::path::Path;

    use guestpass::SystemClock;

    use super::*;

    fn secret() -> OneTimeSecret {
        OneTimeSecret::new("marker-of-a-secret".to_owned().into())
    }

    fn sink(text: &str, folder: &Path) -> CommandSink {
        let command = CommandLine::parse("command", text, folder).unwrap();
        CommandSink::new(command, true, Arc::new(SystemClock::new()))
    }

    #[tokio::test]
    async fn it_gets_a_password_on_standard_input_and_what_it_is_in_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let sink = |text: &str| sink(text, folder.path());
        let script = r#"sh -c 'echo "$GUESTPASS_ACTION $GUESTPASS_STORE $GUESTPASS_PERSON $GUESTPASS_KIND $(cat)" > got'"#;
        sink(script).probe().await.unwrap();
        sink(script).put("acme/sam", &secret()).await.unwrap();
        let got = std::fs::read_to_string(folder.path().join("got")).unwrap();
        assert_eq!(got, "put acme sam password marker-of-a-secret\n");
        for bad in ["sh -c 'cat >&2; exit 3'", "guestpass-no-such-program", "./no-such-program"] {
            let error = sink(bad).put("acme/sam", &secret()).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("marker-"), "{error:?}");
        }
        assert!(sink("guestpass-no-such-program").probe().await.is_err());
        assert!(sink("./no-such-program").probe().await.is_err());
    }

    #[tokio::test]
    async fn it_keeps_a_credential_with_its_copies() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"set -eu
            echo "$GUESTPASS_ACTION ${GUESTPASS_COPY:--} $GUESTPASS_STORE $GUESTPASS_CREDENTIAL $GUESTPASS_LABEL" >> calls
            case "$GUESTPASS_ACTION" in
            stage) cat > staged ;;
            promote) if [ -e staged ]; then if [ -e live ]; then mv live previous; fi; mv staged live; fi ;;
            discard) rm -f "$GUESTPASS_COPY" ;;
            read) if [ -e "$GUESTPASS_COPY" ]; then cat "$GUESTPASS_COPY"; fi ;;
            *) exit 1 ;;
            esac"#;
        std::fs::write(folder.path().join("keep.sh"), script).unwrap();
        let sink = sink("sh keep.sh", folder.path());
        let label = "acme/web";
        assert_eq!(sink.read_back(label, SinkCopy::Live).await.unwrap(), None);
        sink.stage(label, &secret()).await.unwrap();
        assert_eq!(sink.read_back(label, SinkCopy::Staged).await.unwrap(), Some(secret()));
        sink.promote(label).await.unwrap();
        sink.promote(label).await.unwrap();
        assert_eq!(sink.read_back(label, SinkCopy::Live).await.unwrap(), Some(secret()));
        sink.discard(label, SinkCopy::Previous).await.unwrap();
        let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
        assert!(calls.contains("stage - acme web acme/web\n"), "{calls}");
        assert!(calls.contains("discard previous acme web acme/web\n"), "{calls}");
        assert!(sink.put(label, &secret()).await.is_err(), "its author did not think of passwords");
    }

    #[tokio::test]
    async fn what_it_prints_is_bounded_and_asked_for_only_if_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let endless = sink("sh -c 'head -c 70000 /dev/zero'", folder.path());
        let error = endless.read_back("acme/web", SinkCopy::Live).await.unwrap_err();
        assert!(error.to_string().contains("prints more than any credential has"), "{error}");
        let command = CommandLine::parse("command", "sh -c 'echo x >> started'", folder.path()).unwrap();
        let mute = CommandSink::new(command, false, Arc::new(SystemClock::new()));
        assert!(!mute.abilities().reads_back);
        let error = mute.read_back("acme/web", SinkCopy::Live).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        mute.probe().await.unwrap();
        assert!(!folder.path().join("started").exists(), "neither a probe nor a refusal starts it");
    }
}
