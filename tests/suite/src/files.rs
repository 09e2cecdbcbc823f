//! Credentials in files: the live one, and beside it the staged one and the one before it.

use std::fs;
use std::io::{self, ErrorKind as Io, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use guestpass::{Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy};

/// A folder with three files for each credential. Each changes in one step.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Keeps credentials in this folder.
    #[must_use]
    pub fn within(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file of one copy.
    #[must_use]
    pub fn path(&self, label: &str, which: SinkCopy) -> PathBuf {
        self.folder.join(format!("{}.{}", label.replace('/', "-"), which.as_str()))
    }

    /// One copy, if it is there.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self, label: &str, which: SinkCopy) -> io::Result<Option<String>> {
        match fs::read_to_string(self.path(label, which)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == Io::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a secret into the live place, as somebody did before guestpass came.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plant(&self, label: &str, secret: &str) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        write_whole(&self.path(label, SinkCopy::Live), secret)
    }

    fn promoted(&self, label: &str) -> io::Result<()> {
        let Some(staged) = self.read(label, SinkCopy::Staged)? else { return Ok(()) };
        match self.read(label, SinkCopy::Live)? {
            Some(live) if live == staged => return remove(&self.path(label, SinkCopy::Staged)),
            Some(live) => write_whole(&self.path(label, SinkCopy::Previous), &live)?,
            None => {}
        }
        fs::rename(self.path(label, SinkCopy::Staged), self.path(label, SinkCopy::Live))
    }
}

/// Writes a file in one step.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != Io::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "a file of the sink cannot be used").with_source(error)
}

#[async_trait]
impl Sink for Files {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: true, reads_back: true }
    }

    async fn probe(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(failed)
    }

    async fn put(&self, _label: &str, _secret: &OneTimeSecret) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "these files keep credentials alone"))
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        write_whole(&self.path(label, SinkCopy::Staged), secret.expose()).map_err(failed)
    }

    async fn promote(&self, label: &str) -> Result<()> {
        self.promoted(label).map_err(failed)
    }

    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()> {
        remove(&self.path(label, which)).map_err(failed)
    }

    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        let read = self.read(label, which).map_err(failed)?;
        Ok(read.map(|text| OneTimeSecret::new(text.into())))
    }
}
