//! Runs a step, compares it with the truth, and says what happened.

use std::path::Path;

use clap::Parser;
use guestpass::{Error, ErrorKind};
use serde::Serialize;

use super::capture::Capture;
use crate::args::{Cli, Command};
use crate::clock::ForwardClock;
use crate::exit::{Exit, Failure};
use crate::fake_world::{FakePlatform, FakeWorld};
use crate::output::{Output, Report, Table};
use crate::run;
use crate::session::Session;

/// The one who tells the story.
#[derive(Debug)]
pub(super) struct Narrator<'a> {
    pub(super) session: &'a Session,
    pub(super) world: &'a FakeWorld,
    pub(super) clock: &'a ForwardClock,
    /// Where the configuration is, and the files of whoever uses a credential.
    pub(super) folder: &'a Path,
    out: &'a mut Output,
    steps: Vec<StepRecord>,
    /// A limit on requests that several steps share, and whether it was kept.
    limits: Vec<Limit>,
}

#[derive(Debug, Serialize)]
struct StepRecord {
    title: String,
    platform: Option<&'static str>,
    command: Option<String>,
    exit_code: Option<u8>,
    /// Requests that the platform's scarcest budget was charged.
    metered_requests: usize,
    other_requests: usize,
    ok: bool,
    /// What was not as it should be.
    mismatches: Vec<String>,
}

impl StepRecord {
    fn truth(&self) -> &'static str {
        match (self.exit_code, self.ok) {
            (None, _) => "-",
            (Some(_), true) => "matches",
            (Some(_), false) => "DIFFERS",
        }
    }
}

#[derive(Debug, Serialize)]
struct Limit {
    what: String,
    metered_requests: usize,
    at_most: usize,
    ok: bool,
}

#[derive(Serialize)]
struct Summary<'a> {
    ok: bool,
    steps: &'a [StepRecord],
    limits: &'a [Limit],
}

/// Compares the fake with what a command said: sentences that must be true, and whether they are.
pub(super) type Truths<'a> = Box<dyn Fn(&str) -> Vec<(&'static str, bool)> + 'a>;

/// What a step should show.
pub(super) struct Expected<'a> {
    pub(super) exit: Exit,
    pub(super) truths: Truths<'a>,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(
        session: &'a Session,
        world: &'a FakeWorld,
        clock: &'a ForwardClock,
        folder: &'a Path,
        out: &'a mut Output,
    ) -> Self {
        Self { session, world, clock, folder, out, steps: Vec::new(), limits: Vec::new() }
    }

    /// Starts a chapter.
    pub(super) fn chapter(&mut self, title: &str) -> Result<(), Failure> {
        self.say(&format!("{title}\n{}", "=".repeat(title.len())))
    }

    /// Runs a command as if it had been typed. Gives how many metered requests it cost.
    pub(super) async fn step(
        &mut self,
        platform: &FakePlatform,
        title: &str,
        words: &[&str],
        expected: Expected<'_>,
    ) -> Result<usize, Failure> {
        let before = platform.requests();
        let said = Capture::default();
        let mut out = Output::new(false, Box::new(said.clone()));
        let exit = match self.run(words, &mut out).await {
            Ok(exit) => exit,
            Err(Failure::Error(error)) => {
                out.text(&error.to_string())?;
                Exit::of(&error)
            }
            Err(other) => return Err(other),
        };
        let said = said.text();
        let after = platform.requests();
        let mut mismatches: Vec<_> = (expected.truths)(&said)
            .into_iter()
            .filter(|(_, holds)| !holds)
            .map(|(sentence, _)| sentence.to_owned())
            .collect();
        if exit != expected.exit {
            mismatches.push(format!("the exit code is {}", expected.exit as u8));
        }
        let record = StepRecord {
            title: title.to_owned(),
            platform: Some(platform.title),
            command: Some(command_line(words)),
            exit_code: Some(exit as u8),
            metered_requests: after.0 - before.0,
            other_requests: after.1 - before.1,
            ok: mismatches.is_empty(),
            mismatches,
        };
        self.tell(record, &said)
    }

    /// Lets something happen in the store without us.
    pub(super) fn meanwhile(&mut self, title: &str, happening: impl FnOnce()) -> Result<(), Failure> {
        happening();
        let record = StepRecord {
            title: title.to_owned(),
            platform: None,
            command: None,
            exit_code: None,
            metered_requests: 0,
            other_requests: 0,
            ok: true,
            mismatches: Vec::new(),
        };
        self.tell(record, "").map(|_| ())
    }

    /// Says whether several steps together stayed within a number of requests.
    pub(super) fn limit(&mut self, what: &str, metered_requests: usize, at_most: usize) {
        let ok = metered_requests <= at_most;
        self.limits.push(Limit { what: what.to_owned(), metered_requests, at_most, ok });
    }

    /// Shows the summary. Gives whether everything was as it should be.
    pub(super) fn end(self) -> Result<bool, Failure> {
        let ok = self.steps.iter().all(|step| step.ok) && self.limits.iter().all(|limit| limit.ok);
        self.out.show(&Summary { ok, steps: &self.steps, limits: &self.limits })?;
        Ok(ok)
    }

    async fn run(&self, words: &[&str], out: &mut Output) -> Result<Exit, Failure> {
        let cli = Cli::try_parse_from(std::iter::once(&"guestpass").chain(words)).map_err(|error| {
            Error::new(ErrorKind::Internal, "the demonstration typed a wrong command").with_source(error)
        })?;
        match cli.command {
            Command::Store(command) => Box::pin(run::on_stores(command, self.session, out)).await,
            Command::Grant(command) => Box::pin(run::on_grants(command, self.session, out)).await,
            Command::Rotation(command) => Box::pin(run::on_credentials(command, self.session, out)).await,
            Command::Inside(command) => Box::pin(run::on_inside(command, self.session, out)).await,
            _ => Ok(Exit::Failed),
        }
    }

    fn tell(&mut self, record: StepRecord, said: &str) -> Result<usize, Failure> {
        let number = self.steps.len() + 1;
        let mut text = format!("{number}. {}\n", record.title);
        if let Some(command) = &record.command {
            text.push_str(&format!("   $ {command}\n"));
        }
        for line in said.lines() {
            text.push_str(format!("   | {line}").trim_end());
            text.push('\n');
        }
        if let Some(code) = record.exit_code {
            let truth = if record.ok { "as it really is in the store" } else { "NOT AS IT SHOULD BE" };
            text.push_str(&format!(
                "   exit code {code}, {} metered and {} other request(s), {truth}\n",
                record.metered_requests, record.other_requests
            ));
        }
        for sentence in &record.mismatches {
            text.push_str(&format!("   should be: {sentence}\n"));
        }
        self.say(text.trim_end())?;
        let cost = record.metered_requests;
        self.steps.push(record);
        Ok(cost)
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        if !self.out.is_json() {
            self.out.text(&format!("{text}\n"))?;
        }
        Ok(())
    }
}

fn command_line(words: &[&str]) -> String {
    let quoted = shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "));
    format!("guestpass {quoted}")
}

impl Report for Summary<'_> {
    fn to_text(&self) -> String {
        let mut table =
            Table::new(["", "platform", "step", "exit code", "metered requests", "others", "truth"]);
        for (number, step) in (1..).zip(self.steps) {
            let code = step.exit_code.map_or_else(|| "-".into(), |code| code.to_string());
            table.row([
                number.to_string(),
                step.platform.unwrap_or_default().into(),
                step.title.clone(),
                code,
                step.metered_requests.to_string(),
                step.other_requests.to_string(),
                step.truth().into(),
            ]);
        }
        let mut text = format!("Summary\n=======\n{table}\n");
        for limit in self.limits {
            let verdict = if limit.ok { "kept" } else { "NOT KEPT" };
            text.push_str(&format!(
                "{}: {} metered requests, at most {}: {verdict}\n",
                limit.what, limit.metered_requests, limit.at_most
            ));
        }
        let verdict =
            if self.ok { "Everything was as it should be." } else { "Something was NOT as it should be." };
        text.push_str(verdict);
        text
    }
}
