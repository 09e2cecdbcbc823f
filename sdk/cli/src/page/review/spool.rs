//! What waits in a file until the page is put together.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::super::words::rank;
use super::fragments::Fragments;
use crate::output::ReviewedStoreView;

/// What a page says about a store in one of its places.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// That it is not complete.
    Gap,
    /// The rows with findings.
    Look,
    /// All rows.
    Everybody,
    /// All of it as JSON.
    Data,
}

/// A file without a name beside the page, and where in it what is.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    length: u64,
    stores: Vec<Placed>,
}

/// Where a store is in the file.
#[derive(Debug)]
struct Placed {
    store: String,
    /// How bad its worst finding is; less is worse.
    worst: usize,
    /// How many findings it has.
    findings: usize,
    start: u64,
    lengths: [u64; 4],
}

impl Spool {
    /// Makes the file in the folder where the page will be: it holds the same names.
    pub(super) fn beside(page: &Path) -> io::Result<Self> {
        let folder = page.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Self { file: tempfile::tempfile_in(folder)?, length: 0, stores: Vec::new() })
    }

    pub(super) fn add(&mut self, store: &ReviewedStoreView, fragments: &Fragments) -> io::Result<()> {
        let parts = [&fragments.gap, &fragments.look, &fragments.everybody, &fragments.data];
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(parts.map(String::as_str).concat().as_bytes())?;
        let lengths = parts.map(|part| part.len() as u64);
        let findings = || store.rows.iter().flat_map(|row| &row.findings);
        self.stores.push(Placed {
            store: store.store.clone(),
            worst: findings().map(|finding| rank(finding.kind)).min().unwrap_or(usize::MAX),
            findings: findings().count(),
            start: self.length,
            lengths,
        });
        self.length += lengths.iter().sum::<u64>();
        Ok(())
    }

    /// Copies a part of every store, by the names of the stores.
    pub(super) fn copy_by_name(&mut self, part: Part, to: &mut impl Write) -> io::Result<()> {
        self.stores.sort_by(|a, b| a.store.cmp(&b.store));
        self.copy(part, to)
    }

    /// Copies a part of every store, the worst store first.
    pub(super) fn copy_worst_first(&mut self, part: Part, to: &mut impl Write) -> io::Result<()> {
        self.stores.sort_by(|a, b| {
            (a.worst, Reverse(a.findings), &a.store).cmp(&(b.worst, Reverse(b.findings), &b.store))
        });
        self.copy(part, to)
    }

    fn copy(&mut self, part: Part, to: &mut impl Write) -> io::Result<()> {
        for placed in &self.stores {
            let mut start = placed.start;
            let [gap, look, everybody, data] = placed.lengths;
            let length = match part {
                Part::Gap => gap,
                Part::Look => {
                    start += gap;
                    look
                }
                Part::Everybody => {
                    start += gap + look;
                    everybody
                }
                Part::Data => {
                    start += gap + look + everybody;
                    data
                }
            };
            self.file.seek(SeekFrom::Start(start))?;
            let copied = io::copy(&mut (&self.file).take(length), to)?;
            if copied != length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}
