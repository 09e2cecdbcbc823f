//! What the program says: results on standard output, everything else on standard error.

mod account;
mod credential;
mod csv;
mod error;
mod explanation;
mod grant;
mod incident;
mod kinds_table;
mod look;
mod register;
mod remembered;
mod result_file;
mod review;
mod rotation;
mod step;
mod table;

use std::io::{self, Write};

use serde::Serialize;

pub(crate) use self::csv::csv_line;
pub(crate) use account::AccountView;
pub(crate) use credential::{CredentialView, KindView, SinkView};
pub(crate) use error::ErrorView;
pub(crate) use explanation::{explanation_text, is_unremarkable};
pub(crate) use grant::{GrantView, TroubleView, Who, moment};
pub(crate) use incident::{
    IncidentCredentialView, IncidentReportView, IncidentStoreView, IncidentView, scope as incident_scope,
    way as incident_way,
};
pub(crate) use kinds_table::kinds_table;
pub(crate) use look::{LookView, ProofView};
pub(crate) use register::RegisterEntryView;
pub(crate) use remembered::{RememberedView, steps_below};
pub(crate) use result_file::ResultFile;
pub(crate) use review::{
    DecisionView, FindingView, ReviewRowView, ReviewSummary, ReviewedStoreView, mark, row_reference,
};
pub(crate) use rotation::{RotationView, happened};
pub(crate) use step::{AccessView, StepView, paragraphs};
pub(crate) use table::Table;

/// The version of every JSON document. It changes when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// A result: a document for machines, a text for people.
pub(crate) trait Report: Serialize {
    /// The text. Lines end where the terminal should break them.
    fn to_text(&self) -> String;
}

/// Where results go, and in which form.
pub(crate) struct Output {
    json: bool,
    to: Box<dyn Write + Send>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("json", &self.json).finish_non_exhaustive()
    }
}

impl Output {
    /// Writes there.
    pub(crate) fn new(json: bool, to: Box<dyn Write + Send>) -> Self {
        Self { json, to }
    }

    /// Whether machines read it.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Shows a result.
    pub(crate) fn show(&mut self, report: &impl Report) -> io::Result<()> {
        if self.json { self.document(report) } else { self.text(report.to_text().trim_end()) }
    }

    /// Writes one JSON document on one line.
    pub(crate) fn document(&mut self, body: &impl Serialize) -> io::Result<()> {
        #[derive(Serialize)]
        struct Document<'a, T> {
            schema: u32,
            #[serde(flatten)]
            body: &'a T,
        }
        serde_json::to_writer(&mut self.to, &Document { schema: SCHEMA, body })?;
        self.to.write_all(b"\n")?;
        self.to.flush()
    }

    /// Writes text for people, and ends the line.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.to, "{}", harmless(text))?;
        self.to.flush()
    }

    /// Writes bytes as they are: completions, manual pages.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.to.flush()
    }
}

/// Names and messages come from the platform; none may move the cursor or colour the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Says something beside the result.
pub(crate) fn notice(text: &str) {
    // There is nobody left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "guestpass: {}", harmless(text));
}

/// Warns of something that does not stop the work.
pub(crate) fn warn(text: &str) {
    notice(&format!("warning: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_cannot_write_to_the_terminal() {
        assert_eq!(harmless("a\u{1b}[31mb\r\nc\u{9b}2J"), "a\u{fffd}[31mb\u{fffd}\nc\u{fffd}2J");
    }
}
