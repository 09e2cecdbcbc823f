//! Results in files of their own.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use guestpass::{Error, ErrorKind, Result};
use tempfile::NamedTempFile;

/// A result that goes into a file. Nobody sees the file before it is whole, and then only its owner: it may hold names.
#[derive(Debug)]
pub(crate) struct ResultFile {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl ResultFile {
    /// Makes room beside the file, so that a folder that takes nothing is found out before anything is sent.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Err(unusable(path, &io::ErrorKind::IsADirectory.into()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(|error| unusable(path, &error))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned() })
    }

    /// Puts it in its place, where an older one may be.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { file, path } = self;
        let file = file.into_inner().map_err(|error| unusable(&path, error.error()))?;
        file.persist(&path).map_err(|error| unusable(&path, &error.error))?;
        Ok(())
    }

    /// The error of a write to it.
    pub(crate) fn failed(&self, error: &io::Error) -> Error {
        unusable(&self.path, error)
    }
}

impl Write for ResultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{} cannot be written: {}", path.display(), error.kind()))
        .with_remedy("name a file in a folder that you can write to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_when_it_is_whole_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result");
        let mut file = ResultFile::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_folder_that_takes_nothing_is_named_at_once() {
        let error = ResultFile::create(Path::new("/nowhere/at/all/result")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all/result"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        ResultFile::create(folder.path()).unwrap_err();
    }
}
