//! The page of an incident's report.

use std::path::Path;

use guestpass::incident::IncidentReport;
use guestpass::{Error, ErrorKind, Result};

use crate::output::ResultFile;

/// Where a report is written, as often as it changes.
#[derive(Debug)]
pub(crate) struct IncidentPage<'a> {
    path: &'a Path,
}

impl<'a> IncidentPage<'a> {
    /// In this file. Finds out at once whether it can be written.
    pub(crate) fn at(path: &'a Path) -> Result<Self> {
        ResultFile::create(path)?;
        Ok(Self { path })
    }

    /// Puts the report there, in place of an older one.
    pub(crate) fn write(&self, _report: &IncidentReport) -> Result<()> {
        let _ = self.path;
        Err(Error::new(ErrorKind::Unsupported, "is not written yet"))
    }
}
