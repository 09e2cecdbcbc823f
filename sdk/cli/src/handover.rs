//! Where a one-time secret goes: a file for its reader alone, or the terminal when that was asked for.
//!
//! The place is made before anything is sent, because a secret that was told once cannot be asked for again.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use guestpass::{Error, OneTimeSecret, OperationId, Result};
use serde::Serialize;

use crate::args::SecretArgs;

/// A place that is ready to take a secret.
#[derive(Debug)]
pub(crate) enum Handover {
    /// The terminal, because that was asked for.
    Reveal,
    /// A file that is there, empty, and readable by its owner alone. It goes again if no secret comes.
    File { path: PathBuf, file: File },
}

/// Where a secret was put.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivered {
    /// Into this file.
    File(PathBuf),
    /// Here, as asked.
    Value(String),
}

impl Handover {
    /// Makes the place that the command line names, or one in the state folder.
    pub(crate) fn prepare(args: &SecretArgs, state: &Path) -> Result<Self> {
        if args.reveal_secret {
            return Ok(Self::Reveal);
        }
        let path = match &args.secret_file {
            Some(path) => path.clone(),
            None => {
                let folder = state.join("secrets");
                create_folder(&folder).map_err(|error| unusable(&folder, &error))?;
                folder.join(format!("{}.txt", OperationId::random()))
            }
        };
        let file = create_file(&path).map_err(|error| unusable(&path, &error))?;
        Ok(Self::File { path, file })
    }

    /// Puts the secret there, or takes the place away again if there is none.
    pub(crate) fn finish(self, secret: Option<&OneTimeSecret>) -> Result<Option<Delivered>> {
        match (self, secret) {
            (Self::Reveal, secret) => Ok(secret.map(|secret| Delivered::Value(secret.expose().to_owned()))),
            (Self::File { path, .. }, None) => {
                // An empty file left behind is harmless, so this must not turn a success into a failure.
                let _ = fs::remove_file(path);
                Ok(None)
            }
            (Self::File { path, mut file }, Some(secret)) => {
                let written = writeln!(file, "{}", secret.expose()).and_then(|()| file.sync_all());
                written.map_err(|error| unusable(&path, &error))?;
                Ok(Some(Delivered::File(path)))
            }
        }
    }
}

impl Delivered {
    /// The line for people.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::File(path) => format!("\nTheir one-time secret is in {}\n", path.display()),
            Self::Value(secret) => format!("\nTheir one-time secret: {secret}\n"),
        }
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    let problem = format!("names {}, which cannot take a secret: {}", path.display(), error.kind());
    Error::config("--secret-file", problem, "name a new file in a folder that you can write to")
}

/// Never an existing file: it may be somebody else's, and it may be readable by others.
fn create_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder for its owner alone, unless it is there.
pub(crate) fn create_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> OneTimeSecret {
        OneTimeSecret::new("marker-of-a-secret".to_owned().into())
    }

    fn to_file(path: &Path) -> SecretArgs {
        SecretArgs { secret_file: Some(path.to_owned()), reveal_secret: false }
    }

    #[test]
    fn a_secret_goes_into_a_file_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let place = Handover::prepare(&to_file(&path), folder.path()).unwrap();
        let delivered = place.finish(Some(&secret())).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "marker-of-a-secret\n");
        let shown =
            format!("{delivered:?} {} {}", delivered.to_text(), serde_json::to_string(&delivered).unwrap());
        assert!(!shown.contains("marker"), "{shown}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn without_a_name_it_goes_into_the_state_folder_and_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let args = SecretArgs { secret_file: None, reveal_secret: false };
        let place = Handover::prepare(&args, folder.path()).unwrap();
        let Delivered::File(path) = place.finish(Some(&secret())).unwrap().unwrap() else { panic!("a file") };
        assert!(path.starts_with(folder.path()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "marker-of-a-secret\n");
        Handover::prepare(&args, folder.path()).unwrap().finish(None).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("secrets")).unwrap().count(), 1, "no empty file stays");
    }

    #[test]
    fn a_place_that_cannot_take_it_is_found_out_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::write(&taken, "something of somebody's").unwrap();
        for path in [taken.clone(), folder.path().join("no/such/folder/file")] {
            let error = Handover::prepare(&to_file(&path), folder.path()).unwrap_err();
            assert!(error.to_string().contains("--secret-file"), "{error}");
        }
        assert_eq!(fs::read_to_string(&taken).unwrap(), "something of somebody's");
    }

    #[test]
    fn it_is_shown_only_when_asked_for() {
        let args = SecretArgs { secret_file: None, reveal_secret: true };
        let place = Handover::prepare(&args, Path::new("/nowhere")).unwrap();
        assert!(place.finish(Some(&secret())).unwrap().unwrap().to_text().contains("marker-of-a-secret"));
    }
}
