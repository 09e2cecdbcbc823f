//! One credential in files: the live one under its own name, the staged one as `.next`, the one before it as `.old`.
//!
//! Whoever reads the live file finds the whole old secret or the whole new one, whenever this program dies.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use guestpass::{Error, ErrorKind, OneTimeSecret, Result, SecretString, SinkCopy};

/// More than any credential has.
pub(super) const LARGEST_SECRET: u64 = 64 * 1024;

/// The three files of one credential.
#[derive(Debug)]
pub(super) struct Copies {
    live: PathBuf,
}

impl Copies {
    /// Those of the credential whose users read this file.
    pub(super) fn of(live: PathBuf) -> Self {
        Self { live }
    }

    /// The file of one of them.
    pub(super) fn path(&self, which: SinkCopy) -> PathBuf {
        let suffix = match which {
            SinkCopy::Staged => ".next",
            SinkCopy::Previous => ".old",
            _ => "",
        };
        let mut path = OsString::from(&self.live);
        path.push(suffix);
        path.into()
    }

    /// Whether a secret could be staged now. Makes a file of another name, and takes it away again.
    pub(super) fn probe(&self) -> Result<()> {
        for which in [SinkCopy::Live, SinkCopy::Staged, SinkCopy::Previous] {
            self.is_there(which)?;
        }
        let made = tempfile::NamedTempFile::new_in(self.folder());
        let made = made.map_err(|error| self.unusable(SinkCopy::Staged, error))?;
        self.keep_readers(made.path())
    }

    /// Keeps it beside the live one.
    pub(super) fn stage(&self, secret: &OneTimeSecret) -> Result<()> {
        self.is_there(SinkCopy::Staged)?;
        self.write(SinkCopy::Staged, secret)
    }

    /// Puts the staged one in the live one's place, which becomes the previous one. Nothing staged: it was done before.
    pub(super) fn promote(&self) -> Result<()> {
        let Some(next) = self.read(SinkCopy::Staged)? else { return Ok(()) };
        match self.read(SinkCopy::Live)? {
            // Staged once more after it was promoted: the previous one is still the one before.
            Some(live) if live == next => return self.discard(SinkCopy::Staged),
            Some(live) => {
                self.keep_readers(&self.path(SinkCopy::Staged))?;
                self.write(SinkCopy::Previous, &live)?;
            }
            None => self.remove(SinkCopy::Previous)?,
        }
        let renamed = fs::rename(self.path(SinkCopy::Staged), self.path(SinkCopy::Live));
        renamed
            .and_then(|()| sync_folder(self.folder()))
            .map_err(|error| self.unusable(SinkCopy::Live, error))
    }

    /// Forgets one that is not live.
    pub(super) fn discard(&self, which: SinkCopy) -> Result<()> {
        if which == SinkCopy::Live {
            return Err(Error::new(ErrorKind::InvalidRequest, "what is live is never discarded")
                .with_remedy("discard the staged or the previous one"));
        }
        self.remove(which)
    }

    /// Gives one back. An empty file holds none.
    pub(super) fn read(&self, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        if !self.is_there(which)? {
            return Ok(None);
        }
        let path = self.path(which);
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(LARGEST_SECRET + 1).read_to_end(&mut bytes));
        read.map_err(|error| fault(&path, &format!("cannot be read: {}", error.kind())).with_source(error))?;
        as_secret(bytes).map_err(|problem| fault(&path, problem))
    }

    /// Lets those read a file who can read the live one: its users may not be the user who rotates.
    #[cfg(unix)]
    fn keep_readers(&self, next: &Path) -> Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let live = self.path(SinkCopy::Live);
        let Ok(readers) = fs::metadata(&live) else { return Ok(()) };
        let given = fs::metadata(next).and_then(|ours| {
            if (ours.uid(), ours.gid()) != (readers.uid(), readers.gid()) {
                chown(next, Some(readers.uid()), Some(readers.gid()))?;
            }
            fs::set_permissions(next, fs::Permissions::from_mode(readers.mode() & 0o777))
        });
        given.map_err(|error| {
            fault(&live, "belongs to a user or a group that a new file cannot be given to")
                .with_remedy("run guestpass as that user, or let a command sink put the credential there")
                .with_source(error)
        })
    }

    #[cfg(not(unix))]
    fn keep_readers(&self, _next: &Path) -> Result<()> {
        Ok(())
    }

    fn write(&self, which: SinkCopy, secret: &OneTimeSecret) -> Result<()> {
        let path = self.path(which);
        write_whole(&path, secret).map_err(|error| self.unusable(which, error))
    }

    fn remove(&self, which: SinkCopy) -> Result<()> {
        match fs::remove_file(self.path(which)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.unusable(which, error)),
            _ => Ok(()),
        }
    }

    /// A link or a folder in its place is no file of ours: renaming would put an end to the link, not to what it shows.
    fn is_there(&self, which: SinkCopy) -> Result<bool> {
        let path = self.path(which);
        let kind = match fs::symlink_metadata(&path) {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.unusable(which, error)),
        };
        let problem = match () {
            () if kind.is_file() => return Ok(true),
            () if kind.is_symlink() => "is a symbolic link",
            () if kind.is_dir() => "is a folder",
            () => "is no ordinary file",
        };
        Err(fault(&path, problem).with_remedy("name the file itself in the sink, in a folder that is yours"))
    }

    fn folder(&self) -> &Path {
        folder_of(&self.live)
    }

    fn unusable(&self, which: SinkCopy, error: io::Error) -> Error {
        fault(&self.path(which), &format!("cannot be written: {}", error.kind())).with_source(error)
    }
}

/// Writes a secret in one step, so that the file holds the whole of it or what it held before. Its owner's alone.
pub(super) fn write_whole(path: &Path, secret: &OneTimeSecret) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", secret.expose())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// A secret as somebody else has written it, with or without a line break at its end; `None` where there is nothing.
///
/// # Errors
/// What is wrong with it. Never a part of it.
pub(super) fn as_secret(bytes: Vec<u8>) -> Result<Option<OneTimeSecret>, &'static str> {
    if bytes.len() as u64 > LARGEST_SECRET {
        return Err("holds more than any credential has");
    }
    // The error of the conversion would hold the bytes, so it is dropped.
    let text = String::from_utf8(bytes).map_err(|_| "holds no text")?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok((!text.is_empty()).then(|| OneTimeSecret::new(SecretString::from(text))))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A rename lasts only once its folder is on the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

fn fault(path: &Path, problem: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the file {} {problem}", path.display()))
        .with_remedy("make the file and its folder usable for you")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> OneTimeSecret {
        OneTimeSecret::new(text.to_owned().into())
    }

    fn copies() -> (tempfile::TempDir, Copies) {
        let folder = tempfile::tempdir().unwrap();
        let copies = Copies::of(folder.path().join("token"));
        (folder, copies)
    }

    fn state(copies: &Copies) -> [Option<String>; 3] {
        [SinkCopy::Live, SinkCopy::Staged, SinkCopy::Previous]
            .map(|which| copies.read(which).unwrap().map(|secret| secret.expose().to_owned()))
    }

    fn texts(texts: [&str; 3]) -> [Option<String>; 3] {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn a_secret_is_staged_promoted_and_the_one_before_it_is_kept() {
        let (_folder, copies) = copies();
        copies.promote().unwrap();
        assert_eq!(state(&copies), texts(["", "", ""]), "nothing staged, nothing done");
        copies.stage(&secret("one")).unwrap();
        assert_eq!(state(&copies), texts(["", "one", ""]));
        copies.promote().unwrap();
        assert_eq!(state(&copies), texts(["one", "", ""]));
        copies.stage(&secret("lost")).unwrap();
        copies.stage(&secret("two")).unwrap();
        assert_eq!(state(&copies), texts(["one", "two", ""]), "what is live stays");
        copies.promote().unwrap();
        copies.promote().unwrap();
        assert_eq!(state(&copies), texts(["two", "", "one"]));
        copies.discard(SinkCopy::Previous).unwrap();
        copies.discard(SinkCopy::Previous).unwrap();
        copies.discard(SinkCopy::Staged).unwrap();
        assert_eq!(state(&copies), texts(["two", "", ""]));
        assert!(copies.discard(SinkCopy::Live).is_err());
        assert_eq!(state(&copies), texts(["two", "", ""]));
    }

    /// Between the copy and the rename, and after a secret was staged a second time.
    #[test]
    fn promoting_goes_on_wherever_it_was_interrupted() {
        let (_folder, copies) = copies();
        copies.write(SinkCopy::Live, &secret("one")).unwrap();
        copies.stage(&secret("two")).unwrap();
        copies.write(SinkCopy::Previous, &secret("one")).unwrap();
        copies.promote().unwrap();
        assert_eq!(state(&copies), texts(["two", "", "one"]));
        copies.stage(&secret("two")).unwrap();
        copies.promote().unwrap();
        assert_eq!(state(&copies), texts(["two", "", "one"]), "the previous one is not lost");
    }

    #[test]
    fn files_as_people_write_them_are_read() {
        let (_folder, copies) = copies();
        for (text, expected) in
            [("hush", "hush"), ("hush\n", "hush"), ("hush\r\n", "hush"), ("", ""), ("\n", "")]
        {
            fs::write(copies.path(SinkCopy::Live), text).unwrap();
            assert_eq!(state(&copies), texts([expected, "", ""]), "{text:?}");
        }
        for bad in [vec![0xff, 0xfe], vec![b'x'; 70_000]] {
            fs::write(copies.path(SinkCopy::Live), bad).unwrap();
            assert!(copies.read(SinkCopy::Live).is_err());
        }
    }

    #[cfg(unix)]
    #[test]
    fn who_reads_the_live_one_reads_the_next_one_and_nobody_else_reads_the_others() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, copies) = copies();
        let mode = |which| fs::metadata(copies.path(which)).unwrap().permissions().mode() & 0o777;
        copies.stage(&secret("one")).unwrap();
        copies.promote().unwrap();
        assert_eq!(mode(SinkCopy::Live), 0o600, "nobody read it before");
        fs::set_permissions(copies.path(SinkCopy::Live), fs::Permissions::from_mode(0o640)).unwrap();
        copies.stage(&secret("two")).unwrap();
        copies.promote().unwrap();
        copies.stage(&secret("three")).unwrap();
        assert_eq!(mode(SinkCopy::Live), 0o640);
        assert_eq!((mode(SinkCopy::Staged), mode(SinkCopy::Previous)), (0o600, 0o600));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_folder_is_refused_and_left_alone() {
        let (folder, copies) = copies();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "theirs").unwrap();
        std::os::unix::fs::symlink(&elsewhere, copies.path(SinkCopy::Live)).unwrap();
        copies.stage(&secret("marker-new")).unwrap();
        for error in [copies.probe().unwrap_err(), copies.promote().unwrap_err()] {
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("symbolic link") && !shown.contains("marker-"), "{shown}");
        }
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "theirs");
        fs::remove_file(copies.path(SinkCopy::Live)).unwrap();
        fs::create_dir(copies.path(SinkCopy::Live)).unwrap();
        assert!(copies.probe().unwrap_err().to_string().contains("is a folder"));
        assert!(copies.promote().is_err());
    }
}
