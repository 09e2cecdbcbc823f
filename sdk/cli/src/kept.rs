//! What is kept of an invitation until its person is out again: one small file for each person on a store, in the state
//! folder. Never a secret.
//!
//! It holds what the provider asked us to keep, for example an invitation's id, without which nobody could take it back on
//! platforms that show no invitations; and the baseline: what a complete look showed of the person before we let them in.

use std::fs;
use std::io::{ErrorKind as IoErrorKind, Write};
use std::path::{Path, PathBuf};

use guestpass::{Baseline, Email, Error, ErrorKind, KnownPerson, ProviderState, Result, Target};
use serde::{Deserialize, Serialize};

const LARGEST: u64 = 64 * 1024;

/// What is kept of one invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// What was there before us.
    pub(crate) baseline: Baseline,
    /// What the provider asked us to keep.
    pub(crate) state: Option<ProviderState>,
    /// An invitation was about to be sent, and nobody came back to say what became of it. Kept only where no look at the
    /// platform could tell.
    pub(crate) sending: bool,
}

/// The files of one store.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// Those of this store.
    pub(crate) fn of(state: &Path, store: &str) -> Self {
        Self { folder: state.join("invitations").join(store) }
    }

    /// The target with what was kept about it, if anything was.
    pub(crate) fn onto(&self, target: Target) -> Result<Target> {
        let Some(email) = target.emails().first() else { return Ok(target) };
        Ok(match self.get(email)?.state {
            Some(state) => target.with_state(state),
            None => target,
        })
    }

    /// The same for a person in a listing.
    pub(crate) fn onto_person(&self, target: Target) -> Result<Option<KnownPerson>> {
        match self.onto(target)? {
            Target::Person(person) => Ok(Some(person)),
            _ => Ok(None),
        }
    }

    /// What was there before us, as far as it is known.
    pub(crate) fn baseline(&self, target: &Target) -> Result<Baseline> {
        target.emails().first().map_or(Ok(Baseline::Unknown), |email| Ok(self.get(email)?.baseline))
    }

    /// What was kept about an address; nothing is an empty record.
    pub(crate) fn get(&self, email: &Email) -> Result<Record> {
        let path = self.path(email);
        let size = match fs::metadata(&path) {
            Ok(file) => file.len(),
            Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(Record::default()),
            Err(error) => return Err(fault(&path, "cannot be read", error)),
        };
        if size > LARGEST {
            return Err(fault(&path, "is larger than anything that was put there", ""));
        }
        let text = fs::read(&path).map_err(|error| fault(&path, "cannot be read", error))?;
        serde_json::from_slice(&text).map_err(|error| fault(&path, "is damaged", error))
    }

    /// Keeps this about an address, in place of what was kept before.
    pub(crate) fn put(&self, email: &Email, record: &Record) -> Result<()> {
        let path = self.path(email);
        let written = create_private(&self.folder).and_then(|()| {
            let mut next = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer(&mut next, record)?;
            next.flush()?;
            next.persist(&path).map(drop).map_err(|error| error.error)
        });
        written.map_err(|error| fault(&path, "cannot be written", error))
    }

    /// Forgets what was kept about an address.
    pub(crate) fn forget(&self, target: &Target) -> Result<()> {
        let Some(email) = target.emails().first() else { return Ok(()) };
        let path = self.path(email);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != IoErrorKind::NotFound => {
                Err(fault(&path, "cannot be deleted", error))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, email: &Email) -> PathBuf {
        let name: String =
            url::form_urlencoded::byte_serialize(email.as_str().to_lowercase().as_bytes()).collect();
        self.folder.join(format!("{name}.json"))
    }
}

fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn fault(path: &Path, problem: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Internal, format!("{} {problem}", path.display()))
        .with_remedy("make the state folder usable; what is kept there finds invitations again")
        .with_source(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_until_it_is_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let kept = Kept::of(state.path(), "shop");
        let email: Email = "Sam+x/../y@Vendor.example".parse().unwrap();
        let target = Target::email(email.clone());
        assert_eq!(kept.onto(target.clone()).unwrap().state(), None);
        let invitation = ProviderState(serde_json::json!({ "invite_id": "1" }));
        let record = Record { baseline: Baseline::Absent, state: Some(invitation.clone()), sending: false };
        kept.put(&email, &record).unwrap();
        assert_eq!(kept.baseline(&target).unwrap(), Baseline::Absent);
        assert_eq!(kept.onto(target.clone()).unwrap().state(), Some(&invitation));
        assert_eq!(Kept::of(state.path(), "other").onto(target.clone()).unwrap().state(), None);
        kept.forget(&target).unwrap();
        kept.forget(&target).unwrap();
        assert_eq!(kept.get(&email).unwrap(), Record::default());
        assert_eq!(kept.baseline(&target).unwrap(), Baseline::Unknown);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let state = tempfile::tempdir().unwrap();
        let kept = Kept::of(state.path(), "shop");
        let email: Email = "sam@vendor.example".parse().unwrap();
        kept.put(&email, &Record::default()).unwrap();
        fs::write(kept.path(&email), "{").unwrap();
        assert!(kept.get(&email).unwrap_err().to_string().contains("is damaged"));
    }
}
