//! The page of a review.

use std::path::Path;

use guestpass::{Error, ErrorKind, Result};

use crate::output::{ResultFile, ReviewSummary, ReviewedStoreView};

/// Is written store by store, and is whole when it is finished.
#[derive(Debug)]
pub(crate) struct ReviewPage {
    file: ResultFile,
}

impl ReviewPage {
    /// Begins a page that will be in this file.
    pub(crate) fn begin(path: &Path) -> Result<Self> {
        Ok(Self { file: ResultFile::create(path)? })
    }

    /// Adds a store.
    pub(crate) fn add(&mut self, _store: &ReviewedStoreView) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "is not written yet"))
    }

    /// Puts the page in its place.
    pub(crate) fn finish(self, _review: &ReviewSummary) -> Result<()> {
        self.file.finish()
    }
}
