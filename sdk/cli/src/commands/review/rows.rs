//! The rows of a review as CSV.

use std::io::Write;
use std::path::Path;

use crate::exit::Failure;
use crate::output::{
    DecisionView, FindingView, Output, ResultFile, ReviewRowView, ReviewedStoreView, csv_line,
};

/// The name of a file that stands for standard output.
const STANDARD_OUTPUT: &str = "-";
/// Stands between several values of one cell.
const BETWEEN: &str = "; ";

const HEADING: [&str; 23] = [
    "review",
    "row",
    "store",
    "platform",
    "reading",
    "read_at",
    "person",
    "name",
    "email",
    "account",
    "status",
    "roles",
    "permissions",
    "last_login",
    "grants",
    "role",
    "until",
    "findings",
    "finding_texts",
    "decision",
    "decided_by",
    "decided_at",
    "decision_reason",
];

/// Where the rows go.
#[derive(Debug)]
pub(super) enum Csv {
    File(ResultFile),
    StandardOutput,
}

impl Csv {
    /// Whether they are printed.
    pub(super) fn is_printed(path: &Path) -> bool {
        path.as_os_str() == STANDARD_OUTPUT
    }

    /// Begins with the names of the columns.
    pub(super) fn begin(path: &Path, out: &mut Output) -> Result<Self, Failure> {
        let mut csv = match Self::is_printed(path) {
            true => Self::StandardOutput,
            false => Self::File(ResultFile::create(path)?),
        };
        csv.write(&csv_line(HEADING)?, out)?;
        Ok(csv)
    }

    /// Adds a store: a line for each row, or one without a row that says how it was read.
    pub(super) fn add(&mut self, store: &ReviewedStoreView, out: &mut Output) -> Result<(), Failure> {
        if store.rows.is_empty() {
            return self.write(&csv_line(cells(store, None))?, out);
        }
        for row in &store.rows {
            self.write(&csv_line(cells(store, Some(row)))?, out)?;
        }
        Ok(())
    }

    /// Puts a file in its place.
    pub(super) fn finish(self) -> guestpass::Result<()> {
        match self {
            Self::File(file) => file.finish(),
            Self::StandardOutput => Ok(()),
        }
    }

    fn write(&mut self, line: &str, out: &mut Output) -> Result<(), Failure> {
        match self {
            Self::File(file) => {
                let written = file.write_all(line.as_bytes());
                Ok(written.map_err(|error| file.failed(&error))?)
            }
            Self::StandardOutput => Ok(out.raw(line.as_bytes())?),
        }
    }
}

fn cells(store: &ReviewedStoreView, row: Option<&ReviewRowView>) -> [String; 23] {
    let of_row = |value: fn(&ReviewRowView) -> String| row.map(value).unwrap_or_default();
    let decided = |value: fn(&DecisionView) -> String| {
        row.and_then(|row| row.decision.as_ref()).map(value).unwrap_or_default()
    };
    [
        store.review.clone(),
        of_row(|row| row.row.clone()),
        store.store.clone(),
        store.platform.clone(),
        store.reading.to_owned(),
        text(store.began_at.as_ref()),
        of_row(|row| text(row.person.as_ref())),
        of_row(|row| text(row.name.as_ref())),
        of_row(|row| text(row.email.as_ref())),
        of_row(|row| text(row.account.as_ref())),
        of_row(|row| text(row.status.as_ref())),
        of_row(|row| row.roles.join(BETWEEN)),
        of_row(|row| row.permissions.join(BETWEEN)),
        of_row(|row| text(row.last_login.as_ref())),
        of_row(|row| row.grants.join(BETWEEN)),
        of_row(|row| text(row.role.as_ref())),
        of_row(|row| text(row.until.as_ref())),
        of_row(|row| findings(row, |finding| finding.kind)),
        of_row(|row| findings(row, |finding| &finding.text)),
        decided(|decision| decision.verdict.to_owned()),
        decided(|decision| decision.by.name().to_owned()),
        decided(|decision| decision.at.to_string()),
        decided(|decision| text(decision.reason.as_ref())),
    ]
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn findings(row: &ReviewRowView, word: fn(&FindingView) -> &str) -> String {
    row.findings.iter().map(word).collect::<Vec<_>>().join(BETWEEN)
}
